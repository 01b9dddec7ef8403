// SPDX-License-Identifier: MIT
/*
 * A long mixed load: machines come and go, and on each, threads give commands,
 * run programs, pin and unpin, take CPUs offline and bring them back. What the
 * process holds - memory, fds, threads, mappings - may not grow with time.
 *
 * usage: soak [--seconds S] [--seed N]
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <pcasim/pcasim.h>

#define NR_THREADS 4
#define NR_MAPS 4
#define STEPS 400 /* of a thread on one machine */
#define MOST_CPUS 8
#define REPORTS 20

/* Growth beyond this is a leak, not the allocator's habit. */
#define SLACK_KIB 16384

static const char *const masks[] = { "0", "0-1", "0-3", "0,2", "0,4-6,127" };
static const char *const releases[] = { "5.10", "6.1", "6.12", "6.18", "7.2", "7.3" };

#define PICK(list, random) ((list)[(random) % (sizeof(list) / sizeof((list)[0]))])

struct site {
	struct pca_machine *machine;
	struct pca_task *task;
	int fds[NR_MAPS];
	struct pca_map_ref *counted;
	struct pca_prog *prog;
	uint64_t runs; /* atomic: that the program finished */
	uint64_t seed;
};

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* Counts runs in key 0 of the map it is given. */
static int count(void *ctx)
{
	uint64_t *mine = pca_map_lookup_elem(ctx, &(uint32_t){ 0 });

	return mine ? (int)++*mine : -1;
}

static void fail(const char *what, long ret)
{
	fprintf(stderr, "soak: %s: %s\n", what, pca_strerror((int)ret));
	exit(1);
}

static void use_commands(struct site *site, uint64_t random)
{
	union {
		char bytes[MOST_CPUS * 64];
		uint64_t words[MOST_CPUS * 8];
	} value;
	uint32_t key = random >> 8 & 15;
	int fd = site->fds[random >> 16 & (NR_MAPS - 1)];

	memset(&value, (int)random, sizeof(value));
	pca_map_update(site->task, fd, &key, &value, sizeof(value), BPF_ANY);
	pca_map_lookup(site->task, fd, &key, &value, sizeof(value), 0);
}

static void use_pins(struct site *site, uint64_t random)
{
	char path[32];
	union bpf_attr attr;

	snprintf(path, sizeof(path), "pin%u", (unsigned int)(random >> 8 & 7));
	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	attr.bpf_fd = (uint32_t)site->fds[random >> 16 & (NR_MAPS - 1)];
	if (random & (1 << 20)) {
		pca_bpf(site->task, BPF_OBJ_PIN, &attr, sizeof(attr));
		return;
	}
	if (random & (1 << 21)) {
		pca_unlink(site->task, path);
		return;
	}
	attr.bpf_fd = 0;
	pca_close(site->task, (int)pca_bpf(site->task, BPF_OBJ_GET, &attr, sizeof(attr)));
}

static void use_fds(struct site *site, uint64_t random)
{
	int fd = pca_dup(site->task, site->fds[random >> 8 & (NR_MAPS - 1)], 0);
	int map = pca_map_create(site->task, BPF_MAP_TYPE_PERCPU_ARRAY, 1 + (random >> 16 & 63),
				 1 + (random >> 24 & 1023), 0);

	pca_close(site->task, map);
	pca_close(site->task, fd);
}

static void use_cpus(struct site *site, uint64_t random)
{
	uint32_t nr = pca_num_possible_cpus(site->machine);
	uint32_t cpu = (uint32_t)pca_cpu_id(site->machine, (random >> 8) % nr);

	if ((random & 0xf0) == 0) {
		pca_cpu_set_online(site->machine, cpu, random & (1 << 20));
	} else if (!pca_run_on(site->prog, cpu, site->counted, NULL)) {
		__atomic_fetch_add(&site->runs, 1, __ATOMIC_RELAXED);
	}
}

static void *work(void *arg)
{
	static void (*const uses[])(struct site *, uint64_t) = { use_commands, use_commands,
								 use_pins,     use_fds,
								 use_cpus,     use_cpus };
	struct site *site = arg;
	uint64_t state = __atomic_add_fetch(&site->seed, 1, __ATOMIC_RELAXED);

	for (int i = 0; i < STEPS; i++) {
		uint64_t random = next_random(&state);

		PICK(uses, random >> 40)(site, random);
	}
	return NULL;
}

static void open_site(struct site *site, uint64_t *state)
{
	struct pca_machine_opts opts = {
		.possible = PICK(masks, next_random(state)),
		.release = PICK(releases, next_random(state)),
		.run_mode = next_random(state) & 1 ? PCA_INLINE : PCA_WORKERS,
	};
	struct pca_task_opts task_opts = {
		.memory = next_random(state) & 1 ? PCA_CHECKED : PCA_DIRECT,
	};
	struct pca_prog_load_opts load = { .type = BPF_PROG_TYPE_RAW_TRACEPOINT, .fn = count };
	int err = pca_machine_create(&site->machine, &opts);

	if (!err)
		err = pca_task_create(&site->task, site->machine, &task_opts);
	for (int i = 0; i < NR_MAPS && !err; i++) {
		site->fds[i] =
			pca_map_create(site->task, BPF_MAP_TYPE_PERCPU_ARRAY, 8 * (i + 1), 16, 0);
		err = site->fds[i] < 0 ? site->fds[i] : 0;
	}
	/* One more, that only the program writes. */
	int counted = err ? err : pca_map_create(site->task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, 0);
	int prog = counted < 0 ? counted : pca_prog_load(site->task, &load);

	err = prog < 0 ? prog : pca_map_get(site->task, counted, &site->counted);
	if (!err)
		err = pca_prog_get(site->task, prog, &site->prog);
	if (err)
		fail("a machine cannot be made", err);
	pca_close(site->task, counted);
	pca_close(site->task, prog);
	site->runs = 0;
	site->seed = next_random(state);
}

