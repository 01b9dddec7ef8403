// SPDX-License-Identifier: MIT
/*
 * Generated commands on objects: freeze, info, ids, fds, pins.
 */
#include <inttypes.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "gen_ops.h"

#define NEXT_ID 4 /* next_id, which FDBYID ignores */
#define GET_FD 8  /* bpf_fd, which GET wants to be 0 */

void gen_freeze(struct trace_gen *gen)
{
	struct gen_target target = gen_target(gen, true);
	const struct gen_handle *handle = &gen->shadow.handles[target.handle % GEN_HANDLES];

	gen_attr(gen, 8, 4, 8);
	if (target.is_open && handle->is_writable)
		gen->shadow.maps[handle->map].is_frozen = true;
}

void gen_info(struct trace_gen *gen)
{
	static const uint32_t lens[] = { 0,  4,	 8,   24,  40,	64,  80,  84,	88,   90,
					 96, 99, 100, 101, 104, 105, 200, 4095, 4096, 4097 };
	struct gen_text *text = &gen->text;

	gen_target(gen, false);
	gen_printf(text, " info_len=%" PRIu32, gen_chance(text, 40) ? 80 : gen_pick(text, lens));
	gen_attr(gen, 16, 16, 8);
}

static bool is_mode(uint32_t flags)
{
	return !flags || flags == BPF_F_RDONLY || flags == BPF_F_WRONLY;
}

static uint32_t open_flags(struct trace_gen *gen)
{
	static const uint32_t odd[] = { 1, 2, 4, 0x20, 0x80, 0x100, 0x4000, 0x80000000, 0x18 };
	static const uint32_t modes[] = { 0, 0, 0, BPF_F_RDONLY, BPF_F_WRONLY };

	return gen_chance(&gen->text, 90) ? gen_pick(&gen->text, modes) : gen_pick(&gen->text, odd);
}

void gen_fd_by_id(struct trace_gen *gen)
{
	static const uint32_t no_ids[] = { 0, 0x7fffffff, 0x80000000, UINT32_MAX };
	struct gen_text *text = &gen->text;
	uint32_t nr = gen_shadow_handles(&gen->shadow), from = nr ? gen_below(text, nr) : 0;
	uint32_t flags = open_flags(gen), map = GEN_NO_MAP;

	/* Most numbers are of closed handles. */
	for (uint32_t i = 0; i < 8 && nr && gen->shadow.handles[from].map == GEN_NO_MAP; i++)
		from = gen_below(text, nr);
	if (nr && gen_chance(text, 92)) {
		map = gen->shadow.handles[from].map;
		gen_printf(text, " id=of:h%" PRIu32, from);
	} else {
		gen_printf(text, " id=%" PRIu32, gen_pick(text, no_ids));
	}
	gen_printf(text, " open_flags=0x%" PRIx32 " new=h%" PRIu32, flags,
		   gen_shadow_open(&gen->shadow, is_mode(flags) ? map : GEN_NO_MAP,
				   flags != BPF_F_RDONLY));
	gen_attr_with(gen, 12, 12, 4, NEXT_ID);
}

/* Only ids that no map has: whoever else makes maps here does not matter. */
void gen_next_id(struct trace_gen *gen)
{
	static const uint32_t starts[] = { 0x7ffffffe, 0x7fffffff, 0x80000000, UINT32_MAX - 1,
					   UINT32_MAX };

	gen_printf(&gen->text, " start=%" PRIu32, gen_pick(&gen->text, starts));
	gen_attr(gen, 8, 8, 8);
}

static bool is_of_frozen_map(const struct trace_gen *gen, uint32_t number)
{
	uint32_t map = gen->shadow.handles[number].map;

	return map != GEN_NO_MAP && gen->shadow.maps[map].is_frozen;
}

void gen_close(struct trace_gen *gen)
{
	struct gen_text *text = &gen->text;
	uint32_t nr = gen_shadow_handles(&gen->shadow), number = nr ? gen_below(text, nr) : 0;

	for (uint32_t i = 0; i < nr && gen->shadow.handles[number].map == GEN_NO_MAP; i++)
		number = (number + 1) % nr;
	/* Frozen maps have less to show than others. */
	for (uint32_t i = 0; i < nr && gen_chance(text, 95); i++) {
		if (is_of_frozen_map(gen, (number + i) % nr)) {
			number = (number + i) % nr;
			break;
		}
	}
	if (!nr || gen_chance(text, 2)) {
		gen_printf(text, " h=-1");
		return;
	}
	if (gen_chance(text, 10))
		number = gen_below(text, nr);
	gen_printf(text, " h=h%" PRIu32, number);
	gen_shadow_close(&gen->shadow, number);
}

