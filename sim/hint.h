/* SPDX-License-Identifier: MIT */
/*
 * Hints: a warning of one line for a mistake that users of per-CPU maps make, with
 * the way out. Whoever finds a mistake says which one it is; the words are in one
 * table, which docs/hints.md repeats. A correct program sees none of them.
 */
#ifndef SIM_HINT_H
#define SIM_HINT_H

#include "machine.h"
#include "map.h"
#include "task.h"

enum hint {
	HINT_UPDATE_PAST_END,
	HINT_NOEXIST,
	HINT_DELETE,
	HINT_LOOKUP_AND_DELETE,
	HINT_RDONLY_FD,
	HINT_WRONLY_FD,
	HINT_FROZEN,
	HINT_FREEZE_FORGOTTEN,
	HINT_FD_OF_OTHER_TASK,
	HINT_REAL_FD,
	HINT_PROG_FD,
	HINT_CPU_NOT_SHIFTED,
	HINT_CPU_OF_SHARED_MAP,
	HINT_CPU_TOO_EARLY,
	HINT_LOCK,
	HINT_BATCH_RETRIED,
	HINT_BATCH_GIVEN_UP,
	HINT_BATCH_COUNT,
	HINT_BATCH_FLAGS,
	HINT_MAP_TYPE,
	HINT_KEY_SIZE,
	HINT_NO_ELEMENTS,
	HINT_MAP_FLAGS,
	HINT_VALUE_SIZE,
	NR_HINTS, /* at most 32: told is a word of bits */
};

/* What the words are filled with; a hint uses some of these. */
struct hint_facts {
	int fd;
	uint64_t got;  /* {got}, {got:x} */
	uint64_t want; /* {want}, {want:x} */
	const char *text;
};

/*
 * Tell a hint, unless the machine tells none or has told this one of the same map,
 * task, machine. MT-safe.
 */
void hint_of_map(const struct pca_map *map, enum hint hint, struct hint_facts facts)
	__attribute__((cold));
void hint_of_task(struct pca_task *task, enum hint hint, struct hint_facts facts)
	__attribute__((cold));
void hint_of_machine(struct pca_machine *machine, enum hint hint, struct hint_facts facts)
	__attribute__((cold));

/* Would hint_of_task() tell this one? For what takes long to find out. */
bool hint_of_task_is_due(const struct pca_task *task, enum hint hint);

/* The words, with {map} and such where facts go; NULL past the last. */
const char *hint_words(unsigned int hint);

#endif
