/* SPDX-License-Identifier: MIT */
/*
 * The version of libbpf whose low-level functions stand here.
 */
#ifndef PCASIM_LIBBPF_VERSION_H
#define PCASIM_LIBBPF_VERSION_H

#define LIBBPF_MAJOR_VERSION 1
#define LIBBPF_MINOR_VERSION 4

#endif
