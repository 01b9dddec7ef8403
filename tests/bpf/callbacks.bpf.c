// SPDX-License-Identifier: MIT
/* Callbacks over a map and in a loop; global data of every kind. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct value {
	u64 count;
	u32 last_cpu;
	char tag[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct value);
} values SEC(".maps");

struct sums {
	u64 total;
	u32 keys;
	u32 limit;
};

u64 runs;			 /* .bss */
int step = 2;			 /* .data */
const char greeting[] = "total"; /* .rodata */
static u64 longest SEC(".data.custom") = 1;
__hidden int hidden_by_design = 5;

static long sum_value(struct bpf_map *map, u32 *key, struct value *value, struct sums *sums)
{
	sums->total += value->count;
	sums->keys++;
	return sums->limit && *key + 1 >= sums->limit;
}

static long fill(u64 index, void *ctx)
{
	u32 key = index;
	struct value *value = bpf_map_lookup_elem(&values, &key);

	if (!value)
		return 1;
	value->count += step * *(u32 *)ctx;
	value->last_cpu = bpf_get_smp_processor_id();
	return 0;
}

__noinline int global_function(u64 total)
{
	if (total > longest)
		longest = total;
	return (int)total;
}

SEC("raw_tp/sys_enter")
int count(struct bpf_raw_tracepoint_args *ctx)
{
	struct sums sums = { .limit = 6 };
	u32 factor = hidden_by_design;

	__sync_fetch_and_add(&runs, 1);
	if (bpf_loop(100, fill, &factor, 0) < 0)
		return 1;
	bpf_for_each_map_elem(&values, sum_value, &sums, 0);
	bpf_printk("%s %llu of %u keys in %llu runs", greeting, sums.total, sums.keys, runs);
	return global_function(sums.total);
}

char LICENSE[] SEC("license") = "GPL";
