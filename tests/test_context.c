// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * Contexts: which program comes into which, whom Linux skips, what programs disable.
 * Programs let interrupts come in themselves, so that nothing depends on time.
 */
#include "support.h"

static const enum pca_run_mode modes[] = { PCA_WORKERS, PCA_INLINE };

static struct world nesting_world(enum pca_run_mode mode, const char *release)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0,2",
		.run_mode = mode,
		.has_contexts = true,
		.release = release,
		.most_steps = 100000,
	};

	return world_open_with(&opts, NULL);
}

static struct pca_prog *load(const struct world *w, uint32_t type, pca_prog_fn fn)
{
	struct pca_prog_load_opts opts = { .size = sizeof(opts), .type = type, .fn = fn };
	int fd = expect_fd(pca_prog_load(w->task, &opts));
	struct pca_prog *prog;

	expect(pca_prog_get(w->task, fd, &prog), 0);
	expect(pca_close(w->task, fd), 0);
	return prog;
}

/* What the tests' programs do, in the order in which it happened. */
struct log {
	char text[64];
};

static void note(struct log *log, const char *what)
{
	strncat(log->text, what, sizeof(log->text) - strlen(log->text) - 1);
}

/* An interrupt that a program lets in on its own CPU. */
struct coming {
	struct pca_prog *prog;
	uint32_t cpu;
	enum pca_context context;
	bool irqs_off;
	struct log log;
	int err, retval;
};

static int note_interrupt(void *ctx)
{
	struct coming *coming = ctx;

	note(&coming->log, "i");
	return 7;
}

static int let_in(void *ctx)
{
	struct coming *coming = ctx;
	unsigned long flags = 0;

	note(&coming->log, "a");
	if (coming->irqs_off)
		pca_local_irq_save(&flags);
	coming->err =
		pca_interrupt(coming->prog, coming->cpu, coming->context, coming, &coming->retval);
	note(&coming->log, "b");
	if (coming->irqs_off)
		pca_local_irq_restore(&flags);
	note(&coming->log, "c");
	return 1;
}

struct row {
	uint32_t type; /* of the program below */
	enum pca_context context;
	bool irqs_off;
	const char *order;
	int err;
};

/* a: begins; b: after asking; c: after enabling interrupts again; i: the interrupt. */
static const struct row rows[] = {
	{ BPF_PROG_TYPE_SYSCALL, PCA_CONTEXT_SOFTIRQ, false, "aibc", 0 },
	{ BPF_PROG_TYPE_SYSCALL, PCA_CONTEXT_HARDIRQ, false, "aibc", 0 },
	{ BPF_PROG_TYPE_SYSCALL, PCA_CONTEXT_NMI, false, "aibc", 0 },
	{ BPF_PROG_TYPE_SYSCALL, PCA_CONTEXT_SOFTIRQ, true, "abic", -EINPROGRESS },
	{ BPF_PROG_TYPE_SYSCALL, PCA_CONTEXT_HARDIRQ, true, "abic", -EINPROGRESS },
	{ BPF_PROG_TYPE_SYSCALL, PCA_CONTEXT_NMI, true, "aibc", 0 },
	{ BPF_PROG_TYPE_XDP, PCA_CONTEXT_SOFTIRQ, false, "abci", -EINPROGRESS },
	{ BPF_PROG_TYPE_XDP, PCA_CONTEXT_HARDIRQ, false, "aibc", 0 },
	{ BPF_PROG_TYPE_PERF_EVENT, PCA_CONTEXT_HARDIRQ, false, "abci", -EINPROGRESS },
	{ BPF_PROG_TYPE_PERF_EVENT, PCA_CONTEXT_NMI, false, "abci", -EINPROGRESS },
};

