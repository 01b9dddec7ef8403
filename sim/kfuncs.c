// SPDX-License-Identifier: MIT
/*
 * Functions of the kernel that programs call by their names (Linux: kernel/bpf/helpers.c,
 * kernel/bpf/bpf_iter.c), but for those of context.c.
 */
#include <errno.h>
#include <stdint.h>

#include <pcasim/helpers.h>

#define MOST_NUMBERS (8 * 1024 * 1024) /* Linux: BPF_MAX_LOOPS */

/* What struct bpf_iter_num, 8 bytes, holds here. */
struct numbers {
	int last, end; /* none follows: both are 0 */
};

int pca_iter_num_new(struct bpf_iter_num *it, int start, int end)
{
	struct numbers *numbers = (void *)it;

	*numbers = (struct numbers){ 0 };
	if (start > end)
		return -EINVAL;
	if ((int64_t)end - start > MOST_NUMBERS)
		return -E2BIG;
	numbers->last = (int)((unsigned int)start - 1);
	numbers->end = end;
	return 0;
}

int *pca_iter_num_next(struct bpf_iter_num *it)
{
	struct numbers *numbers = (void *)it;

	if ((int64_t)numbers->last + 1 >= numbers->end) {
		*numbers = (struct numbers){ 0 };
		return NULL;
	}
	numbers->last++;
	return &numbers->last;
}

void pca_iter_num_destroy(struct bpf_iter_num *it)
{
	*(struct numbers *)(void *)it = (struct numbers){ 0 };
}

void pca_rcu_read_lock(void)
{
}

void pca_rcu_read_unlock(void)
{
}
