// SPDX-License-Identifier: MIT
/*
 * What a checked run was stopped for, as JSON.
 */
#include <pcasim/bpf.h>
#include <pcasim/checked.h>

#include "json.h"
#include "prog_run.h"

static const char *const kinds[] = {
	[PCA_VIOLATION_RIGHT] = "right",	 [PCA_VIOLATION_RANGE] = "range",
	[PCA_VIOLATION_ELEM] = "element",	 [PCA_VIOLATION_KEPT] = "kept",
	[PCA_VIOLATION_OTHER_CPU] = "other_cpu", [PCA_VIOLATION_FREED] = "freed",
	[PCA_VIOLATION_MACHINE] = "machine",	 [PCA_VIOLATION_DEFINITION] = "definition",
	[PCA_VIOLATION_NULL] = "null",		 [PCA_VIOLATION_STACK] = "stack",
	[PCA_VIOLATION_CONTEXT] = "context",	 [PCA_VIOLATION_PACKET] = "packet",
	[PCA_VIOLATION_GLOBAL] = "global",	 [PCA_VIOLATION_MEMORY] = "memory",
	[PCA_VIOLATION_ARGUMENT] = "argument",	 [PCA_VIOLATION_DEPTH] = "depth",
	[PCA_VIOLATION_DIVISION] = "division",	 [PCA_VIOLATION_INDEX] = "index",
};

static const char *access_name(uint32_t access)
{
	return access & PCA_ATOMIC ? "atomic" : access & PCA_WRITE ? "write" : "read";
}

static void place_json(const struct pca_violation *v)
{
	if (v->line) {
		json_text("file", v->file);
		json_count("line", v->line);
	}
	if (*v->helper)
		json_text("helper", v->helper);
	if (v->access)
		json_text("access", access_name(v->access));
	if (v->map_id)
		json_text("map", v->map_name);
	if (v->has_key) {
		json_count("key", v->key);
		json_count("copy_of_cpu", v->copy_cpu);
	}
	if (v->bytes) {
		json_signed("offset", v->offset);
		json_count("bytes", v->bytes);
	}
}

void prog_violation_json(const struct prog_cpu *cpu)
{
	const struct pca_violation *v = &cpu->violation;

	if (!cpu->was_stopped || !v->kind)
		return;
	json_open("violation", '{');
	json_text("kind", kinds[v->kind]);
	json_text("errno", pca_errno_name(v->err));
	place_json(v);
	if (*v->verifier)
		json_text("verifier", v->verifier);
	json_text("text", v->text);
	json_close('}');
}