START_TEST(a_higher_context_comes_in_and_others_wait)
{
	for (size_t i = 0; i < ARRAY_LEN(rows) * 2; i++) {
		const struct row *r = &rows[i / 2];
		struct world w = nesting_world(modes[i % 2], NULL);
		struct pca_prog *below = load(&w, r->type, let_in);
		struct coming coming = {
			.prog = load(&w, BPF_PROG_TYPE_XDP, note_interrupt),
			.cpu = 2,
			.context = r->context,
			.irqs_off = r->irqs_off,
		};
		int retval;

		row("type %u, %s, irqs_off %d, mode %d", r->type, pca_context_name(r->context),
		    r->irqs_off, (int)modes[i % 2]);
		expect(pca_run_on(below, 2, &coming, &retval), 0);
		expect(retval, 1);
		expect(coming.err, r->err);
		if (!r->err)
			expect(coming.retval, 7);
		if (strcmp(coming.log.text, r->order))
			ck_abort_msg("got %s, expected %s", coming.log.text, r->order);
		pca_prog_put(coming.prog);
		pca_prog_put(below);
		world_close(&w);
	}
}
END_TEST

START_TEST(an_idle_cpu_just_runs_it)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = nesting_world(modes[m], NULL);
		struct coming coming = { .log.text = "" };
		struct pca_prog *prog = load(&w, BPF_PROG_TYPE_XDP, note_interrupt);
		int retval = 0;

		expect(pca_interrupt(prog, 2, PCA_CONTEXT_HARDIRQ, &coming, &retval), 0);
		expect(retval, 7);
		ck_assert_str_eq(coming.log.text, "i");
		expect(pca_cpu_set_online(w.machine, 2, false), 0);
		expect(pca_interrupt(prog, 2, PCA_CONTEXT_HARDIRQ, &coming, &retval), -ENXIO);
		expect(pca_interrupt(prog, 1, PCA_CONTEXT_HARDIRQ, &coming, &retval), -EINVAL);
		expect(pca_interrupt(prog, 0, PCA_CONTEXT_TASK, &coming, &retval), -EINVAL);
		expect(pca_interrupt(prog, 0, PCA_NR_CONTEXTS, &coming, &retval), -EINVAL);
		ck_assert_str_eq(coming.log.text, "i");
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

START_TEST(from_a_run_on_another_cpu_it_is_a_deadlock)
{
	struct world w = nesting_world(PCA_WORKERS, NULL);
	struct pca_prog *below = load(&w, BPF_PROG_TYPE_SYSCALL, let_in);
	struct coming coming = {
		.prog = load(&w, BPF_PROG_TYPE_XDP, note_interrupt),
		.cpu = 0,
		.context = PCA_CONTEXT_SOFTIRQ,
	};

	expect(pca_run_on(below, 2, &coming, NULL), 0);
	expect(coming.err, -EDEADLK);
	pca_prog_put(coming.prog);
	pca_prog_put(below);
	world_close(&w);
}
END_TEST

START_TEST(without_contexts_nothing_nests)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	struct pca_prog *prog = load(&w, BPF_PROG_TYPE_XDP, note_interrupt);

	messages_catch();
	expect(pca_interrupt(prog, 0, PCA_CONTEXT_SOFTIRQ, NULL, NULL), -EOPNOTSUPP);
	expect_message("create it with has_contexts");
	pca_prog_put(prog);
	world_close(&w);
}
END_TEST

/* ---- what has to wait ---- */

struct crowd {
	struct pca_prog *prog;
	uint32_t cpu, nr_posted;
	uint32_t nr_came;
};

static int count_coming(void *ctx)
{
	struct crowd *crowd = ctx;

	crowd->nr_came++;
	return 0;
}

/* Posts what is lower than itself, and may come in when it ends. */
static int post_many(void *ctx)
{
	struct crowd *crowd = ctx;
	int nr_waiting = 0;

	for (uint32_t i = 0; i < crowd->nr_posted; i++)
		nr_waiting += pca_interrupt(crowd->prog, crowd->cpu, PCA_CONTEXT_SOFTIRQ, crowd,
					    NULL) == -EINPROGRESS;
	return nr_waiting;
}

START_TEST(many_that_wait_come_one_after_the_other)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = nesting_world(modes[m], NULL);
		struct crowd crowd = {
			.prog = load(&w, BPF_PROG_TYPE_XDP, count_coming),
			.cpu = 2,
			.nr_posted = 10000,
		};
		struct pca_prog *poster = load(&w, BPF_PROG_TYPE_PERF_EVENT, post_many);
		int retval;

		row("mode %d", (int)modes[m]);
		expect(pca_run_on(poster, 2, &crowd, &retval), 0);
		expect(retval, crowd.nr_posted);
		expect(crowd.nr_came, crowd.nr_posted);
		pca_prog_put(poster);
		pca_prog_put(crowd.prog);
		world_close(&w);
	}
}
END_TEST

