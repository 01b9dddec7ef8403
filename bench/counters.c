// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const uint64_t configs[NR_COUNTERS] = {
	[COUNTER_CYCLES] = PERF_COUNT_HW_CPU_CYCLES,
	[COUNTER_INSTRUCTIONS] = PERF_COUNT_HW_INSTRUCTIONS,
	[COUNTER_CACHE_MISSES] = PERF_COUNT_HW_CACHE_MISSES,
};

/* What a read of the group's leader gives. */
struct group {
	uint64_t nr, enabled_ns, running_ns;
	uint64_t values[NR_COUNTERS];
};

static int open_one(uint64_t config, int leader)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = config,
		.disabled = leader < 0,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
	};
	long fd = syscall(SYS_perf_event_open, &attr, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

int counters_open(struct counters *counters)
{
	memset(counters->fds, -1, sizeof(counters->fds));
	for (int i = 0; i < NR_COUNTERS; i++) {
		int fd = open_one(configs[i], counters->fds[0]);

		if (fd < 0) {
			counters_close(counters);
			return fd;
		}
		counters->fds[i] = fd;
	}
	return 0;
}

void counters_close(struct counters *counters)
{
	for (int i = 0; i < NR_COUNTERS; i++) {
		if (counters->fds[i] >= 0)
			close(counters->fds[i]);
		counters->fds[i] = -1;
	}
}

void counters_start(struct counters *counters)
{
	ioctl(counters->fds[0], PERF_EVENT_IOC_RESET, PERF_IOC_FLAG_GROUP);
	ioctl(counters->fds[0], PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
}

int counters_stop(struct counters *counters, uint64_t values[NR_COUNTERS])
{
	struct group group = { 0 };

	ioctl(counters->fds[0], PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
	errno = 0;
	if (read(counters->fds[0], &group, sizeof(group)) != (ssize_t)sizeof(group))
		return errno ? -errno : -EIO;
	if (!group.running_ns || group.running_ns < group.enabled_ns)
		return -EAGAIN;
	memcpy(values, group.values, sizeof(group.values));
	return 0;
}
