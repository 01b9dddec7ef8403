#!/bin/sh
# SPDX-License-Identifier: MIT
# Timelines: that they are trace events as the format wants them (timeline.jq), and show
# what the tool says that they show. Perfetto's own reader is in no distribution.
# usage: timeline.sh PCASIM
# shellcheck disable=SC2016 # the variables are those of jq
set -u

tool=${1:?usage: timeline.sh PCASIM}
checker=$(dirname -- "$0")/timeline.jq
command -v jq >/dev/null || {
	echo 'skipped: there is no jq'
	exit 77
}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
failed=0

ok() {
	printf 'ok - %s\n' "$1"
}

not_ok() { # name, reason
	printf 'not ok - %s: %s\n' "$1" "$2"
	failed=$((failed + 1))
}

complaints() { # file
	jq -r -f "$checker" "$1" 2>&1
}

is_timeline() { # name, file
	said=$(complaints "$2")
	if [ -z "$said" ]; then
		ok "$1"
	else
		not_ok "$1" "$(printf '%s\n' "$said" | head -5)"
	fi
}

says() { # name, file, jq expression that must be true
	if jq -e "$3" "$2" >/dev/null 2>&1; then
		ok "$1"
	else
		not_ok "$1" "not so: $3"
	fi
}

# One recorded operation, so that the demo is short.
mkdir "$dir/traces"
printf '#oracle_fuzz v1 seed=1 nops=1 possible_cpus=2\n#kernel release=6.18.44 online=2 pin=1\n0 CREATE h=h0 type=6 key_size=4 value_size=8 max_entries=1 flags=0x0 -> ret=0 err=0\n' \
	>"$dir/traces/linux-6.18.44-one"

# --- What a demo writes -------------------------------------------------------------------

"$tool" demo --topology pu:8 --possible 0,2-3,7 --online 0,3,7 --timeline - >"$dir/sparse" ||
	not_ok "sparse CPUs" "exit status $?"
is_timeline "sparse CPUs: a timeline" "$dir/sparse"
says "sparse CPUs: a track for each possible one" "$dir/sparse" \
	'[.traceEvents[] | select(.name == "thread_name") | .args.name | select(startswith("CPU "))]
	== ["CPU 0", "CPU 2", "CPU 3", "CPU 7"]'
says "sparse CPUs: three rounds on each online one, and two summing runs" "$dir/sparse" \
	'([.traceEvents[] | select(.cat == "run") | "\(.tid - 1000) \(.name)"] | sort)
	== ["0 count", "0 count", "0 count", "0 sum", "0 sum", "3 count", "3 count", "3 count",
		"7 count", "7 count", "7 count"]'
says "sparse CPUs: every lookup" "$dir/sparse" \
	'[.traceEvents[] | select(.name == "bpf_map_lookup_elem" and .args.map == "per_cpu"
		and .args.key == 0 and .args.result == 1)] | length == 36'
says "sparse CPUs: every command" "$dir/sparse" \
	'[.traceEvents[] | select(.cat == "command") | .name] | group_by(.) | map([.[0], length])
	== [["BPF_MAP_CREATE", 2], ["BPF_MAP_LOOKUP_ELEM", 6], ["BPF_PROG_LOAD", 2],
		["BPF_PROG_TEST_RUN", 1]]'
says "sparse CPUs: a test run sums up in the task's name" "$dir/sparse" \
	'[.traceEvents[] | select(.name == "sum") | [.args.result, .args.comm]]
	== [[12, "pcasim"], [12, "pcasim"]]'

"$tool" --kernel 5.10 demo --topology pu:2 --timeline - >"$dir/old" 2>/dev/null
is_timeline "5.10: a timeline" "$dir/old"
says "5.10: its name, and no for-each" "$dir/old" \
	'.otherData.release == "5.10" and .otherData.runs == 6'

"$tool" demo --topology pu:64 --timeline - >"$dir/many" || not_ok "64 CPUs" "exit status $?"
is_timeline "64 CPUs: a timeline" "$dir/many"
says "64 CPUs: 194 runs" "$dir/many" '.otherData.runs == 194 and .otherData.dropped == 0'

"$tool" demo --seconds 0.01 --topology pu:2 --traces "$dir/traces" --timeline "$dir/file" \
	>"$dir/out" || not_ok "beside the demo" "exit status $?"
