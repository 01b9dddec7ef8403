// SPDX-License-Identifier: MIT
/*
 * XML files are tried before they are used. hwloc trusts them: one with an
 * attribute missing may crash it, or make a topology that contradicts itself.
 * Therefore a child of ours loads and checks it first.
 */
#include <errno.h>
#include <fcntl.h>
#include <hwloc.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "setup.h"
#include "topo.h"

/* Ends in exit status 0 only if all went well; assertions say nothing and dump nothing. */
static _Noreturn void try_in_child(const char *path)
{
	const struct rlimit none = { 0, 0 };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	hwloc_topology_t hw;

	if (null >= 0)
		dup2(null, STDERR_FILENO);
	setrlimit(RLIMIT_CORE, &none);
	if (hwloc_topology_init(&hw) || hwloc_topology_set_xml(hw, path) || hwloc_topology_load(hw))
		_exit(1);
	hwloc_topology_check(hw);
	_exit(0);
}

static bool is_sound(const char *path)
{
	pid_t child = fork();
	int status;

	if (!child)
		try_in_child(path);
	/* Without a child hwloc's own words have to do. */
	while (child > 0 && waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return true;
	}
	return child < 0 || status == 0;
}

int topo_check_xml(const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		cli_error("the topology file \"%s\": %s", path, strerror(errno));
		return -1;
	}
	if (S_ISDIR(st.st_mode)) {
		cli_error("the topology file \"%s\": a directory", path);
		return -1;
	}
	/* A pipe would be waited for, and hwloc opens the file a second time. */
	if (S_ISREG(st.st_mode) && is_sound(path))
		return 0;
	cli_error("the topology file \"%s\" is not sound hwloc XML, as lstopo writes it", path);
	return -1;
}
