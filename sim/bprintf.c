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

/* One conversion of a format. */
struct conversion {
	size_t len;	/* from the '%' on */
	char flags[32]; /* between '%' and the type */
	char type;	/* d i u x X c, s for strings, p for pointers, 4 and 6 for addresses */
	bool is_long;	/* 64 bits */
	bool has_dots;	/* %pi4 01.02.03.04, %pi6 without colons: the small i */
};

/* What follows %p: the kinds of pointers that are offered. Its length. */
static size_t parse_pointer(struct conversion *c, const char *p)
{
	if ((p[0] == 'k' || p[0] == 'u') && p[1] == 's') {
		c->type = 's';
		return 2;
	}
	if ((p[0] == 'i' || p[0] == 'I') && (p[1] == '4' || p[1] == '6')) {
		c->type = p[1];
		c->has_dots = p[0] == 'i';
		return 2;
	}
	c->type = 'p';
	return *p == 'x' || *p == 'K';
}

/* What follows flags and width. Its length, or 0 when no such is offered. */
static size_t parse_type(struct conversion *c, const char *p)
{
	size_t nr_longs = strspn(p, "l"), len;

	c->type = p[nr_longs];
	c->is_long = nr_longs;
	if (nr_longs <= 2 && c->type && strchr("diuxX", c->type))
		return nr_longs + 1;
	if (nr_longs)
		return 0;
	if (c->type == 's' || c->type == 'c')
		return 1;
	if (c->type != 'p')
		return 0;
	len = 1 + parse_pointer(c, p + 1);
	return isalnum((unsigned char)p[len]) && c->type == 'p' ? 0 : len;
}

/*
 * The conversion at fmt, or false when it is not offered. A precision, '#' and 'h' are
 * refused, as in Linux.
 */
static bool parse_conversion(struct conversion *c, const char *fmt)
{
	const char *p = fmt + 1 + strspn(fmt + 1, "0+- ");
	size_t nr_flags, len;

	p += strspn(p, "0123456789");
	nr_flags = (size_t)(p - fmt - 1);
	*c = (struct conversion){ .len = 0 };
	len = parse_type(c, p);
	if (!len || nr_flags >= sizeof(c->flags))
		return false;
	memcpy(c->flags, fmt + 1, nr_flags);
	c->len = 1 + nr_flags + len;
	return true;
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

/* A string that may be bad: then it is empty. */
static int print_string(char *out, size_t size, const char *spec, uint64_t arg)
{
	char text[MOST_PRINTED_BYTES];

	if (strncpy_from_nofault(text, (const char *)(uintptr_t)arg, sizeof(text)) < 0)
		*text = '\0';
	return snprintf(out, size, spec, text);
}

static int print_conversion(char *out, size_t size, const struct conversion *c, uint64_t arg)
{
	char spec[48];

	snprintf(spec, sizeof(spec), "%%%s%s%c", c->flags, strchr("diuxX", c->type) ? "ll" : "",
		 c->type);
	switch (c->type) {
	case 'd':
	case 'i':
		return snprintf(out, size, spec, c->is_long ? (long long)arg : (int)arg);
	case 'u':
	case 'x':
	case 'X':
		return snprintf(out, size, spec,
				c->is_long ? (unsigned long long)arg : (unsigned)arg);
	case 'p':
		return snprintf(out, size, "%016llx", (unsigned long long)arg);
	case 'c':
		return snprintf(out, size, spec, (int)(unsigned char)arg);
	case 's':
		return print_string(out, size, spec, arg);
	default:
		return print_address(out, size, c, arg);
	}
}

/* ASCII that neither prints nor spaces is refused; bytes beyond may be UTF-8. */
static bool is_printable(char c)
{
	return !isascii(c) || isprint(c) || isspace(c);
}

long bprintf(char *out, size_t size, const char *fmt, const uint64_t *args, size_t nr_args)
{
	struct conversion c;
	size_t len = 0;

	while (*fmt) {
		size_t at = len < size ? len : size;

		if (*fmt != '%' || fmt[1] == '%') {
			if (!is_printable(*fmt))
				return -EINVAL;
			len += (size_t)snprintf(out + at, size - at, "%c", *fmt);
			fmt += *fmt == '%' ? 2 : 1;
			continue;
		}
		if (!parse_conversion(&c, fmt) || !nr_args)
			return -EINVAL;
		len += (size_t)print_conversion(out + at, size - at, &c, *args++);
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