/* An NMI that leaves work for a softirq, which may come in as soon as the NMI is over. */
static int post_one(void *ctx)
{
	struct crowd *crowd = ctx;

	crowd->nr_posted = 1;
	return post_many(ctx);
}

struct interrupted {
	struct crowd crowd;
	struct pca_prog *nmi;
};

static int be_interrupted(void *ctx)
{
	struct interrupted *i = ctx;

	if (pca_interrupt(i->nmi, i->crowd.cpu, PCA_CONTEXT_NMI, &i->crowd, NULL))
		return -1;
	return (int)i->crowd.nr_came;
}

START_TEST(what_an_nmi_left_comes_in_when_that_ends)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = nesting_world(modes[m], NULL);
		struct interrupted i = {
			.crowd = {
				.prog = load(&w, BPF_PROG_TYPE_XDP, count_coming),
				.cpu = 2,
			},
			.nmi = load(&w, BPF_PROG_TYPE_PERF_EVENT, post_one),
		};
		struct pca_prog *below = load(&w, BPF_PROG_TYPE_SYSCALL, be_interrupted);
		int retval;

		row("mode %d", (int)modes[m]);
		expect(pca_run_on(below, 2, &i, &retval), 0);
		expect(retval, 1);
		pca_prog_put(below);
		pca_prog_put(i.nmi);
		pca_prog_put(i.crowd.prog);
		world_close(&w);
	}
}
END_TEST

/* ---- whose task it is ---- */

static int tell_comm(void *ctx)
{
	return (int)pca_get_current_comm(ctx, 16);
}

/* BPF_PROG_TEST_RUN's caller is the task of its run, and of nothing that comes later. */
START_TEST(an_idle_cpu_has_its_idle_task)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = nesting_world(modes[m], NULL);
		struct pca_task_opts opts = { .size = sizeof(opts), .comm = "caller" };
		struct pca_prog_load_opts load_opts = {
			.size = sizeof(load_opts),
			.type = BPF_PROG_TYPE_SYSCALL,
			.fn = tell_comm,
		};
		struct pca_prog *prog = load(&w, BPF_PROG_TYPE_XDP, tell_comm);
		struct pca_task *task;
		union any_attr attr = { 0 };
		char comm[16] = "";

		row("mode %d", (int)modes[m]);
		expect(pca_task_create(&task, w.machine, &opts), 0);
		attr.bpf.test.prog_fd = (uint32_t)expect_fd(pca_prog_load(task, &load_opts));
		attr.bpf.test.ctx_in = (uintptr_t)comm;
		attr.bpf.test.ctx_size_in = sizeof(comm);
		expect(pca_bpf(task, BPF_PROG_TEST_RUN, &attr.bpf, ATTR_BYTES), 0);
		pca_task_destroy(task);
		expect(pca_interrupt(prog, 0, PCA_CONTEXT_SOFTIRQ, comm, NULL), 0);
		ck_assert_str_eq(comm, "swapper/0");
		pca_prog_put(prog);
		messages_catch(); /* of the fd that was open */
		world_close(&w);
	}
}
END_TEST

/* ---- recursion ---- */

struct nesting {
	uint32_t below, above; /* types */
	bool is_same;	       /* the program comes into itself */
	int err[NR_MEASURED];  /* of the interrupt, by release */
	int misses[NR_MEASURED];
};

#define ALL(x)                   \
	{                        \
		x, x, x, x, x, x \
	}

static const struct nesting nestings[] = {
	{ BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_KPROBE, false, ALL(-EBUSY), { 0, 0, 1, 1, 1, 1 } },
	{ BPF_PROG_TYPE_KPROBE,
	  BPF_PROG_TYPE_TRACEPOINT,
	  false,
	  ALL(-EBUSY),
	  { 0, 0, 1, 1, 1, 1 } },
	{ BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_PERF_EVENT, false, ALL(-EBUSY), ALL(0) },
	{ BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_XDP, false, ALL(0), ALL(0) },
	{ BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_KPROBE, false, ALL(0), ALL(0) },
	{ BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_XDP, false, ALL(0), ALL(0) },
	{ BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_CLS, true, ALL(0), ALL(0) },
	{ BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_RAW_TRACEPOINT, false, ALL(0), ALL(0) },
	{ BPF_PROG_TYPE_RAW_TRACEPOINT,
	  BPF_PROG_TYPE_RAW_TRACEPOINT,
	  true,
	  { 0, -EBUSY, -EBUSY, -EBUSY, -EBUSY, -EBUSY },
	  { 0, 1, 1, 1, 1, 1 } },
};

