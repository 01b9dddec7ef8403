/* SPDX-License-Identifier: MIT */
/*
 * What the operations of a trace act on.
 */
#ifndef SIM_CLI_TRACE_WORLD_H
#define SIM_CLI_TRACE_WORLD_H

#include "attr.h"
#include "trace_buffer.h"
#include "trace_target.h"

/* A symbolic fd of the trace, h0, h1, ... */
struct trace_handle {
	int fd;	     /* -1 when closed or never opened */
	uint32_t id; /* of the map it was opened on; 0: never */
};

/* What was last pinned at a path, to tell whether OBJ_GET finds it again. */
struct trace_pin {
	char *path;
	uint32_t id; /* 0: unlinked */
};

struct trace_world {
	struct trace_target *target;
	int real_file; /* "h=file" */
	struct trace_handle *handles;
	uint32_t nr_handles;
	struct trace_pin *pins;
	uint32_t nr_pins;

	/* Buffers, by their role in a command. */
	struct trace_buffer attr, key, value, in, out, keys, values, log;
	uint32_t log_true_size; /* of the last command with a log */
};

/* The fd that h= (or another key) names, -1 for a dead handle. Sets line->bad. */
int trace_fd(struct trace_world *world, struct trace_line *line, const char *key);

/* The handle that key names, made if it is new; NULL and line->bad otherwise. */
struct trace_handle *trace_handle(struct trace_world *world, struct trace_line *line,
				  const char *key);

/* Record that handle is open on the map behind fd; one that is still open is closed. */
void trace_opened(struct trace_world *world, struct trace_handle *handle, int fd);

/* The id of the map behind fd, or 0. */
uint32_t trace_map_id(struct trace_world *world, int fd);

/* Does a handle or a pin hold the map with this id? */
bool trace_map_is_held(const struct trace_world *world, uint32_t id);

/*
 * Execute a command on an attr of default_size bytes beginning with these, or of
 * the size and with the byte that the line asks for.
 */
long trace_command(struct trace_world *world, struct trace_line *line, int cmd, const void *attr,
		   size_t attr_bytes, size_t default_size);

/* " log=TEXT log_true_size=N", if the line asks for a log. */
void trace_show_log(const struct trace_world *world, const struct trace_line *line, FILE *out);

/* "ret=0 err=0" or "ret=-1 err=NAME". */
void trace_show_ret(FILE *out, long ret);

/* Operations that run a program: XUPDATE and its like. false: not one of them. */
bool trace_run_program(struct trace_world *world, struct trace_line *line, FILE *out);

#endif
