// SPDX-License-Identifier: MIT
/*
 * Opening an object file as a loader in user space does: values for global variables and
 * sizes for maps first, then the load.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "options.h"
#include "prog_run.h"

#define MOST_VALUE_BYTES 4096

/* "NAME=TEXT" on its way. */
struct setting {
	const char *option;
	char name[256];
	const char *text;
};

static int read_setting(struct setting *setting, const char *option, const char *given)
{
	const char *equals = strchr(given, '=');
	size_t len = equals ? (size_t)(equals - given) : 0;

	if (!len || len >= sizeof(setting->name)) {
		cli_error("--%s %s: give NAME=VALUE", option, given);
		return -1;
	}
	memcpy(setting->name, given, len);
	setting->name[len] = '\0';
	setting->option = option;
	setting->text = equals + 1;
	return 0;
}

static bool read_number(const char *text, int64_t *number)
{
	char *end;

	if (!strcmp(text, "true") || !strcmp(text, "false")) {
		*number = *text == 't';
		return true;
	}
	errno = 0;
	*number = *text == '-' ? strtoll(text, &end, 0) : (int64_t)strtoull(text, &end, 0);
	return !errno && *text && !*end;
}

static bool fits(int64_t number, size_t bytes, bool is_negative)
{
	const unsigned int bits = (unsigned int)bytes * 8;

	if (bits == 64)
		return true;
	return is_negative ? number >= -(1LL << (bits - 1)) : (uint64_t)number < 1ULL << bits;
}

/* A number as the variable has it, or text with zeros behind it. */
static int make_value(const struct setting *setting, size_t bytes, char *value)
{
	int64_t number;

	if (bytes <= sizeof(number) && !(bytes & (bytes - 1)) &&
	    read_number(setting->text, &number) && fits(number, bytes, *setting->text == '-')) {
		memcpy(value, &number, bytes); /* both machines are little-endian */
		return 0;
	}
	if (bytes > sizeof(number) && bytes <= MOST_VALUE_BYTES && strlen(setting->text) < bytes) {
		memset(value, 0, bytes);
		memcpy(value, setting->text, strlen(setting->text));
		return 0;
	}
	cli_error("--set %s=%s: the variable has %zu bytes: give %s", setting->name, setting->text,
		  bytes, bytes > sizeof(number) ? "a shorter text" : "a number that fits");
	return -1;
}

static int add_value(const struct pca_object *object, const struct setting *setting,
		     struct pca_object_value *value)
{
	const struct pca_object_global *global = pca_object_find_global(object, setting->name);
	char *bytes;

	if (!global) {
		cli_error(
			"--set: %s has no global variable \"%s\"; \"pcasim prog list\" shows them",
			object->path, setting->name);
		return -1;
	}
	bytes = malloc(global->bytes + 1);
	if (!bytes || make_value(setting, global->bytes, bytes)) {
		free(bytes);
		return -1;
	}
	*value = (struct pca_object_value){ global->name, bytes, global->bytes };
	return 0;
}

static int resize_map(struct pca_object *object, const struct setting *setting)
{
	int64_t entries;

	if (!read_number(setting->text, &entries) || entries < 1 || entries > UINT32_MAX) {
		cli_error("--entries %s=%s: give a number above 0", setting->name, setting->text);
		return -1;
	}
	if (!pca_object_set_max_entries(object, setting->name, (uint32_t)entries))
		return 0;
	cli_error("--entries: %s has no map \"%s\"; \"pcasim prog list\" shows them", object->path,
		  setting->name);
	return -1;
}

/* ---- the object ---- */

/* Values of variables; sizes of maps are set at once. */
static int apply(struct pca_object *object, const struct option_list *settings,
		 struct pca_object_value *values, size_t *nr_values)
{
	struct setting setting;

	for (size_t i = 0; i < settings->nr; i++) {
		if (read_setting(&setting, settings->at[i].option, settings->at[i].text))
			return -1;
		if (!strcmp(setting.option, "entries")
			    ? resize_map(object, &setting)
			    : add_value(object, &setting, &values[*nr_values]))
			return -1;
		*nr_values += !strcmp(setting.option, "set");
	}
	return 0;
}

/* Variables take values when a file is opened: how long they are shows an open before. */
static int open_with_values(struct pca_object **object, const struct session *session,
			    const char *path, const struct option_list *settings)
{
	struct pca_object_value values[MOST_IN_LIST];
	struct pca_object_opts opts = { .size = sizeof(opts),
					.is_load_delayed = true,
					.values = values };
	struct pca_object *first = NULL;
	int err = pca_object_open(
		&first, session->task, path,
		&(struct pca_object_opts){ .size = sizeof(opts), .is_load_delayed = true });

	if (!err)
		err = apply(first, settings, values, &opts.nr_values);
	if (!err)
		err = pca_object_open(object, session->task, path, &opts);
	for (size_t i = 0; i < opts.nr_values; i++)
		free((void *)values[i].value);
	opts.nr_values = 0;
	if (first)
		pca_object_close(first);
	return err;
}

int prog_open(struct pca_object **object, const struct session *session, const char *path,
	      const struct option_list *settings)
{
	struct setting setting;
	int err = open_with_values(object, session, path, settings);

	if (err)
		return -1;
	for (size_t i = 0; i < settings->nr && !err; i++) {
		if (!strcmp(settings->at[i].option, "entries"))
			err = read_setting(&setting, "entries", settings->at[i].text) ||
			      resize_map(*object, &setting);
	}
	if (!err)
		err = pca_object_load(*object);
	if (err)
		pca_object_close(*object);
	return err ? -1 : 0;
}
