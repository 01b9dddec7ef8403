// SPDX-License-Identifier: MIT
/*
 * Fuzzing the simulated kernel: an input is a program of operations on one
 * machine - commands with good and bad attrs and pointers, programs, files, fds,
 * CPUs that go and come - and whatever they were,
 *	each result is one that its function may give,
 *	nothing is written where no pointer led,
 *	and in the end everything can be closed, removed and freed.
 * The first bytes choose the machine; then each operation is a byte and what it
 * takes. Bytes that are missing are zero.
 */
#include "fuzz_bpf.h"

#include "uaccess.h"

#define SKIPPED 77

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (!checked_memory_works())
		exit(SKIPPED);
	fuzz_swallow_messages();
	memory_init();
	return 0;
}

/* ---- results ---- */

void check_error(const char *what, long ret, const int *errnos)
{
	static const int always[] = { EINVAL, E2BIG, EFAULT, EPERM, NO_MORE };

	if (!ret)
		return;
	for (const int *known = always; *known; known++) {
		if (ret == -*known)
			return;
	}
	for (; *errnos; errnos++) {
		if (ret == -*errnos)
			return;
	}
	fuzz_fail(__FILE__, __LINE__, what, " gave %ld", ret);
}

void check_fd(const struct world *w, int task, long fd)
{
	FUZZ_CHECK(fd >= PCA_FIRST_FD && fd < PCA_FIRST_FD + (long)w->max_fds[task], "%ld", fd);
	FUZZ_CHECK(pca_fd_flags(w->tasks[task], (int)fd) >= 0, "%ld is not open", fd);
}

/* ---- small numbers ---- */

uint64_t take_number(struct input *in)
{
	static const uint64_t edges[] = {
		256,	    4095,	4096,	    4097,
		32760,	    32768,	32769,	    65536,
		0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001,
		0xfffffffe, UINT32_MAX, 1ULL << 32, 0x8000000000000000,
		UINT64_MAX,
	};
	uint8_t choice = take_u8(in);

	if (choice < 0xc0)
		return choice;
	if (choice < 0xe8)
		return edges[choice % ARRAY_LEN(edges)];
	if (choice < 0xf4)
		return take_u16(in);
	return choice < 0xfc ? take_u32(in) : take_u64(in);
}

uint32_t take_cpu(struct input *in)
{
	uint8_t choice = take_u8(in);

	return choice < 0xf8 ? choice % 10 : take_u32(in);
}

int take_fd(struct input *in)
{
	static const int others[] = { -1, 0, 1, PCA_FIRST_FD - 1, INT32_MAX, INT32_MIN };
	uint8_t choice = take_u8(in);

	if (choice < 0xe0)
		return PCA_FIRST_FD + choice % 8;
	return choice < 0xf8 ? PCA_FIRST_FD + take_u8(in) : others[choice % ARRAY_LEN(others)];
}

uint64_t take_flags(struct input *in)
{
	uint8_t choice = take_u8(in);

	if (choice >= 0xf0)
		return take_u64(in);
	if (choice < 0x80)
		return 0;
	return (choice & 0x1f) | (choice & 0x20 ? (uint64_t)take_cpu(in) << 32 : 0);
}

struct pca_task *take_checked_task(struct world *w, struct input *in, int *index)
{
	*index = take_u8(in) % NR_CHECKED_TASKS;
	return w->tasks[*index];
}

/* ---- operations on fds, tasks and CPUs ---- */

static void op_close(struct world *w, struct input *in)
{
	int index = take_u8(in) % NR_TASKS;
	int err = pca_close(w->tasks[index], take_fd(in));

	FUZZ_CHECK(err == 0 || err == -EBADF, "%d", err);
}

