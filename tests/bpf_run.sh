#!/bin/sh
# SPDX-License-Identifier: MIT
# The programs in tests/bpf run as "pcasim prog run" runs them, plain and checked, on three of
# four CPUs, each with an input: what they return and what their maps hold is known, and no
# checked run is stopped.
#
# Usage: bpf_run.sh PCASIM
set -u

tool=$(realpath -- "${1:?usage: bpf_run.sh PCASIM}")
sources=$(CDPATH='' cd -- "$(dirname -- "$0")/bpf" && pwd)
command -v gcc >/dev/null || {
	echo 'skipped: there is no gcc'
	exit 77
}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
cd "$dir" || exit 1
unset CC NO_COLOR
failed=0

fail() { # what, ...
	printf 'not ok - %s\n' "$*"
	sed 's/^/#   /' out err
	failed=1
}

compile() { # program
	object=$1
	"$tool" cc "$sources/$1.bpf.c" -o plain.so >out 2>err || fail "$1 does not compile"
	"$tool" cc --checked "$sources/$1.bpf.c" -o checked.so >out 2>err ||
		fail "$1 does not compile as a checked program"
}

# Each pattern is that of a line of what is shown; "CPU N" stands for CPU 0, 1 and 2.
runs() { # program, "options of prog run", pattern...
	program=$1 options=$2
	shift 2
	for kind in plain checked; do
		name="$object, $program, $kind"
		# shellcheck disable=SC2086 # options are words
		if ! "$tool" prog run $kind.so --prog "$program" --topology pu:4 --cpu 0-2 $options \
			>out 2>err </dev/null; then
			fail "$name: exit status is not 0"
			continue
		fi
		for pattern in "$@"; do
			for cpu in 0 1 2; do
				each=$(printf '%s\n' "$pattern" | sed "s/CPU N/CPU $cpu/")
				cat out err | grep -Eq -- "$each" || fail "$name: no line like \"$each\""
			done
		done
		printf 'ok - %s\n' "$name"
	done
}

bytes() { # octal and plain text, as printf takes it
	# shellcheck disable=SC2059
	printf "$1"
}
zeros() { head -c "$1" /dev/zero; }

# A UDP packet of 60 bytes to port 7, and with a VLAN tag; TCP; one that is too short.
ipv4='\105\000\000\056\000\000\000\000\100'
{ zeros 12 && bytes '\010\000' && bytes "$ipv4\021" && zeros 10 && bytes '\004\322\000\007' &&
	zeros 22; } >udp
{ zeros 12 && bytes '\201\000\000\005\010\000' && bytes "$ipv4\021" && zeros 10 &&
	bytes '\004\322\000\007' && zeros 22; } >vlan
{ zeros 12 && bytes '\010\000' && bytes "$ipv4\006" && zeros 10 && bytes '\004\322\001\273' &&
	zeros 30; } >tcp
{ zeros 12 && bytes '\010\000' && bytes '\105\000'; } >short
# Arguments of 8 bytes: 0, 1, 2.
{ zeros 8 && bytes '\001' && zeros 7 && bytes '\002' && zeros 7; } >args

compile xdp_count
runs xdp_count '' 'CPU N: returned 2$' 'key \(__u32\)255' 'CPU N: .*packets = .*1,.*bytes = .*64,'
runs xdp_count '--data udp --repeat 3' 'CPU N: returned 2$' 'key \(__u32\)17' \
	'CPU N: .*packets = .*3,.*bytes = .*180,'
runs xdp_count '--data tcp' 'key \(__u32\)6$' 'CPU N: .*bytes = .*68,'
runs xdp_count '--data short' 'CPU N: returned 1$' '256 elements: 0'

compile xdp_ports
runs count_ports '--data udp' 'CPU N: returned 2$' 'key \(u32\)7$' 'CPU N: .*1$'
runs count_ports '--data vlan' 'CPU N: returned 2$' 'key \(u32\)7$' 'CPU N: .*1$'
runs count_ports '--data tcp --repeat 2' 'CPU N: returned 2$' 'key \(u32\)443$' 'CPU N: .*2$'
runs count_ports '--data short' 'CPU N: returned 0$'

