// SPDX-License-Identifier: MIT
/*
 * The door of bpf() (Linux: __sys_bpf() in kernel/bpf/syscall.c): the checks of
 * the attr that come before every command, and the table of commands.
 */
#include "command.h"

#include <linux/bpf.h>
#include <stdio.h>

#include <pcasim/bpf.h>

#include "straight.h"
#include "told.h"
#include "uaccess.h"

struct command {
	long (*fn)(const struct call *c);
	uint32_t attr_end; /* where the command's last field ends; 0: see release */
};

#define END(type, field) (offsetof(struct type, field) + sizeof(((struct type *)0)->field))

static const struct command commands[] = {
	[BPF_MAP_CREATE] = { map_create, 0 },
	[BPF_MAP_LOOKUP_ELEM] = { map_lookup_elem, END(elem_attr, flags) },
	[BPF_MAP_UPDATE_ELEM] = { map_update_elem, END(elem_attr, flags) },
	[BPF_MAP_DELETE_ELEM] = { map_delete_elem, END(elem_attr, key) },
	[BPF_MAP_GET_NEXT_KEY] = { map_get_next_key, END(elem_attr, value) },
	[BPF_OBJ_PIN] = { obj_pin, 0 },
	[BPF_OBJ_GET] = { obj_get, 0 },
	[BPF_PROG_TEST_RUN] = { prog_test_run, END(test_attr, batch_size) },
	[BPF_MAP_GET_NEXT_ID] = { map_get_next_id, END(id_attr, next_id) },
	[BPF_MAP_GET_FD_BY_ID] = { map_get_fd_by_id, END(id_attr, open_flags) },
	[BPF_OBJ_GET_INFO_BY_FD] = { obj_get_info_by_fd, END(info_attr, info) },
	[BPF_MAP_LOOKUP_AND_DELETE_ELEM] = { map_lookup_and_delete_elem, END(elem_attr, flags) },
	[BPF_MAP_FREEZE] = { map_freeze, 4 },
	[BPF_MAP_LOOKUP_BATCH] = { map_lookup_batch, END(batch_attr, flags) },
	[BPF_MAP_LOOKUP_AND_DELETE_BATCH] = { map_lookup_and_delete_batch, END(batch_attr, flags) },
	[BPF_MAP_UPDATE_BATCH] = { map_update_batch, END(batch_attr, flags) },
	[BPF_MAP_DELETE_BATCH] = { map_delete_batch, END(batch_attr, flags) },
};

/* The commands that can meet a fault in their middle: what they do when one is ordered. */
static const struct command commands_in_steps[] = {
	[BPF_MAP_LOOKUP_ELEM] = { map_lookup_elem_in_steps, END(elem_attr, flags) },
	[BPF_MAP_UPDATE_ELEM] = { map_update_elem_in_steps, END(elem_attr, flags) },
	[BPF_MAP_LOOKUP_BATCH] = { map_lookup_batch_in_steps, END(batch_attr, flags) },
	[BPF_MAP_UPDATE_BATCH] = { map_update_batch_in_steps, END(batch_attr, flags) },
};

/* 16 bytes, anywhere. */
typedef uint64_t block __attribute__((vector_size(16), aligned(1), may_alias));

/* By blocks: callers may pass a whole union bpf_attr, of which a command knows little. */
bool bytes_are_zero(const unsigned char *bytes, size_t n)
{
	uint64_t word, any = 0;
	block blocks = { 0 };

	for (; n >= sizeof(blocks); n -= sizeof(blocks), bytes += sizeof(blocks))
		blocks |= *(const block *)bytes;
	for (; n >= sizeof(word); n -= sizeof(word), bytes += sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		any |= word;
	}
	for (; n; n--, bytes++)
		any |= *bytes;
	return !(any | blocks[0] | blocks[1]);
}

/*
 * Bytes beyond the attr that this kernel knows must be zero. Linux:
 * bpf_check_uarg_tail_zero(), where a non-zero byte wins over a later fault.
 */
static int check_unknown_tail(struct pca_task *task, uint64_t uattr, uint32_t known, uint32_t size)
{
	unsigned char tail[MOST_ATTR_BYTES];

	if (size <= known)
		return 0;
	memset(tail, 0, size - known);
	int err = copy_from_user(task, tail, uattr + known, size - known);

	return bytes_are_zero(tail, size - known) ? err : -E2BIG;
}

