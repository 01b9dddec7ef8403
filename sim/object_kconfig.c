// SPDX-License-Identifier: MIT
/*
 * Variables of the kernel's configuration, "extern ... __kconfig": object_text.h defines
 * those that are known, and opening an object gives them the machine's values. Linux:
 * bpf_object__resolve_externs() in tools/lib/bpf/libbpf.c.
 */
#include "object_file.h"

#include <stdio.h>

#include <pcasim/task.h>

#include "machine.h"
#include "release.h"

#define TICKS_PER_SECOND 250 /* of bpf_jiffies64() */

/* KERNEL_VERSION(a, b, 0) of release "a.b" */
static uint64_t version_of(const struct release *release)
{
	unsigned int version = 0, patchlevel = 0;

	sscanf(release->name, "%u.%u", &version, &patchlevel);
	return (version << 16) + (patchlevel << 8);
}

void object_set_kconfig(struct pca_object *object)
{
	const struct release *release = pca_task_machine(object->task)->release;
	const struct {
		const char *name;
		uint64_t value;
	} known[] = {
		{ "LINUX_KERNEL_VERSION", version_of(release) },
		{ "CONFIG_HZ", TICKS_PER_SECOND },
	};
	struct object_symbol symbol;

	for (size_t i = 0; i < object->elf.nr_symbols; i++) {
		if (!object_elf_symbol(&object->elf, i, &symbol) || !symbol.is_writable ||
		    symbol.bytes != sizeof(uint64_t))
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(known); j++) {
			if (!strcmp(symbol.name, known[j].name))
				memcpy(object_image_at(object->image, symbol.address),
				       &known[j].value, sizeof(uint64_t));
		}
	}
}
