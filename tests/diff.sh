#!/bin/sh
# SPDX-License-Identifier: MIT
# pcasim record and pcasim diff. usage: diff.sh PCASIM [kernel]
# With "kernel" the running kernel is asked: status 77 when it may not be.
set -u

tool=${1:?usage: diff.sh PCASIM [kernel]}
part=${2:-simulator}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

LC_ALL=C
export LC_ALL
failed=0

not_ok() { # reason
	printf 'not ok - %s\n' "$1"
	[ -s "$dir/err" ] && sed 's/^/#   /' "$dir/err"
	failed=1
}

ok() {
	printf 'ok - %s\n' "$1"
}

run() { # argument...: sets status, leaves out and err in $dir
	"$tool" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
}

refuses() { # argument...
	run "$@"
	if [ "$status" -ne 2 ] || [ "$(wc -l <"$dir/err")" -ne 1 ] || [ -s "$dir/out" ]; then
		not_ok "pcasim $*: status $status; one line on stderr and status 2 were expected"
	else
		ok "pcasim $* is refused"
	fi
}

replays() { # what, trace
	run replay "$2"
	if [ "$status" -ne 0 ]; then
		not_ok "$1 does not replay: status $status"
		sed -n '1,6s/^/#   /p' "$dir/out"
	else
		ok "$1 replays without a difference"
	fi
}

# The same seed gives the same trace, another seed another one.
check_determinism() {
	"$tool" record --sim --seed 7 --ops 5000 -o "$dir/a" || not_ok 'record -o failed'
	"$tool" record --sim --seed 7 --ops 5000 >"$dir/b" || not_ok 'record failed'
	"$tool" record --sim --seed 8 --ops 5000 --output "$dir/c" || not_ok 'record failed'
	if cmp -s "$dir/a" "$dir/b" && ! cmp -s "$dir/a" "$dir/c"; then
		ok 'a seed names a trace'
	else
		not_ok 'traces do not depend on the seed alone'
	fi
	if [ "$(grep -vc '^#' "$dir/a")" -eq 5000 ]; then
		ok 'a trace has as many operations as were asked for'
	else
		not_ok 'a trace of 5000 operations has another number of lines'
	fi
	replays 'a recorded machine' "$dir/a"
}

# What is done depends on the seed and the possible CPUs, not on the release.
check_releases() {
	for release in 5.10 6.1 6.12 6.18 7.2 7.3; do
		"$tool" --kernel "$release" record --sim --possible 8 --online 2 --ops 3000 \
			-o "$dir/$release" || not_ok "record --sim --release $release failed"
		replays "a recorded machine of $release, 2 of 8 CPUs online" "$dir/$release"
		grep -v '^#' "$dir/$release" | sed 's/ -> .*//' >"$dir/$release.left"
		cmp -s "$dir/$release.left" "$dir/5.10.left" ||
			not_ok "the operations depend on the release: $release"
	done
	run --kernel 6.12 replay "$dir/7.2"
	if [ "$status" -eq 1 ]; then
		ok 'a trace of 7.2 is not one of 6.12'
	else
		not_ok "a trace of 7.2 on 6.12: status $status, not 1"
	fi
}

# All kinds of operations come, and each kind succeeds now and then.
check_coverage() {
	"$tool" --kernel 7.2 record --sim --ops 30000 -o "$dir/all" || not_ok 'record --sim failed'
	for op in CREATE LOOKUP UPDATE NEXT LBATCH UBATCH FREEZE INFO FDBYID CLOSE DUP PIN GET \
		UNLINK XUPDATE XLOOKUP XADD XPCPU XDELETE XEACH; do
		grep -q "^[0-9]* $op .*-> .*\(err\|run\)=0" "$dir/all" || not_ok "no $op succeeded"
	done
	for op in LOOKDEL LDBATCH DBATCH DELETE NEXTID; do
		grep -q "^[0-9]* $op " "$dir/all" || not_ok "there was no $op"
	done
	ok 'every kind of operation is generated'
}

check_refusals() {
	refuses --kernel 6.18 record
	refuses record --online 2
	refuses record --sim --possible 2 --online 3
	refuses --kernel 2.4 record --sim
	refuses record --sim --ops 0
	refuses record --sim -o
	refuses record --sim -o "$dir/no/such/file"
	refuses record --sim -x
	refuses record --sim extra
	refuses diff --time 0
	refuses diff --ops x
	refuses diff extra
}

# Nothing differs from the kernel of its own release, something does from another one.
check_kernel() {
	run diff --ops 20000
	cat "$dir/out" "$dir/err"
	case $status in
	0) ok 'the running kernel: no difference' ;;
	77 | 2) exit 77 ;; # not permitted; a release that is not simulated
	1)
		# What a release does that nobody has measured is news, not a failure.
		grep -q 'was not measured' "$dir/err" && exit 77
		not_ok 'the running kernel differs'
		;;
	*) not_ok "pcasim diff: status $status" ;;
	esac
	"$tool" record --ops 5000 --seed 3 -o "$dir/kernel" || not_ok 'record failed'
	replays 'the running kernel' "$dir/kernel"
	case $(uname -r) in
	5.* | 6.*) other=7.2 ;;
	*) other=6.1 ;;
	esac
	run --kernel "$other" diff
	[ "$status" -eq 1 ] || not_ok "pcasim --kernel $other diff: status $status, not 1"
	sed -n '/^#oracle_fuzz/,/^Linux/p' "$dir/out" | sed '$d' >"$dir/shortest"
	replays 'the shortest trace' "$dir/shortest"
	run --kernel "$other" replay "$dir/shortest"
	[ "$status" -eq 1 ] || not_ok "the shortest trace on $other: status $status, not 1"
}

if [ "$part" = kernel ]; then
	check_kernel
else
	check_determinism
	check_releases
	check_coverage
	check_refusals
fi
exit "$failed"
