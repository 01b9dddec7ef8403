#!/bin/sh
# SPDX-License-Identifier: MIT
# "pcasim cc" and "pcasim prog" as their users meet them.
# usage: prog.sh PCASIM
set -u

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
sources=$here/objects
# shellcheck source=tests/expect.sh
. "$here/expect.sh"

# --- cc -------------------------------------------------------------------------------------

expect 'cc: an object beside its source' 0 out nothing cc "$sources/counter.bpf.c" -Wall -Werror
report 'cc: it is called counter.so' "$([ -f counter.so ] || echo 'it is not there')"
expect 'cc: -o' 0 out nothing cc -O0 "$sources/counter.bpf.c" -o plain.so
report 'cc: the name of -o' "$([ -f plain.so ] || echo 'it is not there')"
expect 'cc: no source' 2 err 'there is no source; give one, such as count.bpf.c' cc -O2
expect 'cc: two sources' 2 err 'an object is made of one source' cc a.c b.c
expect 'cc: -c' 2 err 'an object is compiled and linked at once' cc -c a.c
expect 'cc: not C' 2 err "the source's name does not end in .c" cc a.o
cp counter.so kept.so
printf 'int broken = ;\n' >broken.bpf.c
expect 'cc: a source that does not compile' 2 err 'broken.bpf.c:1' cc broken.bpf.c -o kept.so
report 'cc: it leaves what was there' "$(cmp kept.so counter.so 2>&1)"
CC=/bin/false
export CC
expect 'cc: a compiler that does not work' 2 err 'the compiler "/bin/false" does not work' cc a.c
if command -v clang >/dev/null; then
	CC=clang
	expect 'cc: clang' 2 err 'the compiler "clang" is clang: only gcc 12' cc a.c
fi
unset CC
cat >unknown.bpf.c <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("xdp") int prog(void *ctx) { return bpf_redirect(1, 0); }
END
expect 'cc: a helper that is not simulated' 2 err 'bpf_redirect' cc unknown.bpf.c
cat >count_text.bpf.c <<'END'
#include <bpf/bpf_helpers.h>
SEC("raw_tp") int length(const char *text) { int n = 0; while (text[n]) n++; return n; }
END
cat >real.bpf.c <<'END'
#include <bpf/bpf_helpers.h>
double sum;
SEC("raw_tp") int add(void *ctx) { sum += 0.5; return 0; }
END
expect 'cc: floating point' 2 err 'real.bpf.c:3:.*error: ' cc real.bpf.c
expect 'cc --checked: floating point' 2 err 'real.bpf.c:3:.*error: ' cc --checked real.bpf.c
printf 'seven.\n' >text
expect 'cc: a loop that is like strlen()' 0 out nothing cc -O3 count_text.bpf.c
expect 'run: it is a loop' 0 out '^  CPU 0: returned 7$' prog run count_text.so --ctx text --topology pu:1
CC='gcc -DOTHER'
export CC
printf '#ifndef OTHER\n#error no\n#endif\nint variable;\n' >words.c
expect 'cc: CC of several words' 0 out nothing cc words.c
unset CC

# A source that brings its own copy of libbpf's headers, which make BPF instructions.
mkdir headers
printf '#ifndef __BPF_HELPERS__\n#error for BPF\n#endif\n' >headers/bpf_helpers.h
printf '#include <linux/bpf.h>\n#include "bpf_helpers.h"\n' >vendored.c
printf 'SEC("xdp") int prog(void *ctx) { return XDP_TX; }\n' >>vendored.c
expect "cc: a copy of libbpf's headers" 0 err "bpf_helpers.h is for BPF instructions: pcasim's" \
	cc -Iheaders vendored.c
expect 'cc: what is made beside such a copy' 0 out '^  CPU 0: returned 3$' prog run vendored.so

cat >own_task.c <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
struct task_struct { int pid; } __attribute__((preserve_access_index));
SEC("raw_tp") int prog(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, pid);
}
END
expect 'cc: a task_struct of its own' 0 out nothing cc own_task.c
expect 'run: it is warned of' 0 err "task_struct is not that of pcasim's vmlinux.h" \
	prog run own_task.so

