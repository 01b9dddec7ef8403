// SPDX-License-Identifier: MIT
/*
 * The helpers that are not inlined (Linux: kernel/bpf/helpers.c,
 * kernel/bpf/arraymap.c, kernel/trace/bpf_trace.c). All act for the run that
 * this thread executes.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <pcasim/helpers.h>

#include "map.h"
#include "message.h"
#include "prog.h"
#include "task.h"

/* Is this thread in a run? If not, says so. */
static bool check_in_run(const char *helper)
{
	if (likely(in_run()))
		return true;
	message_error("%s called outside a run: helpers work only in a program, see pca_run_on()",
		      helper);
	return false;
}

void *pca_lookup_failed(const char *helper)
{
	check_in_run(helper);
	return NULL;
}

/* Older releases' helpers answer 32 bits, which come without a sign. */
static long helper_error(int err)
{
	if (machine_has(run_context.cpu->machine, FEATURE_LONG_HELPER_RESULTS))
		return err;
	return (long)(uint32_t)err;
}

static void *elem_of(const struct pca_map_ref *ref, uint32_t slab, uint32_t index)
{
	return ref->base + slab * ref->stride + (uintptr_t)index * ref->elem_size;
}

void *pca_map_lookup_percpu_elem(struct pca_map_ref *ref, const void *key, uint32_t cpu_id)
{
	uint32_t index;

	if (!check_in_run("bpf_map_lookup_percpu_elem"))
		return NULL;
	const struct cpu *cpu = machine_cpu(ref->map->object.machine, cpu_id);

	memcpy(&index, key, sizeof(index));
	return cpu && index < ref->max_entries ? elem_of(ref, cpu->slab, index) : NULL;
}

/*
 * The program side of a copy: nothing else writes here, but commands may read,
 * so that whole words are stored as such. The padding is left alone.
 */
static void store_value(void *elem, const void *value, uint32_t size)
{
	uint64_t *to = elem;
	const char *from = value;
	uint32_t i;

	for (i = 0; i + 8 <= size; i += 8) {
		uint64_t word;

		memcpy(&word, from + i, sizeof(word));
		__atomic_store_n(&to[i / 8], word, __ATOMIC_RELAXED);
	}
	memcpy((char *)elem + i, from + i, size - i);
}

long pca_map_update_elem(struct pca_map_ref *ref, const void *key, const void *value,
			 uint64_t flags)
{
	uint32_t index;

	if (!check_in_run("bpf_map_update_elem"))
		return -EINVAL;
	memcpy(&index, key, sizeof(index));
	if (unlikely((flags & ~(uint64_t)BPF_F_LOCK) > BPF_EXIST))
		return helper_error(-EINVAL);
	if (unlikely(index >= ref->max_entries))
		return helper_error(-E2BIG);
	if (unlikely(flags & BPF_NOEXIST))
		return helper_error(-EEXIST);
	if (unlikely(flags & BPF_F_LOCK))
		return helper_error(-EINVAL); /* last here, unlike in the command */
	store_value(elem_of(ref, pca_this_cpu.slab, index), value, ref->map->value_size);
	return 0;
}

long pca_map_delete_elem(struct pca_map_ref *ref, const void *key)
{
	(void)ref;
	(void)key;
	return check_in_run("bpf_map_delete_elem") ? helper_error(-EINVAL) : -EINVAL;
}

long pca_for_each_map_elem(struct pca_map_ref *ref, pca_for_each_fn fn, void *ctx, uint64_t flags)
{
	long nr_calls = 0;

	if (!check_in_run("bpf_for_each_map_elem"))
		return -EINVAL;
	if (flags)
		return helper_error(-EINVAL);
	for (uint32_t index = 0; index < ref->max_entries; index++) {
		uint32_t key = index; /* the callback's to read, not to steer us by */

		nr_calls++;
		/* The low half only: programs may declare the callback as int. */
		if ((int)fn(ref, &key, elem_of(ref, pca_this_cpu.slab, index), ctx))
			break;
	}
	return nr_calls;
}

uint32_t pca_get_smp_processor_id(void)
{
	return check_in_run("bpf_get_smp_processor_id") ? run_context.cpu->id : 0;
}

long pca_get_numa_node_id(void)
{
	return check_in_run("bpf_get_numa_node_id") ? (long)run_context.cpu->numa_node : -EINVAL;
}

uint64_t pca_ktime_get_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Any good mixing will do: a counter per thread, hashed as splitmix64 does. */
uint32_t pca_get_prandom_u32(void)
{
	static __thread uint64_t state __attribute__((tls_model("initial-exec")));

	if (unlikely(!state))
		state = pca_ktime_get_ns() ^ ((uint64_t)(uint32_t)gettid() << 32);
	state += 0x9e3779b97f4a7c15;

	uint64_t z = state;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (uint32_t)(z >> 32);
}

uint64_t pca_get_current_pid_tgid(void)
{
	return check_in_run("bpf_get_current_pid_tgid") ? run_context.current.pid_tgid : 0;
}

