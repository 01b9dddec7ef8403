// SPDX-License-Identifier: MIT
/*
 * Each way goes by strips of elements, so many that a strip of the buffer stays in the
 * L1 cache while the CPUs' columns of it are filled, but no fewer than use up the slabs'
 * lines; in a strip by blocks of eight CPUs, whose words fill a line of the buffer.
 *
 * Why vectors tear no word. Intel and AMD promise that aligned accesses of 8 bytes are
 * atomic, and on CPUs with AVX those of aligned 16 bytes too. Of wider or less aligned
 * vectors they promise nothing as a whole, and here nothing needs it: what a vector
 * instruction is split into, if at all, are parts at 16-, 32- or 64-byte boundaries of
 * the memory, and an aligned word lies in one of them. No CPU is known that goes by
 * less than 8 aligned bytes. A program that is writing a word meanwhile is seen before
 * or after its store. Only loads touch the slabs; the buffer is the caller's alone.
 *
 * ThreadSanitizer knows the portable way only.
 */
#include "gather.h"

#include "compiler.h"
#include "elem_copy.h"

#if defined(__x86_64__) && !BUILT_WITH_TSAN
#define HAS_VECTOR_WAYS 1
#include <immintrin.h>
#else
#define HAS_VECTOR_WAYS 0
#endif

#define WORD 8
#define LINE 64

/* 8-byte copies of so many CPUs fill a line of the buffer. */
#define CPU_BLOCK (LINE / WORD)

/* Of the buffer, and elements: with the slabs' lines, a part of any L1 cache. */
#define STRIP_BYTES 8192
#define MOST_STRIP 64

/* nr elements of nr_cpus CPUs, whose copies are of 8 bytes. */
typedef void words_fn(const struct gather *g, const char *slab, char *to, uint32_t nr_cpus,
		      uint32_t nr);
/* nr elements whose copies are larger, row_bytes of each. */
typedef void copies_fn(const struct gather *g, const char *slab, char *to, size_t row_bytes,
		       uint32_t nr);

/* Elements of a strip: a multiple of 8. */
static uint32_t strip_elems(const struct gather *g)
{
	if (g->nr <= CPU_BLOCK)
		return CPU_BLOCK;

	size_t nr = STRIP_BYTES / g->elem_bytes / CPU_BLOCK * CPU_BLOCK;

	if (nr < CPU_BLOCK)
		return CPU_BLOCK;
	return nr < MOST_STRIP ? (uint32_t)nr : MOST_STRIP;
}

PCA_ALWAYS_INLINE void by_strips(const struct gather *g, const char *slab, char *to,
				 const char *end, words_fn *words, copies_fn *copies)
{
	const size_t row_bytes = (size_t)(end - to);
	const uint32_t strip = strip_elems(g);

	for (uint32_t left = g->nr; left;) {
		uint32_t nr = left < strip ? left : strip;

		if (g->elem_size == WORD)
			words(g, slab, to, (uint32_t)(row_bytes / WORD), nr);
		else
			copies(g, slab, to, row_bytes, nr);
		slab += (size_t)nr * g->elem_size;
		to += nr * g->elem_bytes;
		left -= nr;
	}
}

/* ---- words, one by one ---- */

/* nr words of each of so many CPUs, a constant. */
PCA_ALWAYS_INLINE void plain_block(const struct gather *g, const char *slab, char *to,
				   uint32_t nr_cpus, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++, to += g->elem_bytes, slab += WORD) {
#pragma GCC unroll 8
		for (uint32_t cpu = 0; cpu < nr_cpus; cpu++)
			read_words(to + cpu * (size_t)WORD, slab + cpu * g->stride, 1);
	}
}

PCA_ALWAYS_INLINE void plain_words(const struct gather *g, const char *slab, char *to,
				   uint32_t nr_cpus, uint32_t nr)
{
	const size_t stride = g->stride;

	for (; nr_cpus >= CPU_BLOCK; nr_cpus -= CPU_BLOCK) {
		plain_block(g, slab, to, CPU_BLOCK, nr);
		slab += CPU_BLOCK * stride;
		to += LINE;
	}
	if (nr_cpus & 4) {
		plain_block(g, slab, to, 4, nr);
		slab += 4 * stride;
		to += 4 * WORD;
	}
	if (nr_cpus & 2) {
		plain_block(g, slab, to, 2, nr);
		slab += 2 * stride;
		to += 2 * WORD;
	}
	if (nr_cpus & 1)
		plain_block(g, slab, to, 1, nr);
}

