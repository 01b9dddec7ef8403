#!/bin/sh
# SPDX-License-Identifier: MIT
# The pcasim tool as its users meet it: what it refuses, with one line on stderr
# and status 2, and what it shows. usage: cli.sh PCASIM
set -u

tool=${1:?usage: cli.sh PCASIM}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

LC_ALL=C
export LC_ALL
unset NO_COLOR
passed=0
failed=0

ok() {
	printf 'ok - %s\n' "$1"
	passed=$((passed + 1))
}

not_ok() { # name, reason
	printf 'not ok - %s: %s\n' "$1" "$2"
	sed 's/^/#   /' "$dir/err"
	failed=$((failed + 1))
}

run() { # argument...: sets status, leaves out and err in $dir
	"$tool" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
}

refuses() { # name, argument...
	name=$1
	shift
	run "$@"
	if [ "$status" -ne 2 ]; then
		not_ok "$name" "exit status $status, not 2"
	elif [ "$(wc -l <"$dir/err")" -ne 1 ]; then
		not_ok "$name" "not exactly one line on stderr"
	elif ! grep -q '^pcasim[ :]' "$dir/err"; then
		not_ok "$name" "the line does not begin with pcasim"
	elif [ -s "$dir/out" ]; then
		not_ok "$name" "something on stdout"
	else
		ok "$name"
	fi
}

shows() { # name, extended regular expression, argument...
	name=$1
	pattern=$2
	shift 2
	run "$@"
	if [ "$status" -ne 0 ]; then
		not_ok "$name" "exit status $status, not 0"
	elif [ -s "$dir/err" ]; then
		not_ok "$name" "something on stderr"
	elif ! grep -Eq -- "$pattern" "$dir/out"; then
		not_ok "$name" "no line matches $pattern"
	else
		ok "$name"
	fi
}

is_json() { # name, argument...
	name=$1
	shift
	run "$@"
	if [ "$status" -ne 0 ]; then
		not_ok "$name" "exit status $status, not 0"
	elif command -v python3 >/dev/null && ! python3 -m json.tool "$dir/out" >/dev/null; then
		not_ok "$name" "no valid JSON"
	else
		ok "$name"
	fi
}

is_plain() { # name, argument...: no escape sequences, nothing beyond ASCII
	name=$1
	shift
	run "$@"
	if [ "$status" -ne 0 ]; then
		not_ok "$name" "exit status $status, not 0"
	elif [ -n "$(tr -d '\n -~' <"$dir/out")" ]; then
		not_ok "$name" "bytes that are not printable ASCII"
	else
		ok "$name"
	fi
}

many=$(printf '%04000d' 0)
mkdir "$dir/empty" "$dir/broken" "$dir/traces"
printf 'not a trace\n' >"$dir/broken/broken.trace"
printf '<topology' >"$dir/broken.xml"
printf '#oracle_fuzz v1 seed=1 nops=1 possible_cpus=2\n#kernel release=6.18.44 online=2 pin=1\n0 CREATE h=h0 type=6 key_size=4 value_size=8 max_entries=1 flags=0x0 -> ret=0 err=0\n' \
	>"$dir/traces/linux-6.18.44-one"

xml() { # attribute of the second CPU
	cat <<END
<?xml version="1.0" encoding="UTF-8"?>
<topology version="2.0">
<object type="Machine" os_index="0" cpuset="0x3" complete_cpuset="0x3" allowed_cpuset="0x3"
 nodeset="0x1" complete_nodeset="0x1" allowed_nodeset="0x1" gp_index="1">
<object type="NUMANode" os_index="0" cpuset="0x3" complete_cpuset="0x3" nodeset="0x1"
 complete_nodeset="0x1" gp_index="4" local_memory="1048576"/>
<object type="PU" os_index="0" cpuset="0x1" complete_cpuset="0x1" nodeset="0x1"
 complete_nodeset="0x1" gp_index="2"/>
<object type="PU" $1 cpuset="0x2" complete_cpuset="0x2" nodeset="0x1"
 complete_nodeset="0x1" gp_index="3"/>
</object>
</topology>
END
}
xml 'os_index="1"' >"$dir/two.xml"
xml '' >"$dir/nameless.xml"
cp "$dir/two.xml" "$dir/x<y>.xml"
bytes=$(printf 'b\377\033z') # no UTF-8, and no text at all
cp "$dir/two.xml" "$dir/$bytes.xml"

# --- The tool itself ----------------------------------------------------------------------

run
if [ "$status" -eq 2 ] && grep -q '^usage: pcasim' "$dir/err"; then
	ok "no command: usage, status 2"
else
	not_ok "no command: usage, status 2" "exit status $status"
fi
shows "--help lists the commands" '^  replay ' --help
shows "-h" '^usage: pcasim' -h
shows "help" '^usage: pcasim' help
shows "--version" '^pcasim [0-9]+\.[0-9]+\.[0-9]+$' --version
refuses "unknown command" nonsense
# All that --help lists, to the last.
"$tool" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' >"$dir/commands"
while read -r command; do
	grep -Eq "there are .*\\<$command\\>" "$dir/err" ||
		not_ok "unknown command" "$command is not among those that are there"
done <"$dir/commands"
refuses "empty command" ''
refuses "command with newlines" 'a
b'
refuses "help on an unknown command" help nonsense
refuses "unknown option before a command" --nonsense
for command in demo topo footprint replay releases rules; do
	shows "$command --help" "^usage: pcasim $command" "$command" --help
	shows "$command -h" "^usage: pcasim $command" "$command" -h
	shows "help $command" "^usage: pcasim $command" help "$command"
	refuses "$command: unknown option" "$command" --nonsense
	refuses "$command: unknown short option" "$command" -z
	refuses "$command: --json takes no value" "$command" --json=1
done
if [ -w /dev/full ]; then
	"$tool" topo --topology pu:4 >/dev/full 2>"$dir/err"
	status=$?
	if [ "$status" -eq 2 ] && [ "$(wc -l <"$dir/err")" -eq 1 ]; then
		ok "full disk"
	else
		not_ok "full disk" "exit status $status, not 2 with a line"
	fi
fi

# --- releases, and choosing one -----------------------------------------------------------

shows "releases: what can be chosen" '^  \*5\.10 ' releases
shows "releases: the default" 'the default is 7\.2' releases
shows "releases: a change that was measured" '^  7\.3 +measured ' releases
shows "releases: a change that was read" '^  5\.13 +read ' releases
shows "releases: a change that was only seen" '^  6\.12 +seen ' releases
shows "releases: what came before" '^  4\.6 +read ' releases
is_json "releases: JSON" releases --json
is_plain "releases: plain in a pipe" releases
refuses "releases: extra argument" releases extra
for bad in '' 1.0 7.4 6.x 6.258; do
	refuses "--kernel \"$bad\"" --kernel "$bad" topo --topology pu:1
