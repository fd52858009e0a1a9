/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lends few keys to many domains. It is package enforcement/keys in C: the
 * protocol, and why it is sound, stand there, and testdata/keys.pml is its model.
 *
 * A thread enters by one atomic addition that reads the key as well, and the ring parks
 * by one compare-and-swap that succeeds only with a count of zero. The controller
 * runs with every domain's key closed, so whoever is counted out here has
 * closed its rights before.
 *
 * Threads that wait are served in the order in which they came. For the first of them a domain is
 * drained for a while, if none is empty: it keeps its key for those inside, and
 * others wait until it was parked. Then it is let in again for as long, because who is
 * inside may be waiting for one who comes; then another domain has its turn.
 */
#include "internal.h"

#define DRAINING (UINT64_C(1) << 28)
#define TURN 10000000u /* nanoseconds that a domain drains, and then does not */

static int key_of(uint64_t word) { return (int)(word >> WG_KEY_SHIFT & WG_KEY_MASK); }

/* Under the lock. */
static void wake(struct wg_ring *r) {
	atomic_fetch_add(&r->left, 1);
	wg_futex_wake(&r->left, INT32_MAX);
}

/* Tells who waits that a domain has come to be empty. */
void wg_ring_left(void) {
	struct wg_ring *r = &WG->ring;
	wg_acquire(&r->lock);
	wake(r);
	wg_release(&r->lock);
}

/* Counts a thread out, which was counted in and has closed its rights. */
void wg_ring_leave(struct wg_domain *d) {
	if (wg_ring_count_out(d))
		wg_ring_left();
}

/* Counts a thread in and returns the key; 0, and it is not counted, if the domain is parked
 * or drains. */
static int try_enter(struct wg_domain *d) {
	const uint64_t word = atomic_fetch_add(&d->word, WG_ONE_ENTRY + WG_ONE_THREAD);
	if (key_of(word) != 0 && !(word & DRAINING))
		return key_of(word);
	wg_ring_leave(d);
	return 0;
}

/* Under the lock: try_enter whose leaving again must not take the lock. */
static int enter_resident(struct wg_domain *d) {
	return key_of(atomic_fetch_add(&d->word, WG_ONE_ENTRY + WG_ONE_THREAD));
}

static void stop_draining(struct wg_ring *r) {
	if (r->draining == NULL)
		return;
	atomic_fetch_and(&r->draining->word, ~DRAINING);
	r->draining = NULL;
	wake(r); /* who waits for it can come in */
}

