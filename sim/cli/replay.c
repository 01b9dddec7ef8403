// SPDX-License-Identifier: MIT
/*
 * Replaying: the traces in a file, line by line, against machines of ours.
 */
#define _GNU_SOURCE
#include "replay.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <pcasim/pcasim.h>

#include "cli.h"
#include "json.h"
#include "release.h"
#include "setup.h"
#include "term.h"
#include "trace.h"
#include "trace_compare.h"
#include "trace_result.h"

#define NO_TRACE "not a trace: it does not begin with \"#oracle_fuzz v1\""
#define PROGRESS_EVERY 256 /* operations */
#define MOST_TRACE_BYTES (1U << 30)
#define READ_BYTES 4096 /* at once, which is also how finely progress is known */

/* One file on its way. */
struct replay {
	const struct replay_opts *opts;
	struct replay_summary *summary;
	const char *path, *entry; /* where we are, for messages */
	uint64_t line_nr;
	struct trace_header header;
	uint64_t nr_operations; /* that followed it */
	struct trace_world *world;
	struct archive *archive;
	double file_bytes;
};

__attribute__((format(printf, 2, 3))) static int refuse(const struct replay *replay,
							const char *fmt, ...)
{
	char where[32] = "", text[512];
	va_list ap;

	if (replay->line_nr)
		snprintf(where, sizeof(where), ":%llu", (unsigned long long)replay->line_nr);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cli_error("%s%s%s%s%s: %s", replay->path, replay->entry ? "(" : "",
		  replay->entry ? replay->entry : "", replay->entry ? ")" : "", where, text);
	return CLI_BAD_INPUT;
}

static struct replay_count *count_of(struct replay_summary *summary, const char *op)
{
	for (uint32_t i = 0; i < summary->nr_ops; i++) {
		if (!strcmp(summary->ops[i].op, op))
			return &summary->ops[i];
	}
	if (summary->nr_ops == REPLAY_MAX_OPS)
		return NULL;

	struct replay_count *count = &summary->ops[summary->nr_ops];

	snprintf(count->op, sizeof(count->op), "%s", op);
	summary->nr_ops++;
	return count;
}

/* recorded and ours are cut up. */
static bool compare(const struct replay *replay, const struct trace_line *line, char *recorded,
		    char *ours)
{
	struct trace_comparison comparison;
	FILE *out = replay->opts->out;

	if (trace_compare(&comparison, recorded, ours))
		return true;
	if (!out || replay->summary->differences >= replay->opts->max_diffs)
		return false;
	progress_clear();
	fprintf(out, "%s:%llu: ", replay->entry ? replay->entry : replay->path,
		(unsigned long long)replay->line_nr);
	trace_show_difference(out, line, &comparison);
	return false;
}

/* As far as the compressed file has been read. */
static void tell_progress(const struct replay *replay)
{
	double done = (double)archive_filter_bytes(replay->archive, -1) / replay->file_bytes;

	if (replay->opts->progress)
		replay->opts->progress(replay->opts->progress_arg, done < 1 ? done : 1);
}

static int replay_operation(struct replay *replay, struct trace_line *line,
			    struct trace_result *result)
{
	struct replay_summary *summary = replay->summary;
	struct replay_count *count;
	bool is_run = trace_result_run(result, replay->world, line);

	if (!is_run && line->bad)
		return refuse(replay, "%s: argument \"%s\" is missing or cannot be read", line->op,
			      line->bad);
	if (!is_run)
		return refuse(replay, "\"%s\" is not an operation", line->op);

	count = count_of(summary, line->op);
	bool is_same = compare(replay, line, line->result, result->text);

	replay->nr_operations++;
	summary->operations++;
	summary->differences += !is_same;
	if (count) {
		count->nr++;
		count->differences += !is_same;
	}
	if (summary->operations % PROGRESS_EVERY == 0)
		tell_progress(replay);
	return 0;
}

