#!/bin/sh
# SPDX-License-Identifier: MIT
# The races in tests/examples/races: each is found for seeds 1 to 5, comes again from the
# file and the seed that the search gives, and is gone with its cure.
# usage: races.sh PCASIM
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=tests/expect.sh
. "$here/expect.sh"
exec </dev/null

for race in lost_update torn_value scratch; do
	"$tool" cc --checked "$here/examples/races/$race.bpf.c" -o "$race.so" || exit 1
done

schedule() { # what to do, object, actors and invariant...
	do=$1
	object=$2
	shift 2
	"$tool" schedule "$do" "$object.so" --possible 0-1 "$@"
}

# Why the last run is not as wished; nothing if it is.
unless_out_has() { # file, exit status, pattern
	if [ "$status" -ne "$2" ] || ! grep -q "$3" "$1"; then
		echo "exit status $status"
		tail -n 3 "$1"
	fi
}

# Found within 10,000 schedules, the same twice; played from the file and from the seed.
found() { # name, object, actors and invariant...
	name=$1
	shift
	for seed in 1 2 3 4 5; do
		schedule search "$@" --seed "$seed" -o "$seed.txt" --timeline "$seed.json" \
			>"$seed.out" 2>err
		status=$?
		schedule search "$@" --seed "$seed" >again.out 2>/dev/null
		report "$name, seed $seed: found" \
			"$([ "$status" -eq 1 ] || { echo "exit status $status"; tail -n 3 "$seed.out" err; })"
		report "$name, seed $seed: the same again" "$(cmp "$seed.out" again.out 2>&1)"
		report "$name, seed $seed: one preemption" \
			"$(grep -q ', by 1 preemption' "$seed.out" || head -n 1 "$seed.out")"
		schedule run "$@" --schedule "$seed.txt" --repeat 1000 >played.out 2>&1
		status=$?
		report "$name, seed $seed: played 1000 times from the file, all alike" \
			"$(unless_out_has played.out 1 '^1,000 runs, all alike')"
		number=$(sed -n 's/.*--schedule seed=\([0-9]*\).*/\1/p' "$seed.out")
		schedule run "$@" --schedule "seed=$number" >played.out 2>&1
		status=$?
		report "$name, seed $seed: played from seed $number" \
			"$([ "$status" -eq 1 ] || echo "exit status $status")"
		if command -v jq >/dev/null; then
			report "$name, seed $seed: the timeline is one" \
				"$(jq -e -f "$here/timeline.jq" "$seed.json" 2>&1 >/dev/null)"
		fi
	done
}

# Not found, whatever the seed; and where all can be tried, proved.
cured() { # name, object, actors and invariant...
	name=$1
	shift
	for seed in 1 2 3 4 5; do
		schedule search "$@" --seed "$seed" >out 2>&1
		status=$?
		report "$name, seed $seed: holds" \
			"$(unless_out_has out 0 '^10,000 schedules')"
	done
	schedule search "$@" --exhaustive --preemptions 2 >out 2>&1
	status=$?
	report "$name: proved up to 2 preemptions" \
		"$(unless_out_has out 0 '^All .* holds in each')"
}

found 'lost update' lost_update --run count_connect@0 --run count_sendmsg@0 \
	--invariant 'sum(counts[0]) == 2'
found 'lost update, by a predicate' lost_update --run count_connect@0 --run count_sendmsg@0 \
	--predicate none_is_lost
cured 'preemption disabled, by a predicate' lost_update --run count_alone@0 \
	--run count_alone@0 --predicate none_is_lost
cured 'preemption disabled' lost_update --run count_alone@0 --run count_alone@0 \
	--invariant 'sum(counts[0]) == 2'
cured 'atomics' lost_update --run count_atomically@0 --run count_atomically@0 \
	--invariant 'sum(counts[0]) == 2'
cured 'before 5.11' lost_update --run count_connect@0 --run count_sendmsg@0 \
	--preemption none --invariant 'sum(counts[0]) == 2'

found 'torn value' torn_value --run move_span@1x2 --command 'lookup spans 0' \
	--invariant 'lookup@1.first == lookup@1.last'
cured 'one word' torn_value --run move_word@1x2 --command 'lookup words 0' \
	--invariant 'lookup@1 == 0 || lookup@1 == 4294967297 || lookup@1 == 8589934594'

found 'scratch buffer' scratch --run on_connect@0 --interrupt on_packet@0:softirq \
	--invariant 'nr_mixed == 0'
cured 'a slot for each context' scratch --run on_connect@0 \
	--interrupt on_packet_cured@0:softirq --invariant 'nr_mixed == 0'

found 'update of all CPUs' lost_update --run count_connect@0 \
	--command 'change counts 0 100 cpu 1' \
	--invariant 'counts[0]@0 == 1 && counts[0]@1 == 100'
report 'update of all CPUs: the condition that does not hold is told' \
	"$(grep -Eqx ' {8}counts\[0\]@(0 == 1|1 == 100)  \(it is [0-9]+\)' 1.out ||
		tail -n 3 1.out)"
cured 'BPF_F_CPU' lost_update --run count_connect@0 --command 'update counts 0 100 cpu 1' \
	--invariant 'counts[0]@0 == 1 && counts[0]@1 == 100'

schedule run lost_update --run count_connect@0 --steps 2 >out 2>err
report 'steps: as many as are asked for' \
	"$(grep -q '"count_connect" on CPU 0 was stopped after 2 steps' err || cat err)"

finish
