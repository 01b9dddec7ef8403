// SPDX-License-Identifier: MIT
/*
 * Coroutines of schedules. Sanitizers are told of each change of stack; their functions
 * are weak, since it is the program that is built with them, not always the library.
 */
#define _GNU_SOURCE
#include "actor.h"

#include "alloc.h"
#include "task.h"

void __sanitizer_start_switch_fiber(void **fake_stack, const void *bottom, size_t size)
	__attribute__((weak));
void __sanitizer_finish_switch_fiber(void *fake_stack, const void **bottom, size_t *size)
	__attribute__((weak));
void *__tsan_get_current_fiber(void) __attribute__((weak));
void *__tsan_create_fiber(unsigned int flags) __attribute__((weak));
void __tsan_destroy_fiber(void *fiber) __attribute__((weak));
void __tsan_switch_to_fiber(void *fiber, unsigned int flags) __attribute__((weak));

int actor_alloc_stack(struct actor *actor)
{
	char *pages = alloc_pages(PAGE_BYTES + ACTOR_STACK_BYTES);

	if (pages == MAP_FAILED)
		return -ENOMEM;
	if (mprotect(pages, PAGE_BYTES, PROT_NONE)) {
		munmap(pages, PAGE_BYTES + ACTOR_STACK_BYTES);
		return -ENOMEM;
	}
	actor->stack = pages + PAGE_BYTES;
	return 0;
}

void actor_free_stack(struct actor *actor)
{
	if (actor->stack)
		munmap(actor->stack - PAGE_BYTES, PAGE_BYTES + ACTOR_STACK_BYTES);
}

/* The stack that the thread is about to leave, for whoever comes back to it. */
struct left_stack {
	void *fake; /* AddressSanitizer's part of it */
};

static void tell_start(struct left_stack *left, const void *bottom, size_t size)
{
	if (__sanitizer_start_switch_fiber)
		__sanitizer_start_switch_fiber(left ? &left->fake : NULL, bottom, size);
}

static void tell_finish(struct left_stack *left, const void **bottom, size_t *size)
{
	if (__sanitizer_finish_switch_fiber)
		__sanitizer_finish_switch_fiber(left ? left->fake : NULL, bottom, size);
}

static void tell_fiber(void *fiber)
{
	if (__tsan_switch_to_fiber)
		__tsan_switch_to_fiber(fiber, 0);
}

void actor_leave(struct actor *actor)
{
	struct left_stack left = { 0 };

	tell_start(actor->state == ACTOR_ENDED ? NULL : &left, actor->resumer_bottom,
		   actor->resumer_size);
	tell_fiber(actor->resumer_fiber);
	swapcontext(&actor->saved, &actor->resumer);
	tell_finish(&left, &actor->resumer_bottom, &actor->resumer_size);
}

static void run_program(struct actor *actor)
{
	for (uint32_t i = 0; i < actor->repeat; i++) {
		int retval, err = frame_run(actor->prog, actor->cpu, actor->ctx, actor->context,
					    &retval);

		actor->retval = err ? err : retval;
		/* That one was stopped says more than that one was skipped. */
		if (err && (!actor->err || actor->err == -EBUSY))
			actor->err = err;
		context_run_is_over(actor->cpu);
	}
}

/* makecontext() hands over ints. */
static void actor_main(unsigned int high, unsigned int low)
{
	struct actor *actor = (struct actor *)((uintptr_t)high << 32 | low);

	tell_finish(NULL, &actor->resumer_bottom, &actor->resumer_size);
	if (actor->prog)
		run_program(actor);
	else
		actor->fn(actor->arg);
	actor->state = ACTOR_ENDED;
	actor_leave(actor);
}

static void begin(struct actor *actor, struct scheduler *scheduler)
{
	actor->state = ACTOR_UNDER_WAY;
	actor->run = (struct run_context){ .scheduler = scheduler };
	actor->this_cpu = (struct pca_this_cpu){ .outside_run = UINT32_MAX };
	actor->thread_task = thread_task;
	if (__tsan_create_fiber)
		actor->fiber = __tsan_create_fiber(0);
	getcontext(&actor->saved);
	actor->saved.uc_stack.ss_sp = actor->stack;
	actor->saved.uc_stack.ss_size = ACTOR_STACK_BYTES;
	actor->saved.uc_link = NULL;
	makecontext(&actor->saved, (void (*)(void))actor_main, 2,
		    (unsigned int)((uintptr_t)actor >> 32), (unsigned int)(uintptr_t)actor);
}

static void swap(struct actor *actor)
{
	struct left_stack left = { 0 };

	if (__tsan_get_current_fiber)
		actor->resumer_fiber = __tsan_get_current_fiber();
	tell_start(&left, actor->stack, ACTOR_STACK_BYTES);
	tell_fiber(actor->fiber);
	swapcontext(&actor->resumer, &actor->saved);
	tell_finish(&left, NULL, NULL);
}

void actor_resume(struct actor *actor, struct scheduler *scheduler)
{
	const struct run_context before = run_context;
	const struct pca_this_cpu cpu_before = pca_this_cpu;
	struct pca_task *task_before = thread_task;

	if (actor->state == ACTOR_NEW)
		begin(actor, scheduler);
	run_context = actor->run;
	pca_this_cpu = actor->this_cpu;
	thread_task = actor->thread_task;
	swap(actor);
	actor->run = run_context;
	actor->this_cpu = pca_this_cpu;
	actor->thread_task = thread_task;
	run_context = before;
	pca_this_cpu = cpu_before;
	thread_task = task_before;
	if (actor->state == ACTOR_ENDED && actor->fiber) {
		__tsan_destroy_fiber(actor->fiber);
		actor->fiber = NULL;
	}
}
