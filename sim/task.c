// SPDX-License-Identifier: MIT
/*
 * Tasks and their fd tables (Linux: task_struct, files_struct). Commands find
 * files without a lock, by RCU; opening and closing take the table's mutex.
 */
#define _GNU_SOURCE
#include "task.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "bpffs.h"
#include "message.h"
#include "uaccess.h"

#define FIRST_TABLE_SIZE 64
#define DEFAULT_MAX_FDS 1024
#define MOST_FDS (1U << 20)

static struct fd_table *fd_table_alloc(uint32_t size)
{
	struct fd_table *table = alloc_zeroed(sizeof(*table) + size * sizeof(table->files[0]));

	if (table)
		table->size = size;
	return table;
}

static void fd_table_free(struct rcu_deferred *deferred)
{
	free(container_of(deferred, struct fd_table, deferred));
}

static int set_comm(struct pca_task *task, const char *comm)
{
	if (!comm)
		comm = program_invocation_short_name;
	else if (strlen(comm) >= sizeof(task->comm)) {
		message_error("a task's comm \"%s\" is longer than %zu bytes", comm,
			      sizeof(task->comm) - 1);
		return -EINVAL;
	}
	strncpy(task->comm, comm, sizeof(task->comm) - 1);
	return 0;
}

static int set_identity(struct pca_task *task, const struct pca_task_opts *opts)
{
	int err = set_comm(task, opts->comm);

	if (err)
		return err;
	if (opts->memory != PCA_DIRECT && opts->memory != PCA_CHECKED) {
		message_error("memory %d is neither PCA_DIRECT nor PCA_CHECKED", (int)opts->memory);
		return -EINVAL;
	}
	if (opts->memory == PCA_CHECKED && !checked_memory_works()) {
		message_error("a checked task needs process_vm_readv() on this very process, "
			      "which is not permitted here; use a direct task");
		return -EPERM;
	}
	if (opts->max_fds > MOST_FDS) {
		message_error("max_fds %u is above %u", opts->max_fds, MOST_FDS);
		return -EINVAL;
	}
	task->ops = opts->memory == PCA_CHECKED ? &checked_task_ops : &direct_task_ops;
	if (!task->ops->is_direct || __asan_region_is_poisoned)
		task_attend(task, ATTENTION_MEMORY);
	task->cred = (struct cred){ opts->uid, opts->gid, 0 };
	task_drop_caps(task, opts->dropped_caps);
	task->max_fds = opts->max_fds ? opts->max_fds : DEFAULT_MAX_FDS;
	return 0;
}

static void link_task(struct pca_task *task)
{
	struct pca_machine *machine = task->machine;

	pthread_mutex_lock(&machine->tasks_lock);
	task->next = machine->tasks;
	if (task->next)
		task->next->prev = task;
	machine->tasks = task;
	task->number = ++machine->nr_tasks_made;
	if (machine->listener)
		task_attend(task, ATTENTION_EVENTS);
	pthread_mutex_unlock(&machine->tasks_lock);
}

static void unlink_task(struct pca_task *task)
{
	struct pca_machine *machine = task->machine;

	pthread_mutex_lock(&machine->tasks_lock);
	if (task->prev)
		task->prev->next = task->next;
	else
		machine->tasks = task->next;
	if (task->next)
		task->next->prev = task->prev;
	pthread_mutex_unlock(&machine->tasks_lock);
}

int pca_task_create(struct pca_task **out, struct pca_machine *machine,
		    const struct pca_task_opts *user_opts)
{
	struct pca_task_opts opts = { 0 };
	struct pca_task *task;
	int err = 0;

	if (user_opts)
		err = copy_opts(&opts, sizeof(opts), user_opts, user_opts->size,
				"struct pca_task_opts");
	if (err)
		return err;
	task = alloc_zeroed(sizeof(*task));
	if (!task)
		return -ENOMEM;
	task->machine = machine;
	task->cpu_ordinal = machine_first_online_cpu(machine)->ordinal;
	err = set_identity(task, &opts);
	if (err)
		goto free_task;
	err = -ENOMEM;
	task->fds = fd_table_alloc(FIRST_TABLE_SIZE);
	if (!task->fds)
		goto free_task;
	err = bpffs_find_dir(machine->bpffs, &task->cred, NULL, opts.cwd ? opts.cwd : PCA_BPFFS,
			     &task->cwd);
	if (err)
		goto free_fds;
	pthread_mutex_init(&task->fds_lock, NULL);
	faults_init(&task->faults);
	link_task(task);
	*out = task;
	return 0;

free_fds:
	free(task->fds);
free_task:
	free(task);
	return err;
}

