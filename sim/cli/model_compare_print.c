// SPDX-License-Identifier: MIT
/*
 * A contest as a table: a line for each layout, fastest first, and in it a sign for each
 * slower one. Reasons stand below, each once.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "model_compare.h"
#include "model_show.h"
#include "setup.h"
#include "term.h"

static const char signs[NR_COMPARE_VERDICTS + 1] = "<=pm!";

static const struct compared_pair *pair_of(const struct compared *compared, size_t first,
					   size_t second)
{
	size_t i = 0;

	while (compared->pairs[i].first != first || compared->pairs[i].second != second)
		i++;
	return &compared->pairs[i];
}

static void print_layout(const struct compared *compared, size_t i)
{
	const struct model_result *result = &compared->results[i];

	printf("  %zu  %-13s %8.2f ns  %6.3f  %6.3f  ", i + 1, compared->layouts[i].layout->name,
	       compared->layouts[i].summary.median, model_waits(result),
	       model_misses(result, FROM_L1));
	for (size_t other = 0; other < compared->nr; other++) {
		enum compare_verdict verdict;

		if (other <= i) {
			fputs(" .", stdout);
			continue;
		}
		verdict = pair_of(compared, i, other)->verdict;
		printf(" %s%c%s", verdict == COMPARE_OPPOSITE ? colours->red : "", signs[verdict],
		       verdict == COMPARE_OPPOSITE ? colours->off : "");
	}
	putchar('\n');
}

static void append_pair(const struct compared *compared, const struct compared_pair *pair,
			char *text, size_t size)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s before %s %.2fx", len ? ", " : "",
		 compared->layouts[pair->first].layout->name,
		 compared->layouts[pair->second].layout->name, pair->ratio.ratio);
}

/* The pairs of a verdict, by reason: each reason where its first pair comes. */
static void print_reasons(const struct compared *compared, enum compare_verdict verdict)
{
	static char text[16384];

	for (size_t i = 0; i < compared->nr_pairs; i++) {
		const char *why = compared->pairs[i].why;
		bool is_told = false;

		if (compared->pairs[i].verdict != verdict)
			continue;
		for (size_t j = 0; j < i; j++)
			is_told |= compared->pairs[j].verdict == verdict &&
				   compared->pairs[j].why == why;
		if (is_told)
			continue;
		*text = '\0';
		for (size_t j = i; j < compared->nr_pairs; j++) {
			if (compared->pairs[j].verdict == verdict && compared->pairs[j].why == why)
				append_pair(compared, &compared->pairs[j], text, sizeof(text));
		}
		printf("  %c  %s:\n", signs[verdict], compare_verdict_text(verdict));
		model_print_folded(5, text);
		model_print_folded(5, why);
	}
}

static void print_contest(const struct compared *compared)
{
	const struct measured_contest *contest = compared->contest;

	print_title("%s: %s", workload_names[contest->workload], contest->note);
	if (contest->has_round_trip)
		printf("  A line there and back took %.0f ns: %s.\n", contest->round_trip_ns,
		       pingpong_text(contest->round_trip));
	if (compared->left_out) {
		printf("  Left out: %s.\n", compared->left_out);
		return;
	}
	printf("  %s%-16s %11s  %6s  %6s  ", colours->dim, "", "measured", "waits", "misses");
	for (size_t i = 0; i < compared->nr; i++)
		printf("%2zu", i + 1);
	printf("%s\n", colours->off);
	for (size_t i = 0; i < compared->nr; i++)
		print_layout(compared, i);
	print_reasons(compared, COMPARE_MEASURED_ONLY);
	print_reasons(compared, COMPARE_OPPOSITE);
}

static void print_end(const size_t counts[NR_COMPARE_VERDICTS])
{
	size_t nr = 0;

	for (int i = 0; i < NR_COMPARE_VERDICTS; i++)
		nr += counts[i];
	printf("\n%zu pairs of layouts; a difference is clear from %.2fx on, if its interval "
	       "excludes 1\n",
	       nr, COMPARE_CLEAR_RATIO);
	for (int i = 0; i < NR_COMPARE_VERDICTS; i++)
		printf("  %c  %4zu  %s\n", signs[i], counts[i],
		       compare_verdict_text((enum compare_verdict)i));
}

