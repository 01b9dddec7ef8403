// SPDX-License-Identifier: MIT
/*
 * Recorded steps as a timeline. Its time is virtual: each step takes a microsecond. On the
 * track of a CPU lie what its programs did from when they got the CPU until they lost it to
 * another one in task context, and in them the interrupts that came in.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "machine.h"
#include "output.h"
#include "schedule_record.h"
#include "timeline.h"

#define STEP_NS 1000

/* What an actor has begun and not ended: a stretch of its run, or of its commands. */
struct open_slice {
	bool is_open;
	uint64_t since_ns;
	const char *helper; /* the call that is under way, or NULL */
	uint64_t helper_ns;
};

struct drawing {
	const struct schedule_record *record;
	struct timeline timeline;
	struct open_slice open[PCA_MAX_ACTORS];
	bool is_short; /* of memory */
};

static struct pca_event *add_event(struct drawing *d, enum pca_event_kind kind, uint64_t from_ns,
				   uint64_t until_ns)
{
	struct timeline *t = &d->timeline;
	struct pca_event *grown;

	if (t->nr == t->room) {
		size_t room = t->room ? 2 * t->room : 256;

		grown = reallocarray(t->events, room, sizeof(*grown));
		if (!grown) {
			d->is_short = true;
			return NULL;
		}
		t->events = grown;
		t->room = room;
	}
	t->nr_of[kind]++;
	t->events[t->nr] = (struct pca_event){
		.kind = kind,
		.ns = from_ns,
		.duration_ns = until_ns - from_ns,
	};
	return &t->events[t->nr++];
}

static const char *command_name(const struct actor_spec *spec)
{
	static const char *const names[NR_COMMAND_VERBS] = {
		[COMMAND_LOOKUP] = "BPF_MAP_LOOKUP_ELEM",
		[COMMAND_UPDATE] = "BPF_MAP_UPDATE_ELEM",
		[COMMAND_CHANGE] = "BPF_MAP_UPDATE_ELEM",
		[COMMAND_DELETE] = "BPF_MAP_DELETE_ELEM",
		[COMMAND_TAKE] = "BPF_MAP_LOOKUP_AND_DELETE_ELEM",
	};

	return names[spec->commands[spec->nr_commands - 1].verb];
}

static void close_helper(struct drawing *d, uint32_t actor, uint64_t ns)
{
	const struct schedule_world *world = d->record->world;
	struct open_slice *open = &d->open[actor];
	struct pca_event *event;

	if (!open->helper)
		return;
	event = add_event(d, PCA_EVENT_HELPER, open->helper_ns, ns);
	if (event) {
		event->cpu = world->actors[actor].spec->cpu;
		event->name = open->helper;
		event->comm = pca_schedule_actor_name(world->schedule, actor);
	}
	open->helper = NULL;
}

/* next: who has taken its CPU, or NULL at its end. */
static void close_slice(struct drawing *d, uint32_t actor, uint64_t ns, long result,
			const char *next)
{
	const struct schedule_world *world = d->record->world;
	const struct actor_spec *spec = world->actors[actor].spec;
	struct open_slice *open = &d->open[actor];
	struct pca_event *event;

	if (!open->is_open)
		return;
	close_helper(d, actor, ns);
	event = add_event(d, spec->is_task ? PCA_EVENT_COMMAND_END : PCA_EVENT_RUN_END,
			  open->since_ns, ns);
	open->is_open = false;
	if (!event)
		return;
	event->result = result;
	event->next = next;
	event->comm = pca_schedule_actor_name(world->schedule, actor);
	if (spec->is_task) {
		event->task = actor + 1;
		event->name = command_name(spec);
	} else {
		event->cpu = spec->cpu;
		event->prog_id = actor + 1;
		event->prog_name = event->comm;
	}
}

/* Whoever had the CPU in task context loses it to another one there. */
static void take_cpu(struct drawing *d, const struct pca_schedule_step *step, uint64_t ns)
{
	const struct schedule_world *world = d->record->world;

	for (uint32_t i = 0; i < world->nr_actors && step->cpu >= 0; i++) {
		if (i != step->actor && !world->actors[i].spec->is_task &&
		    world->actors[i].spec->cpu == (uint32_t)step->cpu &&
		    step->context == PCA_CONTEXT_TASK)
			close_slice(d, i, ns, 0,
				    pca_schedule_actor_name(world->schedule, step->actor));
	}
}

static void draw_access(struct drawing *d, const struct recorded_step *r, uint64_t ns)
{
	struct pca_event *event = add_event(d, TIMELINE_ACCESS, ns, ns);
	char text[STEP_TEXT_BYTES];

	if (!event)
		return;
	schedule_step_text(r, text);
	event->name = strdup(text);
	d->is_short |= !event->name;
	event->comm = pca_schedule_actor_name(d->record->world->schedule, r->step.actor);
	if (r->step.cpu < 0)
		event->task = r->step.actor + 1;
	else
		event->cpu = (uint32_t)r->step.cpu;
}

static void draw_step(struct drawing *d, const struct recorded_step *r, uint64_t ns)
{
	struct open_slice *open = &d->open[r->step.actor];

	if (r->step.ends) {
		close_slice(d, r->step.actor, ns, r->result, NULL);
		return;
	}
	if (!open->is_open) {
		/* A little earlier than the step, so that a call lies in it. */
		take_cpu(d, &r->step, ns - STEP_NS / 2);
		*open = (struct open_slice){ .is_open = true, .since_ns = ns - STEP_NS / 2 + 1 };
	}
	close_helper(d, r->step.actor, ns);
	if (r->step.helper && !r->step.is_after) {
		open->helper = r->step.helper;
		open->helper_ns = ns;
	}
	if (*r->place)
		draw_access(d, r, ns);
}

static void draw(struct drawing *d)
{
	const struct schedule_record *record = d->record;

	for (size_t i = 0; i < record->nr; i++) {
		const struct recorded_step *r = &record->steps[i];
		uint64_t ns = (i + 1) * STEP_NS;

		/* A call is over when its actor is left: nobody is left inside of one. */
		if (i && record->steps[i - 1].step.actor != r->step.actor)
			close_helper(d, record->steps[i - 1].step.actor, ns - STEP_NS / 2 - 1);
		draw_step(d, r, ns);
	}
}

static void forget(struct timeline *timeline)
{
	for (size_t i = 0; i < timeline->nr; i++) {
		if (timeline->events[i].kind == TIMELINE_ACCESS)
			free((char *)(uintptr_t)timeline->events[i].name);
	}
	free(timeline->events);
}

int schedule_record_write(const struct schedule_record *record, const char *path)
{
	struct drawing d = {
		.record = record,
		.timeline = { .machine = record->world->session.machine },
	};
	FILE *out = output_open(path);
	int err = 0;

	if (!out)
		return -1;
	draw(&d);
	timeline_sort(&d.timeline);
	if (d.is_short) {
		cli_error("out of memory for the timeline");
		err = -1;
	} else {
		err = timeline_write(&d.timeline, out);
	}
	forget(&d.timeline);
	if (output_close(out, path))
		err = -1;
	return err;
}