/* A copy of the caller's attr, zero-extended. */
static int copy_attr(struct pca_task *task, union attr *attr, uint64_t uattr, uint32_t size)
{
	uint32_t known = task->machine->release->attr_bytes;
	int err = check_unknown_tail(task, uattr, known, size);

	if (err)
		return err;
	memset(attr, 0, sizeof(*attr));
	return copy_from_user(task, attr, uattr, size < known ? size : known);
}

static const struct command *find_command(int cmd)
{
	if (cmd < 0 || (size_t)cmd >= ARRAY_SIZE(commands) || !commands[cmd].fn)
		return NULL;
	return &commands[cmd];
}

static uint32_t attr_end(const struct command *command, const struct pca_machine *machine)
{
	if (likely(command->attr_end))
		return command->attr_end;
	return command->fn == map_create ? machine->release->create_attr_end
					 : machine->release->obj_attr_end;
}

/* Older releases ask for CAP_BPF before they look at anything. */
static bool is_privileged_first(const struct pca_task *task, int cmd)
{
	const struct pca_machine *machine = task->machine;

	if (machine->allow_unprivileged_bpf || task_bpf_capable(task, PCA_CAP_BPF))
		return false;
	return !machine_has(machine, FEATURE_UNPRIVILEGED_COMMANDS) ||
	       (cmd == BPF_MAP_CREATE && !machine_has(machine, FEATURE_LATE_CREATE_EPERM));
}

/*
 * A direct task's attr that holds every field of the command is read where it
 * lies; others are copied first. The checks and their order are the same. A
 * command with fields that some release does not know would read beyond the
 * attr: it needs the zeroes that a copy has there.
 */
static bool can_read_in_place(const struct pca_task *task, const struct command *command,
			      uint64_t uattr, uint32_t size)
{
	return task->ops->is_direct && command->attr_end && uattr >= PAGE_BYTES &&
	       uattr % sizeof(uint64_t) == 0 && size >= command->attr_end &&
	       size <= task->machine->release->attr_bytes;
}

/* Out of line, so that the way in place saves and clears nothing for it. */
__attribute__((noinline)) static long call_on_copy(const struct call *in_place,
						   const struct command *command, uint32_t size,
						   uint32_t end)
{
	struct call c = *in_place;
	union attr copy;
	int err;

	if (size > MOST_ATTR_BYTES)
		return -E2BIG;
	err = copy_attr(c.task, &copy, c.uattr, size);
	if (err)
		return err;
	if (!command)
		return -EINVAL;
	if (!bytes_are_zero(copy.bytes + end, sizeof(copy) - end))
		return refuse(&c, -EINVAL, "Invalid attr.");
	c.attr = &copy;
	return command->fn(&c);
}

static const struct known_bytes nothing_known = { SIZE_MAX, SIZE_MAX };

PCA_ALWAYS_INLINE long call_plainly(const struct call *c, const struct command *command,
				    uint32_t size)
{
	uint32_t end = command ? attr_end(command, c->machine) : 0;

	if (likely(command && can_read_in_place(c->task, command, c->uattr, size) &&
		   user_buffer_is_good(c->uattr, size, "reads"))) {
		if (likely(bytes_are_zero(c->attr->bytes + end, size - end)))
			return command->fn(c);
		return refuse(c, -EINVAL, "Invalid attr.");
	}
	return call_on_copy(c, command, size, end);
}

static long call_meeting_faults(const struct call *c, int cmd, uint32_t size, uint32_t attention)
{
	struct fault_middle middle = { 0 };
	struct call attentive = *c;
	int err = 0;

	if (attention & ATTENTION_FAULTS)
		err = fault_before(c->task, cmd, &middle);
	if (err)
		return err;
	if ((attention & ATTENTION_CAPS) && is_privileged_first(c->task, cmd))
		return -EPERM;
	if (!middle.order_id)
		return call_plainly(c, find_command(cmd), size);
	/* Never on the caller's own attr, which the fault's hook may use for another command. */
	attentive.middle = &middle;
	return call_on_copy(&attentive, &commands_in_steps[cmd], size,
			    commands_in_steps[cmd].attr_end);
}