void gen_dup(struct trace_gen *gen)
{
	uint32_t nr = gen_shadow_handles(&gen->shadow), number = nr ? gen_below(&gen->text, nr) : 0;
	const struct gen_handle *handle = &gen->shadow.handles[number];

	for (uint32_t i = 0; i < 8 && nr && handle->map == GEN_NO_MAP; i++) {
		number = gen_below(&gen->text, nr);
		handle = &gen->shadow.handles[number];
	}
	gen_printf(&gen->text, nr ? " h=h%" PRIu32 : " h=-1", number);
	gen_printf(&gen->text, " new=h%" PRIu32,
		   gen_shadow_open(&gen->shadow, handle->map, handle->is_writable));
}

/* A path; the number of the pin it names, or GEN_PINS for one that is no good. */
static uint32_t add_path(struct trace_gen *gen)
{
	static const char *const odd[] = { "",	   ".",	    "p1/",  "p0/x",	"nodir/x", "nodir/",
					   "a.b",  ".p1",   "p.",   "./p2",	".//p3",   "./p4/.",
					   "p1//", "nodir", "p-_+", "nodir/a.b" };
	struct gen_text *text = &gen->text;
	uint32_t chance = gen_below(text, 100), pin = gen_below(text, GEN_PINS);

	if (chance < 88) {
		gen_printf(text, " path=\"p%" PRIu32 "\"", pin);
		return pin;
	}
	if (chance < 97) {
		gen_printf(text, " path=\"%s\"", gen_pick(text, odd));
	} else {
		static const uint32_t lens[] = { 255, 256, 4095, 4096 };
		uint32_t len = gen_pick(text, lens);
		const char *piece = len > 256 ? "/." : "n";

		gen_printf(text, " path=\"%s", len > 256 ? "." : "");
		for (uint32_t i = len > 256; i < len; i += (uint32_t)strlen(piece))
			gen_printf(text, "%s", piece);
		gen_printf(text, "\"");
	}
	return GEN_PINS;
}

static uint32_t file_flags(struct trace_gen *gen, bool has_modes)
{
	static const uint32_t odd[] = { 1, 2, 4, 0x20, 0x80, 0x8000, 0x80000000, 0x18 };
	static const uint32_t modes[] = { 0, 0, BPF_F_RDONLY, BPF_F_WRONLY };

	if (gen_chance(&gen->text, 8))
		return gen_pick(&gen->text, odd);
	if (gen_chance(&gen->text, 5))
		return BPF_F_PATH_FD | (has_modes ? gen_pick(&gen->text, modes) : 0);
	return has_modes || gen_chance(&gen->text, 4) ? gen_pick(&gen->text, modes) : 0;
}

/* path_fd: one that is not open; the standard input, no directory; or none at all. */
static void add_path_fd(struct trace_gen *gen)
{
	struct gen_text *text = &gen->text;

	if (gen_chance(text, 10))
		return;
	gen_printf(text, " attr_size=%d", gen_chance(text, 80) ? 20 : 24);
	if (gen_chance(text, 60))
		gen_printf(text, " attr_byte=%d:7f", gen_chance(text, 80) ? 17 : 19);
}

void gen_pin(struct trace_gen *gen)
{
	struct gen_target target = gen_target(gen, false);
	bool is_bad = gen_chance(&gen->text, 3);
	uint32_t pin = GEN_PINS, flags = file_flags(gen, false);

	if (is_bad)
		gen_bad_pointer(&gen->text, "path");
	else
		pin = add_path(gen);
	gen_printf(&gen->text, " file_flags=0x%" PRIx32, flags);
	if (flags & BPF_F_PATH_FD)
		add_path_fd(gen);
	else
		gen_attr(gen, 16, 16, 16);
	if (target.is_open && pin < GEN_PINS && !flags)
		gen_shadow_pin(&gen->shadow, pin, gen->shadow.handles[target.handle].map);
}

void gen_get(struct trace_gen *gen)
{
	uint32_t pin = GEN_PINS, flags = file_flags(gen, true), map = GEN_NO_MAP;

	if (gen_chance(&gen->text, 3))
		gen_bad_pointer(&gen->text, "path");
	else
		pin = add_path(gen);
	if (pin < GEN_PINS && is_mode(flags))
		map = gen->shadow.pins[pin];
	gen_printf(&gen->text, " file_flags=0x%" PRIx32 " new=h%" PRIu32, flags,
		   gen_shadow_open(&gen->shadow, map, flags != BPF_F_RDONLY));
	if (flags & BPF_F_PATH_FD)
		add_path_fd(gen);
	else
		gen_attr_with(gen, 16, 16, 16, GET_FD);
}

void gen_unlink(struct trace_gen *gen)
{
	uint32_t pin = add_path(gen);

	if (pin < GEN_PINS)
		gen_shadow_unpin(&gen->shadow, pin);
}
