// SPDX-License-Identifier: MIT
/*
 * The table of all layouts.
 */
#include <string.h>

#include "layout.h"

extern const struct layout layout_slab, layout_page_slab, layout_pointers, layout_packed,
	layout_padded64, layout_padded128, layout_shared_atomic, layout_shared_mutex;

static const struct layout *const layouts[] = {
	&layout_slab,	  &layout_page_slab, &layout_pointers,	    &layout_packed,
	&layout_padded64, &layout_padded128, &layout_shared_atomic, &layout_shared_mutex,
};

const struct layout *layout_at(size_t index)
{
	return index < sizeof(layouts) / sizeof(layouts[0]) ? layouts[index] : NULL;
}

const struct layout *layout_find(const char *name)
{
	for (size_t i = 0; layout_at(i); i++) {
		if (!strcmp(layout_at(i)->name, name))
			return layout_at(i);
	}
	return NULL;
}
