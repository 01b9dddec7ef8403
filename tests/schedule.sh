#!/bin/sh
# SPDX-License-Identifier: MIT
# "pcasim schedule" as its users meet it: what it refuses and what it shows. Races are in
# races.sh. usage: schedule.sh PCASIM
set -u

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=tests/expect.sh
. "$here/expect.sh"

for race in lost_update torn_value; do
	"$tool" cc --checked "$here/examples/races/$race.bpf.c" || exit 1
done
"$tool" cc "$here/examples/races/lost_update.bpf.c" -o plain.so || exit 1

one='lost_update.so --possible 0-1 --run count_connect@0'
two="$one --run count_sendmsg@0"
# shellcheck disable=SC2086 # $one and $two are words
{
	# --- what to do, and who takes part -------------------------------------------------

	expect 'nothing to do' 2 err 'what to do is missing; say "pcasim schedule run' schedule
	expect 'neither run nor search' 2 err 'there is no "walk"; say' schedule walk $one
	expect 'no file' 2 err 'give one object file' schedule run --run a@0
	expect 'two files' 2 err 'give only one object file' schedule run a.so b.so --run a@0
	expect 'a file that is not there' 2 err 'none.so: cannot be read: No such file' \
		schedule run none.so --run a@0
	expect 'nobody' 2 err 'nobody takes part; say who: --run' schedule run lost_update.so
	crowd=
	for _ in $(seq 33); do crowd="$crowd --run count_connect@0"; done
	expect 'too many' 2 err '33 take part, 32 are the most' schedule run lost_update.so $crowd
	expect 'a program that is not there' 2 err \
		'has no program "count"; it has count_connect, .* and none_is_lost' \
		schedule run lost_update.so --run count@0
	expect 'no CPU' 2 err '"count_connect": @CPU is missing at its end' \
		schedule run lost_update.so --run count_connect
	expect 'a CPU that is no number' 2 err '"x" stands where the number of a CPU belongs' \
		schedule run lost_update.so --run count_connect@x
	expect 'a CPU that is not possible' 2 err 'CPU 2 is not possible.*--possible chooses' \
		schedule run $one --run count_connect@2
	expect 'a CPU that is offline' 2 err 'CPU 1 is offline.*--online chooses' \
		schedule run $one --run count_connect@1 --online 0
	expect 'zero times' 2 err '"0" stands where how often it runs, from 1 to' schedule run \
		lost_update.so --run count_connect@0x0
	expect 'an unknown context' 2 err '"task" stands where softirq, hardirq or nmi belongs' \
		schedule run lost_update.so --interrupt count_connect@0:task
	expect 'an unknown command' 2 err 'stands where lookup, update, change, delete or take' \
		schedule run $one --command 'poke counts 0'
	expect 'a command to no map' 2 err 'has no map "count"; it has counts' \
		schedule run $one --command 'lookup count 0'
	expect 'a key that is too large' 2 err 'key 4294967296 does not fit in the 4 bytes' \
		schedule run $one --command 'lookup counts 4294967296'
	expect 'more words than a value has' 2 err '2 words are more than a value of 8 bytes' \
		schedule run $one --command 'update counts 0 1,2'
	expect 'change without a CPU' 2 err '"cpu N" is missing at its end' \
		schedule run $one --command 'change counts 0 5'
	expect 'a bad --init' 2 err '--init: update of map "counts", key 9: Argument list too long' \
		schedule run $one --init 'update counts 9 1'
	expect 'an unknown preemption model' 2 err 'say none or migrate-disable' \
		schedule run $one --preemption full

	# --- which schedule -----------------------------------------------------------------

	expect 'neither a word nor a file' 2 err \
		'--schedule nothing: no order, random or seed=N, and no file: No such file' \
		schedule run $two --schedule nothing
	expect 'a seed that is no number' 2 err 'seed=x: a seed is a number' \
		schedule run $two --schedule seed=x
	printf '0 count_connect\nx count_sendmsg\n' >list
	expect 'a list: no point' 2 err 'list, line 2: "x" stands where the number of a point' \
		schedule run $two --schedule list
	printf '0 count_connect\n0 count_sendmsg\n' >list
	expect 'a list: a point twice' 2 err 'list, line 2: point 0 does not come after' \
		schedule run $two --schedule list
	printf '0 count\n' >list
	expect 'a list: a stranger' 2 err 'list, line 1: there is no actor "count"' \
		schedule run $two --schedule list
	printf '0\n' >list
	expect 'a list: nobody' 2 err 'list, line 1: who goes on from point 0 is missing' \
		schedule run $two --schedule list
	printf '0 count_connect count_sendmsg\n' >list
	expect 'a list: two at once' 2 err 'line 1: "count_sendmsg" follows' \
		schedule run $two --schedule list
	printf '0 \000\n' >list
	expect 'a list: a zero byte' 2 err 'list, line 1: a zero byte' \
		schedule run $two --schedule list
	printf '0 count_connect\n2 count_sendmsg\n' >list
	expect 'a list that cannot be followed' 2 err 'count_sendmsg' \
		schedule run $two --schedule list --preemption none
	expect '--schedule of search' 2 err '--schedule is of run; search takes --seed' \
		schedule search $two --invariant 'sum(counts[0]) == 2' --schedule random
	expect '--exhaustive of run' 2 err '--exhaustive is of search; run takes --schedule' \
		schedule run $two --exhaustive
	expect '--schedules of run' 2 err '--schedules is of search' schedule run $two --schedules 9
	expect '--seed of an exhaustive search' 2 err '--exhaustive tries all' schedule search $two \
		--predicate none_is_lost --exhaustive --seed 3
	expect '--preemptions of a random search' 2 err '--preemptions is of --exhaustive' \
		schedule search $two --predicate none_is_lost --preemptions 3
	expect 'a negative seed' 2 err 'seed=-1: a seed is a number' schedule run $two \
		--schedule seed=-1
	expect '--repeat of search' 2 err '--repeat is of run; search takes --schedules' \
		schedule search $two --invariant 'sum(counts[0]) == 2' --repeat 2

	# --- invariants ---------------------------------------------------------------------

	expect 'search for nothing' 2 err 'search takes --invariant, such as .* or --predicate' \
		schedule search $two
	expect 'an invariant: no such name' 2 err 'count' \
		schedule run $two --invariant 'count[0] == 2'
	expect 'an invariant: no key' 2 err 'counts' schedule run $two --invariant 'counts == 2'
	expect 'an invariant: no such key' 2 err 'counts has keys 0 to 0$' schedule run $two \
		--invariant 'sum(counts[5]) == 0'
	expect 'a predicate that is not there' 2 err 'has no program "nothing"' \
		schedule run $two --predicate nothing
	expect 'an invariant that holds' 0 out '^holds: sum\(counts\[0\]\) == 2  \(2 == 2\)$' \
		schedule run $two --invariant 'sum(counts[0]) == 2'
	expect 'one that is broken' 1 out '^broken: sum\(counts\[0\]\) == 3  \(it is 2\)$' \
		schedule run $two --invariant 'sum(counts[0]) == 3'
	expect 'one of two is broken' 1 out '^holds: counts' schedule run $two \
		--invariant 'counts[0]@0 == 2' --invariant 'counts[0]@1 == 1'
	expect 'a predicate that holds' 0 out '^holds: none_is_lost  \(returned 1\)$' \
		schedule run $two --predicate none_is_lost
	expect 'a predicate that does not' 1 out '^broken: none_is_lost  \(returned 0\)$' \
		schedule run $one --predicate none_is_lost
	expect '--init' 0 out '^holds' schedule run $two --init 'update counts 0 5' \
		--invariant 'counts[0]@0 == 7 && counts[0]@1 == 5'

	# --- runs ---------------------------------------------------------------------------

	expect 'in order: nobody is preempted' 0 out '^10 points, 0 preemptions$' schedule run $two
	expect 'plain programs' 2 err '"count_connect" is not checked.*pcasim cc --checked' schedule \
		run plain.so --possible 0-1 --run count_connect@0 --run count_sendmsg@0
	expect 'source lines' 0 out 'writes counts\[0\]@0: 0 -> 1 +lost_update.bpf.c:[0-9]+ ' \
		schedule run $two
	expect 'random' 0 out '^10 points, ' schedule run $two --schedule random
	expect 'runs that are alike' 0 out '^20 runs, all alike$' \
		schedule run $two --schedule seed=7 --repeat 20
	expect 'before 5.11 nobody is preempted' 0 out ', 0 preemptions$' \
		schedule run $two --schedule seed=4294967298 --kernel 5.10
	expect 'since then one is' 0 out ', 1 preemption$' \
		schedule run $two --schedule seed=4294967298 --kernel 5.15
	expect 'a list to a folder that is not there' 2 err '-o no/list: No such file' \
		schedule run $two -o no/list
	expect 'a timeline there' 2 err '"no/line" cannot be written: No such file' schedule run $two \
		--timeline no/line
	expect 'the help' 0 out '^Exit status: 0 when all invariants held' schedule --help
}

