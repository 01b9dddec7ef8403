// SPDX-License-Identifier: MIT
/*
 * Machines: their release, CPUs and memory limit.
 *
 * A machine is freed with its last reference: the creator's, and one of each
 * object that still waits for a grace period or is held by somebody.
 */
#define _GNU_SOURCE
#include "machine.h"

#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "event.h"
#include "message.h"

int copy_opts(void *opts, size_t opts_size, const void *user, size_t user_size, const char *what)
{
	const unsigned char *bytes = user;

	for (size_t i = opts_size; i < user_size; i++) {
		if (bytes[i]) {
			message_error("%s is %zu bytes long, this library knows %zu, and what is "
				      "beyond is not zero",
				      what, user_size, opts_size);
			return -E2BIG;
		}
	}
	memcpy(opts, user, user_size && user_size < opts_size ? user_size : opts_size);
	return 0;
}

/* The sets of possible and online CPUs that the options ask for. */
static int choose_cpus(struct pca_machine *machine, const struct pca_machine_opts *opts,
		       hwloc_bitmap_t possible, hwloc_bitmap_t online)
{
	int err;

	if (opts->possible)
		err = cpulist_parse(possible, opts->possible, "possible CPUs");
	else
		err = topology_possible_cpus(&machine->topology, possible);
	if (err)
		return err;

	/* Both are -1 for endless sets, which broken XML files make. */
	int nr = hwloc_bitmap_weight(possible), last = hwloc_bitmap_last(possible);

	if (nr < 1 || nr > PCA_MAX_CPUS || last < 0 || last > PCA_MAX_CPU_ID) {
		message_error("%d possible CPUs, the last with id %d: a machine has 1 to %d, with "
			      "ids up to %d",
			      nr, last, PCA_MAX_CPUS, PCA_MAX_CPU_ID);
		return -EINVAL;
	}
	if (!opts->online)
		return hwloc_bitmap_copy(online, possible) ? -ENOMEM : 0;
	err = cpulist_parse(online, opts->online, "online CPUs");
	if (!err && !hwloc_bitmap_isincluded(online, possible)) {
		message_error("online CPUs \"%s\" are not all among the possible ones",
			      opts->online);
		err = -EINVAL;
	}
	return err;
}

/* The host CPUs that this process may use; a worker is pinned to one of them. */
static int host_cpus(cpu_set_t *allowed)
{
	CPU_ZERO(allowed);
	if (sched_getaffinity(0, sizeof(*allowed), allowed))
		CPU_SET(0, allowed);
	return CPU_COUNT(allowed);
}

static int nth_host_cpu(const cpu_set_t *allowed, int n)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, allowed) && n-- == 0)
			return cpu;
	}
	return 0;
}

/* A CPU of this host runs on itself where it may; others take turns. */
static int place_on_host(const struct pca_machine *machine, const struct cpu *cpu,
			 const cpu_set_t *allowed, int nr_allowed)
{
	if (machine->topology.is_host && cpu->id < CPU_SETSIZE && CPU_ISSET(cpu->id, allowed))
		return (int)cpu->id;
	return nth_host_cpu(allowed, (int)(cpu->ordinal % (uint32_t)nr_allowed));
}

static void find_numa_nodes(struct pca_machine *machine)
{
	hwloc_topology_t hw = machine->topology.hw;
	hwloc_obj_t pu = NULL;
	hwloc_obj_t node = NULL;

	while ((pu = hwloc_get_next_obj_by_type(hw, HWLOC_OBJ_PU, pu))) {
		struct cpu *cpu = machine_cpu(machine, pu->os_index);
		int first = hwloc_bitmap_first(pu->nodeset);

		if (cpu && first >= 0)
			cpu->numa_node = (uint32_t)first;
	}
	while ((node = hwloc_get_next_obj_by_type(hw, HWLOC_OBJ_NUMANODE, node)))
		hwloc_bitmap_set(machine->numa_nodes, node->os_index);
}

