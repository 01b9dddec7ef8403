// SPDX-License-Identifier: MIT
/*
 * What is said when a checked run does what it may not: which memory it was, whose, and
 * what Linux's verifier says of such a program. The verifier's words are those of 6.18
 * (check_map_access(), check_ptr_alignment() and their like in kernel/bpf/verifier.c).
 */
#include "checked.h"

#include <linux/bpf.h>
#include <string.h>

#include "checked_places.h"
#include "frame.h"
#include "machine.h"
#include "message.h"
#include "task.h"

/* What comes right behind a value was meant to be it: this far. */
#define BESIDE_BYTES 64

/* A violation, and the words for its message. */
struct report {
	struct pca_violation v;
	char place[160]; /* "key 0 of map \"counts\" (id 1)" */
	char why[200];
};

#define SAY(to, ...) snprintf(to, sizeof(to), __VA_ARGS__)

static void begin(struct report *r, const struct run_frame *frame, const struct access *access)
{
	memset(r, 0, sizeof(*r));
	r->v.cpu = frame->cpu->id;
	r->v.context = frame->context;
	r->v.prog_id = frame->prog->object.id;
	memcpy(r->v.prog_name, frame->prog->name, sizeof(r->v.prog_name));
	r->v.access = access->access;
	r->v.bytes = access->bytes < UINT32_MAX ? (uint32_t)access->bytes : UINT32_MAX;
	r->v.addr = access->addr;
	r->v.pc = access->pc;
	if (access->helper)
		SAY(r->v.helper, "%s", access->helper);
	r->v.line = checked_source_line(frame->checked.object, access->pc, r->v.file,
					sizeof(r->v.file));
}

static void is(struct report *r, enum pca_violation_kind kind, int err)
{
	r->v.kind = kind;
	r->v.err = err;
}

static bool reads(const struct report *r)
{
	return r->v.access & (PCA_READ | PCA_ATOMIC);
}

static bool writes(const struct report *r)
{
	return r->v.access & (PCA_WRITE | PCA_ATOMIC);
}

/* ---- values of maps ---- */

static void name_map(struct report *r, const struct map_place *place)
{
	r->v.map_id = place->id;
	memcpy(r->v.map_name, place->name, sizeof(r->v.map_name));
	r->v.value_size = place->value_size;
}

static void name_element(struct report *r, const struct run_frame *frame,
			 const struct map_place *place)
{
	name_map(r, place);
	r->v.has_key = place->has_key;
	r->v.key = place->key;
	r->v.offset = place->offset;
	r->v.copy_cpu = place->stride && place->machine == frame->cpu->machine
				? cpu_of_slab(place->machine, place->slab)
				: frame->cpu->id;
	if (!place->has_key && !place->has_indices)
		SAY(r->place, "offset %lld of a value of map \"%s\" (id %u)",
		    (long long)r->v.offset, place->name, place->id);
	else if (place->has_key)
		SAY(r->place, "offset %u of key %u of map \"%s\" (id %u)", place->offset,
		    place->key, place->name, place->id);
	else
		SAY(r->place, "map \"%s\" (id %u), outside its elements", place->name, place->id);
}

/* Linux: check_map_access_type(). The right comes before the range. */
static bool lacks_right(struct report *r, const struct map_place *place)
{
	bool may_not_read = reads(r) && (place->flags & BPF_F_WRONLY_PROG);
	bool may_not_write = writes(r) && (place->flags & BPF_F_RDONLY_PROG);

	if (!may_not_read && !may_not_write)
		return false;
	is(r, PCA_VIOLATION_RIGHT, -EACCES);
	SAY(r->why, "the map has %s, which forbids programs to %s",
	    may_not_read ? "BPF_F_WRONLY_PROG" : "BPF_F_RDONLY_PROG",
	    may_not_read ? "read" : "write");
	SAY(r->v.verifier, "%s map forbidden, value_size=%u off=%lld size=%u",
	    may_not_read ? "read from" : "write into", r->v.value_size, (long long)r->v.offset,
	    r->v.bytes);
	return true;
}

