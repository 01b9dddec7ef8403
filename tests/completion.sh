#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What bash offers while a command line of pcasim is typed. usage: completion.sh PCASIM
set -u

tool=$(realpath -- "${1:?usage: completion.sh PCASIM}")
root=$(cd -- "$(dirname -- "$0")/.." && pwd)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

# shellcheck source=sim/cli/completion/pcasim.bash
. "$root/sim/cli/completion/pcasim.bash"
cd "$dir" || exit 1
mkdir traces
touch linux.trace 'with blank.trace' traces/one

offered() { # word...: COMPREPLY for them, the last one being typed, one per line
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_pcasim
	printf '%s\n' "${COMPREPLY[@]}"
}

report() { # name, what is wrong or ""
	if [ -z "$2" ]; then
		printf 'ok - %s\n' "$1"
	else
		printf 'not ok - %s: %s\n' "$1" "$2"
		failed=1
	fi
}

offers_just() { # name, lines expected, word...
	local name=$1 expected=$2 got
	shift 2
	got=$(offered "$@" | LC_ALL=C sort | paste -s -d ' ')
	[ "$got" = "$expected" ] && got='' || got="\"$got\", not \"$expected\""
	report "$name" "$got"
}

offers() { # name, line that must be among them, word...
	local name=$1 line=$2 got
	shift 2
	got=$(offered "$@")
	grep -qxF -- "$line" <<<"$got" && got='' || got="no \"$line\" in \"$got\""
	report "$name" "$got"
}

# Every command of the tool's own list, so that a new one is tested, too.
while read -r command; do
	offers "the command $command" "$command" "$tool" ''
	for option in $("$tool" "$command" --help | sed -nE 's/^  (-[a-z], )?(--[a-z-]+).*/\2/p'); do
		offers "$command $option" "$option" "$tool" "$command" --
	done
done < <("$tool" --help | sed -nE 's/^  ([a-z]+) .*/\1/p')

offers_just "a command begun" 'record releases replay' "$tool" re
offers_just "commands after help" 'topo' "$tool" help to
offers_just "nothing is like it" '' "$tool" nothing
offers_just "options before a command" '--help --kernel --version' "$tool" -
offers_just "a release" '6.1 6.10 6.11 6.12 6.13 6.14 6.15 6.16 6.17 6.18 6.19' \
	"$tool" --kernel 6.1
offers_just "a command after --kernel" 'topo' "$tool" --kernel 6.1 top
offers_just "a release after =" '7.0 7.1 7.2 7.3' "$tool" --kernel = 7
offers_just "a command after --kernel=" 'topo' "$tool" --kernel = 6.1 top
offers_just "a release behind a command" '5.10 5.11 5.12 5.13 5.14 5.15 5.16 5.17 5.18 5.19' \
	"$tool" topo --kernel 5
offers_just "an option after --kernel" '--topology' "$tool" --kernel 6.1 topo --to
offers_just "an option begun" '--entries' "$tool" topo --e
offers_just "an option that only the form of the command has" '--online' \
	"$tool" record --onl
offers_just "a file" 'linux.trace' "$tool" replay li
offers_just "a file with a blank" 'with blank.trace' "$tool" replay --json wi
offers_just "a file for an option" 'linux.trace' "$tool" topo --xml li
offers_just "a file after =" 'linux.trace' "$tool" topo --xml = li
offers_just "any file after =" 'linux.trace traces with blank.trace' "$tool" topo --xml =
offers_just "a file for a short option" 'linux.trace' "$tool" record -o li
offers_just "a directory" 'traces' "$tool" demo --traces ''
offers_just "no guess of a number" '' "$tool" topo --entries ''
offers_just "no files where a command takes none" '' "$tool" topo ''
offers_just "a command that is none" '' "$tool" nothing --
offers_just "no tool" '' "$dir/none" ''

if [ "$(complete -p pcasim)" = 'complete -F _pcasim pcasim' ]; then
	report "it is for pcasim" ''
else
	report "it is for pcasim" "$(complete -p pcasim)"
fi
exit "$failed"