static int build_cpus(struct pca_machine *machine, hwloc_const_bitmap_t possible,
		      hwloc_const_bitmap_t online)
{
	cpu_set_t allowed;
	int nr_allowed = host_cpus(&allowed);
	uint32_t nr = (uint32_t)hwloc_bitmap_weight(possible);
	uint32_t nr_ids = (uint32_t)hwloc_bitmap_last(possible) + 1;
	struct cpu *cpu = alloc_aligned(128, nr * sizeof(*cpu));
	unsigned int id;

	machine->cpus = cpu;
	machine->ordinals = alloc_bytes(nr_ids * sizeof(*machine->ordinals));
	if (!cpu || !machine->ordinals)
		return -ENOMEM;
	memset(cpu, 0, nr * sizeof(*cpu));
	memset(machine->ordinals, 0xff, nr_ids * sizeof(*machine->ordinals));
	machine->nr_cpu_ids = nr_ids;
	machine->nr_online = (uint32_t)hwloc_bitmap_weight(online);

	hwloc_bitmap_foreach_begin(id, possible)
		cpu->machine = machine;
	cpu->id = id;
	cpu->ordinal = machine->nr_cpus++;
	cpu->is_online = cpu->boots_online = hwloc_bitmap_isset(online, id);
	cpu->may_spin = machine->nr_online <= (uint32_t)nr_allowed;
	cpu->host_cpu = place_on_host(machine, cpu, &allowed, nr_allowed);
	machine->ordinals[id] = (uint16_t)cpu->ordinal;
	cpu_init(cpu);
	cpu++;
	hwloc_bitmap_foreach_end();
	find_numa_nodes(machine);
	return numa_place_slabs(machine);
}

static int add_cpus(struct pca_machine *machine, const struct pca_machine_opts *opts)
{
	hwloc_bitmap_t possible = hwloc_bitmap_alloc();
	hwloc_bitmap_t online = hwloc_bitmap_alloc();
	int err = -ENOMEM;

	machine->numa_nodes = hwloc_bitmap_alloc();
	if (possible && online && machine->numa_nodes)
		err = choose_cpus(machine, opts, possible, online);
	if (!err)
		err = build_cpus(machine, possible, online);
	hwloc_bitmap_free(online);
	hwloc_bitmap_free(possible);
	return err;
}

static uint64_t host_memory_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

	return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX;
}

/* Name the changes that such a release shows only because somebody wrote so. */
void machine_warn_of_release(const struct release *release)
{
	char rows[512] = "";
	const struct feature_row *row;

	if (release->is_measured || !release_is_first_told(release))
		return;
	for (size_t i = 0; (row = release_feature(i)); i++) {
		if (row->dating != DATED_READ || !release_has(release, row->feature) ||
		    release_was_seen_with(release, row->feature))
			continue;
		strncat(rows, *rows ? "; " : "", sizeof(rows) - strlen(rows) - 1);
		strncat(rows, row->name, sizeof(rows) - strlen(rows) - 1);
	}
	message_warning("release %s was not measured: it behaves as %s%s%s", release->name,
			release->measured_as, *rows ? ", but for what was only read: " : "", rows);
}

static int choose_release(struct pca_machine *machine, const struct pca_machine_opts *opts)
{
	machine->release = release_find(opts->release);
	if (machine->release) {
		if (!opts->no_hints)
			machine_warn_of_release(machine->release);
		return 0;
	}

	size_t last = 0;

	while (pca_release_name(last + 1))
		last++;
	message_error("release \"%s\" is not simulated; choose one from %s to %s", opts->release,
		      pca_release_name(0), pca_release_name(last));
	return -EINVAL;
}

static enum pca_preemption preemption_of(const struct release *release, enum pca_preemption wish)
{
	if (wish != PCA_PREEMPTION_OF_RELEASE)
		return wish;
	return release_has(release, FEATURE_MIGRATE_DISABLE) ? PCA_PREEMPTION_MIGRATE_DISABLE
							     : PCA_PREEMPTION_NONE;
}

/* All of the process. */
static pthread_mutex_t machines_lock = PTHREAD_MUTEX_INITIALIZER;
static struct pca_machine *machines;

static void enter_list(struct pca_machine *machine)
{
	pthread_mutex_lock(&machines_lock);
	machine->next = machines;
	machines = machine;
	pthread_mutex_unlock(&machines_lock);
}

static void leave_list(struct pca_machine *machine)
{
	pthread_mutex_lock(&machines_lock);
	for (struct pca_machine **link = &machines; *link; link = &(*link)->next) {
		if (*link == machine) {
			*link = machine->next;
			break;
		}
	}
	pthread_mutex_unlock(&machines_lock);
}

