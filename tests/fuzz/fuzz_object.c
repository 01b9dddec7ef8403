// SPDX-License-Identifier: MIT
/*
 * Fuzzing object files: all that is read of one before it is loaded. What passes is not
 * loaded here, since an input may hold any code. Values are shown by the types of what
 * passes, as "pcasim prog" shows them.
 */
#include "fuzz.h"

#include <pcasim/pcasim.h>

#include "object_file.h"
#include "prog_run.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_swallow_messages();
	return 0;
}

/* Of zeros, as long as BTF says, within reason. */
static void show(const struct btf *btf, uint32_t type_id)
{
	static unsigned char zeros[4096];
	int64_t bytes = btf__resolve_size(btf, type_id);
	char text[64];

	prog_type_text(btf, type_id, text, sizeof(text));
	if (bytes > 0 && bytes <= (int64_t)sizeof(zeros))
		free(prog_value_text(btf, type_id, zeros, (size_t)bytes));
}

static void show_all(const struct pca_object *object)
{
	for (size_t i = 0; i < object->nr_maps; i++) {
		show(object->btf, object->maps[i].definition.key_type_id);
		show(object->btf, object->maps[i].definition.value_type_id);
	}
	for (size_t i = 0; i < object->nr_globals; i++)
		show(object->btf, object->globals[i].type_id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pca_object *object = calloc(1, sizeof(*object));

	FUZZ_CHECK(object);
	object->elf =
		(struct object_elf){ .path = "fuzz", .bytes = malloc(size + 1), .size = size };
	FUZZ_CHECK(object->elf.bytes);
	memcpy(object->elf.bytes, data, size);
	if (!object_elf_parse(&object->elf) && !object_understand(object))
		show_all(object);
	pca_object_close(object);
	return 0;
}
