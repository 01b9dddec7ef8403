// SPDX-License-Identifier: MIT
/*
 * Tests of packets.bpf.c with Check: the program runs on simulated CPUs.
 */
#include <string.h>

#include <pcasim/check.h>
#include <pcasim/pcasim.h>

#include "packets.h"

#define ICMP 1
#define UDP 17

/* The program's map, which is a variable of the test: natively nothing opens definitions. */
struct pca_map_ref *counts;

int count_packet(struct pca_packet *ctx);

static struct pca_machine *machine;
static struct pca_task *task;
static struct pca_prog *prog;
static int prog_fd;

/* A program is loaded as a function of void *. */
static int run_count_packet(void *ctx)
{
	return count_packet(ctx);
}

/* What a loader would do: the map, then the program, which says how it uses the map. */
static void boot(void)
{
	struct pca_machine_opts four_cpus = { .size = sizeof(four_cpus), .possible = "0-3" };
	struct pca_map_use use = {
		.helper = BPF_FUNC_map_lookup_elem,
		.access = PCA_READ | PCA_WRITE,
	};
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_XDP,
		.name = "count_packet",
		.fn = run_count_packet,
		.uses = &use,
		.nr_uses = 1,
	};

	pca_ck_bpf_ok(pca_machine_create(&machine, &four_cpus));
	pca_ck_bpf_ok(pca_task_create(&task, machine, NULL));
	use.map_fd = pca_ck_bpf_ok(pca_map_create(task, BPF_MAP_TYPE_PERCPU_ARRAY,
						  sizeof(struct traffic), NR_PROTOCOLS, 0));
	pca_ck_bpf_ok(pca_map_get(task, use.map_fd, &counts));
	prog_fd = pca_ck_bpf_ok(pca_prog_load(task, &opts));
	pca_ck_bpf_ok(pca_prog_get(task, prog_fd, &prog));
}

static void shut_down(void)
{
	pca_prog_put(prog);
	pca_map_put(counts);
	pca_task_destroy(task); /* and its fds */
	pca_machine_destroy(machine);
}

/* A packet of so many bytes, at least 34. */
static struct pca_packet make_packet(unsigned char *bytes, size_t nr, unsigned char protocol)
{
	memset(bytes, 0, nr);
	bytes[12] = 0x08; /* IPv4 */
	bytes[14 + 9] = protocol;
	return (struct pca_packet){ bytes, bytes + nr };
}

/* As if the packet came in on that CPU. */
START_TEST(packets_are_counted_on_their_cpu)
{
	unsigned char bytes[100];
	struct pca_packet packet = make_packet(bytes, sizeof(bytes), UDP);
	int retval;

	boot();
	pca_ck_bpf_ok(pca_run_on(prog, 2, &packet, &retval));
	ck_assert_int_eq(retval, XDP_PASS);
	pca_ck_bpf_ok(pca_run_on_each_cpu(prog, &packet, NULL));
	pca_ck_value_eq(counts, 2, UDP, struct traffic, { .packets = 2, .bytes = 200 });
	pca_ck_value_eq(counts, 3, UDP, struct traffic, { .packets = 1, .bytes = 100 });
	pca_ck_member_sum_eq(counts, ICMP, struct traffic, packets, 0);
	shut_down();
}
END_TEST

START_TEST(short_packets_are_not_read)
{
	unsigned char bytes[34];
	struct pca_packet packet = make_packet(bytes, sizeof(bytes), ICMP);

	boot();
	packet.data_end--;
	pca_ck_bpf_ok(pca_run_on(prog, 0, &packet, NULL));
	pca_ck_member_sum_eq(counts, ICMP, struct traffic, packets, 0);
	shut_down();
}
END_TEST

/* By BPF_PROG_TEST_RUN, as a test on a kernel would do; libbpf's function does the same. */
START_TEST(test_run_gives_packets_too)
{
	unsigned char bytes[64];
	union bpf_attr attr = { 0 };

	boot();
	make_packet(bytes, sizeof(bytes), ICMP);
	attr.test.prog_fd = (__u32)prog_fd;
	attr.test.data_in = (uintptr_t)bytes;
	attr.test.data_size_in = sizeof(bytes);
	attr.test.repeat = 5;
	pca_ck_bpf_ok(pca_bpf(task, BPF_PROG_TEST_RUN, &attr, sizeof(attr)));
	ck_assert_int_eq(attr.test.retval, XDP_PASS);
	pca_ck_member_sum_eq(counts, ICMP, struct traffic, packets, 5);
	shut_down();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("packets");
	TCase *tc = tcase_create("packets");
	SRunner *runner;
	int nr_failed;

	tcase_add_test(tc, packets_are_counted_on_their_cpu);
	tcase_add_test(tc, short_packets_are_not_read);
	tcase_add_test(tc, test_run_gives_packets_too);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	nr_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return nr_failed != 0;
}
