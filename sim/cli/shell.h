/* SPDX-License-Identifier: MIT */
/*
 * "pcasim shell": commands typed or read from a script, on a simulated machine.
 *
 *	cmd_shell.c		options, the machine, which source of lines
 *	shell_lines.c		scripts: a line at a time, and what is said of a failure
 *	shell_edit.c		lines from a terminal, by libedit
 *	shell_complete.c	what TAB offers
 *	shell_words.c		a line's words, and the ways to take them
 *	shell_commands.c	the table of commands, help
 *	shell_open.c		how a map is named: id, name, pinned
 *	shell_map.c		map create, show, freeze, pin
 *	shell_elem.c		map dump, update, lookup, getnext, delete
 *	shell_data.c		the bytes of keys and values
 *	shell_print.c		bpftool's text and JSON
 *	shell_run.c		programs to run; shell_prog.c has the programs
 *	shell_machine.c		cpu, release
 *	shell_tasks.c		task
 *	shell_files.c		ls, rm, mkdir
 *	shell_hints.c		what is probably meant, behind a refusal
 */
#ifndef SIM_CLI_SHELL_H
#define SIM_CLI_SHELL_H

#include <linux/bpf.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <pcasim/bpf.h>
#include <pcasim/task.h>

#include "cli.h"
#include "setup.h"

/* What a command answers. The tool's exit codes, as far as they go. */
#define SHELL_OK CLI_OK
#define SHELL_REFUSED CLI_DIFFERENCES /* understood, and not done */
#define SHELL_BAD CLI_BAD_INPUT	      /* not understood */

#define SHELL_MOST_TASKS 64
#define SHELL_MOST_LINE_BYTES (256 * 1024) /* room for the largest value, in hex */
#define SHELL_ERROR_BYTES 1024
#define SHELL_NAME_BYTES 16 /* of tasks and maps, NUL included */

struct shell_task {
	char name[SHELL_NAME_BYTES];
	struct pca_task *task;
	uint64_t dropped_caps;
	uint32_t cpu;
};

struct shell {
	struct pca_machine_opts machine; /* from which machines are made */
	struct session session;		 /* its task is the first of tasks */
	struct shell_task tasks[SHELL_MOST_TASKS];
	size_t nr_tasks, current;
	struct timeline *timeline; /* of the session's machine, or NULL */
	bool is_json, is_interactive, must_quit;

	/* Of the last command that failed. */
	char error[SHELL_ERROR_BYTES];
	int err;      /* -errno, 0 for bad words */
	bool is_told; /* the text that it printed says it already */
};

/* Ctrl-C came while a command ran: what prints much stops. Only in interactive shells. */
extern volatile sig_atomic_t shell_is_interrupted;

static inline struct pca_task *shell_task(const struct shell *sh)
{
	return sh->tasks[sh->current].task;
}

/* A command of the current task. */
static inline int shell_bpf(const struct shell *sh, int cmd, union bpf_attr *attr)
{
	return (int)pca_bpf(shell_task(sh), cmd, attr, sizeof(*attr));
}

/* The machine and its first task. 0, or -1 after a line on stderr. */
int shell_open(struct shell *sh);
void shell_close(struct shell *sh);

/* "map update: Operation not permitted (EPERM)". Returns SHELL_REFUSED. */
int shell_refused(struct shell *sh, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));
/* Refused by the shell itself: nothing but the text. Returns SHELL_REFUSED. */
int shell_refused_text(struct shell *sh, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));
/* Words that are not understood. Returns SHELL_BAD. */
int shell_bad(struct shell *sh, const char *fmt, ...) __attribute__((format(printf, 2, 3), cold));

/* For a terminal: what is no character becomes '?'. */
void shell_make_printable(char *text);

/* --- Hints ------------------------------------------------------------------------------ */

/* From now on they wait; up to here; those that do go, or are printed on stderr, a line each. */
void hints_hold(void);
void hints_pass(void);
void hints_drop(void);
void hints_tell(const struct shell *sh);

/* Reasons that Linux's errno does not tell: of a CPU that is not there, and of a path. */
void hint_cpu(const struct shell *sh, uint32_t cpu);
void hint_last_cpu(uint32_t cpu);
void hint_pin(const char *path);

