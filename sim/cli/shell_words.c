// SPDX-License-Identifier: MIT
/*
 * The words of a line: split once, then taken one after the other by the command
 * that understands them.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "shell.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of the word at p, with its quotes taken out; NULL: one is left open. */
static char *end_of_word(char *p)
{
	char *to = p, quote = '\0';
	bool is_last;

	for (; *p && (quote || !is_blank(*p)); p++) {
		if (quote ? *p == quote : *p == '"' || *p == '\'')
			quote = quote ? '\0' : *p;
		else
			*to++ = *p;
	}
	if (quote)
		return NULL;
	is_last = !*p;
	*to = '\0';
	return is_last ? p : p + 1;
}

int words_split(struct shell *sh, char *text, struct words *words)
{
	size_t most = strlen(text) / 2 + 1;
	char *p = text;

	words->nr = 0;
	words->word = calloc(most, sizeof(words->word[0]));
	if (!words->word)
		return shell_refused(sh, -ENOMEM, "the line");
	for (;;) {
		while (is_blank(*p))
			p++;
		if (!*p || *p == '#')
			return SHELL_OK;
		words->word[words->nr++] = p;
		p = end_of_word(p);
		if (!p)
			return shell_bad(sh, "a quote is not closed");
	}
}

void words_free(struct words *words)
{
	free(words->word);
}

const char *args_take(struct args *args)
{
	if (!args->nr)
		return NULL;
	args->nr--;
	return *args->word++;
}

bool word_is(const char *word, const char *full)
{
	return word && *word && !strncmp(word, full, strlen(word));
}

bool args_take_if(struct args *args, const char *full)
{
	return word_is(args_peek(args), full) && args_take(args);
}

int args_end(struct shell *sh, const struct args *args)
{
	return args->nr ? shell_bad(sh, WORD_TEXT " is too much: nothing is expected there",
				    args->word[0])
			: SHELL_OK;
}

int args_take_text(struct shell *sh, struct args *args, const char *what, const char **text)
{
	*text = args_take(args);
	return *text ? SHELL_OK : shell_bad(sh, "%s is missing at the end", what);
}

static const struct named_bits *find_bits(const struct named_bits *names, const char *name,
					  size_t length)
{
	while (names->name &&
	       (strlen(names->name) != length || strncasecmp(names->name, name, length) != 0))
		names++;
	return names->name ? names : NULL;
}

const char *parse_bits(const char *list, const struct named_bits *names, uint64_t *bits,
		       int *length)
{
	for (list += strspn(list, ","); *list; list += strspn(list, ",")) {
		const size_t n = strcspn(list, ",");
		const struct named_bits *found = find_bits(names, list, n);

		if (!found) {
			*length = n < WORD_TEXT_BYTES ? (int)n : WORD_TEXT_BYTES;
			return list;
		}
		*bits |= found->bits;
		list += n;
	}
	return NULL;
}

bool parse_number(const char *word, uint64_t most, uint64_t *n)
{
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)*word))
		return false; /* strtoull() takes blanks and signs */
	errno = 0;
	number = strtoull(word, &end, 0);
	if (errno || *end || number > most)
		return false;
	*n = number;
	return true;
}

int args_take_number(struct shell *sh, struct args *args, const char *what, uint64_t most,
		     uint64_t *n)
{
	const char *word;
	int status = args_take_text(sh, args, what, &word);

	if (status || parse_number(word, most, n))
		return status;
	return shell_bad(sh, "%s is " WORD_TEXT "; it must be a whole number from 0 to %" PRIu64,
			 what, word, most);
}
