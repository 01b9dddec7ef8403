// SPDX-License-Identifier: MIT
/*
 * bpffs: pins, directories, links, permissions, odd paths, and the order of
 * checks of BPF_OBJ_PIN and BPF_OBJ_GET. Every row was measured on Linux 6.18.
 */
#include <sys/stat.h>

#include "support.h"

static struct world w;
static int map_fd;

static void open_world(void)
{
	w = world_open("0-1", PCA_CHECKED);
	map_fd = percpu_map(&w, 8, 4);
}

static void close_world(void)
{
	world_close(&w);
}

struct obj_attr {
	uint64_t pathname;
	int32_t bpf_fd;
	uint32_t file_flags;
	int32_t path_fd;
	uint32_t tail;
};

#define OBJ_ATTR_END 20

static long obj_pin_at(struct pca_task *task, int fd, const char *path, uint32_t flags, int dir_fd)
{
	struct obj_attr attr = { (uintptr_t)path, fd, flags, dir_fd, 0 };

	return pca_bpf(task, BPF_OBJ_PIN, &attr, OBJ_ATTR_END);
}

static long obj_pin(struct pca_task *task, int fd, const char *path)
{
	return obj_pin_at(task, fd, path, 0, 0);
}

static long obj_get_at(struct pca_task *task, const char *path, uint32_t flags, int dir_fd)
{
	struct obj_attr attr = { (uintptr_t)path, 0, flags, dir_fd, 0 };

	return pca_bpf(task, BPF_OBJ_GET, &attr, OBJ_ATTR_END);
}

/* BPF_OBJ_GET whose fd is of no interest: 0 or -errno. */
static long obj_get(struct pca_task *task, const char *path, uint32_t flags)
{
	long fd = obj_get_at(task, path, flags, 0);

	if (fd < 0)
		return fd;
	ck_assert_int_ge(fd, PCA_FIRST_FD);
	return pca_close(task, (int)fd);
}

static int do_nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

static int load_program(struct pca_task *task)
{
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = do_nothing,
	};

	return expect_fd(pca_prog_load(task, &opts));
}

/* ---- a table of system calls, done one after the other ---- */

enum call { PIN, GET, MKDIR, RMDIR, UNLINK, RENAME, LINK, SYMLINK, CHMOD, CHECK_NLINK, CHECK_MODE };

struct step {
	enum call call;
	const char *path, *other; /* other: new name, or the symlink's path */
	uint32_t arg;		  /* mode or file_flags */
	long want;
};

static long do_stat(struct pca_task *task, const struct step *step)
{
	struct pca_stat st;
	int err = pca_stat(task, step->path, &st);

	if (err)
		return err;
	return step->call == CHECK_NLINK ? (long)st.nlink : (long)st.mode;
}

static long do_step(struct pca_task *task, const struct step *step)
{
	switch (step->call) {
	case PIN:
		return obj_pin(task, map_fd, step->path);
	case GET:
		return obj_get(task, step->path, step->arg);
	case MKDIR:
		return pca_mkdir(task, step->path, step->arg);
	case RMDIR:
		return pca_rmdir(task, step->path);
	case UNLINK:
		return pca_unlink(task, step->path);
	case RENAME:
		return pca_rename(task, step->path, step->other);
	case LINK:
		return pca_link(task, step->path, step->other);
	case SYMLINK:
		return pca_symlink(task, step->path, step->other);
	case CHMOD:
		return pca_chmod(task, step->path, step->arg);
	default:
		return do_stat(task, step);
	}
}

static void do_steps_as(struct pca_task *task, const struct step *steps, size_t nr)
{
	static const char *const names[] = { "pin",    "get",	 "mkdir", "rmdir",
					     "unlink", "rename", "link",  "symlink",
					     "chmod",  "nlink",	 "mode" };

	for (size_t i = 0; i < nr; i++) {
		row("step %zu: %s \"%.60s\" \"%.60s\" 0x%x", i, names[steps[i].call], steps[i].path,
		    steps[i].other ? steps[i].other : "", steps[i].arg);
		expect(do_step(task, &steps[i]), steps[i].want);
	}
}

#define do_steps(task, steps) do_steps_as(task, steps, ARRAY_LEN(steps))

START_TEST(a_pin_is_found_again_and_replaces_nothing)
{
	static const struct step steps[] = {
		{ PIN, "m", .want = 0 },
		{ PIN, "m", .want = -EEXIST },
		{ GET, "m", .want = 0 },
		{ GET, "/sys/fs/bpf/m", .want = 0 },
		{ GET, "nope", .want = -ENOENT },
		{ PIN, "nodir/x", .want = -ENOENT },
		{ PIN, "m/x", .want = -ENOTDIR },
		{ GET, "m/x", .want = -ENOTDIR },
		{ PIN, "/sys/fs/bpf", .want = -EEXIST },
		{ GET, "/sys/fs/bpf", .want = -EACCES },
		{ PIN, "q.r", .want = -EPERM },
		{ PIN, ".dot", .want = -EPERM },
		{ GET, "q.r", .want = -EPERM },
		{ GET, ".dot", .want = -EPERM },
		{ PIN, "/tmp/zz", .want = -EPERM },
		{ PIN, "/zz", .want = -EPERM },
		{ PIN, "/tmp", .want = -EEXIST },
		{ GET, "/tmp", .want = -EACCES },
		{ GET, "/tmp/zz", .want = -ENOENT },
		{ GET, "/tmp/z.z", .want = -ENOENT },
		{ CHECK_MODE, "m", .want = S_IFREG | 0600 },
		{ CHECK_NLINK, "m", .want = 1 },
		{ CHECK_MODE, "/sys/fs/bpf", .want = S_IFDIR | 01777 },
	};

	do_steps(w.task, steps);
}
END_TEST

