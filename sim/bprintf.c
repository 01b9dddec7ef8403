// SPDX-License-Identifier: MIT
/*
 * Formats that programs print with (Linux: bpf_bprintf_prepare(), bstr_printf()), and
 * the helpers that do. Symbols (%ps, %pS, %pB) are not offered: there are none.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "helper_call.h"
#include "message.h"

#define MOST_ARGUMENT_BYTES 512
#define MOST_WIDTH 8388607 /* greater ones are taken for this one */

/* One conversion of a format. */
struct conversion {
	size_t len;    /* from the '%' on */
	char flags[5]; /* of "0+- ", each once */
	int width;     /* 0: none is said */
	char type;     /* d i u x X c, s for strings, p for pointers, k for strings behind one,
			  4 and 6 for addresses */
	bool is_long;  /* 64 bits */
	bool has_dots; /* %pi4 01.02.03.04, %pi6 without colons: the small i */
};

static size_t parse_flags(struct conversion *c, const char *p)
{
	const char *const all = "0+- ";
	size_t len = strspn(p, all), nr = 0;

	for (size_t i = 0; all[i]; i++) {
		if (memchr(p, all[i], len))
			c->flags[nr++] = all[i];
	}
	return len;
}

static size_t parse_width(struct conversion *c, const char *p)
{
	size_t len;

	for (len = 0; p[len] >= '0' && p[len] <= '9'; len++) {
		c->width = c->width * 10 + (p[len] - '0');
		if (c->width > MOST_WIDTH)
			c->width = MOST_WIDTH;
	}
	return len;
}

/* A letter or a digit would belong to the conversion, were there one that is so called. */
static bool may_follow(char c)
{
	return !c || isspace((unsigned char)c) || ispunct((unsigned char)c);
}

/* What follows %p: the kinds of pointers that are offered. Its length. */
static size_t parse_pointer(struct conversion *c, const char *p)
{
	if ((p[0] == 'k' || p[0] == 'u') && p[1] == 's') {
		c->type = 'k';
		return 2;
	}
	if ((p[0] == 'i' || p[0] == 'I') && (p[1] == '4' || p[1] == '6')) {
		c->type = p[1];
		c->has_dots = p[0] == 'i';
		return 2;
	}
	return *p == 'x' || *p == 'K';
}

/* %p, whose kinds swallow letters and digits behind them. Its length, or 0. */
static size_t parse_pointer_type(struct conversion *c, const char *p)
{
	size_t len = 1 + parse_pointer(c, p + 1);

	if ((len == 1 || c->type == 'k') && !may_follow(p[len]))
		return 0;
	while (isalnum((unsigned char)p[len]))
		len++;
	return len;
}

/* What follows flags and width. Its length, or 0 when no such is offered. */
static size_t parse_type(struct conversion *c, const char *p)
{
	size_t nr_longs = strspn(p, "l");

	c->type = p[nr_longs];
	c->is_long = nr_longs;
	if (nr_longs <= 2 && c->type && strchr("diuxX", c->type))
		return nr_longs + 1;
	if (nr_longs)
		return 0;
	if (c->type == 's')
		return may_follow(p[1]);
	if (c->type == 'p')
		return parse_pointer_type(c, p);
	return c->type == 'c';
}

/*
 * The conversion at fmt, or false when it is not offered. A precision, '#' and 'h' are
 * refused, as in Linux.
 */
static bool parse_conversion(struct conversion *c, const char *fmt)
{
	size_t len;

	*c = (struct conversion){ .len = 1 };
	c->len += parse_flags(c, fmt + c->len);
	c->len += parse_width(c, fmt + c->len);
	len = parse_type(c, fmt + c->len);
	c->len += len;
	return len;
}

/* An IP address that the argument points to; zeros if it points nowhere. */
static int print_address(char *out, size_t size, const struct conversion *c, uint64_t arg)
{
	unsigned char a[16] = { 0 };
	char text[INET6_ADDRSTRLEN];
	size_t len = 0;

	if (copy_from_nofault(a, (const void *)(uintptr_t)arg, c->type == '4' ? 4 : sizeof(a)))
		memset(a, 0, sizeof(a));
	if (c->type == '4')
		return snprintf(out, size, c->has_dots ? "%03u.%03u.%03u.%03u" : "%u.%u.%u.%u",
				a[0], a[1], a[2], a[3]);
	for (int i = 0; i < 16; i += 2)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%02x%02x",
					i && !c->has_dots ? ":" : "", a[i], a[i + 1]);
	return snprintf(out, size, "%s", text);
}

/* A string that may be bad: then it is empty. It is cut to the room that is left. */
static int print_string(char *out, size_t size, const char *spec, int width, const char *arg,
			size_t *used)
{
	char text[MOST_ARGUMENT_BYTES];
	long bytes = strncpy_from_nofault(text, arg, MOST_ARGUMENT_BYTES - *used);

	if (bytes < 0)
		*text = '\0';
	*used += bytes < 0 ? 1 : (size_t)bytes;
	return snprintf(out, size, spec, width, text);
}

/* Without a width it has all 16 digits. */
static int print_pointer(char *out, size_t size, const struct conversion *c, uint64_t arg)
{
	const bool has_zeros = !c->width || strchr(c->flags, '0');
	char spec[8];

	snprintf(spec, sizeof(spec), "%%%s%s*llx", has_zeros ? "0" : "",
		 strchr(c->flags, '-') ? "-" : "");
	return snprintf(out, size, spec, c->width ? c->width : 16, (unsigned long long)arg);
}

