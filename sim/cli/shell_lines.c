// SPDX-License-Identifier: MIT
/*
 * Lines: read from a script one at a time, run, and what is said of those that fail.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "output.h"
#include "shell.h"

volatile sig_atomic_t shell_is_interrupted;

/* --- Failures ----------------------------------------------------------------------------- */

static void set_error(struct shell *sh, const char *fmt, va_list ap)
{
	sh->err = 0;
	sh->is_told = false;
	vsnprintf(sh->error, sizeof(sh->error), fmt, ap);
}

int shell_refused(struct shell *sh, int err, const char *fmt, ...)
{
	const char *name = pca_errno_name(err);
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	set_error(sh, fmt, ap);
	va_end(ap);
	len = strlen(sh->error);
	snprintf(sh->error + len, sizeof(sh->error) - len, ": %s (%s)", pca_strerror(err),
		 name ? name : "unknown");
	sh->err = err;
	return SHELL_REFUSED;
}

int shell_refused_text(struct shell *sh, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_error(sh, fmt, ap);
	va_end(ap);
	return SHELL_REFUSED;
}

int shell_bad(struct shell *sh, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_error(sh, fmt, ap);
	va_end(ap);
	return SHELL_BAD;
}

/* Quoted words may hold anything that was typed. */
void shell_make_printable(char *text)
{
	for (char *p = text; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	}
}

static void json_error(const struct shell *sh)
{
	json_open(NULL, '{');
	json_text("error", sh->error);
	json_close('}');
}

/* --- A line ------------------------------------------------------------------------------- */

#define WISH_BYTES 64 /* as much of a command as one wants to read */

/* "! EPERM map update ...": a line that is to be refused. */
struct wish {
	bool is_refusal;
	const char *errno_name; /* NULL: whatever it is */
	char command[WISH_BYTES];
};

/* "EPERM": words of commands are not written so. */
static bool looks_like_errno(const char *word)
{
	size_t len = strlen(word);

	return len > 2 && *word == 'E' &&
	       strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == len;
}

/* The words as one text, cut with "...". */
static void join_words(char text[WISH_BYTES], const struct args *args)
{
	size_t len = 0;

	for (size_t i = 0; i < args->nr && len < WISH_BYTES; i++)
		len += (size_t)snprintf(text + len, WISH_BYTES - len, "%s%.*s", i ? " " : "",
					WISH_BYTES, args->word[i]);
	if (len >= WISH_BYTES)
		strcpy(text + WISH_BYTES - sizeof("..."), "...");
}

static struct wish take_wish(struct args *args)
{
	struct wish wish = { 0 };

	if (!args->nr || strcmp(args->word[0], "!"))
		return wish;
	args_take(args);
	wish.is_refusal = true;
	if (args->nr && looks_like_errno(args->word[0]))
		wish.errno_name = args_take(args);
	join_words(wish.command, args);
	return wish;
}

/* What came instead of the refusal that was wished for. */
static int check_wish(struct shell *sh, const struct wish *wish, int status)
{
	const char *name = pca_errno_name(sh->err);

	if (status == SHELL_OK)
		return shell_refused_text(sh, "\"%s\" was to be refused, and was not",
					  wish->command);
	if (status != SHELL_REFUSED || !wish->errno_name ||
	    (sh->err && name && !strcmp(name, wish->errno_name)))
		return status == SHELL_REFUSED ? SHELL_OK : status;

	char error[SHELL_ERROR_BYTES];

	memcpy(error, sh->error, sizeof(error));
	return shell_refused_text(sh, "%.20s was wished for; it is %s", wish->errno_name, error);
}

static void print_refusal(struct shell *sh)
{
	shell_make_printable(sh->error);
	if (!sh->is_told)
		printf("refused: %s\n", sh->error);
}

