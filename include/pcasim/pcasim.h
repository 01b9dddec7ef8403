/* SPDX-License-Identifier: MIT */
/*
 * pcasim: BPF_MAP_TYPE_PERCPU_ARRAY in user space. This header includes all of
 * the native interface; docs/architecture.md tells how the parts fit together.
 *
 *	machine.h	one simulated Linux: CPUs, a release, a memory limit
 *	task.h		the caller of commands: memory, fds, capabilities
 *	bpf.h		bpf() commands
 *	map.h		maps as programs and debuggers see them
 *	map_ref.h	the inlined lookup
 *	prog.h		programs: load, run
 *	helpers.h	what a program may call
 *	context.h	what a CPU does when a program comes in: contexts that nest
 *	schedule.h	programs and commands in an order that a seed decides
 *	search.h	schedules that break an invariant, or the proof that none does
 *	bpffs.h		the tree in which objects are pinned
 *	checked.h	programs whose every access asks for its right
 *	event.h		what happens on a machine, as it happens
 *	fault.h		faults on demand
 *	message.h	where warnings and errors are told
 *	object.h	object files: BPF C that is compiled natively
 *	snapshot.h	what a map held, and what has changed since
 *	expect.h	expectations of unit tests; check.h: for the Check library
 *
 * Beside it stand two headers in other people's shapes: pcasim/libbpf/bpf/bpf.h
 * (libbpf's low-level functions) and pcasim/prog/bpf/bpf_helpers.h (what BPF C
 * programs include).
 */
#ifndef PCASIM_H
#define PCASIM_H

#include <pcasim/api.h>
#include <pcasim/bpf.h>
#include <pcasim/bpffs.h>
#include <pcasim/checked.h>
#include <pcasim/context.h>
#include <pcasim/event.h>
#include <pcasim/expect.h>
#include <pcasim/fault.h>
#include <pcasim/helpers.h>
#include <pcasim/machine.h>
#include <pcasim/map.h>
#include <pcasim/map_ref.h>
#include <pcasim/message.h>
#include <pcasim/object.h>
#include <pcasim/prog.h>
#include <pcasim/schedule.h>
#include <pcasim/search.h>
#include <pcasim/snapshot.h>
#include <pcasim/task.h>

#endif