PCA_ALWAYS_INLINE void plain_copies(const struct gather *g, const char *slab, char *to,
				    size_t row_bytes, uint32_t nr)
{
	for (; nr; nr--, slab += g->elem_size, to += g->elem_bytes) {
		const char *from = slab, *end = to + row_bytes;

		for (char *copy = to; copy < end; copy += g->elem_size, from += g->stride)
			read_words(copy, from, g->elem_size / WORD);
	}
}

RACES_WITH_PROGRAMS
static void gather_plainly(const struct gather *g, const char *slab, char *to, const char *end)
{
	by_strips(g, slab, to, end, plain_words, plain_copies);
}

static bool always_works(void)
{
	return true;
}

#if HAS_VECTOR_WAYS

/* ---- AVX2: four elements at a time ---- */

#define AVX2 __attribute__((target("avx2")))

/* 4 words of 4 CPUs, transposed. */
AVX2 PCA_ALWAYS_INLINE void avx2_4x4(__m256i rows[4], const char *slab, size_t stride)
{
	const __m256i cpu0 = _mm256_loadu_si256((const __m256i_u *)slab);
	const __m256i cpu1 = _mm256_loadu_si256((const __m256i_u *)(slab + stride));
	const __m256i cpu2 = _mm256_loadu_si256((const __m256i_u *)(slab + 2 * stride));
	const __m256i cpu3 = _mm256_loadu_si256((const __m256i_u *)(slab + 3 * stride));
	/* Elements 0 and 2, and 1 and 3, of two CPUs. */
	const __m256i even01 = _mm256_unpacklo_epi64(cpu0, cpu1);
	const __m256i odd01 = _mm256_unpackhi_epi64(cpu0, cpu1);
	const __m256i even23 = _mm256_unpacklo_epi64(cpu2, cpu3);
	const __m256i odd23 = _mm256_unpackhi_epi64(cpu2, cpu3);

	rows[0] = _mm256_permute2x128_si256(even01, even23, 0x20);
	rows[1] = _mm256_permute2x128_si256(odd01, odd23, 0x20);
	rows[2] = _mm256_permute2x128_si256(even01, even23, 0x31);
	rows[3] = _mm256_permute2x128_si256(odd01, odd23, 0x31);
}

/* 4 words of 2 CPUs. */
AVX2 PCA_ALWAYS_INLINE void avx2_4x2(__m128i rows[4], const char *slab, size_t stride)
{
	const __m256i cpu0 = _mm256_loadu_si256((const __m256i_u *)slab);
	const __m256i cpu1 = _mm256_loadu_si256((const __m256i_u *)(slab + stride));
	const __m256i even = _mm256_unpacklo_epi64(cpu0, cpu1);
	const __m256i odd = _mm256_unpackhi_epi64(cpu0, cpu1);

	rows[0] = _mm256_castsi256_si128(even);
	rows[1] = _mm256_castsi256_si128(odd);
	rows[2] = _mm256_extracti128_si256(even, 1);
	rows[3] = _mm256_extracti128_si256(odd, 1);
}

/* nr words, a multiple of 4, of 8 CPUs. A row's two halves are written together: a line. */
AVX2 PCA_ALWAYS_INLINE void avx2_eight(const struct gather *g, const char *slab, char *to,
				       uint32_t nr)
{
	const size_t stride = g->stride, elem_bytes = g->elem_bytes;
	__m256i low[4], high[4];

	for (; nr; nr -= 4, slab += (size_t)4 * WORD) {
		avx2_4x4(low, slab, stride);
		avx2_4x4(high, slab + 4 * stride, stride);
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++, to += elem_bytes) {
			_mm256_storeu_si256((__m256i_u *)to, low[i]);
			_mm256_storeu_si256((__m256i_u *)to + 1, high[i]);
		}
	}
}

AVX2 PCA_ALWAYS_INLINE void avx2_four(const struct gather *g, const char *slab, char *to,
				      uint32_t nr)
{
	const size_t stride = g->stride, elem_bytes = g->elem_bytes;
	__m256i rows[4];

	for (; nr; nr -= 4, slab += (size_t)4 * WORD) {
		avx2_4x4(rows, slab, stride);
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++, to += elem_bytes)
			_mm256_storeu_si256((__m256i_u *)to, rows[i]);
	}
}

AVX2 PCA_ALWAYS_INLINE void avx2_two(const struct gather *g, const char *slab, char *to,
				     uint32_t nr)
{
	const size_t stride = g->stride, elem_bytes = g->elem_bytes;
	__m128i rows[4];

	for (; nr; nr -= 4, slab += (size_t)4 * WORD) {
		avx2_4x2(rows, slab, stride);
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++, to += elem_bytes)
			_mm_storeu_si128((__m128i_u *)to, rows[i]);
	}
}

