/* SPDX-License-Identifier: MIT */
/* Tries to map an array's memory into this process. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <sys/mman.h>

int main(void)
{
	int map = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "counts", 4, 8, 512, NULL);
	char text[64];

	if (mmap(NULL, 4096, PROT_READ, MAP_SHARED, map, 0) != MAP_FAILED)
		return 0;
	libbpf_strerror(errno, text, sizeof(text));
	printf("mmap: error %d, %s\n", errno, text);
	return 1;
}