done
refuses "--kernel without a release" --kernel
shows "--kernel before a command" 'stride' --kernel 6.1 topo --topology pu:2
shows "--kernel=R before a command" 'as Linux 6.1$' --kernel=6.1 topo --topology pu:2
refuses "--kernel=R, a release that is none" --kernel=1.0 topo
refuses "--kernel=, empty" --kernel= topo
refuses "--kernel behind a command, a release that is none" topo --kernel 1.0
refuses "--kernel behind a command, empty" footprint --kernel ''
shows "--kernel behind topo" 'as Linux 6.1$' topo --topology pu:2 --kernel 6.1
shows "--kernel=R behind topo, the last one counts" 'as Linux 5.10$' --kernel 6.1 topo --kernel=5.10
shows "--kernel behind footprint" 'none: LOOKUP_BATCH' footprint --kernel 5.10
shows "--kernel behind demo" 'as Linux 6.1$' demo --kernel 6.1 --seconds 0.01 \
	--topology pu:2 --traces "$dir/traces"
shows "--kernel behind replay" ' 0 differences' replay "$dir/traces/linux-6.18.44-one" --kernel 5.10
shows "--kernel behind record" '^#kernel release=5.10 ' record --sim --ops 1 --kernel 5.10
shows "--kernel behind rules" '5\.10-' rules --kernel 5.10
shows "--kernel behind shell" '^5\.10$' shell --kernel 5.10 -c release
refuses "--kernel of one that is running" --kernel 6.1 rules --check --on-kernel
refuses "--kernel of all releases" --kernel 6.1 releases
refuses "releases --kernel" releases --kernel 6.1
run --kernel 6.1
if [ "$status" -eq 2 ] && grep -q '^usage: pcasim' "$dir/err"; then
	ok "--kernel without a command: usage, status 2"
else
	not_ok "--kernel without a command: usage, status 2" "exit status $status"
fi
run --kernel 6.6 demo --seconds 0.01 --topology pu:2 --traces "$dir/traces"
if grep -q 'release 6.6 was not measured: it behaves as 6.1' "$dir/err"; then
	ok "--kernel between measured ones warns"
else
	not_ok "--kernel between measured ones warns" "no warning"
fi

# --- Machines that cannot be, asked of both who make one ----------------------------------

for command in topo demo; do
	refuses "$command: topology pu:0" "$command" --topology pu:0
	refuses "$command: topology foo" "$command" --topology foo
	refuses "$command: topology empty" "$command" --topology ''
	refuses "$command: topology without end" "$command" --topology "$many"
	refuses "$command: topology of too many CPUs" "$command" --topology pu:4097
	refuses "$command: topology that overflows" "$command" \
		--topology 'pack:4294967296 pu:4294967296'
	refuses "$command: topology with a negative count" "$command" --topology pu:-1
	refuses "$command: topology with escape bytes" "$command" --topology "$(printf 'a\033[2J\nb')"
	refuses "$command: topology missing" "$command" --topology
	refuses "$command: CPU id out of range" "$command" --possible 0-8192
	refuses "$command: huge CPU id" "$command" --possible 99999999999999999999
	refuses "$command: more than 4096 CPUs" "$command" --possible 0-4096
	refuses "$command: range backwards" "$command" --possible 3-1
	refuses "$command: no cpulist" "$command" --possible zero
	refuses "$command: cpulist with a comma too many" "$command" --possible 0,,1
	refuses "$command: possible empty" "$command" --possible ''
	refuses "$command: online not among possible" "$command" --topology pu:4 --online 3-4
	refuses "$command: online empty" "$command" --topology pu:4 --online ''
	refuses "$command: extra argument" "$command" --topology pu:4 extra
done

# --- Lines fit a terminal -----------------------------------------------------------------

fits() { # argument...: lines of at most 80 columns, and no blanks at their ends
	run "$@"
	if [ "$status" -ne 0 ]; then
		not_ok "$* fits 80 columns" "exit status $status"
	elif awk 'length > 80 || / $/ { print; bad = 1 } END { exit bad }' "$dir/out" >"$dir/err"; then
		ok "$* fits 80 columns"
	else
		not_ok "$* fits 80 columns" "these lines do not"
	fi
}

while read -r command; do
	fits "$command" --help
done <"$dir/commands"
for command in help map run cpu task release; do
	fits shell -c "help $command"
done
fits releases
fits rules
for release in 5.10 6.1 6.12 7.2; do
	fits --kernel $release footprint --value-size 64 --entries 2000
	fits --kernel $release footprint --type array --cpus 4096 --value-size 1000000
done
fits --kernel 6.12 footprint --cpus 4096 --value-size 32768 --entries 100
fits topo --topology 'pack:8 numa:1 core:64 pu:8'
fits topo --topology 'pack:2 numa:1 l3:1 core:8 pu:2'
fits demo --seconds 0.01 --topology pu:2

# --- topo ---------------------------------------------------------------------------------

for bad in 0 -1 8x x8 ' 8' '8 ' 0x8 1.5 '' 4294967296 99999999999999999999; do
	refuses "topo: value size \"$bad\"" topo --topology pu:1 --value-size "$bad"
	refuses "topo: entries \"$bad\"" topo --topology pu:1 --entries "$bad"
done
refuses "topo: value of 32769 bytes" topo --topology pu:1 --value-size 32769
refuses "topo: more memory than there is" topo --topology pu:4096 --value-size 32768 \
	--entries 4294967295
refuses "topo: XML file missing" topo --xml "$dir/none.xml"
refuses "topo: XML file broken" topo --xml "$dir/broken.xml"
refuses "topo: XML file with a CPU that has no number" topo --xml "$dir/nameless.xml"
refuses "topo: XML file empty" topo --xml /dev/null
refuses "topo: XML file is a directory" topo --xml "$dir"
grep -q 'a directory$' "$dir/err" || not_ok "topo: XML file is a directory" "it is not said"
refuses "topo: topology and XML" topo --topology pu:1 --xml "$dir/broken.xml"

shows "topo: this host" 'this host' topo
shows "topo: one CPU" '1 possible \(0\), 1 online \(0\)' topo --topology pu:1
shows "topo: cores and threads" 'Core 3: CPUs 6-7' topo --topology 'pack:1 core:4 pu:2'
shows "topo: XML file" 'NUMA node 0 \(1 MiB\): CPUs 0-1' topo --xml "$dir/two.xml"
shows "topo: collapsed" '7 more like it: CPUs 8-63' topo \
	--topology 'pack:2 numa:1 core:8 pu:8'
