// SPDX-License-Identifier: MIT
/*
 * The helpers that are not inlined (Linux: kernel/bpf/helpers.c,
 * kernel/bpf/arraymap.c, kernel/trace/bpf_trace.c). All act for the run that
 * this thread executes.
 */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <pcasim/helpers.h>

#include "event.h"
#include "frame.h"
#include "helper_call.h"
#include "map.h"
#include "message.h"
#include "prog.h"
#include "task.h"

/* Is this thread in a run? If not, says so. */
static bool check_in_run(const char *helper)
{
	if (likely(in_run()))
		return true;
	message_error("%s called outside a run: helpers work only in a program, see pca_run_on()",
		      helper);
	return false;
}

/* In a run without a frame: helpers take the shortest way. */
static bool in_plain_run(void)
{
	return likely(!pca_this_cpu.outside_run);
}

/* A helper's call in a run with a frame. */
struct framed_call {
	const char *helper;
	const void *pc; /* in the program */
	uint64_t start_ns;
	const struct pca_map_ref *ref; /* NULL: it takes no map */
	const uint32_t *key;	       /* NULL: it takes no key */
};

/* A call begins, if this thread is in a run; if not, says so. */
__attribute__((noinline, cold)) static bool call_begins(struct framed_call *call,
							const char *helper, const void *pc)
{
	if (!check_in_run(helper))
		return false;
	frame_point(&(struct run_point){ .helper = helper, .pc = pc });
	frame_enter_helper(this_frame());
	*call = (struct framed_call){ .helper = helper, .pc = pc };
	if (machine_is_listened_to(run_context.cpu->machine))
		call->start_ns = event_now_ns();
	return true;
}

static void tell_call(const struct framed_call *call, int64_t result)
{
	const struct pca_map *map = call->ref ? call->ref->map : NULL;
	struct pca_event event = frame_event(this_frame(), PCA_EVENT_HELPER);

	event.ns = call->start_ns;
	event.duration_ns = event_now_ns() - call->start_ns;
	event.name = call->helper;
	event.map_id = map ? map->object.id : 0;
	event.map_name = map ? map->name : NULL;
	event.has_key = call->key;
	event.key = call->key ? *call->key : 0;
	event.result = result;
	event_tell(run_context.cpu->machine, &event);
}

/* The call is over; whoever listens is told. Returns its result, unless the run ends here. */
__attribute__((noinline, cold)) static int64_t call_ends(const struct framed_call *call,
							 int64_t result)
{
	if (machine_is_listened_to(run_context.cpu->machine))
		tell_call(call, result);
	if (call->ref && this_frame()->checked.object)
		checked_see_call(this_frame(), call->helper, call->ref->map);
	frame_leave_helper(this_frame());
	frame_point(
		&(struct run_point){ .helper = call->helper, .pc = call->pc, .is_after = true });
	return result;
}

/*
 * No map has max_entries 0, but one has the structure of pointers that defines a map in
 * SEC(".maps"), which is all NULL, and so has an old struct bpf_map_def without flags. A
 * map without indices has a base that both have not.
 */
static bool is_definition(const struct pca_map_ref *ref)
{
	return unlikely(!ref->max_entries) && ref->base != no_index_base;
}

/* Where a helper was called from. */
#define CALLER __builtin_return_address(0)

/* Of checked programs: is what they gave a map, for what the helper does with it? */
static void check_map(const struct framed_call *call, const struct pca_map_ref *ref, bool writes)
{
	if (this_frame()->checked.object)
		checked_map_argument(call->helper, call->pc, ref, writes);
}

/* And is this memory theirs? argument: what the helper calls it. */
static void check_memory(const struct framed_call *call, const char *argument, const void *addr,
			 size_t n, uint32_t access)
{
	if (this_frame()->checked.object)
		checked_argument(
			&(struct access){ addr, n, access, call->pc, call->helper, argument });
}

/* From now on the value is the program's for this run. */
static void *grant(uint32_t helper, const struct pca_map_ref *ref, uint32_t slab, uint32_t key,
		   char *elem)
{
	if (elem && this_frame()->checked.object)
		checked_grant(helper, ref->map, slab, key, elem);
	return elem;
}

