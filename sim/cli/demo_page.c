// SPDX-License-Identifier: MIT
/*
 * The page: a heading, a picture and a few sentences for each thing that the
 * demo did.
 */
#include "demo_page.h"

#include <inttypes.h>

#include "hardware.h"
#include "machine.h"
#include "page.h"
#include "term.h"
#include "topo_picture.h"

/* --- Pictures --- */

static void draw_hardware(struct svg *svg, const void *what)
{
	const struct demo_page *page = what;

	topo_draw_hardware(svg, page->session, page->heat->map, 10);
}

static void draw_slabs(struct svg *svg, const void *what)
{
	const struct demo_page *page = what;

	topo_draw_slabs(svg, page->session, page->heat->map, 0);
}

static void draw_heat(struct svg *svg, const void *what)
{
	const struct demo_page *page = what;

	demo_draw_heat(svg, page->session, page->heat);
}

/* --- Sections --- */

static void write_cpus(FILE *out, const struct pca_machine *machine)
{
	hwloc_bitmap_t possible = machine_cpuset(machine, false);
	hwloc_bitmap_t online = machine_cpuset(machine, true);
	char a[65], b[65], text[256];

	snprintf(text, sizeof(text), "%" PRIu32 " possible (%s), %" PRIu32 " online (%s)",
		 pca_num_possible_cpus(machine), cpuset_text(a, 64, possible),
		 pca_num_online_cpus(machine), cpuset_text(b, 64, online));
	page_fact(out, "CPUs", text);
	hwloc_bitmap_free(online);
	hwloc_bitmap_free(possible);
}

static int write_machine(FILE *out, const struct demo_page *page)
{
	static const struct page_figure figure = {
		"The machine",
		"Boxes in boxes: packages, NUMA nodes, caches, cores and CPUs.",
		"Point at a CPU to see its number among the possible ones, its ordinal, and where "
		"its copies lie.",
		draw_hardware,
	};
	const struct pca_machine *machine = page->session->machine;
	char release[32];

	fputs("<h2>The machine</h2>\n<dl>\n", out);
	page_fact(out, "hardware",
		  machine->topology.is_host ? "this host" : page->session->topology);
	snprintf(release, sizeof(release), "Linux %s", pca_machine_release(machine));
	page_fact(out, "behaves as", release);
	write_cpus(out, machine);
	fputs("</dl>\n<p>CPUs, programs and maps are simulated; the threads that run the programs "
	      "are real, and so is the time they take.</p>\n",
	      out);
	return page_figure(out, &figure, page);
}

static int write_slabs(FILE *out, const struct demo_page *page)
{
	static const struct page_figure figure = {
		"Where the copies lie",
		"Slabs of the first CPUs side by side, the cache sets that the copies of key 0 "
		"fall into, and a table of offsets.",
		"Offsets are those of the map that the heat below was counted in.",
		draw_slabs,
	};

	fputs("<h2>A copy for each CPU</h2>\n"
	      "<p>A per-CPU array has a copy of every element for each <em>possible</em> CPU, also "
	      "for those that are offline. The copies of one CPU lie together in a slab. A lookup "
	      "from a program gives the copy of the CPU that the program runs on; a lookup by the "
	      "<code>bpf()</code> system call gives all of them.</p>\n",
	      out);
	return page_figure(out, &figure, page);
}

static void write_count_row(FILE *out, const char *name, const uint64_t values[3])
{
	char count[COUNT_TEXT];

	fprintf(out, "<tr><th scope=\"row\">%s</th>", name);
	for (int i = 0; i < 3; i++)
		fprintf(out, "<td>%s</td>", count_text(count, values[i]));
	fputs("</tr>\n", out);
}

static void write_lost_cell(FILE *out, const struct count_result *result)
{
	int64_t lost = count_lost(result);
	char count[COUNT_TEXT];

	if (lost > 0)
		fprintf(out, "<td class=\"bad\">%s<br>%.1f %%</td>",
			count_text(count, (uint64_t)lost),
			100.0 * (double)lost / (double)result->events);
	else
		fprintf(out, "<td class=\"good\">%" PRId64 "</td>", lost);
}