shows "topo: 4096 CPUs" '0-511 +0-511 +0 ' topo --topology 'pack:8 numa:1 core:64 pu:8'
shows "topo: sparse CPU ids have dense ordinals" '^ +7 +3 ' topo --topology pu:8 \
	--possible 0,2-3,7
shows "topo: offline CPUs" 'offline' topo --topology pu:4 --online 0-1
shows "topo: possible, not in the topology" 'not in the topology: CPUs 4-7' topo \
	--topology pu:4 --possible 0-7
shows "topo: in the topology, not possible" 'not possible: 2-3' topo --topology pu:4 \
	--possible 0-1
shows "topo: values are rounded up to 8" 'element +16 B' topo --topology pu:2 --value-size 12
shows "topo: the stride is an odd multiple of 128" 'stride +2,176 B, 17 x 128' topo \
	--topology pu:2
shows "topo: the largest value" 'element +32,768 B' topo --topology pu:2 --value-size 32768
is_json "topo: JSON" topo --json
is_json "topo: JSON of sparse CPUs" topo --topology pu:8 --possible 0,2-3,7,9 --online 3 --json
is_json "topo: JSON of 4096 CPUs" topo --topology 'pack:8 numa:1 core:64 pu:8' --json
is_plain "topo: plain in a pipe" topo --topology 'pack:2 l3:1 core:2 pu:2' --possible 0-9

# Colour is for terminals, and only for those who have not declined it.
on_terminal() { # name, escape sequences (some, none), environment setting...
	name=$1
	expected=$2
	shift 2
	env "$@" TERM=xterm script -qec "'$tool' topo --topology pu:2" /dev/null \
		>"$dir/out" 2>"$dir/err" </dev/null
	found=none
	if grep -q "$(printf '\033')" "$dir/out"; then
		found=some
	fi
	if [ "$found" = "$expected" ] && grep -q 'stride' "$dir/out"; then
		ok "$name"
	else
		not_ok "$name" "escape sequences: $found, expected: $expected"
	fi
}

if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
	on_terminal "topo: colour on a terminal" some UNUSED=1
	on_terminal "topo: an empty NO_COLOR is none" some NO_COLOR=
	on_terminal "topo: NO_COLOR" none NO_COLOR=1
fi

# --- topo --svg ---------------------------------------------------------------------------

run topo --topology pu:4 --svg "$dir/topo.svg"
if [ "$status" -eq 0 ] && [ ! -s "$dir/out" ] && grep -q '</svg>' "$dir/topo.svg"; then
	ok "topo: a picture in a file, nothing else"
else
	not_ok "topo: a picture in a file, nothing else" "exit status $status"
fi
shows "topo: a picture on standard output" '^<svg xmlns=' topo --topology pu:4 --svg -
shows "topo: a CPU that is offline in the picture" '>offline<' topo --topology pu:4 \
	--online 0-1 --svg -
shows "topo: ordinals in the picture" '>ordinal 1<' topo --topology pu:4 --possible 0,2 --svg -
shows "topo: equal cores are counted in the picture" '>… 255 more cores like it<' topo \
	--topology 'core:256 pu:2' --svg -
shows "topo: markup in a picture is text" 'x&lt;y&gt;.xml' topo --xml "$dir/x<y>.xml" --svg -
run topo --xml "$dir/$bytes.xml" --svg -
if [ "$status" -eq 0 ] && iconv -f UTF-8 -t UTF-8 "$dir/out" >/dev/null 2>&1 &&
	! tr -d '\t\n' <"$dir/out" | grep -q '[[:cntrl:]]'; then
	ok "topo: bytes that are no text are replaced in a picture"
else
	not_ok "topo: bytes that are no text are replaced in a picture" "they are not"
fi
refuses "topo: no picture and JSON at once" topo --topology pu:1 --json --svg -
refuses "topo: a picture that cannot be written" topo --topology pu:1 --svg "$dir/none/x.svg"
refuses "topo: a picture on a full disk" topo --topology pu:1 --svg /dev/full

# --- model ---------------------------------------------------------------------------------

model() { # argument...: short
	set -- model --topology 'pack:2 numa:2 core:2 pu:2' --accesses 20000 "$@"
	run "$@"
}

shows "model: what is modelled" '8 cores, 4 L3 groups, 2 packages, 4 NUMA nodes; lines of 64 B' \
	model --topology 'pack:2 numa:2 core:2 pu:2' --accesses 1000
shows "model: caches of the topology" 'L1d 48 KiB of 8 ways and L2 2 MiB of 16 ways per core, L3 6 MiB' \
	model --topology 'l3:2(size=6291456) l2:2(size=2097152) l1d:1(size=49152) core:1 pu:1' --accesses 1000
shows "model: caches that are asked for" 'L1d 48 KiB of 12 ways per core, no L2, L3 1 MiB of 16 ways' \
	model --topology pu:2 --l1 48K,12 --l2 none --l3 1M,16 --accesses 1000
shows "model: the reason" 'line is shared by 8 CPUs on 4 cores: 0\.[0-9]+ transfers' \
	model --topology 'core:8 pu:2' --layout packed --accesses 20000
shows "model: one CPU" '1 core, 1 L3 group, 1 package, 1 NUMA node' model --topology pu:1 --accesses 1000
shows "model: 1024 CPUs" 'on 1024 CPUs' model --topology 'pack:4 core:128 pu:2' --accesses 1000
for workload in count histogram update read_sum; do
	shows "model: workload $workload" "^Workload $workload, 100 " model --workload $workload \
		--topology pu:4 --keys 100 --value-size 20 --accesses 1000
done
for stream in sequential uniform zipf hot; do
	shows "model: $stream keys" "100 $stream keys of 8 bytes, on 3 CPUs" model --stream $stream \
		--topology pu:3 --keys 100 --accesses 1000
done
shows "model: what is too large is left out" '-  padded128 +left out' model --topology pu:64 \
	--keys 65536 --value-size 4096 --accesses 1000
shows "model: explain" '^ +0 .*c0 k0 +.*c3 k0 .*c0 k1 .*4 CPUs write' model --topology pu:4 \
	--layout packed --explain --accesses 1000
shows "model: explain, a picture" '>cpu 3 key 0<' model --topology pu:4 --layout packed --explain \
	--svg - --accesses 1000
is_plain "model: plain in a pipe" model --topology pu:4 --accesses 1000
is_plain "model: explain, plain in a pipe" model --topology pu:4 --explain --accesses 1000
is_json "model: JSON" model --topology 'pack:2 core:2 pu:2' --accesses 1000 --json
is_json "model: JSON of a reader" model --topology pu:2 --workload read_sum --accesses 1000 --json

model --json --seed 7
cp "$dir/out" "$dir/first"
model --json --seed 7
if [ -s "$dir/first" ] && cmp -s "$dir/out" "$dir/first"; then
	ok "model: the same seed, the same counts"
