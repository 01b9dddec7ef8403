// SPDX-License-Identifier: MIT
/*
 * A timeline in the trace event format: a process is the machine, a track ("thread") each
 * CPU and each task; a task that gives commands on several threads at once has a track
 * for each. Runs, helper calls and commands are slices (X), the rest instants (i). A run
 * that is cut short by another one has that one's name in the place of a result. Times
 * are in microseconds from the first event on.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "json.h"
#include "machine.h"
#include "timeline.h"

/* Numbers of tracks: CPU ids from the one on, tasks from the other. */
#define MACHINE_PID 1
#define FIRST_CPU_TID 1000
#define FIRST_TASK_TID 10000
_Static_assert(FIRST_CPU_TID + PCA_MAX_CPU_ID < FIRST_TASK_TID, "tracks have numbers of their own");

/* A task on a host thread. */
struct track {
	uint32_t task, thread;
	const char *comm;
};

struct writer {
	FILE *out;
	uint64_t start_ns;
	struct track *tracks;
	size_t nr_tracks;
	bool has_written;
};

static bool is_of_task(const struct pca_event *event)
{
	return event->kind == PCA_EVENT_COMMAND_END ||
	       (event->kind == TIMELINE_ACCESS && event->task);
}

/* The index of the event's track, nr_tracks if it is new. The last tracks are the likely ones. */
static size_t find_track(const struct writer *w, const struct pca_event *event)
{
	for (size_t i = w->nr_tracks; i-- > 0;) {
		if (w->tracks[i].task == event->task && w->tracks[i].thread == event->thread)
			return i;
	}
	return w->nr_tracks;
}

static int add_tracks(struct writer *w, const struct timeline *timeline)
{
	for (size_t i = 0; i < timeline->nr; i++) {
		const struct pca_event *event = &timeline->events[i];
		struct track *tracks;

		if (!is_of_task(event) || find_track(w, event) < w->nr_tracks)
			continue;
		tracks = reallocarray(w->tracks, w->nr_tracks + 1, sizeof(*tracks));
		if (!tracks)
			return -1;
		w->tracks = tracks;
		w->tracks[w->nr_tracks++] =
			(struct track){ event->task, event->thread, event->comm };
	}
	return 0;
}

static size_t tid_of(const struct writer *w, const struct pca_event *event)
{
	return is_of_task(event) ? FIRST_TASK_TID + find_track(w, event)
				 : FIRST_CPU_TID + event->cpu;
}

/* The beginning of an event's line; its end is up to the caller. */
static void begin_line(struct writer *w, const char *ph, size_t tid)
{
	fprintf(w->out, "%s\n{\"ph\": \"%s\", \"pid\": %d, \"tid\": %zu", w->has_written ? "," : "",
		ph, MACHINE_PID, tid);
	w->has_written = true;
}

static void put_us(FILE *out, const char *key, uint64_t ns)
{
	fprintf(out, ", \"%s\": %" PRIu64 ".%03u", key, ns / 1000, (unsigned int)(ns % 1000));
}

static void put_text(FILE *out, const char *key, const char *text)
{
	fprintf(out, ", \"%s\": ", key);
	json_put_string(out, text ? text : "");
}

/* "map 7" or its name: the first of an object's args needs no comma before it. */
static void put_object(FILE *out, const char *before, const char *key, const char *name,
		       uint32_t id)
{
	char number[32];

	snprintf(number, sizeof(number), "%s %" PRIu32, key, id);
	fprintf(out, "%s\"%s\": ", before, key);
	json_put_string(out, name && *name ? name : number);
}

static void write_metadata(struct writer *w, size_t tid, const char *what, const char *name)
{
	begin_line(w, "M", tid);
	fprintf(w->out, ", \"name\": \"%s\", \"args\": {\"name\": ", what);
	json_put_string(w->out, name);
	fputs("}}", w->out);
}

static void write_track(struct writer *w, size_t tid, const char *name)
{
	write_metadata(w, tid, "thread_name", name);
	begin_line(w, "M", tid);
	fprintf(w->out, ", \"name\": \"thread_sort_index\", \"args\": {\"sort_index\": %zu}}", tid);
}

/* A task's second track says which host thread it is. */
static void write_task_track(struct writer *w, size_t index)
{
	const struct track *track = &w->tracks[index];
	char name[64];
	bool is_first = true;

	for (size_t i = 0; i < index; i++)
		is_first &= w->tracks[i].task != track->task;
	if (is_first)
		snprintf(name, sizeof(name), "task %s", track->comm ? track->comm : "");
	else
		snprintf(name, sizeof(name), "task %s, thread %" PRIu32,
			 track->comm ? track->comm : "", track->thread);
	write_track(w, FIRST_TASK_TID + index, name);
}

static void write_tracks(struct writer *w, const struct pca_machine *machine)
{
	char name[64];

	snprintf(name, sizeof(name), "machine %s", pca_machine_release(machine));
	write_metadata(w, 0, "process_name", name);
	for_each_possible_cpu(machine, cpu) {
		snprintf(name, sizeof(name), "CPU %" PRIu32, cpu->id);
		write_track(w, FIRST_CPU_TID + cpu->id, name);
	}
	for (size_t i = 0; i < w->nr_tracks; i++)
		write_task_track(w, i);
}

