// SPDX-License-Identifier: MIT
/*
 * Helpers about packets (Linux: net/core/filter.c), for programs whose context is
 * Linux's: struct __sk_buff or struct xdp_md. All of a packet lies between data and
 * data_end, so that nothing is ever pulled.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "helper_call.h"

#define MOST_OFFSET 0xffff /* of the helpers for XDP and for checksums */

/* ---- sums of the Internet (RFC 1071), of 16-bit words as they lie in memory ---- */

static uint16_t sum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Behind an odd number of bytes stands a zero. */
static uint64_t sum_bytes(const void *data, uint32_t bytes)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < bytes; i += 2) {
		uint16_t word = 0;

		memcpy(&word, (const char *)data + i, bytes - i == 1 ? 1 : sizeof(word));
		sum += word;
	}
	return sum;
}

/* What taking data away adds. */
static uint64_t sum_without(const void *data, uint32_t bytes)
{
	return (uint16_t)~sum_fold(sum_bytes(data, bytes));
}

/* Linux: bpf_csum_diff() since 6.13. */
static uint16_t csum_diff(const uint32_t *from, uint32_t from_size, const uint32_t *to,
			  uint32_t to_size, uint32_t seed)
{
	uint64_t sum = seed;

	if (from_size)
		sum += sum_without(from, from_size);
	if (to_size)
		sum += sum_bytes(to, to_size);
	return sum_fold(sum);
}

