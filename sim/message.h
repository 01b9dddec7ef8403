/* SPDX-License-Identifier: MIT */
#ifndef SIM_MESSAGE_H
#define SIM_MESSAGE_H

#include <pcasim/message.h>

/* Tell one message; the text needs no newline. */
void message(enum pca_message_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));

#define message_error(...) message(PCA_MESSAGE_ERROR, __VA_ARGS__)
#define message_warning(...) message(PCA_MESSAGE_WARNING, __VA_ARGS__)

#endif
