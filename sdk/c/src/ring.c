/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lends few keys to many domains. It is package enforcement/keys in C: the
 * protocol, and why it is sound, stand there, and testdata/keys.pml is its model.
 *
 * A thread enters by one atomic addition that reads the key as well, and the ring parks
 * by one compare-and-swap that succeeds only with a count of zero. The controller
 * runs with every domain's key closed, so whoever is counted out here has
 * closed its rights before.
 */
#include "internal.h"

#define ONE_THREAD UINT64_C(1)
#define ONE_ENTRY (UINT64_C(1) << 32)
#define THREADS ((UINT64_C(1) << 24) - 1)
#define KEY_SHIFT 24
#define KEY_MASK UINT64_C(15)

static int key_of(uint64_t word) { return (int)(word >> KEY_SHIFT & KEY_MASK); }

/* Returns the domain's own key, 0 while it is parked. */
int wg_ring_key(struct wg_domain *d) { return key_of(atomic_load(&d->word)); }

static void wake(struct wg_ring *r) {
	wg_acquire(&r->lock);
	atomic_fetch_add(&r->left, 1);
	wg_release(&r->lock);
	wg_futex_wake(&r->left, INT32_MAX);
}

/* Counts a thread out, which was counted in and has closed its rights. */
void wg_ring_leave(struct wg_domain *d) {
	uint64_t now = atomic_fetch_sub(&d->word, ONE_THREAD) - ONE_THREAD;
	if ((now & THREADS) == 0 && atomic_load(&WG->ring.waiting) > 0)
		wake(&WG->ring);
}

/* Counts a thread in and returns the key; 0, and it is not counted, if the domain is parked. */
static int try_enter(struct wg_domain *d) {
	int key = key_of(atomic_fetch_add(&d->word, ONE_ENTRY + ONE_THREAD));
	if (key == 0)
		wg_ring_leave(d);
	return key;
}

/* Under the lock: try_enter whose leaving again must not take the lock. */
static int enter_resident(struct wg_domain *d) {
	return key_of(atomic_fetch_add(&d->word, ONE_ENTRY + ONE_THREAD));
}

/* Takes the key from a domain that no thread is inside of; 0 if somebody is. */
static int park(struct wg_domain *d) {
	uint64_t word = atomic_load(&d->word);
	for (;;) {
		if ((word & THREADS) != 0)
			return 0;
		if (atomic_compare_exchange_strong(&d->word, &word, word & ~(KEY_MASK << KEY_SHIFT)))
			return key_of(word);
	}
}

static void look(struct wg_ring *r) {
	r->clock++;
	for (int i = 0; i < r->residents; i++) {
		struct wg_domain *d = r->resident[i];
		uint32_t entries = (uint32_t)(atomic_load(&d->word) >> 32);
		if (entries != d->entries) {
			d->entries = entries;
			d->stamp = r->clock;
		}
	}
}

/* Whether a is less valuable than b: of a lower privilege, or entered longer ago. */
static bool less(const struct wg_domain *a, const struct wg_domain *b) {
	if (a->level != b->level)
		return a->level > b->level;
	return (int64_t)(a->stamp - b->stamp) < 0;
}

/* Returns the position of the least valuable resident that can be parked and was not
 * tried, -1 if there is none. */
static int victim(const struct wg_ring *r, uint32_t tried) {
	int best = -1;
	for (int i = 0; i < r->residents; i++) {
		struct wg_domain *d = r->resident[i];
		if ((tried >> i & 1) || (atomic_load(&d->word) & THREADS) != 0)
			continue;
		if (best < 0 || less(d, r->resident[best]))
			best = i;
	}
	return best;
}

/* Returns a key that tags no memory, WG_BUSY, or an error of tagging. */
static int obtain(struct wg_ring *r) {
	if (r->frees > 0)
		return r->free[--r->frees];
	look(r);
	int failure = WG_BUSY;
	uint32_t tried = 0;
	for (int i; (i = victim(r, tried)) >= 0; tried |= UINT32_C(1) << i) {
		struct wg_domain *d = r->resident[i];
		int key = park(d);
		if (key == 0)
			continue; /* somebody came in */
		if ((failure = wg_walls_tag(d, WG_KEY_PARKING)) == 0) {
			r->resident[i] = r->resident[--r->residents];
			r->evictions++;
			return key;
		}
		atomic_fetch_add(&d->word, (uint64_t)key << KEY_SHIFT);
	}
	return failure;
}

static int enter_locked(struct wg_ring *r, struct wg_domain *d) {
	if (wg_ring_key(d) != 0)
		return enter_resident(d); /* nobody parks meanwhile */
	int key = obtain(r);
	if (key < 0)
		return key;
	int failure = wg_walls_tag(d, key);
	if (failure != 0) {
		r->free[r->frees++] = key;
		return failure;
	}
	d->stamp = r->clock;
	r->resident[r->residents++] = d;
	r->loads++;
	/* Last: from here on threads enter. */
	atomic_fetch_add(&d->word, ((uint64_t)key << KEY_SHIFT) + ONE_ENTRY + ONE_THREAD);
	return key;
}

/* Counts the thread in and returns the key to open. WG_BUSY says that none can be
 * lent: the thread must give up what it holds, and wg_ring_wait. */
int wg_ring_enter(struct wg_domain *d) {
	int key = try_enter(d);
	if (key != 0)
		return key;
	wg_acquire(&WG->ring.lock);
	key = enter_locked(&WG->ring, d);
	wg_release(&WG->ring.lock);
	return key;
}

/* wg_ring_enter that waits. The thread is counted nowhere. */
int wg_ring_wait(struct wg_domain *d) {
	struct wg_ring *r = &WG->ring;
	atomic_fetch_add(&r->waiting, 1); /* before the first look: whoever leaves after it wakes us */
	wg_acquire(&r->lock);
	r->waits++;
	int key;
	while ((key = enter_locked(r, d)) == WG_BUSY) {
		uint32_t left = atomic_load(&r->left);
		wg_release(&r->lock);
		wg_futex_wait(&r->left, left);
		wg_acquire(&r->lock);
	}
	wg_release(&r->lock);
	atomic_fetch_sub(&r->waiting, 1);
	return key;
}
