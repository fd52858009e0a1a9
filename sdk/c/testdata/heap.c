/* SPDX-License-Identifier: Apache-2.0 */
/* The heap of a domain by itself, held to a model: objects have the size and alignment asked for and
 * share no byte, what is in them stays, and what is no object is told from what is. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../src/heap.h"
#include "expect.h"

#define OBJECTS 600
#ifndef STEPS
#define STEPS 50000
#endif
#define THREADS 4

__typeof__(wg_controller) wg_controller __attribute__((aligned(4096)));
union wg_thread_slot wg_threads[WG_MAX_THREADS];

static _Atomic int chunks;

/* The size of a chunk stands in the page before it. */
void *wg_heap_more(size_t size, bool huge) {
	(void)huge;
	uint8_t *at = mmap(NULL, size + 2 * WG_HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	uint8_t *chunk = (uint8_t *)(((uintptr_t)at + WG_HUGE) / WG_HUGE * WG_HUGE);
	void **note = (void **)(void *)(chunk - 2 * sizeof(void *));
	note[0] = at;
	note[1] = (void *)(size + 2 * WG_HUGE);
	chunks++;
	return chunk;
}

void wg_heap_less(void *chunk) {
	void **note = (void **)chunk - 2;
	chunks--;
	EXPECT(munmap(note[0], (size_t)note[1]) == 0);
}

struct object {
	uint8_t *at;
	size_t size;
	uint8_t is; /* each byte of it */
};

static uint64_t next(uint64_t *random) {
	*random ^= *random << 13;
	*random ^= *random >> 7;
	return *random ^= *random << 17;
}

/* Mostly small, some of every kind. */
static size_t some_size(uint64_t *random) {
	const unsigned bits = (unsigned)(next(random) % 8 == 0 ? next(random) % 22 : next(random) % 12);
	return (size_t)(next(random) & ((UINT64_C(1) << bits) - 1));
}

static void check(const struct object *o) {
	for (size_t i = 0; i < o->size; i += i < 64 || i + 64 >= o->size ? 1 : 61)
		EXPECT(o->at[i] == o->is);
}

static void forget(struct wg_heap *h, struct object *o) {
	check(o);
	EXPECT(wg_heap_room(h, o->at) >= o->size);
	if (o->size > 1)
		EXPECT(wg_heap_free(h, o->at + 1) == WG_E_NOT_HOSTED);
	EXPECT(wg_heap_free(h, o->at) == WG_OK);
	o->at = NULL;
}

static void make(struct wg_heap *h, struct object *o, uint64_t *random) {
	const size_t alignment = next(random) % 4 ? 16 : (size_t)1 << next(random) % 21;
	o->size = some_size(random);
	o->is = (uint8_t)next(random);
	o->at = wg_heap_alloc(h, alignment, o->size);
	EXPECT(o->at != NULL && (uintptr_t)o->at % alignment == 0);
	EXPECT(o->size < 64 || (uintptr_t)o->at % 64 == 0);
	memset(o->at, o->is, o->size);
}

struct worker {
	struct wg_heap *heap;
	uint64_t random;
};

static void *work(void *argument) {
	struct worker *w = argument;
	struct object *all = calloc(OBJECTS, sizeof *all);
	for (int i = 0; i < STEPS; i++) {
		struct object *o = &all[next(&w->random) % OBJECTS];
		if (o->at != NULL)
			forget(w->heap, o);
		else
			make(w->heap, o, &w->random);
	}
	for (int i = 0; i < OBJECTS; i++)
		if (all[i].at != NULL)
			forget(w->heap, &all[i]);
	free(all);
	return NULL;
}

/* Of all objects of one size no two share a byte, and cache lines are shared only by small ones. */
static void packed(struct wg_heap *h) {
	uint8_t *before = wg_heap_alloc(h, 16, 48), *after = wg_heap_alloc(h, 16, 48);
	EXPECT(after - before == 48);
	EXPECT(wg_heap_free(h, before) == WG_OK && wg_heap_alloc(h, 16, 40) == before);
}

static void mistakes(struct wg_heap *h) {
	int local = 0;
	const size_t sizes[] = {1, 100, 40000, 500000, 5 << 20};
	for (int i = 0; i < 5; i++) {
		void *kept = wg_heap_alloc(h, 16, sizes[i]), *at = wg_heap_alloc(h, 16, sizes[i]);
		EXPECT(kept != NULL && at != NULL);
		EXPECT(wg_heap_free(h, at) == WG_OK);
		const int again = wg_heap_free(h, at);
		EXPECT(again == (sizes[i] > 1 << 20 ? WG_E_NOT_HOSTED : WG_E_PLACE)); /* its region is gone */
		EXPECT(wg_heap_room(h, at) == 0);
		EXPECT(wg_heap_free(h, kept) == WG_OK);
	}
	EXPECT(wg_heap_free(h, &local) == WG_E_NOT_HOSTED && wg_heap_free(h, (void *)16) == WG_E_NOT_HOSTED);
	EXPECT(wg_heap_free(h, (void *)UINTPTR_MAX) == WG_E_NOT_HOSTED);
	void *one = wg_heap_alloc(h, 16, 8);
	EXPECT(wg_heap_free(h, (void *)((uintptr_t)one | UINT64_C(1) << 60)) == WG_E_NOT_HOSTED);
	EXPECT(wg_heap_free(h, (void *)((uintptr_t)one / WG_HUGE * WG_HUGE)) == WG_E_NOT_HOSTED); /* the head of a segment */
	EXPECT(wg_heap_alloc(h, 3, 8) == NULL && wg_heap_alloc(h, 0, 8) == NULL && wg_heap_alloc(h, 2 << 20, 8) == NULL);
	EXPECT(wg_heap_alloc(h, 16, SIZE_MAX) == NULL && wg_heap_alloc(h, 16, SIZE_MAX - 4096) == NULL);
}

int main(void) {
	static struct wg_heap heap;
	static struct worker workers[THREADS];
	pthread_t threads[THREADS];
	packed(&heap);
	mistakes(&heap);
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){&heap, 88172645463325252u + (uint64_t)i};
		EXPECT(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	/* Large objects are given back; the chunks of the others serve again. */
	EXPECT((uint32_t)chunks == heap.chunks && heap.chunks < 100 && wg_unendable == 0);
	printf("chunks %u, segments %u\n", heap.chunks, heap.segments);
	return 0;
}
