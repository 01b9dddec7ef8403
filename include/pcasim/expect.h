/* SPDX-License-Identifier: MIT */
/*
 * Expectations for unit tests, in any framework. Each function returns NULL when what it
 * expects is so, else the text of what is so instead:
 *
 *	const char *why = pca_expect_unchanged(before, map);
 *
 *	if (why)
 *		fail_msg("%s", why);		// cmocka; TEST_FAIL_MESSAGE(why) for Unity,
 *						// FAIL() << why for GoogleTest
 *
 * check.h has assertions of them for the Check library. The text belongs to the calling
 * thread and is valid until its next call of one of these functions, or its end. Its
 * lines are those of pca_map_diff_text(), at most PCA_DIFF_LINES of them. When there is
 * no memory for comparing, the text says that. All MT-safe.
 *
 * A map is given as pca_map_get() gives it; beside the libbpf shapes, call that with
 * pca_current_task() and the fd, once. Its elements are read whatever its access
 * flags, also while programs run. cpu is a CPU's id, or PCA_NO_CPU of a map that
 * all CPUs share.
 */
#ifndef PCASIM_EXPECT_H
#define PCASIM_EXPECT_H

#include <pcasim/api.h>
#include <pcasim/map_ref.h>
#include <pcasim/snapshot.h>

PCA_BEGIN_DECLS

/*
 * All values are as they were kept in before:
 *	map "counts" changed, 2 elements differ:
 *	cpu 0, key 1: 4 → 5
 *	cpu 3, key 1: 4 → 6
 */
PCA_API const char *pca_expect_unchanged(const struct pca_map_snapshot *before,
					 struct pca_map_ref *map);

/*
 * An element and its values before and after, unsigned; value_size is 1, 2, 4 or 8. When
 * from and to are the same, the element is expected to have kept this value.
 */
struct pca_expected_change {
	int cpu;
	uint32_t key;
	uint64_t from, to;
};

/*
 * These nr elements changed so since before, and no others:
 *	map "counts" changed otherwise than expected:
 *	cpu 0, key 1: 4 → 6, expected 4 → 5
 *	cpu 2, key 1: no change from 0, expected 0 → 1
 *	cpu 3, key 1: 4 → 5, expected no change
 */
PCA_API const char *pca_expect_changes(const struct pca_map_snapshot *before,
				       struct pca_map_ref *map,
				       const struct pca_expected_change *changes, size_t nr);

/*
 * The value, which is value_size bytes, is the bytes at expected. All of them: what a
 * compiler leaves between and after the members of a structure holds anything, so for
 * one with padding use pca_expect_masked_value().
 *	cpu 3, key 17: got 4, expected 5
 */
PCA_API const char *pca_expect_value(struct pca_map_ref *map, int cpu, uint32_t key,
				     const void *expected, size_t bytes);

/* A value of bytes bytes, of which the bits count that are set in mask, as long; NULL: all. */
struct pca_masked_value {
	const void *value, *mask;
	size_t bytes;
};

/*
 * The same, but only the bits set in the mask are compared; the others are told as 0.
 * A mask of a structure without its padding is, where the compiler can make it (gcc from
 * 11 on; ask __has_builtin):
 *
 *	struct rec expected = { .packets = 2, .drops = 1 }, mask;
 *
 *	memset(&mask, 0xff, sizeof(mask));
 *	__builtin_clear_padding(&mask);
 *	why = pca_expect_masked_value(map, cpu, key,
 *		(struct pca_masked_value){ &expected, &mask, sizeof(mask) });
 *
 * and elsewhere one of zeros whose members that count are set to all ones.
 */
PCA_API const char *pca_expect_masked_value(struct pca_map_ref *map, int cpu, uint32_t key,
					    struct pca_masked_value expected);

/* An integer in a value: its offset and size (1, 2, 4 or 8) in bytes. */
struct pca_number {
	uint32_t offset, bytes;
	bool is_signed;
};

/*
 * The sum of the number over all possible CPUs, in 64 bits. expected of a signed one is
 * converted from int64_t.
 *	key 17: the sum is 12, expected 13: 4 on cpu 0, 8 on cpu 2
 */
PCA_API const char *pca_expect_sum(struct pca_map_ref *map, uint32_t key, struct pca_number number,
				   uint64_t expected);

/*
 * The result of a call, which returns negative errno, is no error; is this error, -ENOENT
 * or ENOENT. call is what the text calls it:
 *	BPF_MAP_UPDATE_ELEM: got -E2BIG (Argument list too long), expected no error
 *	BPF_MAP_UPDATE_ELEM: got 0, expected -E2BIG (Argument list too long)
 */
PCA_API const char *pca_expect_ok(const char *call, long got);
PCA_API const char *pca_expect_err(const char *call, long got, int err);

PCA_END_DECLS

#endif
