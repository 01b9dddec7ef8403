// SPDX-License-Identifier: MIT
/*
 * The commands of a shell, the one table from which help, completion and errors are
 * made.
 */
#include <string.h>

#include "json.h"
#include "shell.h"
#include "term.h"

static int shell_help(struct shell *sh, struct args *args);
static int help_on(struct shell *sh, const struct shell_command *command, struct args *args);

static int shell_quit(struct shell *sh, struct args *args)
{
	if (args_end(sh, args))
		return SHELL_BAD;
	sh->must_quit = true;
	return SHELL_OK;
}

static const char map_help[] =
	"  MAP := { id N | name NAME | pinned FILE }\n"
	"  DATA := { [hex] BYTE... }, as many bytes as the map's key or value has\n"
	"\n"
	"These are bpftool's words, and mean the same; a value goes to all CPUs. Beyond\n"
	"bpftool (+) there are\n"
	"  + key 7, value 7     one number for all bytes, if they are 2, 4 or 8\n"
	"  + value u32:7 s8:-1  numbers of a type: u8 u16 u32 u64 s8 s16 s32 s64\n"
	"  + cpu N              only this CPU's copy: BPF_F_CPU, since 6.19\n"
	"  + cpu all            BPF_F_ALL_CPUS\n"
	"  + flags rdonly_prog,wronly_prog,rdonly,wronly,mmapable,inner_map,no_prealloc,\n"
	"    zero_seed\n"
	"  + create - ...       not pinned: the current task keeps it open\n"
	"Paths start at /sys/fs/bpf.\n";

static const char run_help[] =
	"A program is loaded by the current task and run on its CPU, on the CPUs of a\n"
	"list, or on each that is online, all at the same time. MAP and DATA: see \"help\n"
	"map\". count adds to the number at the start of the value, with a plain addition;\n"
	"sum adds up the copies of all CPUs. Without a key it is 0.\n";

static const char task_help[] =
	"Commands are given by the current task, root at first. A task without\n"
	"capabilities (bpf, perfmon, net_admin, sys_admin, dac_override or all) gets\n"
	"Linux's refusals. Where a task is, its programs run. What it holds open goes\n"
	"with its end.\n";

static const char script_help[] =
	"In scripts, '#' begins a comment, and '\\' at the end joins the next line. A line\n"
	"\"! COMMAND\" is as wished when COMMAND is refused, \"! EPERM COMMAND\" when it is\n"
	"refused with this error; the refusal is printed on standard output.\n";

static const struct shell_verb release_verbs[] = { { "", NULL, "[RELEASE [reset]]" }, { 0 } };
static const struct shell_verb ls_verbs[] = { { "", NULL, "[DIRECTORY]" }, { 0 } };
static const struct shell_verb rm_verbs[] = { { "", NULL, "FILE" }, { 0 } };
static const struct shell_verb mkdir_verbs[] = { { "", NULL, "DIRECTORY" }, { 0 } };
static const struct shell_verb help_verbs[] = { { "", NULL, "[COMMAND [WORD]]" }, { 0 } };

const struct shell_command shell_commands[] = {
	{ "map", shell_map, "maps and their elements, as bpftool does", map_verbs, map_help },
	{ "run", shell_run, "run a program on CPUs", run_verbs, run_help },
	{ "cpu", shell_cpu, "list CPUs, take them offline and back", cpu_verbs, "" },
	{ "task", shell_tasks, "list tasks, make one, change to it", task_verbs, task_help },
	{ "release", shell_release, "show the release, or start a machine with another",
	  release_verbs, "" },
	{ "ls", shell_ls, "list pinned objects", ls_verbs, "" },
	{ "rm", shell_rm, "remove a pin; an object goes with the last", rm_verbs, "" },
	{ "mkdir", shell_mkdir, "make a directory for pins", mkdir_verbs, "" },
	{ "help", shell_help, "this list, or more about one of its commands", help_verbs,
	  script_help },
	{ "quit", shell_quit, "end, as Ctrl-D does", NULL, "" },
	{ 0 },
};

const struct shell_command *shell_find_command(const char *word)
{
	const struct shell_command *command = shell_commands;

	while (command->name && !word_is(word, command->name))
		command++;
	return command->name ? command : NULL;
}

