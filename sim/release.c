// SPDX-License-Identifier: MIT
/*
 * The table of releases. Every number was measured on the kernel named in the
 * comment, none is guessed.
 */
#include "release.h"

#include <string.h>

#include <pcasim/machine.h>

#include "compiler.h"

static const struct release releases[] = {
	{
		.name = "6.18", /* 6.18.44 */
		.attr_bytes = 168,
		.map_info_bytes = 104,
		.map_info_end = 100,
		.create_attr_end = 92,
		.map_header_bytes = 312,
	},
};

const struct release *release_find(const char *name)
{
	if (!name || !*name)
		return &releases[ARRAY_SIZE(releases) - 1];

	for (size_t i = 0; i < ARRAY_SIZE(releases); i++) {
		size_t len = strlen(releases[i].name);

		if (!strncmp(name, releases[i].name, len) &&
		    (name[len] == '\0' || name[len] == '.' || name[len] == '-'))
			return &releases[i];
	}
	return NULL;
}

const char *pca_release_name(size_t index)
{
	return index < ARRAY_SIZE(releases) ? releases[index].name : NULL;
}
