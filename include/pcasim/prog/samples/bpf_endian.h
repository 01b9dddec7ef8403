/* SPDX-License-Identifier: MIT */
/* <bpf/bpf_endian.h> as samples of the kernel call it. */
#include "../bpf/bpf_endian.h"
