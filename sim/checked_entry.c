// SPDX-License-Identifier: MIT
/*
 * What is linked into a checked program in place of ThreadSanitizer's runtime: gcc's
 * -fsanitize=thread calls one of these functions before each access, and for each atomic
 * operation. They ask libpcasim, which may let others run first, or end the run. So does what
 * -fsanitize=integer-divide-by-zero and -fsanitize=bounds call.
 *
 * It is an archive of its own, hidden in each program, so that a process under the true
 * ThreadSanitizer has both. It calls nothing but libpcasim, and is never instrumented.
 */
#include <pcasim/checked.h>
#include <pcasim/prog.h>

#define PC __builtin_return_address(0)
#define SP __builtin_dwarf_cfa()
#define ASK(addr, bytes, access) pca_checked_access(addr, bytes, access, PC, SP)

/* ---- the object tells of itself while it is opened ---- */

/* The linker's: where the object's ELF header lies, and where its last variable ends. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

static bool is_registered;

void __tsan_init(void);
void __tsan_init(void)
{
	if (is_registered)
		return;
	is_registered = true;
	pca_checked_register(__ehdr_start, _end);
}

/* pca_object_open() knows it by its name, and takes no other one. */
__attribute__((destructor)) static void pca_checked_end(void)
{
	pca_checked_unregister(__ehdr_start);
}

/* ---- functions ---- */

void __tsan_func_entry(const void *caller);
void __tsan_func_entry(const void *caller)
{
	(void)caller;
	pca_checked_enter(PC, SP);
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
	pca_checked_leave();
}

/* What gcc's -fsanitize-coverage=trace-pc calls where a piece of straight code begins. */
void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
	pca_checked_branch();
}

/* ---- loads and stores ---- */

#define ACCESS(name, bytes, access)       \
	void __tsan_##name(void *addr);   \
	void __tsan_##name(void *addr)    \
	{                                 \
		ASK(addr, bytes, access); \
	}

