/* SPDX-License-Identifier: MIT */
/*
 * The pcasim tool: one table of sub-commands, each in a file of its own.
 */
#ifndef SIM_CLI_CLI_H
#define SIM_CLI_CLI_H

#include <stdbool.h>

/* Exit codes. */
#define CLI_OK 0	  /* as wished */
#define CLI_DIFFERENCES 1 /* differences or findings */
#define CLI_BAD_INPUT 2
#define CLI_NOT_PERMITTED 77

struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the sub-command's name */
	const char *summary;		   /* one line for the list */
	const char *usage;		   /* what --help prints */
};

int cmd_demo(int argc, char **argv);
int cmd_topo(int argc, char **argv);
int cmd_footprint(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_releases(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_shell(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_model(int argc, char **argv);
int cmd_cc(int argc, char **argv);
int cmd_prog(int argc, char **argv);
int cmd_schedule(int argc, char **argv);

extern const char demo_usage[], topo_usage[], footprint_usage[], replay_usage[], record_usage[],
	diff_usage[], releases_usage[], rules_usage[], shell_usage[], bench_usage[], model_usage[],
	cc_usage[], prog_usage[], schedule_usage[];

#endif