/* Nobody else is inside a call on the task. */
static void close_all(struct pca_task *task)
{
	for (uint32_t slot = 0; task->nr_open; slot++) {
		struct file *file = task->fds->files[slot];

		if (!file)
			continue;
		rcu_assign(task->fds->files[slot], NULL);
		task->nr_open--;
		file_put(file);
	}
	task->lowest_free = 0;
}

void pca_task_destroy(struct pca_task *task)
{
	if (!task)
		return;
	unlink_task(task);
	close_all(task);
	rcu_defer(&task->fds->deferred, fd_table_free);
	inode_put(task->cwd);
	pthread_mutex_destroy(&task->fds_lock);
	faults_destroy(&task->faults);
	free(task->image);
	free(task);
}

void tasks_destroy(struct pca_machine *machine)
{
	while (machine->tasks) {
		struct pca_task *task = machine->tasks;

		if (task->nr_open)
			message_warning(
				"task \"%s\" still had %u fd%s open when its machine was "
				"destroyed: close() them first, or pca_task_destroy(), which "
				"closes quietly",
				task->comm, task->nr_open, task->nr_open == 1 ? "" : "s");
		pca_task_destroy(task);
	}
}

void tasks_reset(struct pca_machine *machine)
{
	uint32_t cpu_ordinal = machine_first_online_cpu(machine)->ordinal;

	for (struct pca_task *task = machine->tasks; task; task = task->next) {
		close_all(task);
		task->cpu_ordinal = cpu_ordinal;
		task->hints_told = 0;
		pca_fault_clear(task);
	}
}

struct pca_machine *pca_task_machine(const struct pca_task *task)
{
	return task->machine;
}

int pca_task_set_cpu(struct pca_task *task, uint32_t cpu_id)
{
	const struct cpu *cpu = machine_cpu(task->machine, cpu_id);

	if (!cpu)
		return -EINVAL;
	if (!__atomic_load_n(&cpu->is_online, __ATOMIC_RELAXED))
		return -ENXIO;
	__atomic_store_n(&task->cpu_ordinal, cpu->ordinal, __ATOMIC_RELAXED);
	return 0;
}

int task_fd_error(int fd)
{
	if (fd < 0 || fd >= PCA_FIRST_FD)
		return -EBADF;

	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || (flags & O_PATH) ? -EBADF : -EINVAL;
}

int task_get_any_object(struct pca_task *task, int fd, struct object **object)
{
	int err = 0;

	rcu_enter();
	const struct file *file = task_file(task, fd);

	if (!file)
		err = task_fd_error(fd);
	else if (!file->object || !object_tryget(file->object))
		err = -EBADF;
	else
		*object = file->object;
	rcu_exit();
	return err;
}

int task_get_object(struct pca_task *task, int fd, enum object_kind kind, struct object **object)
{
	int err = task_get_any_object(task, fd, object);

	if (!err && (*object)->ops->kind != kind) {
		object_put(*object);
		err = -EINVAL;
	}
	return err;
}

static int grow_table(struct pca_task *task, uint32_t slot)
{
	struct fd_table *old = task->fds;
	uint32_t size = old->size * 2;

	while (size <= slot)
		size *= 2;

	struct fd_table *table = fd_table_alloc(size);

	if (!table)
		return -ENOMEM;
	memcpy(table->files, old->files, old->size * sizeof(old->files[0]));
	rcu_assign(task->fds, table);
	rcu_defer(&old->deferred, fd_table_free);
	return 0;
}

