// SPDX-License-Identifier: MIT
/*
 * A small writer of JSON: two spaces a level, objects that are an array's
 * elements on one line each.
 */
#include "json.h"

#include <inttypes.h>
#include <math.h>

#include "utf8.h"

#define DEEPEST 15

static unsigned int depth;
static unsigned int nr_members[DEEPEST + 1];
static char brackets[DEEPEST + 1];
static bool is_compact;
static unsigned int nr_values;
static FILE *output; /* NULL: stdout */

void json_set_output(FILE *out)
{
	output = out;
}

static FILE *json_out(void)
{
	return output ? output : stdout;
}

void json_set_compact(void)
{
	is_compact = true;
}

unsigned int json_nr_values(void)
{
	return nr_values;
}

static bool is_on_one_line(void)
{
	return is_compact || (depth > 1 && brackets[depth] == '{' && brackets[depth - 1] == '[');
}

static void new_line(void)
{
	fprintf(json_out(), "\n%*s", (int)(2 * depth), "");
}

void json_put_string(FILE *out, const char *text)
{
	putc('"', out);
	for (const char *p = text; *p; p++) {
		unsigned int len = utf8_length(p);

		if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else if ((unsigned char)*p < ' ' || *p == 0x7f)
			fprintf(out, "\\u%04x", (unsigned char)*p);
		else if (!len)
			fputs("\\ufffd", out);
		else
			fwrite(p, len, 1, out);
		p += len ? len - 1 : 0;
	}
	putc('"', out);
}

static void begin_member(const char *key)
{
	if (nr_members[depth]++)
		putc(',', json_out());
	if (is_on_one_line())
		fputs(nr_members[depth] > 1 && !is_compact ? " " : "", json_out());
	else if (depth)
		new_line();
	if (key) {
		json_put_string(json_out(), key);
		fputs(is_compact ? ":" : ": ", json_out());
	}
}

/* Another value may follow an outermost one. */
static void end_value(void)
{
	if (depth)
		return;
	putc('\n', json_out());
	nr_members[0] = 0;
	nr_values++;
}

void json_open(const char *key, char bracket)
{
	begin_member(key);
	putc(bracket, json_out());
	if (depth < DEEPEST)
		depth++;
	nr_members[depth] = 0;
	brackets[depth] = bracket;
}

void json_close(char bracket)
{
	bool has_own_line = nr_members[depth] && !is_on_one_line();

	depth--;
	if (has_own_line)
		new_line();
	putc(bracket, json_out());
	end_value();
}

void json_text(const char *key, const char *text)
{
	begin_member(key);
	json_put_string(json_out(), text);
}

void json_count(const char *key, uint64_t n)
{
	begin_member(key);
	fprintf(json_out(), "%" PRIu64, n);
}

void json_signed(const char *key, int64_t n)
{
	begin_member(key);
	fprintf(json_out(), "%" PRId64, n);
}

void json_real(const char *key, double x)
{
	begin_member(key);
	if (isfinite(x))
		fprintf(json_out(), "%.6g", x);
	else
		fputs("null", json_out());
}

void json_bool(const char *key, bool is_true)
{
	begin_member(key);
	fputs(is_true ? "true" : "false", json_out());
}

void json_null(const char *key)
{
	begin_member(key);
	fputs("null", json_out());
	end_value();
}

void json_bytes(const char *key, const void *bytes, size_t n)
{
	const unsigned char *byte = bytes;

	begin_member(key);
	putc('[', json_out());
	for (size_t i = 0; i < n; i++)
		fprintf(json_out(), "%s\"0x%02x\"", !i ? "" : is_compact ? "," : ", ", byte[i]);
	putc(']', json_out());
	end_value();
}
