// SPDX-License-Identifier: MIT
/*
 * Tests of the reader, one for each mistake that it once had: with Check, on machines
 * that the developer does not have.
 */
#include <errno.h>
#include <stdio.h>

#include <pcasim/check.h>
#include <pcasim/pcasim.h>

#include "stats.h"

#define ICMP 1
#define PIN "/sys/fs/bpf/stats"

static struct pca_machine *machine;
static struct pca_task *task;
static struct pca_map_ref *map;
static int fd;

/* ---- a machine, and a program that counts on it ---- */

static void boot(const char *possible, const char *release)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = possible,
		.release = release,
		.run_mode = PCA_INLINE,
	};

	pca_ck_bpf_ok(pca_machine_create(&machine, &opts));
	pca_ck_bpf_ok(pca_task_create(&task, machine, NULL));
	pca_set_current_task(task); /* libbpf's functions act for it */
	fd = pca_ck_bpf_ok(stats_create());
	pca_ck_bpf_ok(pca_map_get(task, fd, &map));
}

static void shut_down(void)
{
	pca_map_put(map);
	pca_set_current_task(NULL);
	pca_task_destroy(task); /* and its fds */
	pca_machine_destroy(machine);
}

/* A packet of as many kilobytes as ctx says, of protocol ICMP. */
static int count_packet(void *ctx)
{
	const __u32 protocol = ICMP;
	struct traffic *mine = pca_map_lookup_elem(map, &protocol);

	if (!mine)
		return -1;
	mine->packets++;
	mine->kilobytes += *(const __u32 *)ctx;
	return 0;
}

static struct pca_prog *load(pca_prog_fn fn, const struct pca_map_use *use)
{
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_XDP,
		.fn = fn,
		.uses = use,
		.nr_uses = use ? 1 : 0,
	};
	struct pca_prog *prog;

	pca_ck_bpf_ok(pca_prog_get(task, pca_ck_bpf_ok(pca_prog_load(task, &opts)), &prog));
	return prog;
}

/* Packets of so many kilobytes arrive on these CPUs. */
static void receive(const uint32_t *cpus, const __u32 *kilobytes, size_t nr)
{
	struct pca_prog *prog = load(count_packet, NULL);

	for (size_t i = 0; i < nr; i++)
		pca_ck_bpf_ok(pca_run_on(prog, cpus[i], (void *)&kilobytes[i], NULL));
	pca_prog_put(prog);
}

static void receive_one_on_each_cpu(void)
{
	struct pca_prog *prog = load(count_packet, NULL);

	pca_run_on_each_cpu(prog, &(__u32){ 1 }, NULL);
	pca_prog_put(prog);
}

/* ---- the tests ---- */

START_TEST(a_lookup_has_room_for_all_cpus)
{
	struct traffic sum;

	boot("0-3", NULL);
	receive_one_on_each_cpu();
	pca_ck_bpf_ok(stats_sum(fd, ICMP, &sum));
	ck_assert_uint_eq(sum.packets, 4);
	ck_assert_uint_eq(sum.kilobytes, 4);
	shut_down();
}
END_TEST

START_TEST(cpus_that_are_offline_count_too)
{
	const uint32_t cpus[] = { 1, 6, 6 };
	const __u32 kilobytes[] = { 1, 1, 1 };
	int busiest = -1;

	boot("0-7", NULL);
	receive(cpus, kilobytes, 3);
	for (uint32_t cpu = 4; cpu < 8; cpu++)
		pca_ck_bpf_ok(pca_cpu_set_online(machine, cpu, false));
	pca_ck_bpf_ok(stats_busiest_cpu(fd, ICMP, &busiest));
	ck_assert_int_eq(busiest, 6);
	shut_down();
}
END_TEST

START_TEST(slots_are_longer_than_values)
{
	const uint32_t cpus[] = { 1 };
	const __u32 kilobytes[] = { 9 };
	struct traffic traffic;

	boot("0-3", NULL);
	receive(cpus, kilobytes, 1);
	pca_ck_bpf_ok(stats_of_cpu(fd, ICMP, 1, &traffic));
	ck_assert_uint_eq(traffic.packets, 1);
	ck_assert_uint_eq(traffic.kilobytes, 9);
	shut_down();
}
END_TEST

START_TEST(ids_of_cpus_are_no_indices)
{
	const uint32_t cpus[] = { 7 };
	const __u32 kilobytes[] = { 9 };
	struct traffic traffic;

	boot("0,2-3,7", NULL);
	receive(cpus, kilobytes, 1);
	pca_ck_bpf_ok(stats_of_cpu(fd, ICMP, 7, &traffic));
	ck_assert_uint_eq(traffic.packets, 1);
	pca_ck_bpf_err(stats_of_cpu(fd, ICMP, 5, &traffic), EINVAL);
	shut_down();
}
END_TEST