# --- list -----------------------------------------------------------------------------------

expect 'list: license' 0 out '^license: Dual MIT/GPL$' prog list counter.so
expect 'list: a program' 0 out '^  count_tc +SEC\("tcx/ingress"\)  sched_cls$' prog list counter.so
expect 'list: a program of SEC("?")' 0 out 'not_loaded .*kprobe, not loaded$' prog list counter.so
expect 'list: a map' 0 out \
	'^  counts +percpu_array, 4 entries, key __u32 4B, value struct count 24B$' prog list counter.so
expect 'list: a variable' 0 out '^  step +const, \.data = \(__u32\)1$' prog list counter.so
expect 'list: JSON' 0 out '"section": "socket"' prog list counter.so --json
expect 'list: no object' 2 err 'nothing.so: cannot be read: No such file' prog list nothing.so
expect 'list: another file' 2 err 'unknown.bpf.c: not an object file' prog list unknown.bpf.c
expect 'list: an option of run' 2 err 'list takes no options but --json' prog list counter.so --cpu 0
expect 'prog: what to do is missing' 2 err 'what to do is missing; say' prog
expect 'prog: neither list nor run' 2 err 'there is no "dump"; say' prog dump counter.so
expect 'prog: no file' 2 err 'give one object file' prog run
expect 'prog: two files' 2 err 'give only one object file' prog list a.so b.so

# --- run ------------------------------------------------------------------------------------

run='prog run counter.so --topology pu:4 --prog'
# shellcheck disable=SC2086 # $run is words
{
	expect 'run: one CPU by default' 0 out 'count_xdp, SEC\("xdp"\): 1 run on each of 1 CPU$' \
		$run count_xdp
	expect 'run: what it returned' 0 out '^  CPU 3: returned 2$' $run count_xdp --cpu 0-3
	expect 'run: typed values' 0 out \
		'^    CPU 1: \(struct count\)\{.events = \(__u64\)500,.bytes = \(__u64\)32000,\}$' \
		$run count_xdp --cpu 1 --repeat 500
	expect 'run: zero CPUs share a line' 0 out '^    CPUs 2-3: 0$' $run count_xdp --cpu 0-1
	expect 'run: zero elements are counted' 0 out '^  3 elements: 0$' $run count_xdp
	expect 'run: ids of sparse CPUs' 0 out '^    CPU 7: \(struct' $run count_xdp --topology pu:8 \
		--possible 0,2-3,7 --cpu 7
	printf '\001\000\000\000\000\000\000\000\002' >ctx
	expect 'run: arguments' 0 out '.bytes = \(__u64\)3,' $run count_tracing --ctx ctx
	printf 'abcdefghijklmnopqrst' >packet
	expect 'run: a packet' 0 out '.bytes = \(__u64\)20,' $run count_xdp --data packet
	expect 'run: bpf_printk' 0 err '^CPU 2: 0 events$' $run sum_counts --cpu 2
	expect 'run: JSON' 0 out '"formatted": \{' $run count_xdp --json
	expect 'run: a CPU that is not possible' 2 err '--cpu: CPU 4 is not possible' $run count_xdp \
		--cpu 4
	expect 'run: a CPU that is offline' 2 err '--cpu: CPU 3 is offline' $run count_xdp --cpu 3 \
		--online 0-1
	expect 'run: no list of CPUs' 2 err ': --cpu "x": not a cpulist' $run count_xdp --cpu x
	expect 'run: an unknown program' 2 err 'no program "nothing"; it has count_xdp' $run nothing
	expect 'run: a program that is not loaded' 2 err 'its section begins with \?' $run not_loaded
	expect 'run: a packet that is too short' 2 err 'a packet of 9 bytes' $run count_xdp --data ctx
	expect 'run: no packet' 2 err 'none: No such file' $run count_xdp --data none
	expect 'run: a program before' 0 out '.events = \(__u64\)2,' $run count_xdp --before count_xdp
	expect 'run: an unknown program before' 2 err 'no program "nothing"' $run count_xdp --before nothing
	expect 'run: a variable' 0 out '.events = \(__u64\)7,' $run count_xdp --set step=7
	expect 'run: an unknown variable' 2 err 'no global variable "steps"' $run count_xdp --set steps=7
	expect 'run: a number that is too large' 2 err 'has 4 bytes: give a number that fits' \
		$run count_xdp --set step=0x100000000
	expect 'run: no value' 2 err '--set step: give NAME=VALUE' $run count_xdp --set step
	expect 'run: entries' 0 out '^map counts: percpu_array, 9 entries$' $run count_xdp --entries counts=9
	expect 'run: no entries' 2 err 'give a number above 0' $run count_xdp --entries counts=0
	expect 'run: entries of an unknown map' 2 err 'no map "count"; ' $run count_xdp --entries count=1
}
expect 'run: several programs' 2 err 'has several programs; choose one by --prog' prog run counter.so

