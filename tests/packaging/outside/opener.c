// SPDX-License-Identifier: MIT
/*
 * The library comes into a process that runs already, as plugins and languages with
 * foreign functions have it: its thread-local words must still find room.
 */
#include <dlfcn.h>
#include <pcasim/pcasim.h>
#include <stdio.h>

/* ISO C converts no object pointer to a function, dlsym() returns one. */
union found {
	void *address;
	int (*machine_create)(struct pca_machine **machine, const struct pca_machine_opts *opts);
	void (*machine_destroy)(struct pca_machine *machine);
};

static union found find(void *library, const char *name)
{
	union found found = { .address = dlsym(library, name) };

	if (!found.address)
		fprintf(stderr, "%s\n", dlerror());
	return found;
}

int main(int argc, char **argv)
{
	void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	struct pca_machine_opts opts = { .possible = "0-1" };
	struct pca_machine *machine;

	if (!library) {
		fprintf(stderr, "%s\n", argc == 2 ? dlerror() : "usage: opener LIBRARY");
		return 1;
	}
	union found create = find(library, "pca_machine_create");
	union found destroy = find(library, "pca_machine_destroy");

	if (!create.address || !destroy.address || create.machine_create(&machine, &opts))
		return 1;
	destroy.machine_destroy(machine);
	return 0;
}
