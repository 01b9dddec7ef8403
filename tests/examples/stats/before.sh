#!/bin/sh
# SPDX-License-Identifier: MIT
# Each test finds its mistake in the reader as it was, and says what before.expected says.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
said=$("$1" 2>&1) && {
	echo "before.sh: no test failed" >&2
	exit 1
}
# Without where: "test_stats.c:103:F:stats:NAME:0: TEXT".
printf '%s\n' "$said" | sed 's/^.*test_stats\.c:[0-9]*:F:stats:/F /' | LC_ALL=C sort |
	diff "$here/before.expected" - || {
	echo "before.sh: the tests say something else than before.expected (<)" >&2
	exit 1
}
