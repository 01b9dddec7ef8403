/* SPDX-License-Identifier: MIT */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

struct options {
	int nr_runs;	  /* of the whole matrix */
	const char *json; /* path of the results; NULL: none */
	const char *csv;  /* path of the raw samples; NULL: none */
};

/* Fill options from the command line. 0 to go on, or the exit code plus 1. */
int options_parse(struct options *options, int argc, char **argv);

#endif
