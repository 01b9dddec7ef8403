/* SPDX-License-Identifier: MIT */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include <pthread.h>

#include <pcasim/checked.h>
#include <pcasim/event.h>
#include <pcasim/machine.h>

#include "cpu.h"
#include "ids.h"
#include "numa.h"
#include "release.h"
#include "topology.h"

struct bpffs;
struct pca_task;

#define NO_CPU UINT16_MAX

/* Why runs leave the shortest way, which is inline and without a frame. */
enum run_way {
	RUNS_ON_WORKERS = 1 << 0,
	RUNS_ARE_TOLD = 1 << 1,	   /* to a listener */
	RUNS_MAY_NEST = 1 << 2,	   /* created with has_contexts */
	RUNS_ARE_WATCHED = 1 << 3, /* a checked program was loaded */
	RUNS_HAVE_FRAMES = RUNS_ARE_TOLD | RUNS_MAY_NEST | RUNS_ARE_WATCHED,
};

struct pca_machine {
	uint32_t refcount; /* atomic: its creator, and each object in it */
	const struct release *release;
	struct topology topology;
	uint32_t run_ways; /* enum run_way */
	enum pca_preemption preemption;
	bool allow_unprivileged_bpf;
	bool has_mitigations;
	bool no_hints;
	bool poison_padding;
	uint64_t most_steps;  /* of a run; 0: as frame.c has it */
	uint32_t nr_seeds;    /* atomic: hashes made */
	uint32_t hints_told;  /* atomic, bit per enum hint */
	bool definition_told; /* atomic; see tell_definition() in helpers.c */

	uint32_t nr_cpus;    /* possible ones */
	uint32_t nr_online;  /* atomic; changed under cpus_lock */
	struct cpu *cpus;    /* by ordinal */
	uint16_t *ordinals;  /* by CPU id, NO_CPU where not possible */
	uint32_t nr_cpu_ids; /* length of ordinals */
	hwloc_bitmap_t numa_nodes;
	struct slab_places slabs;
	pthread_mutex_t cpus_lock;

	uint64_t first_memory_limit_bytes; /* as created */
	uint64_t memory_limit_bytes;	   /* atomic */
	uint64_t memory_bytes;		   /* atomic: charged now */

	struct id_table ids[NR_OBJECT_KINDS];
	struct bpffs *bpffs;

	pthread_mutex_t tasks_lock;
	struct pca_task *tasks; /* linked by task->next */
	uint32_t nr_tasks_made;

	pca_event_fn listener; /* NULL: nobody listens */
	void *listener_arg;

	/* Of checked programs; the last one under violations_lock. */
	pthread_mutex_t violations_lock;
	uint64_t nr_violations;
	struct pca_violation last_violation;

	struct pca_machine *next; /* of all machines of the process */
};

static inline bool machine_has(const struct pca_machine *machine, enum feature feature)
{
	return release_has(machine->release, feature);
}

/*
 * A machine with CPUs and memory, but without files and tasks (boot.c adds
 * them), holding one reference. 0 or the errors of pca_machine_create().
 */
int machine_alloc(struct pca_machine **machine, const struct pca_machine_opts *opts);
/* Warn of a release that was not measured, once in this process. */
void machine_warn_of_release(const struct release *release);

void machine_get(struct pca_machine *machine);
void machine_put(struct pca_machine *machine);

/* Call fn for each machine of the process until it returns true. Nobody frees one meanwhile. */
bool machine_any(bool (*fn)(struct pca_machine *machine, void *arg), void *arg);

/* The CPU with this id, or NULL when it is not possible. */
static inline struct cpu *machine_cpu(const struct pca_machine *machine, uint32_t id)
{
	if (id >= machine->nr_cpu_ids || machine->ordinals[id] == NO_CPU)
		return NULL;
	return &machine->cpus[machine->ordinals[id]];
}

/* Does a run wait or take place on one of the CPUs? */
bool machine_is_running(struct pca_machine *machine);

/* The CPUs online are those of a new machine. */
void machine_reset_cpus(struct pca_machine *machine);

/* The online CPU with the smallest id. There always is one. */
struct cpu *machine_first_online_cpu(const struct pca_machine *machine);

/* Account bytes of map memory: 0, or -ENOMEM beyond the limit. */
int machine_charge(struct pca_machine *machine, uint64_t bytes);
void machine_uncharge(struct pca_machine *machine, uint64_t bytes);

#define for_each_possible_cpu(machine, cpu) \
	for (struct cpu *cpu = (machine)->cpus; cpu < (machine)->cpus + (machine)->nr_cpus; cpu++)

/*
 * Copy an option structure of the caller's size over defaults of ours, as
 * bpf() does with attrs. 0, or -E2BIG for a longer one with a non-zero tail.
 */
int copy_opts(void *opts, size_t opts_size, const void *user, size_t user_size, const char *what);

#endif