else
	not_ok "model: the same seed, the same counts" "they differ"
fi
model --json --seed 8
if [ "$status" -eq 0 ] && ! cmp -s "$dir/out" "$dir/first"; then
	ok "model: another seed, other counts"
else
	not_ok "model: another seed, other counts" "they are the same"
fi

# Lines 0, 1, 2, 0 of two sets of one way: 2 sends 0 away. The last access crosses a line.
printf '==1== lackey\nI  04001130,3\n L 0,8\n S 40,8\n M 80,4\n L 0,1\n L 3c,8\n' >"$dir/lackey"
run model --topology pu:1 --l1 128,1 --l2 none --l3 64K,16 --trace "$dir/lackey" --json
if grep -q '"l1_misses": 4,' "$dir/out" && grep -q '"l3_misses": 3,' "$dir/out" &&
	grep -q '"instructions": 1,' "$dir/out"; then
	ok "model: a trace"
else
	not_ok "model: a trace" "other misses"
fi
shows "model: a trace as text" '^  L1d +4 misses, 0.8000 per access' model --topology pu:1 \
	--l1 128,1 --l2 none --l3 64K,16 --trace "$dir/lackey"
for line in 'x' ' L' ' L 0' ' L 0,' ' L 0,0' ' L 0,9999' ' L ffffffffffffffff,8' ' X 0,8' \
	' L 0,8 ' 'L  0,8' 'I  0'; do
	printf ' L 0,8\n%s\n' "$line" >"$dir/bad_lackey"
	refuses "model: trace with \"$line\"" model --topology pu:1 --trace "$dir/bad_lackey"
done
{
	printf '==1== Command: ./program'
	printf ' argument%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 \
		28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57
	printf '\n L 1000,8\n'
} >"$dir/long_lackey"
shows "model: a trace of a long command" '^  L1d +1 miss' model --topology pu:1 --trace "$dir/long_lackey"
refuses "model: an empty trace" model --trace /dev/null
refuses "model: no such trace" model --trace "$dir/none"
refuses "model: a directory for a trace" model --trace "$dir"
refuses "model: a trace and a layout" model --trace "$dir/lackey" --layout slab
refuses "model: a trace and sets that are no power of two" model --topology pu:1 --l1 48K,8 \
	--trace "$dir/lackey"
for bad in 0 1025 x; do
	refuses "model: $bad CPUs" model --topology "pu:$bad"
done
refuses "model: a layout there is none of" model --layout dense
refuses "model: a workload there is none of" model --workload sum
refuses "model: a stream there is none of" model --stream random
refuses "model: a histogram with a stream" model --workload histogram --stream zipf
refuses "model: no keys" model --keys 0
refuses "model: 65537 keys" model --keys 65537
refuses "model: values of 32769 bytes" model --value-size 32769
refuses "model: no accesses" model --accesses 0
refuses "model: a layout that is too large" model --topology pu:1024 --layout slab --keys 65536 \
	--value-size 32768
refuses "model: layouts that are all too large" model --topology pu:1024 --keys 65536 \
	--value-size 32768
for bad in 32K '32K,' ',8' 32K,0 32K,65 100,8 0,8 32K,8x 32G,8 none,8 99999999999M,8; do
	refuses "model: an L2 of $bad" model --l2 "$bad"
done
refuses "model: no L1" model --l1 none
refuses "model: a picture of nothing" model --svg -
refuses "model: no explanation and JSON at once" model --json --explain
refuses "model: two topologies" model --topology pu:1 --xml "$dir/two.xml"
refuses "model: an operand" model slab
refuses "model: a picture on a full disk" model --topology pu:2 --accesses 1000 --explain \
	--svg /dev/full

# --- footprint ----------------------------------------------------------------------------

# The formula that is shown is worked out here and compared with what a map was charged.
computed() { # "round_up(round_up(4 + 8 * 4, 8) * 256, 4096)"
	expression=$(printf '%s\n' "$1" | sed -e 's/^round_up(\(.*\), 4096)$/((\1 + 4095) \/ 4096 * 4096)/' \
		-e 's/round_up(\([^()]*\), 8)/((\1 + 7) \/ 8 * 8)/')
	# shellcheck disable=SC2004 # an expression, not a number
	echo "$(($expression))"
}

for release in 5.10 6.1 6.12 7.2; do
	for type in percpu_array array; do
		name="footprint: the formula of $type in $release"
		run --kernel $release footprint --type $type --cpus 0,2-3,7-8 --value-size 12 \
			--entries 300 --json
		formula=$(sed -n 's/.*"formula_with_numbers": "\(.*\)",/\1/p' "$dir/out")
		charged=$(sed -n 's/^    "bytes_memlock": \(.*\),/\1/p' "$dir/out")
		if [ -n "$charged" ] && [ "$(computed "$formula")" -eq "$charged" ]; then
			ok "$name"
		else
			not_ok "$name" "\"$formula\" is not $charged"
		fi
	done
done
shows "footprint: a LOOKUP of 5 CPUs" 'LOOKUP +80 B' footprint --cpus 0,2-3,7-8 --value-size 12
shows "footprint: the asked one among the others" '^> +5 ' footprint --cpus 5
shows "footprint: as many CPUs as the table has" '^> +64 ' footprint --cpus 64
shows "footprint: more than the table has" '^> +4096 ' footprint --cpus 4096
shows "footprint: an ARRAY does not grow" '^  +1024 +2.3 KiB +2.1 KiB +8 B' footprint --type array
shows "footprint: no batches in 5.10" 'none: LOOKUP_BATCH' --kernel 5.10 footprint
shows "footprint: what 5.10 refuses on more CPUs" ' 512 +E2BIG$' --kernel 5.10 footprint \
	--cpus 2 --entries 1000000 --value-size 16
is_json "footprint: JSON" footprint --cpus 3 --json
is_json "footprint: JSON of what 5.10 refuses" --kernel 5.10 footprint --cpus 2 \
	--entries 4000000 --value-size 100 --json
is_plain "footprint: plain in a pipe" footprint --cpus 3
shows "footprint: what limits a value" '  a value may have up to 32,768 bytes; this one has 64$' \
	footprint --cpus 3 --value-size 64
shows "footprint: what limits a map" '  a map may be as large as memory allows$' footprint --cpus 3
shows "footprint: what limits a map in 5.10" ' a map must stay below 4 GiB' \
	--kernel 5.10 footprint --cpus 3
shows "footprint: the picture tells how far it goes" '<desc.*up to 4096 CPUs' \
	footprint --cpus 4096 --svg -
shows "footprint: a picture" '>refused: E2BIG<' --kernel 5.10 footprint --cpus 2 \
	--entries 1000000 --value-size 16 --svg -
