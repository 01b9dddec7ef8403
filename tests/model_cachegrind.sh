#!/bin/sh
# SPDX-License-Identifier: MIT
# The model of caches beside valgrind's: a program's accesses, traced by lackey, through
# "pcasim model", and the same program under cachegrind with the same caches. Misses of data
# in the first and the last level are the same to one in a hundred.
#
# Usage: model_cachegrind.sh PCASIM PROGRAM
set -eu

tool=$1 program=$2
if ! command -v valgrind >/dev/null; then
	echo 'valgrind is not installed'
	exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
failed=0

json_number() { # name
	sed -n 's/.*"'"$1"'": \([0-9]*\).*/\1/p' "$dir/model"
}

told_number() { # extended regular expression
	sed -nE 's/^==[0-9]+== '"$1"': *([0-9,]+).*/\1/p' "$dir/cachegrind" | tr -d ,
}

compare() { # what, the model's, cachegrind's
	printf '  %-10s model %8s  cachegrind %8s\n' "$1" "$2" "$3"
	if ! awk -v a="$2" -v b="$3" \
		'BEGIN { d = a - b; exit !(a > 1000 && b > 1000 && d * d <= b * b / 10000) }'; then
		printf 'not ok - %s: more than 1 %% apart\n' "$1"
		failed=1
	fi
}

# A large and a small machine: the second loses lines to conflicts as well.
while read -r d1 d1_ways ll ll_ways; do
	echo "D1 $d1 bytes, $d1_ways ways; LL $ll bytes, $ll_ways ways"
	valgrind --tool=cachegrind --cache-sim=yes --cachegrind-out-file=/dev/null \
		--I1="$d1,$d1_ways,64" --D1="$d1,$d1_ways,64" --LL="$ll,$ll_ways,64" \
		--log-file="$dir/cachegrind" "$program"
	valgrind --tool=lackey --trace-mem=yes --log-fd=3 "$program" 3>&1 >/dev/null |
		"$tool" model --topology pu:1 --l1 "$d1,$d1_ways" --l2 none \
			--l3 "$ll,$ll_ways" --trace - --json >"$dir/model"
	accesses=$(($(json_number loads) + $(json_number stores) + $(json_number modifies)))
	compare accesses "$accesses" "$(told_number 'D +refs')"
	compare 'D1 misses' "$(json_number l1_misses)" "$(told_number 'D1 +misses')"
	compare 'LL misses' "$(json_number l3_misses)" "$(told_number 'LLd +misses')"
done <<END
32768 8 1048576 16
4096 2 131072 4
END
exit "$failed"
