// SPDX-License-Identifier: MIT
/*
 * Who listens to a machine. Its tasks' commands leave the shortest way by their
 * attention, its runs by run_ways; both are written only while nothing is under way.
 */
#include "listen.h"

static void set_attention(struct pca_machine *machine, bool is_listened_to)
{
	pthread_mutex_lock(&machine->tasks_lock);
	for (struct pca_task *task = machine->tasks; task; task = task->next) {
		if (is_listened_to)
			task_attend(task, ATTENTION_EVENTS);
		else
			task_ignore(task, ATTENTION_EVENTS);
	}
	pthread_mutex_unlock(&machine->tasks_lock);
}

int pca_machine_listen(struct pca_machine *machine, pca_event_fn fn, void *arg)
{
	if (may_not_wait())
		return -EDEADLK;
	for_each_possible_cpu(machine, cpu)
		cpu_finish_accepted(cpu);
	machine->listener = fn;
	machine->listener_arg = arg;
	if (fn)
		machine->run_ways |= RUNS_ARE_TOLD;
	else
		machine->run_ways &= ~(uint32_t)RUNS_ARE_TOLD;
	set_attention(machine, fn);
	return 0;
}

void command_begins(struct pca_event *event, const struct pca_task *task, int cmd)
{
	uint32_t ordinal = __atomic_load_n(&task->cpu_ordinal, __ATOMIC_RELAXED);

	*event = (struct pca_event){
		.kind = PCA_EVENT_COMMAND_BEGIN,
		.cpu = task->machine->cpus[ordinal].id,
		.task = task->number,
		.comm = task->comm,
		.command = cmd,
		.name = pca_command_name(cmd),
	};
	event_tell(task->machine, event);
}

void command_is_over(struct pca_event *event)
{
	uint64_t now = event_now_ns();

	event->kind = PCA_EVENT_COMMAND_END;
	event->duration_ns = now - event->ns;
	event->ns = now;
}

void command_ends(struct pca_event *event, const struct pca_task *task, long result)
{
	event->result = result;
	event_tell(task->machine, event);
}
