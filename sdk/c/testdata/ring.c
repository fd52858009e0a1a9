/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of keys by itself, with more threads and domains than keys: whoever is inside finds the
 * domain's memory under the key that it opens, and no other domain's. Built with the thread sanitizer. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/internal.h"

#define THREADS 8
#define DOMAINS 9
#define KEYS_TO_LEND 3
#define ROUNDS 4000

__typeof__(wg_controller) wg_controller __attribute__((aligned(4096)));
union wg_slot wg_threads[WG_MAX_THREADS];

static _Atomic int tags[DOMAINS];

#define EXPECT(condition)                                                    \
	do {                                                                 \
		if (!(condition)) {                                          \
			fprintf(stderr, "line %d: expected %s\n", __LINE__, #condition); \
			exit(1);                                             \
		}                                                            \
	} while (0)

int wg_walls_tag(struct wg_domain *d, int key) {
	if (rand() % 50 == 0)
		return WG_E_SYSTEM; /* the memory is as it was */
	tags[d - WG->domain] = key;
	return WG_OK;
}

static int enter(struct wg_domain *d, struct wg_domain *outer, bool *counted) {
	int key;
	while ((key = wg_ring_enter(d)) == WG_E_SYSTEM)
		;
	if (key != WG_BUSY)
		return key;
	if (outer != NULL) {
		wg_ring_leave(outer);
		*counted = false;
	}
	while ((key = wg_ring_wait(d)) == WG_E_SYSTEM)
		;
	return key;
}

static void look(struct wg_domain *d, int key) {
	EXPECT(key >= WG_KEY_FIRST && key < WG_KEY_FIRST + KEYS_TO_LEND);
	for (int i = 0; i < DOMAINS; i++)
		EXPECT((tags[i] == key) == (&WG->domain[i] == d));
}

static void *work(void *seed) {
	unsigned random = (unsigned)(uintptr_t)seed;
	for (int i = 0; i < ROUNDS; i++) {
		struct wg_domain *a = &WG->domain[rand_r(&random) % DOMAINS], *b = &WG->domain[rand_r(&random) % DOMAINS];
		bool counted = true;
		look(a, enter(a, NULL, NULL));
		if (a == b || i % 2 == 0) {
			wg_ring_leave(a);
			continue;
		}
		look(b, enter(b, a, &counted));
		wg_ring_leave(b);
		int key = wg_ring_key(a);
		while (!counted && (key = wg_ring_wait(a)) == WG_E_SYSTEM)
			;
		look(a, key);
		wg_ring_leave(a);
	}
	return NULL;
}

int main(void) {
	static struct wg_domain domains[DOMAINS];
	WG->domain = domains;
	WG->domains = DOMAINS;
	for (int i = 0; i < DOMAINS; i++)
		tags[i] = WG_KEY_PARKING;
	for (int key = WG_KEY_FIRST; key < WG_KEY_FIRST + KEYS_TO_LEND; key++)
		WG->ring.free[WG->ring.frees++] = key;
	pthread_t threads[THREADS];
	for (uintptr_t i = 0; i < THREADS; i++)
		EXPECT(pthread_create(&threads[i], NULL, work, (void *)(i + 1)) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	EXPECT(atomic_load(&WG->ring.waiting) == 0 && WG->ring.residents + WG->ring.frees == KEYS_TO_LEND);
	for (int i = 0; i < DOMAINS; i++)
		EXPECT((atomic_load(&domains[i].word) & 0xffffff) == 0);
	printf("loads %d evictions %d waits %d\n", (int)WG->ring.loads, (int)WG->ring.evictions, (int)WG->ring.waits);
	return 0;
}
