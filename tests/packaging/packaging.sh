#!/bin/sh
# SPDX-License-Identifier: MIT
# What is installed works for programs outside, in each way that they may come to it.
#
# Usage: packaging.sh CASE BUILD GENERATOR CC CXX    CXX may be empty: then C only
# Everything is done in BUILD/packaging-test; the case "install" comes first.
set -eu

name=$1 build=$2 generator=$3 cc=$4 cxx=$5
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
outside=$here/outside
scratch=$build/packaging-test
prefix=$scratch/installed
dir=$scratch/$name

unset DESTDIR CFLAGS CXXFLAGS CPPFLAGS LDFLAGS
cached() { # variable
	cmake -LA -N "$build" 2>/dev/null | sed -n "s/^$1:[A-Z]*=//p"
}

libdir=$(cached CMAKE_INSTALL_LIBDIR)
[ -n "$libdir" ]
export PKG_CONFIG_PATH="$prefix/$libdir/pkgconfig"
export LD_LIBRARY_PATH="$prefix/$libdir"
warnings='-Wall -Wextra -Werror'

fail() {
	echo "packaging: $*" >&2
	exit 1
}

skip() {
	echo "packaging: $*" >&2
	exit 77
}

needs() { # command
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

compile() { # compiler and flags, source, flags of pkg-config; makes and runs $dir/program
	# shellcheck disable=SC2086 # lists of words
	$1 -O2 $warnings "$outside/$2" $3 -o "$dir/program" || fail "cannot build: $1 $2 $3"
	"$dir/program" || fail "does not work: $1 $2 $3"
}

case_install() {
	cmake --install "$build" --prefix "$prefix" >"$dir/log" || fail "cannot install"
	"$prefix/bin/pcasim" rules | grep -q UPDATE || fail "the tool does not find its rules"
	"$prefix/bin/pcasim" demo --seconds 0.01 --topology pu:2 | tail -n 2 | paste -s -d ' ' |
		grep -q '^[1-9][0-9]* recorded .* 0 differences$' || fail "the tool does not find its traces"
}

# Installed for /opt/pcasim in another place; then moved; then incomplete.
case_destdir() {
	DESTDIR=$dir cmake --install "$build" --prefix /opt/pcasim >"$dir/log" ||
		fail "cannot install"
	[ "$(ls "$dir")" = "$(printf 'log\nopt')" ] || fail "installed beside: $(ls "$dir")"
	grep -qx 'prefix=/opt/pcasim' "$dir/opt/pcasim/$libdir/pkgconfig/pcasim.pc" ||
		fail "pcasim.pc has another prefix"
	for place in "$scratch" "$(dirname -- "$(dirname -- "$here")")"; do
		! grep -rIl -e "$place" "$dir/opt" || fail "they name $place"
	done
	mv "$dir/opt/pcasim" "$dir/moved"
	"$dir/moved/bin/pcasim" rules | grep -q UPDATE || fail "the moved tool finds no rules"
	rm -r "$dir/moved/share/pcasim"
	[ ! -d "$(cached CMAKE_INSTALL_PREFIX)/share/pcasim" ] || return 0
	status=0
	"$dir/moved/bin/pcasim" rules 2>"$dir/err" || status=$?
	if [ "$status" -ne 2 ] || ! grep -q '^pcasim rules: .* are missing' "$dir/err"; then
		fail "the tool without its rules: status $status, $(cat "$dir/err")"
	fi
}

# BPF C of the world with the installed tool, also where it was moved to: plain and checked.
case_programs() {
	needs gcc
	unset CC
	cp -a "$prefix" "$dir/moved"
	for tool in "$prefix/bin/pcasim" "$dir/moved/bin/pcasim"; do
		for kind in '' --checked; do
			# shellcheck disable=SC2086 # an option or none
			"$tool" cc $kind "$here/../bpf/callbacks.bpf.c" -o "$dir/callbacks.so" ||
				fail "$tool cc $kind does not compile"
			"$tool" prog run "$dir/callbacks.so" --topology pu:2 --cpu 0-1 >"$dir/out" ||
				fail "$tool prog run: exit status $?"
			grep -q 'CPU 1: returned 60' "$dir/out" || fail "$tool prog run: $(cat "$dir/out")"
		done
	done
	rm "$dir/moved/$libdir/libpcasim_checked.a"
	[ ! -f "$(cached CMAKE_INSTALL_PREFIX)/$libdir/libpcasim_checked.a" ] || return 0
	! "$tool" cc --checked "$here/../bpf/callbacks.bpf.c" -o "$dir/none.so" 2>"$dir/err" ||
		fail "a checked program without its archive"
	grep -q 'libpcasim_checked.a' "$dir/err" || fail "the archive is not named: $(cat "$dir/err")"
}

case_pkg_config() {
	needs pkg-config
	compile "$cc" outside.c "$(pkg-config --cflags --libs pcasim)"
	[ -z "$cxx" ] || compile "$cxx -x c++" outside.c "$(pkg-config --cflags --libs pcasim)"
	export PCASIM_POSSIBLE=0-2
	shape=-I$(pkg-config --variable=libbpf_includedir pcasim)
	compile "$cc" reader.c "$shape $(pkg-config --cflags --libs pcasim)"
	"$cc" -O2 -Wall -Wextra -Werror "-I$(pkg-config --variable=prog_includedir pcasim)" \
		"-I$prefix/include" -c "$outside/counter.bpf.c" -o "$dir/counter.o"
}

case_static() {
	needs pkg-config
	echo 'int main(void) { return 0; }' >"$dir/empty.c"
	# shellcheck disable=SC2046 # lists of words
	"$cc" "$dir/empty.c" -o "$dir/empty" $(pkg-config --static --libs liburcu hwloc libbpf libelf) ||
		skip "what liburcu, hwloc, libbpf and libelf want for static linking is not installed"
	flags=$(pkg-config --static --cflags --libs pcasim | sed 's/-lpcasim/-l:libpcasim.a/')
	compile "$cc" outside.c "$flags"
	[ -z "$cxx" ] || compile "$cxx -x c++" outside.c "$flags -x none"
	! readelf -d "$dir/program" | grep libpcasim || fail "it was linked with the shared library"
}

build_and_test() { # source, cmake argument...
	source=$1
	shift
	{
		cmake -S "$source" -B "$dir/build" -G "$generator" -DCMAKE_C_COMPILER="$cc" "$@" &&
			cmake --build "$dir/build"
	} >"$dir/log" 2>&1 || {
		cat "$dir/log"
		fail "cannot build $source"
	}
	(cd "$dir/build" && ctest --output-on-failure --no-tests=error) || fail "$source does not work"
}

case_cmake() {
	build_and_test "$outside" -DCMAKE_PREFIX_PATH="$prefix" ${cxx:+"-DCMAKE_CXX_COMPILER=$cxx"}
}

# The projects that docs/testing.md explains, as they are installed.
case_examples() {
	needs pkg-config
	for example in stats program; do
		build_and_test "$prefix/share/doc/pcasim/examples/$example" \
			-DCMAKE_PREFIX_PATH="$prefix"
		rm -r "$dir/build"
	done
	command -v clang >/dev/null || return 0
	# What the compiler knows of its own headers for this machine: where <asm/types.h> is.
	clang -O2 -Wall -Werror -target bpf "-I/usr/include/$("$cc" -print-multiarch)" \
		-c "$here/../examples/program/packets.bpf.c" -o "$dir/packets.o" ||
		fail "the program of the example is none for the kernel"
}

# Both ways end in the same, so one of them is not built.
case_around() {
	pcasim=$here/../..
	cmake -S "$here/around" -B "$dir/configured" -G "$generator" -DCMAKE_C_COMPILER="$cc" \
		-DHOW=add_subdirectory -DPCASIM="$pcasim" >"$dir/log" 2>&1 || {
		cat "$dir/log"
		fail "cannot be added as a subdirectory"
	}
	build_and_test "$here/around" -DHOW=FetchContent -DPCASIM="$pcasim"
	DESTDIR=$dir/nothing cmake --install "$dir/build" >"$dir/log"
	[ ! -d "$dir/nothing" ] || fail "pcasim is installed unasked: $(find "$dir/nothing" -type f)"
}

# A program built with ThreadSanitizer, beside the library as it is: nothing is reported of
# the library, and the program's own race is.
case_tsan() {
	needs pkg-config
	supp=$(pkg-config --variable=tsan_suppressions pcasim)
	[ -f "$supp" ] || fail "no suppressions: $supp"
	launcher=
	! setarch "$(uname -m)" -R true 2>/dev/null || launcher="setarch $(uname -m) -R"
	echo 'int main(void) { return 0; }' >"$dir/empty.c"
	"$cc" -fsanitize=thread "$dir/empty.c" -o "$dir/empty" || skip "$cc has no TSan"
	$launcher "$dir/empty" || skip 'TSan does not run here'
	# shellcheck disable=SC2046 # lists of words
	"$cc" -g -O2 -Wall -Wextra -Werror -fsanitize=thread "$outside/sanitized.c" \
		$(pkg-config --cflags --libs pcasim) -o "$dir/sanitized"
	TSAN_OPTIONS="suppressions=$supp" $launcher "$dir/sanitized" >"$dir/said" 2>&1 || {
		cat "$dir/said"
		fail "TSan has something to say of the library"
	}
	! TSAN_OPTIONS="suppressions=$supp" $launcher "$dir/sanitized" race >"$dir/said" 2>&1 ||
		fail "TSan does not find the program's own race"
	grep -q 'SUMMARY: .* in count_everywhere' "$dir/said" || {
		cat "$dir/said"
		fail "TSan does not find the program's own race"
	}
}

case_dlopen() {
	"$cc" -O2 -Wall -Wextra -Werror "-I$prefix/include" "$outside/opener.c" -o "$dir/opener" -ldl
	"$dir/opener" "$prefix/$libdir/libpcasim.so.0"
}

# Nothing but pca_* can meet the names of a user's program.
case_symbols() {
	needs nm
	nm -D --defined-only --format=posix "$prefix/$libdir/libpcasim.so" >"$dir/shared"
	nm -g --defined-only --format=posix "$prefix/$libdir/libpcasim.a" | grep -v ':$' >"$dir/static"
	for kind in shared static; do
		grep -q '^pca_machine_create[@ ]' "$dir/$kind" || fail "no functions in the $kind library"
		# The first is the version itself.
		! grep -vE '^(PCASIM_[0-9.]+ A|pca_[a-z0-9_]+(@@PCASIM_[0-9.]+)? )' "$dir/$kind" ||
			fail "the $kind library exports them, too"
	done
}

rm -rf "$dir"
[ "$name" != install ] || rm -rf "$prefix"
mkdir -p "$dir"
"case_$name"
