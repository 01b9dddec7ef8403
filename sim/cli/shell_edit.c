// SPDX-License-Identifier: MIT
/*
 * The terminal: libedit reads the lines, keeps their history and calls back for TAB.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "shell.h"
#include "term.h"

#define HISTORY_LINES 1000
#define PROMPT_BYTES 96
#define MOST_WORD_BYTES 256
#define INVISIBLE '\1' /* on both sides of what takes no column */

struct editor {
	struct shell *sh;
	EditLine *el;
	History *history;
	char prompt[PROMPT_BYTES];
	char *joined;		/* the lines before, which ended in backslashes; NULL: none */
	char history_path[512]; /* "": none is kept */
};

/* --- The prompt --------------------------------------------------------------------------- */

/* libedit asks for it anew with each line: the release and the task may change. */
static char *prompt(EditLine *el)
{
	struct editor *editor;
	struct shell *sh;
	const char *task;

	el_get(el, EL_CLIENTDATA, &editor);
	sh = editor->sh;
	task = sh->current ? sh->tasks[sh->current].name : "";
	if (editor->joined)
		snprintf(editor->prompt, sizeof(editor->prompt), "> ");
	else if (*colours->bold)
		snprintf(editor->prompt, sizeof(editor->prompt), "%c%s%cpcasim %s%s%s>%c%s%c ",
			 INVISIBLE, colours->bold, INVISIBLE,
			 pca_machine_release(sh->session.machine), *task ? " " : "", task,
			 INVISIBLE, colours->off, INVISIBLE);
	else
		snprintf(editor->prompt, sizeof(editor->prompt), "pcasim %s%s%s> ",
			 pca_machine_release(sh->session.machine), *task ? " " : "", task);
	return editor->prompt;
}

/* --- TAB ---------------------------------------------------------------------------------- */

/* What can stand at the cursor, and the beginning that all of it shares. */
struct found {
	size_t nr, longest;
	char common[MOST_WORD_BYTES];
	bool prints;
	size_t column, columns;
};

static void found_one(void *arg, const char *word)
{
	struct found *found = arg;
	size_t i = 0, len = strlen(word);

	if (!found->nr++) {
		snprintf(found->common, sizeof(found->common), "%s", word);
	} else {
		while (found->common[i] && found->common[i] == word[i])
			i++;
		found->common[i] = '\0';
	}
	if (len > found->longest)
		found->longest = len;
}

static void print_one(void *arg, const char *word)
{
	struct found *found = arg;
	bool is_last = ++found->column == found->columns;

	if (is_last)
		printf("%s\n", word);
	else
		printf("%-*s", (int)found->longest + 2, word);
	if (is_last)
		found->column = 0;
}

static void list_found(struct editor *editor, const struct args *before, const char *prefix,
		       struct found *found)
{
	struct offers offers = { print_one, found, prefix };
	int width = 80;

	el_get(editor->el, EL_GETTC, "co", &width);
	found->column = 0;
	found->columns = (width > 0 ? (size_t)width : 80) / (found->longest + 2);
	if (!found->columns)
		found->columns = 1;
	putchar('\n');
	shell_complete(editor->sh, before, &offers);
	if (found->column)
		putchar('\n');
	fflush(stdout);
}

/* The words before the cursor; the last one, which may be empty, is not whole yet. */
static unsigned char complete_words(struct editor *editor, struct args *before, const char *prefix)
{
	struct found found = { 0 };
	struct offers offers = { found_one, &found, prefix };
	size_t typed = strlen(prefix);

	shell_complete(editor->sh, before, &offers);
	if (!found.nr)
		return CC_REFRESH_BEEP;
	if (strlen(found.common) > typed || found.nr == 1) {
		if (found.nr == 1 && strlen(found.common) + 1 < sizeof(found.common))
			strcat(found.common, " ");
		return el_insertstr(editor->el, found.common + typed) ? CC_REFRESH_BEEP
								      : CC_REFRESH;
	}
	list_found(editor, before, prefix, &found);
	return CC_REDISPLAY;
}

/* The text up to the cursor, with the lines before. */
static char *text_before(const struct editor *editor)
{
	const LineInfo *line = el_line(editor->el);
	char *text;

	if (asprintf(&text, "%s%.*s", editor->joined ? editor->joined : "",
		     (int)(line->cursor - line->buffer), line->buffer) < 0)
		return NULL;
	return text;
}