static void say_range(struct report *r, int64_t off)
{
	SAY(r->v.verifier, "invalid access to map value, value_size=%u off=%lld size=%u",
	    r->v.value_size, (long long)off, r->v.bytes);
}

/* Some bytes are of a value that this run was given: a right of the map, or its end. */
static void judge_given_value(struct report *r, const struct map_place *place)
{
	if (lacks_right(r, place))
		return;
	is(r, PCA_VIOLATION_RANGE, -EACCES);
	SAY(r->why, "the value ends after %u bytes%s", place->value_size,
	    r->v.offset + r->v.bytes <= place->elem_size ? ", what follows is padding" : "");
	say_range(r, r->v.offset);
}

/*
 * What the program has most likely calculated from: a value it was given of the same copy
 * of the map. *nr tells how many it was given of the map at all.
 */
static const struct grant *nearest_grant(const struct checked_run *run,
					 const struct map_place *place, size_t *nr)
{
	const char *copy = place->base + place->slab * place->stride;
	const char *at = copy + (uint64_t)place->key * place->elem_size;
	const struct grant *below = NULL, *above = NULL;

	*nr = 0;
	for (const struct grant *g = run->grants; g < run->grants + run->nr_grants; g++) {
		if (g->map->object.id != place->id)
			continue;
		++*nr;
		if (!place->has_indices)
			continue; /* elements have no order */
		if (place->stride && g->slab != place->slab)
			continue; /* another CPU's copy */
		if (g->start <= at || !place->has_key)
			below = g;
		else if (!above)
			above = g;
	}
	return below ? below : above;
}

/* An element of one of this machine's maps, not given to this run. */
static void judge_other_element(struct report *r, const struct run_frame *frame,
				const struct map_place *place)
{
	size_t nr;
	const struct grant *nearest = nearest_grant(&frame->checked, place, &nr);

	if (nearest) {
		is(r, place->has_key ? PCA_VIOLATION_ELEM : PCA_VIOLATION_RANGE, -EACCES);
		SAY(r->why, "this run looked up key %u, and nothing beyond its %u bytes is given",
		    nearest->key, place->value_size);
		say_range(r, (const char *)r->v.addr - nearest->start);
		return;
	}
	SAY(r->v.verifier, "R1 invalid mem access 'scalar'");
	if (place->stride && place->slab != frame->cpu->slab) {
		is(r, PCA_VIOLATION_OTHER_CPU, -EFAULT);
		SAY(r->why,
		    "it is CPU %u's copy, which no helper gave to this run: a pointer is good on "
		    "its CPU, in its run",
		    r->v.copy_cpu);
		return;
	}
	is(r, nr ? PCA_VIOLATION_ELEM : PCA_VIOLATION_KEPT, -EFAULT);
	SAY(r->why, "this run did not look it up: a pointer is good until its run ends");
}

static void judge_map(struct report *r, const struct run_frame *frame,
		      const struct map_place *place)
{
	const struct grant *grant = checked_grant_below(&frame->checked, r->v.addr);
	bool is_foreign = place->machine != frame->cpu->machine;

	name_element(r, frame, place);
	if (!place->is_freed && !is_foreign && grant && grant->map->object.id == place->id &&
	    (const char *)r->v.addr < grant->start + place->elem_size) {
		judge_given_value(r, place);
		return;
	}
	if (!place->is_freed && !is_foreign) {
		judge_other_element(r, frame, place);
		return;
	}
	SAY(r->v.verifier, "R1 invalid mem access 'scalar'");
	is(r, place->is_freed ? PCA_VIOLATION_FREED : PCA_VIOLATION_MACHINE, -EFAULT);
	SAY(r->why, "%s",
	    place->is_freed ? "the map is gone: a pointer is good until its run ends"
			    : "the map is another machine's");
}

/*
 * What lies beside a value that this run was given by a map whose elements are anywhere,
 * and which no map knows.
 */
