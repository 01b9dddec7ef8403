/* SPDX-License-Identifier: MIT */
/*
 * What "pcasim bench --json" has written, read again: contests of layouts, and the
 * hardware that they were held on.
 */
#ifndef SIM_CLI_MEASURED_H
#define SIM_CLI_MEASURED_H

#include <stdio.h>

#include "bench/pingpong.h"
#include "bench/stats.h"
#include "layouts/layout.h"
#include "layouts/stream.h"
#include "model_memory.h"

#define MEASURED_TEXT 512
#define MEASURED_MOST_LAYOUTS 16

struct measured_layout {
	const struct layout *layout;
	struct samples samples;
	struct summary summary;
};

struct measured_contest {
	char note[MEASURED_TEXT];
	enum layout_workload workload;
	enum stream_kind stream;
	uint32_t nr_threads, nr_keys, value_bytes, nr_cpus;
	bool has_round_trip;
	double round_trip_ns;
	enum pingpong_meaning round_trip; /* of several threads, where it was measured */
	size_t nr;			  /* layouts with samples; others are passed over */
	struct measured_layout layouts[MEASURED_MOST_LAYOUTS];
};

struct measured {
	char machine[MEASURED_TEXT], command[MEASURED_TEXT];
	struct model_shape shape; /* CPUs in the order of threads */
	size_t nr;
	struct measured_contest *contests; /* of layouts; others are passed over */
};

/* name: of the file, for messages. 0, or -1 after a line on stderr. */
int measured_read(struct measured *measured, FILE *in, const char *name);
void measured_free(struct measured *measured);

#endif
