// SPDX-License-Identifier: MIT
/*
 * Addresses of a program are sparse, the directory is dense: each chunk of memory that
 * is touched gets the next free number. Chunks are larger than what the sets of a cache
 * cover, so that a line keeps the set it has by its address.
 */
#define _GNU_SOURCE
#include "model_trace.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "setup.h"

#define CHUNK_LINES MODEL_MOST_SETS
#define MOST_ACCESS_BYTES 4096 /* what one instruction may do at most, and more */

struct memory_trace {
	struct model_memory memory;
	struct model_trace_result *result;
	const char *path;
	uint64_t line_number;
	uint32_t line_shift;
	uint64_t chunks[MODEL_MOST_AREAS]; /* line / CHUNK_LINES */
	uint32_t nr_chunks, most_chunks;
	uint32_t last; /* the chunk of the last access */
};

static int refuse_line(const struct memory_trace *trace, const char *line)
{
	cli_error("%s, line %" PRIu64 ": \"%.40s\" is not what \"valgrind --tool=lackey "
		  "--trace-mem=yes\" writes, such as \" L 1ffefff6a8,8\"",
		  trace->path, trace->line_number, line);
	return -1;
}

/* The number of the chunk, or most_chunks after a line on stderr. */
static uint32_t find_chunk(struct memory_trace *trace, uint64_t chunk)
{
	if (trace->nr_chunks && trace->chunks[trace->last] == chunk)
		return trace->last;
	for (uint32_t i = 0; i < trace->nr_chunks; i++) {
		if (trace->chunks[i] == chunk)
			return trace->last = i;
	}
	if (trace->nr_chunks == trace->most_chunks) {
		cli_error("%s, line %" PRIu64 ": the program touches more than %" PRIu32
			  " areas of %" PRIu64 " bytes, the most that the model takes",
			  trace->path, trace->line_number, trace->most_chunks,
			  (uint64_t)CHUNK_LINES << trace->line_shift);
		return trace->most_chunks;
	}
	trace->chunks[trace->nr_chunks] = chunk;
	return trace->last = trace->nr_chunks++;
}

/* An access that crosses a line waits for the one that is further away. */
static int do_access(struct memory_trace *trace, uint64_t address, uint64_t bytes, bool is_write)
{
	uint64_t last = (address + bytes - 1) >> trace->line_shift;
	enum model_source worst = FROM_L1;

	for (uint64_t line = address >> trace->line_shift; line <= last; line++) {
		uint32_t chunk = find_chunk(trace, line / CHUNK_LINES);
		enum model_source source;

		if (chunk == trace->most_chunks)
			return -1;
		source = model_access(&trace->memory, 0,
				      chunk * CHUNK_LINES + (uint32_t)(line % CHUNK_LINES),
				      is_write);
		if (source > worst)
			worst = source;
	}
	trace->result->from[worst]++;
	return 0;
}

static const char *parse_hex(const char *text, uint64_t *n)
{
	const char *start = text;

	for (*n = 0; isxdigit((unsigned char)*text) && text - start < 16; text++)
		*n = *n << 4 | (uint64_t)(*text <= '9' ? *text - '0' : (*text | 0x20) - 'a' + 10);
	return text == start ? NULL : text;
}

/* "1ffefff6a8,8" and the end of the line. */
static bool parse_place(const char *text, uint64_t *address, uint64_t *bytes)
{
	text = parse_hex(text, address);
	if (!text || *text++ != ',')
		return false;
	for (*bytes = 0; isdigit((unsigned char)*text) && *bytes <= MOST_ACCESS_BYTES; text++)
		*bytes = *bytes * 10 + (uint64_t)(*text - '0');
	return (!*text || *text == '\n') && *bytes && *bytes <= MOST_ACCESS_BYTES &&
	       *address <= UINT64_MAX - *bytes;
}