/* What blocks of eight leave. */
AVX2 PCA_ALWAYS_INLINE void avx2_last_cpus(const struct gather *g, const char *slab, char *to,
					   uint32_t nr_cpus, uint32_t nr)
{
	if (nr_cpus & 4) {
		avx2_four(g, slab, to, nr);
		slab += 4 * g->stride;
		to += 4 * WORD;
	}
	if (nr_cpus & 2) {
		avx2_two(g, slab, to, nr);
		slab += 2 * g->stride;
		to += 2 * WORD;
	}
	if (nr_cpus & 1)
		plain_block(g, slab, to, 1, nr);
}

/* CPUs before those whose words begin a line of the buffer, in every row of it. */
static uint32_t cpus_before_line(const struct gather *g, const char *to, uint32_t nr_cpus)
{
	if (nr_cpus < 2 * CPU_BLOCK || g->elem_bytes % LINE || (uintptr_t)to % WORD)
		return 0;
	return (uint32_t)(-(uintptr_t)to / WORD % CPU_BLOCK);
}

AVX2 PCA_ALWAYS_INLINE void avx2_words(const struct gather *g, const char *slab, char *to,
				       uint32_t nr_cpus, uint32_t nr)
{
	const uint32_t in_fours = nr & ~3U;
	const uint32_t head = cpus_before_line(g, to, nr_cpus);
	const size_t stride = g->stride;
	uint32_t cpu = head;

	if (head)
		avx2_last_cpus(g, slab, to, head, in_fours);
	for (; nr_cpus - cpu >= CPU_BLOCK; cpu += CPU_BLOCK)
		avx2_eight(g, slab + cpu * stride, to + cpu * (size_t)WORD, in_fours);
	avx2_last_cpus(g, slab + cpu * stride, to + cpu * (size_t)WORD, nr_cpus - cpu, in_fours);
	if (unlikely(in_fours < nr))
		plain_words(g, slab + (size_t)in_fours * WORD, to + in_fours * g->elem_bytes,
			    nr_cpus, nr - in_fours);
}

/* A copy of several words: by 32 bytes, 16, 8. */
AVX2 PCA_ALWAYS_INLINE void avx2_copy(char *to, const char *from, uint32_t bytes)
{
	for (; bytes >= 32; bytes -= 32, from += 32, to += 32)
		_mm256_storeu_si256((__m256i_u *)to, _mm256_loadu_si256((const __m256i_u *)from));
	if (bytes & 16) {
		_mm_storeu_si128((__m128i_u *)to, _mm_loadu_si128((const __m128i_u *)from));
		from += 16;
		to += 16;
	}
	if (bytes & WORD)
		read_words(to, from, 1);
}

/* elem_size: a constant where it is one that many maps have. */
AVX2 PCA_ALWAYS_INLINE void avx2_copies_of(uint32_t elem_size, const struct gather *g,
					   const char *slab, char *to, size_t row_bytes,
					   uint32_t nr)
{
	const size_t stride = g->stride, elem_bytes = g->elem_bytes;

	for (; nr; nr--, slab += elem_size, to += elem_bytes) {
		const char *from = slab, *end = to + row_bytes;

		for (char *copy = to; copy < end; copy += elem_size, from += stride)
			avx2_copy(copy, from, elem_size);
	}
}

AVX2 PCA_ALWAYS_INLINE void avx2_copies(const struct gather *g, const char *slab, char *to,
					size_t row_bytes, uint32_t nr)
{
	if (g->elem_size == 16)
		avx2_copies_of(16, g, slab, to, row_bytes, nr);
	else if (g->elem_size == 32)
		avx2_copies_of(32, g, slab, to, row_bytes, nr);
	else if (g->elem_size == 64)
		avx2_copies_of(64, g, slab, to, row_bytes, nr);
	else
		avx2_copies_of(g->elem_size, g, slab, to, row_bytes, nr);
}

AVX2 static void gather_avx2(const struct gather *g, const char *slab, char *to, const char *end)
{
	by_strips(g, slab, to, end, avx2_words, avx2_copies);
}

static bool avx2_works(void)
{
	return __builtin_cpu_supports("avx2");
}

/* ---- AVX-512: eight elements of eight CPUs ---- */

#define AVX512 __attribute__((target("avx2,avx512f")))

