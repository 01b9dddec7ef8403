/* SPDX-License-Identifier: MIT */
/*
 * The names that the kernel's own headers have behind <uapi/...>, for samples that are
 * written to be compiled beside them.
 */
#ifndef PCASIM_PROG_UAPI_TYPES_H
#define PCASIM_PROG_UAPI_TYPES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "../../bpf/bpf_endian.h"

typedef __s8 s8;
typedef __u8 u8;
typedef __s16 s16;
typedef __u16 u16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;

#ifndef htons
#define htons(x) bpf_htons(x)
#define ntohs(x) bpf_ntohs(x)
#define htonl(x) bpf_htonl(x)
#define ntohl(x) bpf_ntohl(x)
#endif

#endif
