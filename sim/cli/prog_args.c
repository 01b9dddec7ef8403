// SPDX-License-Identifier: MIT
/*
 * The arguments of a traced function, where nobody gave any: of BPF_PROG(name, ...) the
 * object's BTF knows the types. A pointer leads to a structure of zeros, and so do the
 * pointers in that, one structure for each type, so that what programs follow is there as
 * in Linux. A task is the current one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "prog_args.h"
#include "task.h"
#include "task_image.h"

#define LEAST_STRUCT_BYTES 8192 /* programs take a sock for the larger one that it is in */
#define MOST_PARAMETERS 12

struct prog_structs {
	const struct btf *btf;
	struct cpu *cpu;
	const struct pca_task *task;
	uint64_t pid_tgid;
	uint32_t nr_types;
	void *of_type[]; /* by BTF id; the first is for all that is no structure */
};

static const struct btf_type *skip_names(const struct btf *btf, uint32_t *id)
{
	const struct btf_type *type = btf__type_by_id(btf, *id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type))) {
		*id = type->type;
		type = btf__type_by_id(btf, *id);
	}
	return type;
}

/* vmlinux.h's, not one of the program's own. */
static bool is_task(const struct prog_structs *structs, const struct btf_type *type)
{
	return type->size == task_struct_bytes &&
	       !strcmp(btf__name_by_offset(structs->btf, type->name_off), "task_struct");
}

static int fill(struct prog_structs *structs, const struct btf_type *type, char *bytes);

static int new_struct(struct prog_structs *structs, const struct btf_type *type, uint32_t id)
{
	const size_t bytes =
		type && type->size > LEAST_STRUCT_BYTES ? type->size : LEAST_STRUCT_BYTES;

	structs->of_type[id] = calloc(1, bytes);
	if (!structs->of_type[id])
		return -ENOMEM;
	return type ? fill(structs, type, structs->of_type[id]) : 0;
}

/* What a pointer of this type leads to, or NULL: functions, pointers, what has no type. */
static int target(struct prog_structs *structs, const struct btf_type *pointer, void **out)
{
	uint32_t id = pointer->type;
	const struct btf_type *type = skip_names(structs->btf, &id);
	int err = 0;

	*out = NULL;
	if (btf_is_struct(type) && is_task(structs, type)) {
		*out = task_image(structs->cpu, structs->task, structs->pid_tgid);
		return *out ? 0 : -ENOMEM;
	}
	if (!btf_is_struct(type) && !btf_is_union(type) && !btf_is_int(type))
		return 0;
	if (btf_is_int(type))
		id = 0;
	if (!structs->of_type[id])
		err = new_struct(structs, id ? type : NULL, id);
	*out = structs->of_type[id];
	return err;
}

/* Unions stay zero: nobody knows which member counts. */
static int fill(struct prog_structs *structs, const struct btf_type *type, char *bytes)
{
	int err = 0;

	for (uint32_t i = 0; btf_is_struct(type) && i < btf_vlen(type) && !err; i++) {
		char *member = bytes + btf_member_bit_offset(type, i) / 8;
		uint32_t id = btf_members(type)[i].type;
		const struct btf_type *of = skip_names(structs->btf, &id);
		void *leads_to;

		if (btf_is_struct(of))
			err = fill(structs, of, member);
		if (!btf_is_ptr(of))
			continue;
		err = target(structs, of, &leads_to);
		if (!err)
			memcpy(member, &leads_to, sizeof(leads_to));
	}
	return err;
}

/* ---- the context ---- */

/* "static int pca_body_of_NAME(unsigned long long *ctx, ...)", or NULL. */
static const struct btf_type *find_body(const struct btf *btf, const char *prog)
{
	char name[256];
	int id;

	snprintf(name, sizeof(name), "pca_body_of_%s", prog);
	id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	return id < 0 ? NULL : btf__type_by_id(btf, btf__type_by_id(btf, (uint32_t)id)->type);
}

int prog_structs_create(struct prog_structs **out, const struct prog_runs *runs, struct cpu *cpu)
{
	const uint64_t pid = runs->pid;
	const uint32_t nr_types = btf__type_cnt(runs->btf);
	struct prog_structs *structs = calloc(1, sizeof(*structs) + nr_types * sizeof(void *));

	*out = structs;
	if (!structs)
		return -ENOMEM;
	structs->btf = runs->btf;
	structs->cpu = cpu;
	structs->task = runs->session->task;
	structs->pid_tgid = pid << 32 | pid;
	structs->nr_types = nr_types;
	return 0;
}

int prog_structs_arguments(struct prog_structs *structs, const char *prog, uint64_t *words)
{
	const struct btf_type *body = find_body(structs->btf, prog);
	int err = 0;

	for (uint32_t i = 1; body && i < btf_vlen(body) && i <= MOST_PARAMETERS && !err; i++) {
		uint32_t id = btf_params(body)[i].type;
		const struct btf_type *type = skip_names(structs->btf, &id);
		void *leads_to = NULL;

		if (btf_is_ptr(type))
			err = target(structs, type, &leads_to);
		words[i - 1] = (uintptr_t)leads_to;
	}
	return err;
}

void prog_structs_free(struct prog_structs *structs)
{
	for (uint32_t i = 0; structs && i < structs->nr_types; i++)
		free(structs->of_type[i]);
	free(structs);
}
