// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "host.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

uint32_t host_allowed_cpus(int *ids, uint32_t most)
{
	cpu_set_t allowed;
	uint32_t nr = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return 0;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		if (nr < most)
			ids[nr] = cpu;
		nr++;
	}
	return nr;
}

int host_pin_to(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) ? -errno : 0;
}

int host_pin(struct host_cpus *cpus)
{
	int ids[2] = { -1, -1 };

	if (!host_allowed_cpus(ids, 2))
		return -ESRCH;
	cpus->here = ids[0];
	cpus->other = ids[1];
	return host_pin_to(cpus->here);
}

long host_preemptions(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nivcsw;
}

uint64_t host_rss_bytes(void)
{
	unsigned long size, resident = 0;
	FILE *statm = fopen("/proc/self/statm", "r");

	if (!statm)
		return 0;
	if (fscanf(statm, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(statm);
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The number of CPUs in a cpulist such as "0-3,8". */
static uint32_t cpulist_weight(const char *list)
{
	uint32_t weight = 0;

	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		weight += (uint32_t)(last - first + 1);
		list = *end == ',' ? end + 1 : end;
	}
	return weight;
}

/* The first line of a file, without its newline; empty when there is none. */
static void read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "r");

	line[0] = '\0';
	if (!file)
		return;
	if (!fgets(line, (int)size, file))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	fclose(file);
}

uint32_t host_possible_cpus(void)
{
	char list[256];
	uint32_t weight;

	read_line("/sys/devices/system/cpu/possible", list, sizeof(list));
	weight = cpulist_weight(list);
	return weight ? weight : (uint32_t)sysconf(_SC_NPROCESSORS_CONF);
}

/* Whether a cpulist such as "0-3,8" has this CPU. */
static bool cpulist_has(const char *list, unsigned long cpu)
{
	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (cpu >= first && cpu <= last)
			return true;
		list = *end == ',' ? end + 1 : end;
	}
	return false;
}

bool host_is_one_core(int cpu, int other)
{
	char path[96], list[256];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
		 cpu);
	read_line(path, list, sizeof(list));
	return cpulist_has(list, (unsigned long)other);
}

void host_governor(char *name, size_t size, int cpu)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", cpu);
	read_line(path, name, size);
}

static void cpu_model(char *model, size_t size)
{
	FILE *cpuinfo = fopen("/proc/cpuinfo", "r");
	char line[256];

	snprintf(model, size, "unknown CPU");
	while (cpuinfo && fgets(line, sizeof(line), cpuinfo)) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) || !colon)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(model, size, "%.80s", colon + 2);
		break;
	}
	if (cpuinfo)
		fclose(cpuinfo);
}

void host_describe(char *line, size_t size, const struct host_cpus *cpus)
{
	char model[96], jit[16];
	struct utsname uts;
	char governor[32];
	double load = 0;

	host_governor(governor, sizeof(governor), cpus->here);
	cpu_model(model, sizeof(model));
	read_line("/proc/sys/net/core/bpf_jit_enable", jit, sizeof(jit));
	uname(&uts);
	getloadavg(&load, 1);
	snprintf(line, size,
		 "%s, %ld CPUs, Linux %.*s, bpf_jit_enable %s, compiler %s, pinned to CPU %d, "
		 "%s%s%sload %.1f",
		 model, sysconf(_SC_NPROCESSORS_ONLN), (int)strspn(uts.release, "0123456789."),
		 uts.release, jit[0] ? jit : "unknown", __VERSION__, cpus->here,
		 governor[0] ? "governor " : "", governor, governor[0] ? ", " : "", load);
}
