// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * The transposing copy behind LOOKUP_BATCH: each way that this host's CPUs know gives the
 * same bytes as copying word by word, writes nothing else, and tears no word. The last
 * test says which ways those were.
 */
#include "gather.h"
#include "support.h"

#define MOST_CPUS 70
#define MOST_ELEMS 130

/* Two runs of CPUs in one buffer, with the CPUs of others between them. */
struct shape {
	uint32_t nr_cpus; /* of a run */
	uint32_t nr;	  /* elements */
	uint32_t elem_size;
	uint32_t others;  /* CPUs whose copies in the buffer are not this run's */
	uint32_t at_byte; /* where the buffer begins: its alignment */
	uint32_t first;	  /* element */
};

static size_t slab_stride(const struct shape *s)
{
	size_t bytes = (size_t)(s->first + s->nr) * s->elem_size;

	return ((bytes + 127) / 128 | 1) * 128;
}

static size_t row_bytes(const struct shape *s)
{
	return (size_t)(s->nr_cpus + s->others) * s->elem_size;
}

static struct gather gather_of(const struct shape *s)
{
	return (struct gather){ slab_stride(s), row_bytes(s), s->elem_size, s->nr };
}

/* What it all means. */
static void gather_by_memcpy(const struct shape *s, const char *slabs, char *to)
{
	for (uint32_t i = 0; i < s->nr; i++) {
		for (uint32_t cpu = 0; cpu < s->nr_cpus; cpu++)
			memcpy(to + i * row_bytes(s) + (size_t)cpu * s->elem_size,
			       slabs + cpu * slab_stride(s) + (size_t)(s->first + i) * s->elem_size,
			       s->elem_size);
	}
}

/* Room for the largest shape, and a little on both sides. */
#define ROOM ((size_t)8 << 20)
#define MARGIN 256

static char *slabs, *got, *want, *zeros;

static void fill_at_random(void *buf, size_t bytes)
{
	uint64_t state = test_seed, *words = buf;

	for (size_t i = 0; i < bytes / sizeof(*words); i++)
		words[i] = next_random(&state);
}

static void make_room(void)
{
	slabs = aligned_alloc(4096, ROOM);
	got = aligned_alloc(4096, ROOM);
	want = aligned_alloc(4096, ROOM);
	zeros = calloc(1, ROOM);
	ck_assert(slabs && got && want && zeros);
	fill_at_random(slabs, ROOM);
}

static void free_room(void)
{
	free(slabs);
	free(got);
	free(want);
	free(zeros);
}

/* As this way does it, and nothing beside the rows is touched. */
static void expect_way(const struct gather_way *way, const struct shape *s)
{
	const size_t bytes = s->nr * row_bytes(s), all = MARGIN + s->at_byte + bytes + MARGIN;
	const struct gather g = gather_of(s);
	char *to = got + MARGIN + s->at_byte;

	row("%s: %u CPUs and %u others, %u elements of %u bytes from %u on, buffer at %u",
	    way->name, s->nr_cpus, s->others, s->nr, s->elem_size, s->first, s->at_byte);
	ck_assert_uint_le(all, ROOM);
	memset(got, 0xee, all);
	memset(want, 0xee, all);
	gather_by_memcpy(s, slabs, want + MARGIN + s->at_byte);
	way->gather(&g, slabs + (size_t)s->first * s->elem_size, to,
		    to + (size_t)s->nr_cpus * s->elem_size);
	expect_bytes(got, want, all);
}

static void expect_all_ways(const struct shape *s)
{
	ck_assert_uint_le(s->nr_cpus * slab_stride(s), ROOM);
	for (const struct gather_way *way = gather_ways; way->name; way++) {
		if (way->works())
			expect_way(way, s);
	}
}