expect 'run: a context for a program of packets' 2 err \
	'--ctx: program "count_xdp" of SEC\("xdp"\) takes a packet: --data gives it' \
	prog run counter.so --prog count_xdp --ctx ctx
expect 'run: a packet for another program' 2 err '--data: program "count_tracing" .* takes no packet' \
	prog run counter.so --prog count_tracing --data packet
expect 'run: both' 2 err '--ctx: program "count_xdp"' prog run counter.so --prog count_xdp --ctx ctx \
	--data packet

# --- uses -----------------------------------------------------------------------------------

expect 'uses: of plain programs' 2 err 'are not checked.*pcasim cc --checked' prog run counter.so \
	--prog count_xdp --uses
expect 'uses: list' 2 err 'list takes no options but --json' prog list counter.so --uses
expect 'cc: a checked object' 0 out nothing cc --checked "$sources/counter.bpf.c" -o checked.so
expect 'run: a checked program of a packet that is too short' 2 err \
	'CPU 0: the program cannot be run: Invalid argument' prog run checked.so --prog count_xdp \
	--topology pu:1 --data ctx
checked='prog run checked.so --prog count_tracing --topology pu:2 --uses'
# shellcheck disable=SC2086 # $checked is words
{
	expect 'uses: what is read' 0 out '^  counts +bpf_map_lookup_elem +read +0-15$' $checked
	expect 'uses: what is written' 0 out '^  counts +bpf_map_lookup_elem +write +0-19$' $checked
	expect 'uses: JSON' 0 out '"helper": "bpf_map_lookup_elem"' $checked --json
}

# JSON is JSON.
if command -v jq >/dev/null; then
	"$tool" prog run counter.so --prog count_xdp --topology pu:2 --json >out 2>err
	events=$(jq '.maps[] | select(.name == "counts") | .elements[0].values[0].formatted.events' out)
	report 'run: JSON has numbers' "$([ "$events" = 1 ] || echo "events are $events")"
	"$tool" prog list counter.so --json >out 2>err
	step=$(jq '.globals[] | select(.name == "step") | .value' out)
	report 'list: JSON has values' "$([ "$step" = 1 ] || echo "step is $step")"
fi

# --- checked programs -----------------------------------------------------------------------

cat >writes.bpf.c <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, __u64);
} limits SEC(".maps");
SEC("xdp") int writes(void *ctx)
{
	__u32 key = 0;
	__u64 *limit = bpf_map_lookup_elem(&limits, &key);
	return limit ? (int)++*limit : 0;
}
END
expect 'cc --checked: a program that writes what it may not' 0 out nothing cc --checked writes.bpf.c
expect 'run: what stopped it is told' 1 err 'writes.bpf.c:14: write of 8 bytes .* forbids' prog run writes.so
expect 'run: it was stopped' 1 out '^  CPU 0: stopped, EACCES$' prog run writes.so \
	--topology pu:1

