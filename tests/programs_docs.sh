#!/bin/sh
# SPDX-License-Identifier: MIT
# What docs/programs.md shows is true: its C is in the example, and its commands, one after the
# other, print what stands below them. Words count, not lines; "..." stands for any; addresses
# and ids of processes may be others. A command whose tool is not there is left out.
#
# Usage: programs_docs.sh PCASIM EXAMPLE PROGRAMS_MD
set -eu

tool=$(realpath "${1:?usage: $0 PCASIM EXAMPLE PROGRAMS_MD}")
example=$(realpath "$2") page=$(realpath "$3")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$dir/bin" "$dir/files"
ln -s "$tool" "$dir/bin/pcasim"
cp "$example" "$dir/files"
export PATH="$dir/bin:$PATH" LC_ALL=C.UTF-8
unset CC

fail() {
	printf 'programs_docs.sh: %s\n' "$*" >&2
	exit 1
}

# The quoted C to dir/quoted; commands and what is below them to dir/N.command, dir/N.page.
awk -v dir="$dir" '
	/^```c$/ { quotes = 1; next }
	/^```/ { quotes = 0 }
	quotes { print >(dir "/quoted"); next }
	!/^    / { nr_now = goes_on = 0; next }
	/^    \$ / { nr_now = ++nr; goes_on = 1; printf "" >(dir "/" nr ".page"); sub(/\$ /, "") }
	goes_on { print >(dir "/" nr ".command"); goes_on = /\\$/; next }
	nr_now { print >(dir "/" nr ".page") }
	END { print nr >(dir "/nr") }
' "$page"

tr '\n' ' ' <"$example" >"$dir/all"
grep -qF -- "$(tr '\n' ' ' <"$dir/quoted")" "$dir/all" || fail "the C of $page is not in $example"

words() { # file
	sed -E 's/0x[0-9a-f]+/0x/Ig; s/==[0-9]+==/====/g; s/pid=[0-9]+/pid=/g; s/Breakpoint 1.1/Breakpoint 1/
		s|/[^ ]*/([a-z]+\.bpf\.c)|\1|g; s/[[:space:]]+/ /g' "$1" |
		tr -s ' \n' ' '
}

# What is between two "..." comes in this order.
look_at() { # number
	words "$dir/$1.output" >"$dir/has"
	words "$dir/$1.page" >"$dir/wants"
	awk 'NR == FNR { has = " " $0 " "; next }
		{
			nr = split($0, parts, / \.\.\. ?/)
			for (i = 1; i <= nr; i++) {
				at = index(has, parts[i])
				if (!at) {
					print "there is no: " parts[i]
					exit 1
				}
				has = substr(has, at + length(parts[i]))
			}
		}' "$dir/has" "$dir/wants" && return
	cat "$dir/$1.output"
	fail "this prints something else than the page says: $(cat "$dir/$1.command")"
}

nr=$(cat "$dir/nr")
[ "$nr" -gt 8 ] || fail "only $nr commands are in $page"
i=0
cd "$dir/files"
while [ "$i" -lt "$nr" ]; do
	i=$((i + 1))
	read -r first _ <"$dir/$i.command"
	case $first in
	gdb | valgrind)
		"$first" --version >/dev/null 2>&1 || continue
		;;
	esac
	sh "$dir/$i.command" >"$dir/$i.output" 2>&1 </dev/null || :
	look_at "$i"
done
