// SPDX-License-Identifier: MIT
/*
 * Commands. A table says where the fields of each attr are and of what kind;
 * what they hold, how long the attr is and where it lies comes from the input.
 */
#include "fuzz_bpf.h"

#include "attr.h"

/* Where the attr's field comes from. */
enum field_kind {
	FIELD_NUMBER,
	FIELD_RARE, /* 0 nearly always: it refuses at once */
	FIELD_FD,
	FIELD_FLAGS,
	FIELD_MAP_TYPE,
	FIELD_MAP_FLAGS,
	FIELD_NAME,
	/* From here on no other byte may get into the field. */
	FIELD_POINTER,
	FIELD_KEY,
	FIELD_PATH,
	FIELD_REPEAT,
	FIELD_VALUE_SIZE,
	FIELD_KEY_SIZE, /* a hash has any; no key that is placed has more than 4 bytes */
};

struct field {
	uint16_t offset;
	uint8_t width, kind;
};

#define FIELD(type, member, kind)                                                               \
	{                                                                                       \
		offsetof(struct type, member), sizeof(((struct type *)0)->member), FIELD_##kind \
	}
#define MOST_FIELDS 17

struct command {
	const char *name;
	int cmd;
	uint16_t size; /* of the attr, usually */
	bool gives_fd;
	bool for_direct;   /* all that it reads or writes fits into large_buffer() */
	const int *errnos; /* beyond those of bad arguments */
	struct field fields[MOST_FIELDS];
};

#define ERRNOS(...) ((const int[]){ __VA_ARGS__, NO_MORE })
#define PATH_ERRNOS ENOENT, ENOTDIR, EEXIST, EACCES, ENAMETOOLONG, ELOOP, EBADF

#define ELEM_FIELDS                                               \
	FIELD(elem_attr, map_fd, FD), FIELD(elem_attr, key, KEY), \
		FIELD(elem_attr, value, POINTER), FIELD(elem_attr, flags, FLAGS)
#define BATCH_FIELDS                                                                  \
	FIELD(batch_attr, in_batch, KEY), FIELD(batch_attr, out_batch, POINTER),      \
		FIELD(batch_attr, keys, POINTER), FIELD(batch_attr, values, POINTER), \
		FIELD(batch_attr, count, NUMBER), FIELD(batch_attr, map_fd, FD),      \
		FIELD(batch_attr, elem_flags, FLAGS), FIELD(batch_attr, flags, FLAGS)
#define OBJ_FIELDS                                                               \
	FIELD(obj_attr, pathname, PATH), FIELD(obj_attr, file_flags, MAP_FLAGS), \
		FIELD(obj_attr, path_fd, RARE)

