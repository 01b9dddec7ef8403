/* SPDX-License-Identifier: MIT */
/*
 * "pcasim cc" puts this in front of a source that brings its own copy of libbpf's headers:
 * pcasim's, and the guards of the others, which are then passed over.
 */
#ifndef PCASIM_PROG_VENDORED_H
#define PCASIM_PROG_VENDORED_H

#include "samples/bpf_helpers.h"

#include "bpf/bpf_core_read.h"
#include "bpf/bpf_endian.h"
#include "bpf/bpf_tracing.h"
#include "bpf/usdt.bpf.h"

#define __BPF_HELPERS__
#define __BPF_HELPERS_H /* as samples of Linux 4 and 5 had it */
#define __BPF_CORE_READ_H__
#define __BPF_ENDIAN__
#define __BPF_TRACING_H__
#define __USDT_BPF_H__

#endif
