// SPDX-License-Identifier: MIT
/*
 * "pcasim cc": gcc with the options that make an object file of BPF C. gcc alone
 * writes BTF for the host's machine (-gbtf), of which maps are made.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cc_vendored.h"
#include "cli.h"
#include "setup.h"
#include "shipped.h"

#define LEAST_GCC 12
#define MOST_CC_WORDS 16

#if defined(__x86_64__)
#define TARGET_ARCH "-D__TARGET_ARCH_x86"
#elif defined(__aarch64__)
#define TARGET_ARCH "-D__TARGET_ARCH_arm64"
#else
#define TARGET_ARCH "-D__TARGET_ARCH_unknown"
#endif

const char cc_usage[] =
	"usage: pcasim cc FILE [--checked] [OPTION OF GCC]...\n"
	"\n"
	"Compile a BPF C file natively into an object file, which \"pcasim prog\" and\n"
	"pca_object_open() open. pcasim's headers come first: <bpf/bpf_helpers.h> is its\n"
	"own. Options are gcc's, and come behind those that pcasim gives it, so that they\n"
	"prevail; pcasim-cc(1) lists these. One source makes one object.\n"
	"\n"
	"  -o FILE         where the object goes; default: NAME.so in this directory for\n"
	"                  NAME.bpf.c or NAME.c\n"
	"  --checked       a checked program: its every access is looked at as it runs,\n"
	"                  and what Linux's verifier would refuse ends the run, told\n"
	"\n"
	"  -h, --help      this text\n"
	"\n"
	"Environment: CC, the compiler, gcc by default; it must be gcc 12 or newer.\n"
	"\n"
	"Exit status: 0, or 2 when nothing was compiled.\n";

static const char *const own_options[] = {
	"-std=gnu11",
	"-O2",
	"-g",
	"-gbtf",
	"-fPIC",
	"-fno-semantic-interposition",
	"-shared",
	"-nostdlib",
	"-Wl,-Bsymbolic",
	"-Wl,--hash-style=gnu",
	"-Werror=implicit-function-declaration",
	"-Wno-unknown-pragmas",		      /* those of clang, such as unroll */
	"-mgeneral-regs-only",		      /* BPF has no floating point: using it is an error */
	"-fno-tree-loop-distribute-patterns", /* which makes calls of strlen() */
	TARGET_ARCH,
};

#define NR_OWN_OPTIONS (sizeof(own_options) / sizeof(own_options[0]))

/* A command line on its way. */
struct words {
	char **at;
	size_t nr;
};

static void add(struct words *words, const char *word)
{
	words->at[words->nr++] = (char *)word;
}

/* ---- the compiler ---- */

static const char *compiler(void)
{
	const char *cc = getenv("CC");

	return cc && *cc ? cc : "gcc";
}

static int read_macros(FILE *macros, bool *is_clang, int *gcc)
{
	char line[512];

	while (fgets(line, sizeof(line), macros)) {
		sscanf(line, "#define __GNUC__ %d", gcc);
		*is_clang |= !strncmp(line, "#define __clang__ ", strlen("#define __clang__ "));
	}
	return pclose(macros) ? -1 : 0;
}

/* CC may be several words, as make takes it. */
static int check_compiler(void)
{
	bool is_clang = false;
	int gcc = 0;
	FILE *macros;
	char *command;

	if (asprintf(&command, "%s -dM -E -x c /dev/null", compiler()) < 0)
		return -1;
	macros = popen(command, "re");
	free(command);
	if (!macros || read_macros(macros, &is_clang, &gcc)) {
		cli_error("the compiler \"%s\" does not work; set CC to gcc %d or newer",
			  compiler(), LEAST_GCC);
		return -1;
	}
	if (is_clang || gcc < LEAST_GCC) {
		cli_error("the compiler \"%s\" is %s: only gcc %d and newer writes the types of "
			  "native code as BTF (-gbtf), of which maps are made; set CC to that",
			  compiler(), is_clang ? "clang" : "too old", LEAST_GCC);
		return -1;
	}
	return 0;
}

/* ---- the command line ---- */

static bool ends(const char *text, const char *with)
{
	size_t len = strlen(text), with_len = strlen(with);

	return len >= with_len && !strcmp(text + len - with_len, with);
}

struct given {
	const char *source, *output; /* names */
	bool is_checked;
};

/* Ours, not gcc's. */
static bool is_checked_option(const char *option)
{
	return !strcmp(option, "--checked");
}

static bool is_output_option(const char *option)
{
	return !strncmp(option, "-o", 2);
}

/* Does the next word belong to this option? Of those that a program needs. */
static bool takes_word(const char *option)
{
	static const char *const options[] = { "-o",	   "-I",       "-D",	  "-U",
					       "-include", "-isystem", "-iquote", "-idirafter",
					       "-imacros", "-MF",      "-MT",	  "-MQ",
					       "-x" };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (!strcmp(option, options[i]))
			return true;
	}
	return false;
}