static const struct command commands[] = {
	{ "MAP_CREATE",
	  BPF_MAP_CREATE,
	  72,
	  true,
	  true,
	  ERRNOS(EBADF, ENOMEM, EMFILE, EOPNOTSUPP, ENOSPC),
	  { FIELD(map_create_attr, map_type, MAP_TYPE), FIELD(map_create_attr, key_size, KEY_SIZE),
	    FIELD(map_create_attr, value_size, VALUE_SIZE),
	    FIELD(map_create_attr, max_entries, NUMBER),
	    FIELD(map_create_attr, map_flags, MAP_FLAGS),
	    FIELD(map_create_attr, inner_map_fd, RARE), FIELD(map_create_attr, numa_node, RARE),
	    FIELD(map_create_attr, map_name, NAME), FIELD(map_create_attr, map_ifindex, RARE),
	    FIELD(map_create_attr, btf_fd, RARE), FIELD(map_create_attr, btf_key_type_id, RARE),
	    FIELD(map_create_attr, btf_value_type_id, RARE),
	    FIELD(map_create_attr, btf_vmlinux_value_type_id, RARE),
	    FIELD(map_create_attr, map_extra, RARE), FIELD(map_create_attr, map_token_fd, RARE),
	    FIELD(map_create_attr, excl_prog_hash, POINTER),
	    FIELD(map_create_attr, excl_prog_hash_size, RARE) } },
	{ "MAP_LOOKUP_ELEM",
	  BPF_MAP_LOOKUP_ELEM,
	  32,
	  false,
	  false,
	  ERRNOS(EBADF, ENOENT, ERANGE),
	  { ELEM_FIELDS } },
	{ "MAP_UPDATE_ELEM",
	  BPF_MAP_UPDATE_ELEM,
	  32,
	  false,
	  false,
	  ERRNOS(EBADF, EEXIST, ENOENT, ENOMEM, ERANGE),
	  { ELEM_FIELDS } },
	{ "MAP_DELETE_ELEM",
	  BPF_MAP_DELETE_ELEM,
	  16,
	  false,
	  true,
	  ERRNOS(EBADF, ENOENT),
	  { ELEM_FIELDS } },
	{ "MAP_GET_NEXT_KEY",
	  BPF_MAP_GET_NEXT_KEY,
	  24,
	  false,
	  true,
	  ERRNOS(EBADF, ENOENT),
	  { ELEM_FIELDS } },
	{ "MAP_LOOKUP_AND_DELETE_ELEM",
	  BPF_MAP_LOOKUP_AND_DELETE_ELEM,
	  32,
	  false,
	  false,
	  ERRNOS(EBADF, ENOENT, ENOMEM, PCA_ENOTSUPP),
	  { ELEM_FIELDS } },
	{ "MAP_LOOKUP_BATCH",
	  BPF_MAP_LOOKUP_BATCH,
	  56,
	  false,
	  false,
	  ERRNOS(EBADF, ENOENT, ENOMEM, ENOSPC, ERANGE, PCA_ENOTSUPP),
	  { BATCH_FIELDS } },
	{ "MAP_UPDATE_BATCH",
	  BPF_MAP_UPDATE_BATCH,
	  56,
	  false,
	  false,
	  ERRNOS(EBADF, ENOMEM, ERANGE, PCA_ENOTSUPP),
	  { BATCH_FIELDS } },
	{ "MAP_DELETE_BATCH",
	  BPF_MAP_DELETE_BATCH,
	  56,
	  false,
	  false,
	  ERRNOS(EBADF, ENOENT, PCA_ENOTSUPP),
	  { BATCH_FIELDS } },
	{ "MAP_LOOKUP_AND_DELETE_BATCH",
	  BPF_MAP_LOOKUP_AND_DELETE_BATCH,
	  56,
	  false,
	  false,
	  ERRNOS(EBADF, ENOENT, ENOMEM, ENOSPC, PCA_ENOTSUPP),
	  { BATCH_FIELDS } },
	{ "MAP_FREEZE",
	  BPF_MAP_FREEZE,
	  4,
	  false,
	  true,
	  ERRNOS(EBADF, EBUSY),
	  { FIELD(elem_attr, map_fd, FD) } },
	{ "OBJ_GET_INFO_BY_FD",
	  BPF_OBJ_GET_INFO_BY_FD,
	  16,
	  false,
	  true,
	  ERRNOS(EBADFD),
	  { FIELD(info_attr, bpf_fd, FD), FIELD(info_attr, info_len, NUMBER),
	    FIELD(info_attr, info, POINTER) } },
	{ "MAP_GET_NEXT_ID",
	  BPF_MAP_GET_NEXT_ID,
	  8,
	  false,
	  true,
	  ERRNOS(ENOENT),
	  { FIELD(id_attr, id, NUMBER), FIELD(id_attr, next_id, RARE) } },
	{ "MAP_GET_FD_BY_ID",
	  BPF_MAP_GET_FD_BY_ID,
	  12,
	  true,
	  true,
	  ERRNOS(ENOENT, EMFILE),
	  { FIELD(id_attr, id, NUMBER), FIELD(id_attr, next_id, RARE),
	    FIELD(id_attr, open_flags, MAP_FLAGS) } },
	{ "OBJ_PIN",
	  BPF_OBJ_PIN,
	  16,
	  false,
	  true,
	  ERRNOS(PATH_ERRNOS),
	  { OBJ_FIELDS, FIELD(obj_attr, bpf_fd, FD) } },
	{ "OBJ_GET",
	  BPF_OBJ_GET,
	  16,
	  true,
	  true,
	  ERRNOS(PATH_ERRNOS, EMFILE),
	  { OBJ_FIELDS, FIELD(obj_attr, bpf_fd, RARE) } },
	{ "PROG_TEST_RUN",
	  BPF_PROG_TEST_RUN,
	  76,
	  false,
	  false,
	  ERRNOS(EBADF, PCA_ENOTSUPP, ENXIO, ENOSPC, ENOMEM),
	  { FIELD(test_attr, prog_fd, FD), FIELD(test_attr, retval, RARE),
	    FIELD(test_attr, data_size_in, NUMBER), FIELD(test_attr, data_size_out, NUMBER),
	    FIELD(test_attr, data_in, POINTER), FIELD(test_attr, data_out, POINTER),
	    FIELD(test_attr, repeat, REPEAT), FIELD(test_attr, duration, RARE),
	    FIELD(test_attr, ctx_size_in, NUMBER), FIELD(test_attr, ctx_size_out, NUMBER),
	    FIELD(test_attr, ctx_in, POINTER), FIELD(test_attr, ctx_out, POINTER),
	    FIELD(test_attr, flags, RARE), FIELD(test_attr, cpu, RARE),
	    FIELD(test_attr, batch_size, RARE) } },
};

