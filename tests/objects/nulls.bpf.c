// SPDX-License-Identifier: MIT
/* Programs that read through pointers of the kernel's which are NULL. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct link {
	struct link *next, *prev;
};

struct thing {
	__u64 eight;
	__u32 four;
	__u16 two;
	__u8 one;
	__s8 negative;
	struct thing *more;
	struct link links;
	__u64 many[40];
	char name[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct thing);
} copies SEC(".maps");

/* What is passed to each program: a thing, a number, and NULL. */
#define THING(ctx) ((const struct thing *)(ctx)[0])
#define NOTHING(ctx) ((const struct thing *)(ctx)[2])

/* A bit for each way of loading that has not given zeros. */
static __attribute__((noinline)) int ways(const struct thing *at, __u64 number)
{
	int wrong = 0;

	wrong |= (at->eight != 0) << 0;
	wrong |= (at->four + (__u32)number != (__u32)number) << 1;
	wrong |= (at->two == (__u16)number) << 2;
	wrong |= (at->one > 0) << 3;
	wrong |= ((int)at->negative < 0) << 4;
	wrong |= (number - at->many[39] != number) << 5;
	wrong |= (at->many[number] != 0) << 6;
	wrong |= (at->more != NULL) << 7;
	wrong |= (int)(at->eight * number) << 8;
	wrong |= ((at->four & 1) ? 1 : 0) << 9;
	return wrong;
}

SEC("fentry/do_unlinkat") int entry_ways(unsigned long long *ctx)
{
	const struct thing *nothing = NOTHING(ctx);
	int wrong = ways(nothing, ctx[1]);

	return wrong | (nothing != NULL) << 16; /* still NULL */
}

SEC("fexit/do_unlinkat") int exit_ways(unsigned long long *ctx)
{
	return ways(NOTHING(ctx), ctx[1]);
}

SEC("tp_btf/sched_switch") int point_ways(unsigned long long *ctx)
{
	return ways(NOTHING(ctx), ctx[1]);
}

SEC("lsm/file_open") int hook_ways(unsigned long long *ctx)
{
	return ways(NOTHING(ctx), ctx[1]);
}

SEC("tp_btf/sched_switch") int point_follows(unsigned long long *ctx)
{
	const struct thing *thing = THING(ctx);

	return ways(thing->more, ctx[1]);
}

SEC("tp_btf/sched_switch") int point_follows_task(unsigned long long *ctx)
{
	const struct thing *const *task = (const void *)bpf_get_current_task_btf();

	for (int i = 0; i < 16; i++) {
		if (!task[i])
			return ways(task[i], ctx[1]);
	}
	return -1;
}

SEC("fentry/do_unlinkat") int entry_follows(unsigned long long *ctx)
{
	return (int)(long)NOTHING(ctx)->more->more->links.next->prev->next->prev - 1;
}

SEC("fentry/do_unlinkat") int entry_copies(unsigned long long *ctx)
{
	__u32 key = 0;
	struct thing *copy = bpf_map_lookup_elem(&copies, &key);

	if (!copy)
		return -1;
	copy->eight = copy->many[39] = 7;
	*copy = *NOTHING(ctx);
	return (int)(copy->eight + copy->many[39]);
}

SEC("fentry/do_unlinkat") int entry_compares_itself(unsigned long long *ctx)
{
	const struct thing *nothing = NOTHING(ctx);

	return nothing->eight == (__u64)nothing;
}

static __u32 zero, one = 1;

SEC("fentry/do_unlinkat") int entry_forgets(unsigned long long *ctx)
{
	const struct thing *copy = bpf_map_lookup_elem(&copies, &one);

	return (int)copy->four;
}

SEC("tp_btf/sched_switch") int point_forgets(unsigned long long *ctx)
{
	const struct thing *copy = bpf_map_lookup_elem(&copies, &one);

	return (int)copy->four;
}

SEC("fentry/do_unlinkat") int entry_looks_again(unsigned long long *ctx)
{
	if (bpf_map_lookup_elem(&copies, &one) || !bpf_map_lookup_elem(&copies, &zero))
		return -1;
	return ways(NOTHING(ctx), ctx[1]);
}

SEC("fentry/do_unlinkat") int entry_writes(unsigned long long *ctx)
{
	*(volatile __u32 *)&NOTHING(ctx)->four = 1;
	return 0;
}

SEC("fentry/do_unlinkat") int entry_passes(unsigned long long *ctx)
{
	return bpf_map_lookup_elem(&copies, &NOTHING(ctx)->four) != NULL;
}

SEC("raw_tp/sys_enter") int untyped(void *ctx)
{
	const struct thing *copy = bpf_map_lookup_elem(&copies, &(__u32){ 1 });

	return (int)copy->four;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
