/* SPDX-License-Identifier: MIT */
/*
 * Sleeping on a word of this process.
 */
#ifndef SIM_FUTEX_H
#define SIM_FUTEX_H

#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sleep while *word == value; may return early. */
static inline void futex_wait(const uint32_t *word, uint32_t value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

/* Wake one sleeper. The word may be gone by now: nothing is read from it. */
static inline void futex_wake_one(const uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

#endif
