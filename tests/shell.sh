#!/bin/sh
# SPDX-License-Identifier: MIT
# pcasim shell: scripts and what they print, what is refused and how, and the terminal.
# usage: shell.sh PCASIM TERMINAL [record]
# shell/NAME.pcasim prints shell/NAME.expected, with the options of its first line; with
# "record" it is written anew. What bpftool.pcasim prints is recorded from bpftool.
set -u

tool=${1:?usage: shell.sh PCASIM TERMINAL [record]}
terminal=${2:?usage: shell.sh PCASIM TERMINAL [record]}
mode=${3:-check}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

LC_ALL=C
TERM=xterm
HOME=$dir
XDG_STATE_HOME=$dir/state
export LC_ALL TERM HOME XDG_STATE_HOME
unset NO_COLOR
failed=0

ok() {
	printf 'ok - %s\n' "$1"
}

not_ok() { # name, reason
	printf 'not ok - %s: %s\n' "$1" "$2"
	sed 's/^/#   /' "$dir/err"
	failed=1
}

run() { # argument...: sets status, leaves out and err in $dir
	"$tool" shell "$@" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
}

# --- Scripts and what they print ----------------------------------------------------------

options_of() { # script
	sed -n '1s/^# options: //p' "$1"
}

prints() { # script, expected
	# shellcheck disable=SC2046 # a list of words
	run $(options_of "$1") "$1"
	[ "$mode" != record ] || cp "$dir/out" "$2"
	if [ "$status" -ne 0 ] || [ -s "$dir/err" ]; then
		not_ok "$1" "exit status $status, or something on stderr"
	elif ! diff "$2" "$dir/out"; then
		not_ok "$1" "it prints something else"
	else
		ok "$(basename "$1") prints what is expected"
	fi
}

for script in first-steps rights sparse hashes; do
	prints "$here/shell/$script.pcasim" "$here/shell/$script.expected"
done

# As shell_bpftool.sh does it.
as_bpftool() { # expected, option...
	expected=$1
	shift
	# shellcheck disable=SC2046 # a list of words
	run $(options_of "$here/shell/bpftool.pcasim") "$@" "$here/shell/bpftool.pcasim"
	sed -e 's/^[0-9]*: \(percpu_array\|array\|hash\) /ID: \1 /' -e 's/"id":[0-9]*/"id":ID/g' \
		-e 's/^refused: .*/refused/' -e 's/^{"error":.*/{"error"}/' "$dir/out" >"$dir/normal"
	if [ "$status" -ne 0 ] || [ -s "$dir/err" ]; then
		not_ok "bpftool's commands $*" "exit status $status, or something on stderr"
	elif ! diff "$expected" "$dir/normal"; then
		not_ok "bpftool's commands $*" "bpftool prints something else"
	else
		ok "bpftool's commands print what bpftool prints $*"
	fi
}

as_bpftool "$here/shell/bpftool.expected"
as_bpftool "$here/shell/bpftool.json.expected" --json

# --- Failures -----------------------------------------------------------------------------

answers() { # name, status, extended regular expression on stderr, argument...
	name=$1
	wanted=$2
	pattern=$3
	shift 3
	run --topology pu:2 "$@"
	grep '^pcasim shell: hint: ' "$dir/err" >"$dir/hints" # they have tests of their own
	sed -i '/^pcasim shell: hint: /d' "$dir/err"
	if [ "$status" -ne "$wanted" ]; then
		not_ok "$name" "exit status $status, not $wanted"
	elif [ "$(wc -l <"$dir/err")" -ne 1 ] || ! grep -Eq -- "$pattern" "$dir/err"; then
		not_ok "$name" "not one line that matches $pattern"
	else
		ok "$name"
	fi
}

map='map create m type percpu_array key 4 value 8 entries 2 name m'
nl='
'
printf 'cpu\n\n# comment\nmap show \\\n  name x\ncpu\n' >"$dir/fails"
answers "a script ends at the line that is refused" 1 "^pcasim shell: .*/fails:4: .*ENOENT" \
	"$dir/fails"
[ "$(grep -c ordinal "$dir/out")" -eq 1 ] || not_ok "a script ends" "it went on"
answers "a line that is not understood" 2 '^pcasim shell: -c:2: .*"mop".*map, run, cpu' \
	-c "cpu${nl}mop x"
answers "a wish that does not come true" 1 '"map show" was to be refused, and was not' \
	-c '! map show'
answers "a long wish that does not come true" 1 '"map create m .*\.\.\." was to be refused' \
	-c "! $map flags rdonly_prog,wronly"
