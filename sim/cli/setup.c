// SPDX-License-Identifier: MIT
/*
 * Complaints, and the machine, task and maps that sub-commands work on.
 */
#include "setup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "machine.h"
#include "map.h"
#include "output.h"
#include "release.h"
#include "term.h"

const char *cli_kernel;
bool cli_has_hints;

static const char *command_name;
static unsigned int nr_errors_told;

/* A quoted argument may hold newlines and escape sequences: those become '?'. */
static void print_line(const char *prefix, const char *text)
{
	char line[1024];

	snprintf(line, sizeof(line), "%s", text);
	for (char *p = line; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	}
	progress_clear();
	output_flush();
	fprintf(stderr, "pcasim%s%s: %s%s\n", command_name ? " " : "",
		command_name ? command_name : "", prefix, line);
}

/* A command that makes many machines tells of each release once. */
static bool is_told_again(const char *text)
{
	static char last[512];

	if (!strncmp(last, text, sizeof(last) - 1))
		return true;
	snprintf(last, sizeof(last), "%s", text);
	return false;
}

void cli_tell_message(void *arg, enum pca_message_level level, const char *text)
{
	(void)arg;
	if (level == PCA_MESSAGE_WARNING && is_told_again(text))
		return;
	if (level == PCA_MESSAGE_ERROR)
		__atomic_fetch_add(&nr_errors_told, 1, __ATOMIC_RELAXED);
	print_line(level == PCA_MESSAGE_WARNING ? "warning: " : "", text);
}

static void tell_nobody(void *arg, enum pca_message_level level, const char *text)
{
	(void)arg, (void)level, (void)text;
}

void cli_hush_messages(bool are_hushed)
{
	pca_set_message_fn(are_hushed ? tell_nobody : cli_tell_message, NULL);
}

void cli_set_command(const char *command)
{
	command_name = command;
	pca_set_message_fn(cli_tell_message, NULL);
}

void cli_error(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	print_line("", text);
}

int cli_parse_release(const char *name, const char **release)
{
	if (!*name || !release_find(name)) {
		cli_error("--kernel: release \"%s\" is not simulated; \"pcasim releases\" lists "
			  "what is",
			  name);
		return -1;
	}
	*release = name;
	return 0;
}

int session_open(struct session *session, const struct pca_machine_opts *opts)
{
	struct pca_machine_opts machine_opts = *opts;
	unsigned int told_before = nr_errors_told;
	int err;

	if (!machine_opts.release)
		machine_opts.release = cli_kernel;
	machine_opts.no_hints = !cli_has_hints;
	err = pca_machine_create(&session->machine, &machine_opts);
	if (!err) {
		machine_warn_of_release(session->machine->release);
		err = pca_task_create(&session->task, session->machine, NULL);
		if (err)
			pca_machine_destroy(session->machine);
	}
	session->topology = opts->topology	 ? opts->topology
			    : opts->topology_xml ? opts->topology_xml
						 : "host";
	if (err && nr_errors_told == told_before)
		cli_error("the machine cannot be made: %s", pca_strerror(err));
	return err ? -1 : 0;
}

void session_close(struct session *session)
{
	pca_task_destroy(session->task);
	pca_machine_destroy(session->machine);
}

/* A map's elements on all CPUs, and what there is of them. */
struct refused_map {
	uint32_t type, value_size, max_entries;
};

static void explain_no_memory(const struct session *session, const struct refused_map *map)
{
	bool is_percpu = map->type == BPF_MAP_TYPE_PERCPU_ARRAY;
	uint32_t nr_cpus = is_percpu ? pca_num_possible_cpus(session->machine) : 1;
	uint64_t elem_bytes = ((uint64_t)map->value_size + 7) / 8 * 8;
	char bytes[SIZE_TEXT], cpus[48] = "";

	if (is_percpu)
		snprintf(cpus, sizeof(cpus), " for each of %" PRIu32 " CPUs", nr_cpus);
	cli_error("the map is refused: %s: %" PRIu32 " entries of %" PRIu64
		  " bytes%s are %s, more than this host has",
		  pca_strerror(-ENOMEM), map->max_entries, elem_bytes, cpus,
		  size_text(bytes, (double)elem_bytes * map->max_entries * nr_cpus));
}

/* Of a shared array. */
static uint32_t most_value_bytes(const struct session *session)
{
	bool is_old = !machine_has(session->machine, FEATURE_LARGE_VALUE_E2BIG);

	return is_old ? 4U << 20 : INT32_MAX;
}

/* Older releases refuse a large value late, and with ENOMEM. */
static void explain_refused_map(const struct session *session, int err,
				const struct refused_map *map)
{
	bool is_percpu = map->type == BPF_MAP_TYPE_PERCPU_ARRAY;

	if ((err == -E2BIG || err == -ENOMEM) && is_percpu &&
	    map->value_size > MOST_PERCPU_VALUE_BYTES)
		cli_error("the map is refused: %s: a per-CPU value has at most %d bytes, not "
			  "%" PRIu32,
			  pca_strerror(err), MOST_PERCPU_VALUE_BYTES, map->value_size);
	else if (err == -E2BIG && map->value_size > most_value_bytes(session))
		cli_error("the map is refused: %s: a value has at most %" PRIu32
			  " bytes, not %" PRIu32,
			  pca_strerror(err), most_value_bytes(session), map->value_size);
	else if (err == -E2BIG)
		cli_error("the map is refused: %s: Linux %s makes no map of 4 GiB or more",
			  pca_strerror(err), pca_machine_release(session->machine));
	else if (err == -ENOMEM)
		explain_no_memory(session, map);
	else
		cli_error("the map is refused: %s", pca_strerror(err));
}

int session_create_map(struct session *session, uint32_t type, uint32_t value_size,
		       uint32_t max_entries, struct pca_map_ref **map)
{
	int fd = pca_map_create(session->task, type, value_size, max_entries, 0), err;

	if (fd < 0) {
		explain_refused_map(session, fd,
				    &(struct refused_map){ type, value_size, max_entries });
		return -1;
	}
	err = pca_map_get(session->task, fd, map);
	if (!err)
		return fd;
	pca_close(session->task, fd);
	cli_error("the map cannot be used: %s", pca_strerror(err));
	return -1;
}
