#!/bin/sh
# SPDX-License-Identifier: MIT
# "pcasim model --compare" on a run that was measured and kept in tests/measured/, so that
# no time is measured here: all clear differences have the model's order. Then on that run
# with the names of two layouts exchanged, and on damaged files.
#
# Usage: model_compare.sh PCASIM DIRECTORY
set -u

tool=$1 measured=$2/xeon-2cpu.json
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
LC_ALL=C
export LC_ALL
failed=0

ok() {
	printf 'ok - %s\n' "$1"
}

not_ok() { # name, reason
	printf 'not ok - %s: %s\n' "$1" "$2"
	sed 's/^/#   /' "$dir/err"
	failed=1
}

compare() { # file, argument...: sets status
	"$tool" model --compare "$@" --accesses 20000 >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
}

shows() { # name, exit status, extended regular expression, file, argument...
	name=$1 expected=$2 pattern=$3
	shift 3
	compare "$@"
	if [ "$status" -ne "$expected" ]; then
		not_ok "$name" "exit status $status, not $expected"
	elif [ -s "$dir/err" ]; then
		not_ok "$name" "something on stderr"
	elif ! grep -Eq -- "$pattern" "$dir/out"; then
		not_ok "$name" "no line like $pattern"
	else
		ok "$name"
	fi
}

refuses() { # name, what the line on stderr tells, file, argument...
	name=$1 pattern=$2
	shift 2
	compare "$@"
	if [ "$status" -ne 2 ]; then
		not_ok "$name" "exit status $status, not 2"
	elif [ "$(wc -l <"$dir/err")" -ne 1 ]; then
		not_ok "$name" "not exactly one line on stderr"
	elif [ -s "$dir/out" ]; then
		not_ok "$name" "something on stdout"
	elif ! grep -Eq -- "$pattern" "$dir/err"; then
		not_ok "$name" "another reason than $pattern"
	else
		ok "$name"
	fi
}

# Its first two contests, which are enough for most of what follows.
small=$dir/small
sed '/"name": "histogram"/,$d' "$measured" | sed '$s/,$//' >"$small"
echo ']}' >>"$small"

# A copy of the run that sed has changed: in every line, or the first time.
changed() { # sed script
	sed "$1" "$small" >"$dir/changed"
	if cmp -s "$small" "$dir/changed"; then
		not_ok "$1" "it changes nothing"
	fi
}

first() { # regular expression, replacement
	changed "0,/$1/s//$2/"
}

shows 'nothing is opposite' 0 '^  !     0  opposite$' "$measured"
for pattern in '^Intel\(R\) Xeon.* Linux [0-9.]+,' '^measured by: pcasim bench count ' \
	'^  6  packed +[0-9.]+ ns .* \. \. \. \. \. \. m <$' '^168 pairs of layouts'; do
	if grep -Eq "$pattern" "$dir/out"; then
		ok "shown: $pattern"
	else
		not_ok "shown: $pattern" "no such line"
	fi
done
shows 'without the prefetcher padded64 would win' 1 'padded128 before padded64' "$small" --no-prefetch
if "$tool" model --compare - --accesses 20000 <"$small" >"$dir/out" 2>"$dir/err"; then
	ok 'standard input'
else
	not_ok 'standard input' "exit status $?"
fi
if command -v jq >/dev/null; then
	compare "$measured" --json
	if [ "$status" -eq 0 ] && jq -e '(.verdicts | add) == 168 and .verdicts.opposite == 0 and
		(.contests | length) == 6 and (.contests | map(.pairs | length) | add) == 168 and
		(.contests[1].pairs[] | select(.faster == "slab" and .slower == "packed") |
			.verdict == "the same order" and .is_clear and .ratio_low > 1)' \
		"$dir/out" >/dev/null; then
		ok 'JSON'
	else
		not_ok 'JSON' "exit status $status or something else in it"
	fi
fi

changed 's/"name": "slab"/"name": "x"/; s/"name": "packed"/"name": "slab"/; s/"name": "x"/"name": "packed"/'
shows 'an opposite order is found' 1 '^  !  +[1-9][0-9]*  opposite$' "$dir/changed"
shows 'an opposite order is explained' 1 'the model counts waits' "$dir/changed"
changed 's/"round_trip": "far"/"round_trip": "in turns"/'
shows 'CPUs that took turns' 0 'Left out: the measured CPUs took turns' "$dir/changed"
changed 's/"round_trip": "far"/"round_trip": "one core"/'
shows 'two CPUs on one core move no line' 1 '^  [0-9]  packed +[0-9.]+ ns   0\.000 ' "$dir/changed"
changed 's/"name": "count"/"name": "read_sum"/'
shows 'a reader is left out' 0 'Left out: the measured reader' "$dir/changed"

# Damaged, line by line: what is changed, to what, what is told.
while IFS='|' read -r from to reason; do
	first "$from" "$to"
	refuses "$from is $to" "$reason" "$dir/changed"
done <<'END'
"machine"|"machin"|"machine" is missing
"hardware"|"hard"|"hardware" is missing
"line_bytes": 64|"line_bytes": 48|power of two
"line_bytes": 64|"line_bytes": 1e9|is no int
"line_bytes": 64|"line_bytes": -64|it must be 16 to 1024
"size_bytes": 32768|"size_bytes": 64|smaller than its 8 ways
"size_bytes": 32768|"size_bytes": 99999999999999999999|it must be 64 to
"ways": 8|"ways": 0|it must be 1 to 64
"L1d"|"L2"|no L1d
"L2"|"L4"|does not know
"cpu": 0|"cpu": -1|it must be 0 to
"threads": 2|"threads": 3|it must be 1 to 2
"threads": 1|"threads": 0|it must be 1 to 2
"keys": 256|"keys": 0|it must be 1 to 65536
"value_bytes": 8|"value_bytes": 1000000|it must be 1 to 4096
"cpus": 1,|"cpus": 0,|it must be 1 to 1024
"uniform"|"random"|"stream" is "random"
"round_trip": "far"|"round_trip": "odd"|does not know
"name": "page_slab"|"name": "slab"|slab is there twice
"samples_ns": \[|"samples_ns": \["x",|sample 1 is no time
"samples_ns": \[|"samples_ns": \[-1,|sample 1 is no time
"contests": \[|"contests": \[1,|contest 1: "name" is missing
END
for bytes in 0 1 200 5000; do
	head -c "$bytes" "$small" >"$dir/changed"
	refuses "the first $bytes bytes" 'ends too early' "$dir/changed"
done
printf '{"machine": "m",\n"command": }\n' >"$dir/changed"
refuses 'a line is told' 'changed, line 2: ' "$dir/changed"
printf '[1, 2]\n' >"$dir/changed"
refuses 'an array' 'is no object' "$dir/changed"
printf '%s' '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[' >"$dir/changed"
refuses 'too deep' 'nesting' "$dir/changed"
sed 's/"name": "\(count\|histogram\|update\)"/"name": "program"/' "$measured" >"$dir/changed"
refuses 'no layouts' 'has no contest of layouts' "$dir/changed"
refuses 'a trace' 'line 1: ' "$0"
refuses 'no such file' 'cannot be read: No such file' "$dir/none"
refuses 'a directory' 'cannot be read: Is a directory' "$dir"
for option in '--keys 5' '--layout slab' '--topology pu:2' '--l1 32K,8' '--trace x' '--explain'; do
	# shellcheck disable=SC2086 # words
	refuses "with $option" 'takes hardware, layouts and work from the file' "$small" $option
done
exit "$failed"
