#!/bin/sh
# SPDX-License-Identifier: MIT
# The programs in tests/bpf are BPF C as it is written for Linux: clang compiles them for
# BPF with libbpf's own headers. And they compile natively with ours: optimised and not,
# and as checked programs.
#
# Usage: bpf_compile.sh CC    CC is gcc; -gbtf is its option alone.
set -eu

cc=$1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
failed=0

# Where <asm/types.h> is, as programs' makefiles say it.
architecture=$(printf -- '-I%s ' /usr/include/*-linux-gnu)
warnings='-Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Werror'
native="-std=gnu11 -g -gbtf -fPIC -Werror=implicit-function-declaration
	-I$root/include/pcasim/prog -I$root/include
	-idirafter $root/include/pcasim/prog/samples"

fail() {
	printf 'bpf_compile: %s\n' "$*" >&2
	failed=1
}

compile_natively() { # program, flags...
	program=$1
	shift
	# shellcheck disable=SC2086 # options are words
	"$cc" $native $warnings "$@" "$program" -o "$dir/out" ||
		fail "${program##*/}: not with $*"
}

compile_for_bpf() { # program
	# shellcheck disable=SC2086 # options are words
	clang -target bpf -D__TARGET_ARCH_x86 -O2 -g -Wall -Werror $architecture \
		-idirafter "$root/include/pcasim/prog" -idirafter /usr/include/bpf -c "$1" -o "$dir/out" ||
		fail "${1##*/}: clang does not take it for BPF"
}

# A use of what is not simulated is told by name.
refuses() { # helper
	printf '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\nvoid use(void *p);\nvoid use(void *p)\n{\n\t(void)%s(p, p, 0, 0);\n}\n' \
		"$1" >"$dir/use.c"
	# shellcheck disable=SC2086
	if "$cc" $native -O2 -c "$dir/use.c" -o "$dir/out" 2>"$dir/said"; then
		fail "$1 compiles"
	elif ! grep -q "$1() is not simulated by pcasim: see docs/helpers.md" "$dir/said"; then
		fail "$1: not told by name"
		cat "$dir/said" >&2
	fi
}

has_bpf=no
# shellcheck disable=SC2086
if printf '#include <linux/types.h>\n#include <bpf/bpf_helpers.h>\n' |
	clang -target bpf $architecture -x c -fsyntax-only - 2>/dev/null; then
	has_bpf=yes
else
	echo 'bpf_compile: no clang for BPF with libbpf'\''s headers: that half is left out'
fi

for program in "$root"/tests/bpf/*.bpf.c; do
	for level in -O0 -O2 -O3; do
		compile_natively "$program" "$level" -shared -nostdlib
	done
	compile_natively "$program" -O2 -fsanitize=thread -DPCASIM_CHECKED=1 -c
	[ "$has_bpf" = no ] || compile_for_bpf "$program"
done

refuses bpf_redirect_neigh
refuses bpf_sk_storage_get
refuses bpf_redirect_map

exit "$failed"
