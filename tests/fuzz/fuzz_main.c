// SPDX-License-Identifier: MIT
/*
 * A fuzz target without libFuzzer: each file, and each file of each directory,
 * that is named as an argument is one input. Replays a corpus with any compiler
 * and serves fuzzers that run a program on a file:
 *	afl-fuzz -i tests/fuzz/corpus/bpf -o findings -- tests/fuzz/fuzz_bpf @@
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static void run_file(int fd, const char *path, size_t size)
{
	/* Exactly as long as the input, so that sanitizers see its end. */
	uint8_t *data = malloc(size ? size : 1);

	if (!data || read(fd, data, size) != (ssize_t)size) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static unsigned int run_path(const char *path);

static unsigned int run_directory(const char *path)
{
	struct dirent **entries;
	int nr = scandir(path, &entries, NULL, alphasort);
	unsigned int nr_inputs = 0;

	for (int i = 0; i < nr; i++) {
		char *inside;

		if (entries[i]->d_name[0] != '.' &&
		    asprintf(&inside, "%s/%s", path, entries[i]->d_name) >= 0) {
			nr_inputs += run_path(inside);
			free(inside);
		}
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
	return nr_inputs;
}

static unsigned int run_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned int nr_inputs = 1;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	if (S_ISDIR(st.st_mode))
		nr_inputs = run_directory(path);
	else
		run_file(fd, path, (size_t)st.st_size);
	close(fd);
	return nr_inputs;
}

int main(int argc, char **argv)
{
	unsigned int nr_inputs = 0;

	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		nr_inputs += run_path(argv[i]);
	printf("%u inputs\n", nr_inputs);
	return nr_inputs ? EXIT_SUCCESS : EXIT_FAILURE;
}
