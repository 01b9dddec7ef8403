// SPDX-License-Identifier: MIT
/*
 * Schedules: who of the actors goes on at which point. Linux counterpart: the scheduler
 * and the interrupt controllers, whose choices are nobody's.
 */
#define _GNU_SOURCE
#include "schedule.h"

#include <string.h>

#include "actor.h"
#include "alloc.h"
#include "machine.h"
#include "message.h"

#define DEFAULT_NR_POINTS 32
#define MOST_PREEMPTIONS 8
#define NS_PER_POINT 1000
#define FIRST_NS 1000000000 /* nothing is measured from the epoch */
#define NOBODY UINT32_MAX

struct pca_schedule {
	struct scheduler scheduler; /* first: what actors know of this */
	struct pca_machine *machine;
	uint32_t nr_actors;
	struct actor actors[PCA_MAX_ACTORS];

	/* Of the run that is under way. */
	struct schedule_way way;
	uint64_t point, nr_turns, chance;
	size_t next_in_list;
	uint64_t drawn[MOST_PREEMPTIONS]; /* points at which to preempt, the smallest last */
	uint32_t nr_drawn;
	uint32_t running, next;
	uint32_t nr_preemptions;
	int err;

	struct pca_switch *switches;
	size_t nr_switches, max_switches;

	void (*watch)(void *arg, const struct pca_schedule_step *step);
	void *watch_arg;
};

/* ---- who may go on ---- */

static bool is_under_way(const struct actor *actor)
{
	return actor->state == ACTOR_UNDER_WAY && actor->prog;
}

/*
 * The actor that has the CPU: the interrupt that came in last, or the program in task
 * context that ran last; NULL when it is idle.
 */
static const struct actor *holder(const struct pca_schedule *s, const struct cpu *cpu)
{
	const struct actor *found = NULL;

	for (uint32_t i = 0; i < s->nr_actors; i++) {
		const struct actor *actor = &s->actors[i];

		if (!is_under_way(actor) || actor->cpu != cpu)
			continue;
		if (!found || actor->context > found->context ||
		    (actor->context == found->context && actor->last_ran > found->last_ran))
			found = actor;
	}
	return found;
}

static bool may_go_on(const struct pca_schedule *s, const struct actor *actor)
{
	const struct actor *has_cpu;

	if (actor->state == ACTOR_ENDED)
		return false;
	if (!actor->prog)
		return true;
	has_cpu = holder(s, actor->cpu);
	if (!has_cpu || has_cpu == actor)
		return true;
	if (actor->context == PCA_CONTEXT_TASK)
		return context_may_preempt(has_cpu->run.frame);
	return actor->state == ACTOR_NEW &&
	       context_may_interrupt(has_cpu->run.frame, actor->context);
}

/* Bit per actor; without the one that is running. */
static uint32_t others(const struct pca_schedule *s)
{
	uint32_t mask = 0;

	for (uint32_t i = 0; i < s->nr_actors; i++) {
		if (i != s->running && may_go_on(s, &s->actors[i]))
			mask |= 1U << i;
	}
	return mask;
}

/* ---- decisions ---- */

