// SPDX-License-Identifier: MIT
/*
 * Maps: memory, references, ids (Linux: struct bpf_map in kernel/bpf/syscall.c).
 */
#include "map.h"

#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <string.h>

#include "alloc.h"
#include "checked_places.h"
#include "machine.h"
#include "task.h"

/* The largest value that older releases look at. */
#define KMALLOC_MAX_BYTES (4U << 20)

/* Of all arrays; a shared one may be an inner map too, but not mappable here. */
#define ARRAY_FLAGS \
	(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)

char no_index_base[1];

const struct map_ops *map_ops_of_type(const struct pca_machine *machine, uint32_t map_type)
{
	switch (map_type) {
	case BPF_MAP_TYPE_HASH:
		return &hash_ops;
	case BPF_MAP_TYPE_ARRAY:
		return &array_ops;
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return machine->slabs.nr_spans > 1 ? &percpu_array_on_nodes_ops : &percpu_array_ops;
	default:
		return NULL;
	}
}

static bool value_is_too_large(uint32_t value_size)
{
	return round_up_u64(value_size, 8) > MOST_PERCPU_VALUE_BYTES;
}

int array_alloc_check(const struct release *release, const struct map_create_attr *attr,
		      bool is_percpu)
{
	const uint32_t prog_access = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
	uint32_t known_flags = (uint32_t)ARRAY_FLAGS | (is_percpu ? 0 : (uint32_t)BPF_F_INNER_MAP);
	bool has_node = (attr->map_flags & BPF_F_NUMA_NODE) && attr->numa_node != UINT32_MAX;

	if (!attr->max_entries || attr->key_size != 4 || !attr->value_size ||
	    (attr->map_flags & ~known_flags) || (attr->map_flags & prog_access) == prog_access ||
	    (is_percpu && has_node))
		return -EINVAL;
	if (!release_has(release, FEATURE_LARGE_VALUE_E2BIG))
		return attr->value_size > KMALLOC_MAX_BYTES ? -E2BIG : 0;
	if (attr->value_size > INT_MAX)
		return -E2BIG;
	return is_percpu && value_is_too_large(attr->value_size) ? -E2BIG : 0;
}

int array_alloc_elems(struct pca_map *map)
{
	const struct pca_machine *machine = map->object.machine;
	const bool is_percpu = map->ops->is_percpu;
	uint32_t nr_slabs = is_percpu ? machine->slabs.nr_slabs : 1;
	int err =
		slabs_alloc(&map->slabs, nr_slabs, (uint64_t)map->ref.elem_size * map->max_entries,
			    !(map->flags & BPF_F_RDONLY_PROG));

	if (err)
		return err;
	if (is_percpu)
		numa_bind(machine, &map->slabs);
	map->object.deferred.bytes = map->slabs.mapped_bytes;
	map->ref.base = map->slabs.prog_base;
	map->base = map->slabs.base;
	map->ref.stride = is_percpu ? map->slabs.stride : 0;
	map->ref.max_entries = map->max_entries;
	return 0;
}

void array_free_elems(struct pca_map *map)
{
	slabs_free(&map->slabs);
}

/* What older releases refuse while they allocate. */
static int check_memory(const struct pca_machine *machine, const struct map_ops *ops,
			const struct map_create_attr *attr, uint64_t charge)
{
	if (!machine_has(machine, FEATURE_NO_MEMLOCK_LIMIT) && charge >= UINT32_MAX - PAGE_BYTES)
		return -E2BIG;
	return ops->is_percpu && value_is_too_large(attr->value_size) ? -ENOMEM : 0;
}

static const struct map_ops *ops_on_machine(const struct pca_machine *machine,
					    const struct map_ops *ops)
{
	if (machine->run_ways & RUNS_MAY_NEST)
		ops = ops->at_points;
	return machine->poison_padding && ops->poisoning ? ops->poisoning : ops;
}