START_TEST(directories_are_made_and_removed)
{
	static const struct step steps[] = {
		{ PIN, "m", .want = 0 },
		{ MKDIR, "d", .arg = 0755, .want = 0 },
		{ CHECK_MODE, "d", .want = S_IFDIR | 0755 },
		{ CHECK_NLINK, "d", .want = 2 },
		{ CHECK_NLINK, ".", .want = 3 },
		{ MKDIR, "d", .arg = 0755, .want = -EEXIST },
		{ MKDIR, "a.b", .arg = 0755, .want = -EPERM },
		{ MKDIR, ".h", .arg = 0755, .want = -EPERM },
		{ MKDIR, "m", .arg = 0755, .want = -EEXIST },
		{ MKDIR, "m/x", .arg = 0755, .want = -ENOTDIR },
		{ MKDIR, "nope/x", .arg = 0755, .want = -ENOENT },
		{ MKDIR, "dm", .arg = 07777, .want = 0 },
		{ CHECK_MODE, "dm", .want = S_IFDIR | 01777 },
		{ CHECK_NLINK, ".", .want = 4 },
		{ MKDIR, "xd/", .arg = 0755, .want = 0 },
		{ MKDIR, ".", .arg = 0755, .want = -EEXIST },
		{ MKDIR, "..", .arg = 0755, .want = -EEXIST },
		{ PIN, "d/sub", .want = 0 },
		{ RMDIR, "d", .want = -ENOTEMPTY },
		{ RMDIR, "m", .want = -ENOTDIR },
		{ RMDIR, "m/", .want = -ENOTDIR },
		{ RMDIR, "m/.", .want = -ENOTDIR },
		{ RMDIR, "dm", .want = 0 },
		{ RMDIR, "dm", .want = -ENOENT },
		{ RMDIR, "a.b", .want = -EPERM },
		{ RMDIR, "xd/.", .want = -EINVAL },
		{ RMDIR, ".", .want = -EINVAL },
		{ RMDIR, "xd/..", .want = -ENOTEMPTY },
		{ RMDIR, "nope/..", .want = -ENOENT },
		{ RMDIR, "xd/", .want = 0 },
		{ RMDIR, "/", .want = -EBUSY },
		{ RMDIR, "/.", .want = -EINVAL },
		{ RMDIR, "/sys/fs/bpf", .want = -EBUSY },
		{ CHECK_NLINK, ".", .want = 3 },
		{ UNLINK, "d", .want = -EISDIR },
		{ UNLINK, "d/", .want = -EISDIR },
		{ UNLINK, "m/", .want = -ENOTDIR },
		{ UNLINK, "nope", .want = -ENOENT },
		{ UNLINK, "nope/", .want = -ENOENT },
		{ UNLINK, "a.b", .want = -EPERM },
		{ UNLINK, ".", .want = -EISDIR },
		{ UNLINK, "..", .want = -EISDIR },
		{ UNLINK, "//", .want = -EISDIR },
		{ UNLINK, "d/sub", .want = 0 },
		{ GET, "d/sub", .want = -ENOENT },
		{ RMDIR, "d", .want = 0 },
	};

	do_steps(w.task, steps);
}
END_TEST

START_TEST(renaming_follows_the_kernels_rules)
{
	static const struct step steps[] = {
		{ PIN, "m", .want = 0 },
		{ PIN, "u", .want = 0 },
		{ PIN, "v", .want = 0 },
		{ MKDIR, "d", .arg = 0755, .want = 0 },
		{ MKDIR, "d/e", .arg = 0755, .want = 0 },
		{ MKDIR, "full", .arg = 0755, .want = 0 },
		{ PIN, "full/x", .want = 0 },
		{ MKDIR, "xd", .arg = 0755, .want = 0 },
		{ RENAME, "u", "u1", .want = 0 },
		{ GET, "u", .want = -ENOENT },
		{ GET, "u1", .want = 0 },
		{ RENAME, "u1", "v", .want = 0 },
		{ GET, "u1", .want = -ENOENT },
		{ RENAME, "v", "d/v", .want = 0 },
		{ GET, "d/v", .want = 0 },
		{ RENAME, "d/v", "d/v.w", .want = -EPERM },
		{ RENAME, "m", "full", .want = -EISDIR },
		{ RENAME, "full", "f.2", .want = -EPERM },
		{ RENAME, "xd", "full", .want = -ENOTEMPTY },
		{ RENAME, "xd", "m", .want = -ENOTDIR },
		{ RENAME, "d", "d/x", .want = -EINVAL },
		{ RENAME, "d", "d/e", .want = -EINVAL },
		{ RENAME, "d", "d/e/f", .want = -EINVAL },
		{ RENAME, "d/e", "d", .want = -ENOTEMPTY },
		{ RENAME, "m", "/tmp/zz", .want = -EXDEV },
		{ MKDIR, "/tmp/xd", .arg = 0755, .want = 0 },
		{ RENAME, "/tmp/xd", "/sys/fs/bpf", .want = -EBUSY },
		{ RENAME, "/sys/fs/bpf", "/tmp/xd", .want = -EBUSY },
		{ LINK, "/", "/tmp/root", .want = -EPERM },
		{ RENAME, "nope", "/tmp/zz", .want = -EXDEV },
		{ RENAME, "m", "/tmp/nodir/zz", .want = -ENOENT },
		{ RENAME, "nope", "zz", .want = -ENOENT },
		{ RENAME, "nope", "a.b", .want = -ENOENT },
		{ RENAME, "nope/", "x", .want = -ENOENT },
		{ RENAME, "m/", "x", .want = -ENOTDIR },
		{ RENAME, "m", "x/", .want = -ENOTDIR },
		{ RENAME, "m/", "d", .want = -ENOTDIR },
		{ RENAME, "d", "m/", .want = -ENOTDIR },
		{ RENAME, "xd", "y/", .want = 0 },
		{ RENAME, "y/", "xd", .want = 0 },
		{ RENAME, ".", "x", .want = -EBUSY },
		{ RENAME, "x", ".", .want = -EBUSY },
		{ RENAME, "m", ".", .want = -EBUSY },
		{ RENAME, "m", "..", .want = -EBUSY },
		{ RENAME, "d/..", "x", .want = -EBUSY },
		{ RENAME, "m", "m", .want = 0 },
		{ RENAME, "d", "d", .want = 0 },
		{ RENAME, "d", "d/", .want = 0 },
		{ RENAME, "m", "d/e/../n", .want = 0 },
		{ GET, "d/n", .want = 0 },
		{ RENAME, "d", "xd", .want = 0 },
		{ GET, "xd/n", .want = 0 },
		{ CHECK_NLINK, "xd", .want = 3 },
		{ CHECK_NLINK, ".", .want = 4 },
		{ RENAME, "/sys/fs/bpf", "/sys/fs/other", .want = -EBUSY },
		{ RMDIR, "xd/e/../e", .want = 0 },
		{ CHECK_NLINK, "xd", .want = 2 },
	};

	do_steps(w.task, steps);
}
END_TEST

