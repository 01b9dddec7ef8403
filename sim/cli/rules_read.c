// SPDX-License-Identifier: MIT
/*
 * Reading case files: each line of a file is about what the lines above opened.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <pcasim/machine.h>
#include <pcasim/task.h>

#include "cli.h"
#include "rules.h"
#include "setup.h"

#define MOST_FILE_BYTES (16U << 20)
#define DEFAULT_CPUS 2
#define MOST_CPUS 1024

/* A file on its way. */
struct reader {
	struct rules *rules;
	const char *path;
	uint32_t line;
	enum rule_part part; /* that operations go to */
	struct rule rule;    /* what is known of the next one */
};

__attribute__((format(printf, 2, 3))) static bool refuse(const struct reader *reader,
							 const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cli_error("%s:%u: %s", reader->path, reader->line, text);
	return false;
}

/* Room for one more element: arrays double. */
static bool make_room(void **array, uint32_t nr, size_t size)
{
	void *grown;

	if (nr & (nr - 1) && nr)
		return true;
	grown = reallocarray(*array, nr ? 2 * (size_t)nr : 1, size);
	if (!grown)
		return false;
	*array = grown;
	return true;
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return text + strspn(text, " \t");
}

/* "A | B" in two; false when it is not two that say something. */
static bool split(char *text, const char **left, const char **right)
{
	char *bar = strchr(text, '|');

	if (!bar || strchr(bar + 1, '|'))
		return false;
	*bar = '\0';
	*left = trim(text);
	*right = trim(bar + 1);
	return **left && **right;
}

static bool begin_section(struct reader *reader, char *text)
{
	if (!*text)
		return refuse(reader, "a section needs a title");
	reader->rule = (struct rule){
		.file = reader->path,
		.section = text,
		.possible_cpus = DEFAULT_CPUS,
		.online_cpus = DEFAULT_CPUS,
	};
	reader->part = RULE_SECTION;
	return true;
}

static bool set_cpus(struct reader *reader, char *text)
{
	struct rule *rule = &reader->rule;
	int used = 0;

	if (sscanf(text, "%u online %u%n", &rule->possible_cpus, &rule->online_cpus, &used) != 2 ||
	    text[used] || !rule->online_cpus || rule->online_cpus > rule->possible_cpus ||
	    rule->possible_cpus > MOST_CPUS)
		return refuse(reader, "CPUs are \"%s\"; they must be such as \"cpus 4 online 2\"",
			      text);
	return true;
}

static const struct {
	const char *name;
	uint64_t caps;
} capabilities[] = {
	{ "all", UINT64_MAX },
	{ "CAP_BPF", PCA_CAP_BPF },
	{ "CAP_NET_ADMIN", PCA_CAP_NET_ADMIN },
	{ "CAP_PERFMON", PCA_CAP_PERFMON },
	{ "CAP_SYS_ADMIN", PCA_CAP_SYS_ADMIN },
};

static bool drop_capabilities(struct reader *reader, char *text)
{
	char *save = NULL;

	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		uint64_t caps = 0;

		for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
			if (!strcmp(word, capabilities[i].name))
				caps = capabilities[i].caps;
		}
		if (!caps)
			return refuse(reader, "there is no capability \"%s\" that matters", word);
		reader->rule.dropped_caps |= caps;
	}
	return true;
}

static bool begin_condition(struct reader *reader, char *text)
{
	struct rule *rule = &reader->rule;

	if (!split(text, &rule->command, &rule->condition))
		return refuse(reader, "a condition is \"when COMMAND | WORDS\"");
	reader->part = RULE_WHEN;
	rule->ops[RULE_WHEN] = (struct rule_ops){ reader->rules->nr_ops, 0 };
	return true;
}

/* "5.10-6.18", "7.2-" */
static bool parse_releases(struct rule *rule, char *text)
{
	char *dash = strchr(text, '-');

	if (!dash)
		return false;
	*dash = '\0';
	rule->first = *text ? release_find(text) : NULL;
	rule->last = dash[1] ? release_find(dash + 1) : NULL;
	return rule->first && (!dash[1] || (rule->last && rule->last >= rule->first));
}

static bool begin_rule(struct reader *reader, char *text)
{
	struct rules *rules = reader->rules;
	struct rule *rule = &reader->rule;
	const char *left;

	if (!rule->command)
		return refuse(reader, "a rule needs a condition above it");
	if (!split(text, &left, &rule->result))
		return refuse(reader, "a rule is \"rule RELEASES measured|read | RESULT\"; there "
				      "is no \"measured\" or \"read\", or no result");

	char *known = strchr(text, ' ');

	if (!known || (strcmp(known + 1, "measured") && strcmp(known + 1, "read")))
		return refuse(reader, "\"%s\" does not end in \"measured\" or \"read\"", left);
	rule->is_read = !strcmp(known + 1, "read");
	*known = '\0';
	if (!parse_releases(rule, text))
		return refuse(reader, "\"%s\" are no releases; \"5.10-6.18\" and \"7.2-\" would be",
			      left);
	if (!make_room((void **)&rules->rules, rules->nr_rules, sizeof(*rule)))
		return refuse(reader, "out of memory");
	rule->line = reader->line;
	rule->ops[RULE_OWN] = (struct rule_ops){ rules->nr_ops, 0 };
	rules->rules[rules->nr_rules++] = *rule;
	reader->part = RULE_OWN;
	return true;
}

