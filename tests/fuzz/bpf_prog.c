// SPDX-License-Identifier: MIT
/*
 * Programs: loads with declared uses from the input, and runs that do just what
 * was declared. A program cannot know which it is, so each of a few functions
 * has a slot that says what it declared.
 */
#include "fuzz_bpf.h"
#include "machine.h"

#define NR_SLOTS 4
#define MOST_USES 3
#define MOST_FORMAT_BYTES 40
#define MOST_CALLBACKS 20
#define MAP_LOOKUP_PERCPU_ELEM 195

struct slot {
	uint32_t nr_uses;
	struct pca_map_use uses[MOST_USES];
	struct pca_map_ref *maps[MOST_USES]; /* held, whatever becomes of the program */

	/* What it does, beyond its uses. */
	uint32_t key, cpu;
	uint64_t flags;
	char format[MOST_FORMAT_BYTES + 1];
	uint64_t probed;
	uint32_t bytes;
};

static struct slot slots[NR_SLOTS];
static struct world *world; /* for what is refused inside a run */

static void forget(struct slot *slot)
{
	for (uint32_t i = 0; i < MOST_USES; i++) {
		if (slot->maps[i])
			pca_map_put(slot->maps[i]);
	}
	memset(slot, 0, sizeof(*slot));
}

void programs_forget(void)
{
	for (int i = 0; i < NR_SLOTS; i++)
		forget(&slots[i]);
}

/* ---- inside a run ---- */

/* Read and write the ends of the range that was declared. */
static void touch(const struct slot *slot, uint32_t i, unsigned char *value)
{
	const struct pca_map_use *use = &slot->uses[i];
	uint32_t whole = pca_map_value_size(slot->maps[i]);
	uint32_t bytes = use->bytes ? use->bytes : whole - use->offset;
	unsigned char *first = value + use->offset, *last = first + bytes - 1;

	FUZZ_CHECK(!use->access || use->offset + (uint64_t)bytes <= whole);
	if (use->access & PCA_WRITE)
		*first = *last = (unsigned char)slot->key;
	if (use->access & PCA_ATOMIC)
		__atomic_fetch_add(last, 1, __ATOMIC_RELAXED);
	if (use->access & PCA_READ)
		(void)(*(volatile unsigned char *)first + *(volatile unsigned char *)last);
}

/* Of a hash nothing is known of what is in it: commands came before. */
static bool is_hash(const struct pca_map_ref *map)
{
	return !map->max_entries;
}

static void check_elem(struct pca_map_ref *map, void *value, uint32_t cpu, uint32_t key)
{
	uintptr_t seen = (uintptr_t)pca_map_peek(map, cpu, key);

	if (is_hash(map))
		return;
	/* What programs may only read is mapped twice: at another page, for them. */
	FUZZ_CHECK(!value == !seen && ((uintptr_t)value - seen) % 4096 == 0, "key %u on CPU %u",
		   key, cpu);
}

struct walk {
	const struct slot *slot;
	uint32_t use, calls;
};

static long each(struct pca_map_ref *map, const void *key, void *value, void *ctx)
{
	struct walk *walk = ctx;
	uint32_t index;

	if (!is_hash(map)) {
		memcpy(&index, key, sizeof(index));
		FUZZ_CHECK(index == walk->calls, "%u, not %u", index, walk->calls);
		check_elem(map, value, pca_get_smp_processor_id(), index);
	}
	touch(walk->slot, walk->use, value);
	return ++walk->calls == MOST_CALLBACKS;
}

static void use_each(const struct slot *slot, uint32_t i)
{
	struct pca_map_ref *map = slot->maps[i];
	struct walk walk = { slot, i, 0 };
	long ret = pca_for_each_map_elem(map, each, &walk, slot->flags);

	if (slot->flags)
		FUZZ_CHECK((int)ret == -EINVAL && !walk.calls, "%ld", ret);
	else if (is_hash(map))
		FUZZ_CHECK(ret == walk.calls, "%ld", ret);
	else
		FUZZ_CHECK(ret == walk.calls &&
				   ret == (map->max_entries < MOST_CALLBACKS ? map->max_entries
									     : MOST_CALLBACKS),
			   "%ld", ret);
}

static void use_update(const struct slot *slot, uint32_t i)
{
	static const unsigned char value[32768];
	struct pca_map_ref *map = slot->maps[i];

	if (pca_map_value_size(map) > sizeof(value))
		return;
	long ret = pca_map_update_elem(map, &slot->key, value, slot->flags);

	if (is_hash(map))
		FUZZ_CHECK(!ret || (int)ret == -E2BIG || (int)ret == -ENOMEM || slot->flags, "%ld",
			   ret);
	else if (!slot->flags)
		FUZZ_CHECK((int)ret == (slot->key < map->max_entries ? 0 : -E2BIG), "%ld", ret);
}

