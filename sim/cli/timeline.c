// SPDX-License-Identifier: MIT
/*
 * Recording events. All threads of a machine share one array under one lock; an event's
 * times are taken before it waits for that.
 */
#define _GNU_SOURCE
#include "timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "output.h"

#define FIRST_ROOM 1024

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* A copy of text that lives as long as the timeline; NULL without memory. */
static const char *keep_name(struct timeline *timeline, const char *text)
{
	char *copy, **found;

	if (!text)
		return NULL;
	found = tfind(text, &timeline->names, compare_names);
	if (found)
		return *found;
	copy = strdup(text);
	if (!copy || !tsearch(copy, &timeline->names, compare_names)) {
		free(copy);
		return NULL;
	}
	return copy;
}

static bool has_room_for(struct timeline *timeline, enum pca_event_kind kind)
{
	size_t most = kind == PCA_EVENT_HELPER ? timeline->most / 4 * 3 : timeline->most;
	struct pca_event *events;
	size_t room;

	if (timeline->nr >= most)
		return false;
	if (timeline->nr < timeline->room)
		return true;
	room = timeline->room ? timeline->room * 2 : FIRST_ROOM;
	events = reallocarray(timeline->events, room, sizeof(*events));
	if (!events)
		return false;
	timeline->events = events;
	timeline->room = room;
	return true;
}

static void append(struct timeline *timeline, const struct pca_event *event)
{
	struct pca_event *copy;

	if (!has_room_for(timeline, event->kind)) {
		if (!timeline->nr_dropped++)
			timeline->dropped_from_ns = event->ns;
		return;
	}
	copy = &timeline->events[timeline->nr++];
	*copy = *event;
	copy->comm = keep_name(timeline, event->comm);
	copy->prog_name = keep_name(timeline, event->prog_name);
	copy->map_name = keep_name(timeline, event->map_name);
	copy->prev = keep_name(timeline, event->prev);
	copy->next = keep_name(timeline, event->next);
	if (event->kind == PCA_EVENT_RUN_END || event->kind == PCA_EVENT_COMMAND_END)
		copy->ns -= copy->duration_ns;
	timeline->nr_of[event->kind]++;
}

static void record(void *arg, const struct pca_event *event)
{
	struct timeline *timeline = arg;

	if (event->kind == PCA_EVENT_RUN_BEGIN || event->kind == PCA_EVENT_COMMAND_BEGIN)
		return;
	pthread_mutex_lock(&timeline->lock);
	append(timeline, event);
	pthread_mutex_unlock(&timeline->lock);
}

struct timeline *timeline_record(struct pca_machine *machine, size_t most)
{
	struct timeline *timeline = calloc(1, sizeof(*timeline));
	int err = timeline ? 0 : -ENOMEM;

	if (!err) {
		timeline->machine = machine;
		timeline->most = most;
		pthread_mutex_init(&timeline->lock, NULL);
		err = pca_machine_listen(machine, record, timeline);
	}
	if (!err)
		return timeline;
	cli_error("the timeline cannot be recorded: %s", pca_strerror(err));
	free(timeline);
	return NULL;
}

/* What began first; of two that began together, the one that holds the other. */
static int compare_events(const void *a, const void *b)
{
	const struct pca_event *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	if (x->duration_ns != y->duration_ns)
		return x->duration_ns > y->duration_ns ? -1 : 1;
	return (int)x->kind - (int)y->kind;
}

void timeline_sort(struct timeline *timeline)
{
	if (timeline->nr)
		qsort(timeline->events, timeline->nr, sizeof(timeline->events[0]), compare_events);
}

void timeline_stop(struct timeline *timeline)
{
	pca_machine_listen(timeline->machine, NULL, NULL);
	timeline_sort(timeline);
}

void timeline_free(struct timeline *timeline)
{
	if (!timeline)
		return;
	tdestroy(timeline->names, free);
	free(timeline->events);
	pthread_mutex_destroy(&timeline->lock);
	free(timeline);
}

int timeline_open(struct timeline **timeline, struct session *session, const char *path)
{
	FILE *out;

	*timeline = NULL;
	if (!path)
		return 0;
	out = output_open(path);
	if (!out)
		return -1;
	*timeline = timeline_record(session->machine, MOST_TIMELINE_EVENTS);
	if (!*timeline) {
		output_close(out, path);
		return -1;
	}
	(*timeline)->path = path;
	(*timeline)->out = out;
	return 0;
}

int timeline_close(struct timeline *timeline)
{
	int err;

	if (!timeline)
		return 0;
	timeline_stop(timeline);
	err = timeline_write(timeline, timeline->out);
	if (output_close(timeline->out, timeline->path))
		err = -1;
	if (!err && timeline->nr_dropped)
		cli_error("--timeline: %" PRIu64 " events were dropped: a timeline holds %zu",
			  timeline->nr_dropped, timeline->most);
	timeline_free(timeline);
	return err;
}
