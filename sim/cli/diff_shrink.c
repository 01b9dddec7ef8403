// SPDX-License-Identifier: MIT
/*
 * Shrinking: ever smaller parts of the sequence are left out, each time on fresh
 * worlds; what is left shows a difference and has nothing that could go.
 */
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "setup.h"
#include "term.h"

/* Execute a choice up to its first difference, where it is cut off then. */
static enum diff_verdict try(struct diff_pair *pair, struct diff_choice *choice)
{
	enum diff_verdict verdict = DIFF_SAME;

	if (diff_pair_begin(pair)) {
		cli_error("fresh worlds cannot be made");
		return DIFF_FAILED;
	}
	for (uint32_t i = 0; i < choice->nr && verdict == DIFF_SAME; i++) {
		const struct diff_ops *ops = choice->ops;

		verdict = diff_pair_run(pair, ops->text + ops->starts[choice->index[i]]);
		if (verdict == DIFF_DIFFERENT)
			choice->nr = i + 1;
	}
	diff_pair_end(pair);
	return verdict;
}

/* Try without the part [from, from + nr); on success the choice is what is left. */
static enum diff_verdict try_without(struct diff_pair *pair, struct diff_choice *choice,
				     uint32_t from, uint32_t nr, uint32_t *scratch)
{
	struct diff_choice rest = { choice->ops, scratch, 0 };
	enum diff_verdict verdict;

	for (uint32_t i = 0; i < choice->nr; i++) {
		if (i < from || i >= from + nr)
			rest.index[rest.nr++] = choice->index[i];
	}
	verdict = try(pair, &rest);
	if (verdict == DIFF_DIFFERENT) {
		memcpy(choice->index, rest.index, rest.nr * sizeof(*rest.index));
		choice->nr = rest.nr;
	}
	return verdict;
}

/* Try to leave out each part of nr operations. *any: did one go? */
static enum diff_verdict pass(struct diff_pair *pair, struct diff_choice *choice, uint32_t nr,
			      uint32_t *scratch, bool *any)
{
	uint32_t from = 0;

	*any = false;
	while (from < choice->nr && choice->nr > 1) {
		switch (try_without(pair, choice, from, nr, scratch)) {
		case DIFF_DIFFERENT:
			*any = true;
			break;
		case DIFF_SAME:
			from += nr;
			break;
		default:
			return DIFF_FAILED;
		}
		progress_show("looking for the shortest", 1.0 / nr);
	}
	return DIFF_DIFFERENT;
}

enum diff_verdict diff_shrink(struct diff_pair *pair, struct diff_choice *choice)
{
	uint32_t *scratch = calloc(choice->nr, sizeof(*scratch));
	enum diff_verdict verdict = DIFF_FAILED;
	bool any;

	if (scratch)
		verdict = try(pair, choice);
	for (uint32_t nr = choice->nr / 2 + 1; verdict == DIFF_DIFFERENT && nr;) {
		verdict = pass(pair, choice, nr, scratch, &any);
		if (nr > 1 || !any)
			nr /= 2;
	}
	progress_clear();
	free(scratch);
	return verdict;
}