static int print_number(char *out, size_t size, const struct conversion *c, uint64_t arg)
{
	char spec[12];

	snprintf(spec, sizeof(spec), "%%%s*ll%c", c->flags, c->type);
	if (c->type == 'd' || c->type == 'i')
		return snprintf(out, size, spec, c->width, c->is_long ? (long long)arg : (int)arg);
	return snprintf(out, size, spec, c->width,
			c->is_long ? (unsigned long long)arg : (unsigned)arg);
}

/*
 * Linux puts all arguments into one buffer before it prints them, words at multiples of 4.
 * How much there must be for one.
 */
static size_t least_room(const struct conversion *c)
{
	switch (c->type) {
	case 's':
	case 'k':
	case 'c':
		return 1;
	case '4':
		return 4;
	case '6':
		return 16;
	case 'p':
		return 8;
	default:
		return c->is_long ? 8 : 4;
	}
}

/* How many bytes it has; used: how much of that buffer is. */
static int print_conversion(char *out, size_t size, const struct conversion *c, uint64_t arg,
			    size_t *used)
{
	const char *string = (const char *)(uintptr_t)arg;
	char spec[12];
	int len;

	snprintf(spec, sizeof(spec), "%%%s*%c", c->flags, c->type);
	switch (c->type) {
	case 's':
		return print_string(out, size, spec, c->width, string, used);
	case 'k':
		return print_string(out, size, "%*s", 0, string, used);
	case '4':
	case '6': /* in the buffer it is a text */
		len = print_address(out, size, c, arg);
		*used += (size_t)len + 1;
		return len;
	case 'c':
		len = snprintf(out, size, spec, c->width, (int)(unsigned char)arg);
		break;
	case 'p':
		len = print_pointer(out, size, c, arg);
		break;
	default:
		len = print_number(out, size, c, arg);
	}
	*used += least_room(c);
	return len;
}

/* ASCII that neither prints nor spaces is refused; bytes beyond may be UTF-8. */
static bool is_printable(char c)
{
	return !isascii(c) || isprint(c) || isspace(c);
}

long bprintf(char *out, size_t size, const char *fmt, const uint64_t *args, size_t nr_args)
{
	struct conversion c;
	size_t len = 0, used = 0;

	while (*fmt) {
		size_t at = len < size ? len : size;
		int printed;

		if (*fmt != '%' || fmt[1] == '%') {
			if (!is_printable(*fmt))
				return -EINVAL;
			len += (size_t)snprintf(out + at, size - at, "%c", *fmt);
			fmt += *fmt == '%' ? 2 : 1;
			continue;
		}
		if (!parse_conversion(&c, fmt) || !nr_args)
			return -EINVAL;
		if (strchr("diuxXp", c.type))
			used = round_up_u64(used, 4);
		if (used + least_room(&c) > MOST_ARGUMENT_BYTES)
			return -ENOSPC;
		printed = print_conversion(out + at, size - at, &c, *args++, &used);
		if (printed < 0)
			return -ENOMEM; /* for a huge width */
		len += (size_t)printed;
		nr_args--;
		fmt += c.len;
	}
	if (size && !len)
		*out = '\0';
	return (long)len;
}

/* ---- the helpers ---- */

/* A line of trace_printk and trace_vprintk. The listener ends each line itself. */
static long trace_print(const char *fmt, uint32_t fmt_size, const uint64_t *args, size_t nr_args)
{
	char text[MOST_PRINTED_BYTES];
	size_t shown;
	long len;

	if (!memchr(fmt, '\0', fmt_size))
		return -EINVAL;
	len = bprintf(text, sizeof(text), fmt, args, nr_args);
	if (len < 0)
		return len;
	shown = strlen(text);
	if (shown && text[shown - 1] == '\n')
		shown--;
	message(PCA_MESSAGE_TRACE, "%.*s", (int)shown, text);
	return len;
}

long pca_trace_printk(const char *fmt, uint32_t fmt_size, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t args[] = { a, b, c };
	struct helper_call call = { .name = "bpf_trace_printk" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_reads(&call, "fmt", fmt, fmt_size);
	return helper_ends(&call, trace_print(fmt, fmt_size, args, 3));
}

/* Are these words that a format can be given? Linux: bpf_trace_vprintk(), bpf_snprintf(). */
static bool are_words(const uint64_t *args, uint32_t bytes)
{
	return !(bytes % 8) && bytes <= MOST_PRINTED_ARGS * 8 && (args || !bytes);
}

static long trace_vprintk(const char *fmt, uint32_t fmt_size, const uint64_t *args,
			  uint32_t args_bytes)
{
	return are_words(args, args_bytes) ? trace_print(fmt, fmt_size, args, args_bytes / 8)
					   : -EINVAL;
}

long pca_trace_vprintk(const char *fmt, uint32_t fmt_size, const uint64_t *args,
		       uint32_t args_bytes)
{
	struct helper_call call = { .name = "bpf_trace_vprintk" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_reads(&call, "fmt", fmt, fmt_size);
	helper_reads(&call, "data", args, args_bytes);
	return helper_ends(&call, trace_vprintk(fmt, fmt_size, args, args_bytes));
}

static long snprintf_words(char *str, uint32_t str_size, const char *fmt, const uint64_t *args,
			   uint32_t args_bytes)
{
	long len = are_words(args, args_bytes) ? bprintf(str, str_size, fmt, args, args_bytes / 8)
					       : -EINVAL;

	return len < 0 ? len : len + 1;
}

long pca_snprintf(char *str, uint32_t str_size, const char *fmt, const uint64_t *args,
		  uint32_t args_bytes)
{
	struct helper_call call = { .name = "bpf_snprintf" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_writes(&call, "str", str, str_size);
	helper_reads_string(&call, "fmt", fmt);
	helper_reads(&call, "data", args, args_bytes);
	return helper_ends(&call, snprintf_words(str, str_size, fmt, args, args_bytes));
}
