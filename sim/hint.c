// SPDX-License-Identifier: MIT
#include "hint.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "message.h"

/* The errno first, where the mistake was refused with one; the way out last. */
static const char *const words[NR_HINTS] = {
	[HINT_UPDATE_PAST_END] =
		"E2BIG: {map} has no key {got}, only 0 to {want}: check the key, or create the "
		"map with more max_entries",
	[HINT_NOEXIST] = "EEXIST: BPF_NOEXIST always fails on an array such as {map}, whose "
			 "elements all exist from the start: use BPF_ANY",
	[HINT_DELETE] = "EINVAL: elements of an array such as {map} cannot be deleted: write "
			"zeros with BPF_MAP_UPDATE_ELEM",
	[HINT_LOOKUP_AND_DELETE] =
		"ENOTSUPP (524): elements of an array such as {map} cannot be deleted: look the "
		"element up, then write zeros",
	[HINT_RDONLY_FD] = "EPERM: fd {fd} cannot write {map}: {text} opened it with "
			   "BPF_F_RDONLY: open it without, or write through another fd",
	[HINT_WRONLY_FD] = "EPERM: fd {fd} cannot read {map}: {text} opened it with "
			   "BPF_F_WRONLY: open it without, or read through another fd",
	[HINT_FROZEN] = "EPERM: {map} is frozen: commands cannot write it any more, only "
			"programs can: write before BPF_MAP_FREEZE",
	[HINT_FREEZE_FORGOTTEN] =
		"{map} is BPF_F_RDONLY_PROG but not frozen: the verifier takes its values for "
		"constants only after BPF_MAP_FREEZE: freeze it before loading programs",
	[HINT_FD_OF_OTHER_TASK] =
		"fd {fd} is not open in this task, but in another one (\"{text}\"): each task has "
		"its own fds: share the map by its id or by a pin",
	[HINT_REAL_FD] = "EINVAL: fd {fd} is a file of this process and no map, whose fds start "
			 "at {want}: was the fd in the attr set?",
	[HINT_PROG_FD] = "EINVAL: fd {fd} is a program and no map: give the map's fd",
	[HINT_CPU_NOT_SHIFTED] =
		"flags 0x{got:x} on {map}: BPF_F_CPU takes the CPU's id from the upper 32 bits, "
		"which are 0: use BPF_F_CPU | (__u64)cpu << 32",
	[HINT_CPU_OF_SHARED_MAP] =
		"EINVAL: BPF_F_CPU and BPF_F_ALL_CPUS choose among CPUs' copies, and {map} has but "
		"one: use flags 0",
	[HINT_CPU_TOO_EARLY] =
		"EINVAL, not the first time: BPF_F_CPU and BPF_F_ALL_CPUS exist since Linux "
		"{text}, this machine shows {release}: ask once, then use all CPUs' values",
	[HINT_LOCK] = "EINVAL: BPF_F_LOCK takes a struct bpf_spin_lock in the value, which "
		      "per-CPU arrays such as {map} cannot hold: use flags 0",
	[HINT_BATCH_RETRIED] =
		"BPF_MAP_LOOKUP_BATCH is given the same in_batch again and again: ENOENT with "
		"count "
		"{got} was no failure but the end of {map}: take the count elements and stop",
	[HINT_BATCH_GIVEN_UP] =
		"BPF_MAP_LOOKUP_BATCH had delivered {got} elements with ENOENT, which was no "
		"failure but the end of {map}; since then it is read key by key: take the count "
		"elements",
	[HINT_BATCH_COUNT] =
		"BPF_MAP_LOOKUP_BATCH with count 0 does nothing and returns 0: the one before left "
		"0 there at the end of {map}: set count before each command",
	[HINT_BATCH_FLAGS] = "flags 0x{got:x} of a batch on {map} are ignored, as Linux ignores "
			     "them: flags for elements go into elem_flags",
	[HINT_MAP_TYPE] =
		"EINVAL: map_type {got} is not simulated: use "
		"BPF_MAP_TYPE_PERCPU_ARRAY (6), BPF_MAP_TYPE_ARRAY (2) or BPF_MAP_TYPE_HASH (1)",
	[HINT_KEY_SIZE] = "EINVAL: key_size {got}: the key of an array is an index of 4 bytes: "
			  "use key_size 4",
	[HINT_NO_ELEMENTS] = "EINVAL: value_size {got} and max_entries {want}: both must be above "
			     "0, for an array has all its elements from the start",
	[HINT_MAP_FLAGS] = "EINVAL: map_flags 0x{got:x}: a per-CPU array refuses 0x{want:x}; "
			   "BPF_F_NO_PREALLOC is for hashes, BPF_F_MMAPABLE for shared arrays: "
			   "leave it out",
	[HINT_VALUE_SIZE] = "{text}: value_size {got} is above {want}, the most that Linux's "
			    "per-CPU allocator gives for one element: split the value over keys",
};

