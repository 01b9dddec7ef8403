/* SPDX-License-Identifier: MIT */
/*
 * Snapshots: all elements of a map at one moment, and what has changed since.
 *
 *	struct pca_map_snapshot *before, *after;
 *	char text[2000];
 *
 *	pca_map_snapshot(map, &before);
 *	... commands, runs ...
 *	pca_map_snapshot(map, &after);
 *	if (pca_map_diff_text(before, after, 0, text, sizeof(text)) > 0)
 *		puts(text);
 *
 * prints such as "cpu 3, key 17: 4 → 5". expect.h and check.h make assertions of it.
 *
 * A snapshot belongs to nobody: it outlives its map and its machine, and two can be
 * compared whenever their maps have the same shape: value_size, max_entries, and a
 * copy for each of the same CPUs, or one copy that all CPUs share (BPF_MAP_TYPE_ARRAY).
 *
 * Cost: pages of 4 KiB that hold nothing but zeros are not kept and not compared, so
 * that a snapshot takes the memory of what was written, and a thousandth or so of the
 * map's size beside it. Taking one reads the whole map once; comparing reads what the
 * two keep.
 */
#ifndef PCASIM_SNAPSHOT_H
#define PCASIM_SNAPSHOT_H

#include <pcasim/api.h>
#include <pcasim/map_ref.h>

PCA_BEGIN_DECLS

struct pca_map_snapshot;

/* In place of a CPU's id: the one copy of a map that all CPUs share. */
#define PCA_NO_CPU (-1)

/*
 * Keep all elements of all possible CPUs, padding included, whatever the access flags.
 * No lock is taken: programs and commands may run meanwhile, and as in a command's
 * copy an aligned 8-byte word is never torn, while elements may be of different
 * moments. Give it back with pca_map_snapshot_free(), for which NULL is allowed.
 *
 * Returns 0, -ENOMEM, or -EOPNOTSUPP with a message for a hash, whose elements come and
 * go. MT-safe.
 */
PCA_API int pca_map_snapshot(struct pca_map_ref *map, struct pca_map_snapshot **snapshot);
PCA_API void pca_map_snapshot_free(struct pca_map_snapshot *snapshot);

/*
 * The same of the map behind fd, whatever the fd's mode; beside the libbpf shapes, task is
 * pca_current_task(). Also -EBADF, -EINVAL as pca_map_get(). MT-safe.
 */
PCA_API int pca_map_snapshot_fd(struct pca_task *task, int fd, struct pca_map_snapshot **snapshot);

/*
 * The element that was kept of key on CPU cpu (PCA_NO_CPU where all share one), or NULL
 * when there is none. Valid as long as the snapshot. MT-safe.
 */
PCA_API const void *pca_map_snapshot_peek(const struct pca_map_snapshot *snapshot, int cpu,
					  uint32_t key);

/* An element that differs. */
struct pca_map_change {
	int cpu; /* id, or PCA_NO_CPU */
	uint32_t key;
	uint32_t bytes; /* at before and after: value_size, or what flags asked for */
	const void *before, *after;
};

/* Flags: compare the padding behind the values, too. */
#define PCA_DIFF_PADDING (1U << 0)

/*
 * Call fn(arg, change) for each element whose value differs, CPU by CPU, keys ascending;
 * fn NULL only counts. Returns how many differ, or -EINVAL for unknown flags or, with a
 * message that says how, for snapshots of different shapes. MT-safe.
 */
PCA_API int64_t pca_map_diff(const struct pca_map_snapshot *before,
			     const struct pca_map_snapshot *after, uint32_t flags,
			     void (*fn)(void *arg, const struct pca_map_change *change), void *arg);

/* Lines of a text of changes, at most; then comes "... and 120 more", lines. */
#define PCA_DIFF_LINES 20

/*
 * Write the changes as text, in lines without a newline at the end, "" when there are none:
 *
 *	cpu 3, key 17: 4 → 5			a value of 1, 2, 4 or 8 bytes, unsigned;
 *						above 2^31 - 1 also in hexadecimal
 *	key 17: 4 → 5				the same of a shared map
 *	cpu 3, key 17, bytes 8-15: 4 → 5	the 8-byte words that changed of a longer one
 *	cpu 3, key 17: 01 02 03 → 01 02 ff	other sizes, in memory's order
 *
 * Writes at most size bytes, NUL included, and returns the length without NUL of the whole
 * text (as snprintf() does), or -EINVAL as pca_map_diff(). MT-safe.
 */
PCA_API int pca_map_diff_text(const struct pca_map_snapshot *before,
			      const struct pca_map_snapshot *after, uint32_t flags, char *buf,
			      size_t size);

/*
 * Write all that was kept back into a map of the same shape, padding included, whatever
 * the access flags and also if it is frozen: as through pca_map_peek(). Words that are as
 * kept are not written. Returns 0, or -EINVAL with a message for another shape,
 * -EOPNOTSUPP with one for a hash, or -ENOMEM. MT-safe; programs that write meanwhile may win.
 */
PCA_API int pca_map_restore(struct pca_map_ref *map, const struct pca_map_snapshot *snapshot);

PCA_END_DECLS

#endif