bool machine_any(bool (*fn)(struct pca_machine *machine, void *arg), void *arg)
{
	bool found = false;

	pthread_mutex_lock(&machines_lock);
	for (struct pca_machine *machine = machines; machine && !found; machine = machine->next)
		found = fn(machine, arg);
	pthread_mutex_unlock(&machines_lock);
	return found;
}

static void machine_free(struct pca_machine *machine)
{
	leave_list(machine);
	for (int kind = 0; kind < NR_OBJECT_KINDS; kind++)
		id_table_destroy(&machine->ids[kind]);
	numa_forget_places(&machine->slabs);
	hwloc_bitmap_free(machine->numa_nodes);
	free(machine->ordinals);
	free(machine->cpus);
	topology_unload(&machine->topology);
	pthread_mutex_destroy(&machine->tasks_lock);
	pthread_mutex_destroy(&machine->cpus_lock);
	pthread_mutex_destroy(&machine->violations_lock);
	free(machine);
}

int machine_alloc(struct pca_machine **out, const struct pca_machine_opts *opts)
{
	struct pca_machine *machine;
	int err;

	if (opts->run_mode != PCA_WORKERS && opts->run_mode != PCA_INLINE) {
		message_error("run_mode %d is neither PCA_WORKERS nor PCA_INLINE",
			      (int)opts->run_mode);
		return -EINVAL;
	}
	if (opts->preemption > PCA_PREEMPTION_MIGRATE_DISABLE) {
		message_error("preemption %d is no enum pca_preemption", (int)opts->preemption);
		return -EINVAL;
	}
	machine = alloc_zeroed(sizeof(*machine));
	if (!machine)
		return -ENOMEM;
	err = choose_release(machine, opts);
	if (!err)
		err = topology_load(&machine->topology, opts);
	if (err) {
		free(machine);
		return err;
	}
	machine->refcount = 1;
	machine->run_ways = (opts->run_mode == PCA_INLINE ? 0 : RUNS_ON_WORKERS) |
			    (opts->has_contexts ? RUNS_MAY_NEST : 0);
	machine->preemption = preemption_of(machine->release, opts->preemption);
	machine->allow_unprivileged_bpf = opts->allow_unprivileged_bpf;
	machine->has_mitigations = opts->mitigations;
	machine->no_hints = opts->no_hints;
	machine->poison_padding = opts->poison_padding;
	machine->most_steps = opts->most_steps;
	machine->first_memory_limit_bytes =
		opts->memory_limit_bytes ? opts->memory_limit_bytes : host_memory_bytes();
	machine->memory_limit_bytes = machine->first_memory_limit_bytes;
	pthread_mutex_init(&machine->cpus_lock, NULL);
	pthread_mutex_init(&machine->tasks_lock, NULL);
	pthread_mutex_init(&machine->violations_lock, NULL);
	for (int kind = 0; kind < NR_OBJECT_KINDS; kind++)
		id_table_init(&machine->ids[kind]);
	err = add_cpus(machine, opts);
	if (err)
		machine_free(machine);
	else
		enter_list(*out = machine);
	return err;
}

void machine_get(struct pca_machine *machine)
{
	__atomic_fetch_add(&machine->refcount, 1, __ATOMIC_RELAXED);
}

void machine_put(struct pca_machine *machine)
{
	tsan_release(machine);
	if (__atomic_sub_fetch(&machine->refcount, 1, __ATOMIC_ACQ_REL))
		return;
	tsan_acquire(machine);
	machine_free(machine);
}

const char *pca_machine_release(const struct pca_machine *machine)
{
	return machine->release->name;
}

uint32_t pca_num_possible_cpus(const struct pca_machine *machine)
{
	return machine->nr_cpus;
}

uint32_t pca_num_online_cpus(const struct pca_machine *machine)
{
	return __atomic_load_n(&machine->nr_online, __ATOMIC_RELAXED);
}

int pca_cpu_id(const struct pca_machine *machine, uint32_t ordinal)
{
	return ordinal < machine->nr_cpus ? (int)machine->cpus[ordinal].id : -EINVAL;
}

