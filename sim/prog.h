/* SPDX-License-Identifier: MIT */
#ifndef SIM_PROG_H
#define SIM_PROG_H

#include <pcasim/prog.h>

#include "attr.h"
#include "cpu.h"
#include "object.h"

struct object_image;

/* What programs of packet types are given as ctx. */
enum ctx_kind {
	CTX_OF_PCASIM, /* struct pca_packet */
	CTX_OF_LINUX,  /* struct xdp_md or struct __sk_buff */
};

struct checked_object;
struct seen_use;

struct pca_prog {
	struct object object;
	uint32_t type;
	uint32_t attach_type; /* BPF_TRACE_*, of TRACING programs of an image */
	uint32_t ctx_bytes;   /* how far it reads into its ctx */
	enum ctx_kind ctx_kind;
	pca_prog_fn fn;
	struct object_image *image; /* that fn is in, one reference; NULL: fn is the caller's */
	const struct checked_object *checked; /* the object that holds fn, or NULL */
	char name[OBJ_NAME_BYTES];
	uint64_t recursion_misses;  /* atomic */
	struct seen_use *seen_uses; /* atomic: how checked runs have used maps */
	size_t nr_maps;
	struct object *maps[]; /* one reference each */
};

/* How BPF_PROG_TEST_RUN treats programs of a type. */
enum test_run_kind {
	TEST_RUN_NONE, /* -ENOTSUPP */
	TEST_RUN_RAW_TP,
	TEST_RUN_SYSCALL,
	TEST_RUN_SKB,
	TEST_RUN_SKB_NO_MAC, /* the same, and the data comes back without its MAC header */
	TEST_RUN_XDP,
};

struct prog_type {
	enum test_run_kind test_run;
	uint64_t cap;	       /* beyond CAP_BPF; 0 for none */
	int err;	       /* why it cannot be loaded, or 0 */
	bool for_unprivileged; /* where the sysctl lets them */
};

/* The properties of a program type, or NULL for a number that is none. */
const struct prog_type *prog_type(uint32_t type);

/*
 * pca_prog_load() for a function of an image, of which the program takes a reference. Its
 * section names what it attaches to, so that types that need a target load; attach_type is
 * how, enum bpf_attach_type.
 */
int prog_load_of_image(struct pca_task *task, const struct pca_prog_load_opts *opts,
		       struct object_image *image, uint32_t attach_type);

#define MAP_LOOKUP_PERCPU_ELEM 195 /* newer than 6.1's header */

/* BPF_FUNC_* of a helper that takes a map, and back; 0 and NULL: there is none such. */
uint32_t prog_map_helper(const char *name);
const char *prog_map_helper_name(uint32_t func);

/* Does it take maps of this type? */
bool prog_helper_takes(uint32_t func, const struct pca_map *map);

static inline struct pca_prog *prog_of_object(struct object *object)
{
	return container_of(object, struct pca_prog, object);
}

/*
 * Run prog once on cpu, whose carrier the calling thread is. One RCU read
 * section holds everything that the program can reach.
 */
PCA_ALWAYS_INLINE int prog_run(const struct pca_prog *prog, struct cpu *cpu, void *ctx)
{
	int retval;

	run_context.cpu = cpu;
	pca_this_cpu.slab = cpu->slab;
	pca_this_cpu.outside_run = 0;
	rcu_enter();
	retval = prog->fn(ctx);
	rcu_exit();
	pca_this_cpu.outside_run = UINT32_MAX;
	run_context.cpu = NULL;
	return retval;
}

/*
 * Run prog repeat times (0: once) on cpu and wait; *ns receives the time of all
 * of them, *retval the last result. Errors as pca_run_on().
 */
int prog_run_on_cpu(struct pca_prog *prog, struct cpu *cpu, void *ctx, uint32_t repeat,
		    const struct run_task *current, int *retval, uint64_t *ns);

#endif
