// SPDX-License-Identifier: MIT
/*
 * The bytes of keys and values. What bpftool understands means the same here; what
 * it refuses - a single number, a typed one - is ours.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <errno.h>
#include <string.h>

#include "shell.h"
#include "term.h"

/* In the byte order of the host, as a program sees it. */
static void put_number(void *to, uint64_t n, size_t bytes)
{
	uint8_t n8 = (uint8_t)n;
	uint16_t n16 = (uint16_t)n;
	uint32_t n32 = (uint32_t)n;

	switch (bytes) {
	case 1:
		memcpy(to, &n8, 1);
		break;
	case 2:
		memcpy(to, &n16, 2);
		break;
	case 4:
		memcpy(to, &n32, 4);
		break;
	case 8:
		memcpy(to, &n, 8);
		break;
	}
}

static uint64_t largest(size_t bytes)
{
	return UINT64_MAX >> (64 - 8 * bytes);
}

/* Of a number's type. */
static bool is_width(size_t bytes)
{
	return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

static bool parse_hex_byte(const char *word, unsigned char *byte)
{
	size_t digits = strspn(word, "0123456789abcdefABCDEF");
	const char *start = word;

	if (digits == 1 && (word[1] == 'x' || word[1] == 'X')) {
		start = word + 2;
		digits = strspn(start, "0123456789abcdefABCDEF");
	}
	if (!digits || digits > 2 || start[digits])
		return false;
	*byte = (unsigned char)strtoul(start, NULL, 16);
	return true;
}

/* "u32:7" or "s8:-1": the number, and its width in *bytes, which is 0 for other words. */
static bool parse_typed(const char *word, uint64_t *n, size_t *bytes)
{
	static const char *const widths[] = { "8:", "16:", "32:", "64:" };
	bool is_signed = *word == 's', is_negative;
	uint64_t most;

	*bytes = 0;
	if (*word != 'u' && *word != 's')
		return false;
	for (size_t i = 0; i < 4 && !*bytes; i++) {
		if (!strncmp(word + 1, widths[i], strlen(widths[i])))
			*bytes = (size_t)1 << i;
	}
	if (!*bytes)
		return false;
	word = strchr(word, ':') + 1;
	is_negative = is_signed && *word == '-';
	most = is_signed ? largest(*bytes) / 2 + is_negative : largest(*bytes);
	if (!parse_number(word + is_negative, most, n))
		return false;
	if (is_negative)
		*n = -*n;
	return true;
}

/* May the word be part of DATA? Keywords begin with letters, and have no colon. */
static bool looks_like_data(const char *word)
{
	return isdigit((unsigned char)*word) || strchr(word, ':');
}

/* "key 7": one number for all bytes, where there is no second one. */
static bool is_single_number(const struct args *args, size_t size)
{
	return (size == 2 || size == 4 || size == 8) && args->nr &&
	       isdigit((unsigned char)args->word[0][0]) &&
	       (args->nr == 1 || !looks_like_data(args->word[1]));
}

static int bad_word(struct shell *sh, const char *what, const char *word)
{
	return shell_bad(sh,
			 "%s: " WORD_TEXT " is neither a byte from 0 to 255 nor a number that "
			 "fits its type, such as u32:7",
			 what, word);
}

/* One word; *bytes: room at to, then what it took, 0 if it is no data. SHELL_... */
static int take_word(struct shell *sh, const char *what, const char *word, unsigned char *to,
		     size_t *bytes)
{
	size_t room = *bytes, width;
	uint64_t n;

	*bytes = 0;
	if (!looks_like_data(word))
		return SHELL_OK;
	if (parse_number(word, 255, &n))
		width = 1;
	else if (!parse_typed(word, &n, &width))
		return bad_word(sh, what, word);
	if (width > room)
		return shell_bad(sh, "%s: " WORD_TEXT " has %zu bytes, only %zu %s left of it",
				 what, word, width, room, room == 1 ? "is" : "are");
	put_number(to, n, width);
	*bytes = width;
	return SHELL_OK;
}

static int bad_length(struct shell *sh, const struct args *args, const char *what, size_t got,
		      size_t size)
{
	const char *word = args_peek(args);

	if (word && *word == '-' && isdigit((unsigned char)word[1]))
		return shell_bad(sh, "%s: " WORD_TEXT " needs a type, such as s%zu:%.40s", what,
				 word, is_width(size) && !got ? 8 * size : 8, word);
	if (word)
		return shell_bad(sh, "%s has %zu of %zu byte%s before " WORD_TEXT, what, got, size,
				 plural_s(size), word);
	return shell_bad(sh, "%s has %zu byte%s, this map's has %zu", what, got, plural_s(got),
			 size);
}

int data_take(struct shell *sh, struct args *args, const char *what, void *bytes, size_t size)
{
	unsigned char *to = bytes;
	size_t got = 0, taken;
	uint64_t n;

	if (is_single_number(args, size)) {
		if (args_take_number(sh, args, what, largest(size), &n))
			return SHELL_BAD;
		put_number(bytes, n, size);
		return SHELL_OK;
	}
	if (args_take_if(args, "hex")) {
		while (got < size && args->nr && parse_hex_byte(args->word[0], to + got)) {
			args_take(args);
			got++;
		}
		return got == size ? SHELL_OK : bad_length(sh, args, what, got, size);
	}
	while (got < size && args->nr) {
		taken = size - got;
		if (take_word(sh, what, args->word[0], to + got, &taken))
			return SHELL_BAD;
		if (!taken)
			break;
		args_take(args);
		got += taken;
	}
	return got == size ? SHELL_OK : bad_length(sh, args, what, got, size);
}