static void op_dup(struct world *w, struct input *in)
{
	static const int errnos[] = { EBADF, EMFILE, NO_MORE };
	int index = take_u8(in) % NR_TASKS, fd = take_fd(in);
	int min_fd = take_u8(in) < 0x80 ? 0 : take_fd(in);
	int ret = pca_dup(w->tasks[index], fd, min_fd);

	if (ret < 0) {
		check_error("pca_dup", ret, errnos);
		return;
	}
	check_fd(w, index, ret);
	FUZZ_CHECK(ret >= min_fd &&
		   pca_fd_flags(w->tasks[index], fd) == pca_fd_flags(w->tasks[index], ret));
}

static void op_look_at_fd(struct world *w, struct input *in)
{
	struct pca_task *task = w->tasks[take_u8(in) % NR_TASKS];
	int fd = take_fd(in), flags = pca_fd_flags(task, fd);
	struct buffer text = take_buffer(in);
	int len = pca_fdinfo(task, fd, (char *)text.bytes, text.size);
	int64_t bytes = pca_map_lookup_bytes(task, fd);

	FUZZ_CHECK(flags == -EBADF || flags >= 0, "%d", flags);
	FUZZ_CHECK((len == -EBADF) == (flags == -EBADF) && len < 500, "%d", len);
	FUZZ_CHECK(len < 0 || !text.size ||
		   strnlen((char *)text.bytes, text.size) ==
			   ((size_t)len < text.size ? (size_t)len : text.size - 1));
	FUZZ_CHECK(bytes > 0 || bytes == -EBADF || bytes == -EINVAL, "%lld", (long long)bytes);
	FUZZ_CHECK(bytes <= 0 || flags >= 0);
}

static void op_cpu(struct world *w, struct input *in)
{
	uint8_t what = take_u8(in);
	uint32_t cpu = take_cpu(in);
	int err;

	if (what & 1) {
		err = pca_task_set_cpu(w->tasks[(what >> 1) % NR_TASKS], cpu);
		FUZZ_CHECK(!err || err == -EINVAL || err == -ENXIO, "%d", err);
		return;
	}
	err = pca_cpu_set_online(w->machine, cpu, what & 2);
	FUZZ_CHECK(!err || err == -EINVAL || err == -EBUSY, "%d", err);
	FUZZ_CHECK(err || pca_cpu_is_online(w->machine, cpu) == !!(what & 2));
	FUZZ_CHECK(pca_num_online_cpus(w->machine) >= 1);
}

static int create_task(struct world *w, int index, struct input *in)
{
	struct pca_task *task;
	static const uint16_t most[] = { 1024, 3, 8, 64, 65, 130, 1, 300 };
	struct pca_task_opts opts = {
		.size = sizeof(opts),
		.memory = index == TASK_DIRECT ? PCA_DIRECT : PCA_CHECKED,
		.max_fds = most[take_u8(in) % ARRAY_LEN(most)],
		.comm = "fuzz",
	};

	if (index == TASK_USER) {
		uint8_t kept = take_u8(in);

		opts.dropped_caps = PCA_CAP_DAC_OVERRIDE;
		opts.dropped_caps |= kept & 1 ? 0 : PCA_CAP_SYS_ADMIN;
		opts.dropped_caps |= kept & 2 ? 0 : PCA_CAP_BPF;
		opts.dropped_caps |= kept & 4 ? 0 : PCA_CAP_PERFMON;
		opts.dropped_caps |= kept & 8 ? 0 : PCA_CAP_NET_ADMIN;
		opts.uid = opts.gid = 1000;
	}

	int err = pca_task_create(&task, w->machine, &opts);

	if (err)
		return err;
	pca_task_destroy(w->tasks[index]);
	w->tasks[index] = task;
	w->max_fds[index] = opts.max_fds;
	return 0;
}

/*
 * Another task takes the place of one, which ends with all its fds; or cannot
 * enter its cwd, which somebody has renamed or closed to others.
 */
static void op_new_task(struct world *w, struct input *in)
{
	static const int errnos[] = { ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, NO_MORE };

	check_error("pca_task_create", create_task(w, take_u8(in) % NR_TASKS, in), errnos);
}

