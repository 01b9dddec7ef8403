/* SPDX-License-Identifier: MIT */
/* <bpf/bpf_core_read.h> as samples of the kernel call it. */
#include "../bpf/bpf_core_read.h"
