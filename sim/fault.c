// SPDX-License-Identifier: MIT
/*
 * The orders of <pcasim/fault.h>: a queue per task, under its lock. What an order
 * lets happen happens without the lock, on a copy, since its hook may order more
 * or clear the queue.
 */
#include "fault.h"

#include <linux/bpf.h>
#include <time.h>

#include <pcasim/bpf.h>
#include <pcasim/event.h>

#include "alloc.h"
#include "message.h"
#include "task.h"

#define MOST_ERRNO 4095
/* What callers that give no size have room for, however long the structure becomes. */
#define FIRST_OPTS_BYTES (offsetof(struct pca_fault_opts, err) + sizeof(int))
#define NS_PER_SEC 1000000000

struct fault_order {
	struct fault_order *next;
	uint64_t id;
	bool is_met; /* by one command at least */
	struct pca_fault_opts opts;
};

void faults_init(struct faults *faults)
{
	pthread_mutex_init(&faults->lock, NULL);
}

/* Forget all; how many were waiting. */
static uint32_t drop_orders(struct faults *faults)
{
	uint32_t nr_pending = 0;

	while (faults->first) {
		struct fault_order *order = faults->first;

		nr_pending += order->opts.times != PCA_EVERY_TIME || !order->is_met;
		faults->first = order->next;
		free(order);
	}
	return nr_pending;
}

void faults_destroy(struct faults *faults)
{
	drop_orders(faults);
	pthread_mutex_destroy(&faults->lock);
}

/* ---- ordering ---- */

static bool has_middle(const struct pca_fault_opts *opts)
{
	return opts->after_elems || opts->after_copies;
}

/* Can a command of this kind come where the order is met? */
static bool can_meet(int cmd, const struct pca_fault_opts *opts)
{
	if (!has_middle(opts))
		return true;
	switch (cmd) {
	case BPF_MAP_LOOKUP_ELEM:
	case BPF_MAP_UPDATE_ELEM:
		return !opts->after_elems;
	case BPF_MAP_LOOKUP_BATCH:
	case BPF_MAP_UPDATE_BATCH:
		return true;
	default:
		return false;
	}
}

static int check_place(const struct pca_task *task, const struct pca_fault_opts *opts)
{
	if (opts->cmd != PCA_ANY_COMMAND && !pca_command_name(opts->cmd)) {
		message_error("a fault for command %d, which no release has: give an enum bpf_cmd "
			      "without BPF_COMMON_ATTRS, or PCA_ANY_COMMAND",
			      opts->cmd);
		return -EINVAL;
	}
	if (opts->cmd != PCA_ANY_COMMAND && !can_meet(opts->cmd, opts)) {
		message_error("a fault for command %d after %u elements and %u copies: it has no "
			      "such middle; elements are counted in LOOKUP_BATCH and UPDATE_BATCH, "
			      "copies in LOOKUP_ELEM and UPDATE_ELEM too",
			      opts->cmd, opts->after_elems, opts->after_copies);
		return -EINVAL;
	}
	if (opts->after_copies > task->machine->nr_cpus) {
		message_error("a fault after %u copies: an element has %u, one for each possible "
			      "CPU",
			      opts->after_copies, task->machine->nr_cpus);
		return -EINVAL;
	}
	return 0;
}

static int refuse_errno(int err)
{
	message_error("a fault with errno %d: give a positive one, such as ENOMEM", err);
	return -EINVAL;
}

static int check_err(const struct pca_fault_opts *opts)
{
	if (opts->err < 0 || opts->err > MOST_ERRNO)
		return refuse_errno(opts->err);
	if (opts->err && opts->after_copies) {
		message_error("a fault with errno %d after %u copies: nothing fails between the "
			      "copies of an element; let it fail before, with after_copies 0",
			      opts->err, opts->after_copies);
		return -EINVAL;
	}
	return 0;
}

static int check_effect(const struct pca_task *task, const struct pca_fault_opts *opts)
{
	if (!opts->delay_ns && !opts->fn && !opts->sets_cpu_offline && !opts->err) {
		message_error("a fault for command %d in which nothing happens: set delay_ns, fn, "
			      "sets_cpu_offline or err",
			      opts->cmd);
		return -EINVAL;
	}
	if (opts->sets_cpu_offline && !machine_cpu(task->machine, opts->offline_cpu)) {
		message_error("a fault that takes CPU %u offline, which is not possible",
			      opts->offline_cpu);
		return -EINVAL;
	}
	return check_err(opts);
}

static void append(struct pca_task *task, struct fault_order *order)
{
	struct faults *faults = &task->faults;
	struct fault_order **link = &faults->first;

	pthread_mutex_lock(&faults->lock);
	while (*link)
		link = &(*link)->next;
	*link = order;
	order->id = ++faults->last_id;
	task_attend(task, ATTENTION_FAULTS);
	pthread_mutex_unlock(&faults->lock);
}

int pca_fault_add(struct pca_task *task, const struct pca_fault_opts *user_opts)
{
	struct pca_fault_opts opts = { 0 };
	struct fault_order *order;
	int err =
		copy_opts(&opts, sizeof(opts), user_opts, user_opts->size, "struct pca_fault_opts");

	if (!err)
		err = check_place(task, &opts);
	if (!err)
		err = check_effect(task, &opts);
	if (err)
		return err;
	order = calloc(1, sizeof(*order)); /* what fails on demand is not what demands */
	if (!order)
		return -ENOMEM;
	order->opts = opts;
	if (!order->opts.times)
		order->opts.times = 1;
	append(task, order);
	return 0;
}