answers "bpftool's other commands" 2 'there is no prog; .*"help run"' -c 'bpftool prog show'
answers "another refusal than wished for" 1 'EPERM was wished for; .*ENOENT' \
	-c '! EPERM map show id 9'
answers "a wish for words that are not understood" 2 'no "map foo"' -c '! map foo'
answers "no such script" 2 'none: No such file' "$dir/none"
answers "a directory" 2 'Is a directory' "$dir"
printf 'cpu\0x\n' >"$dir/nul"
answers "a NUL byte" 2 ':1: .*NUL' "$dir/nul"
head -c 300000 /dev/zero | tr '\0' x >"$dir/long"
answers "a very long line" 2 ':1: .*longer than' "$dir/long"
answers "a script and -c" 2 'exclude' -c cpu "$dir/fails"
answers "two scripts" 2 'one FILE' a b
answers "an unknown release" 2 'not simulated' --kernel 1.0 -c cpu
answers "a control character is not repeated" 2 '"a\?\[1m"' -c "$(printf 'a\033[1m')"

# One command each that is not understood, with the word that says why.
while IFS='|' read -r words why; do
	answers "$words" 2 "$why" -c "$map$nl$words"
done <<'END'
"map show|quote is not closed
! |command is missing
map foo|show, list, dump
map show x 1|"x" names no map
map show id|identifies
map show id 1x|whole number
map show id -1|whole number
map show id 99999999999999999999|whole number
map show id 1 2|"2" is too much
map show name a234567890123456|at most 15
map dump|MAP .* missing
map lookup id 1|key is missing
map lookup id 1 key|0 bytes, this map's has 4
map lookup id 1 key 0 0 0|3 bytes, this map's has 4
map lookup id 1 key 0 0 0 256|"256"
map lookup id 1 key 7 value|"value" is not understood
map lookup id 1 key -1|"-1" needs a type, such as s32:-1$
map update id 1 key 0 value -5|"-5" needs a type, such as s64:-5$
map update id 1 key 0 value 1 2 -5|"-5" needs a type, such as s8:-5$
map lookup id 1 key hex 1|1 byte, this map's has 4
map help foo|no "map foo"; there are show
help map create x|"x" is too much
map lookup id 1 key 0 0 0 -1|"-1"
map lookup id 1 key 0 0 0 z|before "z"
map lookup id 1 key hex 0 0 0 100|before "100"
map lookup id 1 key 4294967296|from 0 to 4294967295
map lookup id 1 key u32:4294967296|fits its type
map lookup id 1 key u64:1|8 bytes, only 4
map lookup id 1 key u33:1|fits its type
map lookup id 1 key s32:-2147483649|fits its type
map lookup id 1 key u8:-1 0 0 0|fits its type
map lookup id 1 key 0 key 0|given twice
map lookup id 1 key 0 any|"any" is not understood
map lookup id 1 key 0 cpu all|whole number
map lookup id 1 key 0 cpu 1 cpu 1|given twice
map update id 1 key 0|value is missing
map update id 1 value 0|key is missing
map update id 1 key 0 value 1 2|2 bytes, this map's has 8
map update id 1 key 0 value 1 any exist|too much of any
map update id 1 key 0 value 1 value 1|given twice
map getnext id 1 x|"x" is too much
map delete id 1|key is missing
map freeze id 1 x|"x" is too much
map pin id 1|FILE is missing
map create|FILE.* missing
map create f type lru_hash key 4 value 8 entries 1 name f|"lru_hash" is not simulated; there are percpu_array, array and hash
map create f type array key 4 value 8 entries 1|needs a name
map create f type array type array name f|type is given twice
map create f colour red|type, key, value
map create f name f key x|from 0 to 4294967295
map create f name f flags rdonly,foo|"foo" is neither .* no_prealloc and zero_seed
map create f name f flags rdonly_prog,rdonly_prog,rdonly_prog,rdonly_prog,rdonly_prog,rdonly_prog,rdonly_prog,rdonly_prog,rdonly_prog,rdonly_prog,rdonly_prog,foo|"foo"
run|count, set, get
run fly id 1|count, set, get
run count id 1 times 99999999999|from 0 to 1000000000
run count id 1 value 1|"value" is not understood
run set id 1|value is missing
run sum id 1 each|on one CPU
run get id 1 cpu 3-1|no list of CPUs
run get id 1 cpu|missing
cpu 0|online
cpu x online|no list of CPUs
cpu 0 sideways|offline
cpu 0 online now|"now" is too much
task new|missing
task new a/b|letters, digits
task new a drop fear|no capability "fear"
task new a keep all|there is drop
task fly|new, use, cpu
task cpu x|whole number
release 4.4|not simulated
ls a b|"b" is too much
rm|missing
help fly|map, run, cpu
quit now|"now" is too much
END

