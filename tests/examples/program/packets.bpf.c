// SPDX-License-Identifier: MIT
/*
 * An XDP program that counts IPv4 packets by protocol. For the kernel:
 *
 *	clang -O2 -target bpf -c packets.bpf.c
 *
 * and for its tests natively, with pcasim's <bpf/bpf_helpers.h>. What differs stands in
 * the one #ifdef.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "packets.h"

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_PROTOCOLS);
	__type(key, __u32);
	__type(value, struct traffic);
} counts_map SEC(".maps");
#define counts (&counts_map)
typedef struct xdp_md packet_ctx; /* whose data is 32 bits: no room for a native pointer */
#else
#include <pcasim/prog.h>
extern struct pca_map_ref *counts; /* the test's */
typedef struct pca_packet packet_ctx;
int count_packet(packet_ctx *ctx);
#endif

#define PROTOCOL_AT (14 + 9) /* Ethernet, then IPv4 */
#define LEAST_BYTES (14 + 20)

SEC("xdp")
int count_packet(packet_ctx *ctx)
{
	const unsigned char *data = (void *)(long)ctx->data;
	const unsigned char *end = (void *)(long)ctx->data_end;
	struct traffic *mine;
	__u32 protocol;

	if (data + LEAST_BYTES > end || data[12] != 0x08 || data[13] != 0x00)
		return XDP_PASS;
	protocol = data[PROTOCOL_AT];
	mine = bpf_map_lookup_elem(counts, &protocol);
	if (!mine)
		return XDP_ABORTED;
	mine->packets++; /* this CPU's own: no lock */
	mine->bytes += (__u64)(end - data);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