/* The same for a helper that takes a map and a key, of which key may hold a copy. */
__attribute__((noinline, cold)) static bool map_call_begins(struct framed_call *call,
							    const char *helper, const void *pc,
							    const struct pca_map_ref *ref,
							    uint32_t *key, const void *from)
{
	if (!call_begins(call, helper, pc))
		return false;
	check_map(call, ref, false);
	check_memory(call, "key", from, is_definition(ref) ? sizeof(*key) : ref->map->key_size,
		     PCA_READ);
	call->ref = ref;
	if (!is_definition(ref) && ref->map->key_size != sizeof(*key))
		return true; /* events have keys of 32 bits */
	memcpy(key, from, sizeof(*key));
	call->key = key;
	return true;
}

/* The program of this run: ` 3 "count"`, or nothing where it cannot be told. */
static const char *running_prog(char *text, size_t size)
{
	struct id_table *progs = &run_context.cpu->machine->ids[OBJECT_PROG];
	const struct pca_prog *prog = run_context.prog;

	*text = '\0';
	pthread_mutex_lock(&progs->lock);
	if (!prog && progs->nr == 1)
		prog = prog_of_object(progs->entries[0].object);
	if (prog)
		snprintf(text, size, " %u%s%s%s", prog->object.id, *prog->name ? " \"" : "",
			 prog->name, *prog->name ? "\"" : "");
	pthread_mutex_unlock(&progs->lock);
	return text;
}

/* Once per machine. Called in a run. */
__attribute__((noinline, cold)) static void tell_definition(const char *helper)
{
	struct pca_machine *machine = run_context.cpu->machine;
	char prog[40];

	if (__atomic_exchange_n(&machine->definition_told, true, __ATOMIC_RELAXED))
		return;
	message_error("%s in program%s: what it was given is no map: a definition in "
		      "SEC(\".maps\") is not opened here: give programs the struct "
		      "pca_map_ref * of pca_map_get()",
		      helper, running_prog(prog, sizeof(prog)));
}

/* Older releases' helpers answer 32 bits, which come without a sign. */
static long helper_error(int err)
{
	if (machine_has(run_context.cpu->machine, FEATURE_LONG_HELPER_RESULTS))
		return err;
	return (long)(uint32_t)err;
}

static void *elem_of(const struct pca_map_ref *ref, uint32_t slab, uint32_t index)
{
	return ref->base + slab * ref->stride + (uintptr_t)index * ref->elem_size;
}

/* The element of a key in a map that is one, on this CPU; or NULL. */
static void *lookup_elem(const struct pca_map_ref *ref, const void *key)
{
	const struct pca_map *map = ref->map;
	uintptr_t elem;

	if (is_definition(ref) || !map_find(map, key, &elem))
		return NULL;
	return map_has_indices(map) ? elem_of(ref, pca_this_cpu.slab, (uint32_t)elem)
				    : map->ops->value(map, elem);
}

static void *lookup_framed(const struct pca_map_ref *ref, const void *key, const void *pc)
{
	struct framed_call call;
	uint32_t key_copy = 0;
	void *elem;

	if (!map_call_begins(&call, "bpf_map_lookup_elem", pc, ref, &key_copy, key))
		return NULL;
	elem = grant(BPF_FUNC_map_lookup_elem, ref, pca_this_cpu.slab, key_copy,
		     lookup_elem(ref, key));
	this_frame()->lookup_gave_null = !elem;
	call_ends(&call, elem != NULL);
	return elem;
}

void *pca_map_lookup_cold(const struct pca_map_ref *ref, const void *key)
{
	if (in_plain_run() && likely(ref->base == no_index_base))
		return lookup_elem(ref, key);
	if (in_run() && is_definition(ref))
		tell_definition("bpf_map_lookup_elem");
	if (in_plain_run())
		return lookup_elem(ref, key);
	return lookup_framed(ref, key, CALLER);
}

/* Not inlined, and nothing is merged: each call of the program is one. */
void *pca_checked_lookup_elem(const struct pca_map_ref *ref, const void *key)
{
	return in_plain_run() ? pca_map_lookup_elem(ref, key) : lookup_framed(ref, key, CALLER);
}

