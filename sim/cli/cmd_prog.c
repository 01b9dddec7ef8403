// SPDX-License-Identifier: MIT
/*
 * "pcasim prog": what is in an object file, and what its programs do.
 */
#define _GNU_SOURCE
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcasim/bpf.h>
#include <pcasim/helpers.h>

#include "cli.h"
#include "json.h"
#include "machine.h"
#include "map.h"
#include "options.h"
#include "output.h"
#include "prog.h"
#include "prog_run.h"
#include "term.h"
#include "topology.h"

const char prog_usage[] =
	"usage: pcasim prog list FILE.so [--json]\n"
	"       pcasim prog run FILE.so [--prog NAME] [OPTION]...\n"
	"\n"
	"List what is in an object file that \"pcasim cc\" has made: programs, maps and\n"
	"global variables. Or run one of its programs on CPUs of a simulated machine, on\n"
	"all of them at once, and show what its maps hold afterwards. Elements that are\n"
	"zero are only counted. What the program prints by bpf_printk() comes on stderr.\n"
	"\n"
	"  --prog NAME       the program; may be left out when there is one only\n"
	"  --before NAME     a program to run once before, on the same CPUs, such as the\n"
	"                    one at the entry of what the other measures; again and again\n"
	"  --set NAME=VALUE  what a global variable begins with: a number, or a text;\n"
	"                    again and again\n"
	"  --entries MAP=N   another number of entries; again and again\n"
	"  --cpu LIST        where to run, such as 0-3; default: the first CPU online\n"
	"  --repeat N        runs on each CPU, 1 by default\n"
	"  --timeout N       seconds until a program that has not ended is given up, 60\n"
	"                    by default; 0: never\n"
	"  --steps N         accesses, branches and calls after which a run of a checked\n"
	"                    program is stopped as endless, 268435456 by default\n"
	"  --data FILE       the packet, of programs that take one; default: 64 zeros\n"
	"  --ctx FILE        the ctx of others: arguments of 8 bytes for tracing, or what\n"
	"                    the program reads; zeros follow, 8192 bytes in all, of\n"
	"                    which checked programs may read what their type has;\n"
	"                    tasks at events of the scheduler, such as sched_switch\n"
	"  --kernel RELEASE  the release of Linux to show, such as 6.18\n"
	"  --topology TEXT   an hwloc synthetic description, such as\n"
	"                    \"pack:2 numa:1 core:4 pu:2\"; default: this host\n"
	"  --possible LIST   possible CPUs, such as 0-3 or 0,2-3,7; default: all of the\n"
	"                    topology\n"
	"  --online LIST     online CPUs; default: all possible ones\n"
	"  --uses            show also how maps were used: by which helper, and what of\n"
	"                    their values was read or written; of checked programs only\n"
	"  --json            machine-readable output\n"
	"  -h, --help        this text\n"
	"\n"
	"Exit status: 0; 1 when the program was stopped for what Linux would refuse,\n"
	"faulted, by a bad pointer for instance, or did not end; 2 for bad input, such as\n"
	"a file that cannot be opened.\n";

struct prog_args {
	struct pca_machine_opts machine;
	const char *file, *prog, *cpus, *data, *ctx;
	struct option_list before, settings;
	uint64_t repeat, timeout;
	bool is_run, is_json, shows_uses;
};

static int parse(struct prog_args *args, int argc, char **argv)
{
	const struct cli_option options[] = {
		{ "json", OPTION_FLAG, &args->is_json, 0, 0 },
		{ "uses", OPTION_FLAG, &args->shows_uses, 0, 0 },
		kernel_option,
		{ "prog", OPTION_TEXT, &args->prog, 0, 0 },
		{ "before", OPTION_LIST, &args->before, 0, 0 },
		{ "set", OPTION_LIST, &args->settings, 0, 0 },
		{ "entries", OPTION_LIST, &args->settings, 0, 0 },
		{ "cpu", OPTION_TEXT, &args->cpus, 0, 0 },
		{ "repeat", OPTION_NUMBER, &args->repeat, 1, UINT32_MAX },
		{ "timeout", OPTION_NUMBER, &args->timeout, 0, 1000000 },
		{ "steps", OPTION_NUMBER, &args->machine.most_steps, 1, UINT64_MAX },
		{ "data", OPTION_TEXT, &args->data, 0, 0 },
		{ "ctx", OPTION_TEXT, &args->ctx, 0, 0 },
		{ "topology", OPTION_TEXT, &args->machine.topology, 0, 0 },
		{ "possible", OPTION_TEXT, &args->machine.possible, 0, 0 },
		{ "online", OPTION_TEXT, &args->machine.online, 0, 0 },
	};
	const size_t nr_options = sizeof(options) / sizeof(options[0]);
	int operand;

	if (options_parse(argc, argv, options, nr_options, &operand))
		return -1;
	if (operand >= argc ||
	    (strcmp(argv[operand], "list") != 0 && strcmp(argv[operand], "run") != 0)) {
		cli_error("%s%s%s; say \"pcasim prog list FILE.so\" or \"pcasim prog run FILE.so\"",
			  operand < argc ? "there is no \"" : "what to do is missing",
			  operand < argc ? argv[operand] : "", operand < argc ? "\"" : "");
		return -1;
	}
	args->is_run = !strcmp(argv[operand], "run");
	if (operand + 2 != argc) {
		cli_error("%s one object file", operand + 2 > argc ? "give" : "give only");
		return -1;
	}
	args->file = argv[operand + 1];
	if (!args->is_run && (args->prog || args->cpus || args->data || args->ctx ||
			      args->shows_uses || args->before.nr || args->settings.nr)) {
		cli_error("list takes no options but --json");
		return -1;
	}
	return 0;
}