static int check_cpus(const struct replay *replay)
{
	const struct trace_header *header = &replay->header;

	if (!header->possible_cpus || header->possible_cpus > PCA_MAX_CPUS)
		return refuse(replay, "possible_cpus=%u: a machine has 1 to %d CPUs",
			      header->possible_cpus, PCA_MAX_CPUS);
	if (!header->has_kernel_line)
		return refuse(replay, "a line \"#kernel release=R online=K\" is missing");
	if (!header->online_cpus || header->online_cpus > header->possible_cpus)
		return refuse(replay, "online=%u: of possible_cpus=%u, 1 to %u can be online",
			      header->online_cpus, header->possible_cpus, header->possible_cpus);
	return 0;
}

static int begin_world(struct replay *replay)
{
	const struct trace_header *header = &replay->header;
	const char *release = replay->opts->release ? replay->opts->release : header->release;
	int err = check_cpus(replay);

	if (err)
		return err;
	if (!*release)
		return refuse(replay, "release= is missing; --kernel chooses one");
	if (!release_find(release))
		return refuse(replay, "release %s is not simulated; --kernel chooses another",
			      release);
	err = trace_world_create(&replay->world, header, release);
	if (err)
		return refuse(replay, "no machine with %u CPUs: %s", header->possible_cpus,
			      pca_strerror(err));
	replay->summary->traces++;
	return 0;
}

static void end_world(struct replay *replay)
{
	if (replay->world)
		trace_world_destroy(replay->world);
	replay->world = NULL;
}

/* A trace is over: it must have been whole. One without operations has no world yet. */
static int end_trace(struct replay *replay)
{
	uint64_t want = replay->header.nr_operations, got = replay->nr_operations;
	int err = replay->world ? 0 : begin_world(replay);

	end_world(replay);
	if (!err && got < want)
		err = refuse(replay, "%" PRIu64 " of %" PRIu64 " operations: cut short", got, want);
	else if (!err && got > want)
		err = refuse(replay, "%" PRIu64 " operations, but nops=%" PRIu64, got, want);
	memset(&replay->header, 0, sizeof(replay->header));
	replay->nr_operations = 0;
	return err;
}

static int replay_comment(struct replay *replay, char *text)
{
	int err = trace_begins(text) && replay->line_nr > 1 ? end_trace(replay) : 0;

	if (err)
		return err;
	return trace_header_parse(&replay->header, text) ? 0 : refuse(replay, "a broken header");
}

static int replay_line(struct replay *replay, char *text, struct trace_result *result)
{
	struct trace_line line;

	replay->line_nr++;
	if (!*text)
		return 0;
	if (replay->line_nr == 1 && !trace_begins(text))
		return refuse(replay, NO_TRACE);
	if (*text == '#')
		return replay_comment(replay, text);
	if (!trace_line_parse(&line, text) || !line.result)
		return refuse(replay, "not \"SEQ OP key=value ... -> key=value ...\"");
	if (!replay->world) {
		int err = begin_world(replay);

		if (err)
			return err;
	}
	return replay_operation(replay, &line, result);
}

/* text is NUL-terminated and cut up. */
static int replay_trace(struct replay *replay, char *text)
{
	struct trace_result result;
	char *rest = text;
	int err = 0;

	if (!trace_result_open(&result))
		return refuse(replay, "out of memory");
	replay->line_nr = 0;
	replay->nr_operations = 0;
	memset(&replay->header, 0, sizeof(replay->header));
	while (!err && rest && *rest) {
		char *text_line = strsep(&rest, "\n");

		err = replay_line(replay, text_line, &result);
	}
	if (!err && !replay->line_nr)
		err = refuse(replay, "an empty file is not a trace");
	if (!err)
		err = end_trace(replay);
	end_world(replay);
	trace_result_close(&result);
	return err;
}

int replay_text(const char *name, char *text, const struct replay_opts *opts,
		struct replay_summary *summary)
{
	struct replay replay = { .opts = opts, .summary = summary, .path = name };

	return replay_trace(&replay, text);
}

