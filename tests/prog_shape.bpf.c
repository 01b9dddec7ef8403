// SPDX-License-Identifier: MIT
/*
 * Programs as they are written for Linux, with nothing but <linux/types.h> and
 * <bpf/bpf_helpers.h>. Compiled apart, with and without optimisation.
 */
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "prog_shape.h"

struct pca_map_ref *counters;
struct seen seen;

char license[] SEC("license") = "GPL";

/* A definition of a map compiles; nothing opens it here, and helpers say so. */
struct {
	__uint(type, 6);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} defined SEC(".maps");

struct value {
	__u64 packets, bytes;
};

static __always_inline struct value *value_of(__u32 key)
{
	return bpf_map_lookup_elem(counters, &key);
}

SEC("raw_tp/sys_enter")
int count(void *ctx)
{
	struct value *value = value_of(0);

	(void)ctx;
	if (!value)
		return 1;
	value->packets++;
	__sync_fetch_and_add(&value->bytes, 100);
	return value_of(~0U) != NULL;
}

SEC("raw_tp")
int update_and_delete(void *ctx)
{
	struct value value = { 7, 8 };
	__u32 key = 1, past = 1000;

	(void)ctx;
	seen.results[0] = bpf_map_update_elem(counters, &key, &value, 0);
	seen.results[1] = bpf_map_update_elem(counters, &key, &value, 1 /* BPF_NOEXIST */);
	seen.results[2] = bpf_map_update_elem(counters, &past, &value, 0);
	seen.results[3] = bpf_map_delete_elem(counters, &key);
	return (int)value_of(1)->bytes;
}

/* Each helper that takes a map, on the definition. */
SEC("raw_tp")
int use_definition(int *which)
{
	__u32 key = 0;
	struct value value = { 7, 8 };

	switch (*which) {
	case 0:
		return bpf_map_lookup_elem(&defined, &key) != NULL;
	case 1:
		return bpf_map_lookup_percpu_elem(&defined, &key, 0) != NULL;
	case 2:
		return (int)bpf_map_update_elem(&defined, &key, &value, 0);
	case 3:
		return (int)bpf_map_delete_elem(&defined, &key);
	default:
		return (int)bpf_for_each_map_elem(&defined, NULL, NULL, 0);
	}
}

struct sum {
	__u64 packets;
	__u32 keys;
};

static long add(struct bpf_map *map, __u32 *key, struct value *value, struct sum *sum)
{
	(void)map;
	sum->packets += value->packets;
	sum->keys += *key;
	return 0;
}

/* An int, and a one in it, as older programs have it. */
static int stop_at_one(void *map, const void *key, void *value, void *ctx)
{
	(void)map;
	(void)value;
	(void)ctx;
	return *(const __u32 *)key == 1;
}

SEC("raw_tp")
int count_elements(void *ctx)
{
	struct sum sum = { 0, 0 };

	(void)ctx;
	value_of(2)->packets = 40;
	value_of(3)->packets = 2;
	seen.results[0] = bpf_for_each_map_elem(counters, add, &sum, 0);
	seen.results[1] = sum.keys;
	seen.results[2] = bpf_for_each_map_elem(counters, stop_at_one, NULL, 0);
	seen.results[3] = bpf_for_each_map_elem(counters, add, &sum, 1);
	return (int)sum.packets;
}

SEC("raw_tp")
int look_elsewhere(void *ctx)
{
	__u32 key = 3;

	(void)ctx;
	seen.pointers[0] = bpf_map_lookup_elem(counters, &key);
	seen.pointers[1] = bpf_map_lookup_percpu_elem(counters, &key, 0);
	seen.pointers[2] = bpf_map_lookup_percpu_elem(counters, &key, 2);
	seen.pointers[3] = bpf_map_lookup_percpu_elem(counters, &key, 1);
	return 0;
}

SEC("raw_tp")
int look_around(void *ctx)
{
	const long value = 1234;

	(void)ctx;
	seen.cpu = bpf_get_smp_processor_id();
	seen.node = bpf_get_numa_node_id();
	seen.earlier_ns = bpf_ktime_get_ns();
	seen.later_ns = bpf_ktime_get_ns();
	seen.chances[0] = bpf_get_prandom_u32();
	seen.chances[1] = bpf_get_prandom_u32();
	seen.pid_tgid = bpf_get_current_pid_tgid();
	seen.comm_result = bpf_get_current_comm(seen.comm, sizeof(seen.comm));
	seen.good_read = bpf_probe_read_kernel(&seen.value_read, sizeof(value), &value);
	seen.bad_read = bpf_probe_read_kernel(&seen.results[0], sizeof(long), (void *)-4096L);
	return 0;
}

SEC("raw_tp")
int print(void *ctx)
{
	static const char three[] = "%d and %d make %d";

	(void)ctx;
	bpf_printk("a line");
	bpf_printk("cpu %d", -1);
	bpf_printk("%s has %llu", "it", 1ULL << 40);
	bpf_printk("%x %c %%", 255, 'c');
	bpf_trace_printk(three, sizeof(three), 1, 2, 3);
	return (int)bpf_printk("no %f");
}
