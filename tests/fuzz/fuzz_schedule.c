// SPDX-License-Identifier: MIT
/*
 * Fuzzing what "pcasim schedule" reads. The first byte says what follows it:
 *
 *	s	a schedule, as of --schedule FILE
 *	r	--run
 *	i	--interrupt
 *	c	--command
 *	n	--init
 *	v	--invariant
 *
 * It is refused by one line that says where it is wrong, or taken without a word. What was
 * taken and is printed is read the same, and is then done in a small world: a schedule is
 * played, an actor runs, an invariant is reckoned. What cannot be done there is told, too.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <inttypes.h>

#include "invariant_node.h"
#include "schedule_spec.h"
#include "schedule_text.h"
#include "schedule_values.h"
#include "schedule_world.h"

/* More only takes time. */
#define MOST_REPEATS 8
#define MOST_PARTS 8

/* hwloc 2.9 loses memory now and then; it is not what is tested here. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libhwloc";
}

/* ---- what is told ---- */

static char told[4096];
static size_t nr_told;

static ssize_t hear(void *cookie, const char *text, size_t size)
{
	(void)cookie;
	FUZZ_CHECK(nr_told + size < sizeof(told), "too much is told: %s", told);
	memcpy(told + nr_told, text, size);
	nr_told += size;
	told[nr_told] = '\0';
	return (ssize_t)size;
}

static void begin_hearing(void)
{
	nr_told = 0;
	*told = '\0';
}

/* cli_error() cuts longer ones, and thereby the reason. */
#define MOST_TOLD 1000

/* One line, which begins as it should. */
static void check_refusal(const char *begin)
{
	size_t len = strcspn(told, "\n");

	FUZZ_CHECK(!strncmp(told, begin, strlen(begin)), "told: %s", told);
	FUZZ_CHECK(len + 1 == nr_told && len < MOST_TOLD, "told: %s", told);
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK((unsigned char)told[i] >= ' ' && told[i] != 0x7f, "told: %s", told);
}

static void check_silence(void)
{
	FUZZ_CHECK(!nr_told, "told: %s", told);
}

/* What went wrong in a world is told; what went well is not. */
static void check_told(int err)
{
	if (err < 0)
		FUZZ_CHECK(!strncmp(told, "pcasim schedule: ", 17) && told[nr_told - 1] == '\n',
			   "%d: %s", err, told);
	else
		check_silence();
	begin_hearing();
}

/* ---- worlds ---- */

static const struct {
	const char *option, *text;
} actor_texts[] = {
	{ "run", "on_connect@0" },
	{ "run", "on_connect@0x2" },
	{ "run", "on_packet@3" },
	{ "interrupt", "on_sample@0:nmi" },
	{ "command", "lookup counts 0; lookup stats 0" },
	{ "command", "lookup pairs 1" },
	{ "command", "update counts 0 7; change counts 1 8 cpu 2; take ports 2" },
};

static struct actor_spec actors[ARRAY_LEN(actor_texts)];
static struct command_spec init;
static struct schedule_world *world;

static int open_world(struct schedule_world **opened, const struct actor_spec *specs,
		      uint32_t nr_specs, const struct command_spec *command)
{
	const struct schedule_setup setup = {
		.file = OBJECTS "/scheduled.so",
		.machine = { .size = sizeof(setup.machine),
			     .possible = "0,2-3",
			     .online = "0,3",
			     .run_mode = PCA_INLINE,
			     .has_contexts = true },
		.actors = specs,
		.nr_actors = nr_specs,
		.init = command,
		.nr_init = 1,
	};

	return schedule_world_open(opened, &setup);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	FILE *ear = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = hear });

	(void)argc;
	(void)argv;
	FUZZ_CHECK(ear);
	setvbuf(ear, NULL, _IONBF, 0);
	stderr = ear; /* sanitizers write to fd 2 itself */
	cli_set_command("schedule");
	for (size_t i = 0; i < ARRAY_LEN(actors); i++)
		FUZZ_CHECK(
			!actor_spec_parse(&actors[i], actor_texts[i].option, actor_texts[i].text));
	FUZZ_CHECK(!command_spec_parse(&init, "init", "update ports 2 9"));
	FUZZ_CHECK(!open_world(&world, actors, ARRAY_LEN(actors), &init), "told: %s", told);
	return 0;
}

static int find_actor(const void *arg, const char *name)
{
	const struct world_actor *actor = schedule_world_actor(arg, name);

	return actor ? (int)(actor - world->actors) : -1;
}

/* ---- schedules ---- */

static int read_schedule(struct schedule_list *list, const char *text, size_t size)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, size, "r");
	int err;

	FUZZ_CHECK(in);
	err = schedule_text_read(list, in, "input", find_actor, world);
	fclose(in);
	return err;
}