const struct shell_verb *shell_find_verb(const struct shell_verb *verbs, const char *word)
{
	while (verbs->name && !word_is(word, verbs->name))
		verbs++;
	return verbs->name ? verbs : NULL;
}

int shell_unknown_verb(struct shell *sh, const char *command, const struct shell_verb *verbs,
		       const char *word)
{
	char known[256] = "";

	for (const struct shell_verb *verb = verbs; verb->name; verb++)
		list_name(known, sizeof(known), verb->name, !verb[1].name);
	if (!word)
		return shell_bad(sh, "%s what? There are %s", command, known);
	return shell_bad(sh, "there is no \"%s %.40s\"; there are %s", command, word, known);
}

static int unknown_command(struct shell *sh, const char *word)
{
	char known[256] = "";

	for (const struct shell_command *command = shell_commands; command->name; command++)
		list_name(known, sizeof(known), command->name, !command[1].name);
	return shell_bad(sh, "there is no command " WORD_TEXT "; there are %s", word, known);
}

/* What other shells, and bpftool, have for some of the commands. */
static const char *without_alias(const char *word)
{
	return !strcmp(word, "exit") ? "quit" : !strcmp(word, "?") ? "help" : word;
}

/* "map help" is "help map". */
static bool asks_for_help(const struct shell_command *command, const struct args *args)
{
	return command->verbs && *command->verbs->name && args->nr &&
	       !strcmp(args->word[0], "help");
}

int shell_run_words(struct shell *sh, struct args *args)
{
	const struct shell_command *command;
	const char *word;

	if (args->nr > 1 && !strcmp(args->word[0], "bpftool"))
		args_take(args);
	word = without_alias(args_take(args));
	command = shell_find_command(word);
	if (!command && !strcmp(word, "prog"))
		return shell_bad(sh, "there is no prog; programs are ours, see \"help run\"");
	if (!command)
		return unknown_command(sh, word);
	if (!asks_for_help(command, args))
		return command->run(sh, args);
	args_take(args);
	return help_on(sh, command, args);
}

/* --- help --------------------------------------------------------------------------------- */

static void print_list(void)
{
	for (const struct shell_command *command = shell_commands; command->name; command++)
		printf("  %-8s %s\n", command->name, command->summary);
	printf("\n\"help COMMAND\" tells more; words may be cut short, \"map d\" is \"map "
	       "dump\".\n");
}

static void print_verb(const struct shell_command *command, const struct shell_verb *verb)
{
	char usage[128];

	snprintf(usage, sizeof(usage), "%s%s%s %s%s%s", command->name, *verb->name ? " " : "",
		 verb->name, verb->usage, verb->own ? "  + " : "", verb->own ? verb->own : "");
	printf("  ");
	print_wrapped(2, 4, usage);
	putchar('\n');
}

/* All of its verbs, or only one. */
static void print_command(const struct shell_command *command, const struct shell_verb *only)
{
	for (const struct shell_verb *verb = command->verbs; verb && verb->name; verb++) {
		if (!only || verb == only)
			print_verb(command, verb);
	}
	if (!command->verbs)
		printf("  %s: %s\n", command->name, command->summary);
	if (*command->help)
		printf("\n%s", command->help);
}

/* Help is for people: with --json there is none, as in bpftool. */
static int help_on(struct shell *sh, const struct shell_command *command, struct args *args)
{
	bool has_verbs = command->verbs && *command->verbs->name;
	const char *word = has_verbs ? args_take(args) : NULL;
	const struct shell_verb *verb = word ? shell_find_verb(command->verbs, word) : NULL;

	if (word && !verb)
		return shell_unknown_verb(sh, command->name, command->verbs, word);
	if (args_end(sh, args))
		return SHELL_BAD;
	if (!sh->is_json)
		print_command(command, verb);
	return SHELL_OK;
}

static int shell_help(struct shell *sh, struct args *args)
{
	const char *word = args_take(args);
	const struct shell_command *command = word ? shell_find_command(without_alias(word)) : NULL;

	if (command)
		return help_on(sh, command, args);
	if (word)
		return unknown_command(sh, word);
	if (!sh->is_json)
		print_list();
	return SHELL_OK;
}