/* Run the words; in JSON each command gives one value. */
static int run_wished(struct shell *sh, struct args *args, const struct wish *wish)
{
	unsigned int values_before = json_nr_values();
	bool is_silent;
	int status;

	hints_hold();
	status = shell_run_words(sh, args);
	hints_pass();
	is_silent = json_nr_values() == values_before;

	if (sh->is_json && is_silent && status == SHELL_OK)
		json_null(NULL);
	else if (sh->is_json && is_silent)
		json_error(sh);
	if (!wish->is_refusal)
		return status;
	if (status == SHELL_REFUSED && !sh->is_json)
		print_refusal(sh);
	status = check_wish(sh, wish, status);
	if (status == SHELL_OK)
		hints_drop(); /* who wishes for a refusal knows why it comes */
	return status;
}

static int run_line(struct shell *sh, char *line)
{
	struct words words;
	struct args args;
	struct wish wish;
	int status = words_split(sh, line, &words);

	args = (struct args){ words.word, words.nr };
	wish = take_wish(&args);
	if (!status && wish.is_refusal && !args.nr)
		status = shell_bad(sh, "a command is missing behind \"!\"");
	if (!status && args.nr)
		status = run_wished(sh, &args, &wish);
	words_free(&words);
	return status;
}

void shell_run_typed(struct shell *sh, char *line)
{
	int status = run_line(sh, line);

	shell_is_interrupted = 0; /* afterwards: Ctrl-C right behind the line is for its command */
	output_flush();
	if (status != SHELL_OK && !sh->is_json && !sh->is_told) {
		shell_make_printable(sh->error);
		fprintf(stderr, "Error: %s\n", sh->error);
	}
	hints_tell(sh);
}

/* --- Scripts ------------------------------------------------------------------------------ */

#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* some editors begin UTF-8 with it */

struct script {
	const char *name;
	FILE *file;
	char *line;
	unsigned int number;	/* of the line that was read last */
	unsigned int joined_at; /* of the first of those that are joined */
};

/*
 * Read up to the end of a line that no backslash joins with the next. 1: there is one;
 * 0: the end; SHELL_BAD: it cannot be a line, and sh->error says why.
 */
static int read_line(struct shell *sh, struct script *script)
{
	size_t len = 0;
	int c;

	script->joined_at = script->number + 1;
	while ((c = getc(script->file)) != EOF) {
		if (!len || script->line[len - 1] == '\n')
			script->number++;
		if (!c)
			return shell_bad(sh, "the line has a NUL byte; is this a script?");
		if (len + 1 == SHELL_MOST_LINE_BYTES)
			return shell_bad(sh, "the line is longer than %d bytes",
					 SHELL_MOST_LINE_BYTES - 1);
		script->line[len++] = (char)c;
		if (c != '\n')
			continue;
		if (len < 2 || script->line[len - 2] != '\\')
			break;
		script->line[len - 2] = ' ';
	}
	script->line[len] = '\0';
	if (script->joined_at == 1 && !strncmp(script->line, BYTE_ORDER_MARK, 3))
		memmove(script->line, script->line + 3, len - 2);
	if (ferror(script->file))
		return shell_bad(sh, "%s", strerror(errno));
	return len ? 1 : 0;
}

static int tell_of_line(struct shell *sh, const struct script *script, int status)
{
	output_flush();
	cli_error("%s:%u: %s", script->name, script->joined_at, sh->error);
	hints_tell(sh);
	return status;
}

static int run_lines(struct shell *sh, struct script *script)
{
	int status = SHELL_OK;

	while (!status && !sh->must_quit) {
		int got = read_line(sh, script);

		if (!got)
			return SHELL_OK;
		status = got == 1 ? run_line(sh, script->line) : got;
		if (status)
			return tell_of_line(sh, script, status);
		output_flush();
		hints_tell(sh);
	}
	return status;
}

int shell_run_script(struct shell *sh, const char *name, FILE *file)
{
	struct script script = { .name = name, .file = file };
	int status;

	script.line = malloc(SHELL_MOST_LINE_BYTES);
	if (!script.line) {
		cli_error("%s: %s", name, strerror(ENOMEM));
		return SHELL_BAD;
	}
	status = run_lines(sh, &script);
	free(script.line);
	return status;
}