START_TEST(links_share_the_object)
{
	static const struct step steps[] = {
		{ PIN, "m", .want = 0 },
		{ MKDIR, "d", .arg = 0755, .want = 0 },
		{ LINK, "m", "ml", .want = 0 },
		{ CHECK_NLINK, "m", .want = 2 },
		{ LINK, "m", "ml", .want = -EEXIST },
		{ LINK, "m", "m.l", .want = -EPERM },
		{ LINK, "d", "dl", .want = -EPERM },
		{ LINK, ".", "x", .want = -EPERM },
		{ LINK, "d", "m", .want = -EEXIST },
		{ LINK, "nope", "x", .want = -ENOENT },
		{ LINK, "nope", "a.b", .want = -ENOENT },
		{ LINK, "m/", "x", .want = -ENOTDIR },
		{ LINK, "m", "x/", .want = -ENOENT },
		{ LINK, "m", "/tmp/zz", .want = -EXDEV },
		{ LINK, "d", "/tmp/zz", .want = -EXDEV },
		{ LINK, "m", "/tmp", .want = -EEXIST },
		{ GET, "ml", .want = 0 },
		{ RENAME, "m", "ml", .want = 0 }, /* one inode: nothing happens */
		{ GET, "m", .want = 0 },
		{ UNLINK, "m", .want = 0 },
		{ CHECK_NLINK, "ml", .want = 1 },
		{ GET, "ml", .want = 0 },
	};

	do_steps(w.task, steps);
}
END_TEST

START_TEST(symlinks_are_followed_but_not_at_the_end_of_a_new_name)
{
	static const struct step steps[] = {
		{ PIN, "m", .want = 0 },
		{ MKDIR, "d", .arg = 0755, .want = 0 },
		{ SYMLINK, "m", "sl", .want = 0 },
		{ SYMLINK, "m", "sl", .want = -EEXIST },
		{ SYMLINK, "m", "s.l", .want = -EPERM },
		{ SYMLINK, "nope", "sd", .want = 0 },
		{ SYMLINK, "", "su", .want = -ENOENT },
		{ SYMLINK, "", "m", .want = -ENOENT },
		{ GET, "sl", .want = 0 },
		{ GET, "sd", .want = -ENOENT },
		{ GET, "sl/", .want = -ENOTDIR },
		{ GET, "sl/.", .want = -ENOTDIR },
		{ PIN, "sl", .want = -EEXIST },
		{ PIN, "sl/", .want = -EEXIST },
		{ PIN, "sd", .want = -EEXIST },
		{ PIN, "sd/", .want = -EEXIST },
		{ MKDIR, "sd", .arg = 0755, .want = -EEXIST },
		{ MKDIR, "sd/", .arg = 0755, .want = -EEXIST },
		{ SYMLINK, "/sys/fs/bpf/m", "/tmp/l.nk", .want = 0 },
		{ GET, "/tmp/l.nk", .want = 0 },
		{ SYMLINK, "lp", "lp", .want = 0 },
		{ GET, "lp", .want = -ELOOP },
		{ SYMLINK, "d", "sdir", .want = 0 },
		{ PIN, "sdir/via", .want = 0 },
		{ GET, "d/via", .want = 0 },
		{ SYMLINK, "..", "d/up", .want = 0 },
		{ GET, "d/up/m", .want = 0 },
		{ GET, "sdir/up/sdir/up/m", .want = 0 },
		{ RMDIR, "sdir", .want = -ENOTDIR },
		{ RMDIR, "sdir/", .want = -ENOTDIR },
		{ UNLINK, "sdir/", .want = -ENOTDIR },
		{ RENAME, "sdir/", "x", .want = -ENOTDIR },
		{ RENAME, "sl", "sl2", .want = 0 },
		{ GET, "sl2", .want = 0 },
		{ LINK, "sl2", "sl3", .want = 0 }, /* of the symlink, not of the pin */
		{ GET, "sl3", .want = 0 },
		{ CHECK_NLINK, "m", .want = 1 },
		{ UNLINK, "sl2", .want = 0 },
		{ GET, "m", .want = 0 },
	};

	do_steps(w.task, steps);
}
END_TEST

START_TEST(forty_symlinks_are_followed_and_no_more)
{
	char name[16], target[16];

	expect(obj_pin(w.task, map_fd, "m"), 0);
	expect(pca_symlink(w.task, "m", "c1"), 0);
	for (int i = 2; i <= 42; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		snprintf(target, sizeof(target), "c%d", i - 1);
		expect(pca_symlink(w.task, target, name), 0);
	}
	expect(obj_get(w.task, "c39", 0), 0);
	expect(obj_get(w.task, "c40", 0), 0);
	expect(obj_get(w.task, "c41", 0), -ELOOP);
	expect(obj_get(w.task, "c42", 0), -ELOOP);
}
END_TEST

