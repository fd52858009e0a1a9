/* SPDX-License-Identifier: Apache-2.0 */
/* The heap of where a thread is: everything here runs with the caller's rights. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "heap.h"

__attribute__((target("fsgsbase"))) static uint64_t fs_base(void) {
	uint64_t base;
	if (wg_attached_with == WG_WITH_KEYS)
		return __builtin_ia32_rdfsbase64();
	__asm__("mov %%fs:0, %0" : "=r"(base));
	return base;
}

/* The thread's state is found as the gate finds it: a hint that another domain changed would have us use memory of
 * that one's choice. */
struct wg_thread *wg_here(void) {
	struct wg_thread *t = wg_self;
	if (!wg_inside || !wg_within((uintptr_t)t, wg_threads, sizeof wg_threads) || (uintptr_t)t % WG_SLOT_SIZE != 0 || atomic_load(&t->fs) != fs_base())
		return NULL;
	return t->length == 0 || t->paused ? NULL : t;
}

/* The heap of the domain that the thread is in, NULL outside. */
static struct wg_heap *own_heap(void) {
	const struct wg_thread *t = wg_here();
	if (t == NULL)
		return NULL;
	struct wg_heap *h = atomic_load(&t->chain[t->length - 1]->heap);
	return h != NULL ? h : (struct wg_heap *)wg_pass(WG_OP_HEAP, 0, 0, 0, 0).value;
}

void *wg_heap_more(size_t size, bool huge) { return (void *)wg_pass(WG_OP_HEAP, size, huge, 0, 0).value; }

void wg_heap_less(void *chunk) { (void)wg_pass(WG_OP_REGION_FREE, (uintptr_t)chunk, 0, 0, 0); }

void *wg_alloc(size_t size) { return wg_alloc_aligned(_Alignof(max_align_t), size); }

void *wg_alloc_aligned(size_t alignment, size_t size) {
	struct wg_heap *h = own_heap();
	void *object = h == NULL ? NULL : wg_heap_alloc(h, alignment, size);
	if (object == NULL)
		errno = ENOMEM;
	return object;
}

void wg_free(void *object) {
	if (object == NULL)
		return;
	struct wg_heap *h = own_heap();
	switch (h == NULL ? WG_E_NOT_HOSTED : wg_heap_free(h, object)) {
	case WG_OK: return;
	case WG_E_PLACE: wg_die("wg_free: the object was freed before");
	default: wg_die("wg_free: no object of the domain's heap");
	}
}

size_t wg_usable_size(const void *object) {
	struct wg_heap *h = own_heap();
	return h == NULL ? 0 : wg_heap_room(h, object);
}

void *wg_realloc(void *object, size_t size) {
	if (object == NULL)
		return wg_alloc(size);
	const size_t room = wg_usable_size(object);
	if (room == 0)
		wg_die("wg_realloc: no object of the domain's heap");
	if (size <= room && size > room / 2)
		return object;
	void *moved = wg_alloc(size);
	if (moved == NULL)
		return NULL;
	memcpy(moved, object, size < room ? size : room);
	wg_free(object);
	return moved;
}