static void write_count_table(FILE *out, const struct demo_page *page)
{
	const struct count_result *r[] = { page->percpu, page->shared, page->careless };

	page_begin_wide(out, "The counts");
	fputs("<table>\n<thead><tr><th></th><th scope=\"col\">per-CPU array, plain ++</th>"
	      "<th scope=\"col\">shared array, atomic add</th>"
	      "<th scope=\"col\">shared array, plain ++</th></tr></thead>\n<tbody>\n",
	      out);
	write_count_row(out, "programs counted",
			(uint64_t[]){ r[0]->events, r[1]->events, r[2]->events });
	write_count_row(out, "the map holds",
			(uint64_t[]){ r[0]->map_events, r[1]->map_events, r[2]->map_events });
	fputs("<tr><th scope=\"row\">lost updates</th>", out);
	for (int i = 0; i < 3; i++)
		write_lost_cell(out, r[i]);
	fputs("</tr>\n</tbody>\n</table>\n", out);
	page_end_wide(out);
}

static int write_counts(FILE *out, const struct demo_page *page)
{
	static const struct page_figure figure = {
		"Counting three ways",
		"Bars: how many events programs counted in a second, and how many of them the "
		"map lost.",
		"Events that all CPUs counted together, in a second.",
		demo_draw_counts,
	};
	bool has_lost = count_lost(page->careless) > 0;

	fprintf(out,
		"<h2>Why a copy for each</h2>\n"
		"<p>On every online CPU a program counted events for %.2g s, all at once, three "
		"times. With a copy of its own, a program adds with a plain <code>++</code>: "
		"nothing "
		"else runs on its CPU meanwhile. With one counter for all, two CPUs may read the "
		"same number and both write it back plus one: %s An atomic addition keeps them "
		"all, "
		"but the counter's cache line has to move from CPU to CPU.</p>\n",
		page->percpu->seconds,
		has_lost ? "one of the two updates is lost."
			 : "then one is lost. This time none was, which is luck, or there is only "
			   "one CPU to take turns on.");
	write_count_table(out, page);
	return page_figure(out, &figure, page);
}

static int write_heat(FILE *out, const struct demo_page *page)
{
	static const struct page_figure figure = {
		"Keys and CPUs",
		"A grid of keys and CPUs. A cell is the darker, or in the dark scheme the lighter, "
		"the larger the value of its key on its CPU.",
		"The value of every key on every CPU. Point at a cell for the number.",
		draw_heat,
	};
	char runs[COUNT_TEXT], events[COUNT_TEXT], in_map[COUNT_TEXT];

	fprintf(out,
		"<h2>Keys and CPUs</h2>\n"
		"<p>%s runs of another program counted %s events under %d keys, some far "
		"more often than others, and each CPU had keys that it preferred. The map holds "
		"%s. "
		"What a key amounts to is the sum of its row; the reader adds, not the "
		"program.</p>\n",
		count_text(runs, page->heat->nr_runs), count_text(events, page->heat->events),
		HEAT_KEYS, count_text(in_map, page->heat->in_map));
	return page_figure(out, &figure, page);
}

static int write_timeline(FILE *out, const struct demo_page *page)
{
	static const struct page_figure figure = {
		"Runs and commands in time",
		"Lanes for commands and for each CPU, with a bar for each run and command.",
		"Point at a bar for its name and length. A bar lasts from the beginning to the "
		"end, also where the host ran something else in between.",
		demo_draw_timeline,
	};

	fputs("<h2>In time</h2>\n"
	      "<p>Runs on one CPU never overlap, runs on different CPUs do: that is why a plain "
	      "<code>++</code> is enough. These are the last three rounds of that program, each "
	      "followed by a lookup of every key.</p>\n",
	      out);
	return page_figure(out, &figure, page);
}

static void write_replay(FILE *out, const struct demo_page *page)
{
	const struct replay_summary *replay = page->replay;
	char operations[COUNT_TEXT], differences[COUNT_TEXT];

	fputs("<h2>Is that how Linux behaves?</h2>\n<p>", out);
	fprintf(out, "%s recorded operation%s", count_text(operations, replay->operations),
		plural_s(replay->operations));
	if (*page->traces->releases) {
		fputs(" of Linux ", out);
		xml_text(out, page->traces->releases);
	}
	fprintf(out,
		" were replayed here, and every result, error number and byte compared: "
		"<span class=\"%s\">%s difference%s</span>.</p>\n",
		replay->differences ? "bad" : "good", count_text(differences, replay->differences),
		plural_s(replay->differences));
}

int demo_page_write(FILE *out, const struct demo_page *page)
{
	static int (*const sections[])(FILE * out, const struct demo_page *page) = {
		write_machine, write_slabs, write_counts, write_heat, write_timeline,
	};
	int err = 0;

	page_begin(out, "A per-CPU array at work",
		   "<code>BPF_MAP_TYPE_PERCPU_ARRAY</code> without a kernel: what one run of "
		   "<code>pcasim demo</code> did.");
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]) && !err; i++)
		err = sections[i](out, page);
	write_replay(out, page);
	page_end(out);
	return err;
}