/* ---- fields ---- */

static uint64_t take_rare(struct input *in, uint64_t usual)
{
	uint8_t choice = take_u8(in);

	return choice < 0xe0 ? usual : take_number(in);
}

static uint64_t take_map_flags(struct input *in)
{
	static const uint32_t flags[] = {
		BPF_F_NUMA_NODE,
		BPF_F_RDONLY,
		BPF_F_WRONLY,
		BPF_F_RDONLY_PROG,
		BPF_F_WRONLY_PROG,
		BPF_F_INNER_MAP,
		BPF_F_MMAPABLE,
		BPF_F_PATH_FD,
		BPF_F_TOKEN_FD,
		BPF_F_NO_PREALLOC,
		BPF_F_RDONLY | BPF_F_WRONLY_PROG,
	};
	uint8_t choice = take_u8(in);

	if (choice < 0x60)
		return 0;
	if (choice < 0xe0)
		return flags[choice % ARRAY_LEN(flags)];
	return take_u32(in);
}

static uint32_t take_map_type(struct input *in)
{
	uint8_t choice = take_u8(in);

	if (choice >= 0xe0)
		return BPF_MAP_TYPE_HASH;
	return choice & 1 ? BPF_MAP_TYPE_ARRAY : BPF_MAP_TYPE_PERCPU_ARRAY;
}

static uint64_t take_key(struct input *in)
{
	uint8_t choice = take_u8(in);

	if (choice < 0xb0)
		return place_key(choice % 16);
	return choice < 0xc0 ? place_key(take_u32(in)) : take_pointer(in);
}

/* A direct task follows pointers plainly: they are good, or near zero. */
static uint64_t take_safe_pointer(struct input *in)
{
	uint8_t choice = take_u8(in);

	return choice < 0xe0 ? (uintptr_t)large_buffer().bytes : (uint64_t)(choice & 1) * 4095;
}

static uint64_t take_path_pointer(struct input *in)
{
	char path[MOST_PATH_BYTES];

	take_path(in, path);
	return where_text(path);
}

static uint64_t take_pointer_for(struct input *in, bool is_direct, enum field_kind kind)
{
	if (kind == FIELD_PATH && (is_direct || take_u8(in) < 0xe0))
		return take_path_pointer(in);
	if (is_direct)
		return take_safe_pointer(in);
	return kind == FIELD_KEY ? take_key(in) : take_pointer(in);
}

static uint64_t take_field(const struct world *w, struct input *in, bool is_direct,
			   const struct field *field)
{
	switch ((enum field_kind)field->kind) {
	case FIELD_NUMBER:
		return take_number(in);
	case FIELD_RARE:
		return take_rare(in, 0);
	case FIELD_KEY_SIZE:
		return take_rare(in, 0) % 5;
	case FIELD_FD:
		return (uint32_t)take_fd(in);
	case FIELD_FLAGS:
		return take_flags(in);
	case FIELD_MAP_TYPE:
		return take_rare(in, take_map_type(in));
	case FIELD_MAP_FLAGS:
		return take_map_flags(in);
	case FIELD_REPEAT:
		return take_u8(in) & 15; /* more only takes time */
	case FIELD_VALUE_SIZE:
		return w->is_huge ? take_u8(in) : take_number(in);
	default:
		return take_pointer_for(in, is_direct, (enum field_kind)field->kind);
	}
}