#define ACCESSES(bytes)                                         \
	ACCESS(read##bytes, bytes, PCA_READ)                    \
	ACCESS(write##bytes, bytes, PCA_WRITE)                  \
	ACCESS(unaligned_read##bytes, bytes, PCA_READ)          \
	ACCESS(unaligned_write##bytes, bytes, PCA_WRITE)        \
	ACCESS(volatile_read##bytes, bytes, PCA_READ)           \
	ACCESS(volatile_write##bytes, bytes, PCA_WRITE)         \
	ACCESS(unaligned_volatile_read##bytes, bytes, PCA_READ) \
	ACCESS(unaligned_volatile_write##bytes, bytes, PCA_WRITE)

ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

void __tsan_read_range(void *addr, size_t bytes);
void __tsan_read_range(void *addr, size_t bytes)
{
	ASK(addr, bytes, PCA_READ);
}

void __tsan_write_range(void *addr, size_t bytes);
void __tsan_write_range(void *addr, size_t bytes)
{
	ASK(addr, bytes, PCA_WRITE);
}

/* ---- atomic operations, done here; the order that is asked for is always kept ---- */

#define LOAD_STORE(bits, type)                                               \
	type __tsan_atomic##bits##_load(const type *addr, int order);        \
	type __tsan_atomic##bits##_load(const type *addr, int order)         \
	{                                                                    \
		(void)order;                                                 \
		ASK(addr, sizeof(type), PCA_READ);                           \
		return LOAD_NOW(addr);                                       \
	}                                                                    \
	void __tsan_atomic##bits##_store(type *addr, type value, int order); \
	void __tsan_atomic##bits##_store(type *addr, type value, int order)  \
	{                                                                    \
		(void)order;                                                 \
		ASK(addr, sizeof(type), PCA_WRITE);                          \
		STORE_NOW(addr, value);                                      \
	}

/* A read-modify-write whose result is what was there before. */
#define FETCH(bits, type, name, now)                                          \
	type __tsan_atomic##bits##_##name(type *addr, type value, int order); \
	type __tsan_atomic##bits##_##name(type *addr, type value, int order)  \
	{                                                                     \
		(void)order;                                                  \
		ASK(addr, sizeof(type), PCA_ATOMIC);                          \
		return now(addr, value);                                      \
	}

#define EXCHANGES(bits, type)                                                                  \
	type __tsan_atomic##bits##_compare_exchange_val(type *addr, type expected, type value, \
							int order, int order_failed);          \
	type __tsan_atomic##bits##_compare_exchange_val(type *addr, type expected, type value, \
							int order, int order_failed)           \
	{                                                                                      \
		(void)order, (void)order_failed;                                               \
		ASK(addr, sizeof(type), PCA_ATOMIC);                                           \
		return __sync_val_compare_and_swap(addr, expected, value);                     \
	}                                                                                      \
	COMPARE_EXCHANGE(bits, type, strong)                                                   \
	COMPARE_EXCHANGE(bits, type, weak)

/* What is expected lies in the program's memory, too, and is written if it was not met. */
#define COMPARE_EXCHANGE(bits, type, how)                                                        \
	int __tsan_atomic##bits##_compare_exchange_##how(type *addr, type *expected, type value, \
							 int order, int order_failed);           \
	int __tsan_atomic##bits##_compare_exchange_##how(type *addr, type *expected, type value, \
							 int order, int order_failed)            \
	{                                                                                        \
		(void)order, (void)order_failed;                                                 \
		ASK(expected, sizeof(type), PCA_ATOMIC);                                         \
		ASK(addr, sizeof(type), PCA_ATOMIC);                                             \
		type wanted = *expected;                                                         \
                                                                                                 \
		*expected = __sync_val_compare_and_swap(addr, wanted, value);                    \
		return *expected == wanted;                                                      \
	}

#define ATOMICS(bits, type)                           \
	LOAD_STORE(bits, type)                        \
	FETCH(bits, type, exchange, EXCHANGE_NOW)     \
	FETCH(bits, type, fetch_add, FETCH_ADD_NOW)   \
	FETCH(bits, type, fetch_sub, FETCH_SUB_NOW)   \
	FETCH(bits, type, fetch_and, FETCH_AND_NOW)   \
	FETCH(bits, type, fetch_or, FETCH_OR_NOW)     \
	FETCH(bits, type, fetch_xor, FETCH_XOR_NOW)   \
	FETCH(bits, type, fetch_nand, FETCH_NAND_NOW) \
	EXCHANGES(bits, type)

#define LOAD_NOW(addr) __atomic_load_n(addr, __ATOMIC_SEQ_CST)
#define STORE_NOW(addr, value) __atomic_store_n(addr, value, __ATOMIC_SEQ_CST)
#define EXCHANGE_NOW(addr, value) __atomic_exchange_n(addr, value, __ATOMIC_SEQ_CST)
#define FETCH_ADD_NOW(addr, value) __atomic_fetch_add(addr, value, __ATOMIC_SEQ_CST)
#define FETCH_SUB_NOW(addr, value) __atomic_fetch_sub(addr, value, __ATOMIC_SEQ_CST)
#define FETCH_AND_NOW(addr, value) __atomic_fetch_and(addr, value, __ATOMIC_SEQ_CST)
#define FETCH_OR_NOW(addr, value) __atomic_fetch_or(addr, value, __ATOMIC_SEQ_CST)
#define FETCH_XOR_NOW(addr, value) __atomic_fetch_xor(addr, value, __ATOMIC_SEQ_CST)
#define FETCH_NAND_NOW(addr, value) __atomic_fetch_nand(addr, value, __ATOMIC_SEQ_CST)

ATOMICS(8, unsigned char)
ATOMICS(16, unsigned short)
ATOMICS(32, unsigned int)
ATOMICS(64, unsigned long)

#ifdef __GCC_HAVE_SYNC_COMPARE_AND_SWAP_16
/* With -mcx16: one instruction, of which all others are made; no call of libatomic. */
typedef unsigned __int128 two_words;

/* What now() makes of old is exchanged for it. */
#define CHANGE_TWO_WORDS(addr, now)                                                 \
	({                                                                          \
		two_words *at = (two_words *)(addr), old = 0, seen;                 \
                                                                                    \
		while ((seen = __sync_val_compare_and_swap(at, old, (now))) != old) \
			old = seen;                                                 \
		old;                                                                \
	})

#undef LOAD_NOW
#undef STORE_NOW
#undef EXCHANGE_NOW
#undef FETCH_ADD_NOW
#undef FETCH_SUB_NOW
#undef FETCH_AND_NOW
#undef FETCH_OR_NOW
#undef FETCH_XOR_NOW
#undef FETCH_NAND_NOW
#define LOAD_NOW(addr) CHANGE_TWO_WORDS(addr, old)
#define STORE_NOW(addr, value) (void)CHANGE_TWO_WORDS(addr, value)
#define EXCHANGE_NOW(addr, value) CHANGE_TWO_WORDS(addr, value)
#define FETCH_ADD_NOW(addr, value) CHANGE_TWO_WORDS(addr, old + (value))
#define FETCH_SUB_NOW(addr, value) CHANGE_TWO_WORDS(addr, old - (value))
#define FETCH_AND_NOW(addr, value) CHANGE_TWO_WORDS(addr, old &(value))
#define FETCH_OR_NOW(addr, value) CHANGE_TWO_WORDS(addr, old | (value))
#define FETCH_XOR_NOW(addr, value) CHANGE_TWO_WORDS(addr, old ^ (value))
#define FETCH_NAND_NOW(addr, value) CHANGE_TWO_WORDS(addr, ~(old & (value)))

ATOMICS(128, two_words)
#endif

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	(void)order;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
	(void)order;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* ---- divisions ---- */

/* What gcc's -fsanitize=integer-divide-by-zero calls before the machine divides by zero. */
void __ubsan_handle_divrem_overflow(const void *data, uintptr_t dividend, uintptr_t divisor);
void __ubsan_handle_divrem_overflow(const void *data, uintptr_t dividend, uintptr_t divisor)
{
	(void)data, (void)dividend, (void)divisor;
	pca_checked_division(PC);
}

/* ---- indices ---- */

/* What gcc hands to the handlers of its sanitizer; of the type only the name is looked at. */
struct type_descriptor {
	uint16_t kind, info;
	char name[]; /* "'long unsigned int [4]'" */
};

struct index_data {
	const char *file;
	uint32_t line, column;
	const struct type_descriptor *array, *index;
};

/* What gcc's -fsanitize=bounds calls before an array whose size it knows is left. */
void __ubsan_handle_out_of_bounds(const struct index_data *data, uintptr_t index);
void __ubsan_handle_out_of_bounds(const struct index_data *data, uintptr_t index)
{
	pca_checked_index(PC, data->array->name, index);
}

/* ---- copies, which a checked program calls and never inlines ---- */

/*
 * The words of a copy are accessed one by one, as Linux's clang makes of it: others may
 * come in between. What is to be read is asked for at once, the rest word by word.
 */
struct asker {
	const void *pc, *sp;
};

#define ASKER ((struct asker){ PC, SP })
#define MOST_BYTES_AT_ONCE 8

static size_t piece(size_t left)
{
	return left < MOST_BYTES_AT_ONCE ? left : MOST_BYTES_AT_ONCE;
}

/* Eight bytes of anything, anywhere. */
typedef unsigned long any_word __attribute__((aligned(1), may_alias));

static void move_bytes(char *to, const char *from, size_t n)
{
	unsigned char bytes[MOST_BYTES_AT_ONCE];

	if (n == MOST_BYTES_AT_ONCE) {
		*(any_word *)to = *(const any_word *)from;
		return;
	}
	for (size_t i = 0; i < n; i++)
		bytes[i] = (unsigned char)from[i];
	for (size_t i = 0; i < n; i++)
		to[i] = (char)bytes[i];
}

static void copy_up(struct asker asker, char *to, const char *from, size_t n)
{
	pca_checked_access(from, n, PCA_READ, asker.pc, asker.sp);
	pca_checked_access(to, n, PCA_WRITE, asker.pc, asker.sp);
	for (size_t i = 0, now; i < n; i += now) {
		now = piece(n - i);
		if (i)
			pca_checked_access(to + i, now, PCA_WRITE, asker.pc, asker.sp);
		move_bytes(to + i, from + i, now);
	}
}

static void copy_down(struct asker asker, char *to, const char *from, size_t n)
{
	pca_checked_access(from, n, PCA_READ, asker.pc, asker.sp);
	pca_checked_access(to, n, PCA_WRITE, asker.pc, asker.sp);
	for (size_t left = n, now; left; left -= now) {
		now = piece(left);
		if (left < n)
			pca_checked_access(to + left - now, now, PCA_WRITE, asker.pc, asker.sp);
		move_bytes(to + left - now, from + left - now, now);
	}
}

void *memcpy(void *to, const void *from, size_t n)
{
	copy_up(ASKER, to, from, n);
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	if ((uintptr_t)to - (uintptr_t)from >= n)
		copy_up(ASKER, to, from, n);
	else
		copy_down(ASKER, to, from, n);
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	const unsigned long word = 0x0101010101010101UL * (unsigned char)byte;
	char *at = to;

	ASK(to, n, PCA_WRITE);
	for (size_t i = 0, now; i < n; i += now) {
		now = piece(n - i);
		if (i)
			ASK(at + i, now, PCA_WRITE);
		move_bytes(at + i, (const char *)&word, now);
	}
	return to;
}

static int compare(struct asker asker, const unsigned char *a, const unsigned char *b, size_t n)
{
	pca_checked_access(a, n, PCA_READ, asker.pc, asker.sp);
	pca_checked_access(b, n, PCA_READ, asker.pc, asker.sp);
	for (size_t i = 0; i < n; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	}
	return 0;
}

int memcmp(const void *a, const void *b, size_t n)
{
	return compare(ASKER, a, b, n);
}

int bcmp(const void *a, const void *b, size_t n);
int bcmp(const void *a, const void *b, size_t n)
{
	return compare(ASKER, a, b, n);
}
