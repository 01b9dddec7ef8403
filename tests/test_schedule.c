// SPDX-License-Identifier: MIT
/*
 * Schedules of native programs, whose points are their helper calls: who may go on when,
 * and that a seed and a list give the same again.
 */
#include "support.h"

#include <pcasim/helpers.h>

static struct pca_map_ref *counter;

static struct world schedule_world_with(const char *release, uint64_t most_steps)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0,2",
		.run_mode = PCA_INLINE,
		.has_contexts = true,
		.release = release,
		.most_steps = most_steps,
	};
	struct world w = world_open_with(&opts, NULL);

	expect(pca_map_get(w.task, percpu_map(&w, 8, 1), &counter), 0);
	return w;
}

static struct world schedule_world(const char *release)
{
	return schedule_world_with(release, 0);
}

static void close_world(struct world *w)
{
	pca_map_put(counter);
	messages_catch(); /* of the fds that are open */
	world_close(w);
}

static struct pca_prog *load(const struct world *w, uint32_t type, pca_prog_fn fn, const char *name)
{
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = type,
		.fn = fn,
		.name = name,
	};
	int fd = expect_fd(pca_prog_load(w->task, &opts));
	struct pca_prog *prog;

	expect(pca_prog_get(w->task, fd, &prog), 0);
	expect(pca_close(w->task, fd), 0);
	return prog;
}

/* Reads, may be left, writes: what ++ is in machines without an instruction for it. */
static int increment(void *ctx)
{
	uint64_t *mine = pca_map_lookup_elem(counter, &(uint32_t){ 0 });
	uint64_t value = *mine;

	(void)ctx;
	pca_get_smp_processor_id();
	*mine = value + 1;
	return (int)value;
}

static uint64_t count_on(uint32_t cpu)
{
	return *(uint64_t *)pca_map_peek(counter, cpu, 0);
}

static void clear(void)
{
	*(uint64_t *)pca_map_peek(counter, 0, 0) = 0;
	*(uint64_t *)pca_map_peek(counter, 2, 0) = 0;
}

/* Two actors of this type on CPU 2. */
static struct pca_schedule *two_of(const struct world *w, uint32_t type)
{
	struct pca_prog *prog = load(w, type, increment, "count");
	struct pca_schedule *s;

	expect(pca_schedule_create(&s, w->machine), 0);
	expect(pca_schedule_add_run(s, NULL, prog, 2, NULL, 0), 0);
	expect(pca_schedule_add_run(s, NULL, prog, 2, NULL, 0), 1);
	pca_prog_put(prog);
	return s;
}

START_TEST(in_order_each_ends_before_the_next_begins)
{
	struct world w = schedule_world(NULL);
	struct pca_schedule *s = two_of(&w, BPF_PROG_TYPE_SYSCALL);
	struct pca_schedule_result result = { .size = sizeof(result) };

	ck_assert_str_eq(pca_schedule_actor_name(s, 0), "count");
	ck_assert_str_eq(pca_schedule_actor_name(s, 1), "count.2");
	ck_assert_ptr_null(pca_schedule_actor_name(s, 2));
	expect(pca_schedule_run(s, NULL, &result), 0);
	ck_assert_uint_eq(count_on(2), 2);
	ck_assert_uint_eq(result.nr_preemptions, 0);
	/* Each begins, and comes to a point before and after both of its helpers. */
	ck_assert_uint_eq(result.nr_points, 2 * (1 + 2 * 2));
	expect(pca_schedule_actor_retval(s, 0), 0);
	expect(pca_schedule_actor_retval(s, 1), 1);
	pca_schedule_destroy(s);
	close_world(&w);
}
END_TEST

/* Does any of so many seeds lose an update? */
static bool loses(struct pca_schedule *s, uint64_t wanted, struct pca_schedule_result *result)
{
	struct pca_schedule_opts opts = {
		.size = sizeof(opts),
		.policy = PCA_SCHEDULE_RANDOM,
		.nr_points = 20,
	};

	for (opts.seed = 1; opts.seed < 400; opts.seed++) {
		clear();
		expect(pca_schedule_run(s, &opts, result), 0);
		if (count_on(2) + count_on(0) != wanted)
			return true;
	}
	return false;
}

struct preempting {
	const char *release;
	uint32_t type;
	bool loses;
};

