#!/bin/sh
# SPDX-License-Identifier: MIT
# The table in docs/helpers.md is what include/pcasim/prog/bpf/helpers.def says, and that
# has the numbers of <linux/bpf.h>.
# usage: helpers_page.sh check|write
set -eu

mode=${1:?usage: helpers_page.sh check|write}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
table=$root/include/pcasim/prog/bpf/helpers.def
page=$root/docs/helpers.md
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

# number, name, status
sed -n -e 's/^PCA_HELPER_(\([0-9]*\), \([a-z0-9_]*\))$/\1 \2 simulated/p' \
	-e 's/^PCA_NO_HELPER_(\([0-9]*\), .*, \([a-z0-9_]*\))$/\1 \2 -/p' "$table" >"$dir/helpers"

awk '{ printf "| %s | `%s` | %s |\n", $1, $2, $3 == "-" ? "" : $3 }' "$dir/helpers" >"$dir/table"
awk -v table="$dir/table" '
	/^<!-- end: written by / { inside = 0 }
	!inside { print }
	/^<!-- begin: written by / {
		inside = 1
		print "| number | helper | |\n|---|---|---|"
		while ((getline line < table) > 0)
			print line
	}' "$page" >"$dir/page"

# The host's header may know fewer helpers, but none that we do not.
printf '#include <linux/bpf.h>\n#define N(x) BPF_FUNC_##x bpf_##x\n__BPF_FUNC_MAPPER(N)\n' |
	${CC:-cc} -E -P -xc - | grep -oE 'BPF_FUNC_[a-z0-9_]+ bpf_[a-z0-9_]+' |
	sed 's/.* //' | grep -v '^bpf_unspec$' >"$dir/header"
cut -d' ' -f2 "$dir/helpers" | head -n "$(wc -l <"$dir/header")" >"$dir/ours"

case $mode in
write) cmp -s "$dir/page" "$page" || cat "$dir/page" >"$page" ;;
check)
	if ! diff -u "$page" "$dir/page"; then
		echo 'docs/helpers.md is not what helpers.def says; write it: ./dev docs'
		exit 1
	fi
	diff "$dir/header" "$dir/ours" || {
		echo 'helpers.def is not in the order of <linux/bpf.h>'
		exit 1
	}
	awk '$1 != NR { print "helpers.def: number " $1 " is in line " NR; exit 1 }' "$dir/helpers"
	;;
*)
	echo "usage: helpers_page.sh check|write" >&2
	exit 2
	;;
esac