static void *lookup_percpu_elem(const struct pca_map_ref *ref, const void *key, uint32_t cpu_id)
{
	const struct cpu *cpu;
	uint32_t index;

	memcpy(&index, key, sizeof(index));
	if (unlikely(index >= ref->max_entries)) { /* also a hash, which no load lets through */
		if (is_definition(ref))
			tell_definition("bpf_map_lookup_percpu_elem");
		return NULL;
	}
	cpu = machine_cpu(ref->map->object.machine, cpu_id);
	return cpu ? elem_of(ref, cpu->slab, index) : NULL;
}

__attribute__((noinline, cold)) static void *lookup_percpu_framed(const struct pca_map_ref *ref,
								  const void *key, uint32_t cpu_id,
								  const void *pc)
{
	struct framed_call call;
	uint32_t key_copy;
	void *elem;

	if (!map_call_begins(&call, "bpf_map_lookup_percpu_elem", pc, ref, &key_copy, key))
		return NULL;
	if (this_frame()->checked.object)
		checked_map_type(MAP_LOOKUP_PERCPU_ELEM, pc, ref->map);
	elem = lookup_percpu_elem(ref, &key_copy, cpu_id);
	if (elem)
		grant(MAP_LOOKUP_PERCPU_ELEM, ref,
		      machine_cpu(ref->map->object.machine, cpu_id)->slab, key_copy, elem);
	this_frame()->lookup_gave_null = !elem;
	call_ends(&call, elem != NULL);
	return elem;
}

void *pca_map_lookup_percpu_elem(struct pca_map_ref *ref, const void *key, uint32_t cpu_id)
{
	if (!in_plain_run())
		return lookup_percpu_framed(ref, key, cpu_id, CALLER);
	return lookup_percpu_elem(ref, key, cpu_id);
}

/* Linux does not load a program with such a call. */
__attribute__((noinline, cold)) static long refuse_update(const struct pca_map_ref *ref)
{
	message_error("bpf_map_update_elem: map \"%s\" has BPF_F_RDONLY_PROG, which forbids "
		      "programs to write",
		      ref->map->name);
	return helper_error(-EACCES);
}

/*
 * The program side of a copy: nothing else writes here, but commands may read,
 * so that whole words are stored as such. The padding is left alone.
 */
static void store_value(void *elem, const void *value, uint32_t size)
{
	uint64_t *to = elem;
	const char *from = value;
	uint32_t i;

	for (i = 0; i + 8 <= size; i += 8) {
		uint64_t word;

		memcpy(&word, from + i, sizeof(word));
		__atomic_store_n(&to[i / 8], word, __ATOMIC_RELAXED);
	}
	memcpy((char *)elem + i, from + i, size - i);
}

static long update_no_index(const struct pca_map_ref *ref, const void *key, const void *value,
			    uint64_t flags)
{
	if (is_definition(ref)) {
		tell_definition("bpf_map_update_elem");
		return helper_error(-E2BIG);
	}
	if (flags & BPF_F_LOCK)
		return helper_error(-EINVAL);
	return helper_error(ref->map->ops->update(ref->map, key, value, flags));
}

PCA_ALWAYS_INLINE long update_elem(const struct pca_map_ref *ref, const void *key,
				   const void *value, uint64_t flags)
{
	uint32_t index;

	if (unlikely((flags & ~(uint64_t)BPF_F_LOCK) > BPF_EXIST))
		return helper_error(-EINVAL);
	if (unlikely(!ref->max_entries))
		return update_no_index(ref, key, value, flags);
	memcpy(&index, key, sizeof(index));
	if (unlikely(index >= ref->max_entries))
		return helper_error(-E2BIG);
	if (unlikely(flags & BPF_NOEXIST))
		return helper_error(-EEXIST);
	if (unlikely(flags & BPF_F_LOCK))
		return helper_error(-EINVAL); /* last here, unlike in the command */
	if (unlikely(ref->base != ref->map->base))
		return refuse_update(ref);
	store_value(elem_of(ref, pca_this_cpu.slab, index), value, ref->map->value_size);
	return 0;
}

__attribute__((noinline, cold)) static long update_elem_framed(const struct pca_map_ref *ref,
							       const void *key, const void *value,
							       uint64_t flags, const void *pc)
{
	struct framed_call call;
	uint32_t key_copy;

	if (!map_call_begins(&call, "bpf_map_update_elem", pc, ref, &key_copy, key))
		return -EINVAL;
	check_map(&call, ref, true);
	if (this_frame()->checked.object)
		check_memory(&call, "value", value, ref->map->value_size, PCA_READ);
	return call_ends(&call, update_elem(ref, key, value, flags));
}

