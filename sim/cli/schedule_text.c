// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "schedule_text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "setup.h"
#include "term.h"

#define MOST_SWITCHES (1U << 20)
#define MOST_WORD 60 /* bytes of one in a complaint */

/* A file on its way. */
struct reader {
	const char *path;
	size_t line;
	int (*find)(const void *arg, const char *name);
	const void *arg;
	struct schedule_list *list;
};

static int append(const struct reader *r, const struct pca_switch *entry)
{
	struct schedule_list *list = r->list;
	struct pca_switch *grown;

	if (list->nr && entry->point <= list->switches[list->nr - 1].point) {
		cli_error("%s, line %zu: point %" PRIu64
			  " does not come after the one before, %" PRIu64,
			  r->path, r->line, entry->point, list->switches[list->nr - 1].point);
		return -1;
	}
	if (list->nr == MOST_SWITCHES) {
		cli_error("%s: more than %u switches", r->path, MOST_SWITCHES);
		return -1;
	}
	grown = reallocarray(list->switches, list->nr + 1, sizeof(*grown));
	if (!grown) {
		cli_error("out of memory");
		return -1;
	}
	list->switches = grown;
	list->switches[list->nr++] = *entry;
	return 0;
}

/* why has a place for a word of the line. */
__attribute__((format(printf, 2, 0))) static int refuse(const struct reader *r, const char *why,
							const char *word)
{
	char quoted[MOST_WORD], text[256];

	excerpt(quoted, sizeof(quoted), word, strlen(word));
	snprintf(text, sizeof(text), why, quoted);
	cli_error("%s, line %zu: %s", r->path, r->line, text);
	return -1;
}

/* text is one line without its comment. */
static int read_line(const struct reader *r, char *text)
{
	char *rest = text, *point = NULL, *name = NULL, *word;
	struct pca_switch entry = { 0 };
	int actor;

	while ((word = strsep(&rest, " \t\r\n"))) {
		if (!*word)
			continue;
		if (name)
			return refuse(r,
				      "\"%s\" follows what is a switch already: a point and a name",
				      word);
		*(point ? &name : &point) = word;
	}
	if (!point)
		return 0;
	errno = 0;
	entry.point = isdigit((unsigned char)*point) ? strtoull(point, &word, 10) : 0;
	if (!isdigit((unsigned char)*point) || *word || errno)
		return refuse(r, "\"%s\" stands where the number of a point belongs", point);
	if (!name)
		return refuse(r, "who goes on from point %s is missing", point);
	actor = r->find(r->arg, name);
	if (actor < 0)
		return refuse(r, "there is no actor \"%s\"", name);
	entry.actor = (uint32_t)actor;
	return append(r, &entry);
}

int schedule_text_read(struct schedule_list *list, FILE *in, const char *path,
		       int (*find)(const void *arg, const char *name), const void *arg)
{
	struct reader r = { path, 0, find, arg, list };
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int err = 0;

	*list = (struct schedule_list){ 0 };
	while (!err && (len = getline(&line, &size, in)) >= 0) {
		r.line++;
		if (memchr(line, '\0', (size_t)len)) {
			cli_error("%s, line %zu: a zero byte: this is no schedule", path, r.line);
			err = -1;
			break;
		}
		line[strcspn(line, "#")] = '\0';
		err = read_line(&r, line);
	}
	if (!err && ferror(in)) {
		cli_error("%s: %s", path, strerror(errno));
		err = -1;
	}
	free(line);
	if (err)
		schedule_list_free(list);
	return err;
}

void schedule_list_free(struct schedule_list *list)
{
	free(list->switches);
	*list = (struct schedule_list){ 0 };
}

void schedule_text_write(FILE *out, const struct pca_switch *entry, const char *name,
			 const char *comment)
{
	if (comment && *comment)
		fprintf(out, "%" PRIu64 " %-15s # %s\n", entry->point, name, comment);
	else
		fprintf(out, "%" PRIu64 " %s\n", entry->point, name);
}
