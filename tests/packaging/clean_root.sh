#!/bin/sh
# SPDX-License-Identifier: MIT
# The Debian packages do in a minimal Debian 12 with gcc what README.md promises: its
# example compiles, links and prints what it should, and the tool works. Needs root,
# mmdebstrap or debootstrap, and downloads about 200 MB.
#
# Usage: clean_root.sh DIRECTORY-OF-DEBS
set -eu

debs=${1:?usage: clean_root.sh DIRECTORY-OF-DEBS}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
readme=$here/../../README.md
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

skip() {
	echo "clean_root: $*" >&2
	exit 77
}

[ "$(id -u)" -eq 0 ] || skip "this takes root"
unshare --mount true 2>/dev/null || skip "this root may not mount"
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
trap 'exit 1' HUP INT TERM
root=$dir/root

say() {
	printf '\n== %s\n' "$*"
}

inside() { # command...: with /proc and /sys, in mounts that end with the command
	# shellcheck disable=SC2016 # for the other shell
	unshare --mount sh -c 'mount --rbind /proc "$1/proc" && mount --rbind /sys "$1/sys" &&
		exec chroot "$@"' sh "$root" "$@"
}

inside_shell() { # commands
	inside sh -ec "cd /root && $1"
}

# The first block of README.md after ```LANGUAGE.
block() { # language
	awk -v fence="\`\`\`$1" '
		inside && /^```/ { exit }
		inside { print; found = 1 }
		$0 == fence { inside = 1 }
		END { exit !found }' "$readme"
}

say "Debian 12 with gcc, and nothing else"
if command -v mmdebstrap >/dev/null; then
	mmdebstrap --quiet --variant=minbase --include=gcc,libc6-dev bookworm "$root" "$mirror"
elif command -v debootstrap >/dev/null; then
	debootstrap --variant=minbase --include=gcc,libc6-dev bookworm "$root" "$mirror" \
		>"$dir/log" || { cat "$dir/log" && exit 1; }
else
	skip "neither mmdebstrap nor debootstrap is installed"
fi
inside_shell 'dpkg-query -W gcc libc6-dev; ! command -v pkg-config; ! command -v cmake'

say "The packages, with what they depend on"
mkdir "$root/debs"
cp "$debs"/*.deb "$root/debs"
inside_shell 'apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends /debs/*.deb \
		>/root/log 2>&1 || { cat /root/log; exit 1; }
	dpkg-query -W "*pcasim*"'

say "README.md's example"
block c >"$root/root/example.c"
block text >"$dir/expected"
inside_shell 'set -x; cc -O2 example.c -lpcasim -o example; ./example' | tee "$dir/printed"
diff -u "$dir/expected" "$dir/printed"
inside_shell 'set -x; cc -O2 example.c -l:libpcasim.a -lurcu -lurcu-cds -lurcu-common -lhwloc -lbpf -lelf -o static
	./static' >"$dir/printed"
diff -u "$dir/expected" "$dir/printed"

say "The tool"
inside_shell 'set -x; pcasim --version; pcasim topo; pcasim demo; pcasim rules --check'
# Where no /proc tells the tool where it is, too.
chroot "$root" pcasim rules --check

say "Nothing stays behind"
# shellcheck disable=SC2016 # for the shell inside
inside_shell 'apt-get purge -qq -y libpcasim0 libpcasim-dev pcasim >/dev/null 2>&1
	left=$(find /usr /etc /var/lib/dpkg/info -name "*pcasim*")
	[ -z "$left" ] || { echo "left: $left"; exit 1; }'
say "It works"