static unsigned char complete(EditLine *el, wint_t key)
{
	unsigned char answer = CC_REFRESH_BEEP;
	struct editor *editor;
	struct words words;
	struct args before;
	bool at_new_word;
	char *text;

	(void)key;
	el_get(el, EL_CLIENTDATA, &editor);
	text = text_before(editor);
	if (!text)
		return CC_REFRESH_BEEP;
	at_new_word = !*text || strchr(" \t", text[strlen(text) - 1]);
	if (!words_split(editor->sh, text, &words)) {
		before = (struct args){ words.word, words.nr - !at_new_word };
		if (before.nr && !strcmp(words.word[0], "!"))
			args_take(&before);
		if (at_new_word || words.nr)
			answer = complete_words(editor, &before,
						at_new_word ? "" : words.word[words.nr - 1]);
	}
	words_free(&words);
	free(text);
	return answer;
}

/* --- Ctrl-C ------------------------------------------------------------------------------- */

/* Holds a byte when Ctrl-C came, so that one just before the wait is not missed. */
static int interrupts[2];

/* While a command runs, it stops what prints much; at the prompt, el_gets() returns. */
static void note_interrupt(int number)
{
	int saved_errno = errno;

	(void)number;
	shell_is_interrupted = 1;
	if (write(interrupts[1], "", 1) <= 0)
		shell_is_interrupted = 1; /* the pipe is full: there is one already */
	errno = saved_errno;
}

static bool take_interrupt(void)
{
	char bytes[64];
	bool is_there = false;

	while (read(interrupts[0], bytes, sizeof(bytes)) > 0)
		is_there = true;
	return is_there;
}

/* A byte of the terminal: 1, 0 at the end, -1 with EINTR for Ctrl-C. */
static int read_byte(EditLine *el, char *byte)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				{ .fd = interrupts[0], .events = POLLIN } };

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return -1;
		if (take_interrupt()) {
			errno = EINTR;
			return -1;
		}
		if (fds[0].revents)
			return (int)read(STDIN_FILENO, byte, 1);
		el_set(el, EL_REFRESH); /* back from a stop, or another size */
	}
}

static int read_character(EditLine *el, wchar_t *character)
{
	char bytes[MB_LEN_MAX];
	size_t nr = 0, len;
	int got;

	for (;;) {
		mbstate_t state = { 0 };

		got = read_byte(el, &bytes[nr]);
		if (got <= 0)
			return got;
		len = mbrtowc(character, bytes, ++nr, &state);
		if (len <= nr)
			return 1; /* also for a NUL, which has length 0 */
		if (len == (size_t)-1 || nr == sizeof(bytes))
			nr = 0; /* no character of this locale */
	}
}

/* --- History ------------------------------------------------------------------------------ */

/* Make the directories of path, all but its last part. */
static void make_directories(char *path)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(path, 0700); /* what is wrong shows when the file is written */
		*p = '/';
	}
}

static void find_history(struct editor *editor)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	size_t size = sizeof(editor->history_path);
	int len = 0;

	if (state && *state == '/')
		len = snprintf(editor->history_path, size, "%s/pcasim/history", state);
	else if (home && *home == '/')
		len = snprintf(editor->history_path, size, "%s/.local/state/pcasim/history", home);
	if (len >= (int)size)
		editor->history_path[0] = '\0';
}

static void load_history(struct editor *editor)
{
	HistEvent event;

	find_history(editor);
	history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
	history(editor->history, &event, H_SETUNIQUE, 1);
	if (*editor->history_path)
		history(editor->history, &event, H_LOAD, editor->history_path);
}

static void save_history(struct editor *editor)
{
	HistEvent event;

	if (!*editor->history_path)
		return;
	make_directories(editor->history_path);
	history(editor->history, &event, H_SAVE, editor->history_path);
}

/* --- The loop ----------------------------------------------------------------------------- */

