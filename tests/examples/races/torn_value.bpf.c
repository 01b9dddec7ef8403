// SPDX-License-Identifier: MIT
/*
 * A value of two words, which a LOOKUP copies word by word while the program writes it. The
 * cure keeps both in one word.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct span {
	__u64 first, last;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct span);
} spans SEC(".maps");

struct one_word {
	__u32 first, last;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} words SEC(".maps");

SEC("xdp")
int move_span(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct span *span = bpf_map_lookup_elem(&spans, &key);

	if (!span)
		return XDP_ABORTED;
	span->first++;
	span->last++;
	return XDP_PASS;
}

SEC("xdp")
int move_word(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *word = bpf_map_lookup_elem(&words, &key);

	if (!word)
		return XDP_ABORTED;
	*word += 1ULL << 32 | 1;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
