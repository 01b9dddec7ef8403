// SPDX-License-Identifier: MIT
/*
 * Recorded steps as a table, and as JSON.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <pcasim/bpf.h>
#include <pcasim/prog.h>

#include "json.h"
#include "schedule_record.h"
#include "term.h"

#define TEXT_COLUMNS 46
#define MOST_PRINTED 1000 /* steps */

static const char *actor_name(const struct schedule_record *record, const struct recorded_step *r)
{
	return pca_schedule_actor_name(record->world->schedule, r->step.actor);
}

/* A step that its actor was left before is done later than others with higher points. */
static void print_step(const struct schedule_record *record, const struct recorded_step *r,
		       bool is_late)
{
	char text[STEP_TEXT_BYTES], source[STEP_TEXT_BYTES], cpu[16] = "-", point[24];

	schedule_step_text(r, text);
	schedule_source_text(r, source);
	if (r->step.cpu >= 0)
		snprintf(cpu, sizeof(cpu), "%d", r->step.cpu);
	snprintf(point, sizeof(point), is_late ? "(%" PRIu64 ")" : "%" PRIu64, r->step.point);
	printf("%s%6s  %3s  %-7s  %-15s  ", r->is_preemption ? colours->bold : "", point, cpu,
	       r->step.cpu < 0 ? "command" : pca_context_name(r->step.context),
	       actor_name(record, r));
	if (*source)
		printf("%-*s%s  %s%s%s\n", TEXT_COLUMNS, text, colours->off, colours->dim, source,
		       colours->off);
	else
		printf("%s%s\n", text, colours->off);
}

/* Of very many steps the first and the last say most. */
static bool is_in_the_middle(const struct schedule_record *record, size_t index)
{
	return record->nr > MOST_PRINTED && index >= MOST_PRINTED / 2 &&
	       index < record->nr - MOST_PRINTED / 2;
}

void schedule_record_print(const struct schedule_record *record)
{
	uint64_t last = 0; /* the highest point so far */
	size_t nr_left_out = 0;

	printf(" point  CPU  context  actor            step\n");
	for (size_t i = 0; i < record->nr; i++) {
		const struct recorded_step *r = &record->steps[i];

		if (!schedule_step_is_shown(record, i))
			continue;
		if (is_in_the_middle(record, i)) {
			nr_left_out++;
			continue;
		}
		if (nr_left_out)
			printf("       ... %zu steps, which --json and --timeline have ...\n",
			       nr_left_out);
		nr_left_out = 0;
		if (r->is_preemption)
			printf("%s------ %s takes over%s\n", colours->red, actor_name(record, r),
			       colours->off);
		print_step(record, r, r->step.point < last);
		if (r->step.point > last)
			last = r->step.point;
	}
	if (record->nr_dropped)
		printf("%" PRIu64 " more steps are not shown\n", record->nr_dropped);
}

static const char *access_name(uint32_t access)
{
	return access & PCA_ATOMIC ? "atomic" : access & PCA_WRITE ? "write" : "read";
}

static void step_json(const struct schedule_record *record, const struct recorded_step *r)
{
	char text[STEP_TEXT_BYTES];

	json_open(NULL, '{');
	json_count("point", r->step.point);
	json_text("actor", actor_name(record, r));
	if (r->step.cpu >= 0) {
		json_count("cpu", (uint64_t)r->step.cpu);
		json_text("context", pca_context_name(r->step.context));
	}
	json_bool("is_preemption", r->is_preemption);
	schedule_step_text(r, text);
	json_text("text", text);
	if (r->step.helper)
		json_text("helper", r->step.helper);
	if (r->step.addr) {
		json_text("access", access_name(r->step.access));
		json_count("bytes", r->step.bytes);
		if (*r->place)
			json_text("place", r->place);
		if (r->has_value) {
			json_count("before", r->before);
			json_count("after", r->after);
		}
	}
	if (r->file) {
		json_text("file", r->file);
		json_count("line", r->line);
		if (r->source)
			json_text("source", r->source);
	}
	if (r->step.ends)
		json_signed("result", r->result);
	if (r->err)
		json_text(r->err == -EBUSY ? "skipped" : "stopped", pca_errno_name(r->err));
	json_close('}');
}

void schedule_record_json(const struct schedule_record *record)
{
	json_open("steps", '[');
	for (size_t i = 0; i < record->nr; i++)
		step_json(record, &record->steps[i]);
	json_close(']');
}
