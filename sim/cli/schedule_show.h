/* SPDX-License-Identifier: MIT */
#ifndef SIM_CLI_SCHEDULE_SHOW_H
#define SIM_CLI_SCHEDULE_SHOW_H

#include "schedule_search.h"

struct schedule_showing {
	const struct schedule_question *question;
	struct schedule_world *world;
	bool is_json;		       /* members of an object that is open */
	const char *output, *timeline; /* files to write, or NULL */
};

/*
 * Run a schedule and show its steps, the maps and what is asked; write the files. Returns
 * CLI_OK, CLI_DIFFERENCES where an invariant is broken, or CLI_BAD_INPUT after a line on
 * stderr.
 */
int schedule_show(const struct schedule_showing *showing, const struct pca_schedule_opts *opts);

/*
 * Run it so often, and compare all that schedule_show() would say of each run with the first.
 * CLI_OK where all are alike, CLI_DIFFERENCES where one is not, CLI_BAD_INPUT; each but the
 * first after a line on stderr.
 */
int schedule_repeat(const struct schedule_showing *showing, const struct pca_schedule_opts *opts,
		    uint64_t times);

#endif