/* --- JSON -------------------------------------------------------------------------------- */

static void json_layout(const struct compared *compared, size_t i)
{
	const struct model_result *result = &compared->results[i];

	json_open(NULL, '{');
	json_text("layout", compared->layouts[i].layout->name);
	json_real("median_ns", compared->layouts[i].summary.median);
	json_real("waits", model_waits(result));
	json_real("transfers", model_transfers(result));
	json_real("l1_misses", model_misses(result, FROM_L1));
	json_close('}');
}

static void json_pair(const struct compared *compared, const struct compared_pair *pair)
{
	json_open(NULL, '{');
	json_text("faster", compared->layouts[pair->first].layout->name);
	json_text("slower", compared->layouts[pair->second].layout->name);
	json_real("ratio", pair->ratio.ratio);
	json_real("ratio_low", pair->ratio.low);
	json_real("ratio_high", pair->ratio.high);
	json_bool("is_clear", pair->is_clear);
	json_text("verdict", compare_verdict_text(pair->verdict));
	if (pair->why)
		json_text("why", pair->why);
	json_close('}');
}

static void json_contest(const struct compared *compared)
{
	json_open(NULL, '{');
	json_text("name", workload_names[compared->contest->workload]);
	json_text("note", compared->contest->note);
	if (compared->left_out)
		json_text("left_out", compared->left_out);
	json_open("layouts", '[');
	for (size_t i = 0; i < compared->nr; i++)
		json_layout(compared, i);
	json_close(']');
	json_open("pairs", '[');
	for (size_t i = 0; i < compared->nr_pairs; i++)
		json_pair(compared, &compared->pairs[i]);
	json_close(']');
	json_close('}');
}

/* --- all of a file ----------------------------------------------------------------------- */

static void begin(const struct measured *measured, bool is_json)
{
	if (!is_json) {
		printf("%s\nmeasured by: %s\n", measured->machine, measured->command);
		return;
	}
	json_open(NULL, '{');
	json_text("machine", measured->machine);
	json_text("command", measured->command);
	json_real("clear_ratio", COMPARE_CLEAR_RATIO);
	json_open("contests", '[');
}

static void end(const size_t counts[NR_COMPARE_VERDICTS], bool is_json)
{
	if (!is_json) {
		print_end(counts);
		return;
	}
	json_close(']');
	json_open("verdicts", '{');
	for (int i = 0; i < NR_COMPARE_VERDICTS; i++)
		json_count(compare_verdict_text((enum compare_verdict)i), counts[i]);
	json_close('}');
	json_close('}');
}

/* The pairs in opposite order, or -1 after a line on stderr. */
static int compare_all(const struct measured *measured, const struct model_job *job, bool is_json)
{
	struct compared *compared = malloc(sizeof(*compared));
	size_t counts[NR_COMPARE_VERDICTS] = { 0 };
	int err = 0;

	if (!compared) {
		cli_error("no memory is left");
		return -1;
	}
	begin(measured, is_json);
	for (size_t i = 0; !err && i < measured->nr; i++) {
		err = compare_contest(compared, measured, &measured->contests[i], job);
		if (err)
			break;
		if (is_json)
			json_contest(compared);
		else
			print_contest(compared);
		for (int j = 0; j < NR_COMPARE_VERDICTS; j++)
			counts[j] += compared->counts[j];
	}
	free(compared);
	end(counts, is_json);
	return err ? -1 : (int)counts[COMPARE_OPPOSITE];
}

int compare_file(const char *path, const struct model_job *job, bool is_json)
{
	bool is_stdin = !strcmp(path, "-");
	FILE *in = is_stdin ? stdin : fopen(path, "re");
	struct measured measured;
	int result = -1;

	if (!in) {
		cli_error("\"%s\" cannot be read: %s", path, strerror(errno));
		return -1;
	}
	if (!measured_read(&measured, in, is_stdin ? "standard input" : path)) {
		result = compare_all(&measured, job, is_json);
		measured_free(&measured);
	}
	if (!is_stdin)
		fclose(in);
	return result;
}