int pca_fail_next(struct pca_task *task, int cmd, int err)
{
	struct pca_fault_opts opts = { .size = sizeof(opts), .cmd = cmd, .err = err };

	return err ? pca_fault_add(task, &opts) : refuse_errno(err);
}

uint32_t pca_fault_clear(struct pca_task *task)
{
	pthread_mutex_lock(&task->faults.lock);
	uint32_t nr_pending = drop_orders(&task->faults);

	task_ignore(task, ATTENTION_FAULTS);
	pthread_mutex_unlock(&task->faults.lock);
	return nr_pending;
}

/* The order that waits after this one, or the first for NULL. Under the lock. */
static struct fault_order *next_pending(const struct faults *faults, struct fault_order *order)
{
	order = order ? order->next : faults->first;
	while (order && order->opts.times == PCA_EVERY_TIME && order->is_met)
		order = order->next;
	return order;
}

uint32_t pca_faults_pending(struct pca_task *task)
{
	struct fault_order *order = NULL;
	uint32_t nr = 0;

	pthread_mutex_lock(&task->faults.lock);
	while ((order = next_pending(&task->faults, order)))
		nr++;
	pthread_mutex_unlock(&task->faults.lock);
	return nr;
}

int pca_fault_get(struct pca_task *task, uint32_t index, struct pca_fault_opts *opts)
{
	const size_t size = opts->size, room = size ? size : FIRST_OPTS_BYTES;
	struct fault_order *order;

	pthread_mutex_lock(&task->faults.lock);
	order = next_pending(&task->faults, NULL);
	while (order && index--)
		order = next_pending(&task->faults, order);
	if (order) {
		memcpy(opts, &order->opts, room < sizeof(*opts) ? room : sizeof(*opts));
		opts->size = size;
	}
	pthread_mutex_unlock(&task->faults.lock);
	return order ? 0 : -ENOENT;
}

/* ---- meeting ---- */

/* Under the lock: *opts is what happens; the order is gone if that was its last time. */
static void take(struct pca_task *task, struct fault_order **link, struct pca_fault_opts *opts)
{
	struct fault_order *order = *link;

	*opts = order->opts;
	order->is_met = true;
	if (order->opts.times == PCA_EVERY_TIME || --order->opts.times)
		return;
	*link = order->next;
	free(order);
	if (!task->faults.first)
		task_ignore(task, ATTENTION_FAULTS);
}

static void sleep_for(uint64_t ns)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ns / NS_PER_SEC);
	until.tv_nsec += (long)(ns % NS_PER_SEC);
	if (until.tv_nsec >= NS_PER_SEC) {
		until.tv_sec++;
		until.tv_nsec -= NS_PER_SEC;
	}
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

static int carry_out(const struct pca_task *task, const struct pca_fault_opts *opts)
{
	int err = 0;

	if (opts->delay_ns)
		sleep_for(opts->delay_ns);
	if (opts->fn)
		opts->fn(opts->arg);
	if (opts->sets_cpu_offline)
		err = pca_cpu_set_online(task->machine, opts->offline_cpu, false);
	if (err)
		message_error("a fault cannot take CPU %u offline: %s", opts->offline_cpu,
			      err == -EBUSY ? "it is the last one online"
					    : "the command is called from inside a run");
	return -opts->err;
}

static bool fits(const struct pca_fault_opts *opts, int cmd)
{
	return (opts->cmd == cmd || opts->cmd == PCA_ANY_COMMAND) && can_meet(cmd, opts);
}

/* The command takes the first order that fits it. Does it meet it now? Under the lock. */
static bool meets_before(struct pca_task *task, int cmd, struct fault_middle *middle,
			 struct pca_fault_opts *opts)
{
	struct fault_order **link = &task->faults.first, *order;

	while (*link && !fits(&(*link)->opts, cmd))
		link = &(*link)->next;
	order = *link;
	if (!order)
		return false;
	if (order->opts.skip) {
		order->opts.skip--;
		return false;
	}
	if (has_middle(&order->opts)) {
		*middle = (struct fault_middle){ order->id, order->opts.after_elems,
						 order->opts.after_copies };
		return false;
	}
	take(task, link, opts);
	return true;
}

int fault_before(struct pca_task *task, int cmd, struct fault_middle *middle)
{
	struct pca_fault_opts opts;

	pthread_mutex_lock(&task->faults.lock);
	bool is_met = meets_before(task, cmd, middle, &opts);

	pthread_mutex_unlock(&task->faults.lock);
	return is_met ? carry_out(task, &opts) : 0;
}

/* Another command, or the same one's own hook, may have used the order up meanwhile. */
int fault_in_middle(struct pca_task *task, const struct fault_middle *middle)
{
	struct fault_order **link = &task->faults.first;
	struct pca_fault_opts opts;
	bool is_met;

	pthread_mutex_lock(&task->faults.lock);
	while (*link && (*link)->id != middle->order_id)
		link = &(*link)->next;
	is_met = *link;
	if (is_met)
		take(task, link, &opts);
	pthread_mutex_unlock(&task->faults.lock);
	return is_met ? carry_out(task, &opts) : 0;
}