START_TEST(the_end_of_the_map_is_no_failure)
{
	struct traffic sums[NR_PROTOCOLS];

	boot("0-3", NULL);
	receive_one_on_each_cpu();
	pca_ck_bpf_ok(stats_sum_all(fd, sums));
	ck_assert_uint_eq(sums[ICMP].packets, 4);
	ck_assert_uint_eq(sums[ICMP + 1].packets, 0);
	shut_down();
}
END_TEST

static const char *const releases[] = { "5.10", "6.1", "6.12", "6.18", "7.2" };
#define NR_RELEASES ((int)(sizeof(releases) / sizeof(releases[0])))

/* On each of them. */
START_TEST(every_release_can_be_read)
{
	struct traffic sums[NR_PROTOCOLS];

	boot("0-3", releases[_i]);
	receive_one_on_each_cpu();
	pca_ck_bpf_ok(stats_sum_all(fd, sums));
	ck_assert_uint_eq(sums[ICMP].packets, 4);
	shut_down();
}
END_TEST

START_TEST(a_pinned_map_can_be_cleared)
{
	boot("0-3", NULL);
	receive_one_on_each_cpu();
	pca_ck_bpf_ok(pca_bpf(task, BPF_OBJ_PIN,
			      &(union bpf_attr){ .pathname = (uintptr_t)PIN, .bpf_fd = (__u32)fd },
			      12));
	fd = pca_ck_bpf_ok(stats_open(PIN));
	pca_ck_bpf_ok(stats_clear_cpu(fd, ICMP, 2));
	shut_down();
}
END_TEST

static void receive_more(void *arg)
{
	const uint32_t cpus[] = { 0 };
	const __u32 kilobytes[] = { 1 };

	(void)arg;
	receive(cpus, kilobytes, 1);
}

/* A packet arrives on another CPU just before the update. */
START_TEST(clearing_one_cpu_loses_nothing_of_others)
{
	const struct pca_fault_opts packet = {
		.cmd = BPF_MAP_UPDATE_ELEM,
		.fn = receive_more,
	};

	boot("0-3", NULL);
	receive_one_on_each_cpu();
	pca_ck_bpf_ok(pca_fault_add(task, &packet));
	pca_ck_bpf_ok(stats_clear_cpu(fd, ICMP, 2));
	ck_assert_uint_eq(pca_faults_pending(task), 0);
	pca_ck_value_eq(map, 2, ICMP, struct traffic, { 0, 0, 0 });
	pca_ck_member_sum_eq(map, ICMP, struct traffic, packets, 4);
	shut_down();
}
END_TEST

static int read_config(void *ctx)
{
	(void)ctx;
	return 0;
}

static char warning[200];

static void keep_warning(void *arg, enum pca_message_level level, const char *text)
{
	(void)arg;
	if (level == PCA_MESSAGE_WARNING)
		snprintf(warning, sizeof(warning), "%s", text);
}

START_TEST(constants_are_frozen_before_programs_are_loaded)
{
	const struct config config = { .sample_every = 10 };
	struct pca_map_use use = { .helper = BPF_FUNC_map_lookup_elem, .access = PCA_READ };

	boot("0-3", NULL);
	use.map_fd = pca_ck_bpf_ok(config_create(&config));
	pca_set_message_fn(keep_warning, NULL);
	pca_prog_put(load(read_config, &use));
	pca_set_message_fn(NULL, NULL);
	ck_assert_msg(!*warning, "%s", warning);
	shut_down();
}
END_TEST

START_TEST(histograms_may_have_many_buckets)
{
	boot("0-3", NULL);
	pca_ck_bpf_ok(histogram_create(10000));
	shut_down();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stats");
	TCase *tc = tcase_create("stats");
	SRunner *runner;
	int nr_failed;

	tcase_add_test(tc, a_lookup_has_room_for_all_cpus);
	tcase_add_test(tc, cpus_that_are_offline_count_too);
	tcase_add_test(tc, slots_are_longer_than_values);
	tcase_add_test(tc, ids_of_cpus_are_no_indices);
	tcase_add_test(tc, the_end_of_the_map_is_no_failure);
	tcase_add_loop_test(tc, every_release_can_be_read, 0, NR_RELEASES);
	tcase_add_test(tc, a_pinned_map_can_be_cleared);
	tcase_add_test(tc, clearing_one_cpu_loses_nothing_of_others);
	tcase_add_test(tc, constants_are_frozen_before_programs_are_loaded);
	tcase_add_test(tc, histograms_may_have_many_buckets);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	nr_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return nr_failed != 0;
}
