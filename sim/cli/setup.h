/* SPDX-License-Identifier: MIT */
/*
 * What every sub-command starts with: a way to complain, and a machine.
 */
#ifndef SIM_CLI_SETUP_H
#define SIM_CLI_SETUP_H

#include <stdbool.h>
#include <stdint.h>

#include <pcasim/machine.h>
#include <pcasim/map.h>
#include <pcasim/message.h>
#include <pcasim/task.h>

/*
 * Print "pcasim COMMAND: TEXT", one line on stderr, whatever bytes the text
 * quotes. The library's messages come out the same way.
 */
void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2), cold));

/* Name the sub-command that complains from now on. */
void cli_set_command(const char *command);

/* The library's messages come here unless a command takes them first. */
void cli_tell_message(void *arg, enum pca_message_level level, const char *text);

/*
 * While the same is run again and again: messages are not told, from this call to the one
 * with false.
 */
void cli_hush_messages(bool are_hushed);

/* The release that --kernel asks for, NULL for the default. */
extern const char *cli_kernel;

/* What --kernel is given. 0, or -1 after a line on stderr. */
int cli_parse_release(const char *name, const char **release);

struct session {
	struct pca_machine *machine;
	struct pca_task *task;
	const char *topology; /* "host", the synthetic description or the file */
};

/*
 * Machines tell hints. Only those of the shell and of "pcasim prog" do: other commands say
 * themselves why a map is refused, or make mistakes on purpose.
 */
extern bool cli_has_hints;

/* A machine with a task. 0, or -1 after a line on stderr. */
int session_open(struct session *session, const struct pca_machine_opts *opts);
void session_close(struct session *session);

/*
 * Create a map with 4-byte keys by BPF_MAP_CREATE. Returns its fd and a
 * reference to it in *map, or -1 after a line that gives the reason.
 */
int session_create_map(struct session *session, uint32_t type, uint32_t value_size,
		       uint32_t max_entries, struct pca_map_ref **map);

#endif
