/* SPDX-License-Identifier: MIT */
/* Lets each CPU run the program a thousand times, and reads what it has counted. */
#include <bpf/bpf.h>
#include <pcasim/pcasim.h>
#include <stdio.h>

int main(void)
{
	struct pca_task *task = pca_current_task();
	__u64 arguments[12] = { 0 }, values[4] = { 0 };
	struct pca_object *object;
	__u32 key = 0;

	if (!task || pca_object_open(&object, task, "global.so", NULL))
		return 1;
	for (int i = 0; i < 1000; i++)
		pca_run_on_each_cpu(pca_object_find_prog(object, "count_call")->prog, arguments,
				    NULL);

	printf("total: %llu\n", *(__u64 *)pca_object_find_global(object, "total")->address);
	bpf_map_lookup_elem(pca_object_find_map(object, "counts")->fd, &key, values);
	for (int i = 0; i < 4; i++)
		printf("CPU %d: %llu\n", i, values[i]);
	pca_object_close(object);
}