static void take_name(struct input *in, unsigned char *name)
{
	if (take_u8(in) >= 0xc0)
		take_bytes(in, name, OBJ_NAME_BYTES);
	else
		memcpy(name, "abc", 4);
}

static void fill_attr(const struct world *w, struct input *in, bool is_direct,
		      const struct command *command, unsigned char *attr)
{
	for (int i = 0; i < MOST_FIELDS && command->fields[i].width; i++) {
		const struct field *field = &command->fields[i];

		if (field->kind == FIELD_NAME) {
			take_name(in, attr + field->offset);
			continue;
		}
		uint64_t value = take_field(w, in, is_direct, field);

		memcpy(attr + field->offset, &value, field->width);
	}
	/* The size of a key is 4, mostly; and a hash is not asked for. */
	if (command->cmd == BPF_MAP_CREATE && take_u8(in) < 0xf0) {
		uint32_t key_size = 4;
		uint64_t no_hash = 0;

		memcpy(attr + offsetof(struct map_create_attr, key_size), &key_size, 4);
		memcpy(attr + offsetof(struct map_create_attr, excl_prog_hash), &no_hash, 8);
	}
}

static bool is_protected(const struct command *command, size_t offset)
{
	for (int i = 0; i < MOST_FIELDS && command->fields[i].width; i++) {
		const struct field *field = &command->fields[i];

		if (field->kind >= FIELD_POINTER && offset >= field->offset &&
		    offset < (size_t)field->offset + field->width)
			return true;
	}
	return false;
}

/* Change bytes anywhere, but for those that pointers are made of. */
static void poke(struct input *in, const struct command *command, unsigned char *attr, size_t size)
{
	uint8_t choice = take_u8(in);

	if (choice < 0xd0)
		return;
	for (int i = 0; i <= (choice & 3); i++) {
		size_t offset = choice & 4 ? take_u16(in) : take_u8(in);
		uint8_t byte = take_u8(in);

		if (offset < size && !is_protected(command, offset))
			attr[offset] = byte;
	}
}

/* An attr that ends inside a pointer would make another one of it. */
static void drop_cut_pointers(const struct command *command, unsigned char *attr, size_t size)
{
	for (int i = 0; i < MOST_FIELDS && command->fields[i].width; i++) {
		const struct field *field = &command->fields[i];

		if (field->kind >= FIELD_POINTER && size < (size_t)field->offset + field->width)
			memset(attr + field->offset, 0, field->width);
	}
}

static uint32_t take_attr_size(struct input *in, uint32_t usual)
{
	static const uint16_t sizes[] = { 64, 72, 80, 92, 96, 120, 144, 152, 168, 176, 4096 };
	uint8_t choice = take_u8(in);

	if (choice < 0xb0)
		return usual;
	if (choice < 0xd0)
		return sizes[choice % ARRAY_LEN(sizes)];
	return choice < 0xf0 ? take_u8(in) : take_u16(in) % MOST_PLACED_BYTES;
}

/* ---- commands ---- */

static void check_result(const struct world *w, int task, const struct command *command, long ret)
{
	if (ret < 0)
		check_error(command->name, ret, command->errnos);
	else if (command->gives_fd)
		check_fd(w, task, ret);
	else
		FUZZ_CHECK(ret == 0, "%s gave %ld", command->name, ret);
}

/* The same command with a log. */
static long call_with_log(struct input *in, struct pca_task *task, int cmd, void *attr,
			  uint32_t size)
{
	struct common_attr common = {
		.log_buf = take_pointer(in),
		.log_size = (uint32_t)take_number(in),
		.log_level = take_u8(in),
	};
	uint32_t common_size = take_u8(in);
	unsigned char *placed = large_buffer().bytes;
	void *at = take_u8(in) < 0xf0 ? placed : (void *)(uintptr_t)take_pointer(in);

	memcpy(placed, &common, sizeof(common));
	if (common_size < 0xc0)
		common_size = sizeof(common);
	return pca_bpf_common(task, cmd | BPF_COMMON_ATTRS, attr, size, at, common_size);
}

static bool takes_log(struct input *in, bool is_direct)
{
	return take_u8(in) >= 0xf0 && !is_direct;
}