/* Who may be preempted by its like; read from Linux, see context.c. */
static const struct preempting preempting[] = {
	{ "5.10", BPF_PROG_TYPE_SYSCALL, false },
	{ "6.1", BPF_PROG_TYPE_SYSCALL, true },
	{ "7.2", BPF_PROG_TYPE_SYSCALL, true },
	{ "6.18", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, true },
	{ "7.2", BPF_PROG_TYPE_XDP, false },
	{ "7.2", BPF_PROG_TYPE_SCHED_CLS, false },
	{ "7.2", BPF_PROG_TYPE_KPROBE, false },
	{ "7.2", BPF_PROG_TYPE_TRACEPOINT, false },
	{ "6.18", BPF_PROG_TYPE_RAW_TRACEPOINT, false },
};

START_TEST(two_runs_in_task_context_lose_updates_where_they_are_preempted)
{
	for (size_t i = 0; i < ARRAY_LEN(preempting); i++) {
		const struct preempting *p = &preempting[i];
		struct world w = schedule_world(p->release);
		struct pca_schedule *s = two_of(&w, p->type);

		row("release %s, type %u", p->release, p->type);
		expect(loses(s, 2, NULL), p->loses);
		pca_schedule_destroy(s);
		close_world(&w);
	}
}
END_TEST

/* Since 7.0 raw tracepoints may be preempted, but not by themselves: the second is skipped. */
START_TEST(recursion_skips_what_would_nest)
{
	struct world w = schedule_world("7.2");
	struct pca_schedule *s = two_of(&w, BPF_PROG_TYPE_RAW_TRACEPOINT);

	expect(loses(s, 2, NULL), true);
	ck_assert_uint_eq(count_on(2), 1);
	ck_assert(pca_schedule_actor_retval(s, 0) == -EBUSY ||
		  pca_schedule_actor_retval(s, 1) == -EBUSY);
	pca_schedule_destroy(s);
	close_world(&w);
}
END_TEST

static int increment_without_preemption(void *ctx)
{
	int retval;

	pca_preempt_disable();
	retval = increment(ctx);
	pca_preempt_enable();
	return retval;
}

static int increment_without_interrupts(void *ctx)
{
	unsigned long flags;
	int retval;

	pca_local_irq_save(&flags);
	retval = increment(ctx);
	pca_local_irq_restore(&flags);
	return retval;
}

struct pair {
	const char *what;
	pca_prog_fn below;
	uint32_t below_type;
	uint32_t above_type;
	enum pca_context context;
	uint32_t cpu; /* of the one above */
	bool loses;
};

static const struct pair pairs[] = {
	{ "task in task", increment, BPF_PROG_TYPE_SYSCALL, BPF_PROG_TYPE_SYSCALL, PCA_CONTEXT_TASK,
	  2, true },
	{ "preemption disabled", increment_without_preemption, BPF_PROG_TYPE_SYSCALL,
	  BPF_PROG_TYPE_SYSCALL, PCA_CONTEXT_TASK, 2, true }, /* by the other one's own middle */
	{ "softirq in task", increment, BPF_PROG_TYPE_SYSCALL, BPF_PROG_TYPE_XDP,
	  PCA_CONTEXT_SOFTIRQ, 2, true },
	{ "softirq, preemption disabled", increment_without_preemption, BPF_PROG_TYPE_SYSCALL,
	  BPF_PROG_TYPE_XDP, PCA_CONTEXT_SOFTIRQ, 2, true },
	{ "softirq, interrupts disabled", increment_without_interrupts, BPF_PROG_TYPE_SYSCALL,
	  BPF_PROG_TYPE_XDP, PCA_CONTEXT_SOFTIRQ, 2, false },
	{ "nmi, interrupts disabled", increment_without_interrupts, BPF_PROG_TYPE_SYSCALL,
	  BPF_PROG_TYPE_XDP, PCA_CONTEXT_NMI, 2, true },
	{ "softirq in softirq", increment, BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_XDP,
	  PCA_CONTEXT_SOFTIRQ, 2, false },
	{ "hardirq in softirq", increment, BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_XDP,
	  PCA_CONTEXT_HARDIRQ, 2, true },
	{ "another CPU", increment, BPF_PROG_TYPE_SYSCALL, BPF_PROG_TYPE_SYSCALL, PCA_CONTEXT_TASK,
	  0, false },
};

