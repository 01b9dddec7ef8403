#!/bin/sh
# SPDX-License-Identifier: MIT
# A lesson is a directory with its page, README.md, and the files that the page uses. What the
# page shows is true: its commands, one after the other in one shell, in a directory of
# their own with these files, print what stands below them; what it quotes of a file stands
# there; each picture is what a command writes.
#
#	```console		"$ " and a command, whose lines but the last end in "\", and
#				below it all that it prints
#	```console times	the same, but of lines that have a time only what stands before
#				it is compared, and other lines not at all
#	```console times cpus=2	the same, and where there are fewer CPUs it is only run
#	```c count.c		lines of that file
#
# A command that fails is an error, unless the next one is "echo $?".
#
# "write" writes what is printed into the page, and the pictures. Times stay as they are,
# unless their lines are no longer those: delete them from the page to get new ones.
#
# Usage: lessons.sh check|write LESSON PCASIM DIRECTORY-OF-LIBPCASIM.SO CC [FLAG...]
set -eu

usage='usage: lessons.sh check|write LESSON PCASIM DIRECTORY-OF-LIBPCASIM.SO CC [FLAG...]'
mode=${1:?$usage} lesson_files=${2:?$usage} tool=$(realpath "${3:?$usage}")
library=$(realpath "${4:?$usage}")
: "${5:?$usage}"
shift 4
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
page=$lesson_files/README.md
lesson=$(mktemp -d)
trap 'rm -rf "$lesson"' EXIT
trap 'exit 1' HUP INT TERM
export lesson
mkdir "$lesson/kind" "$lesson/page" "$lesson/asked" "$lesson/output" "$lesson/status" \
	"$lesson/bin" "$lesson/files"

fail() {
	printf '%s: %s\n' "$page" "$*" >&2
	exit 1
}

read_page() { # take|put
	awk -v step="$1" -v dir="$lesson" -v files="$lesson_files" -f "$here/lessons.awk" "$page"
}

# What a reader has after "./dev run", with this build's compiler in place of cc.
prepare() { # compiler, flag...
	compiler=$(command -v "$1") || fail "there is no compiler $1"
	shift
	printf '#!/bin/sh\nexec %s %s -Wall -Wextra -Werror "$@"\n' "$compiler" "$*" >"$lesson/bin/cc"
	chmod +x "$lesson/bin/cc"
	ln -s "$tool" "$lesson/bin/pcasim"
	find "$lesson_files" -maxdepth 1 -type f ! -name README.md ! -name '*.svg' \
		-exec cp {} "$lesson/files" \;
	include=$(realpath "$here/../include")
	export PATH="$lesson/bin:$PATH" CPATH="$include/pcasim/libbpf:$include" \
		LIBRARY_PATH="$library" LD_LIBRARY_PATH="$library" LC_ALL=C.UTF-8
	unset PCASIM_POSSIBLE PCASIM_ONLINE PCASIM_POISON_PADDING PCASIM_RELEASE
}

# Of each line with a time, what is before it, whatever the host's CPUs are called.
shape() { # file
	sed -nE 's/CPU [0-9]+/CPU N/g; s/ +/ /g
		s/(-?[0-9.]+ (ns|us|ms|s)([^a-z].*)?|no figure: .*)$//p' "$1"
}

lacks_cpus() { # number: of the command
	wanted=$(sed -n 's/.*cpus=//p' "$lesson/kind/$1")
	[ -n "$wanted" ] && [ "$(OMP_NUM_THREADS='' nproc)" -lt "$wanted" ]
}

has_shape_of_page() { # number
	grep -q '^times' "$lesson/kind/$1" || return 1
	shape "$lesson/output/$1" >"$lesson/shape"
	[ -s "$lesson/shape" ] || ! [ -s "$lesson/output/$1" ] ||
		fail "command $1 is marked \"times\" and prints none"
	shape "$lesson/page/$1" | cmp -s - "$lesson/shape"
}

# AddressSanitizer says of each program with coroutines, once, that it may be mistaken.
forget_doubts() { # file
	sed -i '/^==[0-9]*==WARNING: ASan doesn.t fully support makecontext/d' "$1"
}

# Whatever may differ from the page is as there.
look_at_command() { # number
	[ -e "$lesson/status/$1" ] || fail "the shell ended in command $1"
	forget_doubts "$lesson/output/$1"
	if lacks_cpus "$1"; then
		cp "$lesson/page/$1" "$lesson/output/$1"
		return
	fi
	status=$(cat "$lesson/status/$1")
	if [ "$status" -ne 0 ] && ! [ -e "$lesson/asked/$1" ]; then
		cat "$lesson/output/$1" >&2
		fail "command $1 failed with $status, and the next one is not: echo \$?"
	fi
	! grep -q '^```' "$lesson/output/$1" || fail "output that ends its block, of command $1"
	! has_shape_of_page "$1" || cp "$lesson/page/$1" "$lesson/output/$1"
}

run_commands() {
	nr=$(find "$lesson/kind" -type f | wc -l)
	[ "$nr" -gt 0 ] || fail "no command"
	(cd "$lesson/files" && sh "$lesson/commands") || :
	i=0
	while [ "$i" -lt "$nr" ]; do
		i=$((i + 1))
		look_at_command "$i"
	done
}

pictures() { # directory
	(cd "$1" && find . -name '*.svg' | LC_ALL=C sort)
}

check_pictures() {
	pictures "$lesson/files" >"$lesson/made"
	pictures "$lesson_files" | diff -u - "$lesson/made" ||
		fail 'the pictures are not those that the commands write (+)'
	while read -r picture; do
		cmp "$lesson_files/$picture" "$lesson/files/$picture" ||
			fail "$picture is not what a command writes"
		grep -qF "](${picture#./})" "$page" || fail "$picture is not shown"
	done <"$lesson/made"
}

write_pictures() {
	find "$lesson_files" -name '*.svg' -exec rm -f {} +
	find "$lesson/files" -name '*.svg' -exec cp {} "$lesson_files" \;
}

read_page take
prepare "$@"
run_commands
read_page put >"$lesson/new"
case $mode in
write)
	cmp -s "$lesson/new" "$page" || cat "$lesson/new" >"$page"
	write_pictures
	;;
check)
	diff -u "$page" "$lesson/new" ||
		fail 'commands print something else (+) than the page says; write it: ./dev docs'
	check_pictures
	;;
*)
	echo "$usage" >&2
	exit 2
	;;
esac
