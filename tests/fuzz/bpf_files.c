// SPDX-License-Identifier: MIT
/*
 * The functions on files, and what the tree must be like whatever was done.
 */
#include "fuzz_bpf.h"

#include <sys/stat.h>

#define MOST_NAMES 40 /* of one path */
#define MOST_ENTRIES (MOST_OPERATIONS + 4)

static const int path_errnos[] = { ENOENT,    ENOTDIR, EEXIST, ENAMETOOLONG, ELOOP,  EACCES,
				   ENOTEMPTY, EBUSY,   EISDIR, EXDEV,	     EMFILE, NO_MORE };

static void add_name(struct input *in, char *path)
{
	static const char *const names[] = {
		"a", "b", "c", "d", ".", "..", "a.b", "tmp", "sys", "fs", "bpf", "",
	};
	uint8_t choice = take_u8(in);
	size_t len = strlen(path);

	if (choice < 0xf0) {
		snprintf(path + len, MOST_PATH_BYTES - len, "%s", names[choice % ARRAY_LEN(names)]);
		return;
	}
	size_t more = choice < 0xf8 ? take_u8(in) + (size_t)200 : take_u8(in) * (size_t)16;

	if (more > MOST_PATH_BYTES - 1 - len)
		more = MOST_PATH_BYTES - 1 - len;
	memset(path + len, 'n', more);
	path[len + more] = '\0';
}

void take_path(struct input *in, char *path)
{
	uint8_t choice = take_u8(in);
	int nr = choice & 0x80 ? take_u8(in) % MOST_NAMES : 1 + (choice & 1);

	strcpy(path, choice & 0x40 ? PCA_BPFFS "/" : choice & 0x20 ? "/" : "");
	for (int i = 0; i < nr; i++) {
		size_t len = strlen(path);

		if (i && len < MOST_PATH_BYTES - 1)
			strcpy(path + len, "/");
		add_name(in, path);
	}
}

static int stop_at_b(void *arg, const char *name)
{
	++*(uint32_t *)arg;
	return !strcmp(name, "b") ? 77 : 0;
}

static int read_directory(struct pca_task *task, const char *path)
{
	uint32_t nr = 0;
	int ret = pca_readdir(task, path, stop_at_b, &nr);

	FUZZ_CHECK(ret != 77 || nr);
	return ret == 77 ? 0 : ret;
}

static int stat_path(struct pca_task *task, const char *path)
{
	struct pca_stat st = { 0 };
	int ret = pca_stat(task, path, &st);

	FUZZ_CHECK(ret || (st.ino && st.nlink < 1000 && (S_ISDIR(st.mode) || S_ISREG(st.mode))),
		   "mode %o, %u links", st.mode, st.nlink);
	return ret;
}

static int two_paths(struct input *in, struct pca_task *task, const char *path,
		     int (*fn)(struct pca_task *task, const char *from, const char *to))
{
	char second[MOST_PATH_BYTES];

	take_path(in, second);
	return fn(task, path, second);
}

void op_file(struct world *w, struct input *in)
{
	uint8_t what = take_u8(in);
	int index = take_u8(in) % NR_TASKS, ret = 0;
	struct pca_task *task = w->tasks[index];
	char path[MOST_PATH_BYTES];

	take_path(in, path);
	switch (what % 10) {
	case 0:
		ret = pca_mkdir(task, path, take_u8(in) < 0x80 ? 0755 : take_u16(in));
		break;
	case 1:
		ret = pca_rmdir(task, path);
		break;
	case 2:
		ret = pca_unlink(task, path);
		break;
	case 3:
		ret = two_paths(in, task, path, pca_rename);
		break;
	case 4:
		ret = two_paths(in, task, path, pca_link);
		break;
	case 5:
		ret = two_paths(in, task, path, pca_symlink);
		break;
	case 6:
		ret = pca_chmod(task, path, take_u32(in));
		break;
	case 7:
		ret = stat_path(task, path);
		break;
	case 8:
		ret = read_directory(task, path);
		break;
	case 9:
		ret = pca_opendir(task, path);
		if (ret >= 0)
			check_fd(w, index, ret);
		break;
	}
	if (ret < 0)
		check_error("a function on files", ret, path_errnos);
}

/* ---- the tree as a whole ---- */

struct entries {
	char *names[MOST_ENTRIES];
	uint32_t nr;
};

static int add_entry(void *arg, const char *name)
{
	struct entries *entries = arg;

	FUZZ_CHECK(entries->nr < MOST_ENTRIES);
	entries->names[entries->nr] = strdup(name);
	FUZZ_CHECK(entries->names[entries->nr]);
	entries->nr++;
	return 0;
}

static void free_entries(struct entries *entries)
{
	for (uint32_t i = 0; i < entries->nr; i++)
		free(entries->names[i]);
	free(entries);
}

/* Unlink what is no directory; what is stays among the entries. */
static void unlink_files(struct pca_task *root, const char *path, struct entries *entries)
{
	uint32_t nr_dirs = 0;

	for (uint32_t i = 0; i < entries->nr; i++) {
		char inside[MOST_PATH_BYTES];

		snprintf(inside, sizeof(inside), "%s/%s", path, entries->names[i]);
		int err = pca_unlink(root, inside);

		FUZZ_CHECK(!err || err == -EISDIR, "%s: %d", inside, err);
		if (err)
			entries->names[nr_dirs++] = entries->names[i];
		else
			free(entries->names[i]);
	}
	entries->nr = nr_dirs;
}

static void remove_inside(struct pca_task *root, const char *path);

static void remove_directory(struct pca_task *root, const char *path)
{
	remove_inside(root, path);
	int err = pca_rmdir(root, path);

	/* bpffs itself stays, and all above it. */
	FUZZ_CHECK(!err || err == -EBUSY || err == -ENOTEMPTY, "%s: %d", path, err);
}

static void remove_inside(struct pca_task *root, const char *path)
{
	struct entries *entries = calloc(1, sizeof(*entries));
	const char *named = *path ? path : "/";
	struct pca_stat st = { 0 };

	FUZZ_CHECK(entries);
	FUZZ_CHECK(!pca_readdir(root, named, add_entry, entries));
	unlink_files(root, path, entries);
	FUZZ_CHECK(!pca_stat(root, named, &st) && S_ISDIR(st.mode));
	FUZZ_CHECK(st.nlink == 2 + entries->nr, "%s: %u links, %u directories", named, st.nlink,
		   entries->nr);
	for (uint32_t i = 0; i < entries->nr; i++) {
		char inside[MOST_PATH_BYTES];

		snprintf(inside, sizeof(inside), "%s/%s", path, entries->names[i]);
		remove_directory(root, inside);
	}
	free_entries(entries);
}

void files_remove(struct pca_task *root)
{
	remove_inside(root, "");
}