static void check_delete(const struct pca_map_ref *map, int err)
{
	FUZZ_CHECK(is_hash(map) ? !err || err == -ENOENT : err == -EINVAL, "%d", err);
}

static void do_use(const struct slot *slot, uint32_t i)
{
	struct pca_map_ref *map = slot->maps[i];
	uint32_t cpu = pca_get_smp_processor_id();
	unsigned char *value = NULL;

	switch (slot->uses[i].helper) {
	case BPF_FUNC_map_lookup_elem:
		value = pca_map_lookup_elem(map, &slot->key);
		break;
	case MAP_LOOKUP_PERCPU_ELEM:
		cpu = slot->cpu;
		value = pca_map_lookup_percpu_elem(map, &slot->key, cpu);
		break;
	case BPF_FUNC_map_update_elem:
		use_update(slot, i);
		return;
	case BPF_FUNC_map_delete_elem:
		check_delete(map, (int)pca_map_delete_elem(map, &slot->key));
		return;
	case BPF_FUNC_for_each_map_elem:
		use_each(slot, i);
		return;
	default:
		return;
	}
	check_elem(map, value, cpu, slot->key);
	if (value)
		touch(slot, i, value);
}

static void do_helpers(const struct slot *slot)
{
	static unsigned char read[256];
	char comm[16];
	/* Good for %s and for numbers. */
	uint64_t text = (uintptr_t)slot->format;
	size_t size = strlen(slot->format) + 1;
	long ret = pca_trace_printk(slot->format, (uint32_t)size, text, text, text);

	FUZZ_CHECK(ret >= -EINVAL && ret < 1 << 20, "%ld", ret);
	ret = pca_probe_read_kernel(read, slot->bytes, (void *)(uintptr_t)slot->probed);
	FUZZ_CHECK(ret == 0 || ret == -EFAULT || ret == -ERANGE, "%ld", ret);
	ret = pca_get_current_comm(comm, slot->bytes % (sizeof(comm) + 1));
	FUZZ_CHECK(ret == (slot->bytes % (sizeof(comm) + 1) ? 0 : -EINVAL), "%ld", ret);
	pca_get_current_pid_tgid();
	pca_get_numa_node_id();
}

static int run_slot(int index)
{
	const struct slot *slot = &slots[index];
	uint32_t cpu = pca_get_smp_processor_id();

	FUZZ_CHECK(machine_cpu(world->machine, cpu)->slab == pca_this_cpu.slab);
	FUZZ_CHECK(pca_cpu_set_online(world->machine, cpu, false) == -EDEADLK);
	for (uint32_t i = 0; i < slot->nr_uses; i++)
		do_use(slot, i);
	do_helpers(slot);
	return index;
}

#define SLOT_FUNCTION(n)                   \
	static int run_slot_##n(void *ctx) \
	{                                  \
		(void)ctx;                 \
		return run_slot(n);        \
	}
SLOT_FUNCTION(0)
SLOT_FUNCTION(1)
SLOT_FUNCTION(2)
SLOT_FUNCTION(3)

static const pca_prog_fn functions[NR_SLOTS] = { run_slot_0, run_slot_1, run_slot_2, run_slot_3 };

/* ---- loads ---- */

static uint32_t take_helper(struct input *in)
{
	static const uint32_t helpers[] = {
		BPF_FUNC_map_lookup_elem,   BPF_FUNC_map_update_elem, BPF_FUNC_map_delete_elem,
		BPF_FUNC_for_each_map_elem, MAP_LOOKUP_PERCPU_ELEM,   0,
	};
	uint8_t choice = take_u8(in);

	return choice < 0xe0 ? helpers[choice % ARRAY_LEN(helpers)] : choice;
}

static uint32_t take_type(struct input *in)
{
	static const uint32_t types[] = {
		BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_SYSCALL,	BPF_PROG_TYPE_XDP,
		BPF_PROG_TYPE_SCHED_CLS,      BPF_PROG_TYPE_CGROUP_SKB, BPF_PROG_TYPE_KPROBE,
	};
	uint8_t choice = take_u8(in);

	return choice < 0xc0 ? types[choice % ARRAY_LEN(types)] : take_u8(in);
}

static void take_uses(struct input *in, struct pca_task *task, struct slot *slot)
{
	slot->nr_uses = take_u8(in) % (MOST_USES + 1);
	for (uint32_t i = 0; i < slot->nr_uses; i++) {
		slot->uses[i] = (struct pca_map_use){
			.map_fd = take_fd(in),
			.helper = take_helper(in),
			.access = take_u8(in),
			.offset = (uint32_t)take_number(in),
			.bytes = (uint32_t)take_number(in),
		};
		if (slot->uses[i].access < 0xf0)
			slot->uses[i].access &= 7;
		if (pca_map_get(task, slot->uses[i].map_fd, &slot->maps[i]))
			slot->maps[i] = NULL;
	}
}

