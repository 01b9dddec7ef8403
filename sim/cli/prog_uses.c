// SPDX-License-Identifier: MIT
/*
 * How the checked runs of a program have used its maps, as a table and as JSON.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <pcasim/bpf.h>
#include <pcasim/checked.h>

#include "cli.h"
#include "json.h"
#include "prog.h"
#include "prog_run.h"
#include "term.h"

static const char *map_name(const struct pca_object *object, int fd)
{
	for (size_t i = 0; i < object->nr_maps; i++) {
		if (object->maps[i].map.fd == fd)
			return object->maps[i].map.name;
	}
	return "?"; /* of another object */
}

static const char *access_name(uint32_t access)
{
	return access == PCA_READ    ? "read"
	       : access == PCA_WRITE ? "write"
	       : access		     ? "atomic"
				     : "none";
}

/* All of them, allocated; NULL: no memory, which is told. */
static struct pca_map_use *get_uses(const struct prog_runs *runs, size_t *nr)
{
	const struct pca_prog *prog = runs->prog->prog;
	struct pca_map_use *uses;

	*nr = pca_prog_seen_uses(prog, runs->session->task, NULL, 0);
	uses = calloc(*nr + 1, sizeof(*uses));
	if (uses)
		pca_prog_seen_uses(prog, runs->session->task, uses, *nr);
	else
		cli_error("the uses of maps cannot be shown: %s", pca_strerror(-ENOMEM));
	return uses;
}

int prog_print_uses(const struct prog_runs *runs, const struct pca_object *object)
{
	size_t nr;
	struct pca_map_use *uses = get_uses(runs, &nr);

	if (!uses)
		return -1;
	print_title("uses of maps, as these runs have shown");
	printf("  %-16s %-28s %-8s %s\n", "map", "helper", "access", "bytes");
	for (size_t i = 0; i < nr; i++) {
		printf("  %-16s %-28s %-8s ", map_name(object, uses[i].map_fd),
		       prog_map_helper_name(uses[i].helper), access_name(uses[i].access));
		if (uses[i].access)
			printf("%" PRIu32 "-%" PRIu32 "\n", uses[i].offset,
			       uses[i].offset + uses[i].bytes - 1);
		else
			puts("-");
	}
	free(uses);
	return 0;
}

int prog_uses_json(const struct prog_runs *runs, const struct pca_object *object)
{
	size_t nr;
	struct pca_map_use *uses = get_uses(runs, &nr);

	if (!uses)
		return -1;
	json_open("uses", '[');
	for (size_t i = 0; i < nr; i++) {
		json_open(NULL, '{');
		json_text("map", map_name(object, uses[i].map_fd));
		json_text("helper", prog_map_helper_name(uses[i].helper));
		json_text("access", access_name(uses[i].access));
		json_count("offset", uses[i].offset);
		json_count("bytes", uses[i].bytes);
		json_close('}');
	}
	json_close(']');
	free(uses);
	return 0;
}
