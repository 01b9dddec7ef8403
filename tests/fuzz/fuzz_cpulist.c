// SPDX-License-Identifier: MIT
/*
 * Fuzzing pca_machine_create(): cpulists, synthetic topologies, releases, all
 * from the input. An input is lines: possible, online, topology, release; an
 * empty one stands for NULL.
 *
 * Lists are parsed a second time here, by a plain parser of what Linux's own
 * files hold, and both have to agree.
 */
#include "fuzz.h"

#include <ctype.h>

#include <pcasim/pcasim.h>

#define MOST_LINE_BYTES 512
/* Larger topologies only take time, until they are refused. */
#define MOST_LEAVES 64

enum { POSSIBLE, ONLINE, TOPOLOGY, RELEASE, NR_LINES };

/* hwloc 2.9 leaks what it has read of a description that it refuses, such as "[numa]". */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libhwloc";
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_swallow_messages();
	return 0;
}

/* A set of CPUs as this file understands a list. */
struct cpus {
	bool has[PCA_MAX_CPU_ID + 1];
	uint32_t nr;
};

/* A decimal number that is not larger than an id; leading zeroes do not matter. */
static bool parse_id(const char **text, uint32_t *id)
{
	if (!isdigit((unsigned char)**text))
		return false;
	for (*id = 0; isdigit((unsigned char)**text); ++*text) {
		*id = *id * 10 + (uint32_t)(**text - '0');
		if (*id > PCA_MAX_CPU_ID)
			return false;
	}
	return true;
}

static bool parse_cpus(const char *text, struct cpus *cpus)
{
	memset(cpus, 0, sizeof(*cpus));
	for (;; text++) {
		uint32_t first, last;

		if (!parse_id(&text, &first))
			return false;
		last = first;
		if (*text == '-' && (text++, !parse_id(&text, &last)))
			return false;
		if (first > last)
			return false;
		for (; first <= last; first++) {
			cpus->nr += !cpus->has[first];
			cpus->has[first] = true;
		}
		if (*text != ',')
			return !*text;
	}
}

static bool is_included(const struct cpus *inner, const struct cpus *outer)
{
	for (uint32_t id = 0; id <= PCA_MAX_CPU_ID; id++) {
		if (inner->has[id] && !outer->has[id])
			return false;
	}
	return true;
}

/* CPUs are numbered in the order of their ids. */
static void check_numbering(const struct pca_machine *machine)
{
	uint32_t nr = pca_num_possible_cpus(machine), nr_online = 0;
	int last = -1;

	FUZZ_CHECK(nr >= 1 && nr <= PCA_MAX_CPUS, "%u", nr);
	for (uint32_t ordinal = 0; ordinal < nr; ordinal++) {
		int id = pca_cpu_id(machine, ordinal);

		FUZZ_CHECK(id > last && id <= PCA_MAX_CPU_ID, "id %d after %d", id, last);
		FUZZ_CHECK(pca_cpu_ordinal(machine, (uint32_t)id) == (int)ordinal);
		nr_online += pca_cpu_is_online(machine, (uint32_t)id);
		last = id;
	}
	FUZZ_CHECK(pca_cpu_id(machine, nr) == -EINVAL);
	FUZZ_CHECK(pca_cpu_ordinal(machine, PCA_MAX_CPU_ID + 1) == -EINVAL);
	FUZZ_CHECK(nr_online == pca_num_online_cpus(machine) && nr_online >= 1, "%u", nr_online);
}

static void check_possible(const struct pca_machine *machine, const struct cpus *want)
{
	FUZZ_CHECK(pca_num_possible_cpus(machine) == want->nr, "%u, not %u",
		   pca_num_possible_cpus(machine), want->nr);
	for (uint32_t id = 0; id <= PCA_MAX_CPU_ID; id++)
		FUZZ_CHECK((pca_cpu_ordinal(machine, id) >= 0) == want->has[id], "CPU %u", id);
}

static void check_online(const struct pca_machine *machine, const struct cpus *want)
{
	for (uint32_t id = 0; id <= PCA_MAX_CPU_ID; id++)
		FUZZ_CHECK(pca_cpu_is_online(machine, id) == want->has[id], "CPU %u", id);
}

