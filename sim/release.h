/* SPDX-License-Identifier: MIT */
/*
 * Releases: what differs between Linux releases. Command code asks whether the
 * machine's release has a feature, or for one of its numbers; it never compares
 * versions.
 */
#ifndef SIM_RELEASE_H
#define SIM_RELEASE_H

#include <pcasim/api.h>

/* Each says what newer releases do; release.c tells what older ones answer. */
enum feature {
	FEATURE_NO_MEMLOCK_LIMIT,
	FEATURE_MIGRATE_DISABLE,
	FEATURE_TRACING_RECURSION,
	FEATURE_BATCHES,
	FEATURE_FOR_EACH,
	FEATURE_HASH_LOOKUP_AND_DELETE,
	FEATURE_LOOKUP_PERCPU,
	FEATURE_UNPRIVILEGED_COMMANDS,
	FEATURE_LARGE_VALUE_E2BIG,
	FEATURE_LOOKDEL_LOCK_LATE,
	FEATURE_MAP_EXTRA,
	FEATURE_MEM_USAGE,
	FEATURE_RAW_TP_RECURSION,
	FEATURE_TRUSTED_ARGUMENTS,
	FEATURE_LONG_HELPER_RESULTS,
	FEATURE_LATE_CREATE_EPERM,
	FEATURE_PATH_FD,
	FEATURE_SPECULATION_BY_BOOT,
	FEATURE_COUNTED_MISSES,
	FEATURE_TOKENS,
	FEATURE_FREEZE_EPERM,
	FEATURE_SPARSE_INFO,
	FEATURE_EXCLUSIVE_MAPS,
	FEATURE_CPU_FLAGS,
	FEATURE_PREEMPTIBLE_TRACEPOINTS,
	FEATURE_LOG_ATTR,
	FEATURE_DIRECT_VALUE,
	NR_FEATURES,
};

/* How the first release of a change is known. */
enum dating {
	DATED_MEASURED, /* absent in the release before, measured */
	DATED_READ,	/* from reading; measured kernels lie around it */
	DATED_SEEN,	/* the first measured kernel that has it; it may be older */
};

struct feature_row {
	enum feature feature;
	const char *name;	  /* what it is, in a few words */
	const char *first;	  /* the first release that has it */
	const char *older_answer; /* what older ones answer */
	enum dating dating;
};

/* The memlock figure of fdinfo. */
enum memlock_formula {
	MEMLOCK_PAGES_5_10, /* header + 8 * max + data, in whole pages */
	MEMLOCK_PAGES_6_1,  /* max * round_up(4 + element, 8), in whole pages */
	MEMLOCK_EXACT,	    /* header + 8 * max + data */
};

struct release {
	const char *name;	 /* "6.18" */
	const char *measured_as; /* the last measured release up to it */
	bool is_measured;
	uint32_t features;	   /* bit per enum feature */
	uint32_t attr_bytes;	   /* the kernel's own sizeof(union bpf_attr) */
	uint32_t create_attr_end;  /* where MAP_CREATE's last field ends */
	uint32_t obj_attr_end;	   /* and OBJ_PIN's and OBJ_GET's */
	uint32_t map_info_bytes;   /* sizeof(struct bpf_map_info) */
	uint32_t map_info_end;	   /* where its last field ends */
	uint32_t map_header_bytes; /* what a map's fixed part adds to memlock */
	enum memlock_formula memlock;
};

static inline bool release_has(const struct release *release, enum feature feature)
{
	return release->features >> feature & 1;
}

/* Had the last measured release up to this one the feature too? */
bool release_was_seen_with(const struct release *release, enum feature feature);

/*
 * The release "6.18", or of a full version such as "6.18.44" (its first two
 * numbers count); NULL when there is none. NULL or "" is the default release.
 */
const struct release *release_find(const char *name);

/* Is this the first time in this process that something is told of the release? MT-safe. */
bool release_is_first_told(const struct release *release);

/* What came before the first release that can be chosen: for readers only. */
struct release_note {
	const char *release;
	const char *what;
};

const struct release_note *release_note(size_t index);

/* The index-th row of the table of features, NULL past the last. */
const struct feature_row *release_feature(size_t index);

#endif
