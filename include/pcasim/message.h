/* SPDX-License-Identifier: MIT */
/*
 * Messages: what a caller did wrong, what was expected, and the way out.
 *
 * Nothing in pcasim prints except through the one function set here. The
 * default prints warnings and errors on stderr, a line each.
 */
#ifndef PCASIM_MESSAGE_H
#define PCASIM_MESSAGE_H

#include <pcasim/api.h>

PCA_BEGIN_DECLS

enum pca_message_level {
	PCA_MESSAGE_ERROR,   /* a call was refused, or something was lost */
	PCA_MESSAGE_WARNING, /* probably not meant: it works, or Linux's errno says too little */
	PCA_MESSAGE_TRACE,   /* a line that a program printed (bpf_printk) */
};

/*
 * Called with one message, without a newline at its end. It may be called from
 * any thread, workers included, and by several at once; it must not call back
 * into pcasim.
 */
typedef void (*pca_message_fn)(void *arg, enum pca_message_level level, const char *text);

/*
 * Send all messages of this process to fn(arg, ...); NULL brings back the
 * default, which prints "pcasim: TEXT" on stderr.
 *
 * MT-safe, but a message that is being told while this is called may still
 * reach the old function. Linux counterpart: libbpf_set_print().
 */
PCA_API void pca_set_message_fn(pca_message_fn fn, void *arg);

PCA_END_DECLS

#endif
