// SPDX-License-Identifier: MIT
/*
 * Files come from users and other hosts: each number is looked at before it is used, and
 * what is wrong is told by where it stands.
 */
#include "measured.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "setup.h"

#define MOST_FILE_BYTES (64U << 20)
#define DEEPEST 16
#define MOST_CONTESTS 1000
#define MOST_KEYS 65536
#define MOST_VALUE_BYTES 4096
#define MOST_CACHE_BYTES (4ULL << 30)
#define MOST_NS 1e15

static const char *const workloads[NR_LAYOUT_WORKLOADS] = {
	[LAYOUT_COUNT] = "count",
	[LAYOUT_HISTOGRAM] = "histogram",
	[LAYOUT_UPDATE] = "update",
	[LAYOUT_READ_SUM] = "read_sum",
};

/* --- members of objects ------------------------------------------------------------------ */

/* Where in the file we are: its name, and the contest or part. */
struct place {
	const char *name;
	char part[32];
};

static struct json_object *member(const struct place *place, struct json_object *object,
				  const char *key, enum json_type type)
{
	struct json_object *value = NULL;

	if (json_object_object_get_ex(object, key, &value) && json_object_is_type(value, type))
		return value;
	cli_error("%s, %s: \"%s\" is missing or is no %s, which \"pcasim bench --json\" writes",
		  place->name, place->part, key, json_type_to_name(type));
	return NULL;
}

static int take_number(const struct place *place, struct json_object *object, const char *key,
		       uint64_t least, uint64_t most, uint64_t *n)
{
	struct json_object *value = member(place, object, key, json_type_int);
	int64_t got;

	if (!value)
		return -1;
	got = json_object_get_int64(value);
	*n = (uint64_t)got;
	if (got >= 0 && *n >= least && *n <= most)
		return 0;
	cli_error("%s, %s: \"%s\" is %" PRId64 "; it must be %" PRIu64 " to %" PRIu64, place->name,
		  place->part, key, got, least, most);
	return -1;
}

static int take_text(const struct place *place, struct json_object *object, const char *key,
		     char text[MEASURED_TEXT])
{
	struct json_object *value = member(place, object, key, json_type_string);

	if (!value)
		return -1;
	snprintf(text, MEASURED_TEXT, "%s", json_object_get_string(value));
	return 0;
}

/* The index of a name; NR when there is none. */
static unsigned int index_of(const char *name, const char *const *names, unsigned int nr)
{
	unsigned int i = 0;

	while (i < nr && strcmp(name, names[i]) != 0)
		i++;
	return i;
}

static int refuse_name(const struct place *place, const char *key, const char *got)
{
	cli_error("%s, %s: \"%s\" is \"%.40s\", which this pcasim does not know", place->name,
		  place->part, key, got);
	return -1;
}

/* --- hardware ---------------------------------------------------------------------------- */

static int take_cache(const struct place *place, struct json_object *object,
		      struct model_shape *shape)
{
	static const char *const names[] = { "L1d", "L2", "L3" };
	struct cache_geometry *const caches[] = { &shape->l1, &shape->l2, &shape->l3 };
	char text[MEASURED_TEXT];
	uint64_t bytes, ways;
	unsigned int level;

	if (take_text(place, object, "name", text) ||
	    take_number(place, object, "size_bytes", shape->line_bytes, MOST_CACHE_BYTES, &bytes) ||
	    take_number(place, object, "ways", 1, MODEL_MOST_WAYS, &ways))
		return -1;
	level = index_of(text, names, 3);
	if (level == 3)
		return refuse_name(place, "name", text);
	*caches[level] = (struct cache_geometry){ bytes, (uint32_t)ways };
	if (cache_nr_sets(*caches[level], shape->line_bytes))
		return 0;
	cli_error("%s, %s: %s of %" PRIu64 " bytes is smaller than its %" PRIu64 " ways",
		  place->name, place->part, text, bytes, ways);
	return -1;
}

static int take_caches(const struct place *place, struct json_object *hardware,
		       struct model_shape *shape)
{
	struct json_object *caches = member(place, hardware, "caches", json_type_array);

	for (size_t i = 0; caches && i < json_object_array_length(caches); i++) {
		if (take_cache(place, json_object_array_get_idx(caches, i), shape))
			return -1;
	}
	if (!caches || shape->l1.ways)
		return caches ? 0 : -1;
	cli_error("%s, %s: there is no L1d among the caches", place->name, place->part);
	return -1;
}