START_TEST(words_of_all_numbers_of_cpus_and_elements)
{
	make_room();
	for (uint32_t nr_cpus = 1; nr_cpus <= MOST_CPUS; nr_cpus++) {
		for (uint32_t nr = 1; nr <= MOST_ELEMS; nr += nr < 20 || nr > 120 ? 1 : 7) {
			struct shape s = { nr_cpus, nr, 8, 0, nr % 3 * 8, 0 };

			expect_all_ways(&s);
		}
	}
	free_room();
}
END_TEST

START_TEST(wide_rows_begin_anywhere_in_a_line)
{
	make_room();
	for (uint32_t at_byte = 0; at_byte < 72; at_byte++) {
		for (uint32_t nr_cpus = 16; nr_cpus <= 64; nr_cpus += 8) {
			struct shape s = { nr_cpus, 19, 8, 0, at_byte, 3 };

			expect_all_ways(&s);
		}
	}
	free_room();
}
END_TEST

START_TEST(shapes_at_random)
{
	uint64_t state = test_seed;
	static const uint32_t sizes[] = { 8,  16,  24,	32,  40,  48,	56,   64,
					  72, 128, 136, 256, 520, 1000, 2048, 4096 };

	make_room();
	for (int i = 0; i < 1500; i++) {
		struct shape s = {
			.nr_cpus = 1 + (uint32_t)(next_random(&state) % MOST_CPUS),
			.nr = 1 + (uint32_t)(next_random(&state) % MOST_ELEMS),
			.elem_size = sizes[next_random(&state) % ARRAY_LEN(sizes)],
			.others = next_random(&state) % 2 ? (uint32_t)(next_random(&state) % 9) : 0,
			.at_byte = (uint32_t)(next_random(&state) % 64),
			.first = (uint32_t)(next_random(&state) % 9),
		};

		while (s.nr_cpus * slab_stride(&s) > ROOM ||
		       s.nr * row_bytes(&s) + MARGIN * 3 > ROOM)
			s.nr = 1 + s.nr / 2;
		expect_all_ways(&s);
	}
	free_room();
}
END_TEST

/* ---- whole commands ---- */

static const char *const topologies[] = {
	"pu:1",
	"pu:2",
	"pu:7",
	"pu:64",
	"numa:2 pu:4",
	"numa:2 pu:4(indexes=0,2,4,6,1,3,5,7)",
	"pack:3 numa:1 pu:5",
};

/* All of a map's elements as LOOKUP_ELEM gives them, one by one. */
static void lookup_all(const struct world *w, int fd, uint32_t nr, size_t bytes, char *to)
{
	for (uint32_t key = 0; key < nr; key++)
		expect(cmd_lookup(w->task, fd, &key, to + key * bytes, 0), 0);
}