/* Transpose 8 words of 8 CPUs: pairs of words, then quarters of vectors, twice. */
AVX512 PCA_ALWAYS_INLINE void avx512_8x8(const struct gather *g, const char *slab, char *to)
{
	__m512i in[8], pairs[8], fours[8];

#pragma GCC unroll 8
	for (int cpu = 0; cpu < 8; cpu++)
		in[cpu] = _mm512_loadu_si512(slab + (size_t)cpu * g->stride);
		/* pairs[cpu]: elements 0, 2, 4, 6 of cpu and the next; pairs[cpu + 1]: 1, 3, 5, 7. */
#pragma GCC unroll 4
	for (int cpu = 0; cpu < 8; cpu += 2) {
		pairs[cpu] = _mm512_unpacklo_epi64(in[cpu], in[cpu + 1]);
		pairs[cpu + 1] = _mm512_unpackhi_epi64(in[cpu], in[cpu + 1]);
	}
	/* fours[e]: elements e and e + 4 of CPUs 0 to 3; fours[e + 4]: of CPUs 4 to 7. */
#pragma GCC unroll 4
	for (int e = 0; e < 2; e++) {
		fours[e] = _mm512_shuffle_i64x2(pairs[e], pairs[e + 2], 0x88);
		fours[e + 2] = _mm512_shuffle_i64x2(pairs[e], pairs[e + 2], 0xdd);
		fours[e + 4] = _mm512_shuffle_i64x2(pairs[e + 4], pairs[e + 6], 0x88);
		fours[e + 6] = _mm512_shuffle_i64x2(pairs[e + 4], pairs[e + 6], 0xdd);
	}
#pragma GCC unroll 4
	for (int e = 0; e < 4; e++) {
		_mm512_storeu_si512(to + (size_t)e * g->elem_bytes,
				    _mm512_shuffle_i64x2(fours[e], fours[e + 4], 0x88));
		_mm512_storeu_si512(to + (size_t)(e + 4) * g->elem_bytes,
				    _mm512_shuffle_i64x2(fours[e], fours[e + 4], 0xdd));
	}
}

AVX512 PCA_ALWAYS_INLINE void avx512_words(const struct gather *g, const char *slab, char *to,
					   uint32_t nr_cpus, uint32_t nr)
{
	const uint32_t in_eights = nr & ~7U;
	const uint32_t head = cpus_before_line(g, to, nr_cpus);
	const size_t stride = g->stride;
	uint32_t cpu = head;

	if (head)
		avx2_last_cpus(g, slab, to, head, in_eights);
	for (; nr_cpus - cpu >= CPU_BLOCK; cpu += CPU_BLOCK) {
		for (uint32_t i = 0; i < in_eights; i += 8)
			avx512_8x8(g, slab + cpu * stride + (size_t)i * WORD,
				   to + cpu * (size_t)WORD + i * g->elem_bytes);
	}
	avx2_last_cpus(g, slab + cpu * stride, to + cpu * (size_t)WORD, nr_cpus - cpu, in_eights);
	if (unlikely(in_eights < nr))
		avx2_words(g, slab + (size_t)in_eights * WORD, to + in_eights * g->elem_bytes,
			   nr_cpus, nr - in_eights);
}

AVX512 static void gather_avx512(const struct gather *g, const char *slab, char *to,
				 const char *end)
{
	by_strips(g, slab, to, end, avx512_words, avx2_copies);
}

static bool avx512_works(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2");
}

/*
 * The first processors that know AVX-512 run slower while they use it: there AVX2 is ahead
 * (1.2 against 1.3 of memcpy() with 64 CPUs, 1.6 against 1.9 with 512, on Cascade Lake).
 * Those that do not have VBMI2, too.
 */
static bool avx512_is_slow(void)
{
	return !__builtin_cpu_supports("avx512vbmi2");
}

#endif /* HAS_VECTOR_WAYS */

/* ---- the choice ---- */

const struct gather_way gather_ways[] = {
	{ "portable", always_works, NULL, gather_plainly },
#if HAS_VECTOR_WAYS
	{ "AVX2", avx2_works, NULL, gather_avx2 },
	{ "AVX-512", avx512_works, avx512_is_slow, gather_avx512 },
#endif
	{ .name = NULL },
};

static gather_fn choose_and_gather;

/* Atomic. Threads that choose at the same time choose the same. */
static gather_fn *gather_in_use = choose_and_gather;

void gather_use(const struct gather_way *way)
{
	__atomic_store_n(&gather_in_use, way->gather, __ATOMIC_RELAXED);
}

static void choose_and_gather(const struct gather *g, const char *slab, char *to, const char *end)
{
	const struct gather_way *best = gather_ways;

	for (const struct gather_way *way = best; way->name; way++) {
		if (way->works() && !(way->is_slow && way->is_slow()))
			best = way;
	}
	gather_use(best);
	best->gather(g, slab, to, end);
}

void gather(const struct gather *g, const char *slab, char *to, const char *end)
{
	__atomic_load_n(&gather_in_use, __ATOMIC_RELAXED)(g, slab, to, end);
}