static int nest_once(void *ctx)
{
	struct coming *coming = ctx;
	struct pca_prog *above = coming->prog;

	note(&coming->log, "x");
	coming->prog = NULL; /* the one above does not go on */
	if (above)
		coming->err = pca_interrupt(above, 2, PCA_CONTEXT_NMI, coming, NULL);
	return 0;
}

START_TEST(linux_skips_what_it_does_not_let_nest)
{
	for (size_t i = 0; i < ARRAY_LEN(nestings) * NR_MEASURED; i++) {
		const struct nesting *n = &nestings[i / NR_MEASURED];
		size_t release = i % NR_MEASURED;
		struct world w = nesting_world(modes[i % 2], measured_releases[release]);
		struct pca_prog *below = load(&w, n->below, nest_once);
		struct pca_prog *above = n->is_same ? below : load(&w, n->above, nest_once);
		struct coming coming = { .prog = above };

		row("%u in %u, same %d, release %s", n->above, n->below, n->is_same,
		    measured_releases[release]);
		expect(pca_run_on(below, 2, &coming, NULL), 0);
		expect(coming.err, n->err[release]);
		ck_assert_str_eq(coming.log.text, n->err[release] ? "x" : "xx");
		expect(pca_prog_recursion_misses(above), n->misses[release]);
		/* Afterwards nothing is under way any more. */
		expect(pca_run_on(above, 2, &(struct coming){ .prog = NULL }, NULL), 0);
		if (above != below)
			pca_prog_put(above);
		pca_prog_put(below);
		world_close(&w);
	}
}
END_TEST

/* ---- per-CPU memory in nested runs ---- */

static struct pca_map_ref *scratch;

/* Fills a per-CPU buffer, lets an interrupt do the same, and counts what is not its own. */
static int use_scratch(void *ctx)
{
	struct coming *coming = ctx;
	struct pca_prog *above = coming->prog;
	uint64_t *buf = pca_map_lookup_elem(scratch, &(uint32_t){ 0 });
	uint64_t mine = above ? 1 : 2;
	int nr_foreign = 0;

	for (int i = 0; i < 4; i++)
		buf[i] = mine;
	coming->prog = NULL;
	if (above)
		pca_interrupt(above, 2, PCA_CONTEXT_HARDIRQ, coming, NULL);
	for (int i = 0; i < 4; i++)
		nr_foreign += buf[i] != mine;
	return nr_foreign;
}

START_TEST(a_nested_run_has_the_same_elements)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = nesting_world(modes[m], NULL);
		int fd = percpu_map(&w, 32, 1), retval = 0;
		struct pca_prog *below, *above;
		struct coming coming;

		expect(pca_map_get(w.task, fd, &scratch), 0);
		below = load(&w, BPF_PROG_TYPE_SCHED_CLS, use_scratch);
		above = load(&w, BPF_PROG_TYPE_XDP, use_scratch);
		coming = (struct coming){ .prog = above };
		expect(pca_run_on(below, 2, &coming, &retval), 0);
		expect(retval, 4);
		pca_map_put(scratch);
		pca_prog_put(above);
		pca_prog_put(below);
		world_close(&w);
	}
}
END_TEST

/* ---- what is not undone ---- */

static int leave_preemption_disabled(void *ctx)
{
	(void)ctx;
	pca_preempt_disable();
	pca_preempt_disable();
	pca_preempt_enable();
	return 0;
}

static int leave_irqs_disabled(void *ctx)
{
	unsigned long flags;

	(void)ctx;
	pca_local_irq_save(&flags);
	return 0;
}

static int enable_too_often(void *ctx)
{
	int *nr_after = ctx;

	pca_preempt_disable();
	pca_preempt_enable();
	pca_preempt_enable();
	++*nr_after;
	return 0;
}

