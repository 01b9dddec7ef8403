// SPDX-License-Identifier: MIT
/*
 * "pcasim footprint": the memory that a map takes, in Linux and here.
 */
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "cli.h"
#include "footprint.h"
#include "options.h"

const char footprint_usage[] =
	"usage: pcasim footprint [--value-size N] [--entries N] [--cpus N|LIST]\n"
	"                        [OPTION]...\n"
	"\n"
	"Say how much memory a map takes on a machine with so many possible CPUs: in\n"
	"Linux, with the formula of its release, and here; and how large the buffers of\n"
	"commands must be. A table says the same for other numbers of CPUs. Figures are\n"
	"those of maps that are made on such machines.\n"
	"\n"
	"  --kernel RELEASE\n"
	"                  the release of Linux to show, such as 6.18\n"
	"  --value-size N  bytes in a value, 8 by default\n"
	"  --entries N     entries of the map, 256 by default\n"
	"  --cpus N|LIST   possible CPUs: how many, such as 64, or which, such as 0-63 or\n"
	"                  0,2-3,7; default: this host's\n"
	"  --type TYPE     percpu_array, the default, or array\n"
	"  --json          machine-readable output\n"
	"  --svg FILE      a picture instead of text; - for standard output\n"
	"  -h, --help      this text\n"
	"\n"
	"Exit status: 0, or 2 for bad input and for a map that MAP_CREATE refuses.\n";

struct footprint_args {
	uint64_t value_size, entries;
	const char *cpus, *type, *svg;
	bool is_json;
};

static int find_type(struct footprint_map *map, const char *name)
{
	static const struct {
		const char *name;
		uint32_t type;
	} types[] = { { "percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY },
		      { "array", BPF_MAP_TYPE_ARRAY } };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].name, name))
			continue;
		map->type = types[i].type;
		map->type_name = types[i].name;
		return 0;
	}
	cli_error("--type is \"%s\"; it must be percpu_array or array", name);
	return -1;
}

static int parse(struct footprint_args *args, struct footprint_map *map, int argc, char **argv)
{
	const struct cli_option options[] = {
		kernel_option,
		{ "value-size", OPTION_NUMBER, &args->value_size, 1, UINT32_MAX },
		{ "entries", OPTION_NUMBER, &args->entries, 1, UINT32_MAX },
		{ "cpus", OPTION_TEXT, &args->cpus, 0, 0 },
		{ "type", OPTION_TEXT, &args->type, 0, 0 },
		{ "json", OPTION_FLAG, &args->is_json, 0, 0 },
		{ "svg", OPTION_TEXT, &args->svg, 0, 0 },
	};

	if (options_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), NULL))
		return -1;
	if (args->is_json && args->svg) {
		cli_error("--json and --svg exclude each other; give one of them");
		return -1;
	}
	map->value_size = (uint32_t)args->value_size;
	map->max_entries = (uint32_t)args->entries;
	return find_type(map, args->type);
}

static void draw(struct svg *svg, const void *footprints)
{
	footprint_draw(svg, footprints);
}

static int write_picture(const struct footprints *all, const char *path)
{
	char title[FOOTPRINT_TEXT], description[FOOTPRINT_TEXT];
	const struct svg_head head = {
		.title = title,
		.description = description,
		.is_standalone = true,
	};

	footprint_title(all, title);
	snprintf(description, sizeof(description),
		 "Bars for machines with 1, 2, 4 and up to %" PRIu32 " CPUs: what the map takes in "
		 "Linux, and what it takes here.",
		 all->rows[all->nr - 1].nr_cpus);
	return svg_write_file(path, &head, draw, all);
}

int cmd_footprint(int argc, char **argv)
{
	struct footprint_args args = { .value_size = 8, .entries = 256, .type = "percpu_array" };
	struct footprint_map map;
	struct footprints all;

	if (parse(&args, &map, argc, argv) || footprints_take(&all, &map, args.cpus))
		return CLI_BAD_INPUT;
	if (args.svg)
		return write_picture(&all, args.svg) ? CLI_BAD_INPUT : CLI_OK;
	if (args.is_json)
		footprint_json(&all);
	else
		footprint_print(&all);
	return CLI_OK;
}
