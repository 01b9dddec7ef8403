// SPDX-License-Identifier: MIT
/*
 * The demo's last part: every trace in a directory, replayed.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "demo.h"
#include "json.h"
#include "term.h"

#define OPS_A_LINE 4
#define MOST_NAMED_FILES 4

/* Traces are files such as linux-6.18.44-c2.tar.xz; a page about them is none. */
static int may_be_trace(const struct dirent *entry)
{
	const char *suffix = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && !(suffix && !strcmp(suffix, ".md"));
}

/* Note "6.18.44" of linux-6.18.44-c2.tar.xz, each release once. */
static void note_release(struct trace_files *files, const char *name)
{
	char release[24] = "";
	size_t len;

	if (strncmp(name, "linux-", 6))
		return;
	len = strspn(name + 6, "0123456789.");
	if (!len || len >= sizeof(release) || !isdigit((unsigned char)name[6 + len - 1]))
		return;
	memcpy(release, name + 6, len);
	if (strstr(files->releases, release) ||
	    strlen(files->releases) + len + 3 > sizeof(files->releases))
		return;
	if (*files->releases)
		strcat(files->releases, ", ");
	strcat(files->releases, release);
}

static int add_file(struct trace_files *files, const char *dir, const char *name)
{
	struct stat st;
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return -ENOMEM;
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		free(path);
		return 0;
	}
	note_release(files, name);
	files->paths[files->nr++] = path;
	return 0;
}

static int add_files(struct trace_files *files, const char *dir, struct dirent **entries, int nr)
{
	int err = 0;

	files->paths = calloc((size_t)nr + 1, sizeof(*files->paths));
	if (!files->paths)
		return -ENOMEM;
	for (int i = 0; i < nr && !err; i++)
		err = add_file(files, dir, entries[i]->d_name);
	return err;
}

/* What is none is told now, not after the measurements. */
static int check_files(struct trace_files *files)
{
	for (size_t i = 0; i < files->nr; i++) {
		if (replay_check_file(files->paths[i])) {
			trace_files_free(files);
			return -1;
		}
	}
	return 0;
}

int trace_files_find(struct trace_files *files, const char *dir)
{
	struct dirent **entries;
	int nr = scandir(dir, &entries, may_be_trace, versionsort);
	int err;

	*files = (struct trace_files){ 0 };
	if (nr < 0) {
		cli_error("the traces' directory \"%s\": %s; name it with --traces", dir,
			  strerror(errno));
		return -1;
	}
	err = add_files(files, dir, entries, nr);
	for (int i = 0; i < nr; i++)
		free(entries[i]);
	free(entries);
	if (!err && files->nr)
		return check_files(files);
	if (err)
		cli_error("the traces' directory \"%s\": %s", dir, strerror(-err));
	else
		cli_error("no traces in the directory \"%s\"; name another with --traces", dir);
	trace_files_free(files);
	return -1;
}

void trace_files_free(struct trace_files *files)
{
	for (size_t i = 0; i < files->nr; i++)
		free(files->paths[i]);
	free(files->paths);
}

/* Which of how many files is being replayed. */
struct position {
	size_t done, nr;
};

static void show_replayed(void *arg, double fraction)
{
	const struct position *at = arg;

	progress_show("replaying traces", ((double)at->done + fraction) / (double)at->nr);
}

int demo_replay(const struct trace_files *files, struct replay_summary *summary)
{
	struct position at = { .nr = files->nr };
	struct replay_opts opts = { .progress = show_replayed, .progress_arg = &at };
	int err = 0;

	*summary = (struct replay_summary){ 0 };
	for (; at.done < files->nr && !err; at.done++)
		err = replay_file(files->paths[at.done], &opts, summary);
	progress_clear();
	return err ? -1 : 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void print_kinds(const struct replay_summary *summary)
{
	for (uint32_t i = 0; i < summary->nr_ops; i++) {
		const struct replay_count *count = &summary->ops[i];
		char nr[COUNT_TEXT];

		printf("  %s%-10s %6s%s", count->differences ? colours->red : "", count->op,
		       count_text(nr, count->nr), count->differences ? colours->off : "");
		if (i % OPS_A_LINE == OPS_A_LINE - 1 || i + 1 == summary->nr_ops)
			putchar('\n');
	}
}

void demo_print_replay(const struct trace_files *files, const struct replay_summary *summary)
{
	const char *verdict = summary->differences ? colours->red : colours->green;
	char last[256];

	print_title("Replaying what real kernels did");
	if (files->nr <= MOST_NAMED_FILES) {
		for (size_t i = 0; i < files->nr; i++)
			printf("  %s\n", base_name(files->paths[i]));
	}
	printf("  %zu file%s, %" PRIu64 " trace%s, operations of each kind:\n\n", files->nr,
	       plural_s(files->nr), summary->traces, plural_s(summary->traces));
	print_kinds(summary);
	if (summary->differences)
		printf("\n  \"pcasim replay FILE\" shows the differences.\n");
	snprintf(last, sizeof(last),
		 "%" PRIu64 " recorded operation%s%s%s replayed: %" PRIu64 " difference%s",
		 summary->operations, plural_s(summary->operations),
		 *files->releases ? " of Linux " : "", files->releases, summary->differences,
		 plural_s(summary->differences));
	printf("\n%s", verdict);
	print_wrapped(0, 0, last);
	printf("%s\n", colours->off);
}

void demo_replay_json(const struct trace_files *files, const struct replay_summary *summary)
{
	json_open("replay", '{');
	json_open("files", '[');
	for (size_t i = 0; i < files->nr; i++)
		json_text(NULL, base_name(files->paths[i]));
	json_close(']');
	replay_print_json(summary);
	json_close('}');
}
