// SPDX-License-Identifier: MIT
/*
 * Opening and closing of what is written. Standard output stays open: main()
 * looks after it.
 */
#include "output.h"

#include <errno.h>
#include <string.h>

#include "setup.h"

FILE *output_open(const char *path)
{
	FILE *out = strcmp(path, "-") ? fopen(path, "we") : stdout;

	if (!out)
		cli_error("\"%s\" cannot be written: %s", path, strerror(errno));
	return out;
}

int output_flush(void)
{
	static int failed;

	errno = 0;
	if ((fflush(stdout) || ferror(stdout)) && !failed)
		failed = errno ? -errno : -EIO;
	return failed;
}

int output_close(FILE *out, const char *path)
{
	int failed;

	if (out == stdout)
		return 0;
	errno = 0;
	failed = ferror(out);
	failed |= fclose(out);
	if (!failed)
		return 0;
	cli_error("\"%s\" cannot be written: %s", path, strerror(errno ? errno : EIO));
	return -1;
}