static int do_line(struct memory_trace *trace, const char *line)
{
	struct model_trace_result *result = trace->result;
	uint64_t address, bytes;

	if (!strncmp(line, "==", 2) || *line == '\n')
		return 0;
	if (!*line || !line[1] || line[2] != ' ' || !parse_place(line + 3, &address, &bytes))
		return refuse_line(trace, line);
	if (*line == 'I') {
		result->instructions++;
		return 0;
	}
	switch (*line == ' ' ? line[1] : 0) {
	case 'L':
		result->loads++;
		break;
	case 'S':
		result->stores++;
		break;
	case 'M':
		result->modifies++;
		break;
	default:
		return refuse_line(trace, line);
	}
	return do_access(trace, address, bytes, line[1] != 'L');
}

static int do_lines(struct memory_trace *trace, FILE *in)
{
	char line[256];
	bool is_told_on = false; /* the rest of a long line of valgrind's own, such as a command */

	while (fgets(line, sizeof(line), in)) {
		trace->line_number += !is_told_on;
		if (!is_told_on && do_line(trace, line))
			return -1;
		is_told_on = !strchr(line, '\n') && (is_told_on || !strncmp(line, "==", 2));
	}
	if (!ferror(in))
		return 0;
	cli_error("%s cannot be read: %s", trace->path, strerror(errno));
	return -1;
}

static int check_sets(const struct model_shape *shape)
{
	const struct cache_geometry levels[] = { shape->l1, shape->l2, shape->l3 };

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		uint32_t nr_sets = cache_nr_sets(levels[i], shape->line_bytes);

		if (nr_sets <= MODEL_MOST_SETS && !(nr_sets & (nr_sets - 1)))
			continue;
		cli_error("--trace takes caches with a power of two of sets up to %d; the L%zu has "
			  "%" PRIu32 ", say --l%zu BYTES,WAYS",
			  MODEL_MOST_SETS, i + 1, nr_sets, i + 1);
		return -1;
	}
	return 0;
}

static int run_stream(struct memory_trace *trace, FILE *in, const struct model_options *options,
		      const struct model_shape *one)
{
	int err = model_memory_create(&trace->memory, one, options);

	if (err) {
		cli_error("no memory is left for the model");
		return -1;
	}
	err = do_lines(trace, in);
	trace->result->counts = trace->memory.counts;
	trace->result->bytes = ((uint64_t)trace->nr_chunks * CHUNK_LINES) << trace->line_shift;
	model_memory_destroy(&trace->memory);
	if (!err && !trace->result->loads && !trace->result->stores && !trace->result->modifies) {
		cli_error("%s has no accesses; \"valgrind --tool=lackey --trace-mem=yes "
			  "--log-file=FILE\" writes them",
			  trace->path);
		return -1;
	}
	return err;
}

int model_trace_read(const struct model_shape *shape, FILE *in, const char *name,
		     uint32_t most_areas, struct model_trace_result *result)
{
	struct memory_trace trace = {
		.result = result,
		.path = name,
		.most_chunks = most_areas,
		.line_shift = (uint32_t)__builtin_ctz(shape->line_bytes),
	};
	struct model_shape one = *shape;
	const struct model_options options = {
		.nr_lines = most_areas * CHUNK_LINES,
	};

	*result = (struct model_trace_result){ 0 };
	one.nr_cpus = one.nr_cores = one.nr_l3s = one.nr_packages = one.nr_nodes = 1;
	return check_sets(&one) ? -1 : run_stream(&trace, in, &options, &one);
}

int model_trace_run(const struct model_shape *shape, const char *path,
		    struct model_trace_result *result)
{
	bool is_stdin = !strcmp(path, "-");
	FILE *in = is_stdin ? stdin : fopen(path, "re");
	int err;

	if (!in) {
		cli_error("\"%s\" cannot be read: %s", path, strerror(errno));
		return -1;
	}
	err = model_trace_read(shape, in, is_stdin ? "standard input" : path, MODEL_MOST_AREAS,
			       result);
	if (!is_stdin)
		fclose(in);
	return err;
}
