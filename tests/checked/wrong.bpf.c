// SPDX-License-Identifier: MIT
/*
 * Programs that do one thing each that Linux would not load. The line that does it ends
 * in the program's name as a comment.
 */
#include "objects.h"

MAP(counts, __u64);
MAP(pairs, struct pair);
MAP(odds, struct odd);
MAP(readable, __u64);
MAP(writable, __u64);

/* What the test lets a program have. */
void *given;

__u64 words[4] = { 1 };
static __u64 *kept;
static const __u64 constants[2] = { 1, 2 };

/* So that the compiler does not see through it. */
static void *hide(const void *pointer)
{
	void *hidden = (void *)pointer;

	barrier_var(hidden);
	return hidden;
}

static __always_inline void *value_of(void *map, __u32 key)
{
	return bpf_map_lookup_elem(map, &key);
}

#define PROGRAM(name) SEC("raw_tp") int name(void *ctx)

/* ---- values ---- */

PROGRAM(store_over_end)
{
	char *value = value_of(&counts, 0);

	(void)ctx;
	if (value)
		*(__u64 *)(value + 4) = 1; /* store_over_end */
	return 0;
}

PROGRAM(load_padding)
{
	struct odd *odd = value_of(&odds, 1);

	(void)ctx;
	return odd ? ((__u8 *)hide(odd))[12] : 0; /* load_padding */
}

PROGRAM(load_before)
{
	__u64 *value = value_of(&counts, 2);

	(void)ctx;
	return value ? (int)((__u64 *)hide(value))[-1] : 0; /* load_before */
}

PROGRAM(load_next_element)
{
	__u64 *value = value_of(&counts, 0);

	(void)ctx;
	return value ? (int)((__u64 *)hide(value))[1] : 0; /* load_next_element */
}

PROGRAM(store_behind_last_element)
{
	struct pair *pair = value_of(&pairs, 3);

	(void)ctx;
	if (pair)
		pair[1].first = 1; /* store_behind_last_element */
	return 0;
}

PROGRAM(add_over_end)
{
	char *value = value_of(&pairs, 0);

	(void)ctx;
	if (value)
		__sync_fetch_and_add((__u64 *)hide(value + 12), 1); /* add_over_end */
	return 0;
}

PROGRAM(copy_too_much)
{
	struct pair *pair = value_of(&pairs, 1);
	char bytes[24];

	(void)ctx;
	if (pair)
		__builtin_memcpy(bytes, pair, sizeof(bytes)); /* copy_too_much */
	return pair ? bytes[20] : 0;
}

PROGRAM(set_too_much)
{
	struct pair *pair = value_of(&pairs, 1);

	(void)ctx;
	if (pair)
		__builtin_memset(pair, 0, 17); /* set_too_much */
	return 0;
}

struct triple {
	__u64 words[3];
};

PROGRAM(assign_too_much)
{
	struct triple *triple = value_of(&pairs, 2);

	(void)ctx;
	if (triple)
		*triple = (struct triple){ { 1, 2, 3 } }; /* assign_too_much */
	return 0;
}

/* ---- rights of maps ---- */

PROGRAM(store_into_readable)
{
	__u64 *value = value_of(&readable, 1);

	(void)ctx;
	if (value)
		*value = 1; /* store_into_readable */
	return 0;
}

PROGRAM(add_to_readable)
{
	__u64 *value = value_of(&readable, 1);

	(void)ctx;
	if (value)
		__sync_fetch_and_add(value, 1); /* add_to_readable */
	return 0;
}

PROGRAM(load_from_writable)
{
	__u64 *value = value_of(&writable, 1);

	(void)ctx;
	return value ? (int)*value : 0; /* load_from_writable */
}

PROGRAM(add_to_writable)
{
	__u64 *value = value_of(&writable, 1);

	(void)ctx;
	if (value)
		__sync_fetch_and_add(value, 1); /* add_to_writable */
	return 0;
}

PROGRAM(update_readable)
{
	__u64 value = 1;
	__u32 key = 1;

	(void)ctx;
	return (int)bpf_map_update_elem(&readable, &key, &value, 0); /* update_readable */
}

