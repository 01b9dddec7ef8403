#!/bin/sh
# SPDX-License-Identifier: MIT
# The library's binary interface is still the one that is kept beside this script: what
# has been linked against libpcasim.so.0 goes on working. What is new is fine.
#
# Usage: abi.sh check|write LIBRARY
set -eu

command=$1 library=$2
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
kept=$here/libpcasim-x86_64.abi

skip() {
	echo "abi: $*" >&2
	exit 77
}

[ "$(uname -m)" = x86_64 ] || skip "the interface is kept for x86_64 only"
command -v abidw >/dev/null || skip "abidw is not installed (Debian: abigail-tools)"

# Nothing of it depends on where the library was built, or on names of parameters.
write() { # file
	abidw --suppressions "$here/private.abignore" --exported-interfaces-only \
		--no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed \
		--no-parameter-names --no-write-default-sizes --type-id-style hash \
		"$library" | sed "s| path='[^']*/sim/| path='sim/|" >"$1"
	grep -q "<elf-symbol name='pca_" "$1" || {
		echo "abi: abidw finds no functions in $library" >&2
		exit 1
	}
}

check() {
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	trap 'exit 1' HUP INT TERM
	write "$dir/new.abi"
	abidiff --leaf-changes-only --no-added-syms \
		--suppressions "$here/growth.abignore" "$kept" "$dir/new.abi" || {
		echo "abi: programs that use libpcasim.so.0 would break. If this is to be, give the" >&2
		echo "abi: library another SOVERSION; before its first release: ./dev abi" >&2
		exit 1
	}
}

case $command in
check) check ;;
write) write "$kept" ;;
*) echo "usage: abi.sh check|write LIBRARY" >&2 && exit 2 ;;
esac