compile tc_bytes
runs tc_ingress '--data udp --repeat 2' 'CPU N: returned 0$' 'key \(int\)0' 'CPU N: \(__u64\)120' \
	'key 00 00 00 00' 'CPU N: 02 00 00 00 00 00 00 00'
runs tc_egress '' 'CPU N: returned -1$' 'key \(int\)1' 'CPU N: \(__u64\)64'

# CPUs that begin a count at the same time begin it at one, as in Linux.
compile syscount
runs sys_enter '--repeat 2' 'CPU N: returned 0$' 'key \(u32\)0: \(u64\)[2-6]$' 'map starts: hash'
runs sys_exit '--ctx args' 'key \(u32\)1' 'CPU N: .*count = \(u64\)1,'

compile arguments
sized='--entries sized=4'
runs unlinked "$sized" 'CPU N: returned 0$' '^CPU N: 0 "" 0 0$'
runs opened "$sized" 'CPU N: returned 0$'
runs state_set "$sized" 'CPU N: returned 0$'
runs woken "$sized" 'CPU N: returned 7$'
runs under_lock "$sized --repeat 1000" 'CPU N: returned [0-9]+$' 'events = \(u32\)3000,'
runs loops "$sized" 'CPU N: returned -13$'
runs configured "$sized" 'CPU N: returned 250$'
runs closed "$sized" 'CPU N: returned 0$'
runs request "$sized" 'CPU N: returned 0$'
runs sizes "$sized" 'CPU N: returned 1$' 'key \(u32\)2$' 'CPU N: \(u64\)5$'

compile callbacks
runs count '' 'CPU N: returned 60$' 'CPU N: .*count = \(u64\)10,' 'CPU N: total 60 of 6 keys'

compile core_chains
runs look '' 'CPU N: returned 0$' 'CPU N: .*mnt_ns = .*pid_ns = .*cgroup_id = \(u64\)1,'
runs tcp_connect '' 'CPU N: returned 0$'
runs tcp_connected '' 'CPU N: returned 0$'

compile filters
runs handle_exec '' 'EVENT_EXEC' 'CPU N: \(u64\)1$' 'CPU N: exec'
runs handle_exit '--repeat 2' 'EVENT_EXIT' 'CPU N: \(u64\)2$'

compile kprobe_latency
runs vfs_read_entry '' 'CPU N: returned 0$'
runs vfs_read_exit '' 'CPU N: returned 0$'
runs write_entry '' 'CPU N: returned 0$'
runs unlinkat_entry '' 'CPU N: unlink dfd'

compile old_style
runs raw_sys_enter '--ctx args' 'CPU N: returned 0$'
runs raw_switch '' 'CPU N: returned 1$' 'key 02 00 00 00' 'CPU N: 01 00 00 00 00 00 00 00'
runs filter '--data udp' 'CPU N: returned 46$' 'key 03 00 00 00' 'CPU N: 01 00 00 00 00 00 00 00'

compile profile
runs sample '--repeat 4' 'CPU N: .*idle = \(u64\)4'

compile runqlat
runs sched_wakeup '' 'CPU N: returned 0$' 'key \(u32\)[1-9]'
runs sched_wakeup_new '' 'CPU N: returned 0$' 'key \(u32\)[1-9]'
runs sched_switch '' 'CPU N: returned 0$'

compile sample_names
runs by_protocol '--data udp' 'CPU N: returned 2$' 'key \(u32\)17$' 'CPU N: \(u64\)1$'
runs third '' 'CPU N: returned 0$'

compile unread
runs exits '' 'CPU N: returned 1$' 'outcome\)NO_CGROUP$' 'outcome\)EVENT_LOST$' \
	'outcome\)BUFFER_FULL$' 'outcome\)NO_STACK$' '  1 element: 0$' 'map mapped: array' \
	'key \(u32\)0: \(u64\)3$' 'no cgroup is in it' 'nobody reads events'
runs exits '--set filter_cgroup=0' 'CPU N: returned 1$' '  2 elements: 0$'

exit "$failed"