START_TEST(updates_are_lost_to_what_may_come_in)
{
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		const struct pair *p = &pairs[i];
		struct world w = schedule_world(NULL);
		struct pca_prog *below = load(&w, p->below_type, p->below, "below");
		struct pca_prog *above = load(&w, p->above_type, increment, "above");
		struct pca_schedule *s;

		row("%s", p->what);
		expect(pca_schedule_create(&s, w.machine), 0);
		expect(pca_schedule_add_run(s, NULL, below, 2, NULL, 0), 0);
		expect(pca_schedule_add_interrupt(s, NULL, above, p->cpu, p->context, NULL, 0), 1);
		expect(loses(s, 2, NULL), p->loses);
		pca_schedule_destroy(s);
		pca_prog_put(above);
		pca_prog_put(below);
		close_world(&w);
	}
}
END_TEST

/* Both with preemption disabled: nobody comes into anybody. */
START_TEST(the_cure_holds)
{
	struct world w = schedule_world(NULL);
	struct pca_prog *prog =
		load(&w, BPF_PROG_TYPE_SYSCALL, increment_without_preemption, "cured");
	struct pca_schedule *s;

	expect(pca_schedule_create(&s, w.machine), 0);
	for (int i = 0; i < 3; i++)
		expect(pca_schedule_add_run(s, NULL, prog, 2, NULL, 2), i);
	expect(loses(s, 6, NULL), false);
	pca_schedule_destroy(s);
	pca_prog_put(prog);
	close_world(&w);
}
END_TEST

/* Waits for the other actor, which never runs where each ends before the next begins. */
static int wait_for_others(void *ctx)
{
	(void)ctx;
	while (!count_on(0))
		pca_get_smp_processor_id();
	return 0;
}

/* Less than the limit of other runs, as a search comes to it again and again. */
START_TEST(who_waits_for_ever_is_stopped)
{
	static const struct {
		uint64_t most_steps;
		const char *text;
	} rows[] = {
		{ 0, "\"waits\" on CPU 2 was stopped after 1048576 steps" },
		{ 777, "\"waits\" on CPU 2 was stopped after 777 steps" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct world w = schedule_world_with(NULL, rows[i].most_steps);
		struct pca_prog *waits = load(&w, BPF_PROG_TYPE_SYSCALL, wait_for_others, "waits");
		struct pca_prog *other = load(&w, BPF_PROG_TYPE_SYSCALL, increment, "other");
		struct pca_schedule *s;

		messages_catch();
		expect(pca_schedule_create(&s, w.machine), 0);
		expect(pca_schedule_add_run(s, NULL, waits, 2, NULL, 0), 0);
		expect(pca_schedule_add_run(s, NULL, other, 0, NULL, 0), 1);
		expect(pca_schedule_run(s, NULL, NULL), 0);
		expect(pca_schedule_actor_retval(s, 0), -E2BIG);
		ck_assert_uint_eq(count_on(0), 1);
		expect_message(rows[i].text);
		pca_schedule_destroy(s);
		pca_prog_put(other);
		pca_prog_put(waits);
		close_world(&w);
	}
}
END_TEST

static void expect_same(const struct pca_schedule_result *a, const struct pca_switch *switches,
			size_t nr)
{
	ck_assert_uint_eq(a->nr_switches, nr);
	for (size_t i = 0; i < nr; i++) {
		ck_assert_uint_eq(a->switches[i].point, switches[i].point);
		ck_assert_uint_eq(a->switches[i].actor, switches[i].actor);
		ck_assert_int_eq(a->switches[i].is_preemption, switches[i].is_preemption);
	}
}

START_TEST(a_seed_and_a_list_give_the_same_again)
{
	struct world w = schedule_world(NULL);
	struct pca_schedule *s = two_of(&w, BPF_PROG_TYPE_SYSCALL);
	struct pca_schedule_opts opts = {
		.size = sizeof(opts),
		.policy = PCA_SCHEDULE_RANDOM,
		.nr_points = 10,
	};
	struct pca_schedule_result result = { .size = sizeof(result) };
	struct pca_switch switches[64];

	for (opts.seed = 1; opts.seed < 1000; opts.seed += 19) {
		uint64_t count;
		size_t nr;

		clear();
		opts.policy = PCA_SCHEDULE_RANDOM;
		expect(pca_schedule_run(s, &opts, &result), 0);
		count = count_on(2);
		nr = result.nr_switches;
		ck_assert_uint_le(nr, ARRAY_LEN(switches));
		memcpy(switches, result.switches, nr * sizeof(*switches));
		for (int again = 0; again < 4; again++) {
			opts.policy = again % 2 ? PCA_SCHEDULE_LIST : PCA_SCHEDULE_RANDOM;
			opts.switches = switches;
			opts.nr_switches = again % 2 ? nr : 0;
			clear();
			expect(pca_schedule_run(s, &opts, &result), 0);
			expect_same(&result, switches, nr);
			ck_assert_uint_eq(count_on(2), count);
		}
	}
	pca_schedule_destroy(s);
	close_world(&w);
}
END_TEST

START_TEST(a_list_that_cannot_be_followed_is_told)
{
	static const struct {
		struct pca_switch switches[2];
		size_t nr;
		const char *text;
	} rows[] = {
		{ { { 2, 5, true } }, 1, "at point 2 actor 5 cannot go on: there is none" },
		{ { { 7, 0, true } }, 1, "actor 0 count cannot go on: it has ended" },
		{ { { 5, 0, false } }, 1, "actor 0 count cannot go on: it has ended" },
		{ { { 10, 0, false } }, 1, "actor 0 count cannot go on: it has ended" },
		{ { { 10, 1, false } }, 1, "actor 1 count.2 cannot go on: it has ended" },
		{ { { 100, 1, true } }, 1, "there is no point 100: the run ended at point 10" },
		{ { { 3, 1, true }, { 3, 0, true } }, 2, "does not come after the one before" },
	};
	struct world w = schedule_world(NULL);
	struct pca_schedule *s = two_of(&w, BPF_PROG_TYPE_SYSCALL);

	messages_catch();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_schedule_opts opts = {
			.size = sizeof(opts),
			.policy = PCA_SCHEDULE_LIST,
			.switches = rows[i].switches,
			.nr_switches = rows[i].nr,
		};

		row("%s", rows[i].text);
		messages_clear();
		expect(pca_schedule_run(s, &opts, NULL), -EINVAL);
		expect_message(rows[i].text);
	}
	pca_schedule_destroy(s);
	close_world(&w);
}
END_TEST