long pca_get_current_comm(void *buf, uint32_t size)
{
	const struct pca_task *task = run_context.current.task;
	char idle[16];

	if (!check_in_run("bpf_get_current_comm") || !size)
		return -EINVAL;
	snprintf(idle, sizeof(idle), "swapper/%u", run_context.cpu->id);
	strncpy(buf, task ? task->comm : idle, size - 1);
	((char *)buf)[size - 1] = '\0';
	return 0;
}

long pca_probe_read_kernel(void *dst, uint32_t size, const void *src)
{
	struct iovec to = { dst, size }, from = { (void *)(uintptr_t)src, size };

	if (!check_in_run("bpf_probe_read_kernel"))
		return -EINVAL;
	if ((uintptr_t)src >= PAGE_BYTES &&
	    process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)size)
		return 0;
	memset(dst, 0, size);
	return (uintptr_t)src < PAGE_BYTES ? -ERANGE : -EFAULT;
}

/*
 * One conversion of a format: its length, or 0 when trace_printk has no such.
 * A precision, '#' and 'h' are refused, as in Linux (bpf_bprintf_prepare()).
 */
static size_t conversion_length(const char *fmt)
{
	const char *p = fmt + 1;
	size_t nr_longs;

	if (*p == '%')
		return 2;
	p += strspn(p, "0+- ");
	p += strspn(p, "0123456789");
	if (*p == 's' || *p == 'c' || (*p == 'p' && !isalnum((unsigned char)p[1])))
		return (size_t)(p + 1 - fmt);
	nr_longs = strspn(p, "l");
	p += nr_longs;
	return nr_longs <= 2 && *p && strchr("diuxX", *p) ? (size_t)(p + 1 - fmt) : 0;
}

/* An argument as its conversion says; flags: what stands between '%' and the type. */
static int print_arg(char *out, size_t size, const char *flags, char type, bool is_long,
		     uint64_t arg)
{
	char spec[48];

	snprintf(spec, sizeof(spec), "%%%s%s%c", flags, strchr("diuxX", type) ? "ll" : "", type);
	switch (type) {
	case 'd':
	case 'i':
		return snprintf(out, size, spec, is_long ? (long long)arg : (int)arg);
	case 'u':
	case 'x':
	case 'X':
		return snprintf(out, size, spec, is_long ? (unsigned long long)arg : (unsigned)arg);
	case 'p':
		return snprintf(out, size, "%016llx", (unsigned long long)arg);
	case 'c':
		return snprintf(out, size, spec, (int)(unsigned char)arg);
	default:
		return snprintf(out, size, spec, arg ? (const char *)(uintptr_t)arg : "");
	}
}

/* Print the conversion of len bytes that conversion_length() found good. */
static int print_conversion(char *out, size_t size, const char *conversion, size_t len,
			    uint64_t arg)
{
	char flags[32] = "";
	size_t nr_flags = strspn(conversion + 1, "0123456789+- ");

	memcpy(flags, conversion + 1, nr_flags < sizeof(flags) ? nr_flags : sizeof(flags) - 1);
	return print_arg(out, size, flags, conversion[len - 1], conversion[len - 2] == 'l', arg);
}

/* ASCII that neither prints nor spaces is refused; bytes beyond may be UTF-8. */
static bool is_printable(char c)
{
	return !isascii(c) || isprint(c) || isspace(c);
}

/* A line that a program prints, cut at the size of Linux's buffer. */
struct trace_line {
	char text[1024];
	size_t len; /* of the whole line, as snprintf() counts */
};

/* Append the next piece of fmt; args are those left. Returns its length, or 0. */
static size_t append_piece(struct trace_line *line, const char *fmt, const uint64_t **arg,
			   const uint64_t *end)
{
	size_t room = line->len < sizeof(line->text) ? sizeof(line->text) - line->len : 0;
	char *out = line->text + sizeof(line->text) - room;
	size_t len = *fmt == '%' ? conversion_length(fmt) : 1;
	bool takes_arg = *fmt == '%' && len && fmt[1] != '%';

	if (!len || !is_printable(*fmt) || (takes_arg && *arg == end))
		return 0;
	if (takes_arg)
		line->len += (size_t)print_conversion(out, room, fmt, len, *(*arg)++);
	else
		line->len += (size_t)snprintf(out, room, "%c", *fmt);
	return len;
}

long pca_trace_printk(const char *fmt, uint32_t fmt_size, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t args[] = { a, b, c }, *arg = args;
	struct trace_line line = { .len = 0 };

	if (!check_in_run("bpf_trace_printk") || !memchr(fmt, '\0', fmt_size))
		return -EINVAL;
	while (*fmt) {
		size_t len = append_piece(&line, fmt, &arg, args + ARRAY_SIZE(args));

		if (!len)
			return -EINVAL;
		fmt += len;
	}

	/* The listener ends each line itself. */
	size_t shown = strnlen(line.text, sizeof(line.text));

	if (shown && line.text[shown - 1] == '\n')
		shown--;
	message(PCA_MESSAGE_TRACE, "%.*s", (int)shown, line.text);
	return (long)line.len;
}