static int balanced(void *ctx)
{
	unsigned long outer, inner;

	(void)ctx;
	pca_preempt_disable();
	pca_local_irq_save(&outer);
	pca_local_irq_save(&inner);
	pca_local_irq_restore(&inner);
	pca_local_irq_restore(&outer);
	pca_preempt_enable();
	return 3;
}

START_TEST(a_run_that_leaves_the_cpu_locked_is_told)
{
	static const struct {
		pca_prog_fn fn;
		int err;
		const char *text;
	} table[] = {
		{ leave_preemption_disabled, -EINVAL, "ends with preemption disabled" },
		{ leave_irqs_disabled, -EINVAL, "ends with interrupts disabled" },
		{ enable_too_often, -EINVAL, "enables preemption, which it had not disabled" },
		{ balanced, 0, "" },
	};

	messages_catch();
	for (size_t i = 0; i < ARRAY_LEN(table) * 2; i++) {
		struct world w = nesting_world(modes[i % 2], NULL);
		struct pca_prog *prog = load(&w, BPF_PROG_TYPE_SYSCALL, table[i / 2].fn);
		int nr_after = 0, retval = 3;

		row("%zu, mode %d", i / 2, (int)modes[i % 2]);
		messages_clear();
		expect(pca_run_on(prog, 0, &nr_after, &retval), table[i / 2].err);
		expect_message(table[i / 2].text);
		expect(retval, 3);
		expect(nr_after, 0);
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

/* Nobody comes in there, so nothing is kept out. */
START_TEST(without_frames_disabling_does_nothing)
{
	struct world w = world_open("0", PCA_DIRECT);
	struct pca_prog *prog = load(&w, BPF_PROG_TYPE_SYSCALL, leave_irqs_disabled);

	expect(pca_run_on(prog, 0, NULL, NULL), 0);
	pca_prog_put(prog);
	world_close(&w);
}
END_TEST

static int call_endlessly(void *ctx)
{
	uint64_t *nr_calls = ctx; /* by CPU */
	uint32_t cpu;

	do
		cpu = pca_get_smp_processor_id();
	while (++nr_calls[cpu] < UINT64_MAX);
	return 0;
}

START_TEST(an_endless_program_is_stopped)
{
	struct world w = nesting_world(PCA_WORKERS, NULL);
	struct pca_prog *prog = load(&w, BPF_PROG_TYPE_SYSCALL, call_endlessly);
	struct pca_prog *other = load(&w, BPF_PROG_TYPE_SYSCALL, balanced);
	uint64_t nr_calls[3] = { 0 };
	int retvals[2];

	messages_catch();
	expect(pca_run_on(prog, 2, nr_calls, NULL), -E2BIG);
	expect_message("on CPU 2 was stopped after 100000 steps");
	ck_assert_uint_gt(nr_calls[2], 1000);
	expect(pca_run_on(other, 2, NULL, &retvals[0]), 0);
	expect(pca_run_on_each_cpu(prog, nr_calls, retvals), -E2BIG);
	expect(retvals[0], -E2BIG);
	expect(retvals[1], -E2BIG);
	expect(pca_run_on(other, 2, NULL, &retvals[0]), 0);
	pca_prog_put(other);
	pca_prog_put(prog);
	world_close(&w);
}
END_TEST

static Suite *context_suite(void)
{
	Suite *suite = suite_create("context");
	TCase *tc = add_case(suite, "context");

	tcase_add_test(tc, a_higher_context_comes_in_and_others_wait);
	tcase_add_test(tc, an_idle_cpu_just_runs_it);
	tcase_add_test(tc, from_a_run_on_another_cpu_it_is_a_deadlock);
	tcase_add_test(tc, without_contexts_nothing_nests);
	tcase_add_test(tc, many_that_wait_come_one_after_the_other);
	tcase_add_test(tc, what_an_nmi_left_comes_in_when_that_ends);
	tcase_add_test(tc, an_idle_cpu_has_its_idle_task);
	tcase_add_test(tc, linux_skips_what_it_does_not_let_nest);
	tcase_add_test(tc, a_nested_run_has_the_same_elements);
	tcase_add_test(tc, a_run_that_leaves_the_cpu_locked_is_told);
	tcase_add_test(tc, without_frames_disabling_does_nothing);
	tcase_add_test(tc, an_endless_program_is_stopped);
	return suite;
}

TEST_MAIN(context_suite)
