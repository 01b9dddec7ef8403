// SPDX-License-Identifier: MIT
/*
 * What the terminal can show is asked once; everything else prints through
 * the tables chosen here, so that no printing code asks again.
 */
#include "term.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "output.h"

#define MOST_BAR_COLUMNS 32
#define LABEL_COLUMNS 28
#define OTHER_COLUMNS 10 /* blanks, the percentage, and the last one, where lines may wrap */
#define NO_BAR_BELOW 40	 /* columns of the terminal */
#define TEXT_COLUMNS 80
#define BAR_INTERVAL_NS 50000000

static const struct glyphs ascii_glyphs = {
	.h = "-",
	.v = "|",
	.tee = "|",
	.corner = "`",
	.top_left = "+",
	.top_mid = "+",
	.top_right = "+",
	.bottom_left = "+",
	.bottom_mid = "+",
	.bottom_right = "+",
	.joins_up = "+",
	.down_left = "+",
	.arrow_left = "<",
	.arrow_right = ">",
	.full = "#",
	.empty = ".",
	.more = "...",
	.times = "x",
};

static const struct glyphs utf8_glyphs = {
	.h = "─",
	.v = "│",
	.tee = "├",
	.corner = "└",
	.top_left = "┌",
	.top_mid = "┬",
	.top_right = "┐",
	.bottom_left = "└",
	.bottom_mid = "┴",
	.bottom_right = "┘",
	.joins_up = "┤",
	.down_left = "┐",
	.arrow_left = "◀",
	.arrow_right = "▶",
	.full = "█",
	.empty = "·",
	.more = "…",
	.times = "×",
};

static const struct colours no_colours = { "", "", "", "", "", "" };
static const struct colours ansi_colours = {
	.bold = "\033[1m",
	.dim = "\033[2m",
	.green = "\033[32m",
	.red = "\033[31m",
	.cyan = "\033[36m",
	.off = "\033[0m",
};

const struct glyphs *glyphs = &ascii_glyphs;
const struct colours *colours = &no_colours;

static bool shows_progress;
static bool is_bar_drawn;
static uint64_t bar_drawn_ns;

void term_init(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	bool is_dumb = !term || !*term || !strcmp(term, "dumb");

	/* Numbers keep their decimal point: only characters follow the locale. */
	setlocale(LC_CTYPE, "");
	if (!strcmp(nl_langinfo(CODESET), "UTF-8"))
		glyphs = &utf8_glyphs;
	if (isatty(STDOUT_FILENO) && !is_dumb && (!no_color || !*no_color))
		colours = &ansi_colours;
	shows_progress = isatty(STDERR_FILENO) && !is_dumb;
}

void repeat_text(const char *text, unsigned int n)
{
	while (n--)
		fputs(text, stdout);
}

void print_title(const char *fmt, ...)
{
	va_list ap;

	printf("\n%s", colours->bold);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("%s\n", colours->off);
}

/* Characters, for bytes: UTF-8's others begin with the bits 10. */
static unsigned int columns_of(const char *text, size_t len)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < len; i++)
		nr += ((unsigned char)text[i] & 0xc0) != 0x80;
	return nr;
}

void print_wrapped(unsigned int column, unsigned int indent, const char *text)
{
	while (*text) {
		size_t blanks = strspn(text, " "), len = blanks + strcspn(text + blanks, " ");
		unsigned int columns = columns_of(text, len);

		if (column + columns > TEXT_COLUMNS && column > indent) {
			printf("\n%*s", (int)indent, "");
			text += blanks;
			len -= blanks;
			columns -= (unsigned int)blanks;
			column = indent;
		}
		fwrite(text, len, 1, stdout);
		column += columns;
		text += len;
	}
}

const char *count_text(char buf[COUNT_TEXT], uint64_t n)
{
	char digits[COUNT_TEXT];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	char *to = buf;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return buf;
}

const char *size_text(char buf[SIZE_TEXT], double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t unit = 0;

	while (bytes >= 1024 && unit < sizeof(units) / sizeof(units[0]) - 1) {
		bytes /= 1024;
		unit++;
	}
	/* "32", not "32.0": most sizes of hardware are whole numbers. */
	bool is_whole = bytes == (double)(uint64_t)bytes;

	snprintf(buf, SIZE_TEXT, is_whole ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
	return buf;
}

void list_name(char *list, size_t size, const char *name, bool is_last)
{
	size_t len = strlen(list);

	snprintf(list + len, size - len, "%s%s", !len ? "" : is_last ? " and " : ", ", name);
}

const char *excerpt(char *buf, size_t size, const char *text, size_t len)
{
	const bool fits = len < size;

	if (!fits) {
		len = size - sizeof("...");
		while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--; /* not in the middle of a character */
	}
	memcpy(buf, text, len);
	strcpy(buf + len, fits ? "" : "...");
	return buf;
}

void clip_text(char *text, size_t width)
{
	if (strlen(text) > width)
		strcpy(text + width - 3, "...");
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Asked each time: a window changes its size. */
static int stderr_columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col ? 80 : size.ws_col;
}

/* A line that wraps could not be drawn over: label and bar become shorter. */
static void draw_bar(const char *label, double fraction)
{
	int room = stderr_columns() - OTHER_COLUMNS;
	int label_columns = room - MOST_BAR_COLUMNS, nr_columns, nr_full;

	if (label_columns > LABEL_COLUMNS)
		label_columns = LABEL_COLUMNS;
	if (label_columns < LABEL_COLUMNS / 2)
		label_columns = LABEL_COLUMNS / 2;
	nr_columns = room - label_columns;
	if (nr_columns > MOST_BAR_COLUMNS)
		nr_columns = MOST_BAR_COLUMNS;
	nr_full = (int)(fraction * nr_columns);
	fprintf(stderr, "\r  %-*.*s ", label_columns, label_columns, label);
	for (int i = 0; i < nr_columns; i++)
		fputs(i < nr_full ? glyphs->full : glyphs->empty, stderr);
	fprintf(stderr, " %3d %%", (int)(fraction * 100));
	fflush(stderr);
}

void progress_show(const char *label, double fraction)
{
	uint64_t now = now_ns();

	if (!progress_is_shown() || (is_bar_drawn && now - bar_drawn_ns < BAR_INTERVAL_NS))
		return;
	if (fraction > 1)
		fraction = 1;
	if (!is_bar_drawn)
		output_flush();
	draw_bar(label, fraction);
	is_bar_drawn = true;
	bar_drawn_ns = now;
}

void progress_line(const char *text)
{
	fprintf(stderr, "\r%.*s\033[K", stderr_columns() - 1, text);
	fflush(stderr);
	is_bar_drawn = true;
}

bool progress_is_shown(void)
{
	return shows_progress && stderr_columns() >= NO_BAR_BELOW;
}

void progress_clear(void)
{
	if (is_bar_drawn)
		fputs("\r\033[K", stderr);
	is_bar_drawn = false;
}