START_TEST(a_cpu_that_lets_nobody_in_is_told)
{
	struct world w = schedule_world("5.10");
	struct pca_schedule *s = two_of(&w, BPF_PROG_TYPE_SYSCALL);
	struct pca_switch early = { 3, 1, true };
	struct pca_schedule_opts opts = {
		.size = sizeof(opts),
		.policy = PCA_SCHEDULE_LIST,
		.switches = &early,
		.nr_switches = 1,
	};

	messages_catch();
	expect(pca_schedule_run(s, &opts, NULL), -EINVAL);
	expect_message("actor 1 count.2 cannot go on: its CPU lets nobody in");
	pca_schedule_destroy(s);
	close_world(&w);
}
END_TEST

/* ---- time and chance ---- */

struct seen {
	uint64_t ns[4];
	uint32_t chances[4];
};

static int look(void *ctx)
{
	struct seen *seen = ctx;

	for (int i = 0; i < 4; i++) {
		seen->ns[i] = pca_ktime_get_ns();
		seen->chances[i] = pca_get_prandom_u32();
	}
	return 0;
}

START_TEST(time_and_chance_are_the_schedules)
{
	struct seen seen[2] = { 0 };

	for (int i = 0; i < 2; i++) {
		struct world w = schedule_world(NULL);
		struct pca_prog *prog = load(&w, BPF_PROG_TYPE_SYSCALL, look, NULL);
		struct pca_schedule *s;

		expect(pca_schedule_create(&s, w.machine), 0);
		expect(pca_schedule_add_run(s, "looker", prog, 0, &seen[i], 0), 0);
		expect(pca_schedule_run(s, NULL, NULL), 0);
		pca_schedule_destroy(s);
		pca_prog_put(prog);
		close_world(&w);
	}
	expect_bytes(&seen[0], &seen[1], sizeof(seen[0]));
	for (int i = 1; i < 4; i++) {
		ck_assert_uint_gt(seen[0].ns[i], seen[0].ns[i - 1]);
		ck_assert_uint_ne(seen[0].chances[i], seen[0].chances[i - 1]);
	}
}
END_TEST