static bool add_operation(struct reader *reader, char *text)
{
	struct rules *rules = reader->rules;
	struct rule_ops *ops = &reader->rule.ops[reader->part];

	if (!reader->rule.section)
		return refuse(reader, "an operation needs a section above it");
	if (!strstr(text, " -> "))
		return refuse(reader, "an operation is \"OP key=value ... -> RESULT\"");
	if (!make_room((void **)&rules->ops, rules->nr_ops, sizeof(*rules->ops)))
		return refuse(reader, "out of memory");
	if (reader->part == RULE_OWN)
		ops = &rules->rules[rules->nr_rules - 1].ops[RULE_OWN];
	if (!ops->nr)
		ops->first = rules->nr_ops;
	ops->nr++;
	rules->ops[rules->nr_ops++] = (struct rule_op){ text, reader->line };
	return true;
}

static bool has_operations(const struct reader *reader)
{
	const struct rules *rules = reader->rules;

	return reader->part != RULE_OWN || rules->rules[rules->nr_rules - 1].ops[RULE_OWN].nr;
}

static const struct {
	const char *word;
	bool (*read)(struct reader *reader, char *text);
	bool is_of_section; /* stands right below it */
} statements[] = {
	{ "section", begin_section, false },	{ "cpus", set_cpus, true },
	{ "without", drop_capabilities, true }, { "when", begin_condition, false },
	{ "rule", begin_rule, false },
};

static bool read_statement(struct reader *reader, char *text)
{
	size_t len = strcspn(text, " ");

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		if (strlen(statements[i].word) != len || strncmp(text, statements[i].word, len))
			continue;
		if (i && !reader->rule.section)
			return refuse(reader, "\"%s\" needs a section above it",
				      statements[i].word);
		if (statements[i].is_of_section && reader->part != RULE_SECTION)
			return refuse(reader,
				      "\"%s\" belongs between a section and its first "
				      "condition",
				      statements[i].word);
		if (!has_operations(reader))
			return refuse(reader, "the rule above has no operations");
		return statements[i].read(reader, trim(text + len));
	}
	return refuse(reader,
		      "\"%.*s\" is none of section, cpus, without, when and rule; operations are "
		      "indented by a tab",
		      (int)len, text);
}

static bool read_line(struct reader *reader, char *text)
{
	bool is_indented = *text == '\t';

	reader->line++;
	text = trim(text);
	if (!*text || *text == '#')
		return true;
	return is_indented ? add_operation(reader, text) : read_statement(reader, text);
}

/* The whole file, NUL-terminated; owned by rules, behind its path. */
static char *load(struct rules *rules, const char *path)
{
	size_t path_bytes = strlen(path) + 1, len;
	FILE *file = fopen(path, "re");
	struct stat st;
	char *text = NULL;

	if (!file || fstat(fileno(file), &st))
		goto failed;
	errno = S_ISDIR(st.st_mode) ? EISDIR : st.st_size > MOST_FILE_BYTES ? EFBIG : 0;
	if (errno)
		goto failed;
	text = malloc(path_bytes + (size_t)st.st_size + 1);
	if (!text || !make_room((void **)&rules->texts, rules->nr_texts, sizeof(text)))
		goto failed;
	memcpy(text, path, path_bytes);
	len = fread(text + path_bytes, 1, (size_t)st.st_size, file);
	text[path_bytes + len] = '\0';
	if (ferror(file))
		goto failed;
	fclose(file);
	rules->texts[rules->nr_texts++] = text;
	return text;

failed:
	cli_error("%s: %s", path, strerror(errno));
	free(text);
	if (file)
		fclose(file);
	return NULL;
}

int rules_read(struct rules *rules, const char *path)
{
	char *text = load(rules, path), *next;
	struct reader reader = { .rules = rules, .path = text, .part = RULE_SECTION };

	if (!text)
		return CLI_BAD_INPUT;
	next = text + strlen(text) + 1;
	while (next) {
		char *line = strsep(&next, "\n");

		if (!read_line(&reader, line))
			return CLI_BAD_INPUT;
	}
	if (has_operations(&reader))
		return CLI_OK;
	refuse(&reader, "the last rule has no operations");
	return CLI_BAD_INPUT;
}

static int is_case_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && !strcmp(entry->d_name + len - 5, ".case");
}

int rules_read_directory(struct rules *rules, const char *path)
{
	struct dirent **entries;
	int nr = scandir(path, &entries, is_case_file, alphasort), status = CLI_OK;

	if (nr < 0) {
		cli_error("%s: %s", path, strerror(errno));
		return CLI_BAD_INPUT;
	}
	for (int i = 0; i < nr; i++) {
		char *name;

		if (!status && asprintf(&name, "%s/%s", path, entries[i]->d_name) >= 0) {
			status = rules_read(rules, name);
			free(name);
		}
		free(entries[i]);
	}
	free(entries);
	return status;
}

void rules_free(struct rules *rules)
{
	for (uint32_t i = 0; i < rules->nr_texts; i++)
		free(rules->texts[i]);
	free(rules->texts);
	free(rules->rules);
	free(rules->ops);
	memset(rules, 0, sizeof(*rules));
}

/* All releases are in one array, oldest first. */
bool rule_applies(const struct rule *rule, const struct release *release)
{
	return release >= rule->first && (!rule->last || release <= rule->last);
}