while IFS='|' read -r words why; do
	answers "$words" 1 "$why" -c "$map$nl$words"
done <<'END'
map create x/y type array key 4 value 8 entries 1 name y|pinning.*ENOENT
map create /tmp/y type array key 4 value 8 entries 1 name y|pinning.*EPERM
map create m type array key 4 value 8 entries 1 name y|pinning.*EEXIST
map create y type array key 4 value 8 entries 0 name y|EINVAL
map create y type hash key 0 value 8 entries 1 name y|EINVAL
map create y type array key 4 value 8 entries 1 name y flags no_prealloc|EINVAL
map update id 1 key 0 value 0 cpu 2|ERANGE
run count id 1 key 2|count on CPU 0: the lookup of key 2 is NULL: .*ENOENT
run set id 1 key 2 value 1|set on CPU 0, key 2: the helper: .*E2BIG
run delete id 1|EINVAL
cpu 0,1 offline|EBUSY
cpu 5 online|EINVAL
task cpu 5|EINVAL
task use nobody|no task "nobody"
task new root|already
task end root|cannot end
release 6.1|"release 6.1 reset"
ls nothing|ENOENT
rm nothing|ENOENT
mkdir a.b|EPERM
END

hash='map create h type hash key 12 value 3 entries 2 name h'
answers "a key is as long as the map's" 2 "key has 4 bytes, this map's has 12" \
	-c "$hash${nl}map lookup name h key 1 2 3 4"
answers "a number is no key of 12 bytes" 2 "key has 1 byte, this map's has 12" \
	-c "$hash${nl}map lookup name h key 1"
answers "a key that is too long" 2 '"13" is not understood' \
	-c "$hash${nl}map lookup name h key 1 2 3 4 5 6 7 8 9 10 11 12 13"
answers "a program's key is as long" 2 "key has 2 bytes, this map's has 12" \
	-c "$hash${nl}run get name h key 1 2"

# Hints follow a refusal, on stderr, also with --json.
for option in --topology=pu:2 --json; do
	while IFS='|' read -r words hint; do
		run --topology pu:2 $option -c "$map$nl$(printf %b "$words")"
		if [ "$status" -eq 1 ] && [ "$(wc -l <"$dir/err")" -eq 2 ] &&
			sed -n 2p "$dir/err" | grep -Eq "^pcasim shell: hint: .*$hint"; then
			ok "a hint ($option): $words"
		else
			not_ok "a hint ($option): $words" "not a second line that matches $hint"
		fi
	done <<'END'
map delete name m key 0|cannot be deleted: write zeros
map update name m key 9 value 1|no key 9, only 0 to 1
map update name m key 1 value 1 noexist|BPF_NOEXIST always fails
map create y type percpu_array key 8 value 8 entries 1 name y|use key_size 4
map create y type percpu_array key 4 value 40000 entries 1 name y|above 32768
map freeze name m\nmap update name m key 0 value 1|is frozen
map create /tmp/x type array key 4 value 8 entries 1 name y|"x" is short for /sys/fs/bpf/x
mkdir a.b|no dots
cpu 7 online|CPU 7 is not possible, possible are 0-1
cpu 0,1 offline|CPU 1 is the last one online
task cpu 5|CPU 5 is not possible
run get name m cpu 0,5|CPU 5 is not possible
cpu 1 offline\nrun get name m cpu 1|CPU 1 is not online, online are 0
END
done
run --topology pu:2 -c "$map$nl! map delete name m key 0${nl}! cpu 7 online"
if [ "$status" -eq 0 ] && [ ! -s "$dir/err" ]; then
	ok "a wish comes true without hints"
else
	not_ok "a wish comes true without hints" "exit status $status, or something on stderr"
fi
answers "a wish that fails has its hint" 1 'EPERM was wished for' \
	-c "$map$nl! EPERM map delete name m key 0"
[ -s "$dir/hints" ] || not_ok "a wish that fails has its hint" "it has none"

# --- Other ways in ------------------------------------------------------------------------

gives() { # name, extended regular expression, input, argument...
	name=$1
	pattern=$2
	printf '%b' "$3" >"$dir/in"
	shift 3
	"$tool" shell --topology pu:2 "$@" >"$dir/out" 2>"$dir/err" <"$dir/in"
	status=$?
	if [ "$status" -ne 0 ] || [ -s "$dir/err" ] || ! grep -Eq -- "$pattern" "$dir/out"; then
		not_ok "$name" "exit status $status, something on stderr, or no $pattern"
	else
		ok "$name"
	fi
}