/* Numbers by the order in which they come, as the model has them. */
struct renumbered {
	uint64_t given[MODEL_MOST_CPUS];
	uint32_t nr;
};

static uint16_t renumber(struct renumbered *numbers, uint64_t given)
{
	uint32_t i = 0;

	while (i < numbers->nr && numbers->given[i] != given)
		i++;
	if (i == numbers->nr)
		numbers->given[numbers->nr++] = given;
	return (uint16_t)i;
}

struct all_renumbered {
	struct renumbered cores, l3s, packages, nodes;
};

static int take_cpu(const struct place *place, struct json_object *object,
		    struct model_shape *shape, struct all_renumbered *all)
{
	uint64_t id, core, l3, package, node;
	uint16_t c;

	if (take_number(place, object, "cpu", 0, INT32_MAX, &id) ||
	    take_number(place, object, "core", 0, INT32_MAX, &core) ||
	    take_number(place, object, "l3", 0, INT32_MAX, &l3) ||
	    take_number(place, object, "package", 0, INT32_MAX, &package) ||
	    take_number(place, object, "numa_node", 0, INT32_MAX, &node))
		return -1;
	c = renumber(&all->cores, core);
	shape->id_of[shape->nr_cpus] = (uint32_t)id;
	shape->core_of[shape->nr_cpus++] = c;
	shape->l3_of[c] = renumber(&all->l3s, l3);
	shape->package_of[c] = renumber(&all->packages, package);
	shape->node_of[c] = renumber(&all->nodes, node);
	return 0;
}

static int take_cpus(const struct place *place, struct json_object *hardware,
		     struct model_shape *shape)
{
	struct json_object *cpus = member(place, hardware, "cpus", json_type_array);
	size_t nr = cpus ? json_object_array_length(cpus) : 0;
	struct all_renumbered *all;
	int err = 0;

	if (!cpus)
		return -1;
	if (!nr || nr > MODEL_MOST_CPUS) {
		cli_error("%s, %s: there are %zu CPUs; it must be 1 to %d", place->name,
			  place->part, nr, MODEL_MOST_CPUS);
		return -1;
	}
	all = calloc(1, sizeof(*all));
	if (!all) {
		cli_error("no memory is left");
		return -1;
	}
	for (size_t i = 0; !err && i < nr; i++)
		err = take_cpu(place, json_object_array_get_idx(cpus, i), shape, all);
	shape->nr_cores = all->cores.nr;
	shape->nr_l3s = all->l3s.nr;
	shape->nr_packages = all->packages.nr;
	shape->nr_nodes = all->nodes.nr;
	free(all);
	return err;
}

static int take_hardware(struct measured *measured, struct place *place, struct json_object *root)
{
	struct json_object *hardware = member(place, root, "hardware", json_type_object);
	struct model_shape *shape = &measured->shape;
	uint64_t line_bytes;

	snprintf(place->part, sizeof(place->part), "hardware");
	if (!hardware || take_number(place, hardware, "line_bytes", 16, 1024, &line_bytes))
		return -1;
	shape->line_bytes = (uint32_t)line_bytes;
	if (line_bytes & (line_bytes - 1)) {
		cli_error("%s, %s: \"line_bytes\" is %" PRIu64 "; it must be a power of two",
			  place->name, place->part, line_bytes);
		return -1;
	}
	return take_caches(place, hardware, shape) || take_cpus(place, hardware, shape) ? -1 : 0;
}

/* --- contests ---------------------------------------------------------------------------- */

/* A time; JSON has 233 for 233.0. */
static bool is_time(struct json_object *value, double *ns)
{
	*ns = json_object_get_double(value);
	return (json_object_is_type(value, json_type_double) ||
		json_object_is_type(value, json_type_int)) &&
	       *ns >= 0 && *ns <= MOST_NS;
}

static int take_samples(const struct place *place, struct json_object *object,
			struct samples *samples)
{
	struct json_object *array = member(place, object, "samples_ns", json_type_array);
	size_t nr = array ? json_object_array_length(array) : 0;

