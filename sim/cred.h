/* SPDX-License-Identifier: MIT */
/*
 * Credentials: who acts, and what it may not do.
 */
#ifndef SIM_CRED_H
#define SIM_CRED_H

#include <pcasim/task.h>

struct cred {
	uint32_t uid, gid;
	uint64_t dropped_caps; /* PCA_CAP_* that are missing */
};

static inline bool capable(const struct cred *cred, uint64_t cap)
{
	return !(cred->dropped_caps & cap);
}

#endif