/* A task that is not like most: what is looked at before a command, and after. */
__attribute__((noinline, cold)) static long call_attentively(const struct call *c, int cmd,
							     uint32_t size)
{
	const uint32_t attention = task_attention(c->task);
	struct pca_event event;
	long ret;

	if (!(attention & ATTENTION_EVENTS))
		return call_meeting_faults(c, cmd, size, attention);
	command_begins(&event, c->task, cmd);
	ret = call_meeting_faults(c, cmd, size, attention);
	/* A fault's hook may have changed what was good, up to the attr itself. */
	tell_command_end(&event, c, size, ret, ret >= 0 && !(attention & ATTENTION_FAULTS));
	return ret;
}

static long call_command(struct pca_task *task, int cmd, void *uattr, uint32_t size,
			 struct known_bytes known, const char **reason)
{
	struct call c = {
		.task = task,
		.machine = task->machine,
		.attr = uattr,
		.uattr = user_base((uintptr_t)uattr),
		.known = known,
		.reason = reason,
	};

	if (unlikely(task_attention(task)))
		return call_attentively(&c, cmd, size);
	return call_plainly(&c, find_command(cmd), size);
}

static long call_knowing(struct pca_task *task, int cmd, void *uattr, uint32_t size,
			 struct known_bytes known)
{
	if (unlikely(cmd & BPF_COMMON_ATTRS))
		return pca_bpf_common(task, cmd, uattr, size, NULL, 0);
	return call_command(task, cmd, uattr, size, known, NULL);
}

/*
 * Hand the reason out, its end if the buffer is too small; its length only to a
 * caller whose structure is long enough for it.
 */
static int put_reason(struct pca_task *task, const struct common_attr *common, uint64_t ucommon,
		      uint32_t common_size, const char *reason)
{
	const uint32_t length_end = END(common_attr, log_true_size);
	char text[128];
	uint32_t bytes = (uint32_t)snprintf(text, sizeof(text), "%s\n", reason) + 1;
	uint32_t room = common->log_size < bytes ? common->log_size : bytes;

	if (copy_to_user(task, common->log_buf, text + bytes - room, room) ||
	    (common_size >= length_end &&
	     put_user_u32(task, bytes, ucommon + length_end - sizeof(bytes))))
		return -EFAULT;
	return room < bytes ? -ENOSPC : 0;
}

long pca_bpf_common(struct pca_task *task, int cmd, void *attr, uint32_t size, void *ucommon,
		    uint32_t common_size)
{
	struct common_attr common = { 0 };
	const char *reason = NULL;
	int plain = cmd & ~BPF_COMMON_ATTRS;

	if (!machine_has(task->machine, FEATURE_LOG_ATTR))
		return call_command(task, -1, attr, size, nothing_known, NULL);
	if (common_size > sizeof(common))
		return -E2BIG;
	if (copy_from_user(task, &common, (uintptr_t)ucommon, common_size))
		return -EFAULT;

	bool has_log = common.log_buf && common.log_size && common.log_level;

	if (plain == BPF_MAP_CREATE && !has_log &&
	    (common.log_buf || common.log_size || common.log_level))
		return -EINVAL;

	long ret = call_command(task, plain, attr, size, nothing_known, &reason);

	if (plain == BPF_MAP_CREATE && has_log && reason) {
		int err = put_reason(task, &common, (uintptr_t)ucommon, common_size, reason);

		if (err)
			return err;
	}
	return ret;
}

/*
 * LOOKUP and UPDATE by the straight way. What leaves it is called last and out of
 * line, so that it saves no registers for that.
 */
__attribute__((noinline)) static long call_elem(struct pca_task *task, int cmd,
						struct elem_attr *attr, size_t value_bytes)
{
	return call_command(task, cmd, attr, sizeof(*attr),
			    (struct known_bytes){ SIZE_MAX, value_bytes }, NULL);
}

/* The same inside a read section, which ends first. */
__attribute__((noinline, cold)) static long
leave_and_call_elem(struct pca_task *task, int cmd, struct elem_attr *attr, size_t value_bytes)
{
	rcu_exit();
	return call_elem(task, cmd, attr, value_bytes);
}

