/* SPDX-License-Identifier: MIT */
/*
 * What code around maps uses of libbpf's upper half: the number of CPUs, texts of errors,
 * where messages go, and BPF objects. There are libbpf_num_possible_cpus(),
 * libbpf_strerror(), libbpf_get_error(), libbpf_set_print(), libbpf_set_strict_mode() and
 * the functions of the version;
 *
 *	bpf_object__	open, open_file, load, close, name, find_program_by_name,
 *			find_map_by_name, find_map_fd_by_name, next_program, next_map,
 *			for_each_program, for_each_map, pin_maps, unpin_maps
 *	bpf_program__	fd, name, section_name, type; attach and some of its like, which fail
 *	bpf_map__	fd, name, type, key_size, value_size, max_entries, map_flags,
 *			set_max_entries, lookup_elem, update_elem, delete_elem,
 *			lookup_and_delete_elem, get_next_key, pin, unpin
 *
 * There are no skeletons and no ring buffers: but for links, which a loader cannot do
 * without, nothing is declared that could not work.
 */
#ifndef PCASIM_LIBBPF_LIBBPF_H
#define PCASIM_LIBBPF_LIBBPF_H

#ifdef __LIBBPF_LIBBPF_H
#error "libbpf's own <bpf/libbpf.h> is included already; use one of the two"
#endif

#include <linux/bpf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <pcasim/machine.h>
#include <pcasim/message.h>

#include "libbpf_common.h"

PCA_BEGIN_DECLS

static inline __u32 libbpf_major_version(void)
{
	return LIBBPF_MAJOR_VERSION;
}

static inline __u32 libbpf_minor_version(void)
{
	return LIBBPF_MINOR_VERSION;
}

#define PCA_TEXT_OF_(x) #x
#define PCA_TEXT_OF(x) PCA_TEXT_OF_(x)

static inline const char *libbpf_version_string(void)
{
	return "v" PCA_TEXT_OF(LIBBPF_MAJOR_VERSION) "." PCA_TEXT_OF(LIBBPF_MINOR_VERSION);
}

/*
 * How many CPUs are possible in the current task's machine, the number of slots in
 * a per-CPU value; or -errno, with errno set, when there is no machine. MT-safe.
 */
static inline int libbpf_num_possible_cpus(void)
{
	struct pca_task *task = pca_current_task();

	if (!task)
		return -errno;
	return (int)pca_num_possible_cpus(pca_task_machine(task));
}

/*
 * Write the text of err, positive or negative, to size bytes at buf: also that of
 * 524. 0; -EINVAL: no such error, or no buffer; -ERANGE: the text was cut. MT-safe.
 */
static inline int libbpf_strerror(int err, char *buf, size_t size)
{
	int len;

	if (!buf || !size)
		return pca_libbpf_result(-EINVAL);
	len = snprintf(buf, size, "%s", pca_strerror(err));
	if (err && !pca_errno_name(err))
		return pca_libbpf_result(-EINVAL);
	return pca_libbpf_result((size_t)len < size ? 0 : -ERANGE);
}

/*
 * What a pointer that an older program got from libbpf says: 0 for a good one; -errno for
 * NULL, as what failed has left it; for an address of the last page the error that this
 * is, and errno is set to it.
 */
static inline long libbpf_get_error(const void *ptr)
{
	const long value = (long)(intptr_t)ptr;

	if (value < 0 && value >= -4095)
		return pca_libbpf_result(value);
	return ptr ? 0 : -errno;
}

/* ---- messages ---- */

enum libbpf_print_level {
	LIBBPF_WARN,  /* pcasim's errors and warnings */
	LIBBPF_INFO,  /* lines that programs printed with bpf_printk() */
	LIBBPF_DEBUG, /* never used */
};

typedef int (*libbpf_print_fn_t)(enum libbpf_print_level level, const char *fmt, va_list ap);

/* Prints on stderr: what pcasim does with messages when nothing is set. */
static inline int pca_libbpf_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	return vfprintf(stderr, fmt, ap);
}

/* One for the whole program, however many files include this; atomic. */
extern libbpf_print_fn_t pca_libbpf_print_fn;
__attribute__((weak, visibility("hidden"))) libbpf_print_fn_t pca_libbpf_print_fn =
	pca_libbpf_print;

__attribute__((format(printf, 2, 3))) static inline void
pca_libbpf_tell(enum libbpf_print_level level, const char *fmt, ...)
{
	libbpf_print_fn_t fn = __atomic_load_n(&pca_libbpf_print_fn, __ATOMIC_RELAXED);
	va_list ap;

	if (!fn)
		return;
	va_start(ap, fmt);
	fn(level, fmt, ap);
	va_end(ap);
}

static inline void pca_libbpf_message(void *arg, enum pca_message_level level, const char *text)
{
	(void)arg;
	if (level == PCA_MESSAGE_TRACE)
		pca_libbpf_tell(LIBBPF_INFO, "%s\n", text);
	else
		pca_libbpf_tell(LIBBPF_WARN, "pcasim: %s\n", text);
}

/*
 * Send pcasim's messages to fn, or nowhere (NULL); returns the function before.
 * fn may be called by several threads at once. MT-safe.
 */
static inline libbpf_print_fn_t libbpf_set_print(libbpf_print_fn_t fn)
{
	libbpf_print_fn_t before = __atomic_exchange_n(&pca_libbpf_print_fn, fn, __ATOMIC_RELAXED);

	pca_set_message_fn(pca_libbpf_message, NULL);
	return before;
}

PCA_END_DECLS

#include <pcasim/libbpf/object.h>

#endif