for bad in 0 4097 99999999999 -1 1-0 x ''; do
	refuses "footprint: CPUs \"$bad\"" footprint --cpus "$bad"
done
refuses "footprint: type hash" footprint --type hash
refuses "footprint: value of 32769 bytes" footprint --cpus 1 --value-size 32769
refuses "footprint: 4 GiB in 5.10" --kernel 5.10 footprint --cpus 4096 --entries 1000000
refuses "footprint: more than there are addresses" footprint --cpus 4096 --value-size 32768 \
	--entries 4294967295
refuses "footprint: no picture and JSON at once" footprint --json --svg -
refuses "footprint: a picture on a full disk" footprint --svg /dev/full
for release in 5.10 6.1; do
	run --kernel $release footprint --cpus 1 --value-size 40000
	if grep -q 'at most 32768 bytes, not 40000' "$dir/err"; then
		ok "footprint: why $release refuses a large value"
	else
		not_ok "footprint: why $release refuses a large value" "another reason"
	fi
done

# --- bench: what is asked for and what comes out, no times ---------------------------------

for flag in --help -h; do
	shows "bench $flag" '^usage: pcasim bench' bench $flag
done
shows "bench: the list has layouts" '^  padded128 ' bench --list
shows "bench: the list has names" '^  read_sum ' bench --list
for bad in 'nonsense' 'count nonsense' '--nonsense' '--layout slab,nonsense' '--layout slab,' \
	'--layout slab,packed,slab' '--keys 0' '--keys 65537' '--value-size 3' '--value-size 4097' \
	'--threads 0' '--threads 1025' '--threads two' '--stream nonsense' '--work -1' \
	'--preset slow' 'commands --keys 5' 'creation --layout slab' 'histogram --stream zipf' \
	'--json - --csv -' '--json' "--json $dir/none/file" '--html' "--html $dir/none/file" \
	'--html - --json -' "--csv $dir/x --html $dir/x"; do
	# shellcheck disable=SC2086 # words
	refuses "bench $bad" bench $bad
done
shows "bench: layouts beside each other" '^  shared_mutex +[0-9.]+ ns +[0-9]+% ' \
	bench count --threads 1 --keys 16
shows "bench: the first layout is what others are set against" \
	'^  packed .* 1, what others are set against .* 128 B$' \
	bench count --threads 1 --keys 16 --layout packed,slab
shows "bench: pcasim beside the kernel, or alone" '^  a call of the function +[0-9.]+ ns ' \
	bench program commands creation dispatch
is_plain "bench: plain in a pipe" bench read_sum --threads 1 --layout packed,pointers
is_json "bench: JSON" bench update --threads 1 --layout slab,packed --keys 16 --value-size 100 \
	--json - --csv "$dir/bench.csv"
if [ "$(head -n 1 "$dir/bench.csv")" != \
	name,note,threads,keys,value_bytes,cpus,stream,work,contender,per,ns ]; then
	not_ok "bench: CSV" "another first line"
elif ! grep -Eq '^update,"1 thread, 16 keys, uniform, 100-byte values",1,16,100,1,uniform,0,"packed",update,[0-9.]+$' \
	"$dir/bench.csv"; then
	not_ok "bench: CSV" "no sample of packed"
else
	ok "bench: CSV"
fi
if command -v jq >/dev/null; then
	if jq -e '.contests | length == 1 and .[0].keys == 16 and (.[0].contenders | map(.name) == ["slab", "packed"] and
		(.[1] | .ratio_low <= .ratio and .ratio <= .ratio_high and
			(.samples_ns | length > 4) and .memory_bytes == 1664))' \
		"$dir/out" >/dev/null; then
		ok "bench: what JSON holds"
	else
		not_ok "bench: what JSON holds" "something else"
	fi
fi
run bench count --threads 1 --layout slab --json /dev/full
if [ "$status" -eq 2 ] && [ "$(wc -l <"$dir/err")" -eq 1 ]; then
	ok "bench: a full disk"
else
	not_ok "bench: a full disk" "exit status $status, not 2 with a line"
fi
run bench count --threads 1 --keys 16 --layout slab --html /dev/full
if [ "$status" -eq 2 ] && [ "$(wc -l <"$dir/err")" -eq 1 ]; then
	ok "bench: a full disk, page"
else
	not_ok "bench: a full disk, page" "exit status $status, not 2 with a line"
fi
shows "bench: nothing but a page" '^<!DOCTYPE html>$' bench count --threads 1 --keys 16 \
	--layout slab,packed --html -
if grep -q ' is left out: --keys asked for one number of them\.' "$dir/out" &&
	grep -q ' is left out: --threads asked for one number of them\.' "$dir/out" &&
	[ "$(grep -c '<svg' "$dir/out")" -eq 2 ] && ! grep -q '^  slab' "$dir/out"; then
	ok "bench: what a page leaves out"
else
	not_ok "bench: what a page leaves out" "no lines about keys and threads"
fi
if [ "$(getconf _NPROCESSORS_ONLN)" -lt 1024 ]; then
	run bench count --threads 1024
	if [ "$status" -eq 77 ] && grep -q 'skipped, each thread takes a CPU' "$dir/out"; then
		ok "bench: more threads than CPUs"
	else
		not_ok "bench: more threads than CPUs" "exit status $status, not 77 with a line"
	fi
fi
if command -v taskset >/dev/null; then
	cpu=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')
	if taskset -c "$cpu" "$tool" bench count --layout slab >"$dir/out" 2>"$dir/err" &&
		grep -q '2 threads, .*: skipped, .* may use 1$' "$dir/out"; then
		ok "bench: one CPU"
	else
		not_ok "bench: one CPU" "no line about what is skipped"
	fi
	if taskset -c "$cpu" "$tool" bench histogram --layout slab --html "$dir/one.html" \
		>"$dir/out" 2>"$dir/err" &&
		grep -q '^<p>histogram, 2 threads, .*: skipped, .* may use 1</p>$' "$dir/one.html" &&
		grep -q ' is left out: this process may use one CPU, .* on more CPUs' "$dir/one.html"; then
		ok "bench: one CPU, page"
	else
		not_ok "bench: one CPU, page" "no lines about what is skipped and left out"
	fi
fi

# --- demo ---------------------------------------------------------------------------------

for bad in 0 -1 x 1s '' nan inf 3601 1e3 0x1 . 1.2.3; do
	refuses "demo: seconds \"$bad\"" demo --seconds "$bad"
done
refuses "demo: no traces' directory" demo --seconds 0.01 --traces "$dir/none"
refuses "demo: traces' directory is a file" demo --seconds 0.01 --traces "$dir/broken.xml"
refuses "demo: traces' directory empty" demo --seconds 0.01 --traces "$dir/empty"
refuses "demo: broken trace" demo --json --seconds 0.01 --topology pu:2 --traces "$dir/broken"