void op_load(struct world *w, struct input *in)
{
	static const int errnos[] = { EBADF, EACCES, EMFILE, PCA_ENOTSUPP, EOPNOTSUPP, NO_MORE };
	int index = take_u8(in) % NR_TASKS, which = take_u8(in) % NR_SLOTS;
	struct slot *slot = &slots[which];
	char log[100], name[20];
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = take_type(in),
		.fn = functions[which],
		.uses = slot->uses,
		.ctx_bytes = take_u8(in) < 0xe0 ? 0 : take_u32(in),
		.log = log,
		.log_size = take_u8(in) % (sizeof(log) + 1),
	};
	int fd;

	world = w;
	forget(slot);
	take_uses(in, w->tasks[index], slot);
	opts.nr_uses = slot->nr_uses;
	if (take_u8(in) >= 0xe0) {
		take_bytes(in, name, sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		opts.name = name;
	}
	fd = pca_prog_load(w->tasks[index], &opts);
	if (fd < 0) {
		check_error("pca_prog_load", fd, errnos);
		forget(slot);
		return;
	}
	check_fd(w, index, fd);
	for (uint32_t i = 0; i < slot->nr_uses; i++)
		FUZZ_CHECK(slot->maps[i], "a program of a closed fd");
}

/* Pieces of formats that mostly are good ones. */
static void take_format(struct input *in, char *format)
{
	static const char *const pieces[] = {
		"%d",	"%s", "%x",	"%lu", "%llx", "%c", "%p",  "%i", "%X", "%5d",
		"%-8s", "%%", "%08lld", "%+d", "% d",  "%",  "%hd", "l",  "\n", "text",
	};
	uint8_t nr = take_u8(in) % 12;
	size_t len = 0;

	for (uint8_t i = 0; i < nr; i++) {
		uint8_t choice = take_u8(in);
		char byte[2] = { (char)choice, '\0' };
		const char *piece = choice < 0xc0 ? pieces[choice % ARRAY_LEN(pieces)] : byte;

		if (len + strlen(piece) > MOST_FORMAT_BYTES)
			break;
		strcpy(format + len, piece);
		len += strlen(piece);
	}
}

/* What a program does at its next run. */
void op_script(struct world *w, struct input *in)
{
	struct slot *slot = &slots[take_u8(in) % NR_SLOTS];

	(void)w;
	slot->key = (uint32_t)take_number(in);
	slot->cpu = take_cpu(in);
	slot->flags = take_flags(in);
	slot->probed = take_pointer(in);
	slot->bytes = take_u8(in);
	take_format(in, slot->format);
}

/* ---- runs ---- */

static bool is_slot(int retval)
{
	return retval >= 0 && retval < NR_SLOTS;
}

static void run_on_each(const struct world *w, struct pca_prog *prog)
{
	int retvals[64];
	int nr = pca_run_on_each_cpu(prog, NULL, retvals);

	FUZZ_CHECK(nr == (int)pca_num_online_cpus(w->machine), "%d", nr);
}

static void submit(struct pca_prog *prog, uint32_t cpu)
{
	struct pca_run run;
	int err = pca_run_submit(&run, prog, cpu, NULL);

	FUZZ_CHECK(!err || err == -EINVAL || err == -ENXIO, "%d", err);
	if (!err) {
		FUZZ_CHECK(pca_run_is_done(&run));
		FUZZ_CHECK(is_slot(pca_run_wait(&run)));
	}
}

static void run_on(const struct world *w, struct pca_prog *prog, uint32_t cpu)
{
	int retval = -1, err = pca_run_on(prog, cpu, NULL, &retval);
	int want = pca_cpu_ordinal(w->machine, cpu) < 0	 ? -EINVAL
		   : !pca_cpu_is_online(w->machine, cpu) ? -ENXIO
							 : 0;

	FUZZ_CHECK(err == want, "%d on CPU %u", err, cpu);
	FUZZ_CHECK(is_slot(retval) == !err, "%d", retval);
}

void op_run(struct world *w, struct input *in)
{
	uint8_t how = take_u8(in);
	uint32_t cpu = take_cpu(in);
	struct pca_prog *prog;
	int err = pca_prog_get(w->tasks[how % NR_TASKS], take_fd(in), &prog);

	world = w;
	if (err) {
		FUZZ_CHECK(err == -EBADF || err == -EINVAL, "%d", err);
		return;
	}
	if (how < 0x40)
		run_on_each(w, prog);
	else if (how < 0x80)
		submit(prog, cpu);
	else
		run_on(w, prog, cpu);
	pca_prog_put(prog);
}