	if (!array)
		return -1;
	if (nr > MOST_SAMPLES) {
		cli_error("%s, %s: there are %zu samples; at most %d are taken", place->name,
			  place->part, nr, MOST_SAMPLES);
		return -1;
	}
	for (size_t i = 0; i < nr; i++) {
		double ns;

		if (!is_time(json_object_array_get_idx(array, i), &ns)) {
			cli_error("%s, %s: sample %zu is no time in ns", place->name, place->part,
				  i + 1);
			return -1;
		}
		samples->ns[samples->nr++] = ns;
	}
	return 0;
}

/* What is no layout of ours, such as the kernel's rows, is passed over. */
static int take_contender(struct measured_contest *contest, const struct place *place,
			  struct json_object *object)
{
	struct measured_layout *measured = &contest->layouts[contest->nr];
	char text[MEASURED_TEXT];

	if (take_text(place, object, "name", text))
		return -1;
	*measured = (struct measured_layout){ .layout = layout_find(text) };
	if (!measured->layout)
		return 0;
	for (size_t i = 0; i < contest->nr; i++) {
		if (contest->layouts[i].layout != measured->layout)
			continue;
		cli_error("%s, %s: %s is there twice", place->name, place->part, text);
		return -1;
	}
	if (take_samples(place, object, &measured->samples))
		return -1;
	measured->summary = summarize(&measured->samples);
	contest->nr += measured->samples.nr > 0 && contest->nr + 1 < MEASURED_MOST_LAYOUTS;
	return 0;
}

static int take_round_trip(struct measured_contest *contest, const struct place *place,
			   struct json_object *object)
{
	char text[MEASURED_TEXT];
	struct json_object *value;

	contest->has_round_trip = json_object_object_get_ex(object, "round_trip", &value);
	if (!contest->has_round_trip)
		return 0;
	if (!json_object_object_get_ex(object, "shortest_round_trip_ns", &value) ||
	    !is_time(value, &contest->round_trip_ns)) {
		cli_error("%s, %s: \"shortest_round_trip_ns\" is missing or no time in ns",
			  place->name, place->part);
		return -1;
	}
	if (take_text(place, object, "round_trip", text))
		return -1;
	for (unsigned int i = 0; i < NR_PINGPONG_MEANINGS; i++) {
		contest->round_trip = (enum pingpong_meaning)i;
		if (!strcmp(text, pingpong_name(contest->round_trip)))
			return 0;
	}
	return refuse_name(place, "round_trip", text);
}

static int take_stream(struct measured_contest *contest, const struct place *place,
		       struct json_object *object)
{
	char text[MEASURED_TEXT];

	if (take_text(place, object, "stream", text))
		return -1;
	for (unsigned int i = 0; stream_name(i); i++) {
		contest->stream = (enum stream_kind)i;
		if (!strcmp(text, stream_name(i)))
			return 0;
	}
	/* A histogram has data instead of keys. */
	if (contest->workload == LAYOUT_HISTOGRAM && !strcmp(text, "latencies"))
		return 0;
	return refuse_name(place, "stream", text);
}

static int take_job(struct measured_contest *contest, const struct place *place,
		    struct json_object *object, const struct model_shape *shape)
{
	uint64_t threads, keys, value_bytes, cpus;

	if (take_text(place, object, "note", contest->note) ||
	    take_number(place, object, "threads", 1, shape->nr_cpus, &threads) ||
	    take_number(place, object, "keys", 1, MOST_KEYS, &keys) ||
	    take_number(place, object, "value_bytes", 1, MOST_VALUE_BYTES, &value_bytes) ||
	    take_number(place, object, "cpus", threads, MODEL_MOST_CPUS, &cpus) ||
	    take_stream(contest, place, object))
		return -1;
	contest->nr_threads = (uint32_t)threads;
	contest->nr_keys = (uint32_t)keys;
	contest->value_bytes = (uint32_t)value_bytes;
	contest->nr_cpus = (uint32_t)cpus;
	return take_round_trip(contest, place, object);
}

static int take_contest(struct measured *measured, struct place *place, struct json_object *object)
{
	struct measured_contest *contest = &measured->contests[measured->nr];
	struct json_object *contenders;
	char text[MEASURED_TEXT];
	unsigned int workload;

	if (take_text(place, object, "name", text))
		return -1;
	workload = index_of(text, workloads, NR_LAYOUT_WORKLOADS);
	if (workload == NR_LAYOUT_WORKLOADS)
		return 0;
	contest->workload = (enum layout_workload)workload;
	contenders = member(place, object, "contenders", json_type_array);
	if (!contenders || take_job(contest, place, object, &measured->shape))
		return -1;
	for (size_t i = 0; i < json_object_array_length(contenders); i++) {
		if (take_contender(contest, place, json_object_array_get_idx(contenders, i)))
			return -1;
	}
	measured->nr++;
	return 0;
}