PROGRAM(delete_readable)
{
	__u32 key = 1;

	(void)ctx;
	return (int)bpf_map_delete_elem(&readable, &key); /* delete_readable */
}

PROGRAM(writable_as_key)
{
	void *value = value_of(&writable, 1);

	(void)ctx;
	return value ? !bpf_map_lookup_elem(&counts, value) : 0; /* writable_as_key */
}

PROGRAM(writable_as_value)
{
	void *value = value_of(&writable, 1);
	__u32 key = 0;

	(void)ctx;
	if (!value)
		return 1;
	return (int)bpf_map_update_elem(&counts, &key, value, 0); /* writable_as_value */
}

PROGRAM(comm_into_readable)
{
	void *value = value_of(&readable, 1);

	(void)ctx;
	return value ? (int)bpf_get_current_comm(value, 8) : 0; /* comm_into_readable */
}

/* ---- pointers that are no longer good, or never were ---- */

PROGRAM(keep)
{
	(void)ctx;
	kept = value_of(&counts, 3);
	return 0;
}

PROGRAM(use_kept)
{
	(void)ctx;
	return (int)++*kept; /* use_kept */
}

PROGRAM(use_given)
{
	(void)ctx;
	return (int)*(volatile __u64 *)given; /* use_given */
}

PROGRAM(use_given_as_key)
{
	(void)ctx;
	return !bpf_map_lookup_elem(&counts, given); /* use_given_as_key */
}

PROGRAM(use_given_as_map)
{
	__u32 key = 0;

	(void)ctx;
	return !bpf_map_lookup_elem(given, &key); /* use_given_as_map */
}

PROGRAM(not_null_checked)
{
	(void)ctx;
	return (int)((struct pair *)value_of(&pairs, 4))->second; /* not_null_checked */
}

/* ---- variables ---- */

PROGRAM(load_definition)
{
	(void)ctx;
	return (int)*(volatile __u64 *)hide(&counts); /* load_definition */
}

PROGRAM(store_into_definition)
{
	(void)ctx;
	*(__u64 *)hide(&counts) = 0; /* store_into_definition */
	return 0;
}

PROGRAM(store_into_constant)
{
	(void)ctx;
	((volatile __u64 *)hide(constants))[1] = 3; /* store_into_constant */
	return (int)constants[1];
}

PROGRAM(load_code)
{
	(void)ctx;
	return (int)*(volatile __u32 *)hide((void *)hide); /* load_code */
}

/* ---- the stack ---- */

PROGRAM(load_above_stack)
{
	volatile __u64 local = 1;

	(void)ctx;
	return (int)(local + ((volatile __u64 *)hide((void *)&local))[200]); /* load_above_stack */
}

static __noinline void *address_of_local(void)
{
	volatile __u64 locals[64];

	locals[0] = 1;
	return hide((void *)locals);
}

PROGRAM(load_below_stack)
{
	volatile __u64 *locals = address_of_local();

	(void)ctx;
	return (int)locals[0]; /* load_below_stack */
}

/* Each of these stays a function of its own. */
static __noinline int descend(int depth)
{ /* too_deep */
	int below = depth ? descend(depth - 1) : 0;

	barrier_var(below);
	return below + 1;
}

PROGRAM(too_deep)
{
	(void)ctx;
	return descend(9);
}

/* ---- the context and the packet ---- */

PROGRAM(load_behind_context)
{
	(void)ctx;
	return (int)((volatile __u64 *)ctx)[12]; /* load_behind_context */
}

PROGRAM(store_into_context)
{
	*(volatile __u64 *)ctx = 1; /* store_into_context */
	return 0;
}

struct packet {
	__u8 *data, *data_end;
};

SEC("xdp") int load_behind_packet(struct packet *packet)
{
	return *(volatile __u8 *)packet->data_end; /* load_behind_packet */
}

SEC("socket") int store_into_packet(struct packet *packet)
{
	*(volatile __u8 *)packet->data = 1; /* store_into_packet */
	return 0;
}

/* ---- callbacks ---- */

static long change_key(struct bpf_map *map, __u32 *key, __u64 *value, void *ctx)
{
	(void)map, (void)value, (void)ctx;
	*key = 7; /* key_in_callback */
	return 0;
}