static void op_write_memory(struct world *w, struct input *in)
{
	struct buffer buffer = take_buffer(in);
	uint8_t n = take_u8(in) % 32;

	(void)w;
	take_bytes(in, buffer.bytes, n < buffer.size ? n : buffer.size);
}

static void op_grace_period(struct world *w, struct input *in)
{
	(void)w;
	(void)in;
	fuzz_grace_period();
}

static void (*const operations[])(struct world *w, struct input *in) = {
	op_command,	 op_command,	  op_command,	   op_command,
	op_command,	 op_command,	  op_known_lookup, op_known_update,
	op_known_batch,	 op_load,	  op_load,	   op_script,
	op_run,		 op_file,	  op_file,	   op_close,
	op_dup,		 op_look_at_fd,	  op_cpu,	   op_new_task,
	op_write_memory, op_write_memory, op_grace_period, op_unknown_command,
};

/* ---- beginning and end ---- */

static void begin(struct world *w, struct input *in)
{
	static const char *const releases[] = { "6.18", "5.10", "6.1", "6.12", "7.2",
						"7.3",	"5.13", "6.5", "6.9",  "7.0" };
	static const char *const masks[] = { "0-3", "0", "0-1", "0,2-3,7", "1,5", "0-7" };
	static const uint64_t limits[] = { 1 << 24, 1 << 20, 4096, 1ULL << 45 };
	uint8_t choice = take_u8(in);
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.release = releases[take_u8(in) % ARRAY_LEN(releases)],
		.possible = masks[take_u8(in) % ARRAY_LEN(masks)],
		.run_mode = PCA_INLINE,
		.memory_limit_bytes = limits[choice % ARRAY_LEN(limits)],
		.allow_unprivileged_bpf = choice & 0x10,
		.mitigations = choice & 0x20,
	};
	int err = pca_machine_create(&w->machine, &opts);

	FUZZ_CHECK(!err, "%d", err);
	w->is_huge = opts.memory_limit_bytes > 1 << 30;
	for (int i = 0; i < NR_TASKS; i++)
		FUZZ_CHECK(!create_task(w, i, in));
	memory_reset();
}

static void close_all(struct pca_task *task, uint32_t max_fds)
{
	uint32_t nr_open = pca_task_open_fds(task), closed = 0;

	for (uint32_t slot = 0; slot < max_fds && closed < nr_open; slot++)
		closed += !pca_close(task, PCA_FIRST_FD + (int)slot);
	FUZZ_CHECK(closed == nr_open && !pca_task_open_fds(task), "%u of %u", closed, nr_open);
}

/* With the last fd, pin and program all maps are gone, and so is their memory. */
static void check_empty(struct world *w)
{
	uint32_t ids[2] = { 0, 0 };

	for (int i = 0; i < NR_TASKS; i++)
		close_all(w->tasks[i], w->max_fds[i]);
	files_remove(w->tasks[TASK_ROOT]);
	FUZZ_CHECK(pca_machine_memory_bytes(w->machine) == 0, "%llu bytes",
		   (unsigned long long)pca_machine_memory_bytes(w->machine));
	FUZZ_CHECK(pca_bpf(w->tasks[TASK_ROOT], BPF_MAP_GET_NEXT_ID, ids, sizeof(ids)) == -ENOENT,
		   "map %u", ids[1]);
}

/* Half of the machines end with everything still open and pinned. */
static void end(struct world *w, bool is_tidy)
{
	programs_forget();
	if (is_tidy)
		check_empty(w);
	pca_machine_destroy(w->machine);
	fuzz_grace_period();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	struct world w = { 0 };
	bool is_tidy = take_u8(&in) < 0x80;

	begin(&w, &in);
	for (int i = 0; i < MOST_OPERATIONS && input_left(&in); i++) {
		operations[take_u8(&in) % ARRAY_LEN(operations)](&w, &in);
		memory_check();
	}
	end(&w, is_tidy);
	return 0;
}