# --- searches that end without a finding ----------------------------------------------------

expect 'a number of schedules' 0 out '^50 schedules tried: every invariant held' schedule search \
	lost_update.so --run count_alone@0 --run count_alone@0 --schedules 50 \
	--predicate none_is_lost
expect 'an exhaustive one that stops early' 0 out '; --schedules sets how many are tried\.$' \
	schedule search lost_update.so --run count_alone@0 --run count_alone@0 --exhaustive \
	--schedules 3 --predicate none_is_lost

# --- programs that are stopped --------------------------------------------------------------

cat >stopped.bpf.c <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, __u64);
} limits SEC(".maps");
SEC("syscall") int writes(void *ctx)
{
	__u32 key = 0;
	__u64 *limit = bpf_map_lookup_elem(&limits, &key);
	return limit ? (int)++*limit : 0;
}
END
expect 'a program that writes what it may not: made' 0 out nothing cc --checked stopped.bpf.c
expect 'it is stopped, and the schedule goes on' 1 out 'ends: stopped, EACCES' schedule run \
	stopped.so --run writes@0
expect 'which is told' 1 out '^broken: writes is not stopped  \(EACCES\)$' schedule run \
	stopped.so --run writes@0
expect 'a search finds it' 1 out '^After 1 schedule an invariant is broken, by 0 preemptions' \
	schedule search stopped.so --run writes@0 --invariant '1 == 1' --exhaustive
