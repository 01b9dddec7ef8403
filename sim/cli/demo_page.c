// SPDX-License-Identifier: MIT
/*
 * The page: a heading, a picture and a few sentences for each thing that the
 * demo did. It holds its style and its pictures and loads nothing; a policy in
 * its head forbids that, and scripts. Colours follow the reader's scheme.
 */
#include "demo_page.h"

#include <errno.h>
#include <inttypes.h>

#include "hardware.h"
#include "machine.h"
#include "term.h"
#include "topo_picture.h"

static const char style[] =
	":root{color-scheme:light dark;--ink:#1f2328;--dim:#57606a;--page:#ffffff;"
	"--panel:#f6f8fa;--line:#d0d7de;--link:#0969da;--good:#116329;--bad:#a40e26}\n"
	"@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--dim:#9da7b3;--page:#0d1117;"
	"--panel:#161b22;--line:#30363d;--link:#4493f8;--good:#56d364;--bad:#ff7b72}}\n"
	"*{box-sizing:border-box}\n"
	"html{-webkit-text-size-adjust:100%}\n"
	"body{margin:0;background:var(--page);color:var(--ink);"
	"font:16px/1.55 system-ui,sans-serif;overflow-wrap:break-word}\n"
	"header,main,footer{max-width:62rem;margin:0 auto;padding:0 1rem}\n"
	"h1{font-size:1.7rem;line-height:1.25;margin:2rem 0 .5rem}\n"
	"h2{font-size:1.25rem;margin:2.5rem 0 .5rem}\n"
	"p{max-width:42rem;margin:.6rem 0}\n"
	"code{font:.92em ui-monospace,monospace}\n"
	".lead,figcaption,footer{color:var(--dim)}\n"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:1rem 0}\n"
	"dt{color:var(--dim)}\n"
	"dd{margin:0;min-width:0}\n"
	"figure{margin:1rem 0}\n"
	"figcaption{font-size:.9rem;margin-top:.4rem}\n"
	".wide{overflow-x:auto;border:1px solid var(--line);border-radius:6px}\n"
	".wide:focus-visible{outline:2px solid var(--link);outline-offset:2px}\n"
	".wide svg{display:block;margin:6px}\n"
	"table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%}\n"
	"th,td{padding:.35rem .75rem;text-align:right;border-top:1px solid var(--line);"
	"white-space:nowrap}\n"
	"thead th{border-top:0;background:var(--panel);vertical-align:bottom}\n"
	"th:first-child{text-align:left;font-weight:600}\n"
	"@media (max-width:32rem){th,td{padding:.3rem .25rem;font-size:.75rem}"
	"th{white-space:normal}}\n"
	".good{color:var(--good);font-weight:600}\n"
	".bad{color:var(--bad);font-weight:600}\n"
	"footer{margin:3rem auto 2rem;font-size:.9rem}\n";

static void write_head(FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
	      "img-src data:;style-src 'unsafe-inline'\">\n"
	      "<link rel=\"icon\" href=\"data:,\">\n"
	      "<title>A per-CPU array at work - pcasim</title>\n<style>\n",
	      out);
	fputs(style, out);
	svg_write_style(out);
	fputs("</style>\n</head>\n<body>\n", out);
}

static void write_text(FILE *out, const char *tag, const char *text)
{
	fprintf(out, "<%s>", tag);
	xml_text(out, text);
	fprintf(out, "</%s>\n", tag);
}

/* --- Pictures --- */

struct figure {
	const char *title, *description, *caption;
	void (*draw)(struct svg *svg, const struct demo_page *page);
};

