// SPDX-License-Identifier: MIT
#include "support.h"

#include <stdarg.h>
#include <sys/mman.h>
#include <sys/random.h>

#if BUILT_FOR_MEMCHECK
#include "rcu.h"
#endif

const char *const cpu_masks[] = { "0", "0-1", "0-3", "0,2", "0,4-6,127" };
const size_t nr_cpu_masks = ARRAY_LEN(cpu_masks);

const uint32_t value_sizes[] = { 1, 2, 3, 4, 7, 8, 9, 12, 4096, 32768 };
const size_t nr_value_sizes = ARRAY_LEN(value_sizes);

const char *const measured_releases[] = { "5.10", "6.1", "6.12", "6.18", "7.2", "7.3" };

static char row_text[256];

void row(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(row_text, sizeof(row_text), fmt, ap);
	va_end(ap);
}

static const char *result_text(long result, char *buf, size_t size)
{
	const char *name = result < 0 && result >= -4095 ? pca_errno_name((int)result) : NULL;

	if (name)
		snprintf(buf, size, "-%s", name);
	else
		snprintf(buf, size, "%ld", result);
	return buf;
}

/*
 * Check writes each assertion, passed or not, to a pipe: these functions call it
 * for what failed only, so that tables may be long.
 */
void expect_at(const char *file, int line, const char *expr, long got, long want)
{
	char got_text[32], want_text[32];

	if (got != want)
		ck_abort_msg("%s:%d: %s gave %s, expected %s [%s]", file, line, expr,
			     result_text(got, got_text, sizeof(got_text)),
			     result_text(want, want_text, sizeof(want_text)), row_text);
}

int expect_fd_at(const char *file, int line, const char *expr, long got)
{
	char got_text[32];

	if (got < PCA_FIRST_FD)
		ck_abort_msg("%s:%d: %s gave %s, expected an fd [%s]", file, line, expr,
			     result_text(got, got_text, sizeof(got_text)), row_text);
	return (int)got;
}

void expect_bytes_at(const char *file, int line, const void *got, const void *want, size_t n)
{
	const unsigned char *g = got, *w = want;

	if (!n || !memcmp(got, want, n))
		return; /* the fast way under sanitizers */
	for (size_t i = 0; i < n; i++) {
		if (g[i] != w[i])
			ck_abort_msg("%s:%d: byte %zu of %zu is 0x%02x, expected 0x%02x [%s]", file,
				     line, i, n, g[i], w[i], row_text);
	}
}

void expect_all_at(const char *file, int line, const void *got, unsigned char byte, size_t n)
{
	const unsigned char *g = got;

	if (!n || (g[0] == byte && !memcmp(g, g + 1, n - 1)))
		return;
	for (size_t i = 0; i < n; i++) {
		if (g[i] != byte)
			ck_abort_msg("%s:%d: byte %zu of %zu is 0x%02x, expected 0x%02x [%s]", file,
				     line, i, n, g[i], byte, row_text);
	}
}

struct world world_open_with(const struct pca_machine_opts *machine_opts,
			     const struct pca_task_opts *task_opts)
{
	struct pca_machine_opts opts =
		machine_opts ? *machine_opts : (struct pca_machine_opts){ 0 };
	struct world w;

	if (!opts.release)
		opts.release = TESTED_RELEASE;
	opts.no_hints = true;
	expect(pca_machine_create(&w.machine, &opts), 0);
	expect(pca_task_create(&w.task, w.machine, task_opts), 0);
	return w;
}

static struct world open_showing(const char *release, const char *possible,
				 enum pca_task_memory memory)
{
	struct pca_machine_opts machine_opts = {
		.size = sizeof(machine_opts),
		.possible = possible ? possible : "0-3",
		.release = release,
	};
	struct pca_task_opts task_opts = { .size = sizeof(task_opts), .memory = memory };

	return world_open_with(&machine_opts, &task_opts);
}

struct world world_open(const char *possible, enum pca_task_memory memory)
{
	return open_showing(TESTED_RELEASE, possible, memory);
}

struct world world_of_release(size_t release, const char *possible, enum pca_task_memory memory)
{
	return open_showing(measured_releases[release], possible, memory);
}

