/* SPDX-License-Identifier: MIT */
/*
 * Byte orders: between the network's (big-endian) or little-endian and this
 * machine's. A constant gives a constant, also for case labels.
 */
#ifndef PCASIM_PROG_BPF_ENDIAN_H
#define PCASIM_PROG_BPF_ENDIAN_H

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PCA_BIG_(bits, x) __builtin_bswap##bits(x)
#define PCA_LITTLE_(bits, x) ((__UINT##bits##_TYPE__)(x))
#else
#define PCA_BIG_(bits, x) ((__UINT##bits##_TYPE__)(x))
#define PCA_LITTLE_(bits, x) __builtin_bswap##bits(x)
#endif

#define bpf_htons(x) PCA_BIG_(16, x)
#define bpf_ntohs(x) PCA_BIG_(16, x)
#define bpf_htonl(x) PCA_BIG_(32, x)
#define bpf_ntohl(x) PCA_BIG_(32, x)

#define bpf_cpu_to_be16(x) PCA_BIG_(16, x)
#define bpf_be16_to_cpu(x) PCA_BIG_(16, x)
#define bpf_cpu_to_be32(x) PCA_BIG_(32, x)
#define bpf_be32_to_cpu(x) PCA_BIG_(32, x)
#define bpf_cpu_to_be64(x) PCA_BIG_(64, x)
#define bpf_be64_to_cpu(x) PCA_BIG_(64, x)

#define bpf_cpu_to_le16(x) PCA_LITTLE_(16, x)
#define bpf_le16_to_cpu(x) PCA_LITTLE_(16, x)
#define bpf_cpu_to_le32(x) PCA_LITTLE_(32, x)
#define bpf_le32_to_cpu(x) PCA_LITTLE_(32, x)
#define bpf_cpu_to_le64(x) PCA_LITTLE_(64, x)
#define bpf_le64_to_cpu(x) PCA_LITTLE_(64, x)

/* libbpf's own names, which some programs use. */
#define __bpf_htons(x) bpf_htons(x)
#define __bpf_ntohs(x) bpf_ntohs(x)
#define __bpf_htonl(x) bpf_htonl(x)
#define __bpf_ntohl(x) bpf_ntohl(x)
#define __bpf_constant_htons(x) bpf_htons(x)
#define __bpf_constant_ntohs(x) bpf_ntohs(x)
#define __bpf_constant_htonl(x) bpf_htonl(x)
#define __bpf_constant_ntohl(x) bpf_ntohl(x)

#endif
