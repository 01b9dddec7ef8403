/* SPDX-License-Identifier: MIT */
/* Sets limits for two CPUs, freezes them, and lets three packets come to each. */
#include <bpf/bpf.h>
#include <pcasim/pcasim.h>
#include <stdio.h>

static void receive(const struct pca_object_prog *limit, __u32 cpu)
{
	static const unsigned char packet[64];
	int action;
	void *ctx;

	printf("CPU %u:", cpu);
	if (pca_packet_ctx_create(&ctx, limit->prog, packet, sizeof(packet)))
		return;
	for (int i = 0; i < 3; i++) {
		pca_run_on(limit->prog, cpu, ctx, &action);
		printf(" %s", action == XDP_PASS ? "passed" : "dropped");
	}
	printf("\n");
	pca_packet_ctx_free(ctx);
}

int main(void)
{
	struct pca_task *task = pca_current_task();
	__u64 limits[2] = { 2, 1 };
	struct pca_object *object;
	__u32 key = 0;

	if (!task || pca_object_open(&object, task, "limit.so", NULL))
		return 1;

	int map = pca_object_find_map(object, "limits")->fd;

	setvbuf(stdout, NULL, _IOLBF, 0); /* warnings come in between */
	bpf_map_update_elem(map, &key, limits, BPF_ANY);
	bpf_map_freeze(map);
	for (__u32 cpu = 0; cpu < 2; cpu++)
		receive(pca_object_find_prog(object, "limit_packets"), cpu);

	limits[0] = 1000;
	if (bpf_map_update_elem(map, &key, limits, BPF_ANY))
		printf("a new limit: error %d\n", errno);
	pca_object_close(object);
}