static long call_lookup(struct pca_task *task, struct elem_attr *attr, size_t value_bytes)
{
	uint32_t index;

	if (unlikely(!is_plain(task, attr)))
		return call_elem(task, BPF_MAP_LOOKUP_ELEM, attr, value_bytes);
	rcu_enter();
	const struct pca_map *map =
		find_elem(task, attr, MODE_READ | MODE_INDEXED, value_bytes, &index);

	if (unlikely(!map))
		return leave_and_call_elem(task, BPF_MAP_LOOKUP_ELEM, attr, value_bytes);
	map->ops->read_elems(map, index, 1, (void *)(uintptr_t)attr->value);
	rcu_exit();
	return 0;
}

static long call_update(struct pca_task *task, struct elem_attr *attr, size_t value_bytes)
{
	uint32_t index;

	if (unlikely(!is_plain(task, attr)))
		return call_elem(task, BPF_MAP_UPDATE_ELEM, attr, value_bytes);
	rcu_enter();
	const struct pca_map *map =
		find_elem(task, attr, MODE_WRITE | MODE_INDEXED, value_bytes, &index);

	if (unlikely(!map))
		return leave_and_call_elem(task, BPF_MAP_UPDATE_ELEM, attr, value_bytes);
	map->ops->write_elem(map, index, (const void *)(uintptr_t)attr->value);
	rcu_exit();
	return 0;
}

/* Some callers pass a whole union bpf_attr. */
__attribute__((noinline)) static long call_other(struct pca_task *task, int cmd, void *attr,
						 uint32_t size)
{
	const bool is_elem = cmd == BPF_MAP_LOOKUP_ELEM || cmd == BPF_MAP_UPDATE_ELEM;

	if (is_elem && is_tail_plain(task, attr, size))
		return cmd == BPF_MAP_LOOKUP_ELEM ? call_lookup(task, attr, SIZE_MAX)
						  : call_update(task, attr, SIZE_MAX);
	return call_knowing(task, cmd, attr, size, nothing_known);
}

long pca_bpf(struct pca_task *task, int cmd, void *attr, uint32_t size)
{
	if (likely(size == sizeof(struct elem_attr))) {
		if (cmd == BPF_MAP_LOOKUP_ELEM)
			return call_lookup(task, attr, SIZE_MAX);
		if (cmd == BPF_MAP_UPDATE_ELEM)
			return call_update(task, attr, SIZE_MAX);
	}
	return call_other(task, cmd, attr, size);
}

int pca_map_create(struct pca_task *task, uint32_t type, uint32_t value_size, uint32_t max_entries,
		   uint32_t flags)
{
	struct map_create_attr attr = {
		.map_type = type,
		.key_size = sizeof(uint32_t),
		.value_size = value_size,
		.max_entries = max_entries,
		.map_flags = flags,
	};

	return (int)call_knowing(task, BPF_MAP_CREATE, &attr, sizeof(attr), nothing_known);
}

int pca_map_lookup(struct pca_task *task, int fd, const void *key, void *value, size_t value_bytes,
		   uint64_t flags)
{
	struct elem_attr attr = {
		.map_fd = fd,
		.key = (uintptr_t)key,
		.value = (uintptr_t)value,
		.flags = flags,
	};

	return (int)call_lookup(task, &attr, value_bytes);
}

int pca_map_update(struct pca_task *task, int fd, const void *key, const void *value,
		   size_t value_bytes, uint64_t flags)
{
	struct elem_attr attr = {
		.map_fd = fd,
		.key = (uintptr_t)key,
		.value = (uintptr_t)value,
		.flags = flags,
	};

	return (int)call_update(task, &attr, value_bytes);
}

int pca_map_batch(struct pca_task *task, int cmd, void *attr, uint32_t size,
		  struct pca_batch_bytes known)
{
	return (int)call_knowing(task, cmd, attr, size,
				 (struct known_bytes){ known.keys, known.values });
}

int64_t pca_map_lookup_bytes(struct pca_task *task, int fd)
{
	int err;

	rcu_enter();
	const struct pca_map *map = map_of_fd(task, fd, 0, &err);
	int64_t bytes = map ? (int64_t)map->user_bytes : err;

	rcu_exit();
	return bytes;
}
