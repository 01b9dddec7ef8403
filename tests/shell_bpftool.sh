#!/bin/sh
# SPDX-License-Identifier: MIT
# The lines of shell/bpftool.pcasim given to bpftool on the running kernel and to
# pcasim shell on a machine like it: both print the same. 77 where bpftool is missing or
# may not, or the kernel is no release that is simulated.
# usage: shell_bpftool.sh PCASIM
set -u

tool=${1:?usage: shell_bpftool.sh PCASIM}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
LC_ALL=C
export LC_ALL

skip() {
	printf 'skipped: %s\n' "$1"
	exit 77
}

# Once more in a mount namespace of its own, so that no pin is left behind.
if [ "${2:-}" != inside ]; then
	command -v bpftool >/dev/null || skip 'bpftool is not installed'
	bpftool map show >/dev/null 2>&1 || skip 'bpf(2) is not permitted'
	release=$(uname -r)
	"$tool" --kernel "$release" topo --topology pu:1 >/dev/null 2>&1 ||
		skip "release $release is not simulated"
	unshare -m true 2>/dev/null || skip 'unshare(2) is not permitted'
	exec unshare -m sh "$here/shell_bpftool.sh" "$tool" inside
fi

dir=$(mktemp -d) || exit 1
trap 'umount "$dir/bpf"; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$dir/bpf"
mount -t bpf none "$dir/bpf" || skip 'a bpffs cannot be mounted'
prefix=t$$_ # other maps of this kernel have other names

# What the two may say differently: ids, words of errors, who holds a map open.
normalise() {
	sed -e "s/$prefix/t_/g" -e 's/^[0-9]*: \(percpu_array\|array\|hash\) /ID: \1 /' \
		-e 's/"id":[0-9]*/"id":ID/g' -e 's/^refused: .*/refused/' \
		-e 's/^{"error":.*/{"error"}/' -e '/^\tpids /d'
}

# A refusal is known by its status; what is printed beside "Not found" is bpftool's.
ask_bpftool() { # option...
	cd "$dir/bpf" || exit 1
	rm -f -- t*
	grep -v '^#' "$here/shell/bpftool.pcasim" | sed "s/\\([ \"]\\)t\\([_ ]\\)/\\1${prefix%_}\\2/g" |
		while read -r line; do
			wish=0
			case $line in
			'! '*) wish=1 line=${line#! } ;;
			esac
			eval "bpftool $* $line" >"$dir/answer" 2>/dev/null
			status=$?
			[ "$((status != 0))" = "$wish" ] || echo "status $status: $line"
			[ -s "$dir/answer" ] || [ "$status" -eq 0 ] || echo refused
			cat "$dir/answer"
		done
	cd "$here" || exit 1
}

ask_pcasim() { # option...
	"$tool" shell --kernel "$(uname -r)" \
		--possible "$(cat /sys/devices/system/cpu/possible)" "$@" "$here/shell/bpftool.pcasim"
}

failed=0
for option in '' --json; do
	ask_bpftool $option | normalise >"$dir/bpftool"
	ask_pcasim $option 2>"$dir/err" | normalise >"$dir/pcasim"
	grep -v warning "$dir/err"
	[ -s "$dir/bpftool" ] || failed=1
	if diff "$dir/bpftool" "$dir/pcasim"; then
		echo "ok - bpftool $option and pcasim shell $option print the same"
	else
		echo "not ok - bpftool $option and pcasim shell $option differ"
		failed=1
	fi
	[ -z "${KEEP:-}" ] || cp "$dir/bpftool" "$KEEP${option#--}"
done
exit "$failed"
