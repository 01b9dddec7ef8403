#!/bin/sh
# SPDX-License-Identifier: MIT
# The rules on the running kernel, if it may be asked and its release is one of
# those measured; 77 otherwise. usage: on_kernel.sh PCASIM
set -u

tool=${1:?usage: on_kernel.sh PCASIM}

"$tool" rules --check --on-kernel
status=$?
[ "$status" -ne 2 ] || status=77
exit "$status"
