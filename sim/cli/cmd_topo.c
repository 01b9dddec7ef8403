// SPDX-License-Identifier: MIT
/*
 * "pcasim topo": a machine's hardware, and where a map's slabs lie on it.
 */
#include <linux/bpf.h>
#include <stdio.h>

#include <pcasim/bpf.h>

#include "cli.h"
#include "hardware.h"
#include "json.h"
#include "options.h"
#include "setup.h"
#include "topo.h"
#include "topo_picture.h"

const char topo_usage[] =
	"usage: pcasim topo [OPTION]...\n"
	"\n"
	"Show a machine's CPUs, caches and NUMA nodes, and where each CPU's slab of a\n"
	"BPF_MAP_TYPE_PERCPU_ARRAY lies in memory.\n"
	"\n"
	"  --kernel RELEASE  the release of Linux to show, such as 6.18\n"
	"  --topology TEXT   an hwloc synthetic description, such as\n"
	"                    \"pack:2 numa:1 core:4 pu:2\"; default: this host\n"
	"  --xml FILE        a topology that lstopo or hwloc wrote\n"
	"  --possible LIST   possible CPUs, such as 0-3 or 0,2-3,7; default: all of the\n"
	"                    topology\n"
	"  --online LIST     online CPUs; default: all possible ones\n"
	"  --value-size N    bytes in a value of the map, 8 by default\n"
	"  --entries N       entries of the map, 256 by default\n"
	"  --json            machine-readable output\n"
	"  --svg FILE        a picture instead of text; - for standard output\n"
	"  -h, --help        this text\n"
	"\n"
	"Exit status: 0, or 2 for bad input.\n";

struct topo_args {
	struct pca_machine_opts machine;
	uint64_t value_size, entries;
	const char *svg;
	bool is_json;
};

static int parse(struct topo_args *args, int argc, char **argv)
{
	const struct cli_option options[] = {
		kernel_option,
		{ "topology", OPTION_TEXT, &args->machine.topology, 0, 0 },
		{ "xml", OPTION_TEXT, &args->machine.topology_xml, 0, 0 },
		{ "possible", OPTION_TEXT, &args->machine.possible, 0, 0 },
		{ "online", OPTION_TEXT, &args->machine.online, 0, 0 },
		{ "value-size", OPTION_NUMBER, &args->value_size, 1, UINT32_MAX },
		{ "entries", OPTION_NUMBER, &args->entries, 1, UINT32_MAX },
		{ "json", OPTION_FLAG, &args->is_json, 0, 0 },
		{ "svg", OPTION_TEXT, &args->svg, 0, 0 },
	};

	if (options_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), NULL))
		return -1;
	if (args->machine.topology && args->machine.topology_xml) {
		cli_error("--topology and --xml exclude each other; give one of them");
		return -1;
	}
	if (args->is_json && args->svg) {
		cli_error("--json and --svg exclude each other; give one of them");
		return -1;
	}
	return args->machine.topology_xml ? topo_check_xml(args->machine.topology_xml) : 0;
}

struct subject {
	const struct session *session;
	struct pca_map_ref *map;
};

/* Above the hardware a title, below it the slabs. */
static void draw(struct svg *svg, const void *what)
{
	const struct subject *subject = what;
	const struct session *session = subject->session;
	double y = 20;

	svg_textf(svg, "head", 10, y += 8, "%s, as Linux %s",
		  session->machine->topology.is_host ? "This host" : session->topology,
		  pca_machine_release(session->machine));
	y = topo_draw_hardware(svg, session, subject->map, y + 12);
	topo_draw_slabs(svg, session, subject->map, y + 16);
}

static int write_picture(const struct session *session, struct pca_map_ref *map, const char *path)
{
	const struct svg_head head = {
		.title = "A simulated machine and a per-CPU array on it",
		.description = "Boxes for CPUs, caches and NUMA nodes; below them where each "
			       "CPU's slab of the map lies in memory and in the cache.",
		.is_standalone = true,
	};

	return svg_write_file(path, &head, draw, &(struct subject){ session, map });
}

static void print_json(const struct session *session, struct pca_map_ref *map)
{
	json_open(NULL, '{');
	hardware_json(session);
	topo_slabs_json(session, map);
	json_close('}');
}

int cmd_topo(int argc, char **argv)
{
	struct topo_args args = { .value_size = 8, .entries = 256 };
	struct session session;
	struct pca_map_ref *map;
	int fd, status = CLI_OK;

	if (parse(&args, argc, argv) || session_open(&session, &args.machine))
		return CLI_BAD_INPUT;
	fd = session_create_map(&session, BPF_MAP_TYPE_PERCPU_ARRAY, (uint32_t)args.value_size,
				(uint32_t)args.entries, &map);
	if (fd < 0) {
		session_close(&session);
		return CLI_BAD_INPUT;
	}
	if (args.svg) {
		status = write_picture(&session, map, args.svg) ? CLI_BAD_INPUT : CLI_OK;
	} else if (args.is_json) {
		print_json(&session, map);
	} else {
		hardware_print(&session);
		topo_print_tree(&session);
		topo_print_slabs(&session, map);
	}
	pca_map_put(map);
	pca_close(session.task, fd);
	session_close(&session);
	return status;
}
