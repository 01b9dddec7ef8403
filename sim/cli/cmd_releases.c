// SPDX-License-Identifier: MIT
/*
 * pcasim releases: which releases can be simulated, and what changed when.
 */
#include <stdio.h>
#include <string.h>

#include <pcasim/machine.h>

#include "cli.h"
#include "json.h"
#include "options.h"
#include "release.h"
#include "term.h"

const char releases_usage[] =
	"usage: pcasim releases [--json]\n"
	"\n"
	"List the releases of Linux that can be simulated, and the table of what changed\n"
	"in which release. \"pcasim --kernel R COMMAND\" runs a command on release R.\n"
	"\n"
	"How a change is dated: \"measured\" in that release and absent in the one before;\n"
	"\"read\" somewhere; or only \"seen\": the first measured release that has it.\n"
	"\n"
	"  --json  print both as JSON\n";

#define NAMES_A_LINE 11
#define TEXT_INDENT 17 /* of what changed */

static void print_names(void)
{
	const char *name;

	for (size_t i = 0; (name = pca_release_name(i)); i++) {
		const struct release *release = release_find(name);
		bool is_last = i % NAMES_A_LINE == NAMES_A_LINE - 1 || !pca_release_name(i + 1);

		printf("%s%s%s%-*s%s%s", i % NAMES_A_LINE ? " " : "  ",
		       release->is_measured ? colours->bold : colours->dim,
		       release->is_measured ? "*" : " ", is_last ? 0 : 5, name, colours->off,
		       is_last ? "\n" : "");
	}
	printf("  * measured; the others behave as the measured one before them, but for\n"
	       "    changes whose release was read\n");
}

static const char *dating_text(enum dating dating)
{
	return dating == DATED_MEASURED ? "measured" : dating == DATED_READ ? "read" : "seen";
}

static void print_row(const char *release, const char *dating, const char *text)
{
	printf("  %s%-5s%s %-8s ", colours->bold, release, colours->off, dating);
	print_wrapped(TEXT_INDENT, TEXT_INDENT, text);
	putchar('\n');
}

static void print_changes(void)
{
	const struct feature_row *row;

	for (size_t i = 0; (row = release_feature(i)); i++) {
		print_row(row->first, dating_text(row->dating), row->name);
		printf("%*s%sbefore: ", TEXT_INDENT, "", colours->dim);
		print_wrapped(TEXT_INDENT + strlen("before: "), TEXT_INDENT + 2, row->older_answer);
		printf("%s\n", colours->off);
	}
}

static void print_history(void)
{
	const struct release_note *note;

	for (size_t i = 0; (note = release_note(i)); i++)
		print_row(note->release, "read", note->what);
}

static void releases_json(void)
{
	const struct feature_row *row;
	const char *name;

	json_open(NULL, '{');
	json_text("default", release_find(NULL)->name);
	json_open("releases", '[');
	for (size_t i = 0; (name = pca_release_name(i)); i++) {
		json_open(NULL, '{');
		json_text("name", name);
		json_bool("measured", release_find(name)->is_measured);
		json_close('}');
	}
	json_close(']');
	json_open("changes", '[');
	for (size_t i = 0; (row = release_feature(i)); i++) {
		json_open(NULL, '{');
		json_text("first", row->first);
		json_text("dated", dating_text(row->dating));
		json_text("what", row->name);
		json_text("before", row->older_answer);
		json_close('}');
	}
	json_close(']');
	json_close('}');
}

int cmd_releases(int argc, char **argv)
{
	bool json = false;
	const struct cli_option options[] = { { "json", OPTION_FLAG, &json, 0, 0 } };

	if (options_parse(argc, argv, options, 1, NULL))
		return CLI_BAD_INPUT;
	if (cli_kernel) {
		cli_error("all releases are listed; leave out --kernel %s", cli_kernel);
		return CLI_BAD_INPUT;
	}
	if (json) {
		releases_json();
		return CLI_OK;
	}
	print_title("Releases; the default is %s", release_find(NULL)->name);
	print_names();
	print_title("Before the first of them");
	print_history();
	print_title("Changes");
	print_changes();
	return CLI_OK;
}