static bool judge_beside_value(struct report *r, const struct run_frame *frame)
{
	const struct grant *grant = checked_grant_below(&frame->checked, r->v.addr);
	struct map_place place = { 0 };

	if (!grant || map_has_indices(grant->map) ||
	    (const char *)r->v.addr >= grant->start + grant->map->value_size + BESIDE_BYTES)
		return false;
	map_place_of(grant->map, &place);
	place.offset = (uint32_t)((const char *)r->v.addr - grant->start);
	place.has_key = grant->map->key_size == sizeof(place.key);
	place.key = grant->key;
	name_element(r, frame, &place);
	judge_given_value(r, &place);
	return true;
}

/* ---- what is not a map's ---- */

/* A variable in SEC(".maps"): helpers take its address, and nobody looks into it. */
static void judge_definition(struct report *r, const struct section *section)
{
	is(r, PCA_VIOLATION_DEFINITION, -EACCES);
	r->v.offset = (const char *)r->v.addr - section->start;
	SAY(r->place, "offset %lld of %s", (long long)r->v.offset, section->name);
	SAY(r->why, "a map's definition is for helpers only");
	SAY(r->v.verifier, "%s",
	    writes(r) ? "only read from bpf_array is supported"
		      : "R1 invalid mem access 'map_ptr'");
}

/* Linux keeps .data, .bss and .rodata in maps of one element each. */
static void judge_section(struct report *r, const struct section *section)
{
	r->v.offset = (const char *)r->v.addr - section->start;
	r->v.value_size = (uint32_t)(section->end - section->start);
	SAY(r->place, "offset %lld of %s", (long long)r->v.offset, section->name);
	if (section->kind == SECTION_CONSTANTS && writes(r) &&
	    (const char *)r->v.addr + r->v.bytes <= section->end) {
		is(r, PCA_VIOLATION_RIGHT, -EACCES);
		SAY(r->why, "constants are not written");
		SAY(r->v.verifier, "write into map forbidden, value_size=%u off=%lld size=%u",
		    r->v.value_size, (long long)r->v.offset, r->v.bytes);
		return;
	}
	is(r, PCA_VIOLATION_GLOBAL, -EACCES);
	SAY(r->why, "%s ends after %u bytes", section->name, r->v.value_size);
	say_range(r, r->v.offset);
}

static void judge_object(struct report *r, const struct checked_object *object)
{
	const struct section *section = checked_section(object, r->v.addr);

	if (section && section->kind == SECTION_MAPS) {
		judge_definition(r, section);
	} else if (section &&
		   (section->kind == SECTION_VARIABLES || section->kind == SECTION_CONSTANTS)) {
		judge_section(r, section);
	} else {
		is(r, PCA_VIOLATION_GLOBAL, -EFAULT);
		SAY(r->place, "%p in %s", r->v.addr, section ? section->name : "the object");
		SAY(r->why, "%s",
		    section && section->kind == SECTION_CODE
			    ? "it is the program's code"
			    : "no variable of the program is there");
		SAY(r->v.verifier, "R1 invalid mem access 'scalar'");
	}
}

static void judge_stack(struct report *r, const struct stack_part *part)
{
	r->v.offset = (const char *)r->v.addr - part->high;
	SAY(r->place, "offset %lld from where the program's stack begins", (long long)r->v.offset);
	SAY(r->v.verifier, "invalid %s stack R10 off=%lld size=%u",
	    writes(r) ? "write to" : "read from", (long long)r->v.offset, r->v.bytes);
	if (part->key && r->v.addr == part->key) {
		is(r, PCA_VIOLATION_RIGHT, -EACCES);
		SAY(r->place, "the key that bpf_for_each_map_elem gave");
		SAY(r->why, "a callback may only read it");
		SAY(r->v.verifier, "write to change key R2 not allowed");
		return;
	}
	is(r, PCA_VIOLATION_STACK, -EFAULT);
	SAY(r->why, "the program's own part is from %lld to 0",
	    (long long)(part->low - part->high));
}

