// SPDX-License-Identifier: MIT
#include "copies.h"

#include <errno.h>
#include <linux/bpf.h>

#include <pcasim/bpf.h>

#include "hint.h"
#include "machine.h"
#include "refusal.h"

/*
 * A CPU's id in the lower bits, where it was put or left by a shift of an int: bits
 * beside BPF_F_CPU that mean nothing, or what no array does.
 */
static bool cpu_is_not_shifted(uint64_t flags, uint32_t allowed)
{
	const uint32_t meant = (uint32_t)(BPF_F_CPU | BPF_F_ALL_CPUS) | (allowed & BPF_EXIST);

	return (flags & BPF_F_CPU) && !(flags >> 32) && ((uint32_t)flags & ~meant);
}

int copies_of_flags(struct copies *copies, const struct pca_map *map, uint64_t flags,
		    uint32_t allowed)
{
	const uint32_t low = (uint32_t)flags, high = (uint32_t)(flags >> 32);
	const struct cpu *cpu;

	*copies = (struct copies){ COPIES_ALL, 0 };
	if (map->ops->is_percpu && cpu_is_not_shifted(flags, allowed))
		hint_of_map(map, HINT_CPU_NOT_SHIFTED, (struct hint_facts){ .got = flags });
	if (low & ~allowed)
		return -EINVAL;
	if (low & BPF_F_LOCK)
		return low == BPF_F_LOCK ? refuse_lock(map) : -EINVAL;
	if (high && !(low & BPF_F_CPU))
		return -EINVAL;
	if (!(low & (BPF_F_CPU | BPF_F_ALL_CPUS)))
		return 0;
	if (!map->ops->is_percpu) {
		hint_of_map(map, HINT_CPU_OF_SHARED_MAP, (struct hint_facts){ 0 });
		return -EINVAL;
	}
	if ((low & (BPF_F_CPU | BPF_F_ALL_CPUS)) == (BPF_F_CPU | BPF_F_ALL_CPUS))
		return -EINVAL;
	if (low & BPF_F_ALL_CPUS) {
		copies->kind = COPIES_SAME;
		return 0;
	}
	cpu = machine_cpu(map->object.machine, high);
	if (!cpu)
		return -ERANGE;
	*copies = (struct copies){ COPIES_ONE, cpu->slab };
	return 0;
}

void copies_write_some(const struct copies *copies, const struct pca_map *map, uint32_t index,
		       const void *src)
{
	if (copies->kind == COPIES_ONE) {
		map->ops->write_copy(map, copies->slab, index, src);
		return;
	}
	for_each_possible_cpu(map->object.machine, cpu)
		map->ops->write_copy(map, cpu->slab, index, src);
}