/* Takes the key from a domain that no thread is inside of; 0 if somebody is. */
static int park(struct wg_ring *r, struct wg_domain *d) {
	uint64_t word = atomic_load(&d->word);
	for (;;) {
		if ((word & WG_THREADS) != 0)
			return 0;
		if (atomic_compare_exchange_strong(&d->word, &word, word & ~(WG_KEY_MASK << WG_KEY_SHIFT | DRAINING)))
			break;
	}
	if (r->draining == d)
		r->draining = NULL;
	return key_of(word);
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

/* Whether a is less valuable than b: of a lower priority, or entered longer ago. */
static bool less(const struct wg_domain *a, const struct wg_domain *b) {
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return (int64_t)(a->stamp - b->stamp) < 0;
}

/* Returns the position of the least valuable resident that is not pinned, whose key was not tried, and
 * with that many threads inside at most; -1 if there is none. */
static int victim(const struct wg_ring *r, uint32_t tried, uint64_t threads) {
	int best = -1;
	for (int i = 0; i < r->residents; i++) {
		struct wg_domain *d = r->resident[i];
		const uint64_t word = atomic_load(&d->word);
		if (d->pinned || (tried >> key_of(word) & 1) || (word & WG_THREADS) > threads)
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
	for (int i; (i = victim(r, tried, 0)) >= 0;) {
		struct wg_domain *d = r->resident[i];
		tried |= UINT32_C(1) << wg_ring_key(d);
		int key = park(r, d);
		if (key == 0)
			continue; /* somebody came in */
		if ((failure = wg_walls_tag(d, WG_KEY_PARKING)) == 0) {
			r->resident[i] = r->resident[--r->residents];
			r->evictions++;
			return key;
		}
		atomic_fetch_add(&d->word, (uint64_t)key << WG_KEY_SHIFT);
	}
	return failure;
}

static int load(struct wg_ring *r, struct wg_domain *d) {
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
	atomic_fetch_add(&d->word, ((uint64_t)key << WG_KEY_SHIFT) + WG_ONE_ENTRY + WG_ONE_THREAD);
	return key;
}

/* Who waits after others gets no key before them; into a domain that has one it comes. */
static int enter_locked(struct wg_ring *r, struct wg_domain *d, bool first) {
	if (wg_ring_key(d) != 0)
		return r->draining == d ? WG_BUSY : enter_resident(d); /* nobody parks meanwhile */
	return first ? load(r, d) : WG_BUSY;
}

/* Counts the thread in and returns the key to open. WG_BUSY says that none can be
 * lent: the thread must give up what it holds, and wg_ring_wait. */
int wg_ring_enter(struct wg_domain *d) {
	struct wg_ring *r = &WG->ring;
	int key = try_enter(d);
	if (key != 0)
		return key;
	wg_acquire(&r->lock);
	key = enter_locked(r, d, r->first == NULL);
	wg_release(&r->lock);
	return key;
}

/* Lends a domain a key that is free, before there are threads. */
int wg_ring_lend(struct wg_domain *d) {
	struct wg_ring *r = &WG->ring;
	wg_acquire(&r->lock);
	int key = r->frees > 0 ? load(r, d) : WG_E_SYSTEM;
	wg_release(&r->lock);
	if (key < 0)
		return WG_E_SYSTEM;
	wg_ring_leave(d);
	return WG_OK;
}

/* Begins or ends to drain a domain, when it is time. */
static void take_turns(struct wg_ring *r) {
	const uint64_t now = wg_now();
	if (now < r->turn)
		return;
	r->turn = now + TURN;
	if (r->draining != NULL) {
		stop_draining(r);
		return;
	}
	int i = victim(r, r->tried, WG_THREADS);
	if (i < 0 && r->tried != 0) {
		r->tried = 0; /* once more round */
		i = victim(r, 0, WG_THREADS);
	}
	if (i < 0)
		return;
	r->draining = r->resident[i];
	r->tried |= UINT32_C(1) << wg_ring_key(r->draining);
	atomic_fetch_or(&r->draining->word, DRAINING);
}

static void join_queue(struct wg_ring *r, struct wg_waiter *w) {
	w->next = NULL;
	if (r->first == NULL)
		r->last = &r->first;
	*r->last = w;
	r->last = &w->next;
}

static void leave_queue(struct wg_ring *r, struct wg_waiter *w) {
	struct wg_waiter **at = &r->first;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	if (w->next == NULL)
		r->last = at;
}

/* One look of a thread that waits; it sleeps if that was in vain. */
static int look_again(struct wg_ring *r, struct wg_domain *d, const struct wg_waiter *w) {
	const bool first = r->first == w;
	int key = enter_locked(r, d, first);
	if (key != WG_BUSY)
		return key;
	const uint32_t left = atomic_load(&r->left);
	if (first)
		take_turns(r);
	wg_release(&r->lock);
	if (first)
		wg_futex_wait_for(&r->left, left, TURN);
	else
		wg_futex_wait(&r->left, left);
	wg_acquire(&r->lock);
	return WG_BUSY;
}

/* wg_ring_enter that waits. The thread is counted nowhere. */
int wg_ring_wait(struct wg_domain *d) {
	struct wg_ring *r = &WG->ring;
	struct wg_waiter w;
	int key;
	atomic_fetch_add(&r->waiting, 1); /* before the first look: whoever leaves after it wakes us */
	wg_acquire(&r->lock);
	r->waits++;
	join_queue(r, &w);
	while ((key = look_again(r, d, &w)) == WG_BUSY)
		;
	if (r->first == &w) { /* the next one is first */
		stop_draining(r);
		r->tried = 0;
	}
	leave_queue(r, &w);
	wake(r);
	wg_release(&r->lock);
	atomic_fetch_sub(&r->waiting, 1);
	return key;
}
