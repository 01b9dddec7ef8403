/* SPDX-License-Identifier: MIT */
/* Loads the program, and lets it see a few packets. */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <pcasim/pcasim.h>
#include <stdlib.h>

/* One packet of 100 bytes on CPU 0, two on CPU 1. Returns the fd of the map. */
static inline int receive_packets(void)
{
	static const unsigned char packet[100];
	static struct pca_object *object; /* stays open */
	struct pca_task *task = pca_current_task();
	const struct pca_object_prog *count;
	void *ctx;

	if (!task || pca_object_open(&object, task, "stats.so", NULL))
		exit(1);
	count = pca_object_find_prog(object, "count_packet");
	if (pca_packet_ctx_create(&ctx, count->prog, packet, sizeof(packet)))
		exit(1);
	pca_run_on(count->prog, 0, ctx, NULL);
	pca_run_on(count->prog, 1, ctx, NULL);
	pca_run_on(count->prog, 1, ctx, NULL);
	pca_packet_ctx_free(ctx);
	return pca_object_find_map(object, "stats")->fd;
}

#endif
