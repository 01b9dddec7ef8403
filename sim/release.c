// SPDX-License-Identifier: MIT
/*
 * The table of releases. How the first release of a change is known: measured
 * absent in one release and present in the very next; or read, for a change that
 * lies between two measured kernels; or only seen: the first measured kernel that
 * has it. Nothing is guessed.
 *
 * Measured kernels: 5.10.223, 6.1.192, 6.12.117, 6.18.44, 7.2.13, 7.3-rc7.
 */
#include "release.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <pcasim/machine.h>

#include "compiler.h"

static const struct feature_row features[] = {
	{ FEATURE_NO_MEMLOCK_LIMIT, "maps are not charged to RLIMIT_MEMLOCK", "5.11",
	  "E2BIG from 4 GiB on", DATED_READ },
	{ FEATURE_MIGRATE_DISABLE, "programs in task context may preempt each other", "5.11",
	  "they never do", DATED_READ },
	{ FEATURE_TRACING_RECURSION, "recursion_misses; a TRACING program does not nest in itself",
	  "5.12", "it nests", DATED_READ },
	{ FEATURE_BATCHES, "LOOKUP_BATCH and UPDATE_BATCH of per-CPU arrays", "5.13", "ENOTSUPP",
	  DATED_READ },
	{ FEATURE_FOR_EACH, "bpf_for_each_map_elem", "5.13", "EINVAL at load", DATED_READ },
	{ FEATURE_HASH_LOOKUP_AND_DELETE, "LOOKUP_AND_DELETE_ELEM of hashes", "5.14", "ENOTSUPP",
	  DATED_READ },
	{ FEATURE_LOOKUP_PERCPU, "bpf_map_lookup_percpu_elem", "5.19", "EINVAL at load",
	  DATED_READ },
	{ FEATURE_UNPRIVILEGED_COMMANDS, "commands on an inherited fd need no capability", "5.19",
	  "EPERM before anything else", DATED_READ },
	{ FEATURE_MAP_EXTRA, "a map_extra line in fdinfo", "6.1", "no such line", DATED_SEEN },
	{ FEATURE_LARGE_VALUE_E2BIG, "value_size above 32768 is E2BIG at once", "6.1",
	  "ENOMEM up to 4 MiB", DATED_SEEN },
	{ FEATURE_LOOKDEL_LOCK_LATE, "LOOKUP_AND_DELETE looks at the fd before F_LOCK", "6.1",
	  "EINVAL first", DATED_SEEN },
	{ FEATURE_RAW_TP_RECURSION, "a RAW_TRACEPOINT program does not nest in itself", "6.1",
	  "it nests", DATED_READ },
	{ FEATURE_TRUSTED_ARGUMENTS, "arguments of tp_btf and lsm programs are trusted", "6.2",
	  "a load through NULL gives 0", DATED_READ },
	{ FEATURE_LONG_HELPER_RESULTS, "helper errors are sign-extended to 64 bits", "6.4",
	  "32 bits, zero-extended", DATED_READ },
	{ FEATURE_PATH_FD, "path_fd and BPF_F_PATH_FD", "6.5", "EINVAL", DATED_READ },
	{ FEATURE_LATE_CREATE_EPERM, "MAP_CREATE checks its attr before privileges", "6.5",
	  "EPERM first", DATED_READ },
	{ FEATURE_COUNTED_MISSES, "recursion_misses counts KPROBE and TRACEPOINT, too", "6.7",
	  "skipped, not counted", DATED_READ },
	{ FEATURE_TOKENS, "BPF_F_TOKEN_FD", "6.9", "EINVAL", DATED_READ },
	{ FEATURE_MEM_USAGE, "memlock in fdinfo is exact", "6.12", "whole pages", DATED_SEEN },
	{ FEATURE_FREEZE_EPERM, "freezing needs a writable fd; twice is EPERM; no privilege",
	  "6.12", "any fd; EBUSY; EPERM without CAP_BPF", DATED_SEEN },
	{ FEATURE_SPECULATION_BY_BOOT,
	  "over 2^31 entries without CAP_PERFMON depend on mitigations", "6.12", "always E2BIG",
	  DATED_SEEN },
	{ FEATURE_SPARSE_INFO, "info leaves fields without meaning unwritten", "6.18", "zeroes",
	  DATED_SEEN },
	{ FEATURE_EXCLUSIVE_MAPS, "excl_prog_hash; info has 104 bytes", "6.18", "EINVAL; 88 bytes",
	  DATED_SEEN },
	{ FEATURE_CPU_FLAGS,
	  "BPF_F_CPU, BPF_F_ALL_CPUS; padding is not stored; LOOKUP's flags after the fd", "6.19",
	  "EINVAL; padding is stored; flags first", DATED_READ },
	{ FEATURE_PREEMPTIBLE_TRACEPOINTS, "RAW_TRACEPOINT programs may be preempted", "7.0",
	  "tracepoints disable preemption", DATED_READ },
	{ FEATURE_LOG_ATTR, "command | 0x10000 with a log of MAP_CREATE's refusals", "7.2",
	  "EINVAL", DATED_SEEN },
	{ FEATURE_DIRECT_VALUE, "direct value access with max_entries 1", "7.3", "EINVAL",
	  DATED_MEASURED },
};

_Static_assert(ARRAY_SIZE(features) == NR_FEATURES, "a row per feature");