START_TEST(odd_paths_give_the_kernels_errors)
{
	static const struct {
		const char *path;
		long pin, get;
	} rows[] = {
		{ "//", -EEXIST, -EACCES },
		{ "x/", -ENOENT, -ENOENT },
		{ "./x1", 0, 0 },
		{ "x1/..", -ENOTDIR, -ENOTDIR },
		{ "..", -EEXIST, -EACCES },
		{ ".", -EEXIST, -EACCES },
		{ "./", -EEXIST, -EACCES },
		{ "d2/../y1", 0, 0 },
		{ "d2//y2", 0, 0 },
		{ "d2/", -EEXIST, -EACCES },
		{ "m/", -EEXIST, -ENOTDIR },
		{ "m/.", -ENOTDIR, -ENOTDIR },
		{ "/", -EEXIST, -EACCES },
		{ "x9/y", -ENOENT, -ENOENT },
		{ "d2/..", -EEXIST, -EACCES },
		{ " sp", 0, 0 },
		{ "tab\t", 0, 0 },
		{ "\xc3\xa9", 0, 0 },
		{ "", -ENOENT, -ENOENT },
		{ "//sys//fs/.//bpf///z1", 0, 0 },
		{ "../../../../..", -EEXIST, -EACCES },
		{ "../../../sys/fs/bpf/z2", 0, 0 },
	};

	expect(pca_mkdir(w.task, "d2", 0755), 0);
	expect(obj_pin(w.task, map_fd, "m"), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		row("path \"%s\"", rows[i].path);
		expect(obj_pin(w.task, map_fd, rows[i].path), rows[i].pin);
		expect(obj_get(w.task, rows[i].path, 0), rows[i].get);
	}
}
END_TEST

START_TEST(names_end_at_255_bytes_and_paths_at_4095)
{
	char name[300], path[4400];

	memset(name, 'a', sizeof(name));
	name[255] = '\0';
	expect(obj_pin(w.task, map_fd, name), 0);
	expect(obj_get(w.task, name, 0), 0);
	name[255] = 'a';
	name[256] = '\0';
	expect(obj_pin(w.task, map_fd, name), -ENAMETOOLONG);
	expect(obj_get(w.task, name, 0), -ENAMETOOLONG);
	expect(pca_mkdir(w.task, name, 0755), -ENAMETOOLONG);
	expect(pca_symlink(w.task, "m", name), -ENAMETOOLONG);
	expect(pca_unlink(w.task, name), -ENAMETOOLONG);

	/* What is wrong before the name wins, a dot in it too. */
	expect(obj_pin(w.task, map_fd, "m"), 0);
	expect(pca_rename(w.task, "m", name), -ENAMETOOLONG);
	expect(pca_rename(w.task, "nope", name), -ENOENT);
	snprintf(path, sizeof(path), "m/%s", name);
	expect(obj_pin(w.task, map_fd, path), -ENOTDIR);
	expect(obj_get(w.task, path, 0), -ENOTDIR);
	snprintf(path, sizeof(path), "nope/%s", name);
	expect(obj_get(w.task, path, 0), -ENOENT);
	name[3] = '.';
	expect(obj_pin(w.task, map_fd, name), -EPERM);
	expect(obj_get(w.task, name, 0), -EPERM);

	memset(path, '/', sizeof(path));
	memcpy(path, PCA_BPFFS, strlen(PCA_BPFFS));
	strcpy(path + 4094, "m"); /* 4095 bytes */
	expect(obj_get(w.task, path, 0), 0);
	memset(path + strlen(PCA_BPFFS), '/', sizeof(path) - strlen(PCA_BPFFS));
	strcpy(path + 4095, "m"); /* 4096 bytes */
	expect(obj_get(w.task, path, 0), -ENAMETOOLONG);
	expect(obj_pin(w.task, map_fd, path), -ENAMETOOLONG);
	expect(pca_mkdir(w.task, path, 0755), -ENAMETOOLONG);
	path[4200] = '\0';
	expect(obj_pin(w.task, map_fd, path), -ENAMETOOLONG);

	memset(path, 'a', sizeof(path));
	path[4095] = '\0';
	expect(pca_symlink(w.task, path, "st"), 0);
	path[4095] = 'a';
	path[4096] = '\0';
	expect(pca_symlink(w.task, path, "su"), -ENAMETOOLONG);
}
END_TEST

/* ---- the order of checks ---- */

START_TEST(pin_checks_flags_then_fd_then_path)
{
	static const uint32_t bad_flags[] = { 1, 2, 4, 8, 0x10, 0x18, 0x20, 0x4008, 0x8000 };
	int foreign = open("/dev/null", O_RDONLY);

	for (size_t i = 0; i < ARRAY_LEN(bad_flags); i++) {
		row("file_flags 0x%x", bad_flags[i]);
		expect(obj_pin_at(w.task, map_fd, "f", bad_flags[i], 0), -EINVAL);
		expect(obj_pin_at(w.task, -1, (char *)8, bad_flags[i], 0), -EINVAL);
	}
	row("%s", "");
	expect(obj_pin_at(w.task, map_fd, "pf", 0, 5), -EINVAL);
	expect(obj_pin_at(w.task, -1, "pf", 0, 5), -EINVAL);

	expect(obj_pin(w.task, -1, (char *)8), -EINVAL);
	expect(obj_pin(w.task, PCA_FIRST_FD + 900, "bf"), -EINVAL);
	expect(obj_pin(w.task, foreign, "dn"), -EINVAL);
	expect(obj_pin(w.task, foreign, (char *)8), -EINVAL);
	expect(obj_pin(w.task, -1, "/tmp/zz"), -EINVAL);

	expect(obj_pin(w.task, map_fd, (char *)8), -EFAULT);
	expect(obj_pin(w.task, map_fd, NULL), -EFAULT);
	expect(obj_pin(w.task, map_fd, bad_pointer()), -EFAULT);
	expect(obj_pin(w.task, map_fd, ""), -ENOENT);
	close(foreign);
}
END_TEST