/* ---- list ---- */

static bool is_simulated(const struct pca_object *object, const struct object_map *map)
{
	return map_ops_of_type(pca_task_machine(object->task), map->map.type);
}

static void list_text(const struct pca_object *object)
{
	char key[64], value[64];

	printf("license: %s\n", *object->license ? object->license : "none");
	if (object->nr_progs)
		print_title("programs");
	for (size_t i = 0; i < object->nr_progs; i++) {
		const struct pca_object_prog *prog = &object->progs[i].prog;

		printf("  %-20s SEC(\"%s\")  %s%s\n", prog->name, prog->section,
		       libbpf_bpf_prog_type_str(prog->type),
		       object->progs[i].is_optional ? ", not loaded" : "");
	}
	if (object->nr_maps)
		print_title("maps");
	for (size_t i = 0; i < object->nr_maps; i++) {
		const struct pca_object_map *map = &object->maps[i].map;
		const struct map_definition *definition = &object->maps[i].definition;

		prog_type_text(object->btf, definition->key_type_id, key, sizeof(key));
		prog_type_text(object->btf, definition->value_type_id, value, sizeof(value));
		printf("  %-20s %s, %" PRIu32 " entr%s, key %s%s%" PRIu32 "B, value %s%s%" PRIu32
		       "B%s%s\n",
		       map->name, prog_map_type_name(map->type), map->max_entries,
		       map->max_entries == 1 ? "y" : "ies", key, *key ? " " : "", map->key_size,
		       value, *value ? " " : "", map->value_size, map->is_pinned ? ", pinned" : "",
		       is_simulated(object, &object->maps[i]) ? "" : ", not simulated");
	}
	if (object->nr_globals)
		print_title("global variables");
	for (size_t i = 0; i < object->nr_globals; i++) {
		const struct object_global *global = &object->globals[i];
		char *text = prog_value_text(object->btf, global->type_id, global->global.address,
					     global->global.bytes);

		printf("  %-20s %s%s = %s\n", global->global.name,
		       global->global.is_const ? "const, " : "", global->global.section,
		       text ? text : "?");
		free(text);
	}
}

static void list_json(const struct pca_object *object)
{
	json_open(NULL, '{');
	json_text("license", object->license);
	json_open("programs", '[');
	for (size_t i = 0; i < object->nr_progs; i++) {
		json_open(NULL, '{');
		json_text("name", object->progs[i].prog.name);
		json_text("section", object->progs[i].prog.section);
		json_text("type", libbpf_bpf_prog_type_str(object->progs[i].prog.type));
		json_bool("autoload", !object->progs[i].is_optional);
		json_close('}');
	}
	json_close(']');
	json_open("maps", '[');
	for (size_t i = 0; i < object->nr_maps; i++) {
		json_open(NULL, '{');
		json_text("name", object->maps[i].map.name);
		json_text("type", prog_map_type_name(object->maps[i].map.type));
		json_count("bytes_key", object->maps[i].map.key_size);
		json_count("bytes_value", object->maps[i].map.value_size);
		json_count("max_entries", object->maps[i].map.max_entries);
		json_count("flags", object->maps[i].map.map_flags);
		json_bool("pinned", object->maps[i].map.is_pinned);
		json_bool("simulated", is_simulated(object, &object->maps[i]));
		json_close('}');
	}
	json_close(']');
	json_open("globals", '[');
	for (size_t i = 0; i < object->nr_globals; i++) {
		const struct object_global *global = &object->globals[i];

		json_open(NULL, '{');
		json_text("name", global->global.name);
		json_text("section", global->global.section);
		json_count("bytes", global->global.bytes);
		json_bool("const", global->global.is_const);
		prog_value_json("value", object->btf, global->type_id, global->global.address,
				global->global.bytes);
		json_close('}');
	}
	json_close(']');
	json_close('}');
}