static bool is_same(const struct schedule_list *list, const struct pca_switch *switches, size_t nr)
{
	for (size_t i = 0; i < list->nr && list->nr == nr; i++) {
		if (list->switches[i].point != switches[i].point ||
		    list->switches[i].actor != switches[i].actor)
			return false;
	}
	return list->nr == nr;
}

/* Written and read again. */
static void check_written(struct schedule_list *again, const struct pca_switch *switches, size_t nr)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	FUZZ_CHECK(out);
	for (size_t i = 0; i < nr; i++)
		schedule_text_write(out, &switches[i],
				    pca_schedule_actor_name(world->schedule, switches[i].actor),
				    switches[i].is_preemption ? "a preemption" : NULL);
	fclose(out);
	*again = (struct schedule_list){ 0 };
	FUZZ_CHECK(!size || !read_schedule(again, text, size), "told: %s", told);
	FUZZ_CHECK(is_same(again, switches, nr), "written: %s", text);
	free(text);
}

static int play(const struct schedule_list *list, struct pca_schedule_result *result)
{
	const struct pca_schedule_opts opts = {
		.size = sizeof(opts),
		.policy = PCA_SCHEDULE_LIST,
		.switches = list->switches,
		.nr_switches = list->nr,
	};

	*result = (struct pca_schedule_result){ .size = sizeof(*result) };
	schedule_world_reset(world);
	return pca_schedule_run(world->schedule, &opts, result);
}

/* What has been played is written as it was decided, and plays the same. */
static void check_played(const struct pca_schedule_result *first)
{
	struct schedule_list list = { 0 };
	struct pca_schedule_result again;
	uint64_t nr_points = first->nr_points;
	uint32_t nr_preemptions = first->nr_preemptions;

	check_written(&list, first->switches, first->nr_switches);
	FUZZ_CHECK(!play(&list, &again), "told: %s", told);
	FUZZ_CHECK(again.nr_points == nr_points && again.nr_preemptions == nr_preemptions);
	FUZZ_CHECK(is_same(&list, again.switches, again.nr_switches));
	schedule_list_free(&list);
}

static void try_schedule(const char *text, size_t size)
{
	struct schedule_list list = { 0 }, again;
	struct pca_schedule_result result;
	int err;

	if (read_schedule(&list, text, size)) {
		check_refusal("pcasim schedule: input, line ");
		FUZZ_CHECK(!list.nr && !list.switches);
		return;
	}
	check_silence();
	check_written(&again, list.switches, list.nr);
	schedule_list_free(&again);
	err = play(&list, &result);
	FUZZ_CHECK(!err || err == -EINVAL, "%d", err);
	check_told(err);
	if (!err)
		check_played(&result);
	schedule_list_free(&list);
}

/* ---- actors ---- */

static void write_command(FILE *out, const struct command_spec *spec)
{
	fprintf(out, "%s %s %" PRIu64 " ", command_verb_name(spec->verb), spec->map, spec->key);
	for (uint32_t i = 0; i < spec->nr_words; i++)
		fprintf(out, "%s0x%" PRIx64, i ? "," : "", spec->words[i]);
	if (spec->copies == COMMAND_ONE_CPU)
		fprintf(out, " cpu %" PRIu32, spec->cpu);
	else if (spec->copies == COMMAND_SAME)
		fprintf(out, " all");
}

static char *actor_text(const struct actor_spec *spec)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	FUZZ_CHECK(out);
	if (!spec->is_task) {
		fprintf(out, "%s@%" PRIu32, spec->prog, spec->cpu);
		if (spec->context != PCA_NR_CONTEXTS)
			fprintf(out, ":%s", pca_context_name(spec->context));
		fprintf(out, "x%" PRIu32, spec->repeat);
	}
	for (uint32_t i = 0; i < spec->nr_commands; i++) {
		fputs(i ? ";" : "", out);
		write_command(out, &spec->commands[i]);
	}
	fclose(out);
	return text;
}

/* It runs, or it is told why not. */
static void run_alone(struct actor_spec *spec, const struct command_spec *command)
{
	struct schedule_world *opened = NULL;
	struct actor_spec some = actors[0];
	int err;

	if (spec && spec->repeat > MOST_REPEATS)
		spec->repeat = MOST_REPEATS;
	err = open_world(&opened, spec ? spec : &some, 1, command);
	check_told(err);
	if (err)
		return;
	err = pca_schedule_run(opened->schedule, NULL, NULL);
	check_told(err);
	schedule_world_close(opened);
}

static void check_spec_refusal(const char *option)
{
	char begin[64];

	snprintf(begin, sizeof(begin), "pcasim schedule: --%s \"", option);
	check_refusal(begin);
	FUZZ_CHECK(strstr(told, " belongs\n") || strstr(told, " is missing at its end\n") ||
			   strstr(told, ": more than "),
		   "told: %s", told);
}

