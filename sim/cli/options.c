// SPDX-License-Identifier: MIT
/*
 * Options through getopt_long(), which knows the grammar; what the values may
 * be is checked here, since strtoull() takes "-1" and " 8x" for numbers.
 */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <assert.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MOST_OPTIONS 40
#define FIRST_VAL 256 /* above every character, so that optopt tells the two apart */

const struct cli_option kernel_option = { .name = "kernel",
					  .kind = OPTION_RELEASE,
					  .value = &cli_kernel };

static bool is_only(const char *text, const char *characters)
{
	return *text && !text[strspn(text, characters)];
}

static int parse_number(const struct cli_option *option, const char *text)
{
	unsigned long long n = 0;
	bool is_number = is_only(text, "0123456789");

	errno = 0;
	if (is_number)
		n = strtoull(text, NULL, 10);
	if (!is_number || errno || n < option->least || n > option->most) {
		cli_error("--%s is \"%s\"; it must be a whole number from %" PRIu64 " to %" PRIu64,
			  option->name, text, option->least, option->most);
		return -1;
	}
	*(uint64_t *)option->value = n;
	return 0;
}

static int parse_seconds(const struct cli_option *option, const char *text)
{
	char *end = NULL;
	double seconds = is_only(text, "0123456789.") ? strtod(text, &end) : 0;

	if (!end || *end || !(seconds > 0) || seconds > (double)option->most) {
		cli_error("--%s is \"%s\"; it must be a number above 0 and up to %" PRIu64
			  ", such as 0.5",
			  option->name, text, option->most);
		return -1;
	}
	*(double *)option->value = seconds;
	return 0;
}

static int append(const struct cli_option *option, const char *text)
{
	struct option_list *list = option->value;

	if (list->nr == MOST_IN_LIST) {
		cli_error("--%s is given too often: %d are the most", option->name, MOST_IN_LIST);
		return -1;
	}
	list->at[list->nr].option = option->name;
	list->at[list->nr++].text = text;
	return 0;
}

static int parse_value(const struct cli_option *option, const char *text)
{
	switch (option->kind) {
	case OPTION_FLAG:
		*(bool *)option->value = true;
		return 0;
	case OPTION_NUMBER:
		return parse_number(option, text);
	case OPTION_SECONDS:
		return parse_seconds(option, text);
	case OPTION_RELEASE:
		return cli_parse_release(text, option->value);
	case OPTION_TEXT:
	case OPTION_LIST:
		break;
	}
	if (!*text) {
		cli_error("--%s is empty; give it a value, or leave it out", option->name);
		return -1;
	}
	if (option->kind == OPTION_LIST)
		return append(option, text);
	*(const char **)option->value = text;
	return 0;
}

/* getopt_long() tells an unknown long option by optopt 0, a short one by its letter. */
static void refuse_option(char **argv, const struct cli_option *options)
{
	if (optopt >= FIRST_VAL)
		cli_error("--%s takes no value, \"%s\" gives it one",
			  options[optopt - FIRST_VAL].name, argv[optind - 1]);
	else if (optopt && isprint(optopt))
		cli_error("unknown option \"-%c\"; \"pcasim %s --help\" lists what there is",
			  optopt, argv[0]);
	else
		cli_error("unknown option \"%s\"; \"pcasim %s --help\" lists what there is",
			  argv[optind - 1], argv[0]);
}

/* What getopt_long() found: an index, or a letter that one of the options has. */
static const struct cli_option *option_of(const struct cli_option *options, int val)
{
	size_t i = 0;

	if (val >= FIRST_VAL)
		return &options[val - FIRST_VAL];
	while (options[i].letter != val)
		i++;
	return &options[i];
}

int options_parse(int argc, char **argv, const struct cli_option *options, size_t nr, int *operands)
{
	struct option longs[MOST_OPTIONS + 1] = { 0 };
	char shorts[2 * MOST_OPTIONS + 2] = ":", *next_short = shorts + 1;
	int val;

	assert(nr <= MOST_OPTIONS);
	for (size_t i = 0; i < nr; i++) {
		bool takes_value = options[i].kind != OPTION_FLAG;

		longs[i] = (struct option){
			.name = options[i].name,
			.has_arg = takes_value ? required_argument : no_argument,
			.val = FIRST_VAL + (int)i,
		};
		if (options[i].letter)
			*next_short++ = options[i].letter;
		if (options[i].letter && takes_value)
			*next_short++ = ':';
	}
	optind = 0; /* GNU: start afresh */
	opterr = 0;
	while ((val = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (val == ':') {
			cli_error("%s needs a value", argv[optind - 1]);
			return -1;
		}
		if (val == '?') {
			refuse_option(argv, options);
			return -1;
		}
		if (parse_value(option_of(options, val), optarg))
			return -1;
	}
	if (operands) {
		*operands = optind;
		return 0;
	}
	if (optind < argc) {
		cli_error("unexpected argument \"%s\"; \"pcasim %s\" takes options only",
			  argv[optind], argv[0]);
		return -1;
	}
	return 0;
}
