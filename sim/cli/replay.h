/* SPDX-License-Identifier: MIT */
/*
 * Replaying recorded traces: commands and programs of a real kernel executed
 * on a machine of ours, every result compared.
 */
#ifndef SIM_CLI_REPLAY_H
#define SIM_CLI_REPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define REPLAY_MAX_OPS 32 /* kinds of operations */

struct replay_count {
	char op[16]; /* "LOOKUP" */
	uint64_t nr, differences;
};

struct replay_summary {
	uint64_t traces, operations, differences;
	struct replay_count ops[REPLAY_MAX_OPS];
	uint32_t nr_ops;
};

struct replay_opts {
	FILE *out;	     /* where differences are printed; NULL: nowhere */
	uint64_t max_diffs;  /* differences printed in all; the rest is only counted */
	const char *release; /* override the trace's own; NULL: as recorded */

	/* Called now and then with how much of the file is done, 0 to 1; may be NULL. */
	void (*progress)(void *arg, double fraction);
	void *progress_arg;
};

/*
 * Replay every trace in a file: plain text, or an archive or a compressed file
 * that libarchive reads (.tar.xz). Adds to *summary. Returns 0, or 2 after
 * printing one line on stderr: no such file, not a trace, a line that cannot
 * be parsed, a release or CPU count that cannot be simulated.
 */
int replay_file(const char *path, const struct replay_opts *opts, struct replay_summary *summary);

/* Is there a trace in it, as far as its first line tells? 0, or 2 after a line on stderr. */
int replay_check_file(const char *path);

/* The same for one trace in memory: text, with a NUL at its end, is cut up. */
int replay_text(const char *name, char *text, const struct replay_opts *opts,
		struct replay_summary *summary);

/* The summary as members of a JSON object. */
void replay_print_json(const struct replay_summary *summary);

#endif
