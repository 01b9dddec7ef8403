// SPDX-License-Identifier: MIT
/* Maps and variables of all shapes that invariants read, and programs to schedule. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum state { IDLE, BUSY };

struct stats {
	struct {
		__u64 packets;
		__s32 delta;
	}; /* no name */
	union {
		__u16 halves[2];
		__u32 whole;
	} port;
	__u32 urgent : 1, rest : 7;
	enum state state;
	__u8 tail[];
};

struct pair {
	__u64 first, last;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stats);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct pair[2]);
} pairs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
	__uint(max_entries, 1);
} plain SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[40000]); /* more than invariants read */
} large SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u16);
	__type(value, __u64);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, struct pair);
	__type(value, __u64);
} flows SEC(".maps");

__u64 nr_runs;
__s8 level = -1;
const volatile __u32 limit = 3;
double ratio;
struct pair *last;
struct pair both = { 1, 2 };

static int count(__u32 key)
{
	__u64 *mine = bpf_map_lookup_elem(&counts, &key);

	nr_runs++;
	if (mine)
		++*mine;
	return 1;
}

SEC("cgroup/connect4") int on_connect(struct bpf_sock_addr *ctx)
{
	return count(0);
}

SEC("xdp") int on_packet(struct xdp_md *ctx)
{
	return count(1);
}

SEC("perf_event") int on_sample(void *ctx)
{
	struct stats *mine;
	__u32 key = 0;

	mine = bpf_map_lookup_elem(&stats, &key);
	if (mine) {
		mine->packets++;
		mine->delta--;
		mine->port.whole += 0x10001;
		mine->state = BUSY;
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