static int list(struct session *session, const struct prog_args *args)
{
	const struct pca_object_opts opts = { .size = sizeof(opts), .is_load_delayed = true };
	struct pca_object *object;

	if (pca_object_open(&object, session->task, args->file, &opts))
		return CLI_BAD_INPUT;
	if (args->is_json)
		list_json(object);
	else
		list_text(object);
	pca_object_close(object);
	return CLI_OK;
}

/* ---- run ---- */

/* Where a SEC() may have been forgotten. */
static void tell_no_progs(const struct pca_object *object)
{
	struct object_symbol symbol;

	for (size_t i = 0; i < object->elf.nr_symbols; i++) {
		if (!object_elf_symbol(&object->elf, i, &symbol) || symbol.type != STT_FUNC ||
		    symbol.is_local)
			continue;
		cli_error("%s has no programs: \"%s\" is none without a section, such as "
			  "SEC(\"xdp\"), in front of it",
			  object->path, symbol.name);
		return;
	}
	cli_error("%s has no programs: a function becomes one by a section, such as SEC(\"xdp\")",
		  object->path);
}

static const struct pca_object_prog *choose_prog(const struct pca_object *object, const char *name)
{
	const struct pca_object_prog *prog = NULL;
	char known[512] = "";

	if (name)
		prog = pca_object_find_prog(object, name);
	else if (object->nr_progs == 1)
		prog = &object->progs[0].prog;
	if (prog && prog->prog)
		return prog;
	for (size_t i = 0; i < object->nr_progs; i++)
		list_name(known, sizeof(known), object->progs[i].prog.name,
			  i + 1 == object->nr_progs);
	if (prog)
		cli_error("program \"%s\" is not loaded: its section begins with ?", prog->name);
	else if (!object->nr_progs)
		tell_no_progs(object);
	else if (name)
		cli_error("%s has no program \"%s\"; it has %s", object->path, name, known);
	else
		cli_error("%s has several programs; choose one by --prog: %s", object->path, known);
	return NULL;
}

static int choose_cpus(struct prog_runs *runs, const char *list)
{
	struct pca_machine *machine = runs->session->machine;
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	int id, err = set ? 0 : -1;

	if (!err && list)
		err = cpulist_parse(set, list, "--cpu");
	else if (!err)
		hwloc_bitmap_set(set, machine_first_online_cpu(machine)->id);
	runs->cpus = calloc(machine->nr_cpus, sizeof(*runs->cpus));
	for (id = err ? -1 : hwloc_bitmap_first(set); id >= 0 && !err;
	     id = hwloc_bitmap_next(set, id)) {
		struct cpu *cpu = machine_cpu(machine, (uint32_t)id);

		if (!cpu || !pca_cpu_is_online(machine, (uint32_t)id)) {
			cli_error("--cpu: CPU %d is %s on this machine; --topology, --possible and "
				  "--online choose another one",
				  id, cpu ? "offline" : "not possible");
			err = -1;
		} else {
			runs->cpus[runs->nr_cpus++].cpu = cpu;
		}
	}
	hwloc_bitmap_free(set);
	return err;
}

/* Not what the program's type takes. */
static bool has_wrong_input(const struct pca_object_prog *prog, const struct prog_args *args)
{
	const bool takes_packet = prog_takes_packet(prog->prog);

	if (takes_packet ? !args->ctx : !args->data)
		return false;
	cli_error("%s: program \"%s\" of SEC(\"%s\") takes %s", takes_packet ? "--ctx" : "--data",
		  prog->name, prog->section,
		  takes_packet ? "a packet: --data gives it"
			       : "no packet: --ctx gives what it reads");
	return true;
}

static int print_results(const struct prog_runs *runs, const struct pca_object *object)
{
	int err;

	printf("program %s, SEC(\"%s\"): %" PRIu32 " run%s on each of %" PRIu32 " CPU%s\n",
	       runs->prog->name, runs->prog->section, runs->repeat, plural_s(runs->repeat),
	       runs->nr_cpus, plural_s(runs->nr_cpus));
	for (uint32_t i = 0; i < runs->nr_cpus; i++) {
		const struct prog_cpu *cpu = &runs->cpus[i];

		if (cpu->was_stopped)
			printf("  CPU %" PRIu32 ": stopped, %s\n", cpu->cpu->id,
			       pca_errno_name(cpu->err));
		else
			printf("  CPU %" PRIu32 ": returned %d\n", cpu->cpu->id, cpu->retval);
	}
	err = prog_dump_maps(runs->session, object);
	return !err && runs->shows_uses ? prog_print_uses(runs, object) : err;
}

