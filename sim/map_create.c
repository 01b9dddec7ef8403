// SPDX-License-Identifier: MIT
/*
 * MAP_CREATE (Linux: map_create() in kernel/bpf/syscall.c), in its order of
 * checks: the attr, the type, what the type refuses, tokens, capabilities,
 * memory, the name, BTF, the hash of an exclusive program, the fd.
 */
#include <linux/bpf.h>

#include <pcasim/bpf.h>

#include "command.h"
#include "hint.h"
#include "uaccess.h"

#define EXCL_PROG_HASH_BYTES 32
/* Above this, rounding max_entries up to a power of two overflows. */
#define MOST_MASKED_ENTRIES (1U << 31)

static int check_fields(const struct call *c)
{
	const struct map_create_attr *create = &c->attr->create;

	if (create->btf_vmlinux_value_type_id)
		return refuse(c, -EINVAL,
			      "btf_vmlinux_value_type_id can only be used with "
			      "struct_ops maps.");
	if (create->btf_key_type_id && !create->btf_value_type_id)
		return refuse(c, -EINVAL, "Invalid btf_value_type_id.");
	if (create->map_extra)
		return refuse(c, -EINVAL, "Invalid map_extra.");
	if (!machine_has(c->machine, FEATURE_CPU_FLAGS) &&
	    file_mode_of_flags(create->map_flags) < 0)
		return -EINVAL;
	if ((create->map_flags & BPF_F_NUMA_NODE) && create->numa_node != UINT32_MAX &&
	    (create->numa_node > INT32_MAX ||
	     !hwloc_bitmap_isset(c->machine->numa_nodes, create->numa_node)))
		return refuse(c, -EINVAL, "Invalid numa_node.");
	return 0;
}

/* An fd that should be of a kind that is not simulated: nothing passes. */
static int refuse_fd(const struct pca_task *task, int fd)
{
	int err;

	rcu_enter();
	const struct file *file = task_file(task, fd);

	err = !file ? task_fd_error(fd) : file->kind == FILE_DIR ? -EBADF : -EINVAL;
	rcu_exit();
	return err;
}

/* Without CAP_PERFMON, are max_entries rounded up against speculation? */
static bool has_speculation_limit(const struct pca_machine *machine)
{
	return machine->has_mitigations || !machine_has(machine, FEATURE_SPECULATION_BY_BOOT);
}

static int check_privileges(const struct call *c, const struct map_ops *ops)
{
	const struct map_create_attr *create = &c->attr->create;

	if (create->map_flags & BPF_F_TOKEN_FD)
		return refuse_fd(c->task, create->map_token_fd);
	if (!c->machine->allow_unprivileged_bpf && !task_bpf_capable(c->task, PCA_CAP_BPF))
		return -EPERM;
	if (create->map_ifindex) {
		if (!task_capable(c->task, PCA_CAP_SYS_ADMIN))
			return -EPERM;
		return ops->is_percpu ? -EINVAL : -EOPNOTSUPP;
	}
	if (create->max_entries > MOST_MASKED_ENTRIES && has_speculation_limit(c->machine) &&
	    !task_bpf_capable(c->task, PCA_CAP_PERFMON))
		return -E2BIG;
	return 0;
}

static int set_exclusive_program(const struct call *c, struct pca_map *map)
{
	const struct map_create_attr *create = &c->attr->create;

	if (!create->excl_prog_hash)
		return create->excl_prog_hash_size ? -EINVAL : 0;
	if (create->excl_prog_hash_size != EXCL_PROG_HASH_BYTES)
		return -EINVAL;
	map->is_exclusive = true;
	return copy_from_user(c->task, map->excl_prog_hash, create->excl_prog_hash,
			      EXCL_PROG_HASH_BYTES);
}

static int describe(const struct call *c, struct pca_map *map)
{
	const struct map_create_attr *create = &c->attr->create;
	int err = obj_name_copy(map->name, create->map_name);

	if (err)
		return refuse(c, err, "Invalid map_name.");
	if (create->btf_value_type_id)
		return refuse(c, refuse_fd(c->task, create->btf_fd), "Invalid btf_fd.");
	err = set_exclusive_program(c, map);
	if (!err && file_mode_of_flags(create->map_flags) < 0)
		err = -EINVAL; /* where it is not the first check, it is the last */
	if (!err)
		err = map_publish(map, c->machine);
	return err;
}

static int refuse_map_type(const struct call *c)
{
	hint_of_machine(c->machine, HINT_MAP_TYPE,
			(struct hint_facts){ .got = c->attr->create.map_type });
	return refuse(c, -EINVAL, "Invalid map_type.");
}

long map_create(const struct call *c)
{
	const struct map_create_attr *create = &c->attr->create;
	struct map_create_attr typed = *create;
	struct pca_map *map;
	int err = check_fields(c);

	if (err)
		return err;
	const struct map_ops *ops = map_ops_of_type(c->machine, create->map_type);

	if (!ops)
		return refuse_map_type(c);
	if (machine_has(c->machine, FEATURE_TOKENS))
		typed.map_flags &= ~BPF_F_TOKEN_FD;
	err = ops->alloc_check(c->task, &typed);
	if (err)
		return refuse_map(c->machine, &typed, ops, err);
	err = check_privileges(c, ops);
	if (err)
		return err;
	err = map_alloc(&map, c->task, ops, &typed);
	if (err)
		return refuse_map(c->machine, &typed, ops, err);
	err = describe(c, map);
	if (err) {
		map_free_unpublished(map, c->machine);
		return err;
	}
	return task_open_object(c->task, &map->object,
				(uint32_t)file_mode_of_flags(create->map_flags), BPF_MAP_CREATE);
}
