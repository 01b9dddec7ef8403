// SPDX-License-Identifier: MIT
/*
 * Sequences of UTF-8 as RFC 3629 has them: no surrogates, nothing overlong.
 */
#include "utf8.h"

unsigned int utf8_length(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned int len = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

	if (*p > 0xf4 || (*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	for (unsigned int i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

unsigned int utf8_count(const char *text)
{
	unsigned int nr = 0;

	for (; *text; nr++) {
		unsigned int len = utf8_length(text);

		text += len ? len : 1;
	}
	return nr;
}
