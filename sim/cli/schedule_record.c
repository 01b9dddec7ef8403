// SPDX-License-Identifier: MIT
/*
 * Recording steps. A step is told before it is done, and nothing comes between: what it has
 * changed is looked at when the next one is told.
 */
#define _GNU_SOURCE
#include "schedule_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>
#include <pcasim/prog.h>

#include "checked.h"
#include "schedule_place.h"

#define MOST_STEPS (1U << 17)

struct source_line {
	const void *pc;
	char *file, *text;
	uint32_t line;
};

/* ---- source lines ---- */

static FILE *open_source(const struct schedule_world *world, const char *file)
{
	const char *object = world->object->path, *slash = strrchr(object, '/');
	const char *base = strrchr(file, '/');
	FILE *in = fopen(file, "re");
	char *beside;

	if (in)
		return in;
	if (asprintf(&beside, "%.*s%s", slash ? (int)(slash - object + 1) : 0, object,
		     base ? base + 1 : file) < 0)
		return NULL;
	in = fopen(beside, "re");
	free(beside);
	return in;
}

/* Without the blanks around it; NULL where it cannot be read. */
static char *read_source(const struct schedule_world *world, const char *file, uint32_t number)
{
	FILE *in = open_source(world, file);
	char *line = NULL, *text = NULL;
	size_t size = 0, len, blank;

	if (!in)
		return NULL;
	while (number && getline(&line, &size, in) >= 0)
		number--;
	if (!number && line) {
		len = strcspn(line, "\r\n");
		blank = strspn(line, " \t");
		text = blank < len ? strndup(line + blank, len - blank) : NULL;
	}
	free(line);
	fclose(in);
	return text;
}

