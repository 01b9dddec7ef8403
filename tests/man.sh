#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual says what there is, and nothing else: pages for all commands and functions,
# the options that --help tells, cross references that lead somewhere, an example that
# works. Then mandoc looks at every page.
#
# Usage: man.sh PCASIM LIBRARY MAN3 EXAMPLE
#	the tool, the shared library, the directory with section 3, tests/man_example.c built
set -eu

tool=$1 library=$2 man3=$3 example=$4
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
pages=$root/docs/man
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

LC_ALL=C
export LC_ALL
failed=0

fail() {
	printf 'man: %s\n' "$*"
	failed=1
}

# Every line of the first list is in the second.
all_in() { # list, list, what it means when one is not
	comm -23 "$1" "$2" >"$dir/missing"
	while read -r line; do
		fail "$line: $3"
	done <"$dir/missing"
}

# --- Commands and their options -----------------------------------------------------------

options_told() { # command or nothing
	"$tool" ${1:+"$1"} --help | tr -s ' ,|()[]".;' '\n' | grep -E '^--?[a-z]'
}

# By macros, and in what examples call.
options_described() { # page
	sed 's/\\-/-/g' "$1" | grep -oE '(Fl -?| --)[a-z][-a-z0-9]*' | sed 's/^Fl /-/; s/^ //'
}

global='^(-h|--help|--kernel)$' # described in pcasim.1
"$tool" --help | sed -n 's/^  \([a-z][-a-z]*\) .*/\1/p' >"$dir/commands"
[ -s "$dir/commands" ] || fail 'pcasim --help lists no commands'
while read -r command; do
	page=$pages/pcasim-$command.1
	if [ ! -f "$page" ]; then
		fail "the command $command has no page docs/man/pcasim-$command.1"
		continue
	fi
	grep -q "^\.Xr pcasim-$command 1 " "$pages/pcasim.1" ||
		fail "pcasim.1 does not refer to pcasim-$command(1)"
	options_told "$command" | grep -Ev "$global" | sort -u >"$dir/told" || :
	options_described "$page" | grep -Ev "$global" | sort -u >"$dir/described" || :
	all_in "$dir/told" "$dir/described" "$command --help tells it, its page does not"
	all_in "$dir/described" "$dir/told" "the page of $command describes it, --help does not"
done <"$dir/commands"
options_told '' | sort -u >"$dir/told"
options_described "$pages/pcasim.1" | sort -u >"$dir/described"
all_in "$dir/told" "$dir/described" 'pcasim --help tells it, pcasim.1 does not'
for page in "$pages"/pcasim-*.1; do
	command=${page##*/pcasim-}
	grep -qx "${command%.1}" "$dir/commands" || fail "${page##*/}: there is no such command"
done

# --- Functions ----------------------------------------------------------------------------

find "$man3" -name '*.3' -exec basename {} .3 \; | sort >"$dir/pages3"
sed -nE 's/^(PCA_API|PCA_ALWAYS_INLINE|static inline) .*[ *](pca_[a-z0-9_]+)\(.*/\2/p' \
	"$root"/include/pcasim/*.h | sort -u >"$dir/declared"
[ -s "$dir/declared" ] || fail 'no functions found in include/pcasim'
all_in "$dir/declared" "$dir/pages3" 'no page for this function'
if command -v nm >/dev/null; then
	nm -D --defined-only "$library" | sed -n 's/@.*//; s/.* T //p' | sort -u >"$dir/exported"
	[ -s "$dir/exported" ] || fail "$library exports nothing"
	all_in "$dir/exported" "$dir/pages3" 'the library exports it, but it has no page'
fi

# A link leads to a page, and that has the name in its NAME, where man -k looks.
while read -r name; do
	page=$man3/$name.3
	target=$(sed -n '1s/^\.so man3\///p' "$page")
	[ -z "$target" ] || page=$man3/$target
	if [ ! -f "$page" ]; then
		fail "$name.3 leads to $target, which is not there"
	elif ! sed -n '/^\.Sh NAME/,/^\.Nd /p' "$page" | grep -Eq "^\.Nm $name( ,)?$"; then
		fail "${page##*/} does not have $name in its NAME"
	fi
done <"$dir/pages3"

for page in "$man3"/pcasim_*.3; do
	page=$(basename "$page" .3)
	grep -Eq "^\.Xr $page 3( ,)?$" "$man3/pcasim.3" ||
		fail "pcasim.h does not list the header of $page(3)"
done

# Any awk makes the same of the headers, without complaint.
date=$(sed -n 's/^\.Dd //p' "$pages/pcasim.7")
find "$root/include/pcasim" -maxdepth 1 -name '*.h' ! -name api.h ! -name attributes.h |
	sort >"$dir/headers"
for awk in awk mawk gawk original-awk; do
	command -v "$awk" >/dev/null || continue
	mkdir -p "$dir/$awk"
	xargs "$awk" -v dir="$dir/$awk" -v date="$date" -f "$pages/header_to_man.awk" \
		<"$dir/headers" 2>"$dir/complaints" || fail "$awk: header_to_man.awk fails"
	[ ! -s "$dir/complaints" ] || fail "$awk: $(cat "$dir/complaints")"
	diff -r "$man3" "$dir/$awk" || fail "$awk makes other pages than the build"
done

# --- What pages say -----------------------------------------------------------------------

sed -nE 's/^\.(Pf \( )?Xr (pca[a-z0-9_-]*) ([137]).*/\2 \3/p' "$pages"/*.[17] "$man3"/*.3 |
	sort -u >"$dir/references"
while read -r name section; do
	[ -f "$pages/$name.$section" ] || [ -f "$man3/$name.$section" ] ||
		fail "a page refers to $name($section), which is not there"
done <"$dir/references"

# The first literal block of pcasim.7 is the example, the second what it prints.
literal() { # number
	awk -v wanted="$1" '
		/^\.Ed/ { inside = 0 }
		inside { gsub(/\\-/, "-"); gsub(/\\e/, "\\"); print }
		/^\.Bd -literal/ { inside = ++nr == wanted }' "$pages/pcasim.7"
}

literal 1 >"$dir/example.c"
grep -v '^//' "$root/tests/man_example.c" | diff - "$dir/example.c" ||
	fail 'the example of pcasim.7 is not tests/man_example.c'
literal 2 >"$dir/output"
"$example" | diff - "$dir/output" || fail 'the example of pcasim.7 prints something else'

# --- How they are written -----------------------------------------------------------------

if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning "$pages"/*.[17] "$man3"/pcasim*.3 || fail 'mandoc finds fault'
elif [ "$failed" -eq 0 ]; then
	echo 'man: mandoc is not installed; all else is well'
	exit 77
fi
exit "$failed"
