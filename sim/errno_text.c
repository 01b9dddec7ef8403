// SPDX-License-Identifier: MIT
/*
 * Names and texts of error numbers, with the one that Linux's BPF code returns
 * to user space and no libc knows: 524.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>

const char *pca_strerror(int err)
{
	static __thread char unknown[32];
	unsigned int number = err < 0 ? 0U - (unsigned int)err : (unsigned int)err;

	if (number == PCA_ENOTSUPP)
		return "Operation is not supported";

	const char *text = number <= 4095 ? strerrordesc_np((int)number) : NULL;

	if (text)
		return text;
	snprintf(unknown, sizeof(unknown), "Unknown error %u", number);
	return unknown;
}

const char *pca_errno_name(int err)
{
	unsigned int number = err < 0 ? 0U - (unsigned int)err : (unsigned int)err;

	if (number == PCA_ENOTSUPP)
		return "ENOTSUPP";
	return number && number <= 4095 ? strerrorname_np((int)number) : NULL;
}
