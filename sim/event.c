// SPDX-License-Identifier: MIT
/*
 * Events on their way to the listener, and the names of what they tell of.
 */
#define _GNU_SOURCE
#include "event.h"

#include <stdio.h>
#include <unistd.h>

void event_tell(const struct pca_machine *machine, struct pca_event *event)
{
	if (!machine->listener)
		return; /* no longer: a fault's hook has sent it away in the middle of a command */
	event->size = sizeof(*event);
	if (!event->ns)
		event->ns = event_now_ns();
	if (!event->thread)
		event->thread = (uint32_t)gettid();
	machine->listener(machine->listener_arg, event);
}

const char *idle_comm(char *buf, const struct cpu *cpu)
{
	snprintf(buf, IDLE_COMM_BYTES, "swapper/%u", cpu->id);
	return buf;
}

/* By number, as new as Linux 7.3: the installed header may know fewer. */
static const char *const commands[] = {
	"BPF_MAP_CREATE",
	"BPF_MAP_LOOKUP_ELEM",
	"BPF_MAP_UPDATE_ELEM",
	"BPF_MAP_DELETE_ELEM",
	"BPF_MAP_GET_NEXT_KEY",
	"BPF_PROG_LOAD",
	"BPF_OBJ_PIN",
	"BPF_OBJ_GET",
	"BPF_PROG_ATTACH",
	"BPF_PROG_DETACH",
	"BPF_PROG_TEST_RUN",
	"BPF_PROG_GET_NEXT_ID",
	"BPF_MAP_GET_NEXT_ID",
	"BPF_PROG_GET_FD_BY_ID",
	"BPF_MAP_GET_FD_BY_ID",
	"BPF_OBJ_GET_INFO_BY_FD",
	"BPF_PROG_QUERY",
	"BPF_RAW_TRACEPOINT_OPEN",
	"BPF_BTF_LOAD",
	"BPF_BTF_GET_FD_BY_ID",
	"BPF_TASK_FD_QUERY",
	"BPF_MAP_LOOKUP_AND_DELETE_ELEM",
	"BPF_MAP_FREEZE",
	"BPF_BTF_GET_NEXT_ID",
	"BPF_MAP_LOOKUP_BATCH",
	"BPF_MAP_LOOKUP_AND_DELETE_BATCH",
	"BPF_MAP_UPDATE_BATCH",
	"BPF_MAP_DELETE_BATCH",
	"BPF_LINK_CREATE",
	"BPF_LINK_UPDATE",
	"BPF_LINK_GET_FD_BY_ID",
	"BPF_LINK_GET_NEXT_ID",
	"BPF_ENABLE_STATS",
	"BPF_ITER_CREATE",
	"BPF_LINK_DETACH",
	"BPF_PROG_BIND_MAP",
	"BPF_TOKEN_CREATE",
	"BPF_PROG_STREAM_READ_BY_FD",
	"BPF_PROG_ASSOC_STRUCT_OPS",
};

const char *pca_command_name(int cmd)
{
	return cmd >= 0 && (size_t)cmd < ARRAY_SIZE(commands) ? commands[cmd] : NULL;
}