expect 'list: one entry' 0 out ' 1 entry, key' prog list writes.so
report 'list: no heading without lines' "$(! grep -q 'global' out || echo 'there is one')"

cat >others.bpf.c <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
	__uint(key_size, 0);
	__uint(value_size, 0);
} events SEC(".maps");
int forgotten(void *ctx) { return 0; }
END
expect 'cc: a map that is not simulated' 0 out nothing cc others.bpf.c
expect 'list: it is not simulated' 0 out '^  events +ringbuf, .*, not simulated$' prog list others.so
expect 'list: in JSON' 0 out '"simulated": ?false' prog list others.so --json
sed '/^struct/,/^}/d' others.bpf.c >no_section.bpf.c
expect 'cc: a function without a section' 0 out nothing cc no_section.bpf.c
expect 'run: it is no program' 2 err \
	'has no programs: "forgotten" is none without a section, such as SEC\("xdp"\)' \
	prog run no_section.so

cat >empty.bpf.c <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 0);
	__type(key, __u32);
	__type(value, __u64);
} nothing SEC(".maps");
SEC("xdp") int prog(void *ctx) { return 0; }
END
expect 'cc: a map without entries' 0 out nothing cc empty.bpf.c
expect 'run: why a map cannot be created' 2 err \
	'warning: EINVAL: value_size 8 and max_entries 0: both must be above 0' prog run empty.so
expect 'run: which map' 2 err 'map "nothing" has no max_entries: .*--entries nothing=N' \
	prog run empty.so

expect 'run: JSON has what stopped it' 1 out '"kind": ?"right"' prog run writes.so \
	--topology pu:2 --cpu 0-1 --json
if command -v jq >/dev/null; then
	facts=$(jq -c '.cpus[1].violation | [.line, .access, .map, .key, .offset, .bytes, .errno]' out)
	report 'run: JSON of a violation has the facts' \
		"$([ "$facts" = '[14,"write","limits",0,0,8,"EACCES"]' ] || echo "they are $facts")"
fi

# --- faults ---------------------------------------------------------------------------------

cat >faults.bpf.c <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
int *nowhere, zero;
SEC("xdp") int reads_null(void *ctx) { return *nowhere; }
SEC("xdp") int traps(void *ctx) { __builtin_trap(); }
SEC("xdp") int divides(void *ctx) { return 7 / zero; }
static int deeper(volatile char *before) { volatile char here[4096]; here[0] = *before; return deeper(here) + here[1]; }
SEC("xdp") int has_no_end(void *ctx) { volatile char first = 0; return deeper(&first); }
END
expect 'cc: programs that fault' 0 out nothing cc -O0 faults.bpf.c
cat >least.bpf.c <<'END'
#include <bpf/bpf_helpers.h>
int least_number = -2147483647 - 1, minus_one = -1, zero;
SEC("raw_tp") int least(void *ctx) { return least_number / minus_one; }
SEC("raw_tp") int divides(void *ctx) { return 7 / zero; }
END
expect 'cc --checked: programs that divide' 0 out nothing cc --checked least.bpf.c
expect 'run: a checked division by zero' 1 err \
	'"divides" on CPU 0, least.bpf.c:4: division by zero: .*test the divisor' prog run least.so \
	--prog divides --topology pu:1
case $("$tool" prog run faults.so --prog reads_null 2>&1) in
*AddressSanitizer* | *ThreadSanitizer* | *runtime\ error*) # it says so itself
	report 'faults: the sanitizer tells' '' ;;