static int results_json(const struct prog_runs *runs, const struct pca_object *object)
{
	int err;

	json_open(NULL, '{');
	json_text("program", runs->prog->name);
	json_text("section", runs->prog->section);
	json_text("type", libbpf_bpf_prog_type_str(runs->prog->type));
	json_count("repeat", runs->repeat);
	json_open("cpus", '[');
	for (uint32_t i = 0; i < runs->nr_cpus; i++) {
		json_open(NULL, '{');
		json_count("cpu", runs->cpus[i].cpu->id);
		json_bool("stopped", runs->cpus[i].was_stopped);
		json_signed("retval",
			    runs->cpus[i].was_stopped ? runs->cpus[i].err : runs->cpus[i].retval);
		json_count("ns", runs->cpus[i].ns);
		prog_violation_json(&runs->cpus[i]);
		json_close('}');
	}
	json_close(']');
	err = prog_dump_maps_json(runs->session, object);
	if (!err && runs->shows_uses)
		err = prog_uses_json(runs, object);
	json_close('}');
	return err;
}

/* What they return is not shown; one that was stopped has told so. */
static int run_before(struct prog_runs *runs, const struct pca_object *object,
		      const struct option_list *before)
{
	const uint32_t repeat = runs->repeat;

	runs->repeat = 1;
	for (size_t i = 0; i < before->nr; i++) {
		runs->prog = choose_prog(object, before->at[i].text);
		if (!runs->prog || prog_run_all(runs))
			return -1;
	}
	runs->repeat = repeat;
	return 0;
}

static int run_prog(struct prog_runs *runs, const struct pca_object *object,
		    const struct prog_args *args)
{
	const struct pca_object_prog *prog = choose_prog(object, args->prog);

	runs->btf = object->btf;
	if (!prog || has_wrong_input(prog, args) || choose_cpus(runs, args->cpus) ||
	    run_before(runs, object, &args->before))
		return CLI_BAD_INPUT;
	runs->prog = prog;
	if (prog_run_all(runs))
		return CLI_BAD_INPUT;
	if (args->is_json ? results_json(runs, object) : print_results(runs, object))
		return CLI_BAD_INPUT;
	return runs->nr_stopped ? CLI_DIFFERENCES : CLI_OK;
}

/* An object is made with --checked as a whole. */
static bool can_show_uses(const struct pca_object *object)
{
	for (size_t i = 0; i < object->nr_progs; i++) {
		const struct pca_prog *prog = object->progs[i].prog.prog;

		if (prog && !prog->checked) {
			cli_error("--uses: the programs of %s are not checked, so that nothing is "
				  "known of what they do; make it by \"pcasim cc --checked\"",
				  object->path);
			return false;
		}
	}
	return true;
}

static int run(struct session *session, const struct prog_args *args)
{
	struct prog_input ctx = { 0 }, packet = { 0 };
	struct prog_runs runs = {
		.pid = (uint32_t)getpid(),
		.session = session,
		.ctx = &ctx,
		.packet = &packet,
		.repeat = (uint32_t)args->repeat,
		.timeout = (uint32_t)args->timeout,
		.shows_uses = args->shows_uses,
	};
	struct pca_object *object;
	int status = CLI_BAD_INPUT;

	if (!prog_input_read(&ctx, args->ctx) && !prog_input_read(&packet, args->data) &&
	    !prog_open(&object, session, args->file, &args->settings)) {
		if (!args->shows_uses || can_show_uses(object))
			status = run_prog(&runs, object, args);
		pca_object_close(object);
	}
	free(runs.cpus);
	free(ctx.bytes);
	free(packet.bytes);
	return status;
}

/* bpf_printk() knows no pcasim: its lines are as the program wrote them. */
static void tell_message(void *arg, enum pca_message_level level, const char *text)
{
	if (level == PCA_MESSAGE_TRACE)
		fprintf(stderr, "CPU %" PRIu32 ": %s\n", pca_get_smp_processor_id(), text);
	else
		cli_tell_message(arg, level, text);
}

int cmd_prog(int argc, char **argv)
{
	struct prog_args args = { .machine = { .run_mode = PCA_INLINE },
				  .repeat = 1,
				  .timeout = 60 };
	struct session session;
	int status;

	if (parse(&args, argc, argv))
		return CLI_BAD_INPUT;
	cli_has_hints = true; /* of the object's maps */
	pca_set_message_fn(tell_message, NULL);
	if (session_open(&session, &args.machine))
		return CLI_BAD_INPUT;
	status = args.is_run ? run(&session, &args) : list(&session, &args);
	session_close(&session);
	return status;
}