long pca_map_update_elem(struct pca_map_ref *ref, const void *key, const void *value,
			 uint64_t flags)
{
	if (!in_plain_run())
		return update_elem_framed(ref, key, value, flags, CALLER);
	return update_elem(ref, key, value, flags);
}

static long delete_elem(const struct pca_map_ref *ref, const void *key)
{
	if (is_definition(ref) || !ref->map->ops->delete)
		return helper_error(-EINVAL);
	return helper_error(ref->map->ops->delete (ref->map, key, NULL));
}

long pca_map_delete_elem(struct pca_map_ref *ref, const void *key)
{
	struct framed_call call;
	uint32_t key_copy;

	if (in_run() && is_definition(ref))
		tell_definition("bpf_map_delete_elem");
	if (in_plain_run())
		return delete_elem(ref, key);
	if (!map_call_begins(&call, "bpf_map_delete_elem", CALLER, ref, &key_copy, key))
		return -EINVAL;
	check_map(&call, ref, true);
	return call_ends(&call, delete_elem(ref, key));
}

/* What for_each calls, in a run with a frame or without. */
struct callback {
	pca_for_each_fn fn;
	void *ctx;
};

/*
 * One call of for_each's callback, which is the program again: it may be interrupted and
 * stopped. The helper holds nothing meanwhile.
 */
static long call_back(struct pca_map_ref *ref, const void *key, void *value, void *arg)
{
	const struct callback *callback = arg;
	struct run_frame *frame = this_frame();

	if (!frame)
		return callback->fn(ref, key, value, callback->ctx);
	grant(BPF_FUNC_for_each_map_elem, ref, pca_this_cpu.slab,
	      map_has_indices(ref->map) ? *(const uint32_t *)key : 0, value);
	return frame_call_back(frame, callback->fn, ref, key, value, callback->ctx);
}

static long for_each_index(struct pca_map_ref *ref, struct callback *callback)
{
	long nr_calls = 0;

	for (uint32_t index = 0; index < ref->max_entries; index++) {
		uint32_t key = index; /* the callback's to read, not to steer us by */

		nr_calls++;
		/* The low half only: programs may declare the callback as int. */
		if ((int)call_back(ref, &key, elem_of(ref, pca_this_cpu.slab, index), callback))
			break;
	}
	return nr_calls;
}

static long for_each_map_elem(struct pca_map_ref *ref, pca_for_each_fn fn, void *ctx,
			      uint64_t flags)
{
	struct callback callback = { fn, ctx };

	if (is_definition(ref))
		tell_definition("bpf_for_each_map_elem");
	if (flags)
		return helper_error(-EINVAL);
	if (is_definition(ref) || map_has_indices(ref->map))
		return for_each_index(ref, &callback);
	return ref->map->ops->for_each(ref->map, ref, call_back, &callback);
}

long pca_for_each_map_elem(struct pca_map_ref *ref, pca_for_each_fn fn, void *ctx, uint64_t flags)
{
	struct framed_call call;

	if (in_plain_run())
		return for_each_map_elem(ref, fn, ctx, flags);
	if (!call_begins(&call, "bpf_for_each_map_elem", CALLER))
		return -EINVAL;
	check_map(&call, ref, false);
	if (this_frame()->checked.object)
		checked_callback(call.helper, call.pc, (const void *)(uintptr_t)fn, ctx);
	call.ref = ref;
	return call_ends(&call, for_each_map_elem(ref, fn, ctx, flags));
}

uint32_t pca_get_smp_processor_id(void)
{
	struct framed_call call;

	if (in_plain_run())
		return run_context.cpu->id;
	if (!call_begins(&call, "bpf_get_smp_processor_id", CALLER))
		return 0;
	return (uint32_t)call_ends(&call, run_context.cpu->id);
}

long pca_get_numa_node_id(void)
{
	struct framed_call call;

	if (in_plain_run())
		return run_context.cpu->numa_node;
	if (!call_begins(&call, "bpf_get_numa_node_id", CALLER))
		return -EINVAL;
	return call_ends(&call, run_context.cpu->numa_node);
}