/* ---- what an actor leaves for others ---- */

struct closed {
	struct pca_prog *softirq;
	uint32_t cpu;
	bool has_come, came_too_early, is_open;
};

static int come(void *ctx)
{
	struct closed *closed = ctx;

	closed->has_come = true;
	closed->came_too_early = !closed->is_open;
	return 0;
}

/* Disables interrupts around its points. */
static int close_cpu(void *ctx)
{
	struct closed *closed = ctx;
	unsigned long flags;

	pca_local_irq_save(&flags);
	pca_get_smp_processor_id();
	closed->is_open = true;
	pca_local_irq_restore(&flags);
	return closed->has_come;
}

static int leave_softirq(void *ctx)
{
	struct closed *closed = ctx;

	return pca_interrupt(closed->softirq, closed->cpu, PCA_CONTEXT_SOFTIRQ, closed, NULL);
}

START_TEST(what_an_nmi_leaves_waits_for_the_run_below)
{
	struct world w = schedule_world(NULL);
	struct closed closed = { .softirq = load(&w, BPF_PROG_TYPE_XDP, come, NULL), .cpu = 2 };
	struct pca_prog *below = load(&w, BPF_PROG_TYPE_SYSCALL, close_cpu, "below");
	struct pca_prog *nmi = load(&w, BPF_PROG_TYPE_PERF_EVENT, leave_softirq, "nmi");
	struct pca_schedule_opts opts = {
		.size = sizeof(opts),
		.policy = PCA_SCHEDULE_LIST,
		.switches = &(struct pca_switch){ 2, 1, true },
		.nr_switches = 1,
	};
	struct pca_schedule *s;

	expect(pca_schedule_create(&s, w.machine), 0);
	expect(pca_schedule_add_run(s, NULL, below, 2, &closed, 0), 0);
	expect(pca_schedule_add_run(s, NULL, nmi, 2, &closed, 0), 1);
	expect(pca_schedule_run(s, &opts, NULL), 0);
	expect(pca_schedule_actor_retval(s, 1), -EINPROGRESS);
	expect(pca_schedule_actor_retval(s, 0), 1);
	expect(closed.came_too_early, 0);
	pca_schedule_destroy(s);
	pca_prog_put(nmi);
	pca_prog_put(below);
	pca_prog_put(closed.softirq);
	close_world(&w);
}
END_TEST

/* ---- what may not be ---- */

static void try_to_wait(void *arg)
{
	struct pca_prog *prog = arg;

	expect(pca_run_on(prog, 0, NULL, NULL), -EDEADLK);
	expect(pca_interrupt(prog, 0, PCA_CONTEXT_SOFTIRQ, NULL, NULL), -EDEADLK);
}

START_TEST(an_actor_may_not_wait)
{
	struct world w = schedule_world(NULL);
	struct pca_prog *prog = load(&w, BPF_PROG_TYPE_SYSCALL, increment, NULL);
	struct pca_schedule *s;

	expect(pca_schedule_create(&s, w.machine), 0);
	expect(pca_schedule_add_task(s, "waiter", try_to_wait, prog), 0);
	expect(pca_schedule_run(s, NULL, NULL), 0);
	pca_schedule_destroy(s);
	pca_prog_put(prog);
	close_world(&w);
}
END_TEST

/* A task that acts by the shapes of libbpf, which are the thread's own matter. */
struct acting {
	struct pca_task *task;
	int fd;
	bool is_itself;
};

static void act(void *arg)
{
	struct acting *acting = arg;
	uint64_t values[2];

	pca_set_current_task(acting->task);
	expect(pca_map_lookup(acting->task, acting->fd, &(uint32_t){ 0 }, values, sizeof(values),
			      0),
	       0);
	acting->is_itself = pca_current_task() == acting->task;
}