PROGRAM(key_in_callback)
{
	(void)ctx;
	return (int)bpf_for_each_map_elem(&counts, change_key, NULL, 0);
}

static long store_behind(struct bpf_map *map, const __u32 *key, struct pair *value, void *ctx)
{
	(void)map, (void)key, (void)ctx;
	value->second = 1;
	((volatile __u64 *)value)[2] = 1; /* range_in_callback */
	return 0;
}

PROGRAM(range_in_callback)
{
	(void)ctx;
	return (int)bpf_for_each_map_elem(&pairs, store_behind, NULL, 0);
}

PROGRAM(callback_is_data)
{
	(void)ctx;
	return (int)bpf_for_each_map_elem(&counts, hide(words), NULL, 0); /* callback_is_data */
}

static long nothing(struct bpf_map *map, const __u32 *key, __u64 *value, void *ctx)
{
	(void)map, (void)key, (void)value, (void)ctx;
	return 0;
}

PROGRAM(callback_ctx_is_global)
{
	(void)ctx;
	return (int)bpf_for_each_map_elem(&counts, nothing, words, 0); /* callback_ctx_is_global */
}

/* ---- other arguments of helpers ---- */

PROGRAM(key_is_null)
{
	(void)ctx;
	return !bpf_map_lookup_elem(&counts, hide(NULL)); /* key_is_null */
}

PROGRAM(value_is_short)
{
	__u64 *value = value_of(&counts, 3);
	__u32 key = 0;

	(void)ctx;
	return value ? (int)bpf_map_update_elem(&pairs, &key, value, 0) : 0; /* value_is_short */
}

PROGRAM(probe_into_constant)
{
	__u64 word = 1;

	(void)ctx;
	return (int)bpf_probe_read_kernel(hide(constants), 8, &word); /* probe_into_constant */
}

PROGRAM(number_into_constant)
{
	(void)ctx;
	return (int)bpf_strtol("12", 3, 10, hide(constants)); /* number_into_constant */
}

PROGRAM(text_into_constant)
{
	(void)ctx;
	return (int)bpf_snprintf(hide(constants), 8, "text", NULL, 0); /* text_into_constant */
}

PROGRAM(format_is_null)
{
	(void)ctx;
	return (int)bpf_trace_printk(hide(NULL), 4); /* format_is_null */
}

PROGRAM(sum_of_null)
{
	(void)ctx;
	return (int)bpf_csum_diff(hide(NULL), 4, NULL, 0, 0); /* sum_of_null */
}

static long one_loop(__u64 index, void *ctx)
{
	(void)index, (void)ctx;
	((volatile __u64 *)hide(constants))[0] = 1; /* store_in_loop */
	return 0;
}

PROGRAM(store_in_loop)
{
	(void)ctx;
	return (int)bpf_loop(3, one_loop, NULL, 0);
}

PROGRAM(loop_of_data)
{
	(void)ctx;
	return (int)bpf_loop(1, hide(words), NULL, 0); /* loop_of_data */
}

/* ---- divisions ---- */

PROGRAM(divides)
{
	return (int)(7 / ((__u64 *)ctx)[2]); /* divides */
}

/* ---- arrays whose size the compiler knows ---- */

PROGRAM(index_of_local)
{
	__u64 slots[4] = { 1, 2, 3, 4 };

	slots[((__u64 *)ctx)[3] + 4] = 7; /* index_of_local */
	return (int)(slots[0] + slots[1]);
}

/* ---- no end ---- */

PROGRAM(endless)
{
	(void)ctx;
	for (;;)
		words[0]++;
	return 0;
}

static long do_nothing(__u64 index, void *ctx)
{
	(void)index;
	(void)ctx;
	return 0;
}

static long loop_of_nothing(__u64 index, void *ctx)
{
	(void)index;
	(void)ctx;
	bpf_loop(1 << 23, do_nothing, NULL, 0);
	return 0;
}

PROGRAM(empty_loops)
{
	(void)ctx;
	return (int)bpf_loop(1 << 23, loop_of_nothing, NULL, 0);
}

PROGRAM(endless_in_helpers)
{
	(void)ctx;
	while (bpf_ktime_get_ns())
		;
	return 0;
}