const char *hint_words(unsigned int hint)
{
	return hint < NR_HINTS ? words[hint] : NULL;
}

static bool is_due(const struct pca_machine *machine, const uint32_t *told, enum hint hint)
{
	return !machine->no_hints && !(__atomic_load_n(told, __ATOMIC_RELAXED) >> hint & 1);
}

/* Of several threads one tells. */
static bool take(const struct pca_machine *machine, uint32_t *told, enum hint hint)
{
	const uint32_t bit = 1U << hint;

	return is_due(machine, told, hint) &&
	       !(__atomic_fetch_or(told, bit, __ATOMIC_RELAXED) & bit);
}

struct subject {
	const struct pca_machine *machine;
	const struct pca_map *map;
	struct hint_facts facts;
};

/* A line that grows. */
struct line {
	char text[512];
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void put(struct line *line, const char *fmt, ...)
{
	size_t room = sizeof(line->text) - line->used;
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(line->text + line->used, room, fmt, ap);

	va_end(ap);
	line->used += (size_t)n < room ? (size_t)n : room - 1;
}

static void put_map(struct line *line, const struct pca_map *map)
{
	if (map->name[0])
		put(line, "map \"%s\"", map->name);
	else
		put(line, "map %u", map->object.id);
}

static bool is_name(const char *brace, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(brace + 1, name, len) && brace[1 + len] == '}';
}

/* What the {name} at brace stands for. */
static void put_fact(struct line *line, const char *brace, const struct subject *subject)
{
	const struct hint_facts *facts = &subject->facts;

	if (is_name(brace, "map"))
		put_map(line, subject->map);
	else if (is_name(brace, "fd"))
		put(line, "%d", facts->fd);
	else if (is_name(brace, "got"))
		put(line, "%" PRIu64, facts->got);
	else if (is_name(brace, "got:x"))
		put(line, "%" PRIx64, facts->got);
	else if (is_name(brace, "want"))
		put(line, "%" PRIu64, facts->want);
	else if (is_name(brace, "want:x"))
		put(line, "%" PRIx64, facts->want);
	else if (is_name(brace, "text"))
		put(line, "%s", facts->text);
	else if (is_name(brace, "release"))
		put(line, "%s", subject->machine->release->name);
}

static void tell(enum hint hint, const struct subject *subject)
{
	struct line line = { .used = 0 };
	const char *at = words[hint], *brace;

	while ((brace = strchr(at, '{'))) {
		put(&line, "%.*s", (int)(brace - at), at);
		put_fact(&line, brace, subject);
		at = strchr(brace, '}') + 1;
	}
	put(&line, "%s", at);
	message_warning("%s", line.text);
}

void hint_of_map(const struct pca_map *map, enum hint hint, struct hint_facts facts)
{
	struct pca_machine *machine = map->object.machine;

	if (take(machine, &map->ref.map->hints_told, hint))
		tell(hint, &(struct subject){ machine, map, facts });
}

void hint_of_task(struct pca_task *task, enum hint hint, struct hint_facts facts)
{
	if (take(task->machine, &task->hints_told, hint))
		tell(hint, &(struct subject){ task->machine, NULL, facts });
}

void hint_of_machine(struct pca_machine *machine, enum hint hint, struct hint_facts facts)
{
	if (take(machine, &machine->hints_told, hint))
		tell(hint, &(struct subject){ machine, NULL, facts });
}

bool hint_of_task_is_due(const struct pca_task *task, enum hint hint)
{
	return is_due(task->machine, &task->hints_told, hint);
}