void world_close(struct world *w)
{
	pca_task_destroy(w->task);
	pca_machine_destroy(w->machine);
}

size_t lookup_bytes(const struct world *w, uint32_t value_size)
{
	return ((size_t)value_size + 7) / 8 * 8 * pca_num_possible_cpus(w->machine);
}

union any_attr create_attr(uint32_t type, uint32_t value_size, uint32_t max_entries)
{
	union any_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.bpf.map_type = type;
	attr.bpf.key_size = 4;
	attr.bpf.value_size = value_size;
	attr.bpf.max_entries = max_entries;
	return attr;
}

long cmd_create(struct pca_task *task, uint32_t type, uint32_t value_size, uint32_t max_entries,
		uint32_t flags)
{
	union any_attr attr = create_attr(type, value_size, max_entries);

	attr.bpf.map_flags = flags;
	return pca_bpf(task, BPF_MAP_CREATE, &attr, CREATE_ATTR_END);
}

int percpu_map(const struct world *w, uint32_t value_size, uint32_t max_entries)
{
	return expect_fd(
		cmd_create(w->task, BPF_MAP_TYPE_PERCPU_ARRAY, value_size, max_entries, 0));
}

int array_map(const struct world *w, uint32_t value_size, uint32_t max_entries)
{
	return expect_fd(cmd_create(w->task, BPF_MAP_TYPE_ARRAY, value_size, max_entries, 0));
}

struct elem {
	const void *key, *value;
	uint64_t flags;
};

static long elem_command(struct pca_task *task, int cmd, int fd, struct elem elem, uint32_t size)
{
	uint64_t attr[4] = { (uint32_t)fd, (uintptr_t)elem.key, (uintptr_t)elem.value, elem.flags };

	return pca_bpf(task, cmd, attr, size);
}

long cmd_lookup(struct pca_task *task, int fd, const void *key, void *value, uint64_t flags)
{
	return elem_command(task, BPF_MAP_LOOKUP_ELEM, fd, (struct elem){ key, value, flags },
			    ELEM_ATTR_END);
}

long cmd_update(struct pca_task *task, int fd, const void *key, const void *value, uint64_t flags)
{
	return elem_command(task, BPF_MAP_UPDATE_ELEM, fd, (struct elem){ key, value, flags },
			    ELEM_ATTR_END);
}

long cmd_delete(struct pca_task *task, int fd, const void *key)
{
	return elem_command(task, BPF_MAP_DELETE_ELEM, fd, (struct elem){ .key = key }, 16);
}

long cmd_next_key(struct pca_task *task, int fd, const void *key, void *next_key)
{
	return elem_command(task, BPF_MAP_GET_NEXT_KEY, fd, (struct elem){ key, next_key, 0 }, 24);
}

long cmd_lookup_and_delete(struct pca_task *task, int fd, const void *key, void *value,
			   uint64_t flags)
{
	return elem_command(task, BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd,
			    (struct elem){ key, value, flags }, ELEM_ATTR_END);
}

long cmd_freeze(struct pca_task *task, int fd)
{
	uint32_t attr = (uint32_t)fd;

	return pca_bpf(task, BPF_MAP_FREEZE, &attr, sizeof(attr));
}

long cmd_fd_by_id(struct pca_task *task, uint32_t id, uint32_t open_flags)
{
	uint32_t attr[3] = { id, 0, open_flags };

	return pca_bpf(task, BPF_MAP_GET_FD_BY_ID, attr, sizeof(attr));
}

long cmd_next_id(struct pca_task *task, uint32_t start, uint32_t *next)
{
	uint32_t attr[2] = { start, *next };
	long err = pca_bpf(task, BPF_MAP_GET_NEXT_ID, attr, sizeof(attr));

	*next = attr[1];
	return err;
}

long cmd_info(struct pca_task *task, int fd, void *info, uint32_t *len)
{
	struct {
		int32_t fd;
		uint32_t len;
		uint64_t info;
	} attr = { fd, *len, (uintptr_t)info };
	long err = pca_bpf(task, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));

	*len = attr.len;
	return err;
}

uint32_t id_of_map(struct pca_task *task, int fd)
{
	uint32_t info[2] = { 0, 0 }, len = sizeof(info);

	expect(cmd_info(task, fd, info, &len), 0);
	return info[1];
}

