// SPDX-License-Identifier: MIT
/* Programs that do nothing wrong, in the ways that programs do things. */
#include "objects.h"

MAP(counts, __u64);
MAP(pairs, struct pair);
MAP(odds, struct odd);
MAP(readable, __u64);
MAP(writable, __u64);

__u64 total;
__u64 array[4] = { 1, 2, 3, 4 };
static __u64 hidden_total = 1;
const volatile __u64 step = 2;
static const __u32 table[4] = { 5, 6, 7, 8 };

SEC("raw_tp") int count(void *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&counts, &key);

	(void)ctx;
	if (value)
		(*value)++;
	return 0;
}

SEC("raw_tp") int count_atomically(void *ctx)
{
	__u32 key = 3;
	__u64 *value = bpf_map_lookup_elem(&counts, &key);

	(void)ctx;
	if (!value)
		return 1;
	__sync_fetch_and_add(value, 5);
	__sync_fetch_and_or(value, 8);
	__sync_fetch_and_xor(value, 1);
	__sync_fetch_and_and(value, ~4ULL);
	__atomic_store_n(value, __atomic_load_n(value, __ATOMIC_SEQ_CST) + 1, __ATOMIC_SEQ_CST);
	if (__sync_val_compare_and_swap(value, 9, 20) != 9)
		return 2;
	if (__sync_bool_compare_and_swap(value, 13, 21))
		return 3;
	return __sync_lock_test_and_set(value, 30) != 20;
}

SEC("raw_tp") int copy(void *ctx)
{
	__u32 key = 1;
	struct pair *pair = bpf_map_lookup_elem(&pairs, &key), on_stack;
	struct odd *odd = bpf_map_lookup_elem(&odds, &key), other;

	(void)ctx;
	if (!pair || !odd)
		return 1;
	pair->second = 7;
	__builtin_memcpy(&on_stack, pair, sizeof(on_stack));
	on_stack.first = on_stack.second + 1;
	*pair = on_stack;
	__builtin_memset(odd, 0x11, sizeof(*odd));
	__builtin_memmove(&odd->bytes[1], &odd->bytes[0], 11);
	other = *odd;
	if (__builtin_memcmp(&other, odd, sizeof(other)))
		return 2;
	return bpf_map_update_elem(&pairs, &key, &on_stack, 0) ? 3 : (int)pair->first;
}

SEC("raw_tp") int elsewhere(void *ctx)
{
	__u32 key = 2;
	__u64 sum = 0;

	(void)ctx;
	for (unsigned int cpu = 0; cpu < 3; cpu++) {
		__u64 *value = bpf_map_lookup_percpu_elem(&counts, &key, cpu);

		if (value)
			sum += ++*value;
	}
	return (int)sum;
}

SEC("raw_tp") int globals(void *ctx)
{
	__u64 *args = ctx;

	total += step + args[1];
	hidden_total += table[total & 3];
	array[total & 3] += hidden_total;
	bpf_printk("total %llu", total);
	return (int)total;
}

struct sums {
	__u64 outer, inner;
};

static long add_inner(struct bpf_map *map, const __u32 *key, __u64 *value, struct sums *sums)
{
	(void)map;
	sums->inner += *key + *value;
	return 0;
}

static long add_outer(struct bpf_map *map, const __u32 *key, struct pair *value, struct sums *sums)
{
	(void)map;
	value->first += *key;
	sums->outer += value->first;
	bpf_for_each_map_elem(&counts, add_inner, sums, 0);
	return *key == 2;
}

SEC("raw_tp") int nested_for_each(void *ctx)
{
	struct sums sums = { 0 };

	(void)ctx;
	bpf_for_each_map_elem(&pairs, add_outer, &sums, 0);
	return (int)(sums.outer * 1000 + sums.inner);
}

SEC("raw_tp") int rights_of_maps(void *ctx)
{
	__u32 key = 0;
	__u64 *from = bpf_map_lookup_elem(&readable, &key);
	__u64 *to = bpf_map_lookup_elem(&writable, &key);

	(void)ctx;
	if (!from || !to)
		return 1;
	*to = *from + 1;
	bpf_map_update_elem(&writable, &key, from, 0);
	return (int)*from;
}

/* Pointers that the compiler keeps on the stack over calls. */
SEC("raw_tp") int spilled(void *ctx)
{
	__u64 *values[4], sum = 0;

	(void)ctx;
	for (__u32 key = 0; key < 4; key++)
		values[key] = bpf_map_lookup_elem(&counts, &key);
	for (__u32 key = 0; key < 4; key++) {
		if (values[key]) {
			*values[key] += key;
			sum += *values[key] + (bpf_get_smp_processor_id() & 0);
		}
	}
	return (int)sum;
}

SEC("raw_tp") int comm(void *ctx)
{
	char name[16] = "";
	__u64 word = 0;
	__u32 key = 0;

	(void)ctx;
	bpf_get_current_comm(name, sizeof(name));
	bpf_probe_read_kernel(&word, sizeof(word), bpf_map_lookup_elem(&counts, &key));
	return name[0] == 's' ? 0 : 1;
}

static long add_index(__u64 index, void *ctx)
{
	struct sums *sums = ctx;

	sums->outer += index;
	return index == 4;
}

SEC("raw_tp") int others(void *ctx)
{
	struct sums sums = { 0 };
	char text[16] = "";
	long number = 0;

	(void)ctx;
	if (bpf_loop(10, add_index, &sums, 0) != 5)
		return 1;
	bpf_strtol("-7", 3, 10, &number);
	bpf_snprintf(text, sizeof(text), "%s", (__u64[]){ (__u64)(long)"ab" }, 8);
	return (int)sums.outer + (int)number + text[1];
}

static long count_up(__u64 index, void *ctx)
{
	struct sums *sums = ctx;

	(void)index;
	sums->outer++;
	return 0;
}

SEC("raw_tp") int longest_loop(void *ctx)
{
	struct sums sums = { 0 };

	(void)ctx;
	bpf_loop(1 << 23, count_up, &sums, 0);
	return (int)sums.outer;
}

struct packet {
	__u8 *data, *data_end;
};

SEC("xdp") int packet(struct packet *packet)
{
	__u8 *data = packet->data;

	if (data + 14 > packet->data_end)
		return 1;
	data[0]++;
	return (data[12] << 8) | data[13];
}