report 'a search tells of it once' "$([ "$(grep -c forbids err)" -eq 1 ] || cat err)"
expect 'its report' 1 err 'stopped.bpf.c:14: write of 8 bytes .* forbids' schedule run stopped.so \
	--run writes@0
expect 'a predicate that is stopped' 1 out '^broken: writes  \(was stopped: EACCES\)$' schedule run \
	stopped.so --run writes@0 --predicate writes

# --- events ---------------------------------------------------------------------------------

cat >events.bpf.c <<'END'
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");
__u32 last_pid;
__u64 bytes, id;
static __always_inline void count(void)
{
	__u32 key = 0;
	__u64 *mine = bpf_map_lookup_elem(&counts, &key);
	if (mine)
		++*mine;
}
SEC("tp_btf/sched_wakeup")
int BPF_PROG(woken, struct task_struct *task)
{
	last_pid = task->pid;
	count();
	return 0;
}
SEC("tp_btf/sched_switch")
int BPF_PROG(switched, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	last_pid = next->pid;
	count();
	return 0;
}
SEC("xdp") int measures(struct xdp_md *packet)
{
	bytes = packet->data_end - packet->data;
	return XDP_PASS;
}
SEC("raw_tp/sys_enter") int enters(struct bpf_raw_tracepoint_args *ctx)
{
	id = ctx->args[1];
	return 0;
}
SEC("tp_btf/task_newtask") int new_task(void *ctx)
{
	count();
	return 0;
}
SEC("raw_tp/other") int endless(void *ctx)
{
	while (!*(volatile __u64 *)&id)
		;
	return 0;
}
SEC("raw_tp/other") int loops(void *ctx)
{
	count();
	return 0;
}
END
expect 'events: made' 0 out nothing cc --checked events.bpf.c
expect 'sched_switch and sched_wakeup: interrupts are off' 0 out '^All 2 schedules' schedule search \
	events.so --possible 0 --run woken@0 --run switched@0 --invariant 'sum(counts[0]) == 2' \
	--exhaustive --preemptions 9
