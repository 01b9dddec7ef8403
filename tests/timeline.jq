# SPDX-License-Identifier: MIT
# Is this a timeline as pcasim writes it, by the rules of the trace event format? Prints
# what is wrong, a line each; nothing for a good one.

def ns($us): ($us * 1000) | round;
def is_number: type == "number";

def required:
	.traceEvents[]
	| select((.ph | IN("M", "X", "i") | not) or (.name | type) != "string" or .name == ""
		or (.pid | is_number | not) or (.tid | is_number | not)
		or (.ph == "X" and ((.ts | is_number | not) or (.dur | is_number | not)
			or .ts < 0 or .dur < 0))
		or (.ph == "i" and ((.ts | is_number | not) or .ts < 0
			or (.s | IN("t", "g") | not))))
	| "a member is missing or wrong: \(tojson)";

# What the categories may say.
def known:
	.traceEvents[] | select(.ph != "M")
	| select((
		if .cat == "helper" then .ph == "X" and (.name | test("^bpf_[a-z_]+$"))
		elif .cat == "command" then .ph == "X" and (.name | test("^(BPF_[A-Z_]+|bpf\\(-?[0-9]+\\))$"))
		elif .cat == "run" then .ph == "X"
			and (.args.result != null or .args.preempted_by != null)
		elif .cat == "access" then .ph == "i" and (.name | test("^(reads|writes|changes) "))
		elif .cat == "sched" then .ph == "i" and .name == "sched_switch"
			and .args.prev != null and .args.next != null and .args.prev != .args.next
		elif .cat == "cpu" then .ph == "i" and (.name | IN("online", "offline"))
		else .cat == "timeline" end) | not)
	| "unknown name or category: \(tojson)";

def named:
	([.traceEvents[] | select(.ph == "M" and .name == "thread_name") | {key: "\(.tid)", value: .args.name}]
		| from_entries) as $tracks
	| (.traceEvents[] | select(.ph != "M" and ($tracks["\(.tid)"] == null))
		| "on a track without a name: \(tojson)"),
	(.traceEvents[] | select(.ph != "M" and .cat != "timeline" and .cat != "access")
		| select(($tracks["\(.tid)"] // "" | startswith("task ")) != (.cat == "command"))
		| "on the wrong track: \(tojson)"),
	(if ([.traceEvents[] | select(.ph == "M" and .name == "process_name")] | length) != 1
		then "not one process" else empty end);

def in_order:
	[.traceEvents[] | select(.ph != "M" and .cat != "timeline") | .ts]
	| if . == sort then empty else "time goes backwards" end;

# On a track, a slice that begins in another one ends in it, and helper calls lie in runs.
def nested:
	[.traceEvents[] | select(.ph == "X")] | group_by(.tid)[]
	| reduce .[] as $e ({open: [], bad: []};
		ns($e.ts) as $from | (ns($e.ts) + ns($e.dur)) as $until
		| .open |= map(select(.end > $from or (.begin == $from and .end >= $until)))
		| (if (.open | length) > 0 and .open[-1].end < $until
			then .bad += ["does not nest: \($e | tojson)"] else . end)
		| (if $e.cat == "helper" and (.open | length) == 0
			then .bad += ["a helper call outside a run: \($e | tojson)"] else . end)
		| .open += [{begin: $from, end: $until}])
	| .bad[];

# A CPU goes from idle to something and back, and back to where it came from.
def switching:
	[.traceEvents[] | select(.cat == "sched")] | group_by(.tid)[]
	| . as $s
	| range(0; length)
	| if . % 2 == 0
		then select($s[.].args.prev | startswith("swapper/") | not)
		else select($s[.].args.prev != $s[. - 1].args.next
			or $s[.].args.next != $s[. - 1].args.prev)
		end
	| "a switch from what was not there: \($s[.] | tojson)";

def counted($cat; $member):
	([.traceEvents[] | select(.cat == $cat)] | length) as $n
	| if $n == .otherData[$member] then empty
		else "\($n) of \($cat), \(.otherData[$member]) told" end;

if (.traceEvents | type) != "array" or .displayTimeUnit != "ns"
then "not a trace"
else required, known, named, in_order, nested, switching,
	counted("run"; "runs"), counted("command"; "commands"),
	counted("helper"; "helpers"), counted("sched"; "switches")
end