# Told at once: a measurement of an hour would be too long for this test.
timeout 20 "$tool" demo --seconds 3600 --traces "$dir/broken" >"$dir/out" 2>"$dir/err"
status=$?
if [ "$status" -eq 2 ] && [ ! -s "$dir/out" ] && grep -q 'broken.trace: not a trace' "$dir/err"; then
	ok "demo: traces that are none are told at once"
else
	not_ok "demo: traces that are none are told at once" "exit status $status"
fi

shows "demo: the last line says what matched" \
	'^1 recorded operation of Linux 6\.18\.44 replayed: 0 differences$' \
	demo --seconds 0.01 --topology pu:2 --traces "$dir/traces"
shows "demo: nothing is lost" '^  lost updates +0 +0$' \
	demo --seconds 0.01 --topology pu:3 --traces "$dir/traces"
shows "demo: many CPUs are summed up" '^  49 others ' \
	demo --seconds 0.05 --topology pu:64 --traces "$dir/traces"
shows "demo: offline CPUs do not run" '1 online \(2\)' \
	demo --seconds 0.01 --topology pu:4 --online 2 --traces "$dir/traces"
is_json "demo: JSON" demo --seconds 0.01 --topology pu:4 --possible 0,2-3,7 --online 2,7 \
	--traces "$dir/traces" --json
shows "demo: a page on standard output" '^<!DOCTYPE html>$' demo --seconds 0.01 --topology pu:2 \
	--traces "$dir/traces" --html -
shows "demo: a page tells what matched" '>0 differences</span>' demo --seconds 0.01 \
	--topology pu:1 --traces "$dir/traces" --html -
shows "demo: the page's keys add up" 'counted ([0-9,]+) events .* The map holds \1\.' demo \
	--seconds 0.01 --topology pu:3 --online 0-1 --traces "$dir/traces" --html -
shows "demo: a run in the page's timeline" '<title>run of hit_keys on CPU 2: ' demo \
	--seconds 0.01 --topology pu:3 --online 0,2 --traces "$dir/traces" --html -
if grep -q 'hit_keys on CPU 1: ' "$dir/out"; then
	not_ok "demo: no run on a CPU that is offline" "there is one"
else
	ok "demo: no run on a CPU that is offline"
fi
shows "demo: a command in the page's timeline" '<title>BPF_MAP_LOOKUP_ELEM on CPU 0: ' demo \
	--seconds 0.01 --topology pu:2 --traces "$dir/traces" --html -
shows "demo: columns of several CPUs" '>a column is the sum of 2 CPUs<' demo \
	--seconds 0.01 --topology pu:140 --online 0-2 --traces "$dir/traces" --html -
refuses "demo: no page and JSON at once" demo --seconds 0.01 --json --html - --traces "$dir/traces"
refuses "demo: no page and timeline on standard output" demo --seconds 0.01 --html - \
	--timeline - --traces "$dir/traces"
refuses "demo: a page that cannot be written" demo --seconds 0.01 --traces "$dir/traces" \
	--html "$dir/none/x.html"
refuses "demo: a page on a full disk" demo --seconds 0.01 --topology pu:2 \
	--traces "$dir/traces" --html /dev/full
is_plain "demo: plain in a pipe" demo --seconds 0.01 --traces "$dir/traces"

# The bar is for a terminal, and gone in the end.
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
	TERM=xterm script -qec \
		"'$tool' demo --seconds 0.3 --topology pu:2 --traces '$dir/traces'" /dev/null \
		>"$dir/out" 2>"$dir/err" </dev/null
	if ! grep -q 'counting, PERCPU_ARRAY .* %' "$dir/out"; then
		not_ok "demo: a bar on a terminal" "there is none"
	elif ! grep -q "$(printf '\r\033')\[K" "$dir/out"; then
		not_ok "demo: a bar on a terminal" "it is not cleared"
	else
		ok "demo: a bar on a terminal"
	fi
	for columns in 79 60 40 39; do
		TERM=xterm script -qec "stty cols $columns; '$tool' demo --seconds 0.3 \
			--topology pu:2 --traces '$dir/traces' >'$dir/text'" /dev/null \
			>"$dir/out" 2>"$dir/err" </dev/null
		widest=$(tr '\r' '\n' <"$dir/out" | grep '%' | awk 'length > n { n = length } END { print n + 0 }')
		name="demo: the bar fits $columns columns"
		if [ "$columns" -lt 40 ] && [ "$widest" -eq 0 ]; then
			ok "$name: none"
		elif [ "$columns" -ge 40 ] && [ "$widest" -gt 30 ] && [ "$widest" -lt "$columns" ]; then
			ok "$name"
		else
			not_ok "$name" "it has $widest"
		fi
	done
fi

# --- replay -------------------------------------------------------------------------------

refuses "replay: no file named" replay
refuses "replay: no such file" replay "$dir/none"
refuses "replay: a directory" replay "$dir"
refuses "replay: no trace" replay "$dir/broken/broken.trace"
refuses "replay: an empty file name" replay ''
refuses "replay: max-diffs 8x" replay --max-diffs 8x "$dir/traces/linux-6.18.44-one"
refuses "replay: max-diffs -1" replay --max-diffs -1 "$dir/traces/linux-6.18.44-one"
refuses "replay: max-diffs without value" replay --max-diffs
refuses "replay: unknown release" --kernel 1.0 replay "$dir/traces/linux-6.18.44-one"
shows "replay: a trace" '^1 trace, 1 operation: 0 differences$' replay "$dir/traces/linux-6.18.44-one"
is_json "replay: JSON" replay --json "$dir/traces/linux-6.18.44-one"

# --- record -------------------------------------------------------------------------------

run record --sim --possible 8 --online 2 --ops 5
cp "$dir/out" "$dir/by_number"
for cpus in 0-7 0-3,4-7; do
	run record --sim --possible $cpus --online 0,1 --ops 5
	if [ "$status" -eq 0 ] && cmp -s "$dir/out" "$dir/by_number"; then
		ok "record: --possible $cpus is 8"
	else
		not_ok "record: --possible $cpus is 8" "exit status $status, or another trace"
	fi
done
for bad in 0 4097 -1 1-3 0,2 0-4096 x '' 99999999999; do
	refuses "record: --possible \"$bad\"" record --sim --possible "$bad"
	refuses "record: --online \"$bad\"" record --sim --online "$bad"
done
refuses "record: more online than possible" record --sim --possible 0-1 --online 0-2

# --- releases -----------------------------------------------------------------------------

