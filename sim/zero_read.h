/* SPDX-License-Identifier: MIT */
/*
 * Loads from where nothing is that are to give zeros, as Linux's BPF_PROBE_MEM does.
 */
#ifndef SIM_ZERO_READ_H
#define SIM_ZERO_READ_H

#include <signal.h>

#include <pcasim/api.h>

/*
 * Handlers of signals are set, so that it works from now on. False: it does not on this
 * processor, under valgrind or in gdb.
 */
bool zero_read_prepare(void);

/*
 * In the handler of a fault: when this returns true, the instruction that faulted loads
 * zeros as soon as the handler returns. False, with nothing changed: it is one of those
 * for which that cannot be done.
 */
bool zero_read_begin(const siginfo_t *info, void *machine_context);

#endif
