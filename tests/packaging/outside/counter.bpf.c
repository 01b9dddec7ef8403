// SPDX-License-Identifier: MIT
/*
 * A BPF program that finds its helpers in the installed headers.
 */
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct pca_map_ref *counts;

SEC("xdp")
int counter(void *ctx)
{
	__u32 key = 0;
	__u64 *mine = bpf_map_lookup_elem(counts, &key);

	(void)ctx;
	return mine ? (int)++*mine : 0;
}