/* The library's own frames above the program's stack are larger. */
#define LIBRARY_BYTES 512

/* Near enough to be the stack that the run is on. Threads' stacks are found by no call. */
static bool is_near_stack(const struct checked_run *run, const char *addr)
{
	const long reach = 1 << 20;

	return addr - run->stack->low > -reach && addr - run->first.high < reach;
}

/* Farther up there are the variables of who called for the run: it may be given these. */
static bool is_for_reading(const struct report *r, const struct run_frame *frame)
{
	const struct checked_run *run = &frame->checked;
	const char *addr = r->v.addr;

	return !writes(r) &&
	       (!is_near_stack(run, addr) || addr > run->first.high + LIBRARY_BYTES) &&
	       typed_argument_rights(frame, addr, r->v.bytes);
}

/*
 * The context or the packet, and a right that it does not give, or what follows it.
 * Linux: check_packet_access(), bpf_prog_ops->is_valid_access().
 */
static bool judge_context(struct report *r, const struct run_frame *frame)
{
	const char *addr = r->v.addr;
	const struct context_place at = context_place(frame, addr);

	if (!at.start)
		return false;
	r->v.offset = addr - at.start;
	SAY(r->place, "offset %lld of the %s", (long long)r->v.offset,
	    at.is_packet ? "packet" : "context");
	if ((size_t)r->v.offset + r->v.bytes <= at.bytes) {
		is(r, PCA_VIOLATION_RIGHT, -EACCES);
		SAY(r->why, "programs of this type may %s it",
		    writes(r) ? "only read" : "not read");
	} else {
		is(r, at.is_packet ? PCA_VIOLATION_PACKET : PCA_VIOLATION_CONTEXT, -EACCES);
		SAY(r->why, "it ends after %zu bytes", at.bytes);
	}
	if (!at.is_packet)
		SAY(r->v.verifier, "invalid bpf_context access off=%lld size=%u",
		    (long long)r->v.offset, r->v.bytes);
	else if (r->v.kind == PCA_VIOLATION_RIGHT)
		SAY(r->v.verifier, "cannot write into packet");
	else
		SAY(r->v.verifier,
		    "invalid access to packet, off=%lld size=%u, R1(id=0,off=%lld,r=0)",
		    (long long)r->v.offset, r->v.bytes, (long long)r->v.offset);
	return true;
}

static bool reads_zeros(const struct report *r, const struct run_frame *frame)
{
	return !writes(r) && !*r->v.helper && kernel_null_reads_zeros(frame);
}

static void judge_null(struct report *r, const struct run_frame *frame)
{
	const bool is_vouched_for = kernel_vouches_for_arguments(frame) && !frame->lookup_gave_null;

	is(r, PCA_VIOLATION_NULL, -EFAULT);
	r->v.offset = (int64_t)(uintptr_t)r->v.addr;
	SAY(r->place, "%s", r->v.offset ? "an offset from NULL" : "NULL");
	SAY(r->why, "%s",
	    is_vouched_for ? "an argument that may be NULL has to be looked at; where the "
			     "verifier does not ask for that, the kernel itself faults"
			   : "a lookup may give NULL, which the program has to look for");
	SAY(r->v.verifier, "%s",
	    is_vouched_for ? "R1 invalid mem access 'trusted_ptr_or_null_'"
			   : "R0 invalid mem access 'map_value_or_null'");
}

/* ---- all ---- */

