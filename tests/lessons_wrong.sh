#!/bin/sh
# SPDX-License-Identifier: MIT
# lessons.sh passes a small lesson that is right, finds each way in which a page can be
# wrong, and "write" mends what may be mended.
#
# Usage: lessons_wrong.sh PCASIM DIRECTORY-OF-LIBPCASIM.SO CC [FLAG...]
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
lesson=$dir/lesson
failed=0

not_ok() { # text
	printf 'not ok - %s\n' "$1"
	cat "$dir/said"
	failed=1
}

run_lesson() { # check|write, argument...
	mode=$1
	shift
	sh "$here/lessons.sh" "$mode" "$lesson" "$@" >"$dir/said" 2>&1
}

begin() {
	rm -rf "$lesson"
	mkdir "$lesson"
	cat >"$lesson/hello.c" <<'END'
#include <stdio.h>

int main(void)
{
	puts("Hello");
	return 3;
}
END
	cat >"$lesson/README.md" <<'END'
# Hello

```c hello.c
	puts("Hello");
```

```console
$ cc -O2 \
    hello.c -o hello
$ ./hello
Hello
$ echo $?
3
```

```console times
$ echo 'host 7'; echo 'CPU 5 took 3.14 ns, about'
host 6
CPU 1 took 1234 us
```

```console times cpus=100000
$ false
5 ns
```

```console
$ pcasim model --topology pu:2 --explain --layout slab --svg slab.svg
```

![Slabs](slab.svg)
END
}

change() { # sed's script
	sed -i "$1" "$lesson/README.md"
}

is_right() { # what, argument...
	what=$1
	shift
	if run_lesson check "$@"; then
		echo "ok - $what"
	else
		not_ok "$what"
	fi
}

is_wrong() { # what, what is said, argument...
	what=$1 words=$2
	shift 2
	if run_lesson check "$@"; then
		not_ok "$what: nothing was found"
	elif grep -qF -- "$words" "$dir/said"; then
		echo "ok - $what"
	else
		not_ok "$what: this is not about: $words"
	fi
	begin_with_picture
}

begin_with_picture() {
	begin
	cp "$dir/slab.svg" "$lesson"
}

begin
"$1" model --topology pu:2 --explain --layout slab --svg "$dir/slab.svg"
is_wrong 'a picture that is not kept' 'the pictures are not those' "$@"
cp "$lesson/README.md" "$dir/right.md"
is_right 'a right page' "$@"

change 's/^Hello$/Hullo/'
is_wrong 'output with another letter' '-Hullo' "$@"
change '/^Hello$/d'
is_wrong 'output without a line' '+Hello' "$@"
change 's/^3$/&\n4/'
is_wrong 'output with a line more' '-4' "$@"
change 's/^CPU 1 took/CPU 1 takes/'
is_wrong 'other words before a time' '+CPU 5 took' "$@"
change 's/^CPU 1 took.*/&\n&/'
is_wrong 'a time too many' '-CPU 1 took' "$@"
change 's/ 3\.14 ns/ long/'
is_wrong 'times without one' 'marked "times" and prints none' "$@"
change '/^\$ echo \$?$/,/^3$/d'
is_wrong 'a failure that is not asked for' 'failed with 3' "$@"
change 's/cpus=100000/cpus=1/'
is_wrong 'a failure where there are enough CPUs' 'failed with 1' "$@"
change 's/^\$ \.\/hello$/$ exit 0/'
is_wrong 'a command that ends the shell' 'the shell ended in command 2' "$@"
change 's/puts("Hello");/puts("Hullo");/'
is_wrong 'a quotation that is not in the file' 'is not in hello.c' "$@"
change 's/^\tputs/puts/'
is_wrong 'a quotation without its indentation' 'is not in hello.c' "$@"
change 's/c hello\.c$/c hallo.c/'
is_wrong 'a quotation of no file' 'there is no file' "$@"
change 's/c hello\.c$/c/'
is_wrong 'a block that nothing checks' 'blocks begin with' "$@"
change 's/^# Hello/&\n\n    $ ls/'
is_wrong 'an indented block' 'an indented block is not checked' "$@"
change "\$s/.*/\`\`\`console/"
is_wrong 'a block without an end' 'the last block has no end' "$@"
sed -i 's/int main/int x; static int y;\n&/' "$lesson/hello.c"
is_wrong 'a program with warnings' 'command 1 failed' "$@"
sed -i 's/c0/c1/' "$lesson/slab.svg"
is_wrong 'another picture' 'slab.svg is not what a command writes' "$@"
cp "$lesson/slab.svg" "$lesson/old.svg"
is_wrong 'a picture that no command writes' '-./old.svg' "$@"
change '/^!/d'
is_wrong 'a picture that is not shown' 'slab.svg is not shown' "$@"

change 's/^Hello$/Hullo/; s/^3$/4/'
rm "$lesson/slab.svg"
if run_lesson write "$@" && cmp "$lesson/README.md" "$dir/right.md" &&
	cmp "$lesson/slab.svg" "$dir/slab.svg"; then
	echo 'ok - write mends output and pictures, and leaves times as they are'
else
	not_ok 'write'
fi
change '/^CPU 1/d'
if run_lesson write "$@" && grep -qx 'CPU 5 took 3.14 ns, about' "$lesson/README.md"; then
	echo 'ok - write takes new times where lines differ'
else
	not_ok 'write with a time deleted'
fi
exit "$failed"