START_TEST(each_actor_has_its_own_current_task)
{
	struct world w = schedule_world(NULL);
	struct acting acting[2] = { { .task = w.task } };
	struct pca_schedule_opts opts = {
		.size = sizeof(opts),
		.policy = PCA_SCHEDULE_LIST,
		.switches = (struct pca_switch[]){ { 1, 1, true }, { 2, 0, true } },
		.nr_switches = 2,
	};
	struct pca_schedule *s;

	expect(pca_task_create(&acting[1].task, w.machine, NULL), 0);
	pca_set_current_task(NULL);
	expect(pca_schedule_create(&s, w.machine), 0);
	for (int i = 0; i < 2; i++) {
		acting[i].fd = percpu_map(&(struct world){ w.machine, acting[i].task }, 8, 1);
		expect(pca_schedule_add_task(s, i ? "b" : "a", act, &acting[i]), i);
	}
	expect(pca_schedule_run(s, &opts, NULL), 0);
	ck_assert(acting[0].is_itself && acting[1].is_itself);
	ck_assert_ptr_ne(pca_current_task(), acting[0].task);
	ck_assert_ptr_ne(pca_current_task(), acting[1].task);
	pca_schedule_destroy(s);
	close_world(&w);
}
END_TEST

START_TEST(bad_actors_are_refused)
{
	struct world w = schedule_world(NULL);
	struct pca_prog *prog = load(&w, BPF_PROG_TYPE_SYSCALL, increment, "count");
	struct pca_schedule *s;

	messages_catch();
	expect(pca_schedule_create(&s, w.machine), 0);
	expect(pca_schedule_add_run(s, "a b", prog, 2, NULL, 0), -EINVAL);
	expect_message("\"a b\" is no name of an actor");
	expect(pca_schedule_add_run(s, "", prog, 2, NULL, 0), -EINVAL);
	expect(pca_schedule_add_run(s, "a", prog, 1, NULL, 0), -EINVAL);
	expect(pca_schedule_add_task(s, NULL, try_to_wait, NULL), -EINVAL);
	expect(pca_schedule_add_interrupt(s, "a", prog, 2, PCA_NR_CONTEXTS, NULL, 0), -EINVAL);
	expect(pca_schedule_add_run(s, "a", prog, 2, NULL, 0), 0);
	expect(pca_schedule_add_run(s, "a", prog, 2, NULL, 0), -EEXIST);
	for (int i = 1; i < PCA_MAX_ACTORS; i++)
		expect(pca_schedule_add_run(s, NULL, prog, 2, NULL, 0), i);
	expect(pca_schedule_add_run(s, NULL, prog, 2, NULL, 0), -E2BIG);
	expect(pca_cpu_set_online(w.machine, 2, false), 0);
	messages_clear();
	expect(pca_schedule_run(s, NULL, NULL), -ENXIO);
	expect_message("CPU 2 of actor a is offline");
	pca_schedule_destroy(s);
	pca_prog_put(prog);
	close_world(&w);
}
END_TEST

START_TEST(a_machine_without_contexts_is_refused)
{
	struct world w = world_open("0", PCA_DIRECT);
	struct pca_schedule *s;

	messages_catch();
	expect(pca_schedule_create(&s, w.machine), -EOPNOTSUPP);
	expect_message("run_mode PCA_INLINE and has_contexts");
	pca_schedule_destroy(NULL);
	world_close(&w);
}
END_TEST

static Suite *schedule_suite(void)
{
	Suite *suite = suite_create("schedule");
	TCase *tc = add_case(suite, "schedule");

	tcase_add_test(tc, in_order_each_ends_before_the_next_begins);
	tcase_add_test(tc, two_runs_in_task_context_lose_updates_where_they_are_preempted);
	tcase_add_test(tc, recursion_skips_what_would_nest);
	tcase_add_test(tc, updates_are_lost_to_what_may_come_in);
	tcase_add_test(tc, the_cure_holds);
	tcase_add_test(tc, who_waits_for_ever_is_stopped);
	tcase_add_test(tc, a_seed_and_a_list_give_the_same_again);
	tcase_add_test(tc, a_list_that_cannot_be_followed_is_told);
	tcase_add_test(tc, a_cpu_that_lets_nobody_in_is_told);
	tcase_add_test(tc, time_and_chance_are_the_schedules);
	tcase_add_test(tc, what_an_nmi_leaves_waits_for_the_run_below);
	tcase_add_test(tc, an_actor_may_not_wait);
	tcase_add_test(tc, each_actor_has_its_own_current_task);
	tcase_add_test(tc, bad_actors_are_refused);
	tcase_add_test(tc, a_machine_without_contexts_is_refused);
	return suite;
}

TEST_MAIN(schedule_suite)
