// SPDX-License-Identifier: MIT
/*
 * Topologies through hwloc: this host, a synthetic description, an XML file.
 *
 * Loading this host's takes 5 to 27 ms, so it is kept for the life of the
 * process. hwloc's synthetic topologies never bind threads; that is cpu.c's
 * work, by pthread_setaffinity_np().
 */
#include "topology.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

/*
 * How many leaves a synthetic description asks for, saturating: the product of
 * the counts outside brackets. hwloc would build a million of them before
 * anybody could refuse.
 */
static uint64_t synthetic_leaves(const char *text)
{
	uint64_t leaves = 1;
	int depth = 0;

	for (const char *p = text; *p; p++) {
		if (*p == '(' || *p == '[') {
			depth++;
		} else if (*p == ')' || *p == ']') {
			depth--;
		} else if (depth == 0 && isdigit((unsigned char)*p) &&
			   (p == text || p[-1] == ':' || isspace((unsigned char)p[-1]))) {
			char *end;
			unsigned long long n = strtoull(p, &end, 10);

			if (n > PCA_MAX_CPUS || leaves * n > PCA_MAX_CPUS)
				return UINT64_MAX;
			leaves *= n;
			p = end - 1;
		}
	}
	return leaves;
}

static int set_synthetic(hwloc_topology_t hw, const char *text)
{
	if (synthetic_leaves(text) > PCA_MAX_CPUS) {
		message_error("topology \"%s\" has more than %d CPUs, the most a machine can have",
			      text, PCA_MAX_CPUS);
		return -EINVAL;
	}
	if (hwloc_topology_set_synthetic(hw, text)) {
		message_error("topology \"%s\" is not an hwloc synthetic description, "
			      "such as \"pack:2 numa:1 core:4 pu:2\"",
			      text);
		return -EINVAL;
	}
	return 0;
}

static int set_xml(hwloc_topology_t hw, const char *path)
{
	struct stat st;

	if (stat(path, &st) || access(path, R_OK)) {
		message_error("topology file %s: %s", path, strerror(errno));
		return -ENOENT;
	}
	if (!S_ISREG(st.st_mode)) {
		message_error("topology file %s is not a regular file", path);
		return -EINVAL;
	}
	if (hwloc_topology_set_xml(hw, path)) {
		message_error("topology file %s is not hwloc XML, as lstopo writes it", path);
		return -EINVAL;
	}
	return 0;
}

static int load(hwloc_topology_t *hw, const char *synthetic, const char *xml)
{
	int err = 0;

	if (hwloc_topology_init(hw))
		return -ENOMEM;
	if (synthetic)
		err = set_synthetic(*hw, synthetic);
	else if (xml)
		err = set_xml(*hw, xml);
	else
		hwloc_topology_set_flags(*hw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
	if (!err && hwloc_topology_load(*hw)) {
		message_error("hwloc cannot load the topology %s", synthetic ? synthetic
								   : xml     ? xml
									     : "of this host");
		err = -EINVAL;
	}
	if (err)
		hwloc_topology_destroy(*hw);
	return err;
}

static struct {
	pthread_mutex_t lock;
	bool is_loaded;
	hwloc_topology_t hw;
} host = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int load_host(hwloc_topology_t *hw)
{
	int err = 0;

	pthread_mutex_lock(&host.lock);
	if (!host.is_loaded) {
		err = load(&host.hw, NULL, NULL);
		host.is_loaded = !err;
	}
	*hw = host.hw;
	pthread_mutex_unlock(&host.lock);
	return err;
}

__attribute__((destructor)) static void unload_host(void)
{
	if (host.is_loaded)
		hwloc_topology_destroy(host.hw);
}

int topology_load(struct topology *topology, const struct pca_machine_opts *opts)
{
	topology->is_host = !opts->topology && !opts->topology_xml;
	if (opts->topology && opts->topology_xml) {
		message_error(
			"a machine has one topology: give a synthetic one or a file, not both");
		return -EINVAL;
	}
	if (topology->is_host)
		return load_host(&topology->hw);
	return load(&topology->hw, opts->topology, opts->topology_xml);
}

void topology_unload(struct topology *topology)
{
	if (!topology->is_host)
		hwloc_topology_destroy(topology->hw);
}

/* hwloc's own parser takes "3-1", "x" and ",,": check the grammar first. */
static bool is_cpulist(const char *list)
{
	const char *p = list;

	for (;;) {
		char *end;

		if (!isdigit((unsigned char)*p))
			return false;
		unsigned long first = strtoul(p, &end, 10), last = first;

		if (*end == '-') {
			p = end + 1;
			if (!isdigit((unsigned char)*p))
				return false;
			last = strtoul(p, &end, 10);
		}
		if (first > last || last > PCA_MAX_CPU_ID)
			return false;
		if (*end == '\0' || (*end == '\n' && end[1] == '\0'))
			return true;
		if (*end != ',')
			return false;
		p = end + 1;
	}
}

int cpulist_parse(hwloc_bitmap_t set, const char *list, const char *what)
{
	if (!is_cpulist(list)) {
		message_error("%s CPUs \"%s\" are not a cpulist of ids up to %d, such as \"0-3\" "
			      "or \"0,2-3,7\"",
			      what, list, PCA_MAX_CPU_ID);
		return -EINVAL;
	}
	return hwloc_bitmap_list_sscanf(set, list) ? -ENOMEM : 0;
}

int topology_possible_cpus(const struct topology *topology, hwloc_bitmap_t set)
{
	char list[4096];
	FILE *f = topology->is_host ? fopen("/sys/devices/system/cpu/possible", "re") : NULL;

	if (f) {
		bool is_read = fgets(list, sizeof(list), f) != NULL;

		fclose(f);
		if (is_read && is_cpulist(list))
			return cpulist_parse(set, list, "possible");
	}
	return hwloc_bitmap_copy(set, hwloc_topology_get_complete_cpuset(topology->hw)) ? -ENOMEM
											: 0;
}
