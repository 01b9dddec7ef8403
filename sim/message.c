// SPDX-License-Identifier: MIT
/*
 * The one place through which anything is told to the user.
 */
#include "message.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static void print_on_stderr(void *arg, enum pca_message_level level, const char *text)
{
	(void)arg;
	if (level == PCA_MESSAGE_TRACE)
		fprintf(stderr, "%s\n", text);
	else
		fprintf(stderr, "pcasim: %s%s\n", level == PCA_MESSAGE_WARNING ? "warning: " : "",
			text);
}

static struct {
	pthread_mutex_t lock; /* keeps fn and arg together */
	pca_message_fn fn;
	void *arg;
} listener = { PTHREAD_MUTEX_INITIALIZER, print_on_stderr, NULL };

void pca_set_message_fn(pca_message_fn fn, void *arg)
{
	pthread_mutex_lock(&listener.lock);
	listener.fn = fn ? fn : print_on_stderr;
	listener.arg = fn ? arg : NULL;
	pthread_mutex_unlock(&listener.lock);
}

void message(enum pca_message_level level, const char *fmt, ...)
{
	char text[1100]; /* bpf_trace_printk()'s 1024, and more */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);

	pthread_mutex_lock(&listener.lock);
	pca_message_fn fn = listener.fn;
	void *arg = listener.arg;
	pthread_mutex_unlock(&listener.lock);
	fn(arg, level, text);
}
