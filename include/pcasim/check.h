/* SPDX-License-Identifier: MIT */
/*
 * Assertions for tests with the Check library (https://libcheck.github.io/check/), over
 * expect.h, which has the texts of those that fail and serves other frameworks. Not part
 * of pcasim.h. Arguments are evaluated once.
 */
#ifndef PCASIM_CHECK_H
#define PCASIM_CHECK_H

#include <check.h>
#include <errno.h>
#include <string.h>

#include <pcasim/expect.h>

/* What a function of expect.h says, as an assertion. */
#define pca_ck_expect(expectation)                      \
	do {                                            \
		const char *pca_ck_why = (expectation); \
                                                        \
		if (pca_ck_why)                         \
			ck_abort_msg("%s", pca_ck_why); \
		else                                    \
			mark_point();                   \
	} while (0)

/* No value of the map has changed since the snapshot before. */
#define pca_ck_map_unchanged(before, map) pca_ck_expect(pca_expect_unchanged(before, map))

/*
 * These elements have changed, and no others: one { cpu, key, from, to } for each.
 *	pca_ck_map_changed(before, map, { 3, 17, 4, 5 }, { 7, 17, 0, 1 });
 */
#define pca_ck_map_changed(before, map, ...)                                                     \
	do {                                                                                     \
		const struct pca_expected_change pca_ck_changes[] = { __VA_ARGS__ };             \
                                                                                                 \
		pca_ck_expect(                                                                   \
			pca_expect_changes(before, map, pca_ck_changes,                          \
					   sizeof(pca_ck_changes) / sizeof(pca_ck_changes[0]))); \
	} while (0)

/*
 * The value of key on CPU cpu, a value of this type, is the expected one: anything that
 * may initialize it.
 *	pca_ck_value_eq(map, 3, 17, uint64_t, 5);
 *	pca_ck_value_eq(map, 3, 17, struct traffic, { .packets = 1, .bytes = 1500 });
 *
 * Padding of a structure is not compared where the compiler knows to find it: gcc from
 * 11 on. With others PCA_CK_KNOWS_PADDING is 0, and padding counts though nothing
 * initializes it: give such structures members in place of their padding
 * (__u32 unused), or compare by pca_expect_masked_value() with a mask of your own.
 */
#define pca_ck_value_eq(map, cpu, key, type, ...)                                           \
	do {                                                                                \
		const type pca_ck_value = __VA_ARGS__;                                      \
		type pca_ck_mask;                                                           \
                                                                                            \
		memset(&pca_ck_mask, 0xff, sizeof(pca_ck_mask));                            \
		pca_ck_clear_padding(&pca_ck_mask);                                         \
		pca_ck_expect(pca_expect_masked_value(                                      \
			map, cpu, key,                                                      \
			pca_ck_masked(&pca_ck_value, &pca_ck_mask, sizeof(pca_ck_value)))); \
	} while (0)

/* The values of key on all possible CPUs, of this integer type, sum up to expected. */
#define pca_ck_sum_eq(map, key, type, expected) \
	pca_ck_expect(pca_expect_sum(map, key, pca_ck_number_at(0, type), (uint64_t)(expected)))

/*
 * The same of a member of a structure. The pointer is not followed; cppcheck would
 * complain of NULL.
 */
#define pca_ck_member_sum_eq(map, key, type, member, expected)                                     \
	pca_ck_expect(pca_expect_sum(map, key,                                                     \
				     pca_ck_number_at(offsetof(type, member),                      \
						      __typeof__(((type *)sizeof(type))->member)), \
				     (uint64_t)(expected)))

/* The call returned no error: 0, an fd, a length. Gives what it returned. */
#define pca_ck_bpf_ok(call)                                      \
	__extension__({                                          \
		const long pca_ck_got = (call);                  \
                                                                 \
		pca_ck_expect(pca_expect_ok(#call, pca_ck_got)); \
		(int)pca_ck_got;                                 \
	})

/* The call returned this error, given as ENOENT. */
#define pca_ck_bpf_err(call, err) pca_ck_expect(pca_expect_err(#call, (call), err))

#ifdef __has_builtin
#if __has_builtin(__builtin_clear_padding)
#define PCA_CK_KNOWS_PADDING 1
/* For the macros above: the padding of what pointer points to becomes 0. */
#define pca_ck_clear_padding(pointer) __builtin_clear_padding(pointer)
#endif
#endif
#ifndef PCA_CK_KNOWS_PADDING
#define PCA_CK_KNOWS_PADDING 0
/* For the macros above: nothing is known of padding. */
#define pca_ck_clear_padding(pointer) ((void)(pointer))
#endif

/* For the macros above: a value and what of it counts. */
static inline struct pca_masked_value pca_ck_masked(const void *value, const void *mask,
						    size_t bytes)
{
	struct pca_masked_value masked;

	masked.value = value;
	masked.mask = mask;
	masked.bytes = bytes;
	return masked;
}

/* For the macros above: a number of this size. */
static inline struct pca_number pca_ck_make_number(size_t offset, size_t bytes, bool is_signed)
{
	struct pca_number number;

	number.offset = (uint32_t)offset;
	number.bytes = (uint32_t)bytes;
	number.is_signed = is_signed;
	return number;
}

/* For the macros above: a number of this integer type. */
#define pca_ck_number_at(offset, type) pca_ck_make_number(offset, sizeof(type), (type)-1 < (type)1)

#endif
