#!/bin/sh
# SPDX-License-Identifier: MIT
# README.md shows the example as it is, and what it prints: its first block fenced
# with ```c is readme_example.c without the licence line, and the next block
# fenced with ```text is the example's output.
#
# Usage: readme.sh README.md readme_example.c EXECUTABLE
set -eu

readme=$1 source=$2 executable=$3

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT INT TERM

# The first block of a language, from a line of the file on; and where it ended.
block() { # language, first line
	awk -v fence="\`\`\`$1" -v from="$2" -v out="$dir/$1" -v end="$dir/end" '
		NR < from { next }
		inside && /^```/ { print NR >end; found = 1; exit }
		inside { print >out; next }
		$0 == fence { inside = 1; printf "" >out }
		END { exit !found }
	' "$readme" || {
		echo "readme: no block fenced with \`\`\`$1 after line $2 of $readme" >&2
		exit 1
	}
}

block c 1
sed 1d "$source" | diff -u - "$dir/c" || {
	echo "readme: the example in $readme is not $source" >&2
	exit 1
}

block text "$(cat "$dir/end")"
"$executable" 2>&1 | diff -u - "$dir/text" || {
	echo "readme: the example prints something else than $readme says" >&2
	exit 1
}