static void put_slice_name(FILE *out, const struct pca_event *event)
{
	char number[32] = "";

	if (event->kind == PCA_EVENT_RUN_END) {
		snprintf(number, sizeof(number), "prog %" PRIu32, event->prog_id);
		put_text(out, "name",
			 event->prog_name && *event->prog_name ? event->prog_name : number);
		put_text(out, "cat", "run");
		return;
	}
	snprintf(number, sizeof(number), "bpf(%d)", event->command);
	put_text(out, "name", event->name ? event->name : number);
	put_text(out, "cat", event->kind == PCA_EVENT_HELPER ? "helper" : "command");
}

static void put_slice_args(FILE *out, const struct pca_event *event)
{
	const char *error = event->kind != PCA_EVENT_RUN_END && event->result < 0
				    ? pca_errno_name((int)event->result)
				    : NULL;

	if (event->next) {
		fputs(", \"args\": {\"preempted_by\": ", out);
		json_put_string(out, event->next);
	} else {
		fprintf(out, ", \"args\": {\"result\": %" PRId64, event->result);
	}
	if (error)
		put_text(out, "errno", error);
	if (event->map_id)
		put_object(out, ", ", "map", event->map_name, event->map_id);
	if (event->has_key)
		fprintf(out, ", \"key\": %" PRIu32, event->key);
	if (event->prog_id && event->kind == PCA_EVENT_COMMAND_END)
		put_object(out, ", ", "prog", event->prog_name, event->prog_id);
	if (event->kind == PCA_EVENT_COMMAND_END)
		fprintf(out, ", \"cpu\": %" PRIu32, event->cpu);
	else
		put_text(out, "comm", event->comm);
	fprintf(out, ", \"thread\": %" PRIu32 "}}", event->thread);
}

static void write_slice(struct writer *w, const struct pca_event *event)
{
	begin_line(w, "X", tid_of(w, event));
	put_us(w->out, "ts", event->ns - w->start_ns);
	put_us(w->out, "dur", event->duration_ns);
	put_slice_name(w->out, event);
	put_slice_args(w->out, event);
}

static void write_instant(struct writer *w, const struct pca_event *event)
{
	begin_line(w, "i", tid_of(w, event));
	put_us(w->out, "ts", event->ns - w->start_ns);
	if (event->kind == TIMELINE_ACCESS) {
		fputs(", \"s\": \"t\", \"cat\": \"access\"", w->out);
		put_text(w->out, "name", event->name);
		fputc('}', w->out);
		return;
	}
	if (event->kind == PCA_EVENT_SWITCH) {
		fputs(", \"s\": \"t\", \"name\": \"sched_switch\", \"cat\": \"sched\", "
		      "\"args\": {\"prev\": ",
		      w->out);
		json_put_string(w->out, event->prev ? event->prev : "");
		put_text(w->out, "next", event->next);
		fputs("}}", w->out);
		return;
	}
	fprintf(w->out, ", \"s\": \"t\", \"name\": \"%s\", \"cat\": \"cpu\"}",
		event->kind == PCA_EVENT_CPU_ONLINE ? "online" : "offline");
}

static void write_event(struct writer *w, const struct pca_event *event)
{
	switch (event->kind) {
	case PCA_EVENT_RUN_END:
	case PCA_EVENT_COMMAND_END:
	case PCA_EVENT_HELPER:
		write_slice(w, event);
		break;
	default:
		write_instant(w, event);
	}
}

/* Where the recording is no longer complete, across all tracks. */
static void write_dropped(struct writer *w, const struct timeline *timeline)
{
	begin_line(w, "i", FIRST_CPU_TID);
	put_us(w->out, "ts", timeline->dropped_from_ns - w->start_ns);
	fprintf(w->out,
		", \"s\": \"g\", \"name\": \"from here on events are missing\", \"cat\": "
		"\"timeline\", \"args\": {\"dropped\": %" PRIu64 "}}",
		timeline->nr_dropped);
}

static void write_totals(struct writer *w, const struct timeline *timeline)
{
	fprintf(w->out, "\n],\n\"displayTimeUnit\": \"ns\",\n\"otherData\": {\"release\": ");
	json_put_string(w->out, pca_machine_release(timeline->machine));
	fprintf(w->out,
		", \"start_ns\": %" PRIu64 ", \"runs\": %" PRIu64 ", \"commands\": %" PRIu64
		", \"helpers\": %" PRIu64 ", \"switches\": %" PRIu64 ", \"dropped\": %" PRIu64
		"}\n}\n",
		w->start_ns, timeline_count(timeline, PCA_EVENT_RUN_END),
		timeline_count(timeline, PCA_EVENT_COMMAND_END),
		timeline_count(timeline, PCA_EVENT_HELPER),
		timeline_count(timeline, PCA_EVENT_SWITCH), timeline->nr_dropped);
}

int timeline_write(const struct timeline *timeline, FILE *out)
{
	struct writer w = {
		.out = out,
		.start_ns = timeline->nr ? timeline->events[0].ns : 0,
	};

	if (add_tracks(&w, timeline)) {
		cli_error("out of memory for the tracks of the timeline");
		free(w.tracks);
		return -1;
	}
	fputs("{\"traceEvents\": [", out);
	write_tracks(&w, timeline->machine);
	for (size_t i = 0; i < timeline->nr; i++)
		write_event(&w, &timeline->events[i]);
	if (timeline->nr_dropped)
		write_dropped(&w, timeline);
	write_totals(&w, timeline);
	free(w.tracks);
	return 0;
}