int map_alloc(struct pca_map **out, const struct pca_task *task, const struct map_ops *ops,
	      const struct map_create_attr *attr)
{
	struct pca_machine *machine = task->machine;
	uint32_t elem_size = (uint32_t)round_up_u64(attr->value_size, 8);
	struct pca_map *map = alloc_zeroed(sizeof(*map));
	int err;

	if (!map)
		return -ENOMEM;
	map->ops = ops_on_machine(machine, ops);
	map->is_masked = !task_bpf_capable(task, PCA_CAP_PERFMON);
	map->type = attr->map_type;
	map->key_size = attr->key_size;
	map->value_size = attr->value_size;
	map->max_entries = attr->max_entries;
	map->flags = attr->map_flags & ~(uint32_t)(BPF_F_RDONLY | BPF_F_WRONLY);
	map->stored_bytes =
		release_has(machine->release, FEATURE_CPU_FLAGS) ? attr->value_size : elem_size;
	map->user_bytes = ops->is_percpu ? elem_size * machine->nr_cpus : attr->value_size;
	map->ref.elem_size = elem_size;
	map->ref.map = map;
	map->object.machine = machine;

	if (ops->most_entries && attr->max_entries > ops->most_entries) {
		err = -E2BIG;
		goto free_map;
	}

	uint64_t charge = ops->mem_usage(map);

	err = check_memory(machine, ops, attr, charge);
	if (err)
		goto free_map;
	err = machine_charge(machine, charge);
	if (err)
		goto free_map;
	map->charged_bytes = charge;
	err = ops->alloc_elems(map);
	if (err)
		goto uncharge;
	*out = map;
	return 0;

uncharge:
	machine_uncharge(machine, charge);
free_map:
	free(map);
	return err;
}

int map_charge(struct pca_map *map, uint64_t bytes)
{
	if (!bytes || object_is_detached(&map->object))
		return 0;

	int err = machine_charge(map->object.machine, bytes);

	if (!err)
		__atomic_fetch_add(&map->charged_bytes, bytes, __ATOMIC_RELAXED);
	return err;
}

void map_uncharge(struct pca_map *map, uint64_t bytes)
{
	if (!bytes || object_is_detached(&map->object))
		return;
	machine_uncharge(map->object.machine, bytes);
	__atomic_fetch_sub(&map->charged_bytes, bytes, __ATOMIC_RELAXED);
}

/* All that is counted. What is still counted when the map is freed came after its release. */
static void map_uncharge_rest(struct pca_map *map)
{
	map_uncharge(map, __atomic_load_n(&map->charged_bytes, __ATOMIC_RELAXED));
}

static void map_free(struct object *object)
{
	struct pca_map *map = map_of_object(object);

	map_uncharge_rest(map);
	map->ops->free_elems(map);
	free(map);
}

/* With the last reference, so that the next map may take its place at once. */
static void map_release(struct object *object)
{
	remember_freed_map(map_of_object(object));
	map_uncharge_rest(map_of_object(object));
}

void map_free_unpublished(struct pca_map *map, struct pca_machine *machine)
{
	machine_uncharge(machine, map->charged_bytes);
	map->charged_bytes = 0;
	map_free(&map->object);
}

static void map_show_fdinfo(const struct object *object, FILE *out)
{
	const struct pca_map *map = container_of(object, const struct pca_map, object);

	fprintf(out,
		"map_type:\t%u\n"
		"key_size:\t%u\n"
		"value_size:\t%u\n"
		"max_entries:\t%u\n"
		"map_flags:\t0x%x\n"
		"%s"
		"memlock:\t%llu\n"
		"map_id:\t%u\n"
		"frozen:\t%u\n",
		map->type, map->key_size, map->value_size, map->max_entries, map->flags,
		machine_has(object->machine, FEATURE_MAP_EXTRA) ? "map_extra:\t0x0\n" : "",
		(unsigned long long)map->ops->mem_usage(map), object->id,
		__atomic_load_n(&map->is_frozen, __ATOMIC_RELAXED));
}

static const struct object_ops map_object_ops = {
	.kind = OBJECT_MAP,
	.free = map_free,
	.release = map_release,
	.show_fdinfo = map_show_fdinfo,
};

int map_publish(struct pca_map *map, struct pca_machine *machine)
{
	return object_publish(&map->object, &map_object_ops, machine);
}

int pca_map_get(struct pca_task *task, int fd, struct pca_map_ref **out)
{
	struct object *object;
	int err = task_get_object(task, fd, OBJECT_MAP, &object);

	if (!err)
		*out = &map_of_object(object)->ref;
	return err;
}

void pca_map_put(struct pca_map_ref *ref)
{
	object_put(&ref->map->object);
}

void *pca_map_peek(struct pca_map_ref *ref, uint32_t cpu_id, uint32_t key)
{
	const struct cpu *cpu = machine_cpu(ref->map->object.machine, cpu_id);

	if (!cpu || key >= ref->max_entries) /* a hash's are 0 */
		return NULL;
	return ref->map->base + cpu->slab * ref->stride + (uintptr_t)key * ref->elem_size;
}

uint32_t pca_map_value_size(const struct pca_map_ref *ref)
{
	return ref->map->value_size;
}
