/* SPDX-License-Identifier: MIT */
/*
 * The kernel's types, as far as programs commonly use them, in the place of the
 * file that bpftool makes of a kernel's BTF. Names, members and values are
 * Linux's; those of contexts and packets have Linux's layout too, which is a
 * binary interface. Structures of the kernel's inside (task_struct, sock, ...)
 * have the members that tools read, in an order of ours.
 *
 * As with the real one: it takes the place of <linux/...> and libc's headers, and
 * has no macros, but for its guard. What is missing here, define in the program.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#include "bpf/native.h"

#include "vmlinux/types.h"
#include "vmlinux/names.h"
#include "vmlinux/bpf.h"
#include "vmlinux/func_id.h"
#include "vmlinux/contexts.h"
#include "vmlinux/packet.h"
#include "vmlinux/task.h"
#include "vmlinux/block.h"
#include "vmlinux/net.h"
#include "vmlinux/trace.h"
#include "vmlinux/trace_mm.h"
#include "vmlinux/trace_net.h"
#include "vmlinux/trace_sched.h"

#endif
