// SPDX-License-Identifier: MIT
/*
 * ls, rm, mkdir: the machine's files, which are pins. Relative paths start at
 * /sys/fs/bpf.
 */
#include <pcasim/bpffs.h>

#include "json.h"
#include "shell.h"

/* A name may hold any byte; a terminal should not get all of them. */
static int print_name(void *arg, const char *name)
{
	(void)arg;
	for (const char *p = name; *p; p++)
		putchar((unsigned char)*p < ' ' || *p == 0x7f ? '?' : *p);
	putchar('\n');
	return 0;
}

static int print_name_json(void *arg, const char *name)
{
	(void)arg;
	json_text(NULL, name);
	return 0;
}

/* The directory is asked for first, so that JSON is whole or not there. */
int shell_ls(struct shell *sh, struct args *args)
{
	const char *path = args->nr ? args_take(args) : PCA_BPFFS;
	int fd, err;

	if (args_end(sh, args))
		return SHELL_BAD;
	fd = pca_opendir(shell_task(sh), path);
	if (fd < 0)
		return shell_refused(sh, fd, "ls " WORD_TEXT, path);
	if (sh->is_json)
		json_open(NULL, '[');
	err = pca_readdir(shell_task(sh), path, sh->is_json ? print_name_json : print_name, NULL);
	if (sh->is_json)
		json_close(']');
	pca_close(shell_task(sh), fd);
	return err ? shell_refused(sh, err, "ls " WORD_TEXT, path) : SHELL_OK;
}

int shell_rm(struct shell *sh, struct args *args)
{
	const char *path;
	int err, status = args_take_text(sh, args, "FILE", &path);

	if (!status)
		status = args_end(sh, args);
	if (status)
		return status;
	err = pca_unlink(shell_task(sh), path);
	return err ? shell_refused(sh, err, "rm " WORD_TEXT, path) : SHELL_OK;
}

int shell_mkdir(struct shell *sh, struct args *args)
{
	const char *path;
	int err, status = args_take_text(sh, args, "DIRECTORY", &path);

	if (!status)
		status = args_end(sh, args);
	if (status)
		return status;
	err = pca_mkdir(shell_task(sh), path, 0755);
	if (err)
		hint_pin(path);
	return err ? shell_refused(sh, err, "mkdir " WORD_TEXT, path) : SHELL_OK;
}
