/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of keys by itself, built with the thread sanitizer. Without an argument: with more threads and
 * domains than keys, whoever is inside finds the domain's memory under the key that it opens, and no other
 * domain's. "starve" and "starve unfair": domains that are never empty, and one that wants a key. "value": whose
 * key is taken. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../src/internal.h"
#include "expect.h"

#define THREADS 8
#define DOMAINS 9
#define KEYS_TO_LEND 3
#define ROUNDS 4000

__typeof__(wg_controller) wg_controller __attribute__((aligned(4096)));
union wg_thread_slot wg_threads[WG_MAX_THREADS];

static _Atomic int tags[DOMAINS];

static bool tags_fail;

int wg_walls_tag(struct wg_domain *d, int key) {
	if (tags_fail && rand() % 50 == 0)
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

static _Atomic bool over;
static _Atomic bool away[DOMAINS]; /* one of its two threads is, and comes back */

static uint64_t word(const struct wg_domain *d) { return atomic_load(&d->word); }
static bool drains(const struct wg_domain *d) { return word(d) >> 28 & 1; }

static void leave_and_enter(struct wg_domain *d) {
	wg_ring_leave(d);
	(void)enter(d, NULL, NULL);
}

/* Of two in each domain: one leaves only while the other one is there and stays, unless the domain drains. */
static void *hog(void *domain) {
	struct wg_domain *d = domain;
	(void)enter(d, NULL, NULL);
	while (!over) {
		bool was = false;
		if (drains(d)) {
			leave_and_enter(d);
		} else if ((word(d) & 0xffffff) > 1 && atomic_compare_exchange_strong(&away[d - WG->domain], &was, true)) {
			leave_and_enter(d);
			away[d - WG->domain] = false;
		}
	}
	wg_ring_leave(d);
	return NULL;
}

static _Atomic int served;

static void *want(void *domain) {
	(void)enter(domain, NULL, NULL);
	served++;
	wg_ring_leave(domain);
	return NULL;
}

static int starve(bool fair) {
	pthread_t hogs[2 * KEYS_TO_LEND], wanting[3];
	if (!fair)
		WG->ring.turn = UINT64_MAX; /* no domain ever drains */
	for (int i = 0; i < 2 * KEYS_TO_LEND; i++)
		EXPECT(pthread_create(&hogs[i], NULL, hog, &WG->domain[i / 2]) == 0);
	for (int i = 0; i < KEYS_TO_LEND; i++)
		while ((word(&WG->domain[i]) & 0xffffff) < 1)
			;
	for (int i = 0; i < 3; i++)
		EXPECT(pthread_create(&wanting[i], NULL, want, &WG->domain[KEYS_TO_LEND + i]) == 0);
	for (int i = 0; i < (fair ? 600 : 2) && served < 3; i++)
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	printf("%d served\n", served);
	over = true;
	for (int i = 0; i < 3; i++)
		pthread_join(wanting[i], NULL);
	for (int i = 0; i < 2 * KEYS_TO_LEND; i++)
		pthread_join(hogs[i], NULL);
	return 0;
}

static int visit(int domain) {
	int key = enter(&WG->domain[domain], NULL, NULL);
	wg_ring_leave(&WG->domain[domain]);
	return key;
}

static int value(void) {
	WG->domain[0].pinned = true;
	WG->domain[1].priority = 200;
	WG->domain[2].priority = 10;
	WG->domain[3].priority = 10;
	const int pinned = visit(0), valued = visit(1), first = visit(2);
	for (int i = 0; i < 50; i++)
		EXPECT(visit(3) == first && visit(2) == first); /* they take it from each other */
	EXPECT(wg_ring_key(&WG->domain[0]) == pinned && wg_ring_key(&WG->domain[1]) == valued);
	WG->domain[4].priority = 255;
	EXPECT(visit(4) == first && visit(2) == valued && visit(0) == pinned);
	WG->domain[0].pinned = false; /* of priority 0, it goes first */
	EXPECT(visit(1) == pinned && wg_ring_key(&WG->domain[0]) == 0);
	return 0;
}

int main(int argc, char **argv) {
	static struct wg_domain domains[DOMAINS];
	WG->domain = domains;
	WG->domains = DOMAINS;
	for (int i = 0; i < DOMAINS; i++)
		tags[i] = WG_KEY_PARKING;
	for (int key = WG_KEY_FIRST; key < WG_KEY_FIRST + KEYS_TO_LEND; key++)
		WG->ring.free[WG->ring.frees++] = key;
	if (argc > 1)
		return strcmp(argv[1], "value") == 0 ? value() : starve(argc == 2);
	tags_fail = true;
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