START_TEST(pin_and_get_read_only_their_part_of_the_attr)
{
	struct obj_attr attr = { (uintptr_t) "p", map_fd, 0, 5, 0 };

	/* path_fd is beyond 16 bytes: not seen. */
	expect(pca_bpf(w.task, BPF_OBJ_PIN, &attr, 16), 0);
	attr.path_fd = 0;
	attr.tail = 1;
	expect(pca_bpf(w.task, BPF_OBJ_PIN, &attr, 24), -EINVAL);
	attr.bpf_fd = -1;
	expect(pca_bpf(w.task, BPF_OBJ_PIN, &attr, 24), -EINVAL);
	attr.bpf_fd = 0;
	expect(pca_bpf(w.task, BPF_OBJ_GET, &attr, 24), -EINVAL);
	attr.tail = 0;
	expect_fd(pca_bpf(w.task, BPF_OBJ_GET, &attr, 24));
	/* Without its first bytes the path is NULL, the fd 0. */
	expect(pca_bpf(w.task, BPF_OBJ_GET, &attr, 0), -EFAULT);
}
END_TEST

START_TEST(a_path_may_end_where_memory_ends)
{
	char *path = guarded(2);

	memcpy(path, "m", 2);
	expect(obj_pin(w.task, map_fd, path), 0);
	expect(obj_get(w.task, path, 0), 0);
	path[1] = 'x'; /* no NUL before the bad page */
	expect(obj_pin(w.task, map_fd, path), -EFAULT);
	expect(obj_get(w.task, path, 0), -EFAULT);
}
END_TEST

START_TEST(get_checks_fd_and_flags_then_path)
{
	static const struct {
		uint32_t flags;
		long want;
	} rows[] = {
		{ 0, 0 },
		{ 1, -EINVAL },
		{ 2, -EINVAL },
		{ 4, -EINVAL },
		{ 8, 0 },
		{ 0x10, 0 },
		{ 0x18, -EINVAL },
		{ 0x20, -EINVAL },
		{ 0x4000, 0 },
		{ 0x4008, 0 },
		{ 0x4018, -EINVAL },
		{ 0x8000, -EINVAL },
		{ 0x10000, -EINVAL },
		{ 0x80000000, -EINVAL },
	};
	struct obj_attr attr = { .pathname = 8, .bpf_fd = 5 };

	expect(obj_pin(w.task, map_fd, "m"), 0);
	expect(obj_pin(w.task, load_program(w.task), "p"), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		row("file_flags 0x%x", rows[i].flags);
		expect(obj_get(w.task, PCA_BPFFS "/m", rows[i].flags), rows[i].want);
		expect(obj_get(w.task, PCA_BPFFS "/p", rows[i].flags), rows[i].want);
		expect(obj_get(w.task, PCA_BPFFS "/nope", rows[i].flags), rows[i].want ?: -ENOENT);
		expect(obj_get(w.task, (char *)8, rows[i].flags), rows[i].want ?: -EFAULT);
	}
	row("%s", "");
	expect(pca_bpf(w.task, BPF_OBJ_GET, &attr, OBJ_ATTR_END), -EINVAL);
	attr = (struct obj_attr){ .pathname = (uintptr_t) "m", .path_fd = 5 };
	expect(pca_bpf(w.task, BPF_OBJ_GET, &attr, OBJ_ATTR_END), -EINVAL);
}
END_TEST

START_TEST(path_fd_is_where_relative_paths_start)
{
	int foreign = open("/dev/null", O_RDONLY), d, removed;

	expect(pca_mkdir(w.task, "d", 0755), 0);
	d = expect_fd(pca_opendir(w.task, "d"));
	expect(obj_pin_at(w.task, map_fd, "rel", BPF_F_PATH_FD, d), 0);
	expect(obj_get(w.task, "d/rel", 0), 0);
	expect(pca_close(w.task, (int)obj_get_at(w.task, "rel", BPF_F_PATH_FD, d)), 0);
	expect_fd(obj_get_at(w.task, "rel", BPF_F_PATH_FD | BPF_F_RDONLY, d));
	expect(obj_get_at(w.task, "rel", BPF_F_PATH_FD, AT_FDCWD), -ENOENT);
	expect(obj_pin_at(w.task, map_fd, "../up", BPF_F_PATH_FD, d), 0);
	expect(obj_get(w.task, "up", 0), 0);
	expect(obj_pin_at(w.task, map_fd, "here", BPF_F_PATH_FD, AT_FDCWD), 0);
	expect(obj_get(w.task, "here", 0), 0);

	expect(obj_pin_at(w.task, map_fd, "x", BPF_F_PATH_FD, -1), -EBADF);
	expect(obj_pin_at(w.task, map_fd, "x", BPF_F_PATH_FD, 9999), -EBADF);
	expect(obj_pin_at(w.task, map_fd, "x", BPF_F_PATH_FD, foreign), -ENOTDIR);
	expect(obj_pin_at(w.task, map_fd, "x", BPF_F_PATH_FD, map_fd), -ENOTDIR);
	expect(obj_get_at(w.task, "x", BPF_F_PATH_FD, -1), -EBADF);
	expect(obj_get_at(w.task, "x", BPF_F_PATH_FD, map_fd), -ENOTDIR);
	expect(obj_pin_at(w.task, map_fd, PCA_BPFFS "/abs", BPF_F_PATH_FD, 9999), 0);
	expect(obj_get(w.task, "abs", 0), 0);

	/* A directory lives on behind its fd, but nothing can be made in it. */
	expect(pca_mkdir(w.task, "e", 0755), 0);
	removed = expect_fd(pca_opendir(w.task, "e"));
	expect(pca_rmdir(w.task, "e"), 0);
	expect(obj_pin_at(w.task, map_fd, "x", BPF_F_PATH_FD, removed), -ENOENT);
	expect(pca_close(w.task, removed), 0);
	expect(pca_opendir(w.task, "up"), -ENOTDIR);
	expect(pca_opendir(w.task, "nope"), -ENOENT);
	close(foreign);
}
END_TEST

