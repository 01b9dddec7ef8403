#!/bin/sh
# SPDX-License-Identifier: MIT
# Whatever the example's tests say of the reader's mistakes stands in docs/testing.md.
#
# Usage: testing_docs.sh EXPECTED TESTING_MD
set -eu

sed -n 's/^F [a-z0-9_]*:[0-9]*: //p; /^pcasim: /p' "$1" | {
	nr=0
	while IFS= read -r line; do
		grep -qxF -- "$line" "$2" || {
			echo "testing_docs.sh: $2 lacks: $line" >&2
			exit 1
		}
		nr=$((nr + 1))
	done
	[ "$nr" -gt 10 ]
}
