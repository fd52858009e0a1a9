/* SPDX-License-Identifier: Apache-2.0 */
/* The producer's end of a channel: see channel.h and end.h. */
#include <string.h>

#include "end.h"

/* How long a producer waits for as many consumers to come to a newer ring as there are in its own. It sends there meanwhile,
 * unless it has ended. Nanoseconds. */
#define PATIENCE UINT64_C(5000000000)

/* Says that nothing more comes here, to who waits as well. */
static void close_ring(const struct wg_generation *g) {
	wg_store32(&wg_ring_of(g)->closed, 1, memory_order_seq_cst);
	for (uint32_t p = 0; p < g->consumers; p++)
		if (wg_load32(&wg_cursor_of(g, p)->waiting, memory_order_seq_cst) != 0)
			wg_end_ring(g->news[p]);
}

static const struct wg_generation *newest_of(const struct wg_at *a, uint32_t came) { return &a->end->generation[(came - 1) % WG_GENERATIONS]; }

/* Whether messages still go to the ring, where there are newer ones. One of those that has ended or was replaced says that policy
 * has changed: who lost the channel since may be reading here. */
static bool goes_on(const struct wg_at *a, uint32_t came) {
	return wg_state_of(a->generation) == WG_CHANNEL_OPEN && came - a->memory->at == 2 && wg_state_of(newest_of(a, came)) == WG_CHANNEL_OPEN;
}

/* Whether it is time to move to a newer ring: as many read there as here, or they had the time to come. */
static bool can_move(struct wg_at *a, uint32_t came) {
	struct wg_end_memory *m = a->memory;
	const struct wg_generation *newest = newest_of(a, came);
	const int here = __builtin_popcount(wg_active_of(a->generation)), there = __builtin_popcount(wg_active_of(newest));
	if (there >= here || there == (int)newest->consumers)
		return true;
	const uint64_t now = wg_now();
	if (m->noticed != came) {
		m->noticed = came;
		m->noticed_at = now;
	}
	return now - m->noticed_at > PATIENCE;
}

/* Finds the ring to send to. WG_E_FULL while there will be one soon. */
static int follow(struct wg_at *a) {
	const struct wg_channel_end *e = a->end;
	const uint32_t came = atomic_load_explicit(&e->came, memory_order_acquire);
	if (came == 0 || wg_end_denied(e))
		return wg_end_closed();
	if (a->generation == NULL) /* the oldest: consumers that are in it may not have come to the newest yet */
		wg_end_move(a, atomic_load(&e->gone));
	if (a->memory->at + 1 != came) {
		if (!can_move(a, came))
			return goes_on(a, came) ? WG_OK : WG_E_FULL;
		close_ring(a->generation);
		wg_end_move(a, came - 1);
	}
	return wg_state_of(a->generation) == WG_CHANNEL_OPEN ? WG_OK : wg_end_closed();
}

/* Whether there is room for the next message. Cursors are looked at again only when those who read have changed, or what was
 * found of them is used up. */
static bool has_room(const struct wg_at *a) {
	const struct wg_generation *g = a->generation;
	struct wg_end_memory *m = a->memory;
	if (g->overflow != WG_OVERFLOW_BLOCK)
		return true;
	const uint32_t active = wg_active_of(g);
	const uint64_t s = m->position;
	if (s < m->limit && active == m->active)
		return true;
	m->active = active;
	m->limit = s + g->slots;
	for (uint32_t p = 0; p < g->consumers; p++) {
		if (!(active >> p & 1))
			continue;
		const uint64_t next = wg_load64(&wg_cursor_of(g, p)->next, memory_order_acquire);
		if (next <= s && next + g->slots < m->limit) /* one that is ahead of all messages has no say */
			m->limit = next + g->slots;
	}
	return s < m->limit;
}

