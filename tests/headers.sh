#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone, as C11, C17 and C++17, with and without GNU's
# extensions, without a warning; those for programs stand beside vmlinux.h; and the
# two that use the same names refuse to be mixed.
#
# Usage: headers.sh CC CXX    CXX may be empty: then C only. Run in the source's root.
set -eu

cc=$1
cxx=${2-}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
include=$root/include
failed=0

warnings='-Wall -Wextra -Wpedantic -Wundef -Wpointer-arith -Werror'
c_warnings='-Wshadow -Wstrict-prototypes -Wmissing-prototypes'

# Include each header twice: the second time must do nothing.
program() { # header...
	for header; do
		printf '#include <%s>\n#include <%s>\n' "$header" "$header"
	done
	printf 'int unused(void);\nint unused(void)\n{\n\treturn 0;\n}\n'
}

compiles() { # compiler, language, standard, flags, header...
	compiler=$1 language=$2 dialect=$3 options=$4
	shift 4
	# shellcheck disable=SC2086 # options are words
	program "$@" | "$compiler" -x "$language" -std="$dialect" $warnings $options \
		-I"$include" -fsyntax-only -
}

check() { # flags, header...
	flags=$1
	shift
	for standard in c11 c17 gnu11; do
		compiles "$cc" c "$standard" "$c_warnings $flags" "$@" || fail "$cc $standard: $*"
	done
	[ -n "$cxx" ] || return 0
	for standard in c++17 gnu++17; do
		compiles "$cxx" c++ "$standard" "$flags" "$@" || fail "$cxx $standard: $*"
	done
}

refuses() { # header...
	flags="-I$include/pcasim/libbpf -I$include/pcasim/prog"
	case $(compiles "$cc" c gnu11 "$flags" "$@" 2>&1) in
	*'#error'*'one per file'* | *'error: '*'one per file'*) ;;
	*) fail "$* may be mixed" ;;
	esac
}

# vmlinux.h defines names that libc's headers define otherwise.
beside_vmlinux() { # header
	"$cc" -x c -std=gnu11 -Wall -Wextra -Werror -I"$include" -I"$include/pcasim/prog" \
		-fsyntax-only - <<END || fail "$1: not beside vmlinux.h"
typedef _Bool bool;
enum { false, true };
typedef signed char int8_t;
typedef long long int64_t;
typedef unsigned long long u64, __u64, uint64_t;
typedef unsigned int u32, __u32, uint32_t;
typedef u64 uintptr_t;
#include <$1>
END
}

fail() {
	printf 'headers: %s\n' "$*" >&2
	failed=1
}

# What stands on the Check library needs it.
needs_missing() { # path
	[ "${1##*/}" = check.h ] &&
		! printf '#include <check.h>\n' | "$cc" -x c -fsyntax-only - 2>/dev/null
}

for path in "$include"/pcasim/*.h "$include"/pcasim/libbpf/*.h; do
	! needs_missing "$path" || continue
	check "-O2" "${path#"$include"/}"
done
for path in "$include"/pcasim/libbpf/bpf/*.h; do
	check "-O2 -I$include/pcasim/libbpf" "bpf/${path##*/}"
done
check "-I$include/pcasim/libbpf" bpf/bpf.h bpf/libbpf.h pcasim/pcasim.h
check "-I$include/pcasim/libbpf" pcasim/pcasim.h bpf/libbpf.h bpf/bpf.h
for path in "$include"/pcasim/prog/bpf/*.h; do
	check "-I$include/pcasim/prog" "bpf/${path##*/}"
	check "-I$include/pcasim/prog" linux/types.h linux/bpf.h "bpf/${path##*/}"
	# The same functions, declared twice: the types must agree.
	check "-I$include/pcasim/prog" "bpf/${path##*/}" pcasim/helpers.h
	check "-I$include/pcasim/prog" pcasim/pcasim.h "bpf/${path##*/}"
done
beside_vmlinux bpf/bpf_helpers.h
beside_vmlinux pcasim/map_ref.h

refuses bpf/bpf.h bpf/bpf_helpers.h
refuses bpf/bpf_helpers.h bpf/bpf.h
refuses bpf/libbpf.h bpf/bpf_helpers.h
refuses bpf/bpf_helpers.h bpf/libbpf.h

exit "$failed"
