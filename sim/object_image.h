/* SPDX-License-Identifier: MIT */
/*
 * The loaded code and data of an open object: a private copy of its file, which the loader of
 * dynamic libraries has mapped. Programs keep it, so that it outlives its object.
 */
#ifndef SIM_OBJECT_IMAGE_H
#define SIM_OBJECT_IMAGE_H

#include "object_elf.h"

struct object_image;

/*
 * Copy and load what object_check_dynamic() has let pass. 0 with one reference in *image;
 * -EINVAL with a message, -ENOMEM.
 */
int object_image_load(struct object_image **image, const struct object_elf *elf);

void object_image_get(struct object_image *image);
void object_image_put(struct object_image *image); /* NULL is allowed */

/* Where an address of the file is now. */
void *object_image_at(const struct object_image *image, uint64_t address);

#endif
