// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * The recorder of timelines: order, what is kept when there is no more room, and tasks
 * that give commands on several threads. The format itself: timeline.sh.
 */
#include "cli/timeline.h"
#include "support.h"

static struct pca_map_ref *map;

static int look_up_often(void *ctx)
{
	for (int i = 0; i < *(int *)ctx; i++) {
		const uint32_t key = (uint32_t)i % 3;
		uint64_t *value = pca_map_lookup_elem(map, &key);

		if (!value)
			return -1;
		__atomic_fetch_add(value, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

static struct pca_prog *load(const struct world *w)
{
	struct pca_prog_load_opts opts = { .type = BPF_PROG_TYPE_XDP, .fn = look_up_often };
	int fd = expect_fd(pca_prog_load(w->task, &opts));
	struct pca_prog *prog;

	expect(pca_prog_get(w->task, fd, &prog), 0);
	expect(pca_close(w->task, fd), 0);
	return prog;
}

static uint64_t count_of(const struct timeline *timeline, enum pca_event_kind kind)
{
	uint64_t n = 0;

	for (size_t i = 0; i < timeline->nr; i++)
		n += timeline->events[i].kind == kind;
	expect(timeline_count(timeline, kind), n);
	return n;
}

START_TEST(events_are_sorted_by_beginning)
{
	struct world w = world_open("0-3", PCA_DIRECT);
	int fd = percpu_map(&w, 8, 3), lookups = 20;
	struct pca_prog *prog = load(&w);
	struct timeline *timeline;

	expect(pca_map_get(w.task, fd, &map), 0);
	timeline = timeline_record(w.machine, 10000);
	ck_assert_ptr_nonnull(timeline);
	for (int i = 0; i < 10; i++)
		expect(pca_run_on_each_cpu(prog, &lookups, NULL), 4);
	timeline_stop(timeline);
	expect(pca_run_on_each_cpu(prog, &lookups, NULL), 4); /* no longer recorded */
	expect(count_of(timeline, PCA_EVENT_RUN_END), 40);
	expect(count_of(timeline, PCA_EVENT_HELPER), 800);
	expect(count_of(timeline, PCA_EVENT_SWITCH), 80);
	expect(timeline->nr, 920);
	expect(timeline->nr_dropped, 0);
	for (size_t i = 1; i < timeline->nr; i++)
		ck_assert(timeline->events[i - 1].ns <= timeline->events[i].ns);
	timeline_free(timeline);
	pca_map_put(map);
	pca_prog_put(prog);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* What timeline_write() gives, to be freed. */
static char *written(const struct timeline *timeline)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	expect(timeline_write(timeline, out), 0);
	fclose(out);
	return text;
}

/* Helper calls leave a quarter to what holds them; the rest is counted. */
START_TEST(helper_calls_do_not_crowd_out_runs)
{
	struct pca_machine_opts opts = { .possible = "0", .run_mode = PCA_INLINE };
	struct world w = world_open_with(&opts, NULL);
	int fd = percpu_map(&w, 8, 3), lookups = 100;
	struct pca_prog *prog = load(&w);
	struct timeline *timeline;
	char *text;

	expect(pca_map_get(w.task, fd, &map), 0);
	timeline = timeline_record(w.machine, 40);
	ck_assert_ptr_nonnull(timeline);
	expect(pca_run_on(prog, 0, &lookups, NULL), 0);
	expect(count_of(timeline, PCA_EVENT_HELPER), 29); /* a switch came first */
	expect(count_of(timeline, PCA_EVENT_RUN_END), 1);
	expect(count_of(timeline, PCA_EVENT_SWITCH), 2);
	expect(timeline->nr_dropped, 71);
	lookups = 0;
	for (int i = 0; i < 3; i++)
		expect(pca_run_on(prog, 0, &lookups, NULL), 0);
	expect(timeline->nr, 40);
	expect(timeline->nr_dropped, 72); /* 9 events, room for 8 */
	timeline_stop(timeline);
	text = written(timeline);
	ck_assert_ptr_nonnull(strstr(text, "from here on events are missing"));
	ck_assert_ptr_nonnull(strstr(text, "\"dropped\": 72"));
	free(text);
	timeline_free(timeline);
	pca_map_put(map);
	pca_prog_put(prog);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

static void *freeze_nothing(void *task)
{
	expect(cmd_freeze(task, -1), -EBADF);
	return NULL;
}

START_TEST(a_task_has_a_track_for_each_of_its_threads)
{
	struct pca_task_opts named = { .comm = "two \"threads\"" };
	struct world w = world_open_with(NULL, &named);
	struct timeline *timeline = timeline_record(w.machine, 100);
	pthread_t thread;
	char *text;

	ck_assert_ptr_nonnull(timeline);
	freeze_nothing(w.task);
	expect(pthread_create(&thread, NULL, freeze_nothing, w.task), 0);
	expect(pthread_join(thread, NULL), 0);
	timeline_stop(timeline);
	expect(timeline->nr, 2);
	text = written(timeline);
	ck_assert_ptr_nonnull(strstr(text, "{\"name\": \"task two \\\"threads\\\"\"}"));
	ck_assert_ptr_nonnull(strstr(text, "{\"name\": \"task two \\\"threads\\\", thread "));
	ck_assert_ptr_nonnull(strstr(text, "\"errno\": \"EBADF\""));
	free(text);
	timeline_free(timeline);
	world_close(&w);
}
END_TEST

START_TEST(an_empty_timeline_can_be_written)
{
	struct world w = world_open("0-1", PCA_DIRECT);
	struct timeline *timeline = timeline_record(w.machine, 0);
	char *text;

	ck_assert_ptr_nonnull(timeline);
	timeline_stop(timeline);
	text = written(timeline);
	ck_assert_ptr_nonnull(strstr(text, "\"name\": \"CPU 1\""));
	ck_assert_ptr_nonnull(strstr(text, "\"runs\": 0"));
	free(text);
	timeline_free(timeline);
	world_close(&w);
}
END_TEST

static Suite *timeline_suite(void)
{
	Suite *suite = suite_create("timeline");
	TCase *tc = add_case(suite, "timeline");

	tcase_add_test(tc, events_are_sorted_by_beginning);
	tcase_add_test(tc, helper_calls_do_not_crowd_out_runs);
	tcase_add_test(tc, a_task_has_a_track_for_each_of_its_threads);
	tcase_add_test(tc, an_empty_timeline_can_be_written);
	return suite;
}

TEST_MAIN(timeline_suite)