static bool open_editor(struct editor *editor)
{
	EditLine *el = el_init("pcasim", stdin, stdout, stderr);

	editor->el = el;
	editor->history = history_init();
	if (!el || !editor->history)
		return false;
	load_history(editor);
	el_set(el, EL_CLIENTDATA, editor);
	el_set(el, EL_PROMPT_ESC, prompt, INVISIBLE);
	el_set(el, EL_SIGNAL, 1); /* the terminal is itself again where a signal ends or stops us */
	el_set(el, EL_GETCFN, read_character);
	el_set(el, EL_EDITOR, "emacs");
	el_set(el, EL_HIST, history, editor->history);
	/* el_set() would copy the names and lose the copies. */
	el_wset(el, EL_ADDFN, L"pcasim-complete", L"complete the word", complete);
	el_set(el, EL_BIND, "^I", "pcasim-complete", NULL);
	el_set(el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	el_source(el, NULL); /* ~/.editrc */
	return true;
}

static void close_editor(struct editor *editor)
{
	if (editor->history && editor->el)
		save_history(editor);
	if (editor->el)
		el_end(editor->el);
	if (editor->history)
		history_end(editor->history);
}

static void forget_line(struct editor *editor)
{
	free(editor->joined);
	editor->joined = NULL;
}

/* "...\" and a newline: the next line belongs to it. The two go. */
static bool ends_in_backslash(char *text)
{
	size_t len = strcspn(text, "\n");

	if (!len || text[len - 1] != '\\')
		return false;
	text[len - 1] = ' ';
	text[len] = '\0';
	return true;
}

static void run_whole_line(struct editor *editor, char *line)
{
	HistEvent event;

	if (line[strspn(line, " \t\r\n")])
		history(editor->history, &event, H_ENTER, line);
	shell_run_typed(editor->sh, line);
	take_interrupt(); /* it was for the command */
}

/* Run the line, unless the next one belongs to it. */
static void take_line(struct editor *editor, const char *line)
{
	const char *before = editor->joined ? editor->joined : "";
	char *whole = NULL;

	if (strlen(before) + strlen(line) >= SHELL_MOST_LINE_BYTES)
		fprintf(stderr, "Error: the line is longer than %d bytes\n",
			SHELL_MOST_LINE_BYTES - 1);
	else if (asprintf(&whole, "%s%s", before, line) < 0)
		whole = NULL;
	forget_line(editor);
	if (whole && ends_in_backslash(whole)) {
		editor->joined = whole;
		return;
	}
	if (whole)
		run_whole_line(editor, whole);
	free(whole);
}

/* A signal came while a line was typed: what there is of it is left. */
static void leave_line(struct editor *editor)
{
	forget_line(editor);
	el_reset(editor->el);
	puts(shell_is_interrupted ? "^C" : "");
	shell_is_interrupted = 0;
}

/*
 * libedit gives NULL at the end, and -1 in nr when a signal came. The terminal is
 * prepared before the prompt shows, so that what is typed then is ours.
 */
static void run_lines(struct editor *editor)
{
	const char *line;
	int nr;

	while (!editor->sh->must_quit) {
		el_set(editor->el, EL_PREP_TERM, 1);
		line = el_gets(editor->el, &nr);
		if (line && nr > 0)
			take_line(editor, line);
		else if (!line && nr == -1 && errno == EINTR)
			leave_line(editor);
		else
			break;
	}
	if (!editor->sh->must_quit)
		putchar('\n');
	forget_line(editor);
}

int shell_interact(struct shell *sh)
{
	/* Output goes on where it was; poll() returns all the same. */
	struct sigaction noting = { .sa_handler = note_interrupt, .sa_flags = SA_RESTART };
	struct sigaction before;
	struct editor editor = { .sh = sh };
	bool is_open = !pipe2(interrupts, O_NONBLOCK | O_CLOEXEC);

	if (!is_open) {
		cli_error("a pipe cannot be had: %s", strerror(errno));
		return CLI_BAD_INPUT;
	}
	is_open = open_editor(&editor);
	if (is_open) {
		sigaction(SIGINT, &noting, &before);
		run_lines(&editor);
		sigaction(SIGINT, &before, NULL);
	} else {
		cli_error("the terminal cannot be used for typing");
	}
	close_editor(&editor);
	close(interrupts[0]);
	close(interrupts[1]);
	return is_open ? CLI_OK : CLI_BAD_INPUT;
}
