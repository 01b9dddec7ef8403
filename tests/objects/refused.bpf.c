// SPDX-License-Identifier: MIT
/* What is refused: one of it in each object, by the macro that is defined. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define COUNTS(type_of_map)                \
	struct {                           \
		__uint(type, type_of_map); \
		__uint(max_entries, 1);    \
		__type(key, __u32);        \
		__type(value, __u64);      \
	}

#if defined(STATIC_MAP)
static COUNTS(BPF_MAP_TYPE_ARRAY) counts SEC(".maps");
#elif defined(OLD_MAP)
struct {
	unsigned int type, key_size, value_size, max_entries, map_flags;
} counts SEC("maps") = { BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0 };
#elif defined(MAP_TYPE)
COUNTS(BPF_MAP_TYPE_LRU_HASH) counts SEC(".maps");
#elif defined(MAP_IN_MAP)
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, COUNTS(BPF_MAP_TYPE_ARRAY));
} counts SEC(".maps");
#elif defined(SHORT_MAP)
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
} counts SEC(".maps");
#elif defined(UNKNOWN_MEMBER)
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(colour, 3);
} counts SEC(".maps");
#elif defined(TWO_SIZES)
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(value_size, 4);
} counts SEC(".maps");
#elif defined(NO_ENTRIES)
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(map_flags, 0);
} counts SEC(".maps");
#elif defined(UNKNOWN_DATA)
int counts SEC("colours") = 1;
#elif defined(THREAD_LOCAL)
static __thread int counts;
#elif defined(CONSTRUCTOR)
int counts;
static void __attribute__((constructor)) begin(void)
{
	counts = 1;
}
#endif

#if defined(HELPER)
void *bpf_task_from_pid(int pid); /* a kernel function, not a helper */
#elif defined(LIBC)
__SIZE_TYPE__ strlen(const char *text);
#elif defined(KCONFIG)
extern int CONFIG_NONE;
#endif

#if defined(UNKNOWN_SECTION)
SEC("xdp_main")
#elif defined(REPLACES)
SEC("freplace/main")
#else
SEC("xdp")
#endif
#if defined(STATIC_PROG)
static
#endif
	int
	prog(struct xdp_md *ctx)
{
#if defined(HELPER)
	return !bpf_task_from_pid(1);
#elif defined(LIBC)
	return (int)strlen((const char *)ctx);
#elif defined(KCONFIG)
	return CONFIG_NONE;
#elif defined(THREAD_LOCAL)
	return counts++;
#else
	return 0;
#endif
}
