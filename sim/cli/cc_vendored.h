/* SPDX-License-Identifier: MIT */
/*
 * Sources that bring their own copy of libbpf's headers.
 */
#ifndef SIM_CLI_CC_VENDORED_H
#define SIM_CLI_CC_VENDORED_H

/*
 * The path of a bpf_helpers.h that a source includes and that is not in our directory, or
 * NULL. words: the compiler's, with -M, which prints what a source includes. To be freed.
 */
char *cc_vendored_helpers(char **words, const char *ours);

#endif
