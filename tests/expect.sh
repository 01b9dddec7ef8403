# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# For scripts that look at what the tool says and are called with its path: $tool, a folder of
# their own, expect and report, and finish at the end.

tool=$(realpath -- "${1:?usage: $0 PCASIM}")
command -v gcc >/dev/null || {
	echo 'skipped: there is no gcc'
	exit 77
}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
cd "$dir" || exit 1

LC_ALL=C
export LC_ALL
unset CC NO_COLOR
failed=0
: >out
: >err

report() { # name, what is wrong or ""
	if [ -z "$2" ]; then
		printf 'ok - %s\n' "$1"
	else
		printf 'not ok - %s: %s\n' "$1" "$2"
		sed 's/^/#   /' out err
		failed=1
	fi
}

# Exit status and a pattern that is to be on stdout, or with "err" on stderr; or "nothing".
expect() { # name, status, out | err, extended regular expression, argument...
	name=$1 want=$2 where=$3 pattern=$4
	shift 4
	"$tool" "$@" >out 2>err </dev/null
	status=$?
	if [ "$status" -ne "$want" ]; then
		report "$name" "exit status $status, not $want"
	elif [ "$pattern" = nothing ]; then
		report "$name" "$([ ! -s "$where" ] || echo "something is in $where")"
	elif ! grep -Eq -- "$pattern" "$where"; then
		report "$name" "no line like \"$pattern\" in $where"
	else
		report "$name" ''
	fi
}

finish() {
	exit "$failed"
}
