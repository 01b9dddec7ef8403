// SPDX-License-Identifier: MIT
/*
 * When runs and commands happened, CPU by CPU: a picture of recorded events.
 */
#include <inttypes.h>
#include <stdio.h>

#include "demo_page.h"
#include "machine.h"
#include "term.h"

#define LANES_PX 90
#define WIDTH_PX 800
#define LANE_PX 24
#define BAR_PX 16
#define LEAST_BAR_PX 1.5
#define MOST_LANES 16 /* of CPUs */

/* From the first event drawn to the end of the last. */
struct span {
	uint64_t from_ns, to_ns;
};

struct lanes {
	struct svg *svg;
	const struct pca_machine *machine;
	const struct timeline *timeline;
	struct span span;
	double top, bottom;
};

static bool is_drawn(const struct pca_event *event)
{
	return event->kind == PCA_EVENT_RUN_END || event->kind == PCA_EVENT_COMMAND_END;
}

static struct span find_span(const struct timeline *timeline)
{
	struct span span = { UINT64_MAX, 0 };

	for (size_t i = 0; i < timeline->nr; i++) {
		const struct pca_event *event = &timeline->events[i];

		if (!is_drawn(event))
			continue;
		if (event->ns < span.from_ns)
			span.from_ns = event->ns;
		if (event->ns + event->duration_ns > span.to_ns)
			span.to_ns = event->ns + event->duration_ns;
	}
	if (span.to_ns <= span.from_ns)
		return (struct span){ 0, 1 };
	return span;
}

static double x_of(const struct lanes *lanes, uint64_t ns)
{
	const struct span *span = &lanes->span;

	return LANES_PX +
	       (double)(ns - span->from_ns) / (double)(span->to_ns - span->from_ns) * WIDTH_PX;
}

/* "1.25 ms" */
static const char *time_text(char buf[32], uint64_t ns)
{
	if (ns < 1000)
		snprintf(buf, 32, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		snprintf(buf, 32, "%.4g \u00b5s", (double)ns / 1e3);
	else
		snprintf(buf, 32, "%.4g ms", (double)ns / 1e6);
	return buf;
}

/* About eight of them, at round times. */
static uint64_t tick_ns(const struct span *span)
{
	static const unsigned int factors[] = { 2, 5, 10 };
	uint64_t least = (span->to_ns - span->from_ns) / 8, decade = 1;

	while (decade * 10 <= least)
		decade *= 10;
	for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
		if (decade * factors[i] >= least)
			return decade * factors[i];
	}
	return decade * 10;
}

static void draw_ticks(const struct lanes *lanes)
{
	uint64_t step = tick_ns(&lanes->span);
	char text[32];

	for (uint64_t ns = 0; lanes->span.from_ns + ns <= lanes->span.to_ns; ns += step) {
		double x = x_of(lanes, lanes->span.from_ns + ns);

		svg_line(lanes->svg, "rule",
			 (struct svg_box){ x, lanes->top, 0, lanes->bottom - lanes->top });
		svg_text(lanes->svg, "small mid", x, lanes->top - 6,
			 ns ? time_text(text, ns) : "0");
	}
}

static void draw_event(const struct lanes *lanes, const struct pca_event *event, double y)
{
	double x = x_of(lanes, event->ns);
	double width = x_of(lanes, event->ns + event->duration_ns) - x;
	bool is_run = event->kind == PCA_EVENT_RUN_END;
	const char *name = is_run ? event->prog_name : event->name;
	char tip[160], when[32], length[32];

	snprintf(tip, sizeof(tip), "%s%s on CPU %" PRIu32 ": %s, %s after the beginning",
		 is_run ? "run of " : "", name ? name : "a command", event->cpu,
		 time_text(length, event->duration_ns),
		 time_text(when, event->ns - lanes->span.from_ns));
	svg_box_tip(lanes->svg, is_run ? "mark" : "other",
		    (struct svg_box){ x, y + (LANE_PX - BAR_PX) / 2.0,
				      width < LEAST_BAR_PX ? LEAST_BAR_PX : width, BAR_PX },
		    tip);
}

static void draw_commands(const struct lanes *lanes)
{
	svg_text(lanes->svg, "small end", LANES_PX - 8, lanes->top + 16, "commands");
	for (size_t i = 0; i < lanes->timeline->nr; i++) {
		const struct pca_event *event = &lanes->timeline->events[i];

		if (event->kind == PCA_EVENT_COMMAND_END)
			draw_event(lanes, event, lanes->top);
	}
}

static uint32_t nr_lanes(const struct pca_machine *machine)
{
	return machine->nr_cpus < MOST_LANES ? machine->nr_cpus : MOST_LANES;
}

static void draw_runs(const struct lanes *lanes)
{
	for (uint32_t i = 0; i < nr_lanes(lanes->machine); i++)
		svg_textf(lanes->svg, "small end", LANES_PX - 8,
			  lanes->top + (i + 1) * LANE_PX + 16, "CPU %" PRIu32 "%s",
			  lanes->machine->cpus[i].id,
			  lanes->machine->cpus[i].is_online ? "" : ", offline");
	for (size_t i = 0; i < lanes->timeline->nr; i++) {
		const struct pca_event *event = &lanes->timeline->events[i];
		const struct cpu *cpu = machine_cpu(lanes->machine, event->cpu);

		if (event->kind == PCA_EVENT_RUN_END && cpu && cpu->ordinal < MOST_LANES)
			draw_event(lanes, event, lanes->top + (cpu->ordinal + 1) * LANE_PX);
	}
}

static void draw_timeline_legend(struct svg *svg, const struct pca_machine *machine, double y)
{
	svg_box(svg, "mark", (struct svg_box){ LANES_PX, y, 12, 12 });
	svg_text(svg, "small", LANES_PX + 18, y + 10, "a run");
	svg_box(svg, "other", (struct svg_box){ LANES_PX + 80, y, 12, 12 });
	svg_text(svg, "small", LANES_PX + 98, y + 10, "a bpf() command");
	if (machine->nr_cpus > MOST_LANES)
		svg_textf(svg, "small", LANES_PX + 240, y + 10,
			  "%" PRIu32 " CPUs more are not drawn", machine->nr_cpus - MOST_LANES);
}

void demo_draw_timeline(struct svg *svg, const void *what)
{
	const struct demo_page *page = what;
	struct lanes lanes = {
		.svg = svg,
		.machine = page->session->machine,
		.timeline = page->heat->timeline,
		.top = 28,
	};

	lanes.span = find_span(lanes.timeline);
	lanes.bottom = lanes.top + (nr_lanes(lanes.machine) + 1) * LANE_PX;
	draw_ticks(&lanes);
	draw_commands(&lanes);
	draw_runs(&lanes);
	draw_timeline_legend(svg, lanes.machine, lanes.bottom + 10);
}