static const struct source_line *find_source(struct schedule_record *record, const void *pc)
{
	struct source_line *grown, *source;
	const char *base;
	char file[512];

	for (size_t i = 0; i < record->nr_sources; i++) {
		if (record->sources[i].pc == pc)
			return &record->sources[i];
	}
	grown = reallocarray(record->sources, record->nr_sources + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	record->sources = grown;
	source = &grown[record->nr_sources++];
	*source = (struct source_line){ .pc = pc };
	source->line = checked_source_line(checked_object_at(pc), pc, file, sizeof(file));
	if (!source->line)
		return source;
	base = strrchr(file, '/');
	source->file = strdup(base ? base + 1 : file);
	source->text = read_source(record->world, file, source->line);
	return source;
}

/* ---- steps ---- */

static uint64_t value_at(const void *addr, uint32_t bytes)
{
	uint64_t n = 0;

	memcpy(&n, addr, bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	n >>= 64 - 8 * bytes;
#endif
	return n;
}

/* What the last step has changed, now that it is done. */
static void finish_last(struct schedule_record *record)
{
	if (record->changing) {
		struct recorded_step *last = &record->steps[record->nr - 1];

		last->after = value_at(record->changing, last->step.bytes);
	}
	record->changing = NULL;
}

static void look_at_access(struct schedule_record *record, struct recorded_step *r)
{
	const struct pca_schedule_step *step = &r->step;
	enum schedule_place place;

	if (!step->addr)
		return;
	place = schedule_place_text(record->world, step->addr, step->bytes, r->place,
				    sizeof(r->place));
	r->has_value = place == PLACE_STAYS && step->bytes <= 8;
	if (r->has_value) {
		r->before = value_at(step->addr, step->bytes);
		record->changing = step->addr;
	}
}

static bool is_preemption(const struct schedule_record *record,
			  const struct pca_schedule_step *step)
{
	const struct pca_schedule_step *last =
		record->nr ? &record->steps[record->nr - 1].step : NULL;

	return last && last->actor != step->actor && !last->ends;
}

static long result_of(const struct schedule_world *world, uint32_t actor)
{
	return world->actors[actor].spec->is_task
		       ? world->actors[actor].err
		       : pca_schedule_actor_retval(world->schedule, actor);
}

static void record_step(void *arg, const struct pca_schedule_step *step)
{
	struct schedule_record *record = arg;
	const struct source_line *source = NULL;
	struct recorded_step *r;

	finish_last(record);
	if (record->nr == record->room) {
		size_t room = record->room ? 2 * record->room : 256;

		r = room <= MOST_STEPS ? reallocarray(record->steps, room, sizeof(*r)) : NULL;
		if (!r) {
			record->nr_dropped++;
			return;
		}
		record->steps = r;
		record->room = room;
	}
	r = &record->steps[record->nr];
	*r = (struct recorded_step){ .step = *step, .is_preemption = is_preemption(record, step) };
	if (step->pc)
		source = find_source(record, step->pc);
	if (source && source->line) {
		r->file = source->file;
		r->line = source->line;
		r->source = source->text;
	}
	look_at_access(record, r);
	if (step->ends) {
		r->result = result_of(record->world, step->actor);
		r->err = pca_schedule_actor_error(record->world->schedule, step->actor);
	}
	record->nr++;
}

void schedule_record_begin(struct schedule_record *record, struct schedule_world *world)
{
	*record = (struct schedule_record){ .world = world };
	pca_schedule_watch(world->schedule, record_step, record);
}

void schedule_record_end(struct schedule_record *record)
{
	finish_last(record);
	pca_schedule_watch(record->world->schedule, NULL, NULL);
}

void schedule_record_free(struct schedule_record *record)
{
	for (size_t i = 0; i < record->nr_sources; i++) {
		free(record->sources[i].file);
		free(record->sources[i].text);
	}
	free(record->sources);
	free(record->steps);
}

/* ---- words ---- */

bool schedule_step_is_shown(const struct schedule_record *record, size_t index)
{
	const struct recorded_step *r = &record->steps[index];

	return !r->step.is_after || !index || record->steps[index - 1].step.actor != r->step.actor;
}

static const char *access_word(const struct pca_schedule_step *step)
{
	if (step->access & PCA_ATOMIC)
		return "changes";
	return step->access & PCA_WRITE ? "writes" : "reads";
}

static void access_text(const struct recorded_step *r, char text[STEP_TEXT_BYTES])
{
	const char *word = access_word(&r->step);

	if (!*r->place)
		snprintf(text, STEP_TEXT_BYTES, "%s %" PRIu32 " byte%s", word, r->step.bytes,
			 r->step.bytes == 1 ? "" : "s");
	else if (!r->has_value)
		snprintf(text, STEP_TEXT_BYTES, "%s %s, %" PRIu32 " bytes", word, r->place,
			 r->step.bytes);
	else if (r->step.access & (PCA_WRITE | PCA_ATOMIC))
		snprintf(text, STEP_TEXT_BYTES, "%s %s: %" PRIu64 " -> %" PRIu64, word, r->place,
			 r->before, r->after);
	else
		snprintf(text, STEP_TEXT_BYTES, "%s %s: %" PRIu64, word, r->place, r->before);
}

void schedule_step_text(const struct recorded_step *r, char text[STEP_TEXT_BYTES])
{
	if (r->step.begins)
		snprintf(text, STEP_TEXT_BYTES, "begins");
	else if (r->step.ends && r->step.cpu < 0)
		snprintf(text, STEP_TEXT_BYTES, "ends: %s",
			 r->result ? pca_strerror((int)r->result) : "done");
	else if (r->err == -EBUSY)
		snprintf(text, STEP_TEXT_BYTES, "ends: skipped, as recursion on this CPU");
	else if (r->err)
		snprintf(text, STEP_TEXT_BYTES, "ends: stopped, %s", pca_errno_name(r->err));
	else if (r->step.ends)
		snprintf(text, STEP_TEXT_BYTES, "ends: %ld", r->result);
	else if (r->step.helper)
		snprintf(text, STEP_TEXT_BYTES, r->step.is_after ? "goes on after %s()" : "%s()",
			 r->step.helper);
	else
		access_text(r, text);
}

void schedule_source_text(const struct recorded_step *r, char text[STEP_TEXT_BYTES])
{
	*text = '\0';
	if (r->file)
		snprintf(text, STEP_TEXT_BYTES, "%s:%" PRIu32 "  %s", r->file, r->line,
			 r->source ? r->source : "");
}