expect 'tp_btf: preemptible as raw tracepoints are, not before 7.0' 0 out ', 0 preemptions$' \
	schedule run events.so --possible 0 --run new_task@0 --run loops@0 --kernel 6.18 \
	--schedule seed=4294967298
expect 'tp_btf: since 7.0' 0 out ', 1 preemption$' schedule run events.so --possible 0 \
	--run new_task@0 --run loops@0 --kernel 7.2 --schedule seed=4294967298
expect 'they have tasks' 0 out '^holds: last_pid' schedule run events.so --run switched@0 \
	--invariant 'last_pid == 1'
printf 'abcdefghijklmnopqrst' >packet
expect 'an endless one: the first and last steps' 1 out '^ +\.\.\. [0-9]+ steps, which --json' \
	schedule run events.so --run endless@0 --steps 3000
report 'and not all' "$([ "$(wc -l <out)" -lt 1100 ] || wc -l <out)"
expect 'an endless predicate' 1 err 'was stopped after 1048576 steps' schedule run events.so \
	--run loops@0 --predicate endless
expect '--data' 0 out '^holds: bytes' schedule run events.so --run measures@0 --data packet \
	--invariant 'bytes == 20'
printf '\0\0\0\0\0\0\0\0\7' >ctx
expect '--ctx' 0 out '^holds: id' schedule run events.so --run enters@0 --ctx ctx --invariant 'id == 7'
expect '--ctx of a file that is not there' 2 err '^pcasim schedule: no: No such file' schedule run \
	events.so --run enters@0 --ctx no
expect '--entries' 0 out '^map counts: percpu_array, 5 entries$' schedule run events.so \
	--run loops@0 --entries counts=5
expect '--set' 0 out '^holds: id' schedule run events.so --run loops@0 --set id=9 --invariant 'id == 9'

# --- JSON -----------------------------------------------------------------------------------

# Of a run and of a search: filter, arguments.
json() { # name, jq filter that is to be true, argument...
	name=$1 filter=$2
	shift 2
	"$tool" schedule "$@" --json >out 2>err </dev/null
	report "$name" "$(jq -n -e "input | $filter" out 2>&1 >/dev/null || echo "not so: $filter")"
}

if command -v jq >/dev/null; then
	# shellcheck disable=SC2086
	json 'JSON of a run' '.points == 10 and .preemptions == 0 and .invariants[0].holds and
		.maps[0].name == "counts" and (.steps | length) > 8 and
		(.steps[] | select(.access == "write") | .place == "counts[0]@0")' \
		run $two --invariant 'sum(counts[0]) == 2'
	# shellcheck disable=SC2086
	json 'JSON of runs' '.runs == 5 and .alike' run $two --repeat 5
	# shellcheck disable=SC2086
	json 'JSON of a search that finds' \
		'.broken and .attempt == 2 and .preemptions == 1 and (.invariants[0].holds | not)' \
		search $two --predicate none_is_lost
	json 'JSON of a search that does not' '(.broken | not) and .complete and .schedules == 42' \
		search lost_update.so --run count_alone@0 --run count_alone@0 --exhaustive \
		--predicate none_is_lost
fi

finish