static const struct release_note notes[] = {
	{ "4.6", "the map type PERCPU_ARRAY" },
	{ "4.15", "names; BPF_F_RDONLY and BPF_F_WRONLY" },
	{ "5.2", "BPF_F_RDONLY_PROG and BPF_F_WRONLY_PROG; MAP_FREEZE" },
	{ "5.6", "batch commands, of other map types" },
};

/* Sizes, from a measured release up to the next one, but for add_fields(). */
static const struct {
	const char *since;
	struct release numbers;
} sizes[] = {
	{ "5.10",
	  { .attr_bytes = 120,
	    .create_attr_end = 64,
	    .obj_attr_end = 16,
	    .map_info_bytes = 80,
	    .map_info_end = 80,
	    .map_header_bytes = 304,
	    .memlock = MEMLOCK_PAGES_5_10 } },
	{ "6.1",
	  { .attr_bytes = 144,
	    .create_attr_end = 72,
	    .obj_attr_end = 16,
	    .map_info_bytes = 88,
	    .map_info_end = 88,
	    .memlock = MEMLOCK_PAGES_6_1 } },
	{ "6.12",
	  { .attr_bytes = 152,
	    .create_attr_end = 80,
	    .obj_attr_end = 20,
	    .map_info_bytes = 88,
	    .map_info_end = 88,
	    .map_header_bytes = 264,
	    .memlock = MEMLOCK_EXACT } },
	{ "6.18",
	  { .attr_bytes = 168,
	    .create_attr_end = 92,
	    .obj_attr_end = 20,
	    .map_info_bytes = 104,
	    .map_info_end = 100,
	    .map_header_bytes = 312,
	    .memlock = MEMLOCK_EXACT } },
	{ "7.2",
	  { .attr_bytes = 168,
	    .create_attr_end = 92,
	    .obj_attr_end = 20,
	    .map_info_bytes = 104,
	    .map_info_end = 100,
	    .map_header_bytes = 304,
	    .memlock = MEMLOCK_EXACT } },
	{ "7.3",
	  { .attr_bytes = 168,
	    .create_attr_end = 92,
	    .obj_attr_end = 20,
	    .map_info_bytes = 104,
	    .map_info_end = 100,
	    .map_header_bytes = 296,
	    .memlock = MEMLOCK_EXACT } },
};

/* Releases that can be chosen: every one from the first measured to the last. */
static const char *const names[] = {
	"5.10", "5.11", "5.12", "5.13", "5.14", "5.15", "5.16", "5.17", "5.18",
	"5.19", "6.0",	"6.1",	"6.2",	"6.3",	"6.4",	"6.5",	"6.6",	"6.7",
	"6.8",	"6.9",	"6.10", "6.11", "6.12", "6.13", "6.14", "6.15", "6.16",
	"6.17", "6.18", "6.19", "7.0",	"7.1",	"7.2",	"7.3",
};

#define DEFAULT_RELEASE "7.2"

static struct release releases[ARRAY_SIZE(names)];
static pthread_once_t releases_once = PTHREAD_ONCE_INIT;

/* "6.18", "6.18.44", "7.3-rc7" as 6 << 16 | 18; 0 when it is no version. */
static uint32_t version_of(const char *name)
{
	unsigned int major, minor;
	int used = 0;

	if (name[0] < '0' || name[0] > '9' ||
	    sscanf(name, "%3u.%3u%n", &major, &minor, &used) != 2 ||
	    (name[used] && !strchr(".-+~_", name[used])))
		return 0;
	return major << 16 | minor;
}

/* Fields that came with a feature between two measured releases. */
static void add_fields(struct release *release)
{
	if (release_has(release, FEATURE_PATH_FD) && release->obj_attr_end < 20)
		release->obj_attr_end = 20;
	if (release_has(release, FEATURE_TOKENS) && release->create_attr_end < 80)
		release->create_attr_end = 80;
}

static void describe(struct release *release, const char *name)
{
	uint32_t version = version_of(name);

	for (size_t i = 0; i < ARRAY_SIZE(sizes) && version_of(sizes[i].since) <= version; i++) {
		*release = sizes[i].numbers;
		release->measured_as = sizes[i].since;
		release->is_measured = version_of(sizes[i].since) == version;
	}
	release->name = name;
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		if (version_of(features[i].first) <= version)
			release->features |= 1U << features[i].feature;
	}
	add_fields(release);
}

static void describe_all(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		describe(&releases[i], names[i]);
}

const struct release *release_find(const char *name)
{
	uint32_t version = version_of(name && *name ? name : DEFAULT_RELEASE);

	pthread_once(&releases_once, describe_all);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (version && version_of(names[i]) == version)
			return &releases[i];
	}
	return NULL;
}

bool release_is_first_told(const struct release *release)
{
	static bool told[ARRAY_SIZE(names)];

	return !__atomic_exchange_n(&told[release - releases], true, __ATOMIC_RELAXED);
}

bool release_was_seen_with(const struct release *release, enum feature feature)
{
	return release_has(release_find(release->measured_as), feature);
}

const char *pca_release_name(size_t index)
{
	return index < ARRAY_SIZE(names) ? names[index] : NULL;
}

const struct release_note *release_note(size_t index)
{
	return index < ARRAY_SIZE(notes) ? &notes[index] : NULL;
}

const struct feature_row *release_feature(size_t index)
{
	return index < ARRAY_SIZE(features) ? &features[index] : NULL;
}