is_timeline "beside the demo: a timeline" "$dir/file"
told=$(sed -n "s|^timeline $dir/file: ||p" "$dir/out")
want=$(jq -r '.otherData | "\(.runs) runs, \(.helpers) helper calls, \(.commands) commands, \(.switches) switches; open it in ui.perfetto.dev"' "$dir/file")
if [ "$told" = "$want" ]; then
	ok "beside the demo: the numbers told are those in the file"
else
	not_ok "beside the demo: the numbers told are those in the file" "\"$told\", not \"$want\""
fi

"$tool" demo --seconds 0.01 --topology pu:2 --traces "$dir/traces" --timeline "$dir/file" --json \
	>"$dir/out" || not_ok "beside JSON" "exit status $?"
is_timeline "beside JSON: a timeline" "$dir/file"
says "beside JSON: named there" "$dir/out" ".timeline.file == \"$dir/file\" and .timeline.runs == 8"

# --- Where none can be written ------------------------------------------------------------

refuses() { # name, file
	"$tool" demo --topology pu:2 --timeline "$2" >"$dir/out" 2>"$dir/err"
	status=$?
	if [ "$status" -ne 2 ] || [ "$(wc -l <"$dir/err")" -ne 1 ] || [ -s "$dir/out" ]; then
		not_ok "$1" "exit status $status, $(cat "$dir/err")"
	else
		ok "$1"
	fi
}

refuses "a directory" "$dir"
refuses "no such directory" "$dir/none/file"
refuses "an empty name" ''
[ ! -w /dev/full ] || refuses "a full disk" /dev/full

# --- What a shell writes ------------------------------------------------------------------

"$tool" shell --topology pu:2 --timeline "$dir/shell" -c 'map create /sys/fs/bpf/m type percpu_array key 4 value 8 entries 4 name m
run count name m key u32:1 each
run count name m key u32:1 times 3 cpu 1
map lookup name m key 1 0 0 0' >"$dir/out" 2>&1 || not_ok "a shell" "$(cat "$dir/out")"
is_timeline "a shell: a timeline" "$dir/shell"
says "a shell: three runs with five lookups" "$dir/shell" \
	'[.traceEvents[] | .cat] | [(map(select(. == "run")), map(select(. == "helper"))) | length] == [3, 5]'
says "a shell: the lookup of its last line" "$dir/shell" \
	'[.traceEvents[] | select(.name == "BPF_MAP_LOOKUP_ELEM")] | length == 1'
status=0
"$tool" shell --topology pu:2 --timeline "$dir/shell" -c 'release 6.1' >"$dir/out" 2>&1 ||
	status=$?
if [ "$status" -eq 1 ] && grep -q 'a timeline is of one machine' "$dir/out"; then
	ok "a shell: no other machine in a timeline"
else
	not_ok "a shell: no other machine in a timeline" "$status, $(cat "$dir/out")"
fi

# --- The checker finds what it is for -----------------------------------------------------

finds() { # what it says, jq program that breaks a timeline
	jq "$2" "$dir/sparse" >"$dir/broken"
	case $(complaints "$dir/broken") in
	*"$1"*) ok "the checker finds: $1" ;;
	*) not_ok "the checker finds: $1" "it does not" ;;
	esac
}

first() { # category, what to do with the first such event, .traceEvents[$i]
	printf 'first(.traceEvents | to_entries[] | select(.value.cat == "%s") | .key) as $i | %s' \
		"$1" "$2"
}

finds 'not a trace' 'del(.traceEvents)'
finds 'a member is missing' "$(first run 'del(.traceEvents[$i].dur)')"
finds 'a member is missing' "$(first run '.traceEvents[$i].dur = -1')"
finds 'unknown name' "$(first helper '.traceEvents[$i].name = "x"')"
finds 'without a name' "$(first run '.traceEvents[$i].tid = 7')"
finds 'wrong track' "$(first run '.traceEvents[$i].tid = 10000')"
finds 'time goes backwards' "$(first run '.traceEvents[$i].ts = 1e9')"
finds 'does not nest' "$(first helper '.traceEvents[$i].dur = 1e6')"
finds 'outside a run' "$(first run 'del(.traceEvents[$i])')"
finds 'what was not there' "$(first sched 'del(.traceEvents[$i])')"
finds 'of run' "$(first run 'del(.traceEvents[$i])')"
finds 'not one process' 'del(.traceEvents[0])'

[ "$failed" -eq 0 ]