int64_t pca_csum_diff(const uint32_t *from, uint32_t from_size, const uint32_t *to,
		      uint32_t to_size, uint32_t seed)
{
	struct helper_call call = { .name = "bpf_csum_diff" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_reads(&call, "from", from, from_size);
	helper_reads(&call, "to", to, to_size);
	return helper_ends(&call, csum_diff(from, from_size, to, to_size, seed));
}

/* ---- struct __sk_buff ---- */

/* len bytes of the packet at offset, or NULL when it has not so many. */
static unsigned char *bytes_between(uint32_t data, uint32_t data_end, uint32_t offset, uint32_t len)
{
	if ((uint64_t)offset + len > data_end - data)
		return NULL;
	return (unsigned char *)(uintptr_t)data + offset;
}

static unsigned char *skb_bytes(const struct __sk_buff *skb, uint32_t offset, uint32_t len)
{
	return bytes_between(skb->data, skb->data_end, offset, len);
}

static long skb_load(const struct __sk_buff *skb, uint32_t offset, void *to, uint32_t len)
{
	const unsigned char *from = skb_bytes(skb, offset, len);

	if (!from) {
		memset(to, 0, len);
		return -EFAULT;
	}
	memcpy(to, from, len);
	return 0;
}

long pca_skb_load_bytes(const struct __sk_buff *skb, uint32_t offset, void *to, uint32_t len)
{
	struct helper_call call = { .name = "bpf_skb_load_bytes" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_takes_ctx(&call, skb);
	helper_writes(&call, "to", to, len);
	return helper_ends(&call, skb_load(skb, offset, to, len));
}

static long skb_store(struct __sk_buff *skb, uint32_t offset, const void *from, uint32_t len,
		      uint64_t flags)
{
	unsigned char *to = skb_bytes(skb, offset, len);

	if (flags & ~(uint64_t)(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH))
		return -EINVAL;
	if (!to)
		return -EFAULT;
	memcpy(to, from, len);
	if (flags & BPF_F_INVALIDATE_HASH)
		skb->hash = 0;
	return 0;
}

long pca_skb_store_bytes(struct __sk_buff *skb, uint32_t offset, const void *from, uint32_t len,
			 uint64_t flags)
{
	struct helper_call call = { .name = "bpf_skb_store_bytes" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_takes_ctx(&call, skb);
	helper_reads(&call, "from", from, len);
	return helper_ends(&call, skb_store(skb, offset, from, len, flags));
}

long pca_skb_pull_data(struct __sk_buff *skb, uint32_t len)
{
	struct helper_call call = { .name = "bpf_skb_pull_data" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_takes_ctx(&call, skb);
	return helper_ends(&call, skb_bytes(skb, 0, len) ? 0 : -ENOMEM);
}

/* The sum at offset, or NULL with the error in *err. */
static unsigned char *sum_at(const struct __sk_buff *skb, uint32_t offset, uint64_t unknown_flags,
			     long *err)
{
	unsigned char *at = skb_bytes(skb, offset, 2);

	*err = unknown_flags ? -EINVAL : -EFAULT;
	return unknown_flags || offset > MOST_OFFSET || offset % 2 ? NULL : at;
}

/*
 * The sum after a field of size bytes went from one value to another; size 0: to is a
 * difference of sums. Of the two zeros of such sums, all ones is left by size 2 alone: else
 * Linux adds in 32 bits, where those above the old sum are ones. 0 or -EINVAL.
 */
static long replace_in_sum(uint16_t *sum, uint64_t from, uint64_t to, uint64_t size)
{
	uint64_t inside = ~(uint32_t)*sum;

	switch (size) {
	case 0:
		if (from)
			return -EINVAL;
		inside += (uint32_t)to;
		break;
	case 2:
		inside = (uint16_t)inside + (uint16_t)~from + (uint64_t)(uint16_t)to;
		break;
	case 4:
		inside += (uint32_t)~from + (uint64_t)(uint32_t)to;
		break;
	default:
		return -EINVAL;
	}
	*sum = (uint16_t)~sum_fold(inside);
	return 0;
}

static long l3_csum_replace(struct __sk_buff *skb, uint32_t offset, uint64_t from, uint64_t to,
			    uint64_t flags)
{
	unsigned char *at;
	uint16_t sum;
	long err;

	at = sum_at(skb, offset, flags & ~(uint64_t)BPF_F_HDR_FIELD_MASK, &err);
	if (!at)
		return err;
	memcpy(&sum, at, sizeof(sum));
	err = replace_in_sum(&sum, from, to, flags & BPF_F_HDR_FIELD_MASK);
	if (!err)
		memcpy(at, &sum, sizeof(sum));
	return err;
}

long pca_l3_csum_replace(struct __sk_buff *skb, uint32_t offset, uint64_t from, uint64_t to,
			 uint64_t flags)
{
	struct helper_call call = { .name = "bpf_l3_csum_replace" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_takes_ctx(&call, skb);
	return helper_ends(&call, l3_csum_replace(skb, offset, from, to, flags));
}

/* UDP says 0 for "no sum": that stays, and a sum that would be 0 is said as all ones. */
static long l4_csum_replace(struct __sk_buff *skb, uint32_t offset, uint64_t from, uint64_t to,
			    uint64_t flags)
{
	const uint64_t known = BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | BPF_F_PSEUDO_HDR |
			       (1ULL << 7) /* BPF_F_IPV6, newer than 6.1's header */ |
			       BPF_F_HDR_FIELD_MASK;
	const uint64_t size = flags & BPF_F_HDR_FIELD_MASK;
	bool is_udp = flags & BPF_F_MARK_MANGLED_0;
	unsigned char *at;
	uint16_t sum;
	long err;

	at = sum_at(skb, offset, flags & ~known, &err);
	if (!at)
		return err;
	memcpy(&sum, at, sizeof(sum));
	if (is_udp && !sum && !(flags & BPF_F_MARK_ENFORCE))
		return 0;
	if (size == 2)
		err = replace_in_sum(&sum, (uint16_t)from, (uint16_t)to, 4);
	else
		err = replace_in_sum(&sum, from, to, size);
	if (err)
		return err;
	if (is_udp && !sum)
		sum = 0xffff;
	memcpy(at, &sum, sizeof(sum));
	return 0;
}

long pca_l4_csum_replace(struct __sk_buff *skb, uint32_t offset, uint64_t from, uint64_t to,
			 uint64_t flags)
{
	struct helper_call call = { .name = "bpf_l4_csum_replace" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_takes_ctx(&call, skb);
	return helper_ends(&call, l4_csum_replace(skb, offset, from, to, flags));
}

/* ---- struct xdp_md ---- */

/* len bytes of the packet at offset, or NULL with the error in *err. */
static unsigned char *xdp_bytes(const struct xdp_md *xdp, uint32_t offset, uint32_t len, long *err)
{
	unsigned char *bytes = bytes_between(xdp->data, xdp->data_end, offset, len);

	if (offset > MOST_OFFSET || len > MOST_OFFSET) {
		*err = -EFAULT;
		return NULL;
	}
	*err = bytes ? 0 : -EINVAL;
	return bytes;
}

static long xdp_load(const struct xdp_md *xdp, uint32_t offset, void *to, uint32_t len)
{
	long err;
	const unsigned char *from = xdp_bytes(xdp, offset, len, &err);

	if (from)
		memcpy(to, from, len);
	return err;
}

long pca_xdp_load_bytes(struct xdp_md *xdp, uint32_t offset, void *to, uint32_t len)
{
	struct helper_call call = { .name = "bpf_xdp_load_bytes" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_takes_ctx(&call, xdp);
	helper_writes(&call, "to", to, len);
	return helper_ends(&call, xdp_load(xdp, offset, to, len));
}

static long xdp_store(struct xdp_md *xdp, uint32_t offset, const void *from, uint32_t len)
{
	long err;
	unsigned char *to = xdp_bytes(xdp, offset, len, &err);

	if (to)
		memcpy(to, from, len);
	return err;
}

long pca_xdp_store_bytes(struct xdp_md *xdp, uint32_t offset, const void *from, uint32_t len)
{
	struct helper_call call = { .name = "bpf_xdp_store_bytes" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_takes_ctx(&call, xdp);
	helper_reads(&call, "from", from, len);
	return helper_ends(&call, xdp_store(xdp, offset, from, len));
}

uint64_t pca_xdp_get_buff_len(struct xdp_md *xdp)
{
	struct helper_call call = { .name = "bpf_xdp_get_buff_len" };

	if (!helper_begins(&call))
		return 0;
	helper_takes_ctx(&call, xdp);
	return (uint64_t)helper_ends(&call, xdp->data_end - xdp->data);
}
