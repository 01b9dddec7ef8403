/* SPDX-License-Identifier: MIT */
/* An fd that may only read, and another one of the same map. */
#include <bpf/bpf.h>
#include <stdio.h>

static void write_limit(const char *who, int fd)
{
	__u64 limits[2] = { 100, 100 };
	__u32 key = 0;

	if (bpf_map_update_elem(fd, &key, limits, BPF_ANY))
		printf("%s: error %d\n", who, errno);
	else
		printf("%s: written\n", who);
}

int main(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_RDONLY);
	int fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "limits", 4, 8, 1, &opts);

	write_limit("the one that made it", fd);
	bpf_obj_pin(fd, "/sys/fs/bpf/limits");
	write_limit("another one, by the pin", bpf_obj_get("/sys/fs/bpf/limits"));
}