/* Every run counted once, on whatever CPU. */
static void check_counts(struct site *site)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < pca_num_possible_cpus(site->machine); i++)
		sum += *(uint64_t *)pca_map_peek(site->counted,
						 (uint32_t)pca_cpu_id(site->machine, i), 0);
	if (sum == site->runs)
		return;
	fprintf(stderr, "soak: %" PRIu64 " runs, %" PRIu64 " counted\n", site->runs, sum);
	exit(1);
}

static void close_site(struct site *site)
{
	check_counts(site);
	pca_prog_put(site->prog);
	pca_map_put(site->counted);
	for (int i = 0; i < NR_MAPS; i++)
		pca_close(site->task, site->fds[i]);
	if (pca_task_open_fds(site->task))
		fail("fds are left open", -EBADF);
	pca_machine_destroy(site->machine);
}

static uint64_t use_machine(uint64_t *state)
{
	pthread_t threads[NR_THREADS];
	struct site site;

	open_site(&site, state);
	for (int i = 0; i < NR_THREADS; i++) {
		if (pthread_create(&threads[i], NULL, work, &site))
			fail("a thread cannot be made", -EAGAIN);
	}
	for (int i = 0; i < NR_THREADS; i++)
		pthread_join(threads[i], NULL);
	close_site(&site);
	return NR_THREADS * STEPS;
}

/* What the process holds. */
struct holdings {
	long rss_kib, fds, threads, mappings;
};

static long count_entries(const char *dir)
{
	DIR *d = opendir(dir);
	long nr = 0;

	while (d && readdir(d))
		nr++;
	if (d)
		closedir(d);
	return nr;
}

static struct holdings look(void)
{
	struct holdings h = { 0 };
	char line[512];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmRSS: %ld", &h.rss_kib);
	if (f)
		fclose(f);
	f = fopen("/proc/self/maps", "re");
	while (f && fgets(line, sizeof(line), f))
		h.mappings++;
	if (f)
		fclose(f);
	h.fds = count_entries("/proc/self/fd");
	h.threads = count_entries("/proc/self/task");
	return h;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void report(double seconds, uint64_t machines, uint64_t steps, const struct holdings *h)
{
	printf("%8.0f s %10" PRIu64 " machines %12" PRIu64 " steps %8ld KiB %4ld fds %4ld threads "
	       "%6ld mappings\n",
	       seconds, machines, steps, h->rss_kib, h->fds, h->threads, h->mappings);
	fflush(stdout);
}

/*
 * The least that was held in the second half of the time, and the most in the
 * first: a leak lifts even the least above that, noise does not.
 */
struct halves {
	struct holdings most, least;
};

static void note(struct halves *halves, const struct holdings *h, bool is_second)
{
	struct holdings *most = &halves->most, *least = &halves->least;

	if (!is_second) {
		most->rss_kib = h->rss_kib > most->rss_kib ? h->rss_kib : most->rss_kib;
		most->fds = h->fds > most->fds ? h->fds : most->fds;
		most->threads = h->threads > most->threads ? h->threads : most->threads;
		*least = *most;
		return;
	}
	least->rss_kib = h->rss_kib < least->rss_kib ? h->rss_kib : least->rss_kib;
	least->fds = h->fds < least->fds ? h->fds : least->fds;
	least->threads = h->threads < least->threads ? h->threads : least->threads;
}

static int verdict(const struct halves *halves, uint64_t seed)
{
	const struct holdings *most = &halves->most, *least = &halves->least;

	if (least->rss_kib > most->rss_kib + SLACK_KIB || least->fds > most->fds ||
	    least->threads > most->threads) {
		printf("soak: it grows: at least %ld KiB, %ld fds, %ld threads in the second half, "
		       "at most %ld KiB, %ld fds, %ld threads in the first; seed %" PRIu64 "\n",
		       least->rss_kib, least->fds, least->threads, most->rss_kib, most->fds,
		       most->threads, seed);
		return 1;
	}
	printf("soak: flat: at most %ld KiB in the first half, at least %ld KiB in the second; "
	       "seed %" PRIu64 "\n",
	       most->rss_kib, least->rss_kib, seed);
	return 0;
}

static int soak(double seconds, uint64_t seed)
{
	double start = now(), next_report = seconds / REPORTS, passed = 0;
	uint64_t state = seed, machines = 0, steps = 0;
	struct halves halves = { 0 };

	while (passed < seconds) {
		struct holdings held;

		steps += use_machine(&state);
		machines++;
		held = look();
		passed = now() - start;
		note(&halves, &held, passed > seconds / 2 && machines > 1);
		if (passed >= next_report) {
			report(passed, machines, steps, &held);
			next_report += seconds / REPORTS;
		}
	}
	return verdict(&halves, seed);
}

static bool parse(const char *text, double most, double *value)
{
	char *end;

	*value = strtod(text, &end);
	return end != text && !*end && *value > 0 && *value <= most;
}

int main(int argc, char **argv)
{
	double seconds = 3600, seed = 1;

	for (int i = 1; i < argc; i += 2) {
		bool is_good = i + 1 < argc;

		if (is_good && !strcmp(argv[i], "--seconds"))
			is_good = parse(argv[i + 1], 1e6, &seconds);
		else if (is_good && !strcmp(argv[i], "--seed"))
			is_good = parse(argv[i + 1], 1e15, &seed);
		else
			is_good = false;
		if (!is_good) {
			fprintf(stderr, "usage: soak [--seconds S] [--seed N]\n");
			return 2;
		}
	}
	return soak(seconds, (uint64_t)seed);
}