/* A map on so many CPUs takes an update and gives it back. */
static void check_map(struct pca_machine *machine)
{
	size_t bytes = pca_num_possible_cpus(machine) * sizeof(uint64_t);
	uint32_t create[5] = { BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1, 0 }, key = 0;
	uint64_t *in = malloc(bytes), *out = malloc(bytes);
	struct pca_task *task;

	FUZZ_CHECK(in && out);
	FUZZ_CHECK(pca_task_create(&task, machine, NULL) == 0);

	int fd = (int)pca_bpf(task, BPF_MAP_CREATE, create, sizeof(create));

	FUZZ_CHECK(fd == PCA_FIRST_FD, "%d", fd);
	for (size_t i = 0; i < bytes / sizeof(*in); i++)
		in[i] = i + 1;
	FUZZ_CHECK(pca_map_update(task, fd, &key, in, bytes, BPF_ANY) == 0);
	FUZZ_CHECK(pca_map_lookup(task, fd, &key, out, bytes, 0) == 0);
	FUZZ_CHECK(memcmp(in, out, bytes) == 0);
	FUZZ_CHECK(pca_close(task, fd) == 0);
	FUZZ_CHECK(pca_machine_memory_bytes(machine) == 0);
	pca_task_destroy(task);
	free(in);
	free(out);
}

/* What all numbers of a topology multiply to, whatever they mean. */
static uint64_t product_of_numbers(const char *text)
{
	uint64_t product = 1;

	while (*text) {
		char *end = NULL;

		if (!isdigit((unsigned char)*text)) {
			text++;
			continue;
		}
		uint64_t n = strtoull(text, &end, 0);

		if (n && __builtin_mul_overflow(product, n, &product))
			return UINT64_MAX;
		text = end;
	}
	return product;
}

static bool only_takes_time(const char *topology)
{
	uint64_t product = topology ? product_of_numbers(topology) : 1;

	return product > MOST_LEAVES && product <= PCA_MAX_CPUS;
}

/* Is this a machine that must be possible? Without a topology of its own, it is. */
static bool must_succeed(const struct pca_machine_opts *opts, const struct cpus *possible,
			 const struct cpus *online)
{
	if (opts->topology || opts->release || !possible)
		return false;
	if (possible->nr > PCA_MAX_CPUS)
		return false;
	return !opts->online || (online && is_included(online, possible));
}

static void try_machine(const struct pca_machine_opts *opts)
{
	static struct cpus sets[2];
	const struct cpus *possible = NULL, *online = NULL;
	struct pca_machine *machine = NULL;
	int err = pca_machine_create(&machine, opts);

	FUZZ_CHECK(!err || err == -EINVAL, "%s", pca_strerror(err));
	if (opts->possible && parse_cpus(opts->possible, &sets[0]))
		possible = &sets[0];
	if (opts->online && parse_cpus(opts->online, &sets[1]))
		online = &sets[1];
	FUZZ_CHECK(!err || !must_succeed(opts, possible, online), "refused");
	if (err)
		return;
	FUZZ_CHECK(!opts->possible || possible, "a list that is none");
	FUZZ_CHECK(!opts->online || online, "a list that is none");
	check_numbering(machine);
	if (possible)
		check_possible(machine, possible);
	if (online)
		check_online(machine, online);
	check_map(machine);
	pca_machine_destroy(machine);
	fuzz_grace_period();
}

/* Cut the input into lines; a missing one is empty. */
static void take_line(struct input *in, char *line)
{
	size_t len = 0;

	while (input_left(in)) {
		char c = (char)take_u8(in);

		if (c == '\n')
			break;
		if (len < MOST_LINE_BYTES - 1)
			line[len++] = c;
	}
	line[len] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	char lines[NR_LINES][MOST_LINE_BYTES];
	struct pca_machine_opts opts = { .size = sizeof(opts), .run_mode = PCA_INLINE };

	for (int i = 0; i < NR_LINES; i++)
		take_line(&in, lines[i]);
	opts.possible = *lines[POSSIBLE] ? lines[POSSIBLE] : NULL;
	opts.online = *lines[ONLINE] ? lines[ONLINE] : NULL;
	opts.topology = *lines[TOPOLOGY] ? lines[TOPOLOGY] : NULL;
	opts.release = *lines[RELEASE] ? lines[RELEASE] : NULL;
	if (!only_takes_time(opts.topology))
		try_machine(&opts);
	return 0;
}