START_TEST(a_directory_fd_is_neither_map_nor_program)
{
	int d = expect_fd(pca_opendir(w.task, ".")), len;
	uint32_t key = 0, info_len = 0;
	char value[64], text[256];
	struct pca_map_ref *map;
	struct pca_prog *prog;

	expect(cmd_lookup(w.task, d, &key, value, 0), -EBADF);
	expect(cmd_update(w.task, d, &key, value, 0), -EBADF);
	expect(cmd_freeze(w.task, d), -EBADF);
	expect(cmd_info(w.task, d, NULL, &info_len), -EBADFD);
	expect(obj_pin(w.task, d, "dir"), -EINVAL);
	expect(pca_map_get(w.task, d, &map), -EBADF);
	expect(pca_prog_get(w.task, d, &prog), -EBADF);
	expect(pca_fd_flags(w.task, d) & O_PATH, O_PATH);
	len = pca_fdinfo(w.task, d, text, sizeof(text));
	expect(len > 0, 1);
	expect(strstr(text, "map_type") == NULL, 1);
}
END_TEST

/* ---- what a pin holds ---- */

START_TEST(content_survives_closing_all_fds)
{
	size_t bytes = lookup_bytes(&w, 8);
	unsigned char value[64], got[64];
	uint32_t key = 2, id = id_of_map(w.task, map_fd), next;
	int fd;

	fill(value, bytes, 1);
	expect(cmd_update(w.task, map_fd, &key, value, 0), 0);
	expect(obj_pin(w.task, map_fd, "m"), 0);
	expect(pca_link(w.task, "m", "ml"), 0);
	expect(pca_close(w.task, map_fd), 0);
	expect(pca_task_open_fds(w.task), 0);

	fd = expect_fd(obj_get_at(w.task, "m", 0, 0));
	expect(id_of_map(w.task, fd), id);
	expect(cmd_lookup(w.task, fd, &key, got, 0), 0);
	expect_bytes(got, value, bytes);
	expect(pca_close(w.task, fd), 0);

	expect(pca_unlink(w.task, "m"), 0);
	next = 0;
	expect(cmd_next_id(w.task, 0, &next), 0);
	expect(next, id);
	expect(pca_unlink(w.task, "ml"), 0);
	expect(cmd_next_id(w.task, 0, &next), -ENOENT);
	expect(cmd_fd_by_id(w.task, id, 0), -ENOENT);
	expect(pca_machine_memory_bytes(w.machine), 0);
}
END_TEST

START_TEST(a_replaced_pin_lets_go_of_its_object)
{
	int other = percpu_map(&w, 8, 1);
	uint32_t id = id_of_map(w.task, map_fd), other_id = id_of_map(w.task, other);
	int fd;

	expect(obj_pin(w.task, map_fd, "m"), 0);
	expect(obj_pin(w.task, other, "o"), 0);
	expect(pca_close(w.task, map_fd), 0);
	expect(pca_close(w.task, other), 0);
	expect(pca_rename(w.task, "o", "m"), 0);
	expect(cmd_fd_by_id(w.task, id, 0), -ENOENT);
	fd = expect_fd(obj_get_at(w.task, "m", 0, 0));
	expect(id_of_map(w.task, fd), other_id);
}
END_TEST

START_TEST(access_comes_from_the_get_not_from_the_creation)
{
	uint64_t value[2] = { 1, 2 };
	uint32_t key = 0;
	int ro = expect_fd(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, BPF_F_RDONLY));
	int wo = expect_fd(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, BPF_F_WRONLY));
	int fd;

	expect(obj_pin(w.task, ro, "mr"), 0);
	expect(obj_pin(w.task, wo, "mw"), 0);
	fd = expect_fd(obj_get_at(w.task, "mr", 0, 0));
	expect(pca_fd_flags(w.task, fd) & O_ACCMODE, O_RDWR);
	expect(cmd_update(w.task, fd, &key, value, 0), 0);
	expect(cmd_lookup(w.task, fd, &key, value, 0), 0);

	fd = expect_fd(obj_get_at(w.task, "mw", BPF_F_RDONLY, 0));
	expect(pca_fd_flags(w.task, fd) & O_ACCMODE, O_RDONLY);
	expect(cmd_update(w.task, fd, &key, value, 0), -EPERM);
	expect(cmd_lookup(w.task, fd, &key, value, 0), 0);
	expect(obj_pin(w.task, fd, "again"), 0);

	fd = expect_fd(obj_get_at(w.task, "mr", BPF_F_WRONLY, 0));
	expect(pca_fd_flags(w.task, fd) & O_ACCMODE, O_WRONLY);
	expect(cmd_lookup(w.task, fd, &key, value, 0), -EPERM);
	expect(cmd_update(w.task, fd, &key, value, 0), 0);
	fd = expect_fd(obj_get_at(w.task, "again", 0, 0));
	expect(cmd_update(w.task, fd, &key, value, 0), 0);
}
END_TEST