/* splitmix64, as in helpers.c; the schedule's choices are not the programs' chance. */
static uint64_t draw(struct pca_schedule *s)
{
	uint64_t z = s->chance += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint32_t any_of(struct pca_schedule *s, uint32_t mask)
{
	uint32_t skip = (uint32_t)(draw(s) % (uint64_t)__builtin_popcount(mask));

	while (skip--)
		mask &= mask - 1;
	return (uint32_t)__builtin_ctz(mask);
}

/* Where nothing else is said: what was left last goes on, then who has not begun. */
static uint32_t first_of(const struct pca_schedule *s, uint32_t mask)
{
	uint32_t best = (uint32_t)__builtin_ctz(mask);

	for (uint32_t i = best; i < s->nr_actors; i++) {
		if (mask >> i & 1 && s->actors[i].last_ran > s->actors[best].last_ran)
			best = i;
	}
	return best;
}

static int by_falling_points(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? 1 : *x > *y ? -1 : 0;
}

/* The points at which a random schedule preempts. */
static void draw_points(struct pca_schedule *s)
{
	uint64_t nr_points = s->way.opts.nr_points ? s->way.opts.nr_points : DEFAULT_NR_POINTS;
	uint32_t attempt = (uint32_t)s->way.opts.seed;

	s->nr_drawn = 1;
	for (attempt /= 64; attempt && s->nr_drawn < MOST_PREEMPTIONS; attempt /= 2)
		s->nr_drawn++;
	for (uint32_t i = 0; i < s->nr_drawn; i++)
		s->drawn[i] = draw(s) % nr_points;
	qsort(s->drawn, s->nr_drawn, sizeof(s->drawn[0]), by_falling_points);
}

/* The list's entry for this point, or NULL. */
static const struct pca_switch *listed(struct pca_schedule *s)
{
	const struct pca_schedule_opts *opts = &s->way.opts;

	if (opts->policy != PCA_SCHEDULE_LIST || s->next_in_list == opts->nr_switches ||
	    opts->switches[s->next_in_list].point != s->point)
		return NULL;
	return &opts->switches[s->next_in_list++];
}

__attribute__((cold)) static void tell_refusal(struct pca_schedule *s,
					       const struct pca_switch *entry)
{
	bool exists = entry->actor < s->nr_actors;
	const struct actor *actor = exists ? &s->actors[entry->actor] : NULL;

	if (s->way.is_lenient)
		return;
	message_error("schedule: at point %llu actor %u%s%s cannot go on: %s",
		      (unsigned long long)entry->point, entry->actor, exists ? " " : "",
		      exists ? actor->name : "",
		      !exists			    ? "there is none"
		      : actor->state == ACTOR_ENDED ? "it has ended"
						    : "its CPU lets nobody in");
	s->err = -EINVAL;
}

/* The actor of the list's entry, or NOBODY. */
static uint32_t follow(struct pca_schedule *s, const struct pca_switch *entry, uint32_t mask)
{
	const uint32_t actor = entry->actor;

	if (actor < s->nr_actors && mask >> actor & 1)
		return actor;
	if (actor < s->nr_actors && actor == s->running && s->actors[actor].state != ACTOR_ENDED)
		return NOBODY; /* it goes on */
	tell_refusal(s, entry);
	return NOBODY;
}

/* Is it time for one of the points that were drawn? One at which nobody could go on waits. */
static bool is_drawn(const struct pca_schedule *s)
{
	return s->way.opts.policy == PCA_SCHEDULE_RANDOM && s->nr_drawn &&
	       s->drawn[s->nr_drawn - 1] <= s->point;
}

/* Whoever is to go on instead of the one that runs and may go on itself; or NOBODY. */
static uint32_t choose_at_point(struct pca_schedule *s)
{
	const struct pca_switch *entry = listed(s);
	uint32_t mask;

	if (!entry && !is_drawn(s) && !s->way.on_choice)
		return NOBODY;
	mask = others(s);
	if (s->way.on_choice)
		s->way.on_choice(s->way.on_choice_arg, s->point, mask, true);
	if (entry)
		return follow(s, entry, mask);
	if (!mask || !is_drawn(s))
		return NOBODY;
	s->nr_drawn--;
	return any_of(s, mask);
}

/* Whoever goes on where nobody runs; NOBODY when all have ended. */
static uint32_t choose_next(struct pca_schedule *s)
{
	const struct pca_switch *entry = listed(s);
	uint32_t mask = others(s), chosen = NOBODY;

	if (entry)
		chosen = follow(s, entry, mask);
	if (!mask)
		return NOBODY;
	if (chosen == NOBODY)
		chosen = s->way.opts.policy == PCA_SCHEDULE_RANDOM ? any_of(s, mask)
								   : first_of(s, mask);
	if (s->way.on_choice)
		s->way.on_choice(s->way.on_choice_arg, s->point, mask & ~(1U << chosen), false);
	return chosen;
}

static void record(struct pca_schedule *s, uint32_t actor, bool is_preemption)
{
	if (s->nr_switches == s->max_switches) {
		size_t max = s->max_switches ? 2 * s->max_switches : 64;
		struct pca_switch *grown = alloc_grown_array(s->switches, max, sizeof(*grown));

		if (!grown) {
			s->err = -ENOMEM;
			return;
		}
		s->switches = grown;
		s->max_switches = max;
	}
	s->switches[s->nr_switches++] = (struct pca_switch){ s->point, actor, is_preemption };
	s->nr_preemptions += is_preemption;
}

/* ---- points ---- */

static void tell(const struct pca_schedule *s, struct pca_schedule_step *step)
{
	const struct actor *actor = &s->actors[s->running];

	if (!s->watch)
		return;
	step->size = sizeof(*step);
	step->actor = s->running;
	step->cpu = actor->prog ? (int)actor->cpu->id : -1;
	step->context = this_frame() ? this_frame()->context : actor->context;
	s->watch(s->watch_arg, step);
}

static void at_point(struct scheduler *scheduler, const struct run_point *point)
{
	struct pca_schedule *s = container_of(scheduler, struct pca_schedule, scheduler);
	struct actor *actor = &s->actors[s->running];
	struct pca_schedule_step step = {
		.point = s->point,
		.helper = point->helper,
		.is_after = point->is_after,
		.is_command = point->is_command,
		.pc = point->pc,
		.addr = point->addr,
		.bytes = point->bytes,
		.access = point->access,
	};

	if (point->addr && actor_owns(actor, point->addr))
		return; /* its own stack is nobody else's business */
	actor->run = run_context;
	s->next = choose_at_point(s);
	if (s->next != NOBODY)
		record(s, s->next, true);
	s->point++;
	s->scheduler.ns += NS_PER_POINT;
	if (s->next != NOBODY)
		actor_leave(actor);
	tell(s, &step);
}

/* ---- runs ---- */

static void begin_run(struct pca_schedule *s, const struct schedule_way *way)
{
	s->way = *way;
	s->point = s->nr_turns = 0;
	s->chance = way->opts.seed;
	s->next_in_list = s->nr_switches = s->nr_preemptions = 0;
	s->err = 0;
	s->scheduler.ns = FIRST_NS;
	s->scheduler.chance = 0;
	for (uint32_t i = 0; i < s->nr_actors; i++) {
		s->actors[i].state = ACTOR_NEW;
		s->actors[i].retval = s->actors[i].err = 0;
		s->actors[i].last_ran = 0;
	}
	draw_points(s);
}

/* Let the actor run until it is left for another one, or ends. */
static void give_turn(struct pca_schedule *s, uint32_t number)
{
	struct actor *actor = &s->actors[number];
	bool begins = actor->state == ACTOR_NEW;

	s->running = number;
	s->next = NOBODY;
	actor->last_ran = ++s->nr_turns;
	if (begins)
		tell(s, &(struct pca_schedule_step){ .point = s->point, .begins = true });
	actor_resume(actor, &s->scheduler);
	if (actor->state == ACTOR_ENDED)
		tell(s, &(struct pca_schedule_step){ .point = s->point, .ends = true });
}

static void run_all(struct pca_schedule *s)
{
	uint32_t next;

	s->running = NOBODY;
	next = choose_next(s);
	while (next != NOBODY) {
		if (s->running == NOBODY || s->actors[s->running].state == ACTOR_ENDED) {
			record(s, next, false);
			s->point++;
		}
		give_turn(s, next);
		next = s->next;
		if (next == NOBODY)
			next = choose_next(s);
	}
}

static void release_cpus(struct pca_schedule *s, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		cpu_release(&s->machine->cpus[i]);
}

/* All CPUs of the machine, in order: a schedule is alone there. */
static int claim_cpus(struct pca_schedule *s)
{
	for (uint32_t i = 0; i < s->machine->nr_cpus; i++) {
		struct cpu *cpu = &s->machine->cpus[i];
		uint32_t ticket = __atomic_fetch_add(&cpu->next_ticket, 1, __ATOMIC_RELAXED);

		cpu_claim_contended(cpu, ticket);
	}
	for (uint32_t i = 0; i < s->nr_actors; i++) {
		const struct actor *actor = &s->actors[i];

		if (actor->prog && !__atomic_load_n(&actor->cpu->is_online, __ATOMIC_RELAXED)) {
			message_error("schedule: CPU %u of actor %s is offline", actor->cpu->id,
				      actor->name);
			release_cpus(s, s->machine->nr_cpus);
			return -ENXIO;
		}
	}
	return 0;
}

static int check_opts(const struct pca_schedule_opts *opts)
{
	if (opts->policy > PCA_SCHEDULE_LIST) {
		message_error("schedule: policy %d is no enum pca_schedule_policy",
			      (int)opts->policy);
		return -EINVAL;
	}
	for (size_t i = 1; i < opts->nr_switches; i++) {
		if (opts->switches[i].point <= opts->switches[i - 1].point) {
			message_error("schedule: switch %zu at point %llu does not come after the "
				      "one before, at %llu",
				      i, (unsigned long long)opts->switches[i].point,
				      (unsigned long long)opts->switches[i - 1].point);
			return -EINVAL;
		}
	}
	return 0;
}

static int check_list_is_used_up(struct pca_schedule *s)
{
	const struct pca_schedule_opts *opts = &s->way.opts;

	if (s->err || s->way.is_lenient || opts->policy != PCA_SCHEDULE_LIST ||
	    s->next_in_list == opts->nr_switches)
		return s->err;
	message_error("schedule: there is no point %llu: the run ended at point %llu",
		      (unsigned long long)opts->switches[s->next_in_list].point,
		      (unsigned long long)s->point);
	return -EINVAL;
}

int schedule_run(struct pca_schedule *s, const struct schedule_way *way,
		 struct pca_schedule_result *result)
{
	int err = claim_cpus(s);

	if (err)
		return err;
	begin_run(s, way);
	run_all(s);
	release_cpus(s, s->machine->nr_cpus);
	if (result) {
		result->nr_points = s->point;
		result->nr_preemptions = s->nr_preemptions;
		result->switches = s->switches;
		result->nr_switches = s->nr_switches;
	}
	return check_list_is_used_up(s);
}

int pca_schedule_run(struct pca_schedule *s, const struct pca_schedule_opts *opts,
		     struct pca_schedule_result *result)
{
	struct schedule_way way = { 0 };
	int err = 0;

	if (may_not_wait())
		return -EDEADLK;
	if (opts)
		err = copy_opts(&way.opts, sizeof(way.opts), opts, opts->size,
				"struct pca_schedule_opts");
	if (!err)
		err = check_opts(&way.opts);
	return err ? err : schedule_run(s, &way, result);
}

/* ---- setting up ---- */

int pca_schedule_create(struct pca_schedule **out, struct pca_machine *machine)
{
	struct pca_schedule *s;

	if ((machine->run_ways & RUNS_ON_WORKERS) || !(machine->run_ways & RUNS_MAY_NEST)) {
		message_error("pca_schedule_create: the machine has to be created with "
			      "run_mode PCA_INLINE and has_contexts");
		return -EOPNOTSUPP;
	}
	s = alloc_zeroed(sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->scheduler.at_point = at_point;
	s->machine = machine;
	machine_get(machine);
	*out = s;
	return 0;
}

void pca_schedule_destroy(struct pca_schedule *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->nr_actors; i++) {
		if (s->actors[i].prog)
			pca_prog_put(s->actors[i].prog);
		actor_free_stack(&s->actors[i]);
	}
	machine_put(s->machine);
	free(s->switches);
	free(s);
}

static bool is_taken(const struct pca_schedule *s, const char *name)
{
	for (uint32_t i = 0; i < s->nr_actors; i++) {
		if (!strcmp(s->actors[i].name, name))
			return true;
	}
	return false;
}

/* The program's name, with a number behind it if another actor has it. */
static void name_after_program(const struct pca_schedule *s, char *name,
			       const struct pca_prog *prog)
{
	const char *own = *prog->name ? prog->name : "prog";

	snprintf(name, OBJ_NAME_BYTES, "%s", own);
	for (uint32_t i = 2; is_taken(s, name); i++)
		snprintf(name, OBJ_NAME_BYTES, "%.*s.%u", OBJ_NAME_BYTES - 4, own, i);
}

static int set_name(const struct pca_schedule *s, struct actor *actor, const char *name)
{
	char padded[OBJ_NAME_BYTES] = "";
	int err;

	if (!name) {
		name_after_program(s, actor->name, actor->prog);
		return 0;
	}
	memcpy(padded, name, strnlen(name, sizeof(padded)));
	err = *name ? obj_name_copy(actor->name, padded) : -EINVAL;
	if (err) {
		message_error("schedule: \"%s\" is no name of an actor: 1 to 15 bytes of "
			      "[0-9A-Za-z_.]",
			      name);
		return err;
	}
	if (is_taken(s, name)) {
		message_error("schedule: there is an actor \"%s\" already", name);
		return -EEXIST;
	}
	return 0;
}

static int add(struct pca_schedule *s, struct actor *actor, const char *name)
{
	int err;

	if (s->nr_actors == PCA_MAX_ACTORS) {
		message_error("schedule: more than %d actors", PCA_MAX_ACTORS);
		return -E2BIG;
	}
	err = set_name(s, actor, name);
	if (!err)
		err = actor_alloc_stack(actor);
	if (err)
		return err;
	if (actor->prog)
		object_get(&actor->prog->object);
	s->actors[s->nr_actors] = *actor;
	return (int)s->nr_actors++;
}

int pca_schedule_add_interrupt(struct pca_schedule *s, const char *name, struct pca_prog *prog,
			       uint32_t cpu_id, enum pca_context context, void *ctx,
			       uint32_t repeat)
{
	struct actor actor = {
		.prog = prog,
		.cpu = machine_cpu(s->machine, cpu_id),
		.context = context,
		.ctx = ctx,
		.repeat = repeat ? repeat : 1,
	};

	if (!actor.cpu || context >= PCA_NR_CONTEXTS || prog->object.machine != s->machine)
		return -EINVAL;
	return add(s, &actor, name);
}

int pca_schedule_add_run(struct pca_schedule *s, const char *name, struct pca_prog *prog,
			 uint32_t cpu, void *ctx, uint32_t repeat)
{
	return pca_schedule_add_interrupt(s, name, prog, cpu, pca_prog_context(prog), ctx, repeat);
}

int pca_schedule_add_task(struct pca_schedule *s, const char *name, void (*fn)(void *arg),
			  void *arg)
{
	struct actor actor = { .fn = fn, .arg = arg };

	return name && fn ? add(s, &actor, name) : -EINVAL;
}

const char *pca_schedule_actor_name(const struct pca_schedule *s, uint32_t actor)
{
	return actor < s->nr_actors ? s->actors[actor].name : NULL;
}

int pca_schedule_actor_retval(const struct pca_schedule *s, uint32_t actor)
{
	return actor < s->nr_actors ? s->actors[actor].retval : -EINVAL;
}

int pca_schedule_actor_error(const struct pca_schedule *s, uint32_t actor)
{
	return actor < s->nr_actors ? s->actors[actor].err : -EINVAL;
}

void pca_schedule_watch(struct pca_schedule *s,
			void (*fn)(void *arg, const struct pca_schedule_step *step), void *arg)
{
	s->watch = fn;
	s->watch_arg = arg;
}
