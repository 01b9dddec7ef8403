#!/bin/sh
# SPDX-License-Identifier: MIT
# What "pcasim schedule" says: of texts that it cannot take, however long they are, and of each
# condition of an invariant that does not hold.
# usage: schedule_refusals.sh PCASIM
set -u

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=tests/expect.sh
. "$here/expect.sh"

"$tool" cc --checked "$here/objects/scheduled.bpf.c" -o scheduled.so || exit 1

# on_connect counts in counts[0] of CPU 0, on_packet in counts[1] of CPU 1.
schedule() { # option...
	"$tool" schedule run scheduled.so --possible 0-2 --online 0-1 --run on_connect@0 \
		--run on_packet@1 "$@" >out 2>err </dev/null
}

# One line that begins and ends so, and exit status 2.
refused() { # begin, end, option...
	begin=$1
	end=$2
	shift 2
	schedule "$@"
	status=$?
	line=$(cat err)
	case $line in
	"pcasim schedule: $begin"*"$end") wrong= ;;
	*) wrong="exit status $status: $line" ;;
	esac
	[ "$status" -eq 2 ] && [ "$(wc -l <err)" -eq 1 ] || wrong="exit status $status: $line"
	report "refused: $begin ... $end" "$wrong"
}

# The last lines of the output, and the exit status.
says() { # exit status, lines, invariant
	wanted=$1
	printf '%s\n' "$2" >lines
	schedule --command 'lookup counts 1' --command 'lookup pairs 0' --invariant "$3"
	status=$?
	tail -n "$(wc -l <lines)" out >end
	report "$3" "$([ "$status" -eq "$wanted" ] || echo "exit status $status: $(cat err)"
		diff lines end)"
}

# ---- actors ----

refused '--run "on_connect@0x0": "0" stands where ' \
	'how often it runs, from 1 to 4294967295, belongs' --run on_connect@0x0
refused '--run "on_connect@0x4294967296": "4294967296" stands where ' ' belongs' \
	--run on_connect@0x4294967296
refused '--run "on_connect": ' '@CPU is missing at its end' --run on_connect
refused '"on_packet@2": ' 'CPU 2 is offline on this machine; --online chooses' \
	--run on_packet@2
refused '"on_packet@3": ' 'CPU 3 is not possible on this machine; --possible chooses' \
	--run on_packet@3
refused '--command "update pairs 0 1,' '": more than 16 words in a value' \
	--command 'update pairs 0 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17'
refused 'map "flows": ' 'its keys have 16 bytes; commands give keys of at most 8, as numbers' \
	--command 'lookup flows 0'
refused 'map "ports": ' 'key 65536 does not fit in the 2 bytes of its keys' \
	--init 'update ports 65536 1'

# The reason is never cut off, however long the text is.
long=$(printf 'a%.0s' $(seq 1200))
refused '--run "aaa' 'aaa..." stands where the name of a program belongs' --run "$long@0"
refused '--invariant "aaa' 'aaa..." stands where a number, a map, a command or a variable belongs' \
	--invariant "$long == 1"
refused '--invariant "aaa' ' stands where a number, a map, a command or a variable belongs' \
	--invariant "$(printf 'a%.0s' $(seq 120)).12345678"
refused '--invariant "nr_runs' 'column 1217: "aa" stands where an operator or the end belongs' \
	--invariant "nr_runs == 1    $(printf '    %.0s' $(seq 300))aa"

# ---- schedules ----

printf '0 on_connect\n3 %s\n' "$long" >long.txt
refused 'long.txt, line 2: there is no actor "aaa' 'aaa..."' --schedule long.txt
printf '7 # a preemption\n' >nobody.txt
refused 'nobody.txt, line 1: ' 'who goes on from point 7 is missing' --schedule nobody.txt

# ---- invariants ----

refused '--invariant "sum(stats[0].tail[0])", column 19: ' 'the array has no elements' \
	--invariant 'sum(stats[0].tail[0])'
refused '--invariant "sum(stats[0])", ' 'name a field, as in map[0].port' \
	--invariant 'sum(stats[0])'
refused '--invariant "1+1+' ': more than 1000 operands and signs' \
	--invariant "$(printf '1+%.0s' $(seq 60000))1"
refused '--invariant "lookup.2[0].first", ' \
	'there is no map, command or variable "lookup.2"; there are both, limit, level, last, ratio, nr_runs, lookup, counts, stats, pairs, plain, large, ports and flows' \
	--command 'lookup counts 0' --invariant 'lookup.2[0].first'

says 0 'holds: sum(counts[0]) == 1  (1 == 1)' 'sum(counts[0]) == 1'
says 1 'broken: sum(counts[0]) == 2  (it is 1)' 'sum(counts[0]) == 2'
says 1 'broken: 2 == sum(counts[0])  (2 == 1)' '2 == sum(counts[0])'
says 0 'holds: level  (-1)' 'level'
says 1 'broken: counts[0]@2  (it is 0)' 'counts[0]@2'
says 0 'holds: lookup@1 == 1 && lookup.2[0].first == 0' \
	'lookup@1 == 1 && lookup.2[0].first == 0'
says 1 'broken: counts[0]@0 == 1 && counts[0]@1 == 100
        counts[0]@1 == 100  (it is 0)' 'counts[0]@0 == 1 && counts[0]@1 == 100'
says 1 'broken: (nr_runs < 2 || level == -2) && min(counts[0]) == max(counts[0])
        nr_runs < 2  (it is 2)
        level == -2  (it is -1)
        min(counts[0]) == max(counts[0])  (0 == 1)' \
	'(nr_runs < 2 || level == -2) && min(counts[0]) == max(counts[0])'
says 1 'broken: !(nr_runs == 2 && limit) && !level
        nr_runs == 2  (it is 2, which should not hold)
        limit  (it is 3, not 0)
        level  (it is -1, not 0)' '!(nr_runs == 2 && limit) && !level'
says 0 'holds: nr_runs == 3 || limit == 3' 'nr_runs == 3 || limit == 3'

if command -v jq >/dev/null; then
	schedule --json --invariant 'nr_runs == 2 && level == 1' --invariant 'limit == 3'
	report 'JSON' "$(jq -e '.points > 0 and (.steps | length) > 0 and (.steps[0].actor) and
		.invariants == [
			{ text: "nr_runs == 2 && level == 1", holds: false, causes: [
				{ condition: "level == 1", found: "it is -1" } ] },
			{ text: "limit == 3", holds: true, sides: "3 == 3", causes: [] } ]' \
		out 2>&1 | grep -v '^true$')"
fi

finish
