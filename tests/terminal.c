// SPDX-License-Identifier: MIT
/*
 * Talks to a program on a terminal of its own, as a dialogue on standard input says,
 * a line each, with \t \n \e \\ and \003:
 *
 *	> TEXT	type this
 *	< TEXT	wait until this has come
 *	! TEXT	this has not come, so far
 *
 * Then the program must end by itself. usage: terminal COMMAND [ARGUMENT]... <DIALOGUE
 * Exit status: the program's; 99 when the dialogue went otherwise.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define WENT_OTHERWISE 99
#define PATIENCE_MS 20000

static char said[1 << 20]; /* all that has come, and where the next wait starts */
static size_t nr_said, heard;
static int terminal;
static pid_t child;

static void __attribute__((noreturn)) give_up(const char *what, const char *text)
{
	fprintf(stderr, "terminal: %s: %s\nIt said:\n", what, text);
	fwrite(said, 1, nr_said, stderr);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	exit(WENT_OTHERWISE);
}

/* More of what the program says. 1; 0: it has ended; -1: nothing comes. */
static int listen_on(void)
{
	struct pollfd pollfd = { .fd = terminal, .events = POLLIN };
	ssize_t n;

	if (poll(&pollfd, 1, PATIENCE_MS) <= 0)
		return -1;
	n = read(terminal, said + nr_said, sizeof(said) - nr_said);
	if (n <= 0)
		return 0; /* EIO: the other side is closed */
	nr_said += (size_t)n;
	return 1;
}

static void wait_for(const char *text)
{
	size_t len = strlen(text);
	char *found;

	while (!(found = memmem(said + heard, nr_said - heard, text, len))) {
		if (nr_said == sizeof(said) || listen_on() <= 0)
			give_up("this did not come", text);
	}
	heard = (size_t)(found - said) + len;
}

static void type(const char *text)
{
	size_t len = strlen(text);

	if (write(terminal, text, len) != (ssize_t)len)
		give_up("this cannot be typed", text);
}

static void unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		if (*p != '\\' || !p[1]) {
			*to++ = *p;
			continue;
		}
		p++;
		if (*p >= '0' && *p <= '7' && p[1] && p[2]) {
			*to++ = (char)((*p - '0') * 64 + (p[1] - '0') * 8 + (p[2] - '0'));
			p += 2;
		} else {
			*to++ = *p == 't' ? '\t' : *p == 'n' ? '\n' : *p == 'e' ? '\033' : *p;
		}
	}
	*to = '\0';
}

static void do_line(char *line)
{
	char *text = line + 2;

	line[strcspn(line, "\n")] = '\0';
	if (strlen(line) < 2)
		return;
	unescape(text);
	if (*line == '>')
		type(text);
	else if (*line == '<')
		wait_for(text);
	else if (*line == '!' && memmem(said, nr_said, text, strlen(text)))
		give_up("this came", text);
}

int main(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 100 };
	char line[1024];
	int status;

	if (argc < 2)
		return WENT_OTHERWISE;
	child = forkpty(&terminal, NULL, NULL, &size);
	if (child < 0)
		return WENT_OTHERWISE;
	if (!child) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	while (fgets(line, sizeof(line), stdin))
		do_line(line);
	while ((status = listen_on()) > 0) {
		if (nr_said == sizeof(said))
			give_up("too much came", "");
	}
	if (status < 0)
		give_up("it does not end", "");
	waitpid(child, &status, 0);
	if (status)
		fprintf(stderr, "terminal: it ended with %s %d\n",
			WIFEXITED(status) ? "status" : "signal",
			WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : WENT_OTHERWISE;
}
