// SPDX-License-Identifier: MIT
/*
 * Sources that bring their own copy of libbpf's headers, by #include "bpf_helpers.h" beside
 * them: these make BPF instructions, so that pcasim's have to take their place.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cc_vendored.h"
#include "cli.h"

/* The compiler with these words on its way, and what it prints. */
static FILE *start(char **words, pid_t *pid)
{
	extern char **environ;
	posix_spawn_file_actions_t actions;
	int fds[2], err;

	if (pipe2(fds, O_CLOEXEC))
		return NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	err = posix_spawnp(pid, words[0], &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (!err)
		return fdopen(fds[0], "r");
	close(fds[0]);
	return NULL;
}

static bool is_helpers(const char *path, const char *ours)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(slash ? slash + 1 : path, "bpf_helpers.h") &&
	       strncmp(path, ours, strlen(ours)) != 0;
}

/* In a rule as make has it: the first file of that name that is not in our directory. */
static char *find_helpers(FILE *rule, const char *ours)
{
	char word[4096], *found = NULL;

	while (!found && fscanf(rule, "%4095s", word) == 1)
		if (is_helpers(word, ours))
			found = strdup(word);
	return found;
}

char *cc_vendored_helpers(char **words, const char *ours)
{
	char *found;
	FILE *rule;
	pid_t pid;

	rule = start(words, &pid);
	if (!rule)
		return NULL;
	found = find_helpers(rule, ours);
	fclose(rule);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return found;
}