refuses "--kernel: no release" --kernel
refuses "--kernel: an empty one" --kernel '' topo
refuses "--kernel: an unknown one" --kernel 4.6 topo
refuses "releases: an argument" releases 6.18
shows "--kernel: a machine of it" 'Linux 5\.10$' --kernel 5.10 topo
shows "--kernel: a full version" 'Linux 7\.3$' --kernel 7.3-rc7 topo
shows "releases: the default" 'the default is 7\.2' releases
shows "releases: a change and what was before" '^ +before: ENOTSUPP$' releases
is_json "releases: JSON" releases --json
is_plain "releases: plain in a pipe" releases

run --kernel 6.6 topo
if [ "$status" -eq 0 ] && grep -q 'warning: release 6.6 was not measured' "$dir/err"; then
	ok "--kernel: one that was not measured warns"
else
	not_ok "--kernel: one that was not measured warns" "exit status $status, or no warning"
fi

# --- rules --------------------------------------------------------------------------------

create='CREATE h=h0 type=6 key_size=4 value_size=8 max_entries=4 flags=0'
cat >"$dir/good.case" <<END
# a comment
section A title

	$create -> 0

when LOOKUP | key = max_entries
rule 5.10- measured | ENOENT
	LOOKUP h=h0 key=04000000 flags=0 vlen=16 -> ENOENT val=-

when UPDATE | flags 3
rule 5.10-6.18 measured | EINVAL
	UPDATE h=h0 key=00000000 flags=3 val=tag:1:8:16 -> EINVAL
rule 7.2- measured | stored
	UPDATE h=h0 key=00000000 flags=3 val=tag:1:8:16 -> ret=0 err=0
END

case_is() { # name, line...: the good cases and these
	name=$1
	shift
	cp "$dir/good.case" "$dir/$name.case"
	printf '%s\n' "$@" >>"$dir/$name.case"
}

shows "rules: a table" '^ +5\.10-6\.18 +measured +EINVAL$' rules "$dir/good.case"
shows "rules: Markdown" '^\| UPDATE \| flags 3 \| stored \| 7\.2 \|  \| measured \|$' \
	rules --markdown "$dir/good.case"
is_json "rules: JSON" rules --json "$dir/good.case"
is_plain "rules: plain in a pipe" rules
shows "rules: check" '^3 rules, 12 checks: 0 differences$' rules --check "$dir/good.case"
sed '/^when UPDATE/,$d' "$dir/good.case" >"$dir/one.case"
shows "rules: one of each" '^1 rule, 1 check: 0 differences$' \
	--kernel 6.12 rules --check "$dir/one.case"
shows "rules: check of one release" '^2 rules, 2 checks: 0 differences$' \
	--kernel 6.12 rules --check "$dir/good.case"
is_json "rules: check, JSON" rules --check --json "$dir/good.case"
run --kernel 6.12 rules --json "$dir/good.case"
if grep -q stored "$dir/out"; then
	not_ok "rules: --kernel leaves others out" "a rule of 7.2 is there"
else
	ok "rules: --kernel leaves others out"
fi

case_is wrong 'rule 6.18- measured | wrong' "	$create -> EINVAL"
run rules --check "$dir/wrong.case"
if [ "$status" -eq 1 ] && grep -q 'wrong\.case:16: 7\.3: CREATE ' "$dir/out" &&
	grep -q '^4 rules, 15 checks: 3 differences$' "$dir/out"; then
	ok "rules: a wrong one is found, with file and line"
else
	not_ok "rules: a wrong one is found, with file and line" "exit status $status"
fi
case_is more_than_said 'rule 7.2- measured | wrong' "	$create -> 0 nothing=1"
run rules --check "$dir/more_than_said.case"
if [ "$status" -eq 1 ]; then
	ok "rules: every token of a rule must be in the answer"
else
	not_ok "rules: every token of a rule must be in the answer" "exit status $status"
fi

for none in '' '# a comment'; do
	printf '%s\n' "$none" >"$dir/none.case"
	refuses "rules: a file without rules" rules --check "$dir/none.case"
	grep -q 'no rules in .*none.case' "$dir/err" ||
		not_ok "rules: a file without rules" "it is not said"
done
refuses "rules: no such file" rules "$dir/none"
refuses "rules: a directory" rules "$dir"
refuses "rules: --on-kernel without --check" rules --on-kernel
refuses "rules: --markdown and --json" rules --markdown --json
case_is bad_word 'what UPDATE | flags 4'
refuses "rules: an unknown word" rules "$dir/bad_word.case"
case_is bad_when 'when UPDATE'
refuses "rules: a condition without words" rules "$dir/bad_when.case"
case_is bad_release 'rule 5.9- measured | EINVAL' "	$create -> 0"
refuses "rules: an unknown release" rules "$dir/bad_release.case"
case_is bad_range 'rule 6.12-5.10 measured | EINVAL' "	$create -> 0"
refuses "rules: releases backwards" rules "$dir/bad_range.case"
case_is bad_known 'rule 5.10- guessed | EINVAL' "	$create -> 0"
refuses "rules: neither measured nor read" rules "$dir/bad_known.case"
case_is bad_cpus 'section B' 'cpus 2 online 3'
refuses "rules: more CPUs online than possible" rules "$dir/bad_cpus.case"
case_is late_cpus 'cpus 4 online 2'
refuses "rules: CPUs below a rule" rules "$dir/late_cpus.case"
case_is bad_cap 'section B' 'without CAP_NOTHING'
refuses "rules: an unknown capability" rules "$dir/bad_cap.case"
case_is no_operation 'rule 5.10- measured | EINVAL'
refuses "rules: a rule without operations" rules "$dir/no_operation.case"
case_is no_result 'rule 5.10- measured | EINVAL' "	$create"
refuses "rules: an operation without result" rules "$dir/no_result.case"
case_is bad_op 'rule 5.10- measured | EINVAL' '	NOTHING h=h0 -> 0'
refuses "rules: an unknown operation" rules --check "$dir/bad_op.case"
case_is bad_arg 'rule 5.10- measured | EINVAL' '	FREEZE h=x -> 0'
refuses "rules: a bad argument" rules --check "$dir/bad_arg.case"

# Traces that are broken in one place: the line is named, and what cannot be read in it.
first_line='#oracle_fuzz v1 seed=1 nops=1'
header="$first_line possible_cpus=2
#kernel release=6.18.44 online=2 pin=1"
create='CREATE h=h0 type=6 key_size=4 value_size=8 max_entries=4 flags=0x0'
good="$header
0 $create -> ret=0 err=0"

breaks() { # what stderr says, lines of a trace...
	says=$1
	shift
	printf '%s\n' "$@" >"$dir/bad"
	refuses "replay: $says" replay "$dir/bad"
	grep -Fq -- "$says" "$dir/err" || not_ok "replay says: $says" "it does not"
}