*)
	expect 'faults: NULL' 1 err \
		'^pcasim prog: program "reads_null" on CPU 1: SIGSEGV at address 0x0; ' \
		prog run faults.so --prog reads_null --topology pu:2 --cpu 1
	expect 'faults: a trap' 1 err 'program "traps" on CPU 0: SIG(ILL|TRAP)' prog run faults.so --prog traps
	expect 'faults: a division by zero' 1 err 'SIGFPE; .* x / 0 is 0 .*: test the divisor' prog run \
		faults.so --prog divides --topology pu:1
	expect 'faults: a checked program with a fault of its own' 1 err 'SIGFPE; [^C]*maps any more\. The' \
		prog run least.so --prog least --topology pu:1
	expect 'faults: the stack' 1 err 'program "has_no_end" on CPU 0: SIGSEGV' prog run faults.so \
		--prog has_no_end
	expect 'faults: several CPUs at once' 1 err 'program "reads_null" on CPU' prog run faults.so \
		--prog reads_null --topology pu:4 --cpu 0-3
	# Debuggers know the program's lines, though it lies in a copy that has no name any more.
	# They know no sanitizers.
	case $("$tool" prog run faults.so --prog traps 2>&1) in *SIG*) plain=1 ;; *) plain= ;; esac
	# valgrind 3.19 cannot read what clang says of lines.
	if [ "$plain" ] && ! grep -q 'clang version' "$tool" && command -v valgrind >/dev/null &&
		valgrind -q true 2>/dev/null; then
		valgrind -q "$tool" prog run faults.so --prog reads_null --topology pu:1 >out 2>err
		report 'faults: valgrind has the line' \
			"$(grep -q 'at 0x[0-9A-F]*: reads_null (faults.bpf.c:4)' err || echo 'it has not')"
	fi
	if [ "$plain" ] && command -v gdb >/dev/null && gdb -batch -ex run true >/dev/null 2>&1; then
		gdb -q -batch -ex 'set breakpoint pending on' -ex 'break faults.bpf.c:4' -ex run \
			-ex 'print nowhere' --args "$tool" prog run faults.so --prog reads_null \
			--topology pu:1 >out 2>err
		report 'faults: gdb stops at a line' \
			"$(grep -q 'reads_null .*faults.bpf.c:4' out || echo 'it does not')"
		report 'faults: gdb prints a variable' \
			"$(grep -q '= (int \*) 0x0$' out || echo 'it does not')"
	fi
	;;
esac

# --- programs that Linux would refuse ---------------------------------------------------------

cat >refused.bpf.c <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, __u64);
} settings SEC(".maps");
volatile int goes_on = 1;
SEC("xdp") int has_no_end(void *ctx) { while (goes_on) ; return 0; }
SEC("xdp") int writes(void *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&settings, &key);

	if (value)
		*value = 1;
	return 0;
}
END
expect 'cc: the same source, plain' 0 out nothing cc refused.bpf.c -o plain.so
expect 'cc: and checked' 0 out nothing cc --checked refused.bpf.c -o checked.so
expect 'refused: no end in time' 1 err \
	'program "has_no_end" on CPU 0 has not ended in 1 seconds: .*--timeout' \
	prog run plain.so --prog has_no_end --timeout 1 --topology pu:1
expect 'refused: no end in a million steps' 1 err \
	'program "has_no_end" on CPU 1 was stopped after 1000000 steps.*--steps' \
	prog run checked.so --prog has_no_end --topology pu:2 --cpu 1 --steps 1000000
expect 'refused: no steps at all' 2 err '--steps is "0"; it must be a whole number from 1 to ' \
	prog run checked.so --prog has_no_end --steps 0
expect 'refused: a store, plain' 1 err \
	'"writes" on CPU 0.*a store into map "settings", which has BPF_F_RDONLY_PROG|Sanitizer' \
	prog run plain.so --prog writes --topology pu:1
expect 'refused: a store, checked' 1 err \
	'program [0-9]+ "writes" on CPU 1, refused.bpf.c:18: write of 8 bytes at offset 0 of key 0' \
	prog run checked.so --prog writes --topology pu:2 --cpu 0-1
expect 'refused: the other CPU, too' 1 out '^  CPU 0: stopped, EACCES$' \
	prog run checked.so --prog writes --topology pu:2 --cpu 0-1
expect 'refused: as JSON' 1 out '"stopped": ?true' \
	prog run checked.so --prog writes --topology pu:1 --json

finish