void op_command(struct world *w, struct input *in)
{
	const struct command *command = &commands[take_u8(in) % ARRAY_LEN(commands)];
	unsigned char whole[MOST_PLACED_BYTES] = { 0 }, *attr;
	int index = take_u8(in) % (command->for_direct ? NR_TASKS : NR_CHECKED_TASKS);
	uint32_t size = take_attr_size(in, command->size);
	bool is_direct = index == TASK_DIRECT;
	long ret;

	fill_attr(w, in, is_direct, command, whole);
	poke(in, command, whole, size);
	drop_cut_pointers(command, whole, size);
	/* Results are written back also beyond a short attr: a direct one has room. */
	attr = place_attr(is_direct && size < command->size ? command->size : size);
	memcpy(attr, whole, size);
	if (takes_log(in, is_direct))
		ret = call_with_log(in, w->tasks[index], command->cmd, attr, size);
	else
		ret = pca_bpf(w->tasks[index], command->cmd, attr, size);
	check_result(w, index, command, ret);
}

static bool is_simulated(int cmd)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (commands[i].cmd == (cmd & ~BPF_COMMON_ATTRS))
			return true;
	}
	return false;
}

/* Any other command, with any bytes and any size, at any place. */
void op_unknown_command(struct world *w, struct input *in)
{
	int index;
	struct pca_task *task = take_checked_task(w, in, &index);
	int cmd = take_u8(in) < 0xc0 ? take_u8(in) : (int)take_u32(in);
	uint32_t placed_bytes = take_u8(in),
		 size = take_u8(in) < 0xc0 ? placed_bytes : take_u32(in);
	unsigned char *attr = place_attr(placed_bytes);

	take_bytes(in, attr, placed_bytes);
	if (take_u8(in) >= 0xc0)
		attr = (unsigned char *)(uintptr_t)take_pointer(in);
	if (is_simulated(cmd))
		return;

	long ret = pca_bpf(task, cmd, attr, size);

	FUZZ_CHECK(ret < 0, "command %d gave %ld", cmd, ret);
	check_error("unknown command", ret, ERRNOS(EINVAL));
}

/* ---- commands that know how long the caller's buffers are, of a direct task ---- */

void op_known_lookup(struct world *w, struct input *in)
{
	int fd = take_fd(in);
	const void *key = (void *)(uintptr_t)place_key(take_u8(in) % 16);
	struct buffer value = take_buffer(in);
	int ret = pca_map_lookup(w->tasks[TASK_DIRECT], fd, key, value.bytes, value.size,
				 take_flags(in));

	check_error("pca_map_lookup", ret, ERRNOS(EBADF, ENOENT, ERANGE));
}

void op_known_update(struct world *w, struct input *in)
{
	int fd = take_fd(in);
	const void *key = (void *)(uintptr_t)place_key(take_u8(in) % 16);
	struct buffer value = take_buffer(in);
	int ret = pca_map_update(w->tasks[TASK_DIRECT], fd, key, value.bytes, value.size,
				 take_flags(in));

	check_error("pca_map_update", ret, ERRNOS(EBADF, EEXIST, ENOENT, ENOMEM, ERANGE));
}

void op_known_batch(struct world *w, struct input *in)
{
	static const int cmds[] = { BPF_MAP_LOOKUP_BATCH, BPF_MAP_UPDATE_BATCH,
				    BPF_MAP_DELETE_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH };
	int cmd = cmds[take_u8(in) % ARRAY_LEN(cmds)];
	struct buffer keys = take_buffer(in), values = take_buffer(in);
	uint8_t start = take_u8(in);
	struct batch_attr attr = {
		.in_batch = start & 1 ? place_key(start >> 1) : 0,
		.keys = (uintptr_t)keys.bytes,
		.values = (uintptr_t)values.bytes,
		.count = (uint32_t)take_number(in),
		.map_fd = take_fd(in),
		.elem_flags = take_flags(in),
		.flags = take_flags(in),
	};
	unsigned char *placed = place_attr(sizeof(attr) + 8);

	attr.out_batch = (uintptr_t)placed + sizeof(attr);
	memcpy(placed, &attr, sizeof(attr));
	check_error("pca_map_batch",
		    pca_map_batch(w->tasks[TASK_DIRECT], cmd, placed, sizeof(attr),
				  (struct pca_batch_bytes){ keys.size, values.size }),
		    ERRNOS(EBADF, ENOENT, ENOMEM, ENOSPC, ERANGE, PCA_ENOTSUPP));
}
