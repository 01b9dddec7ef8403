/* SPDX-License-Identifier: MIT */
/*
 * What happened in a run of a schedule, step by step, in words of the source.
 */
#ifndef SIM_CLI_SCHEDULE_RECORD_H
#define SIM_CLI_SCHEDULE_RECORD_H

#include <stdio.h>

#include "schedule_world.h"

#define PLACE_BYTES 96

struct recorded_step {
	struct pca_schedule_step step;
	bool is_preemption; /* whoever ran before could have gone on */

	const char *file; /* "lost.bpf.c", or NULL where it is not known */
	uint32_t line;
	const char *source; /* that line, or NULL */

	char place[PLACE_BYTES]; /* "counts[0]@1.packets", or "" */
	bool has_value;		 /* of at most 8 bytes */
	uint64_t before, after;
	long result; /* where the actor ends */
	int err;     /* the same, as pca_schedule_actor_error() */
};

struct schedule_record {
	struct schedule_world *world;
	struct recorded_step *steps;
	size_t nr, room;
	uint64_t nr_dropped;
	const void *changing; /* where the last step's value is */
	struct source_line *sources;
	size_t nr_sources;
};

/* Listen to the world's schedule, and no longer. */
void schedule_record_begin(struct schedule_record *record, struct schedule_world *world);
void schedule_record_end(struct schedule_record *record);
void schedule_record_free(struct schedule_record *record);

/* Does the step say more than the one before? The end of a helper does after a switch. */
bool schedule_step_is_shown(const struct schedule_record *record, size_t index);

/* "reads counts[0]@1: 5", "bpf_map_lookup_elem()", "begins", ... */
#define STEP_TEXT_BYTES 200
void schedule_step_text(const struct recorded_step *step, char text[STEP_TEXT_BYTES]);

/* "lost.bpf.c:21  value = *mine;", or "". */
void schedule_source_text(const struct recorded_step *step, char text[STEP_TEXT_BYTES]);

/* Prints the steps as a table. */
void schedule_record_print(const struct schedule_record *record);

/* The steps as an array in JSON. */
void schedule_record_json(const struct schedule_record *record);

/* As trace events, for Perfetto, into the file of this name. 0, or -1 after a line on stderr. */
int schedule_record_write(const struct schedule_record *record, const char *path);

#endif