/* False: it is the kernel's, and may be read. */
static bool judge(struct report *r, const struct run_frame *frame)
{
	const char *addr = r->v.addr;
	struct map_place place = { 0 };

	if (is_near_null(addr)) {
		if (reads_zeros(r, frame))
			return false;
		judge_null(r, frame);
	} else if (checked_object_holds(frame->checked.object, addr)) {
		judge_object(r, frame->checked.object);
	} else if (find_map_place(frame->cpu->machine, addr, &place)) {
		judge_map(r, frame, &place);
	} else if (judge_beside_value(r, frame)) {
		return true;
	} else if (judge_context(r, frame)) {
		return true;
	} else if (is_for_reading(r, frame)) {
		return false;
	} else if (is_near_stack(&frame->checked, addr)) {
		judge_stack(r, frame->checked.stack);
	} else {
		is(r, PCA_VIOLATION_MEMORY, -EFAULT);
		SAY(r->place, "%p", (const void *)addr);
		SAY(r->why, "it is no memory of the program");
		SAY(r->v.verifier, "R1 invalid mem access 'scalar'");
	}
	return true;
}

static const char *access_name(uint32_t access)
{
	return access & PCA_ATOMIC  ? "atomic operation on"
	       : access & PCA_WRITE ? "write of"
				    : "read of";
}