/* --- Words ------------------------------------------------------------------------------ */

struct words {
	char **word;
	size_t nr;
};

/*
 * Split text, which is changed, at blanks; quotes keep them, '#' ends the line. SHELL_OK,
 * or SHELL_BAD for a quote that is not closed. words_free() in both cases.
 */
int words_split(struct shell *sh, char *text, struct words *words);
void words_free(struct words *words);

/* The words that a command has not taken yet. */
struct args {
	char **word;
	size_t nr;
};

/* Quoted in errors: as much of a word as one wants to read there. */
#define WORD_TEXT "\"%.40s\""
#define WORD_TEXT_BYTES 40

static inline const char *args_peek(const struct args *args)
{
	return args->nr ? args->word[0] : NULL;
}

const char *args_take(struct args *args); /* NULL: there is none */

/* As in bpftool, a word may be cut short: "noe" is "noexist". */
bool word_is(const char *word, const char *full);

/* Take the next word if it is this one. */
bool args_take_if(struct args *args, const char *full);

/* SHELL_BAD if a word is left. */
int args_end(struct shell *sh, const struct args *args);

/* Take what must be there; what says what it is. SHELL_OK or SHELL_BAD. */
int args_take_text(struct shell *sh, struct args *args, const char *what, const char **text);
int args_take_number(struct shell *sh, struct args *args, const char *what, uint64_t most,
		     uint64_t *n);

/* Bits that have names; a table ends with one without. */
struct named_bits {
	const char *name;
	uint64_t bits;
};

/*
 * OR into *bits what a list with commas names, in any case of letters. NULL, or where in the
 * list the name begins that is none, of *length bytes.
 */
const char *parse_bits(const char *list, const struct named_bits *names, uint64_t *bits,
		       int *length);

/* A whole number as C writes it: 12, 0x0c, 014. */
bool parse_number(const char *word, uint64_t most, uint64_t *n);

/* --- Commands --------------------------------------------------------------------------- */

struct shell_verb {
	const char *name;
	int (*run)(struct shell *sh, struct args *args);
	const char *usage;    /* the words after "map" or "run" */
	const char *keywords; /* what TAB offers, separated by blanks */
	const char *own;      /* words that bpftool does not have; NULL: none */
};

struct shell_command {
	const char *name;
	int (*run)(struct shell *sh, struct args *args);
	const char *summary;
	const struct shell_verb *verbs; /* up to one without a name; NULL: none */
	const char *help;		/* what follows the verbs */
};

extern const struct shell_command shell_commands[]; /* up to one without a name */
extern const struct shell_verb map_verbs[], run_verbs[], cpu_verbs[], task_verbs[];

const struct shell_command *shell_find_command(const char *word);
const struct shell_verb *shell_find_verb(const struct shell_verb *verbs, const char *word);
int shell_unknown_verb(struct shell *sh, const char *command, const struct shell_verb *verbs,
		       const char *word);

/* Execute the words of a line. SHELL_..., with sh->error set unless SHELL_OK. */
int shell_run_words(struct shell *sh, struct args *args);

int shell_map(struct shell *sh, struct args *args);
int shell_run(struct shell *sh, struct args *args);
int shell_cpu(struct shell *sh, struct args *args);
int shell_tasks(struct shell *sh, struct args *args);
int shell_release(struct shell *sh, struct args *args);
int shell_ls(struct shell *sh, struct args *args);
int shell_rm(struct shell *sh, struct args *args);
int shell_mkdir(struct shell *sh, struct args *args);

/* --- Maps ------------------------------------------------------------------------------- */

/* A map that is open for one command. */
struct shell_map {
	int fd;
	struct bpf_map_info info;
	bool is_percpu;
	uint32_t nr_copies;
	size_t elem_bytes;  /* from one CPU's value to the next in a buffer */
	size_t value_bytes; /* what a lookup writes */
};

/* MAP: id N, name NAME or pinned FILE, which names exactly one. SHELL_... */
int map_open(struct shell *sh, struct args *args, struct shell_map *map);
void map_close(struct shell *sh, struct shell_map *map);