static int write_figure(FILE *out, const struct demo_page *page, const struct figure *figure)
{
	const struct svg_head head = { figure->title, figure->description, false };
	struct svg svg;
	int err;

	if (!svg_begin(&svg))
		return -ENOMEM;
	figure->draw(&svg, page);
	fputs("<figure>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"", out);
	xml_text(out, figure->title);
	fputs("\">\n", out);
	err = svg_end(&svg, out, &head);
	fputs("</div>\n", out);
	write_text(out, "figcaption", figure->caption);
	fputs("</figure>\n", out);
	return err;
}

static void draw_hardware(struct svg *svg, const struct demo_page *page)
{
	topo_draw_hardware(svg, page->session, page->heat->map, 10);
}

static void draw_slabs(struct svg *svg, const struct demo_page *page)
{
	topo_draw_slabs(svg, page->session, page->heat->map, 0);
}

static void draw_heat(struct svg *svg, const struct demo_page *page)
{
	demo_draw_heat(svg, page->session, page->heat);
}

/* --- Sections --- */

static void write_fact(FILE *out, const char *name, const char *text)
{
	write_text(out, "dt", name);
	write_text(out, "dd", text);
}

static void write_cpus(FILE *out, const struct pca_machine *machine)
{
	hwloc_bitmap_t possible = machine_cpuset(machine, false);
	hwloc_bitmap_t online = machine_cpuset(machine, true);
	char a[65], b[65], text[256];

	snprintf(text, sizeof(text), "%" PRIu32 " possible (%s), %" PRIu32 " online (%s)",
		 pca_num_possible_cpus(machine), cpuset_text(a, 64, possible),
		 pca_num_online_cpus(machine), cpuset_text(b, 64, online));
	write_fact(out, "CPUs", text);
	hwloc_bitmap_free(online);
	hwloc_bitmap_free(possible);
}

static int write_machine(FILE *out, const struct demo_page *page)
{
	static const struct figure figure = {
		"The machine",
		"Boxes in boxes: packages, NUMA nodes, caches, cores and CPUs.",
		"Point at a CPU to see its number among the possible ones, its ordinal, and where "
		"its copies lie.",
		draw_hardware,
	};
	const struct pca_machine *machine = page->session->machine;
	char release[32];

	fputs("<h2>The machine</h2>\n<dl>\n", out);
	write_fact(out, "hardware",
		   machine->topology.is_host ? "this host" : page->session->topology);
	snprintf(release, sizeof(release), "Linux %s", pca_machine_release(machine));
	write_fact(out, "behaves as", release);
	write_cpus(out, machine);
	fputs("</dl>\n<p>CPUs, programs and maps are simulated; the threads that run the programs "
	      "are real, and so is the time they take.</p>\n",
	      out);
	return write_figure(out, page, &figure);
}

static int write_slabs(FILE *out, const struct demo_page *page)
{
	static const struct figure figure = {
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
	return write_figure(out, page, &figure);
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

	fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"The counts\">\n"
	      "<table>\n<thead><tr><th></th><th scope=\"col\">per-CPU array, plain ++</th>"
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
	fputs("</tr>\n</tbody>\n</table>\n</div>\n", out);
}

static int write_counts(FILE *out, const struct demo_page *page)
{
	static const struct figure figure = {
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
	return write_figure(out, page, &figure);
}

static int write_heat(FILE *out, const struct demo_page *page)
{
	static const struct figure figure = {
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
	return write_figure(out, page, &figure);
}

static int write_timeline(FILE *out, const struct demo_page *page)
{
	static const struct figure figure = {
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
	return write_figure(out, page, &figure);
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

	write_head(out);
	fputs("<header>\n<h1>A per-CPU array at work</h1>\n"
	      "<p class=\"lead\"><code>BPF_MAP_TYPE_PERCPU_ARRAY</code> without a kernel: what one "
	      "run of <code>pcasim demo</code> did.</p>\n</header>\n<main>\n",
	      out);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]) && !err; i++)
		err = sections[i](out, page);
	write_replay(out, page);
	fputs("</main>\n<footer>Written by pcasim " PCASIM_VERSION
	      ". This page loads nothing and runs no scripts.</footer>\n</body>\n</html>\n",
	      out);
	return err;
}