static const char *base_name(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

/* "program \"count\" on CPU 2, count.bpf.c:12, in bpf_map_update_elem: ". */
static size_t say_where(struct report *r)
{
	char *text = r->v.text;
	size_t size = sizeof(r->v.text);
	size_t n = (size_t)snprintf(text, size, "program %u \"%s\" on CPU %u", r->v.prog_id,
				    r->v.prog_name, r->v.cpu);

	if (r->v.line)
		n += (size_t)snprintf(text + n, size - n, ", %s:%u", base_name(r->v.file),
				      r->v.line);
	if (*r->v.helper)
		n += (size_t)snprintf(text + n, size - n, ", in %s", r->v.helper);
	return n;
}

static void keep(struct pca_machine *machine, const struct pca_violation *violation)
{
	if (run_context.violation)
		*run_context.violation = *violation;
	pthread_mutex_lock(&machine->violations_lock);
	machine->nr_violations++;
	machine->last_violation = *violation; /* no allocation: this may be in a signal handler */
	pthread_mutex_unlock(&machine->violations_lock);
}

/* r->v.text is complete. */
static void tell(struct report *r, struct run_frame *frame)
{
	keep(frame->cpu->machine, &r->v);
	message_error("%s", r->v.text);
	frame_stop(frame, r->v.err);
}

void checked_refuse(struct run_frame *frame, const struct access *access)
{
	struct report r;
	size_t n;

	begin(&r, frame, access);
	if (!judge(&r, frame)) {
		checked_see_kernel(frame, access);
		return;
	}
	n = say_where(&r);
	snprintf(r.v.text + n, sizeof(r.v.text) - n,
		 "%s%s: %s %u byte%s at %s: %s. Linux's verifier: \"%s\"",
		 access->argument ? " for its " : "", access->argument ? access->argument : "",
		 access_name(r.v.access), r.v.bytes, r.v.bytes == 1 ? "" : "s", r.place, r.why,
		 r.v.verifier);
	tell(&r, frame);
}

void checked_refuse_argument(struct run_frame *frame, const struct access *access, const char *why,
			     const char *verifier)
{
	struct report r;
	size_t n;

	begin(&r, frame, access);
	is(&r, PCA_VIOLATION_ARGUMENT, -EACCES);
	SAY(r.v.verifier, "%s", verifier);
	n = say_where(&r);
	snprintf(r.v.text + n, sizeof(r.v.text) - n, ": its %s %s. Linux's verifier: \"%s\"",
		 access->argument, why, verifier);
	tell(&r, frame);
}

void checked_refuse_write(struct run_frame *frame, const struct access *access,
			  const struct pca_map *map)
{
	struct map_place place = { 0 };
	struct report r;
	size_t n;

	begin(&r, frame, access);
	map_place_of(map, &place);
	name_map(&r, &place);
	is(&r, PCA_VIOLATION_RIGHT, -EACCES);
	SAY(r.v.verifier, "write into map forbidden");
	n = say_where(&r);
	snprintf(r.v.text + n, sizeof(r.v.text) - n,
		 ": map \"%s\" (id %u) has BPF_F_RDONLY_PROG, which forbids programs to write. "
		 "Linux's verifier: \"%s\"",
		 place.name, place.id, r.v.verifier);
	tell(&r, frame);
}

void checked_refuse_fault(struct run_frame *frame, const char *addr)
{
	const struct access access = { .addr = addr, .access = PCA_WRITE };
	struct map_place place = { 0 };
	struct report r;
	size_t n;

	if (!find_map_place(frame->cpu->machine, addr, &place) || place.is_freed ||
	    !(place.flags & BPF_F_RDONLY_PROG))
		return;
	begin(&r, frame, &access);
	name_element(&r, frame, &place);
	is(&r, PCA_VIOLATION_RIGHT, -EACCES);
	SAY(r.v.verifier, "write into map forbidden");
	n = say_where(&r);
	snprintf(r.v.text + n, sizeof(r.v.text) - n,
		 ": store at %s: the map has BPF_F_RDONLY_PROG, which forbids programs to write. "
		 "Linux's verifier: \"%s\"",
		 r.place, r.v.verifier);
	tell(&r, frame);
}

void checked_refuse_zeros(struct run_frame *frame, const char *addr)
{
	const struct access access = { .addr = addr, .access = PCA_READ };
	struct report r;
	size_t n;

	begin(&r, frame, &access);
	is(&r, PCA_VIOLATION_NULL, -EFAULT);
	r.v.offset = (int64_t)(uintptr_t)addr;
	n = say_where(&r);
	snprintf(r.v.text + n, sizeof(r.v.text) - n,
		 ": read at %lld from NULL: Linux gives 0 there, which this instruction of the "
		 "compiler cannot be given here; look for NULL before",
		 (long long)r.v.offset);
	tell(&r, frame);
}

void checked_refuse_depth(struct run_frame *frame, const void *pc)
{
	const struct access access = { .pc = pc };
	struct report r;
	size_t n;

	begin(&r, frame, &access);
	is(&r, PCA_VIOLATION_DEPTH, -E2BIG);
	SAY(r.v.verifier, "the call stack of 9 frames is too deep !");
	n = say_where(&r);
	snprintf(r.v.text + n, sizeof(r.v.text) - n,
		 ": more than 8 functions call each other. Linux's verifier: \"%s\"", r.v.verifier);
	tell(&r, frame);
}

/* Linux loads such a program (do_misc_fixups() tests divisors), so that no verifier speaks. */
void checked_refuse_division(struct run_frame *frame, const void *pc)
{
	const struct access access = { .pc = pc };
	struct report r;
	size_t n;

	begin(&r, frame, &access);
	is(&r, PCA_VIOLATION_DIVISION, -EDOM);
	n = say_where(&r);
	snprintf(r.v.text + n, sizeof(r.v.text) - n,
		 ": division by zero: in Linux x / 0 is 0 and x %% 0 is x, in C they are nothing: "
		 "test the divisor");
	tell(&r, frame);
}

void checked_refuse_index(struct run_frame *frame, const void *pc, const char *array,
			  uint64_t index)
{
	const struct access access = { .pc = pc };
	struct report r;
	size_t n;

	begin(&r, frame, &access);
	is(&r, PCA_VIOLATION_INDEX, -EACCES);
	n = say_where(&r);
	snprintf(r.v.text + n, sizeof(r.v.text) - n,
		 ": index %lld is outside of %s, whose elements the program may access alone",
		 (long long)index, array);
	tell(&r, frame);
}

uint64_t pca_machine_last_violation(struct pca_machine *machine, struct pca_violation *violation,
				    size_t size)
{
	uint64_t nr;

	pthread_mutex_lock(&machine->violations_lock);
	nr = machine->nr_violations;
	if (nr) {
		memset(violation, 0, size);
		memcpy(violation, &machine->last_violation,
		       size < sizeof(*violation) ? size : sizeof(*violation));
	}
	pthread_mutex_unlock(&machine->violations_lock);
	return nr;
}
