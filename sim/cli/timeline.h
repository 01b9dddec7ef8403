/* SPDX-License-Identifier: MIT */
/*
 * Timelines: what happened on a machine, recorded from its events (pcasim/event.h) and
 * written as trace events in JSON, which ui.perfetto.dev and chrome://tracing open.
 *
 * A sub-command gets its --timeline by the option { "timeline", OPTION_TEXT, &path, 0, 0 },
 * timeline_open() before the first command and timeline_close() after the last.
 */
#ifndef SIM_CLI_TIMELINE_H
#define SIM_CLI_TIMELINE_H

#include <pthread.h>
#include <stdio.h>

#include <pcasim/event.h>

#include "setup.h"

/* Said by every sub-command's --help. */
#define TIMELINE_USAGE                                                                   \
	"  --timeline FILE   write runs, commands, switches and helper calls as trace\n" \
	"                    events in JSON, for ui.perfetto.dev; \"-\": standard output\n"

/* Helper calls fill three quarters of these, so that the runs which hold them have room. */
#define MOST_TIMELINE_EVENTS (1U << 20)

/* Of schedules, beside the library's kinds: an access, whose words are its name. */
#define TIMELINE_ACCESS ((enum pca_event_kind)(PCA_EVENT_CPU_OFFLINE + 1))

struct timeline {
	struct pca_machine *machine;
	const char *path;
	FILE *out; /* NULL: not to be written */

	pthread_mutex_t lock; /* what follows, while it is recorded */
	struct pca_event *events;
	size_t nr, room, most;
	uint64_t nr_of[TIMELINE_ACCESS + 1]; /* recorded, by kind */
	uint64_t nr_dropped, dropped_from_ns;
	void *names; /* a tree of texts, for tsearch() */
};

/*
 * Listen to the session's machine. path is where timeline_close() writes to; it is opened
 * at once. NULL: there is no timeline, and *timeline becomes NULL, which the functions
 * below take. 0, or -1 after a line on stderr.
 */
int timeline_open(struct timeline **timeline, struct session *session, const char *path);

/* Stop listening, write, free. 0, or -1 after a line on stderr. */
int timeline_close(struct timeline *timeline);

/*
 * The same in parts, for those who draw it themselves: record most events at most (NULL
 * after a line on stderr); stop, after which events[0] .. events[nr - 1] are sorted by the
 * time of their beginning, what holds others before them; write to out (0, or -1 after a
 * line on stderr; what the stream says is up to the caller); free.
 *
 * Recorded are RUN_END, COMMAND_END, HELPER, SWITCH and CPU events, not the beginnings:
 * in all of them ns is when it began, and duration_ns how long it took. Their texts live as
 * long as the timeline.
 */
struct timeline *timeline_record(struct pca_machine *machine, size_t most);
void timeline_stop(struct timeline *timeline);
void timeline_sort(struct timeline *timeline); /* of those who record events themselves */
int timeline_write(const struct timeline *timeline, FILE *out);
void timeline_free(struct timeline *timeline);

/* How many were recorded of a kind; as RUN_END for runs. */
static inline uint64_t timeline_count(const struct timeline *timeline, enum pca_event_kind kind)
{
	return timeline->nr_of[kind];
}

#endif
