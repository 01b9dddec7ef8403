#!/bin/sh
# SPDX-License-Identifier: MIT
# A program written for libbpf does here what it does on Linux: stats_reader prints
# what is expected; and on a machine that lets us call bpf(2) and mount a bpffs, with
# libbpf installed, the same source built for the kernel prints the same.
#
# Usage: stats_reader.sh EXECUTABLE				against the expected output
#        stats_reader.sh EXECUTABLE CC [FLAG...]		against the kernel; 77: cannot
set -eu

executable=$1
shift
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
pin=/sys/fs/bpf/stats

cannot() {
	printf 'stats_reader: %s: not compared with the kernel\n' "$*"
	exit 77
}

if [ $# -eq 0 ]; then
	PCASIM_POSSIBLE=0,2-3,7 "$executable" "$pin" | diff -u "$here/libbpf/stats_reader.expected" -
	exit
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT INT TERM

"$@" "$here/libbpf/stats_reader.c" -lbpf -o "$dir/for_kernel" 2>"$dir/log" ||
	cannot "no libbpf to build with"

# In a mount namespace of its own: nothing of this machine's bpffs is touched.
# shellcheck disable=SC2016 # the inner shell's arguments
unshare --mount sh -c 'mount -t bpf bpf /sys/fs/bpf' 2>"$dir/log" || cannot "$(cat "$dir/log")"
[ "$(id -u)" -eq 0 ] || cannot "not root"
# shellcheck disable=SC2016
unshare --mount sh -c 'mount -t bpf bpf /sys/fs/bpf && exec "$1" "$2"' sh \
	"$dir/for_kernel" "$pin" >"$dir/kernel" 2>"$dir/log" || {
	grep -q '^create: Operation not permitted' "$dir/log" && cannot "$(cat "$dir/log")"
	cat "$dir/log" >&2
	exit 1
}
PCASIM_POSSIBLE=$(cat /sys/devices/system/cpu/possible) "$executable" "$pin" >"$dir/here"
diff -u "$dir/kernel" "$dir/here"