static int take_contests(struct measured *measured, struct place *place, struct json_object *root)
{
	struct json_object *contests;
	size_t nr;

	snprintf(place->part, sizeof(place->part), "outermost object");
	contests = member(place, root, "contests", json_type_array);
	if (!contests)
		return -1;
	nr = json_object_array_length(contests);
	if (nr > MOST_CONTESTS) {
		cli_error("%s has %zu contests; at most %d are taken", place->name, nr,
			  MOST_CONTESTS);
		return -1;
	}
	measured->contests = calloc(nr ? nr : 1, sizeof(*measured->contests));
	if (!measured->contests) {
		cli_error("no memory is left");
		return -1;
	}
	for (size_t i = 0; i < nr; i++) {
		snprintf(place->part, sizeof(place->part), "contest %zu", i + 1);
		if (take_contest(measured, place, json_object_array_get_idx(contests, i)))
			return -1;
	}
	if (measured->nr)
		return 0;
	cli_error("%s has no contest of layouts; \"pcasim bench count --json FILE\" writes some",
		  place->name);
	return -1;
}

static int take_root(struct measured *measured, const char *name, struct json_object *root)
{
	struct place place = { .name = name, .part = "outermost object" };

	if (take_text(&place, root, "machine", measured->machine) ||
	    take_text(&place, root, "command", measured->command) ||
	    take_hardware(measured, &place, root))
		return -1;
	return take_contests(measured, &place, root);
}

/* --- the file ---------------------------------------------------------------------------- */

/* All of it: bytes to free, or NULL after a line on stderr. */
static char *read_all(FILE *in, const char *name, size_t *size)
{
	size_t room = 0;
	char *text = NULL;

	for (*size = 0; !feof(in); *size += fread(text + *size, 1, room - *size, in)) {
		char *larger;

		if (ferror(in) || *size > MOST_FILE_BYTES) {
			cli_error("%s cannot be read: %s", name,
				  ferror(in) ? strerror(errno) : "it has more than 64 MiB");
			break;
		}
		if (*size < room)
			continue;
		room = room ? 2 * room : 65536;
		larger = realloc(text, room);
		if (!larger) {
			cli_error("no memory is left for %s", name);
			break;
		}
		text = larger;
	}
	if (text && feof(in))
		return text;
	free(text);
	return NULL;
}

static size_t line_of(const char *text, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

/* An object, or NULL after a line on stderr. */
static struct json_object *parse(const char *text, size_t size, const char *name)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEEPEST);
	struct json_object *root = NULL;
	enum json_tokener_error err;

	if (!tokener) {
		cli_error("no memory is left for %s", name);
		return NULL;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	root = json_tokener_parse_ex(tokener, text, (int)size);
	err = json_tokener_get_error(tokener);
	if (err != json_tokener_success)
		cli_error("%s, line %zu: %s; it must be what \"pcasim bench --json\" writes", name,
			  line_of(text, json_tokener_get_parse_end(tokener)),
			  err == json_tokener_continue ? "it ends too early"
						       : json_tokener_error_desc(err));
	else if (!json_object_is_type(root, json_type_object))
		cli_error("%s is no object; it must be what \"pcasim bench --json\" writes", name);
	if (!json_object_is_type(root, json_type_object)) {
		json_object_put(root);
		root = NULL;
	}
	json_tokener_free(tokener);
	return root;
}

int measured_read(struct measured *measured, FILE *in, const char *name)
{
	struct json_object *root = NULL;
	size_t size;
	char *text = read_all(in, name, &size);
	int err = -1;

	*measured = (struct measured){ .nr = 0 };
	if (text)
		root = parse(text, size, name);
	if (root)
		err = take_root(measured, name, root);
	if (err)
		measured_free(measured);
	json_object_put(root);
	free(text);
	return err;
}

void measured_free(struct measured *measured)
{
	free(measured->contests);
	measured->contests = NULL;
}
