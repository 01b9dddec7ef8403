// SPDX-License-Identifier: MIT
/*
 * A user of libbpf who takes the installed headers in its place.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>

int main(void)
{
	__u32 key = 0;
	__u64 out[3] = { 0 }, in[3] = { 5, 6, 7 };
	int fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "counts", 4, 8, 1, NULL);

	if (libbpf_num_possible_cpus() != 3 || fd < 0)
		return 1;
	if (bpf_map_update_elem(fd, &key, in, BPF_ANY) || bpf_map_lookup_elem(fd, &key, out))
		return 1;
	printf("read %d, %d and %d\n", (int)out[0], (int)out[1], (int)out[2]);
	return out[0] == 5 && out[1] == 6 && out[2] == 7 ? 0 : 1;
}