gives "standard input is a script" '^7\.2$' 'release\n'
gives "the last line may have no end" '^7\.2$' 'release' -
gives "-c has several lines" '^6\.12$' '' -c "release 6.12${nl}release"
gives "--kernel in front" '^"5\.10"$|^5\.10$' 'release\n' --kernel 5.10
gives "quit ends a script" '^7\.2$' 'release\nquit\nfly\n'
gives "quotes keep blanks and #" 'refused: .*"a # b"' "! rm 'a # b'\n"
gives "an empty line is none" '^7\.2$' '\n# nothing\n \t\nrelease'
gives "exit, as quit" '^7\.2$' 'release\nexit\nfly\n'
gives "? is help" '^  map ' '?\n'
gives "map help is help map" '^  map lookup MAP' 'map help\n'
gives "help on one" '^  map create FILE' 'help map create\n'
gives "map help on one" '^  map create FILE' 'map help create\n'
if grep -q 'map lookup' "$dir/out"; then
	not_ok "map help on one" "others are there"
fi
gives "the word bpftool is no matter" '^\[\]$' 'bpftool map show\n' --json
gives "a byte order mark is none" '^7\.2$' '\0357\0273\0277release\n'
gives "help" '^  map ' 'help\n'
gives "what bpftool does not have is marked" '^  map lookup MAP key DATA  \+ \[cpu N\]' 'help map\n'
gives "JSON: a line for each command" '^null$' 'cpu 1 offline\n' --json
gives "JSON: an error" '^\{"error":"ls \\"x\\": .*ENOENT' '! ls x\n' --json
gives "JSON: not found" '^null$' "$map\\n! map lookup id 1 key 9\\n" --json
gives "JSON: nothing but an error where nothing may be seen" '^\{"error"' \
	'task new a drop all\ntask use a\n! EPERM map show\n' --json
gives "JSON: no maps" '^\[\]$' 'map\n' --json
gives "JSON: maps of one name" '^\[\{"id":1,.*\},\{"id":2,.*\}\]$' \
	"$map\\n$(echo "$map" | sed 's/m/k/2')\\nmap show name m\\n" --json
gives "the largest value" '^Found 1 element' \
	"map create b type percpu_array key 4 value 32768 entries 1 name b
map update name b key 0 value hex $(head -c 32768 /dev/zero | od -An -v -tx1 | tr -d '\n')
map dump name b\\n"
gives "a CPU that goes sends its tasks away" '^\* root +1 ' 'cpu 0 offline\ntask\n'

if command -v python3 >/dev/null; then
	for script in first-steps rights sparse hashes; do
		file=$here/shell/$script.pcasim
		# shellcheck disable=SC2046 # a list of words
		run $(options_of "$file") --json "$file"
		while read -r line; do
			printf '%s\n' "$line" | python3 -m json.tool >/dev/null ||
				not_ok "$script in JSON" "no JSON: $line"
		done <"$dir/out"
		[ -s "$dir/out" ] || not_ok "$script in JSON" "nothing"
		# shellcheck disable=SC2046 # a list of words
		run $(options_of "$file") --pretty "$file"
		python3 - "$dir/out" <<'END' || not_ok "$script in pretty JSON" "it cannot be read"
import json, sys
text, decoder = open(sys.argv[1]).read(), json.JSONDecoder()
while text.strip():
    text = text.lstrip()
    text = text[decoder.raw_decode(text)[1]:]
END
	done
	ok "JSON can be read"
fi

# --- The terminal -------------------------------------------------------------------------

dialogue() { # name, argument...: the dialogue on standard input
	name=$1
	shift
	if "$terminal" "$@" >"$dir/out" 2>"$dir/err"; then
		ok "$name"
	else
		not_ok "$name" "the dialogue went otherwise"
	fi
}

dialogue "TAB completes commands, names of maps and keywords" \
	env NO_COLOR=1 "$tool" shell --topology pu:2 <<END
