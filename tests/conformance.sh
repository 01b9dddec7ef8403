#!/bin/sh
# SPDX-License-Identifier: MIT
# The table in docs/conformance.md is what the tool prints of the case files.
# usage: conformance.sh PCASIM check|write
set -eu

tool=${1:?usage: conformance.sh PCASIM check|write}
mode=${2:?usage: conformance.sh PCASIM check|write}
page=$(CDPATH='' cd -- "$(dirname -- "$0")/../docs" && pwd)/conformance.md
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

"$tool" rules --markdown >"$dir/table"
awk -v table="$dir/table" '
	/^<!-- end: written by / { inside = 0 }
	!inside { print }
	/^<!-- begin: written by / {
		inside = 1
		while ((getline line < table) > 0)
			print line
	}' "$page" >"$dir/page"

case $mode in
write) cmp -s "$dir/page" "$page" || cat "$dir/page" >"$page" ;;
check)
	if ! diff -u "$page" "$dir/page"; then
		echo 'docs/conformance.md is not what the case files say; write it: ./dev docs'
		exit 1
	fi
	;;
*)
	echo "usage: conformance.sh PCASIM check|write" >&2
	exit 2
	;;
esac