static void try_actor(const char *option, const char *text)
{
	static struct actor_spec spec, again;
	char *printed, *printed_again;

	if (actor_spec_parse(&spec, option, text)) {
		check_spec_refusal(option);
		return;
	}
	check_silence();
	FUZZ_CHECK(spec.is_task ? spec.nr_commands && spec.nr_commands <= MOST_COMMANDS
				: spec.repeat);
	printed = actor_text(&spec);
	FUZZ_CHECK(!actor_spec_parse(&again, option, printed), "%s: %s", printed, told);
	printed_again = actor_text(&again);
	FUZZ_CHECK(!strcmp(printed, printed_again), "%s, then %s", printed, printed_again);
	free(printed);
	free(printed_again);
	run_alone(&spec, &init);
}

static void try_init(const char *text)
{
	struct command_spec spec;

	if (command_spec_parse(&spec, "init", text)) {
		check_spec_refusal("init");
		return;
	}
	check_silence();
	run_alone(NULL, &spec);
}

/* ---- invariants ---- */

static bool holds(const struct invariant *invariant)
{
	const struct invariant_values values = schedule_values(world);

	return invariant_holds(invariant, &values);
}

/* A piece of an invariant is one itself. */
static void check_part(const struct node *node, const struct invariant_scope *scope)
{
	const struct invariant_values values = schedule_values(world);
	struct invariant whole = { .top = (struct node *)(uintptr_t)node };
	char sides[INVARIANT_SIDES_BYTES], again[INVARIANT_SIDES_BYTES];
	char *text = strndup(node->text, node->len);
	struct invariant *part;

	FUZZ_CHECK(text);
	part = invariant_parse(text, scope);
	FUZZ_CHECK(part, "\"%s\": %s", text, told);
	FUZZ_CHECK(holds(part) == holds(&whole), "%s", text);
	invariant_sides(&whole, &values, sides);
	invariant_sides(part, &values, again);
	FUZZ_CHECK(!strcmp(sides, again), "%s: %s, then %s", text, sides, again);
	invariant_free(part);
	free(text);
}

static void check_not(const struct invariant *invariant, const struct invariant_scope *scope)
{
	struct invariant *opposite;
	char *text;

	FUZZ_CHECK(asprintf(&text, "!(%s)", invariant_text(invariant)) > 0);
	opposite = invariant_parse(text, scope);
	free(text);
	if (opposite)
		FUZZ_CHECK(holds(opposite) != holds(invariant));
	else
		FUZZ_CHECK(strstr(told, ": more than "), "told: %s", told);
	begin_hearing();
	invariant_free(opposite);
}

static void count_cause(void *arg, const struct invariant_cause *cause)
{
	FUZZ_CHECK(*cause->text && *cause->found);
	++*(size_t *)arg;
}

static void check_taken(const struct invariant *invariant, const struct invariant_scope *scope)
{
	const struct invariant_values values = schedule_values(world);
	const struct node *node = invariant->nodes;
	size_t nr_causes = 0;

	invariant_explain(invariant, &values, count_cause, &nr_causes);
	FUZZ_CHECK(!nr_causes == holds(invariant), "%zu causes", nr_causes);
	for (int i = 0; i < MOST_PARTS && node; i++, node = node->made_before)
		check_part(node, scope);
	check_silence();
	check_not(invariant, scope);
}

static void check_column(const char *text)
{
	const char *at = strstr(told, "\", column ");
	size_t column = 0;

	FUZZ_CHECK(at, "told: %s", told);
	while ((at = strstr(at, "\", column "))) { /* the last is ours: the text comes before */
		column = strtoul(at + strlen("\", column "), NULL, 10);
		if (column >= 1 && column <= strlen(text) + 1)
			return;
		at++;
	}
	FUZZ_CHECK(false, "told: %s", told);
}

static void try_invariant(const char *text)
{
	const struct invariant_scope scope = schedule_scope(world);
	const struct schedule_list nothing = { 0 };
	struct invariant *invariant = invariant_parse(text, &scope);
	struct pca_schedule_result result;

	if (!invariant) {
		check_refusal("pcasim schedule: --invariant \"");
		check_column(text);
		return;
	}
	check_silence();
	schedule_world_reset(world);
	check_taken(invariant, &scope);
	FUZZ_CHECK(!play(&nothing, &result), "told: %s", told);
	check_taken(invariant, &scope);
	invariant_free(invariant);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 2)
		return 0;
	text = strndup((const char *)data + 1, size - 1); /* as arguments are */
	FUZZ_CHECK(text);
	begin_hearing();
	if (*data == 's')
		try_schedule((const char *)data + 1, size - 1);
	else if (*data == 'r')
		try_actor("run", text);
	else if (*data == 'i')
		try_actor("interrupt", text);
	else if (*data == 'c')
		try_actor("command", text);
	else if (*data == 'n')
		try_init(text);
	else if (*data == 'v')
		try_invariant(text);
	free(text);
	fuzz_grace_period();
	return 0;
}