/* Takes the slot of the next message, in which from here on there is none. */
static int take(struct wg_at *a, size_t size) {
	const int status = follow(a);
	if (status != WG_OK)
		return status;
	a->memory->out = false;
	if (size > a->generation->slot_size)
		return WG_E_TOO_LARGE;
	if (!has_room(a))
		return WG_E_FULL;
	wg_store64(&wg_slot_of(a->generation, a->memory->position)->turn, 0, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	return WG_OK;
}

static void add(uint64_t *counter, uint64_t n) { wg_store64(counter, wg_load64(counter, memory_order_relaxed) + n, memory_order_relaxed); }

/* Waits until there may be room. */
static bool sleep_for_room(struct wg_at *a, struct wg_patience *p) {
	const struct wg_generation *g = a->generation;
	struct wg_ring_header *ring = wg_ring_of(g);
	const bool newer = a->memory->at + 1 != atomic_load(&a->end->came);
	bool more = true;
	wg_store32(&ring->waiting, 1, memory_order_seq_cst);
	a->memory->limit = 0; /* nothing of what was seen before */
	if (newer || (!has_room(a) && wg_state_of(g) == WG_CHANNEL_OPEN))
		more = wg_end_sleep(p, a, g->room, 0, newer ? WG_END_SLICE : UINT64_MAX);
	wg_store32(&ring->waiting, 0, memory_order_seq_cst);
	return more;
}

/* Takes a slot, in time. */
static int obtain(struct wg_at *a, size_t size, struct wg_wait wait) {
	struct wg_patience p = {.wait = wait};
	bool refused = false;
	for (;;) {
		const uint32_t changes = atomic_load(&a->end->changes);
		const int status = take(a, size);
		if (status != WG_E_FULL && status != WG_E_CHANNEL)
			return status;
		if (status == WG_E_FULL && atomic_load_explicit(&WG->closed, memory_order_relaxed))
			return WG_E_CLOSED;
		if (status == WG_E_FULL && !refused)
			add(&wg_ring_of(a->generation)->refused, 1);
		refused = true;
		if (wg_end_look_again(&p))
			continue;
		if (!(status == WG_E_FULL ? sleep_for_room(a, &p) : wg_end_sleep(&p, a, -1, changes, UINT64_MAX)))
			return status;
	}
}

/* Adds to the slot what consumers check it with. */
static void sign(const struct wg_at *a, struct wg_slot *slot, uint32_t length) {
	const struct wg_generation *g = a->generation;
	const void *payload = slot + 1;
	uint8_t head[WG_HEAD_SIZE], tag[WG_TAG_SIZE];
	wg_end_head(head, g->number, a->memory->position, length);
	if (g->integrity == WG_INTEGRITY_CRC32C) {
		const uint32_t crc = wg_crc32c(wg_crc32c(0, head, sizeof head, WG->crc32), payload, length, WG->crc32);
		wg_store32(&slot->crc, crc, memory_order_relaxed);
	} else if (g->integrity == WG_INTEGRITY_HMAC_SHA256) {
		wg_hmac(&a->memory->key, head, sizeof head, payload, length, tag, WG->sha);
		memcpy(slot->tag, tag, sizeof tag);
	}
}

/* Sends what is in the slot at the position. */
static void finish(struct wg_at *a, size_t size) {
	const struct wg_generation *g = a->generation;
	struct wg_end_memory *m = a->memory;
	struct wg_ring_header *ring = wg_ring_of(g);
	struct wg_slot *slot = wg_slot_of(g, m->position);
	wg_store32(&slot->length, (uint32_t)size, memory_order_relaxed);
	if (g->integrity != WG_INTEGRITY_NONE)
		sign(a, slot, (uint32_t)size);
	else
		wg_store32(&slot->crc, 0, memory_order_relaxed);
	m->out = false;
	m->position++;
	add(&ring->octets, size);
	wg_store64(&slot->turn, m->position, memory_order_release);
	wg_store64(&ring->head, m->position, memory_order_seq_cst);
	for (uint32_t left = wg_active_of(g); left != 0; left &= left - 1) {
		const uint32_t p = (uint32_t)__builtin_ctz(left);
		if (wg_load32(&wg_cursor_of(g, p)->waiting, memory_order_seq_cst) != 0)
			wg_end_ring(g->news[p]);
	}
}

int wg_channel_send(wg_channel channel, const void *data, size_t size, struct wg_wait wait) {
	struct wg_at a;
	int status = wg_end_claim(&a, channel, WG_PRODUCER);
	if (status != WG_OK)
		return status;
	status = obtain(&a, size, wait);
	if (status == WG_OK) {
		memcpy(wg_slot_of(a.generation, a.memory->position) + 1, data, size);
		finish(&a, size);
	}
	wg_end_leave(&a);
	return status;
}

int wg_channel_loan(wg_channel channel, void **slot, size_t *room, struct wg_wait wait) {
	struct wg_at a;
	int status = wg_end_claim(&a, channel, WG_PRODUCER);
	if (status != WG_OK)
		return status;
	status = obtain(&a, 0, wait);
	if (status == WG_OK) {
		a.memory->out = true;
		*slot = wg_slot_of(a.generation, a.memory->position) + 1;
		if (room != NULL)
			*room = a.generation->slot_size;
	}
	wg_end_leave(&a);
	return status;
}

/* It stays in the ring that the slot is of, whatever came since. */
static int publish(struct wg_at *a, size_t size) {
	if (a->generation == NULL || !a->memory->out)
		return WG_E_EMPTY;
	if (size > a->generation->slot_size)
		return WG_E_TOO_LARGE;
	if (wg_state_of(a->generation) != WG_CHANNEL_OPEN || wg_end_denied(a->end)) {
		a->memory->out = false;
		return wg_end_closed();
	}
	finish(a, size);
	return WG_OK;
}

int wg_channel_publish(wg_channel channel, size_t size) {
	struct wg_at a;
	int status = wg_end_claim(&a, channel, WG_PRODUCER);
	if (status != WG_OK)
		return status;
	status = publish(&a, size);
	wg_end_leave(&a);
	return status;
}