breaks '"NONSENSE" is not an operation' "$header" '0 NONSENSE -> ret=0 err=0'
breaks 'bad:3: not "SEQ OP' "$header" garbage
breaks 'not "SEQ OP' "$header" "x $create -> ret=0 err=0"
breaks 'not "SEQ OP' "$header" "0 $create"
breaks 'possible_cpus=0: a machine has 1 to 4096 CPUs' \
	"$first_line possible_cpus=0" '#kernel release=6.18.44 online=2 pin=1' "0 $create -> ret=0"
breaks 'possible_cpus=5000' \
	"$first_line possible_cpus=5000" '#kernel release=6.18.44 online=2 pin=1' "0 $create -> ret=0"
breaks 'online=3: of possible_cpus=2, 1 to 2 can be online' \
	"$first_line possible_cpus=2" '#kernel release=6.18.44 online=3 pin=1' "0 $create -> ret=0"
breaks 'release 1.0 is not simulated' \
	"$first_line possible_cpus=2" '#kernel release=1.0 online=2 pin=1' "0 $create -> ret=0"
breaks '"#kernel release=R online=K" is missing' "$first_line possible_cpus=2" "0 $create -> ret=0"
breaks 'release= is missing' \
	"$first_line possible_cpus=2" '#kernel online=2 pin=1' "0 $create -> ret=0"
breaks 'bad:2: 0 of 1 operations: cut short' "$header"
sed 's/nops=1/nops=3/' >"$dir/bad" <<END
$good
END
run replay "$dir/bad"
if [ "$status" -eq 2 ] && grep -q 'bad:3: 1 of 3 operations: cut short$' "$dir/err"; then
	ok "replay: a trace that is cut short"
else
	not_ok "replay: a trace that is cut short" "exit status $status, or another reason"
fi
breaks 'bad:4: 2 operations, but nops=1' "$good" "1 $create -> ret=0 err=0"
breaks 'bad:3: 0 of 1 operations: cut short' "$header" "$good"
breaks 'possible_cpus=99999' \
	"$first_line possible_cpus=99999" '#kernel release=6.18.44 online=2 pin=1'
breaks 'release 1.0 is not simulated' \
	"$first_line possible_cpus=2" '#kernel release=1.0 online=2 pin=1'
for bad in -7 4294967304; do
	breaks 'CREATE: argument "value_size"' "$header" \
		"0 $(echo "$create" | sed "s/value_size=8/value_size=$bad/") -> ret=0 err=0"
done
breaks 'CREATE: argument "flags"' "$header" '0 CREATE h=h0 -> ret=0 err=0'
breaks 'CREATE: argument "type"' "$header" \
	'0 CREATE h=h0 type=six key_size=4 value_size=8 max_entries=4 flags=0 -> ret=0 err=0'
breaks 'CREATE: argument "h"' "$header" \
	'0 CREATE h=q type=6 key_size=4 value_size=8 max_entries=4 flags=0 -> ret=0 err=0'
breaks 'CREATE: argument "name"' "$header" "0 $create name=zz -> ret=0 err=0"
lookup='1 LOOKUP h=h0 flags=0'
breaks 'bad:4: LOOKUP: argument "key"' "$good" "$lookup key=0000000 vlen=16 -> ret=0 err=0 val=-"
breaks 'LOOKUP: argument "key"' "$good" "$lookup key=zz vlen=16 -> ret=0 err=0 val=-"
breaks 'LOOKUP: argument "key"' "$good" "$lookup key=tag:1:8 vlen=16 -> ret=0 err=0 val=-"
breaks 'LOOKUP: argument "vlen"' "$good" "$lookup key=00000000 vlen=x -> ret=0 err=0 val=-"
breaks 'LOOKUP: argument "vlen"' "$good" \
	"$lookup key=00000000 vlen=99999999999 -> ret=0 err=0 val=-"
breaks 'LOOKUP: argument "attr_byte"' "$good" \
	"$lookup key=00000000 vlen=16 attr_byte=9999:01 -> ret=0 err=0 val=-"
breaks 'LOOKUP: argument "attr_size"' "$good" \
	"$lookup key=00000000 vlen=16 attr_size=x -> ret=0 err=0 val=-"
breaks 'INFO: argument "info_len"' "$good" '1 INFO h=h0 info_len=x -> ret=0 err=0'
breaks 'FDBYID: argument "id"' "$good" '1 FDBYID id=of:zz open_flags=0 new=h1 -> ret=0 err=0'
breaks 'PIN: argument "path"' "$good" '1 PIN h=h0 path=zz file_flags=0 -> ret=0 err=0'
breaks 'XUPDATE: argument "n"' "$good" '1 XUPDATE h=h0 cpu=0 n=x key=00000000 flags=0 val=0000000000000000 -> load=0'
breaks 'XUPDATE: argument "key"' "$good" '1 XUPDATE h=h0 cpu=0 n=8 key=zz flags=0 val=0000000000000000 -> load=0'
breaks 'LBATCH: argument "out_len"' "$good" \
	'1 LBATCH h=h0 count=4 elem_flags=0 flags=0 in=NULL out_len=x keys_len=16 vals_len=64 -> ret=0'
breaks 'UBATCH: argument "keys"' "$good" \
	'1 UBATCH h=h0 count=4 elem_flags=0 flags=0 keys=zz vals=00 -> ret=0 err=0'

# A record that no Linux made: what differs is shown, as far as asked for.
sed 's/ret=0 err=0/ret=-1 err=22/; s/nops=1/nops=2/' "$dir/traces/linux-6.18.44-one" >"$dir/wrong"
printf '1 CREATE h=h1 type=6 key_size=4 value_size=8 max_entries=2 flags=0x0 -> ret=-1 err=1\n' \
	>>"$dir/wrong"

differs() { # name, extended regular expression, argument...
	name=$1
	pattern=$2
	shift 2
	run "$@"
	if [ "$status" -ne 1 ]; then
		not_ok "$name" "exit status $status, not 1"
	elif ! grep -Eq -- "$pattern" "$dir/out"; then
		not_ok "$name" "no line matches $pattern"
	else
		ok "$name"
	fi
}

differs "replay: what Linux answered" '^ +linux .*err=22' replay "$dir/wrong"
differs "replay: what we answer" '^ +pcasim .*err=0' replay "$dir/wrong"
differs "replay: where" 'wrong:3: CREATE' replay "$dir/wrong"
differs "replay: both differences" 'wrong:4: CREATE' replay "$dir/wrong"
differs "replay: no more than one difference" 'wrong:3: CREATE' replay --max-diffs 1 "$dir/wrong"
if grep -q 'wrong:4:' "$dir/out"; then
	not_ok "replay: --max-diffs 1 shows one" "the second is shown"
else
	ok "replay: --max-diffs 1 shows one"
fi
differs "replay: differences as JSON" '.' replay --json "$dir/wrong"

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