long cmd_batch(struct pca_task *task, int cmd, int fd, struct batch *batch)
{
	uint64_t attr[7] = {
		(uintptr_t)batch->in_batch,
		(uintptr_t)batch->out_batch,
		(uintptr_t)batch->keys,
		(uintptr_t)batch->values,
		(uint64_t)(uint32_t)fd << 32 | batch->count,
		batch->elem_flags,
		batch->flags,
	};
	long err = pca_bpf(task, cmd, attr, sizeof(attr));

	batch->count = (uint32_t)attr[4];
	return err;
}

static unsigned char *map_with_guards(size_t n, size_t *body)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	*body = (n + page - 1) / page * page;

	unsigned char *start = mmap(NULL, *body + 2 * page, PROT_NONE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ck_assert_msg(start != MAP_FAILED, "no memory for a guarded buffer of %zu bytes", n);
	if (*body)
		ck_assert_int_eq(mprotect(start + page, *body, PROT_READ | PROT_WRITE), 0);
	return start + page;
}

void *guarded(size_t n)
{
	size_t body;
	unsigned char *start = map_with_guards(n, &body);

	return start + body - n;
}

void *guarded_before(size_t n)
{
	size_t body;

	return map_with_guards(n, &body);
}

void *bad_pointer(void)
{
	return guarded(0);
}

void fill(void *buf, size_t n, uint32_t seed)
{
	unsigned char *bytes = buf;

	for (size_t i = 0; i < n; i++)
		bytes[i] = (unsigned char)(1 + (seed * 37 + i * 7 + i / 251) % 230);
}

int hide_stdin(void)
{
	int hidden = dup(0);

	close(0);
	return hidden;
}

void show_stdin(int hidden)
{
	if (hidden >= 0) {
		dup2(hidden, 0);
		close(hidden);
	}
}

static struct {
	pthread_mutex_t lock;
	char text[16384];
	unsigned int count;
} caught = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void catch_message(void *arg, enum pca_message_level level, const char *text)
{
	(void)arg;
	(void)level;
	pthread_mutex_lock(&caught.lock);
	size_t len = strlen(caught.text);

	snprintf(caught.text + len, sizeof(caught.text) - len, "%s\n", text);
	caught.count++;
	pthread_mutex_unlock(&caught.lock);
}

void messages_catch(void)
{
	messages_clear();
	pca_set_message_fn(catch_message, NULL);
}

const char *messages_text(void)
{
	return caught.text;
}

unsigned int messages_count(void)
{
	return caught.count;
}

void messages_clear(void)
{
	pthread_mutex_lock(&caught.lock);
	caught.text[0] = '\0';
	caught.count = 0;
	pthread_mutex_unlock(&caught.lock);
}

void expect_message_at(const char *file, int line, const char *text)
{
	ck_assert_msg(strstr(caught.text, text) != NULL,
		      "%s:%d: no message says \"%s\"; there was: %s [%s]", file, line, text,
		      caught.text, row_text);
}

uint64_t test_seed;

/* splitmix64 */
uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static int read_arguments(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--seed")) {
		test_seed = strtoull(argv[2], NULL, 0);
		return 0;
	}
	if (argc > 1) {
		fprintf(stderr, "usage: %s [--seed N]\n", argv[0]);
		return -EINVAL;
	}
	if (getrandom(&test_seed, sizeof(uint32_t), 0) != sizeof(uint32_t))
		test_seed = 1;
	return 0;
}

#if BUILT_FOR_MEMCHECK
/*
 * What waits for a grace period when a process ends looks lost to memcheck: let
 * it come. After all other destructors, one of which ends the current task.
 */
__attribute__((destructor(101))) static void settle_at_exit(void)
{
	urcu_memb_barrier();
}
#endif

int run_suite(Suite *suite, int argc, char **argv)
{
	SRunner *runner = srunner_create(suite);
	int failed = 1;

	if (!read_arguments(argc, argv)) {
		printf("seed %llu\n", (unsigned long long)test_seed);
		fflush(stdout);
		srunner_run_all(runner, CK_ENV);
		failed = srunner_ntests_failed(runner);
	}
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

TCase *add_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 0);
	suite_add_tcase(suite, tc);
	return tc;
}