/* value_size 8 is looked up by code of its own. */
START_TEST(batches_are_lookups_on_every_machine_by_every_way)
{
	static const uint32_t value_sizes_[] = { 1, 8, 12, 64, 100 };
	const uint32_t nr = 75;

	for (size_t i = 0; i < ARRAY_LEN(topologies) * ARRAY_LEN(value_sizes_); i++) {
		const uint32_t value_size = value_sizes_[i % ARRAY_LEN(value_sizes_)];
		struct pca_machine_opts opts = {
			.size = sizeof(opts),
			.topology = topologies[i / ARRAY_LEN(value_sizes_)],
			.run_mode = PCA_INLINE,
		};
		struct world w = world_open_with(&opts, NULL);
		int fd = percpu_map(&w, value_size, nr);
		const size_t bytes = lookup_bytes(&w, value_size);
		char *one_by_one = malloc(nr * bytes), *at_once = malloc(nr * bytes + 1);
		uint32_t keys[75], out;

		for (uint32_t key = 0; key < nr; key++) {
			fill(one_by_one, bytes, key + 1);
			expect(cmd_update(w.task, fd, &key, one_by_one, 0), 0);
		}
		for (const struct gather_way *way = gather_ways; way->name; way++) {
			struct batch batch = { NULL, &out, keys, at_once + 1, nr, 0, 0 };

			if (!way->works())
				continue;
			row("%s, %s, value_size %u", way->name, opts.topology, value_size);
			gather_use(way);
			lookup_all(&w, fd, nr, bytes, one_by_one);
			expect(cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, fd, &batch), 0);
			expect_bytes(at_once + 1, one_by_one, nr * bytes);
			ck_assert_uint_eq(batch.count, nr);
			for (uint32_t key = 0; key < nr; key++)
				ck_assert_uint_eq(keys[key], key);
		}
		free(one_by_one);
		free(at_once);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* ---- races ---- */

#define RACED_CPUS 11
#define RACED_ELEMS 13
#define RACED_WORDS 3
#define RACED_BYTES (RACED_ELEMS * RACED_WORDS * 8)
#define RACED_STRIDE 384 /* an odd multiple of 128 */
#define RACED_ROUNDS 20000

static uint64_t raced[RACED_CPUS * RACED_STRIDE / 8] __attribute__((aligned(4096)));
static bool writer_must_stop;

/* All bytes of a word are the same, in every state of it. */
static void *write_words(void *arg)
{
	uint64_t value = 0;

	(void)arg;
	while (!__atomic_load_n(&writer_must_stop, __ATOMIC_RELAXED)) {
		for (size_t i = 0; i < ARRAY_LEN(raced); i++)
			__atomic_store_n(&raced[i], value, __ATOMIC_RELAXED);
		value = ~value;
	}
	return NULL;
}

/* first: an element that does not begin a line, so that vectors lie across lines. */
static void expect_no_torn_word(const struct gather_way *way, uint32_t elem_size, uint32_t first)
{
	const uint32_t nr = (RACED_ELEMS - first) * RACED_WORDS * 8 / elem_size;
	const struct gather g = { RACED_STRIDE, (size_t)RACED_CPUS * elem_size, elem_size, nr };
	static uint64_t values[RACED_CPUS * RACED_BYTES / 8];
	const size_t nr_words = (size_t)nr * RACED_CPUS * elem_size / 8;

	way->gather(&g, (char *)raced + first * elem_size, (char *)values,
		    (char *)values + g.elem_bytes);
	for (size_t i = 0; i < nr_words; i++) {
		if (values[i] && ~values[i])
			ck_abort_msg("%s, %u bytes: a torn word %#llx", way->name, elem_size,
				     (unsigned long long)values[i]);
	}
}

START_TEST(no_word_is_torn_while_it_is_written)
{
	pthread_t writer;

	ck_assert_uint_le(RACED_BYTES, RACED_STRIDE);
	expect(pthread_create(&writer, NULL, write_words, NULL), 0);
	for (uint32_t i = 0; i < RACED_ROUNDS; i++) {
		for (const struct gather_way *way = gather_ways; way->name; way++) {
			if (!way->works())
				continue;
			expect_no_torn_word(way, 8, i % 4);
			expect_no_torn_word(way, 24, i % 4);
		}
	}
	__atomic_store_n(&writer_must_stop, true, __ATOMIC_RELAXED);
	pthread_join(writer, NULL);
}
END_TEST

START_TEST(this_host_knows_these_ways)
{
	ck_assert(gather_ways[0].works());
	for (const struct gather_way *way = gather_ways; way->name; way++)
		printf("gather: %s %s\n", way->name, way->works() ? "ran" : "not on this host");
	fflush(stdout);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("gather");
	TCase *tc = add_case(suite, "copy");

	tcase_add_test(tc, words_of_all_numbers_of_cpus_and_elements);
	tcase_add_test(tc, wide_rows_begin_anywhere_in_a_line);
	tcase_add_test(tc, shapes_at_random);
	tc = add_case(suite, "commands");
	tcase_add_test(tc, batches_are_lookups_on_every_machine_by_every_way);
	tc = add_case(suite, "races");
	tcase_add_test(tc, no_word_is_torn_while_it_is_written);
	tc = add_case(suite, "ways");
	tcase_add_test(tc, this_host_knows_these_ways);
	return suite;
}

TEST_MAIN(make_suite)