int task_install(struct pca_task *task, struct file *file, uint32_t min_slot)
{
	int fd;

	pthread_mutex_lock(&task->fds_lock);
	bool from_lowest = min_slot <= task->lowest_free;
	uint32_t slot = from_lowest ? task->lowest_free : min_slot;

	while (slot < task->fds->size && task->fds->files[slot])
		slot++;
	if (slot >= task->max_fds)
		fd = -EMFILE;
	else if (slot >= task->fds->size && grow_table(task, slot))
		fd = -ENOMEM;
	else {
		rcu_assign(task->fds->files[slot], file);
		if (from_lowest)
			task->lowest_free = slot + 1;
		__atomic_store_n(&task->nr_open, task->nr_open + 1, __ATOMIC_RELAXED);
		fd = PCA_FIRST_FD + (int)slot;
	}
	pthread_mutex_unlock(&task->fds_lock);
	return fd;
}

int task_open_object(struct pca_task *task, struct object *object, uint32_t mode, int cmd)
{
	struct file *file = file_open_object(object, mode);

	if (!file) {
		object_put(object);
		return -ENOMEM;
	}

	file->opened_by = cmd;
	int fd = task_install(task, file, 0);

	if (fd < 0)
		file_put(file);
	return fd;
}

int pca_close(struct pca_task *task, int fd)
{
	uint32_t slot = (uint32_t)fd - PCA_FIRST_FD;
	struct file *file = NULL;

	pthread_mutex_lock(&task->fds_lock);
	if (slot < task->fds->size)
		file = task->fds->files[slot];
	if (file) {
		rcu_assign(task->fds->files[slot], NULL);
		if (slot < task->lowest_free)
			task->lowest_free = slot;
		__atomic_store_n(&task->nr_open, task->nr_open - 1, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&task->fds_lock);

	if (!file)
		return -EBADF;
	file_put(file);
	return 0;
}

int pca_dup(struct pca_task *task, int fd, int min_fd)
{
	uint32_t slot = (uint32_t)fd - PCA_FIRST_FD;
	uint32_t min_slot = min_fd > PCA_FIRST_FD ? (uint32_t)min_fd - PCA_FIRST_FD : 0;
	struct file *file = NULL;

	pthread_mutex_lock(&task->fds_lock);
	if (slot < task->fds->size)
		file = task->fds->files[slot];
	if (file)
		file_get(file);
	pthread_mutex_unlock(&task->fds_lock);

	if (!file)
		return -EBADF;

	int new_fd = min_fd < 0 || min_slot >= task->max_fds ? -EINVAL
							     : task_install(task, file, min_slot);

	if (new_fd < 0)
		file_put(file);
	return new_fd;
}

uint32_t pca_task_open_fds(const struct pca_task *task)
{
	return __atomic_load_n(&task->nr_open, __ATOMIC_RELAXED);
}

int pca_fd_flags(struct pca_task *task, int fd)
{
	int flags = -EBADF;

	rcu_enter();
	const struct file *file = task_file(task, fd);

	if (file && file->kind == FILE_DIR)
		flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	else if (file)
		flags = !(file->mode & MODE_WRITE)  ? O_RDONLY
			: !(file->mode & MODE_READ) ? O_WRONLY
						    : O_RDWR;
	rcu_exit();
	return flags;
}

static void show_fdinfo(const struct file *file, int flags, FILE *out)
{
	fprintf(out, "pos:\t0\nflags:\t0%o\nmnt_id:\t15\nino:\t1057\n", flags | O_CLOEXEC);
	if (file->object)
		file->object->ops->show_fdinfo(file->object, out);
}

int pca_fdinfo(struct pca_task *task, int fd, char *buf, size_t size)
{
	int flags = pca_fd_flags(task, fd), len = -EBADF;
	char text[512] = "";
	FILE *out = alloc_stream(text, sizeof(text));

	if (!out)
		return -ENOMEM;
	rcu_enter();
	const struct file *file = task_file(task, fd);

	if (file && flags >= 0) {
		show_fdinfo(file, flags, out);
		fflush(out);
		len = (int)ftell(out);
	}
	rcu_exit();
	fclose(out);
	if (len >= 0 && size) {
		size_t n = (size_t)len < size ? (size_t)len : size - 1;

		memcpy(buf, text, n);
		buf[n] = '\0';
	}
	return len;
}