int pca_cpu_ordinal(const struct pca_machine *machine, uint32_t cpu_id)
{
	const struct cpu *cpu = machine_cpu(machine, cpu_id);

	return cpu ? (int)cpu->ordinal : -EINVAL;
}

static bool cpu_is_online(const struct cpu *cpu)
{
	return __atomic_load_n(&cpu->is_online, __ATOMIC_RELAXED);
}

bool pca_cpu_is_online(const struct pca_machine *machine, uint32_t cpu_id)
{
	const struct cpu *cpu = machine_cpu(machine, cpu_id);

	return cpu && cpu_is_online(cpu);
}

struct cpu *machine_first_online_cpu(const struct pca_machine *machine)
{
	struct cpu *cpu = machine->cpus;

	while (cpu < machine->cpus + machine->nr_cpus - 1 && !cpu_is_online(cpu))
		cpu++;
	return cpu;
}

static void tell_cpu(const struct cpu *cpu, bool is_online)
{
	char comm[IDLE_COMM_BYTES];
	struct pca_event event = {
		.kind = is_online ? PCA_EVENT_CPU_ONLINE : PCA_EVENT_CPU_OFFLINE,
		.cpu = cpu->id,
		.comm = idle_comm(comm, cpu),
	};

	event_tell(cpu->machine, &event);
}

int pca_cpu_set_online(struct pca_machine *machine, uint32_t cpu_id, bool online)
{
	struct cpu *cpu = machine_cpu(machine, cpu_id);
	int err = 0;

	if (!cpu)
		return -EINVAL;
	if (may_not_wait())
		return -EDEADLK;

	pthread_mutex_lock(&machine->cpus_lock);
	if (cpu->is_online == online)
		goto unlock;
	if (!online && machine->nr_online == 1) {
		err = -EBUSY;
		goto unlock;
	}
	__atomic_store_n(&cpu->is_online, online, __ATOMIC_RELAXED);
	__atomic_store_n(&machine->nr_online, machine->nr_online + (online ? 1 : -1),
			 __ATOMIC_RELAXED);
	if (!online)
		cpu_drain(cpu);
	if (machine_is_listened_to(machine))
		tell_cpu(cpu, online);
unlock:
	pthread_mutex_unlock(&machine->cpus_lock);
	return err;
}

bool machine_is_running(struct pca_machine *machine)
{
	for_each_possible_cpu(machine, cpu) {
		if (!cpu_is_idle(cpu))
			return true;
	}
	return false;
}

/* No run is there that a CPU going offline would have to wait for. */
void machine_reset_cpus(struct pca_machine *machine)
{
	uint32_t nr_online = 0;

	pthread_mutex_lock(&machine->cpus_lock);
	for_each_possible_cpu(machine, cpu) {
		bool has_changed = cpu->is_online != cpu->boots_online;

		__atomic_store_n(&cpu->is_online, cpu->boots_online, __ATOMIC_RELAXED);
		nr_online += cpu->boots_online;
		if (has_changed && machine_is_listened_to(machine))
			tell_cpu(cpu, cpu->boots_online);
	}
	__atomic_store_n(&machine->nr_online, nr_online, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&machine->cpus_lock);
}

uint64_t pca_machine_memory_bytes(const struct pca_machine *machine)
{
	return __atomic_load_n(&machine->memory_bytes, __ATOMIC_RELAXED);
}

void pca_machine_set_memory_limit(struct pca_machine *machine, uint64_t bytes)
{
	__atomic_store_n(&machine->memory_limit_bytes, bytes, __ATOMIC_RELAXED);
}

int machine_charge(struct pca_machine *machine, uint64_t bytes)
{
	uint64_t old = __atomic_load_n(&machine->memory_bytes, __ATOMIC_RELAXED);
	uint64_t limit = __atomic_load_n(&machine->memory_limit_bytes, __ATOMIC_RELAXED);

	do {
		if (bytes > limit || old > limit - bytes)
			return -ENOMEM;
	} while (!__atomic_compare_exchange_n(&machine->memory_bytes, &old, old + bytes, true,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return 0;
}

void machine_uncharge(struct pca_machine *machine, uint64_t bytes)
{
	__atomic_fetch_sub(&machine->memory_bytes, bytes, __ATOMIC_RELAXED);
}