START_TEST(a_program_can_be_pinned)
{
	int fd = load_program(w.task);
	struct pca_prog *prog;
	uint32_t key = 0;

	expect(obj_pin(w.task, fd, "p"), 0);
	expect(pca_close(w.task, fd), 0);
	fd = expect_fd(obj_get_at(w.task, "p", 0, 0));
	expect(pca_prog_get(w.task, fd, &prog), 0);
	pca_prog_put(prog);
	expect(cmd_lookup(w.task, fd, &key, &key, 0), -EINVAL);
}
END_TEST

START_TEST(a_machine_may_end_with_pins_and_directories)
{
	expect(obj_pin(w.task, map_fd, "m"), 0);
	expect(pca_mkdir(w.task, "d", 0755), 0);
	expect(pca_mkdir(w.task, "d/e", 0755), 0);
	expect(obj_pin(w.task, load_program(w.task), "d/e/p"), 0);
	expect(pca_symlink(w.task, "d", "s"), 0);
	expect_fd(pca_opendir(w.task, "d/e"));
}
END_TEST

/* ---- permissions ---- */

static struct pca_task *nobody(void)
{
	struct pca_task_opts opts = {
		.size = sizeof(opts),
		.dropped_caps = ~0ULL,
		.uid = 65534,
		.gid = 65534,
	};
	struct pca_task *task;

	expect(pca_task_create(&task, w.machine, &opts), 0);
	return task;
}

START_TEST(mode_bits_hold_for_tasks_without_dac_override)
{
	static const struct step by_root[] = {
		{ PIN, "m", .want = 0 },
		{ PIN, "m666", .want = 0 },
		{ CHMOD, "m666", .arg = 0666, .want = 0 },
		{ PIN, "m444", .want = 0 },
		{ CHMOD, "m444", .arg = 0444, .want = 0 },
		{ CHECK_MODE, "m444", .want = S_IFREG | 0444 },
		{ PIN, "m222", .want = 0 },
		{ CHMOD, "m222", .arg = 0222, .want = 0 },
		{ MKDIR, "priv", .arg = 0700, .want = 0 },
		{ PIN, "priv/x", .want = 0 },
		{ MKDIR, "d", .arg = 0755, .want = 0 },
		{ MKDIR, "d/e", .arg = 0755, .want = 0 },
		{ GET, "m222", .want = 0 }, /* root needs no bits */
	};
	static const struct step by_nobody[] = {
		{ GET, "m", .want = -EACCES },
		{ CHMOD, "m", .arg = 0777, .want = -EPERM },
		{ GET, "m666", .want = 0 },
		{ GET, "m666", .arg = BPF_F_RDONLY, .want = 0 },
		{ GET, "m444", .want = -EACCES },
		{ GET, "m444", .arg = BPF_F_RDONLY, .want = 0 },
		{ GET, "m444", .arg = BPF_F_WRONLY, .want = -EACCES },
		{ GET, "m222", .want = -EACCES },
		{ GET, "m222", .arg = BPF_F_WRONLY, .want = 0 },
		{ GET, "m222", .arg = BPF_F_RDONLY, .want = -EACCES },
		{ GET, "nope", .want = -ENOENT },
		{ GET, "priv/x", .want = -EACCES },
		{ GET, "priv/nope", .want = -EACCES },
		{ GET, ".", .want = -EACCES },
		{ PIN, "/zz", .want = -EPERM },
		{ PIN, "/tmp/zz", .want = -EPERM },
		{ PIN, "d/x", .want = -EACCES },
		{ PIN, "d/e", .want = -EEXIST },
		{ PIN, "d/a.b", .want = -EPERM },
		{ PIN, "priv/y", .want = -EACCES },
		{ UNLINK, "m", .want = -EPERM },
		{ RENAME, "m", "zz", .want = -EPERM },
		{ RENAME, "m", "d/zz", .want = -EPERM },
		{ RMDIR, "d/e", .want = -EACCES },
		{ RMDIR, "d", .want = -EPERM },
		{ UNLINK, "nope", .want = -ENOENT },
		{ UNLINK, "d/nope", .want = -ENOENT },
		{ MKDIR, "d/nd", .arg = 0700, .want = -EACCES },
		{ MKDIR, "d/e", .arg = 0700, .want = -EEXIST },
		{ MKDIR, "nd", .arg = 0700, .want = 0 },
		{ RMDIR, "m", .want = -EPERM },
		{ UNLINK, "d", .want = -EPERM },
		{ SYMLINK, "m", "d/q", .want = -EACCES },
		{ RENAME, "nope", "d/q", .want = -ENOENT },
		{ RENAME, "nd", "d/e", .want = -EACCES },
		{ RENAME, "nd", "m", .want = -EPERM },
		{ PIN, "nx", .want = 0 },
		{ GET, "nx", .want = 0 },
		{ CHMOD, "nx", .arg = 0, .want = 0 },
		{ GET, "nx", .want = -EACCES }, /* the owner's bits hold for the owner */
		{ UNLINK, "nx", .want = 0 },
	};
	struct pca_task *task = nobody();
	struct pca_stat st;

	do_steps(w.task, by_root);
	map_fd = expect_fd(obj_get_at(task, "m666", 0, 0));
	do_steps(task, by_nobody);
	row("%s", "");
	expect(pca_stat(task, "nd", &st), 0);
	expect(st.uid, 65534);
	expect(st.gid, 65534);
	expect(pca_stat(task, "m", &st), 0);
	expect(st.uid, 0);
	expect(pca_readdir(task, "priv", NULL, NULL), -EACCES);
}
END_TEST