static int look_at_arguments(struct given *given, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (is_output_option(argv[i]))
			given->output = argv[i][2] ? argv[i] + 2 : argv[i + 1];
		if (is_checked_option(argv[i]))
			given->is_checked = true;
		if (!strcmp(argv[i], "-c")) {
			cli_error("-c: an object is compiled and linked at once; leave it out");
			return -1;
		}
		if (takes_word(argv[i]))
			i++;
		else if (*argv[i] != '-' && given->source) {
			cli_error("\"%s\" and \"%s\": an object is made of one source",
				  given->source, argv[i]);
			return -1;
		} else if (*argv[i] != '-')
			given->source = argv[i];
	}
	if (!given->source || !ends(given->source, ".c")) {
		cli_error("%s; give one, such as count.bpf.c",
			  given->source ? "the source's name does not end in .c"
					: "there is no source");
		return -1;
	}
	return 0;
}

/* "-oNAME", by default "-oNAME.so" for dir/NAME.bpf.c */
static char *output_of(const struct given *given)
{
	const char *source = given->source;
	const char *slash = strrchr(source, '/'), *name = slash ? slash + 1 : source;
	size_t len = strlen(name) - strlen(ends(name, ".bpf.c") ? ".bpf.c" : ".c");
	char *option;

	if (given->output)
		return asprintf(&option, "-o%s", given->output) < 0 ? NULL : option;
	return asprintf(&option, "-o%.*s.so", (int)len, name) < 0 ? NULL : option;
}

static int spawn_and_wait(char **words)
{
	extern char **environ;
	int status, err;
	pid_t pid;

	err = posix_spawnp(&pid, words[0], NULL, NULL, words, environ);
	if (err) {
		cli_error("cannot start \"%s\": %s", words[0], strerror(err));
		return CLI_BAD_INPUT;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? CLI_OK : CLI_BAD_INPUT;
}

/* Where what programs are made with lies. */
struct shipped {
	char include[PATH_MAX], flags[PATH_MAX], archive[PATH_MAX];
};

static int find_shipped(struct shipped *shipped, const struct given *given)
{
	if (shipped_find_headers(shipped->include))
		return -1;
	return given->is_checked ? shipped_find_checked(shipped->flags, shipped->archive) : 0;
}

/* The words before the user's: of CC, our options and directories. */
static void add_own(struct words *words, const struct shipped *shipped, const struct given *given,
		    char *cc)
{
	static char prog[PATH_MAX + 32], all[PATH_MAX + 32], text[PATH_MAX + 32];
	static char bare[PATH_MAX + 32], flags[PATH_MAX + 32];
	const char *word;

	while (words->nr < MOST_CC_WORDS && (word = strsep(&cc, " ")))
		if (*word)
			add(words, word);
	for (size_t i = 0; i < NR_OWN_OPTIONS; i++)
		add(words, own_options[i]);
	snprintf(prog, sizeof(prog), "-I%s/pcasim/prog", shipped->include);
	snprintf(all, sizeof(all), "-I%s", shipped->include);
	snprintf(text, sizeof(text), "%s/pcasim/prog/object_text.h", shipped->include);
	snprintf(bare, sizeof(bare), "-idirafter%s/pcasim/prog/samples", shipped->include);
	snprintf(flags, sizeof(flags), "@%s", shipped->flags);
	add(words, prog);
	add(words, all);
	add(words, bare); /* for "bpf_helpers.h" */
	add(words, "-include");
	add(words, text);
	if (given->is_checked)
		add(words, flags);
}

/* The user's words: all but --checked and where the object goes. */
static void add_given(struct words *words, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (is_output_option(argv[i]))
			i += !argv[i][2];
		else if (!is_checked_option(argv[i]))
			add(words, argv[i]);
	}
}

/*
 * If the source brings its own copy of libbpf's headers, put ours in front. The words are
 * complete but for the object, which is not made here, and the archive of checked programs.
 */
static void look_for_vendored(struct words *words, const struct shipped *shipped)
{
	static char header[PATH_MAX + 32];
	const size_t nr = words->nr;
	char *found;

	add(words, "-M");
	add(words, "-MF-");
	found = cc_vendored_helpers(words->at, shipped->include);
	words->nr = nr;
	words->at[nr] = words->at[nr + 1] = NULL;
	if (!found)
		return;
	fprintf(stderr, "pcasim cc: %s is for BPF instructions: pcasim's headers take its place\n",
		found);
	free(found);
	snprintf(header, sizeof(header), "%s/pcasim/prog/vendored.h", shipped->include);
	add(words, "-include");
	add(words, header);
}

/* Room for all words, and NULL. */
static int compile(const struct shipped *shipped, const struct given *given, int argc, char **argv)
{
	struct words words = {
		calloc(MOST_CC_WORDS + NR_OWN_OPTIONS + (size_t)argc + 15, sizeof(char *)), 0
	};
	char *cc = strdup(compiler()), *output = output_of(given);
	int status = CLI_BAD_INPUT;

	if (words.at && cc && output) {
		add_own(&words, shipped, given, cc);
		add_given(&words, argc, argv);
		look_for_vendored(&words, shipped);
		add(&words, output);
		if (given->is_checked) {
			add(&words, "-xnone"); /* whatever the source was said to be */
			add(&words, shipped->archive);
		}
		status = spawn_and_wait(words.at);
	}
	free(output);
	free(cc);
	free(words.at);
	return status;
}

int cmd_cc(int argc, char **argv)
{
	static struct shipped shipped;
	struct given given = { 0 };

	if (look_at_arguments(&given, argc, argv) || find_shipped(&shipped, &given) ||
	    check_compiler())
		return CLI_BAD_INPUT;
	return compile(&shipped, &given, argc, argv);
}
