/* SPDX-License-Identifier: MIT */
/*
 * Replaying what CPUs do with a layout through a modelled memory, and what came out of it.
 */
#ifndef SIM_CLI_MODEL_RUN_H
#define SIM_CLI_MODEL_RUN_H

#include "layouts/layout.h"

#include "model_memory.h"
#include "model_stream.h"

#define MODEL_MOST_LAYOUTS 16

/* Of the directory: enough for 64 CPUs with 65536 keys of 64 bytes. */
#define MODEL_MOST_BYTES (1ULL << 30)

struct model_job {
	const struct model_shape *shape;
	struct layout_shape values;
	enum layout_workload workload;
	enum stream_kind stream; /* a histogram has data of its own */
	uint64_t accesses;	 /* that count; a quarter as many go before */
	uint64_t seed;
	bool has_prefetch;
};

/* What is so by arithmetic, whatever the CPUs do. */
struct model_facts {
	uint64_t bytes;
	uint32_t cpus_of_line, cores_of_line; /* that write to one line, the most there are */
	uint32_t cpus_of_pair, cores_of_pair; /* ... to one aligned pair of lines */
	uint32_t copies;		      /* of a key */
	uint32_t own_lines, own_sets;	      /* lines that CPU 0 writes, and sets they fall into */
	uint32_t sets_of_key;		      /* sets of an L1 that its copies fall into */
	bool has_pointer, has_lock;
};

struct model_result {
	const struct layout *layout;
	struct model_facts facts;
	struct model_counts counts;
	uint64_t accesses;		   /* that were counted */
	uint64_t summed[NR_MODEL_SOURCES]; /* those of LAYOUT_READ_SUM's reader */
};

/* By workload. */
extern const char *const workload_names[NR_LAYOUT_WORKLOADS];

/* How much of each value a write changes. */
uint32_t model_written_bytes(const struct model_job *job);

/* Lines of the layout's memory; 0: more than the model takes. */
uint32_t model_nr_lines(const struct model_job *job, const struct layout *layout);

/* 0, -E2BIG (model_nr_lines() is 0) or -ENOMEM. Shows its progress on a terminal. */
int model_run(const struct model_job *job, const struct layout *layout,
	      struct model_result *result);

void model_take_facts(const struct model_job *job, const struct layout *layout,
		      struct model_facts *facts);

/* --- What the counts mean --- */

/* Per access. */
double model_rate(const struct model_result *result, uint64_t count);
double model_transfers(const struct model_result *result); /* from other cores and their L3s */
double model_fetches(const struct model_result *result);   /* from memory */
double model_misses(const struct model_result *result, enum model_source level); /* FROM_L1 ... */

/*
 * What an access waits for outside of its core and its L3: transfers, upgrades and
 * lines from memory. The ranking's first criterion.
 */
double model_waits(const struct model_result *result);

/*
 * Best first: by model_waits(), then by what comes from L3, then from L2, then by lines
 * touched; figures that are alike to a thousandth are the same.
 */
void model_rank(struct model_result *results, size_t nr);

/* Why the layout does as it does, in words. */
#define MODEL_REASON 256
const char *model_reason(char text[MODEL_REASON], const struct model_job *job,
			 const struct model_result *result);

#endif
