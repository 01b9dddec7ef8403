/* SPDX-License-Identifier: MIT */
/*
 * User buffers of traced commands: each ends at an inaccessible page, so that
 * the byte after its last one faults.
 */
#ifndef SIM_CLI_TRACE_BUFFER_H
#define SIM_CLI_TRACE_BUFFER_H

#include "trace.h"

/* One argument's buffer, used again by each operation. */
struct trace_buffer {
	unsigned char *map;  /* the mapping; its last page is inaccessible */
	size_t capacity;     /* accessible bytes */
	unsigned char *data; /* of the current operation; NULL for NULL and BAD */
	size_t len;
	uint64_t addr; /* what goes into the attr */
};

/*
 * Fill the buffer with an input argument: hex bytes, "empty", "tag:T:S:L",
 * "NULL" or "BAD". Sets line->bad when it is none of these.
 */
void trace_buffer_in(struct trace_buffer *buf, struct trace_line *line, const char *key);

/* A buffer of the given length ("NULL", "BAD") filled with 0xee. */
void trace_buffer_out(struct trace_buffer *buf, struct trace_line *line, const char *key);

/* len bytes of zero. False when there is no memory. */
bool trace_buffer_zero(struct trace_buffer *buf, size_t len);

/* Print " key=" and what is in the buffer now: hex, "-" or "fnv:H:L". */
void trace_buffer_show(const struct trace_buffer *buf, const char *key, FILE *out);

/* Print bytes as a trace writes them. */
void trace_show_bytes(const unsigned char *bytes, size_t len, FILE *out);

void trace_buffer_free(struct trace_buffer *buf);

#endif
