/* SPDX-License-Identifier: MIT */
/*
 * The parts of "pcasim prog": runs of a program on CPUs, and what its maps hold.
 */
#ifndef SIM_CLI_PROG_RUN_H
#define SIM_CLI_PROG_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <pcasim/checked.h>
#include <pcasim/context.h>
#include <pcasim/object.h>

#include "object_file.h"
#include "setup.h"

/* What a program is given: bytes of a file. */
struct prog_input {
	unsigned char *bytes;
	uint32_t nr_bytes;
};

/* Runs on one CPU, by a thread of their own. */
struct prog_cpu {
	struct cpu *cpu;
	int err;
	bool has_begun;
	bool was_stopped; /* a checked program, by a message */
	int retval;	  /* of the last run */
	uint64_t ns;
	struct pca_violation violation; /* for which it was stopped; kind 0: for none */
};

struct prog_runs {
	struct session *session;
	const struct btf *btf; /* of the object */
	const struct pca_object_prog *prog;
	const struct prog_input *ctx, *packet; /* bytes NULL: none */
	uint32_t pid;			       /* of the task in its arguments */
	uint32_t repeat;
	uint32_t timeout; /* seconds for all; 0: no limit */
	struct prog_cpu *cpus;
	uint32_t nr_cpus;
	uint32_t nr_stopped;
	bool shows_uses;
};

struct option_list;

/*
 * Open an object file with the values of "--set NAME=VALUE" and the sizes of "--entries
 * MAP=N", and load it. 0, or -1 after a line on stderr.
 */
int prog_open(struct pca_object **object, const struct session *session, const char *path,
	      const struct option_list *settings);

/*
 * Run on all CPUs at once. 0, or -1 after a line on stderr. A program that faults, or does
 * not end in time, ends the process with CLI_DIFFERENCES and a line that says which, on
 * which CPU and by what.
 */
int prog_run_all(struct prog_runs *runs);

/*
 * The context of a run on cpu, and its end: a packet, what --ctx says, or where that says
 * nothing the arguments of the event, if these are tasks. 0 or -errno.
 */
int prog_ctx_create(const struct prog_runs *runs, struct cpu *cpu, void **ctx);
void prog_ctx_free(const struct prog_runs *runs, void *ctx);

/* All of it that a program may write: where that begins, and how much it is. */
void *prog_ctx_memory(const struct prog_runs *runs, void *ctx, size_t *bytes);

/*
 * What the program is called in: the context of its type, or where its section names an event
 * that comes with interrupts off, hardirq, in which no other context but NMI comes in.
 */
enum pca_context prog_event_context(const struct pca_object_prog *prog);

/* Read the file at path, which may be NULL. 0, or -1 after a line on stderr. */
int prog_input_read(struct prog_input *input, const char *path);

/* Is its ctx made by pca_packet_ctx_create()? */
bool prog_takes_packet(const struct pca_prog *prog);

/* "violation": what it was stopped for, if that is known. */
void prog_violation_json(const struct prog_cpu *cpu);

/* The object's maps, typed by its BTF. 0, or -1 after a line on stderr. */
int prog_dump_maps(const struct session *session, const struct pca_object *object);
int prog_dump_maps_json(const struct session *session, const struct pca_object *object);

/* How checked runs have used maps. 0, or -1 after a line on stderr. */
int prog_print_uses(const struct prog_runs *runs, const struct pca_object *object);
int prog_uses_json(const struct prog_runs *runs, const struct pca_object *object);

/* "percpu_array" */
const char *prog_map_type_name(uint32_t type);

/* "struct stats", "__u32", ...; "" where there is no type. */
void prog_type_text(const struct btf *btf, uint32_t type_id, char *text, size_t size);

/* A value as C has it, or as bytes where its type is not known. Allocated; NULL: no memory. */
char *prog_value_text(const struct btf *btf, uint32_t type_id, const void *value, size_t bytes);

/* The same as JSON: numbers, objects and arrays. */
void prog_value_json(const char *key, const struct btf *btf, uint32_t type_id, const void *value,
		     size_t bytes);

#endif
