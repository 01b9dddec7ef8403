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

static bool skip_name(const char **text)
{
	if (!isalpha((unsigned char)**text))
		return false;
	while (isalnum((unsigned char)**text))
		++*text;
	return true;
}

static bool skip_char(const char **text, char c)
{
	if (**text != c)
		return false;
	++*text;
	return true;
}

/*
 * "(memory=1GB)", or nothing. Indexes by the names of levels, "(indexes=core:numa)", are
 * for the last level, the CPUs: with another one hwloc aborts on names below it.
 */
static bool skip_attributes(const char **text, bool *names_levels)
{
	const char *begin = *text;

	if (!skip_char(text, '('))
		return true;
	*text += strcspn(*text, ")");

	const char *indexes = strstr(begin, "indexes=");

	if (indexes && indexes < *text) {
		indexes += strcspn(indexes, "=") + 1;
		*names_levels |= isalpha((unsigned char)indexes[strspn(indexes, "0123456789,*:")]);
	}
	return skip_char(text, ')');
}

/* "core:2(indexes=0,1)", "2" or "[numa]", which is one for each. */
static bool parse_level(const char **text, unsigned long long *count, bool *names_levels)
{
	char *end;

	*count = 1;
	if (skip_char(text, '['))
		return skip_name(text) && skip_attributes(text, names_levels) && !*names_levels &&
		       skip_char(text, ']');
	if (skip_name(text) && !skip_char(text, ':'))
		return false;
	if (!isdigit((unsigned char)**text))
		return false;
	*count = strtoull(*text, &end, 0);
	*text = end;
	return skip_attributes(text, names_levels);
}

/*
 * How many leaves a synthetic description asks for, saturating; 0 when it is
 * none. hwloc itself is liberal in what it reads ("pu)x:07", "core:2pu:2"), and
 * would build millions of leaves before anybody could refuse.
 */
static uint64_t synthetic_leaves(const char *text)
{
	bool names_levels = false;
	uint64_t leaves = 1;

	if (!skip_attributes(&text, &names_levels))
		return 0;
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		unsigned long long n;

		if (names_levels || !parse_level(&text, &n, &names_levels) ||
		    (*text && *text != ' '))
			return 0;
		if (n > PCA_MAX_CPUS || leaves * n > PCA_MAX_CPUS)
			return UINT64_MAX;
		leaves *= n;
	}
	return leaves;
}

static int set_synthetic(hwloc_topology_t hw, const char *text)
{
	uint64_t leaves = synthetic_leaves(text);

	if (leaves > PCA_MAX_CPUS) {
		message_error("topology \"%s\" has more than %d CPUs, the most a machine can have",
			      text, PCA_MAX_CPUS);
		return -EINVAL;
	}
	if (!leaves || hwloc_topology_set_synthetic(hw, text)) {
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

/* "3" or "3-5" at *text. */
static bool parse_range(const char **text, unsigned long *first, unsigned long *last)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	*first = *last = strtoul(*text, &end, 10);
	if (*end == '-') {
		if (!isdigit((unsigned char)end[1]))
			return false;
		*last = strtoul(end + 1, &end, 10);
	}
	*text = end;
	return *first <= *last && *last <= PCA_MAX_CPU_ID;
}

/*
 * Not by hwloc's own parser, which takes "3-1", "x" and ",,", and 010 for 8.
 * 0, -EINVAL or -ENOMEM.
 */
static int parse_list(hwloc_bitmap_t set, const char *list)
{
	unsigned long first, last;

	hwloc_bitmap_zero(set);
	for (;; list++) {
		if (!parse_range(&list, &first, &last))
			return -EINVAL;
		if (hwloc_bitmap_set_range(set, (unsigned int)first, (int)last))
			return -ENOMEM;
		if (*list == '\0' || (*list == '\n' && list[1] == '\0'))
			return 0;
		if (*list != ',')
			return -EINVAL;
	}
}

int cpulist_parse(hwloc_bitmap_t set, const char *list, const char *what)
{
	int err = parse_list(set, list);

	if (err == -EINVAL && what)
		message_error("%s \"%s\": not a cpulist of ids up to %d, such as \"0-3\" "
			      "or \"0,2-3,7\"",
			      what, list, PCA_MAX_CPU_ID);
	return err;
}

int topology_possible_cpus(const struct topology *topology, hwloc_bitmap_t set)
{
	char list[4096];
	FILE *f = topology->is_host ? fopen("/sys/devices/system/cpu/possible", "re") : NULL;

	if (f) {
		bool is_read = fgets(list, sizeof(list), f) != NULL;

		fclose(f);
		if (is_read && !parse_list(set, list))
			return 0;
	}
	return hwloc_bitmap_copy(set, hwloc_topology_get_complete_cpuset(topology->hw)) ? -ENOMEM
											: 0;
}