/* All maps that MAP names. fn's answer other than SHELL_OK ends it. */
typedef int (*map_fn)(struct shell *sh, struct shell_map *map, void *arg);
int maps_for_each_id(struct shell *sh, map_fn fn, void *arg);

/* A list of maps that are open at once; maps_close() after SHELL_OK. */
struct map_list {
	struct shell_map *maps;
	size_t nr;
};

int maps_open(struct shell *sh, struct args *args, struct map_list *list);

/* The last words are MAP: print(sh, list, i) for each, in an array of JSON if several. SHELL_... */
int maps_print(struct shell *sh, struct args *args,
	       int (*print)(struct shell *sh, const struct map_list *list, size_t i));
void maps_close(struct shell *sh, struct map_list *list);

int map_dump(struct shell *sh, struct args *args);
int map_update(struct shell *sh, struct args *args);
int map_lookup(struct shell *sh, struct args *args);
int map_getnext(struct shell *sh, struct args *args);
int map_delete(struct shell *sh, struct args *args);

/*
 * DATA: size bytes, as bpftool reads them (1 0x02 03, "hex 01 02"), typed numbers
 * (u32:7), or a single number that fills all of a size of 2, 4 or 8. SHELL_...
 */
int data_take(struct shell *sh, struct args *args, const char *what, void *bytes, size_t size);

/* --- Output ----------------------------------------------------------------------------- */

/* Those that can be created, and their numbers. */
extern const struct named_bits shell_map_types[];

/* A key in a message: 4 bytes are a number, others in hex as far as there is room. */
#define KEY_TEXT_BYTES 64
const char *key_text(char text[KEY_TEXT_BYTES], const struct shell_map *map, const void *key);

void print_hex(const unsigned char *bytes, size_t n);
void print_map(const struct shell_map *map, bool is_frozen, uint64_t memlock_bytes);
void print_map_head(const struct shell_map *map);
void print_map_head_json(const struct shell_map *map);
void print_map_json(const struct shell_map *map, bool is_frozen, uint64_t memlock_bytes);

/* An element; only_cpu: values has the copy of this CPU alone, -1: of all. */
void print_elem(const struct shell *sh, const struct shell_map *map, const void *key,
		const void *values, int64_t only_cpu);
void print_elem_json(const struct shell *sh, const struct shell_map *map, const void *key,
		     const void *values, int64_t only_cpu);
void print_copy(uint32_t cpu, const void *value, size_t size);
void print_copy_json(uint32_t cpu, const void *value, size_t size);

/* --- Programs --------------------------------------------------------------------------- */

/* What a run of a program is told, and what it leaves. */
struct prog_call {
	struct pca_map_ref *map;
	uint32_t value_size;
	unsigned char *key;
	uint64_t by, times;
	const uint32_t *cpus; /* for sum */
	uint32_t nr_cpus;
	unsigned char *value; /* for set: read; for get: written */
	uint64_t sum;
};

struct shell_prog {
	const char *name;
	int (*fn)(void *ctx); /* ctx: struct prog_call; 0, or -errno of what it met */
	uint32_t helper, access;
	bool counts; /* accesses the number at the value's start only */
};

extern const struct shell_prog prog_count, prog_set, prog_get, prog_sum, prog_delete;

/* The number at the start of a value: how many bytes it has. */
uint32_t prog_number_bytes(uint32_t value_size);

/* --- Sources of lines ------------------------------------------------------------------- */

/* Run a script up to the line that fails. The exit status. */
int shell_run_script(struct shell *sh, const char *name, FILE *file);

/* A line of a terminal: whatever happens is said, and the next one can come. */
void shell_run_typed(struct shell *sh, char *line);

/* Prompt and run until Ctrl-D or quit. The exit status. */
int shell_interact(struct shell *sh);

/* Call fn for each word that can stand after these, beginning with prefix. */
typedef void (*offer_fn)(void *arg, const char *word);
struct offers {
	offer_fn fn;
	void *arg;
	const char *prefix;
};
void shell_complete(struct shell *sh, const struct args *before, const struct offers *offers);

#endif
