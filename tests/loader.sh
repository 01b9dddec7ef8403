#!/bin/sh
# SPDX-License-Identifier: MIT
# A loader written for libbpf opens, loads and runs an object of "pcasim cc".
#
# Usage: loader.sh EXECUTABLE OBJECT
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
PCASIM_POSSIBLE=0,2-3,7 "$1" "$2" | diff -u "$here/libbpf/loader.expected" -