START_TEST(group_bits_hold_for_the_group)
{
	struct pca_task_opts opts = {
		.size = sizeof(opts),
		.dropped_caps = PCA_CAP_DAC_OVERRIDE,
		.uid = 7,
		.gid = 0,
	};
	struct pca_task *task;

	expect(pca_task_create(&task, w.machine, &opts), 0);
	expect(obj_pin(w.task, map_fd, "m"), 0);
	expect(obj_get(task, "m", 0), -EACCES);
	expect(pca_chmod(w.task, "m", 0660), 0);
	expect(obj_get(task, "m", 0), 0);
	/* The group's bits, even when others have more. */
	expect(pca_chmod(w.task, "m", 0606), 0);
	expect(obj_get(task, "m", 0), -EACCES);
}
END_TEST

/* ---- listing ---- */

struct listing {
	char text[128];
	unsigned int calls, stop_at;
};

static int add_name(void *arg, const char *name)
{
	struct listing *listing = arg;

	strcat(listing->text, name);
	strcat(listing->text, " ");
	return ++listing->calls == listing->stop_at ? 42 : 0;
}

START_TEST(readdir_tells_names_oldest_first)
{
	struct listing all = { .stop_at = 0 }, some = { .stop_at = 2 }, none = { .stop_at = 1 };

	expect(obj_pin(w.task, map_fd, "b"), 0);
	expect(pca_mkdir(w.task, "d", 0755), 0);
	expect(obj_pin(w.task, map_fd, "a"), 0);
	expect(pca_readdir(w.task, ".", add_name, &all), 0);
	ck_assert_str_eq(all.text, "b d a ");
	expect(pca_readdir(w.task, PCA_BPFFS, add_name, &some), 42);
	ck_assert_str_eq(some.text, "b d ");
	expect(pca_readdir(w.task, "d", add_name, &none), 0);
	ck_assert_str_eq(none.text, "");
	expect(pca_readdir(w.task, "a", add_name, &none), -ENOTDIR);
	expect(pca_readdir(w.task, "nope", add_name, &none), -ENOENT);
}
END_TEST

START_TEST(inode_numbers_tell_pins_apart)
{
	struct pca_stat a, b, link;

	expect(obj_pin(w.task, map_fd, "a"), 0);
	expect(obj_pin(w.task, map_fd, "b"), 0);
	expect(pca_link(w.task, "a", "l"), 0);
	expect(pca_symlink(w.task, "a", "s"), 0);
	expect(pca_stat(w.task, "a", &a), 0);
	expect(pca_stat(w.task, "b", &b), 0);
	expect(a.ino != b.ino, 1);
	expect(pca_stat(w.task, "l", &link), 0);
	expect(link.ino, a.ino);
	expect(pca_stat(w.task, "s", &link), 0);
	expect(link.ino, a.ino);
	expect(pca_stat(w.task, "nope", &link), -ENOENT);
}
END_TEST

START_TEST(machines_share_no_tree)
{
	struct world other = world_open("0", PCA_DIRECT);

	expect(obj_pin(w.task, map_fd, "m"), 0);
	expect(obj_get(other.task, "m", 0), -ENOENT);
	world_close(&other);
}
END_TEST

START_TEST(get_needs_a_free_fd)
{
	struct pca_task_opts opts = { .size = sizeof(opts), .max_fds = 1 };
	struct pca_task *task;

	expect(obj_pin(w.task, map_fd, "m"), 0);
	expect(pca_task_create(&task, w.machine, &opts), 0);
	expect(obj_get_at(task, "m", 0, 0), PCA_FIRST_FD);
	expect(obj_get_at(task, "m", 0, 0), -EMFILE);
	expect(obj_get_at(task, "nope", 0, 0), -ENOENT);
	expect(pca_opendir(task, "."), -EMFILE);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("bpffs");
	TCase *tree = add_case(suite, "tree"), *order = add_case(suite, "order"),
	      *objects = add_case(suite, "objects"), *rights = add_case(suite, "permissions");

	tcase_add_checked_fixture(tree, open_world, close_world);
	tcase_add_test(tree, a_pin_is_found_again_and_replaces_nothing);
	tcase_add_test(tree, directories_are_made_and_removed);
	tcase_add_test(tree, renaming_follows_the_kernels_rules);
	tcase_add_test(tree, links_share_the_object);
	tcase_add_test(tree, symlinks_are_followed_but_not_at_the_end_of_a_new_name);
	tcase_add_test(tree, forty_symlinks_are_followed_and_no_more);
	tcase_add_test(tree, odd_paths_give_the_kernels_errors);
	tcase_add_test(tree, names_end_at_255_bytes_and_paths_at_4095);
	tcase_add_test(tree, readdir_tells_names_oldest_first);
	tcase_add_test(tree, inode_numbers_tell_pins_apart);
	tcase_add_test(tree, machines_share_no_tree);

	tcase_add_checked_fixture(order, open_world, close_world);
	tcase_add_test(order, pin_checks_flags_then_fd_then_path);
	tcase_add_test(order, pin_and_get_read_only_their_part_of_the_attr);
	tcase_add_test(order, a_path_may_end_where_memory_ends);
	tcase_add_test(order, get_checks_fd_and_flags_then_path);
	tcase_add_test(order, get_needs_a_free_fd);
	tcase_add_test(order, path_fd_is_where_relative_paths_start);
	tcase_add_test(order, a_directory_fd_is_neither_map_nor_program);

	tcase_add_checked_fixture(objects, open_world, close_world);
	tcase_add_test(objects, content_survives_closing_all_fds);
	tcase_add_test(objects, a_replaced_pin_lets_go_of_its_object);
	tcase_add_test(objects, access_comes_from_the_get_not_from_the_creation);
	tcase_add_test(objects, a_program_can_be_pinned);
	tcase_add_test(objects, a_machine_may_end_with_pins_and_directories);

	tcase_add_checked_fixture(rights, open_world, close_world);
	tcase_add_test(rights, mode_bits_hold_for_tasks_without_dac_override);
	tcase_add_test(rights, group_bits_hold_for_the_group);
	return suite;
}

TEST_MAIN(make_suite)