< pcasim 7.2> 
> $map\\n
< pcasim 7.2> 
> map sh\\tna\\tm\\t\\n
< 1: percpu_array  name m  flags 0x0
< pcasim 7.2> 
> map lookup pi\\tm\\tk\\t1\\n
< value (CPU 01): 00 00
< pcasim 7.2> 
> map create x type p\\tkey 4 value 8 entries 1 name x fl\\twr\\tg\\t\\n
< Error: 
< pcasim 7.2> 
> map create x type h\\tkey 12 value 8 entries 1 name x fl\\tz\\t\\n
< pcasim 7.2> 
> map show na\\tx\\n
< 2: hash  name x  flags 0x40
< pcasim 7.2> 
> rel\\t6.1\\t\\tre
< 6.12
> \\025quit\\n
! \\e[1m
END
dialogue "TAB twice lists what there is" env NO_COLOR=1 "$tool" shell --topology pu:2 <<'END'
< pcasim 7.2> 
> map \t
< getnext
< pcasim 7.2> 
< map 
> \025\004
END
# TAB's answer shows that libedit has the terminal; before that, Ctrl-C is the tty's.
dialogue "Ctrl-C leaves the line, Ctrl-D ends" "$tool" shell --topology pu:2 <<'END'
< 7.2>
> map sh\t
< ow
> \003
< ^C
< 7.2>
> release\n
< 7.2
< 7.2>
! Error
> map show \\\n
< > 
> na\t
< me
> \003
< 7.2>
! Error
> \004
END
dialogue "a hint at the prompt" "$tool" shell --topology pu:2 <<'END'
< 7.2>
> map create m type percpu_array key 4 value 8 entries 2 name m\n
< 7.2>
> map delete name m key 0\n
< Error: map delete: Invalid argument (EINVAL)
< Hint: EINVAL: elements of an array
< 7.2>
> map delete name m key 0\n
< Error: map delete: Invalid argument (EINVAL)
< 7.2>
> \004
END
dialogue "Ctrl-C stops what prints much" env NO_COLOR=1 "$tool" shell --topology pu:2 <<'END'
< 7.2>
> map create m type percpu_array key 4 value 8 entries 10000000 name m\n
< 7.2>
> map dump name m\n
< value (CPU 01)
> \003
< map dump: Interrupted
< pcasim 7.2> 
> release\n
< 7.2
< pcasim 7.2> 
> \004
END
dialogue "Ctrl-C stops what counts long, and what is counted is told" \
	env NO_COLOR=1 "$tool" shell --topology pu:64 <<'END'
< 7.2>
> map create m type percpu_array key 4 value 8 entries 1 name m\n
< 7.2>
> run count name m each times 1\n
< count ran on CPUs 0-63, 1 event each
< 7.2>
> run count name m times 1000000000 each\n
< \n
> \003
< of 1,000,000,000 events on each CPU: Interrupted
< pcasim 7.2> 
> \004
END
dialogue "a prompt shows release and task, in bold" "$tool" shell --topology pu:2 <<'END'
< \e[1mpcasim 7.2>\e[0m
> task new guest drop all\n
< 7.2>
> task use guest\n
< pcasim 7.2 guest>
> release 6.1 reset\n
< pcasim 6.1>
> \004
END
rm -rf "$dir/state"
dialogue "a line is remembered" "$tool" shell --topology pu:2 <<'END'
< 7.2>
> cpu 1 offline\n
< 7.2>
> fly\n
< there is no command "fly"
< 7.2>
> quit\n
END
dialogue "and found again by the next shell" "$tool" shell --topology pu:2 <<'END'
< 7.2>
> \e[A
< quit
> \e[A
< fly
> \e[A
< cpu 1 offline
> \n
< 7.2>
> cpu\n
< offline
< 7.2>
> \004
END
if [ "$(stat -c %a "$dir/state/pcasim/history")" = 600 ]; then
	ok "nobody else reads the history"
else
	not_ok "nobody else reads the history" "its mode is another"
fi
dialogue "a backslash joins lines" "$tool" shell --topology pu:2 <<'END'
< 7.2>
> map \\\n
< > 
> fly\n
< no "map fly"
< 7.2>
> \004
END
if [ -w /dev/full ]; then
	"$tool" shell --topology pu:2 -c "cpu${nl}cpu" >/dev/full 2>"$dir/err"
	if [ $? -eq 2 ] && grep -q 'No space left on device$' "$dir/err"; then
		ok "a full disk is named"
	else
		not_ok "a full disk is named" "the status is not 2, or the reason another"
	fi
fi
"$tool" shell --topology pu:2 -c cpu >&- 2>"$dir/err"
grep -q 'Bad file descriptor$' "$dir/err" || not_ok "no output is named" "the reason is another"
rm -rf "$dir/state"
run -c cpu
[ ! -e "$dir/state" ] || not_ok "only typed lines are kept" "there is a history"

exit "$failed"