/* The whole current entry, NUL-terminated; the caller frees it. */
static char *read_entry(struct archive *archive, const struct replay *replay)
{
	size_t capacity = 1 << 20, len = 0;
	char *text = malloc(capacity + 1);

	while (text) {
		la_ssize_t n = archive_read_data(archive, text + len, capacity - len);

		if (n == 0)
			break;
		if (n < 0 || (len += (size_t)n) > MOST_TRACE_BYTES) {
			refuse(replay, "%s", n < 0 ? archive_error_string(archive) : "too large");
			free(text);
			return NULL;
		}
		if (len == capacity) {
			char *larger = realloc(text, (capacity *= 2) + 1);

			if (!larger)
				free(text);
			text = larger;
		}
	}
	if (!text)
		refuse(replay, "out of memory");
	else
		text[len] = '\0';
	return text;
}

static int replay_entry(struct replay *replay, struct archive *archive, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);
	bool is_raw = archive_format(archive) == ARCHIVE_FORMAT_RAW;
	char *text;
	int err;

	if (!is_raw && archive_entry_filetype(entry) != AE_IFREG)
		return 0;
	replay->entry = is_raw ? NULL : name;
	replay->line_nr = 0;
	text = read_entry(archive, replay);
	if (!text)
		return CLI_BAD_INPUT;
	err = replay_trace(replay, text);
	free(text);
	return err;
}

static int replay_archive(struct replay *replay, struct archive *archive)
{
	struct archive_entry *entry;
	uint64_t nr_entries = 0;
	int status, err = 0;

	while (!err && (status = archive_read_next_header(archive, &entry)) == ARCHIVE_OK) {
		nr_entries++;
		err = replay_entry(replay, archive, entry);
	}
	replay->entry = NULL;
	replay->line_nr = 0;
	if (!err && status != ARCHIVE_EOF)
		err = refuse(replay, "%s", archive_error_string(archive));
	if (!err && !nr_entries)
		err = refuse(replay, "an empty file is not a trace");
	return err;
}

/* The beginning of the first file in it. */
static int check_archive(struct replay *replay, struct archive *archive)
{
	struct archive_entry *entry;
	char text[16] = "";
	int status;

	while ((status = archive_read_next_header(archive, &entry)) == ARCHIVE_OK &&
	       archive_format(archive) != ARCHIVE_FORMAT_RAW &&
	       archive_entry_filetype(entry) != AE_IFREG)
		;
	if (status == ARCHIVE_OK && archive_read_data(archive, text, sizeof(text) - 1) < 0)
		status = ARCHIVE_FATAL;
	if (status != ARCHIVE_OK && status != ARCHIVE_EOF)
		return refuse(replay, "%s", archive_error_string(archive));
	return trace_begins(text) ? 0 : refuse(replay, NO_TRACE);
}

/* Open a file and hand its archive to fn. */
static int with_archive(struct replay *replay,
			int (*fn)(struct replay *replay, struct archive *archive))
{
	struct archive *archive;
	struct stat st;
	int err;

	if (stat(replay->path, &st))
		return refuse(replay, "%s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return refuse(replay, "a directory; name the trace files in it");
	replay->file_bytes = st.st_size ? (double)st.st_size : 1;
	replay->archive = archive = archive_read_new();
	if (!archive)
		return refuse(replay, "out of memory");
	archive_read_support_filter_all(archive);
	archive_read_support_format_tar(archive);
	archive_read_support_format_raw(archive);
	archive_read_support_format_empty(archive);
	if (archive_read_open_filename(archive, replay->path, READ_BYTES) == ARCHIVE_OK)
		err = fn(replay, archive);
	else
		err = refuse(replay, "%s", archive_error_string(archive));
	archive_read_free(archive);
	return err;
}

int replay_check_file(const char *path)
{
	struct replay replay = { .path = path };

	return with_archive(&replay, check_archive);
}

int replay_file(const char *path, const struct replay_opts *opts, struct replay_summary *summary)
{
	struct replay replay = { .opts = opts, .summary = summary, .path = path };

	return with_archive(&replay, replay_archive);
}

void replay_print_json(const struct replay_summary *summary)
{
	json_count("traces", summary->traces);
	json_count("operations", summary->operations);
	json_count("differences", summary->differences);
	json_open("by_operation", '{');
	for (uint32_t i = 0; i < summary->nr_ops; i++) {
		json_open(summary->ops[i].op, '{');
		json_count("compared", summary->ops[i].nr);
		json_count("differences", summary->ops[i].differences);
		json_close('}');
	}
	json_close('}');
}