/* The time that programs see: a schedule has its own. */
static uint64_t now_ns(void)
{
	return unlikely(run_context.scheduler) ? run_context.scheduler->ns : event_now_ns();
}

/* This one and the next may also be called outside a run. */
uint64_t pca_ktime_get_ns(void)
{
	struct framed_call call;

	if (in_plain_run() || !in_run() || !call_begins(&call, "bpf_ktime_get_ns", CALLER))
		return now_ns();
	return (uint64_t)call_ends(&call, (int64_t)now_ns());
}

/* Any good mixing will do: a counter per thread, hashed as splitmix64 does. */
static uint32_t prandom_u32(void)
{
	static __thread uint64_t own_state __attribute__((tls_model("initial-exec")));
	struct scheduler *scheduler = run_context.scheduler;
	uint64_t *state = unlikely(scheduler) ? &scheduler->chance : &own_state;

	if (unlikely(!own_state))
		own_state = event_now_ns() ^ ((uint64_t)(uint32_t)gettid() << 32);
	*state += 0x9e3779b97f4a7c15;

	uint64_t z = *state;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (uint32_t)(z >> 32);
}

uint32_t pca_get_prandom_u32(void)
{
	struct framed_call call;

	if (in_plain_run() || !in_run() || !call_begins(&call, "bpf_get_prandom_u32", CALLER))
		return prandom_u32();
	return (uint32_t)call_ends(&call, prandom_u32());
}

uint64_t pca_get_current_pid_tgid(void)
{
	struct framed_call call;

	if (in_plain_run())
		return run_context.current.pid_tgid;
	if (!call_begins(&call, "bpf_get_current_pid_tgid", CALLER))
		return 0;
	return (uint64_t)call_ends(&call, (int64_t)run_context.current.pid_tgid);
}

static long get_current_comm(void *buf, uint32_t size)
{
	const struct pca_task *task = run_context.current.task;
	char idle[IDLE_COMM_BYTES];

	if (!size)
		return -EINVAL;
	strncpy(buf, task ? task->comm : idle_comm(idle, run_context.cpu), size - 1);
	((char *)buf)[size - 1] = '\0';
	return 0;
}

long pca_get_current_comm(void *buf, uint32_t size)
{
	struct framed_call call;

	if (in_plain_run())
		return get_current_comm(buf, size);
	if (!call_begins(&call, "bpf_get_current_comm", CALLER))
		return -EINVAL;
	check_memory(&call, "buffer", buf, size, PCA_WRITE);
	return call_ends(&call, get_current_comm(buf, size));
}

/* ---- for the helpers of other files ---- */

__attribute__((noinline, cold)) bool helper_begins_framed(struct helper_call *call)
{
	struct framed_call framed;

	if (!call_begins(&framed, call->name, call->pc))
		return false;
	call->start_ns = framed.start_ns;
	return true;
}

__attribute__((noinline, cold)) int64_t helper_ends_framed(const struct helper_call *call,
							   int64_t result)
{
	const struct framed_call framed = {
		.helper = call->name,
		.pc = call->pc,
		.start_ns = call->start_ns,
	};

	return call_ends(&framed, result);
}

static bool is_checked_run(void)
{
	return this_frame()->checked.object;
}

__attribute__((noinline, cold)) void helper_argument_framed(const struct helper_call *call,
							    const char *argument, const void *addr,
							    size_t n, uint32_t access)
{
	if (is_checked_run())
		checked_argument(
			&(struct access){ addr, n, access, call->pc, call->name, argument });
}

__attribute__((noinline, cold)) void helper_string_framed(const struct helper_call *call,
							  const char *argument, const char *str)
{
	size_t n = 0;

	if (!is_checked_run())
		return;
	while ((checked_rights(this_frame(), str + n, 1) & RIGHT_READ) && str[n])
		n++;
	helper_argument_framed(call, argument, str, n + 1, PCA_READ);
}

__attribute__((noinline, cold)) void helper_ctx_framed(const struct helper_call *call,
						       const void *ctx)
{
	if (is_checked_run())
		checked_ctx_argument(call->name, call->pc, ctx);
}

__attribute__((noinline, cold)) void helper_callback_framed(const struct helper_call *call,
							    const void *fn, const void *ctx)
{
	if (is_checked_run())
		checked_callback(call->name, call->pc, fn, ctx);
}
