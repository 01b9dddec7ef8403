/* SPDX-License-Identifier: MIT */
/* <bpf/bpf_tracing.h> as samples of the kernel call it. */
#include "../bpf/bpf_tracing.h"
