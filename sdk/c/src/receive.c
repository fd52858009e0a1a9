/* SPDX-License-Identifier: Apache-2.0 */
/* A consumer's end of a channel: see channel.h and end.h. */
#include <string.h>

#include "end.h"

#ifndef WG_COPIES
#define WG_COPIES 1 /* a test leaves the copy out, to show what it is for */
#endif

/* Stores what the daemon and the producer look at. */
static void tell(const struct wg_at *a) {
	const struct wg_generation *g = a->generation;
	const struct wg_end_memory *m = a->memory;
	struct wg_channel_cursor *c = wg_cursor_of(g, 0);
	wg_store64(&c->received, m->received, memory_order_relaxed);
	wg_store64(&c->octets, m->octets, memory_order_relaxed);
	wg_store64(&c->lost, m->lost, memory_order_relaxed);
	wg_store64(&c->corrupted, m->corrupted, memory_order_relaxed);
	wg_store64(&c->next, m->position, memory_order_seq_cst);
	if (wg_load32(&wg_ring_of(g)->waiting, memory_order_seq_cst) != 0)
		wg_end_ring(g->room);
}

/* Goes on after the message that was read in the ring. */
static void let_go(struct wg_at *a) {
	if (a->generation == NULL || !a->memory->out)
		return;
	a->memory->out = false;
	a->memory->position++;
	tell(a);
}

static uint64_t head_of(const struct wg_generation *g) { return wg_load64(&wg_ring_of(g)->head, memory_order_acquire); }

static bool is_past(uint64_t head, uint64_t next) { return (int64_t)(head - next) > 0; }

/* Whether a producer was at a ring that this end has not come to: it passes rings by that it has no use for. */
static bool was_used(const struct wg_generation *g) {
	return head_of(g) != wg_load64(&wg_cursor_of(g, 0)->next, memory_order_relaxed) || wg_load32(&wg_ring_of(g)->closed, memory_order_acquire) != 0;
}

/* Whether the producer sends nothing more to the ring: it says so, the daemon does, or a later one was used. Then it may be
 * another producer, and the one of this ring be gone. */
static bool is_closed(const struct wg_at *a) {
	const struct wg_generation *g = a->generation;
	if (wg_load32(&wg_ring_of(g)->closed, memory_order_acquire) != 0 || wg_state_of(g) != WG_CHANNEL_OPEN)
		return true;
	const uint32_t came = atomic_load(&a->end->came);
	for (uint32_t i = a->memory->at + 1, n = 0; i != came && n < WG_GENERATIONS; i++, n++)
		if (was_used(&a->end->generation[i % WG_GENERATIONS]))
			return true;
	return false;
}

/* Nothing was found at the position. Returns WG_OK if there is a next ring, and it is worth looking again. */
static int after_last(struct wg_at *a) {
	struct wg_end_memory *m = a->memory;
	if (!is_closed(a))
		return atomic_load_explicit(&WG->closed, memory_order_relaxed) ? WG_E_CLOSED : WG_E_EMPTY;
	if (is_past(head_of(a->generation), m->position)) /* what came just before the end */
		return WG_OK;
	if (m->at + 1 == atomic_load(&a->end->came))
		return wg_end_closed();
	wg_end_move(a, m->at + 1);
	return WG_OK;
}

static bool is_genuine(const struct wg_at *a, const uint8_t *data, uint32_t length, uint32_t crc, const uint8_t *tag) {
	const struct wg_generation *g = a->generation;
	uint8_t head[WG_HEAD_SIZE], want[WG_TAG_SIZE];
	if (g->integrity == WG_INTEGRITY_NONE)
		return true;
	wg_end_head(head, g->number, a->memory->position, length);
	if (g->integrity == WG_INTEGRITY_CRC32C)
		return wg_crc32c(wg_crc32c(0, head, sizeof head, WG->crc32), data, length, WG->crc32) == crc;
	wg_hmac(&a->memory->key, head, sizeof head, data, length, want, WG->sha);
	return wg_tags_equal(want, tag);
}

enum found { FOUND, LOST, CORRUPTED };

/* Looks at the slot of the position. What it finds is in *m; everything in the slot is read once. */
static enum found look_at(const struct wg_at *a, struct wg_message *m) {
	const struct wg_generation *g = a->generation;
	const uint64_t turn = a->memory->position + 1;
	const struct wg_slot *slot = wg_slot_of(g, a->memory->position);
	uint8_t tag[WG_TAG_SIZE];
	if (wg_load64(&slot->turn, memory_order_acquire) != turn)
		return LOST;
	const uint32_t length = wg_load32(&slot->length, memory_order_relaxed), crc = wg_load32(&slot->crc, memory_order_relaxed);
	if (length > g->slot_size)
		return CORRUPTED;
	m->size = length;
	m->data = slot + 1;
	if (g->copy == NULL)
		return FOUND;
	if (WG_COPIES)
		m->data = memcpy(g->copy, slot + 1, length);
	if (g->integrity == WG_INTEGRITY_HMAC_SHA256)
		memcpy(tag, slot->tag, sizeof tag);
	atomic_thread_fence(memory_order_acquire);
	if (wg_load64(&slot->turn, memory_order_relaxed) != turn)
		return LOST;
	return is_genuine(a, m->data, length, crc, tag) ? FOUND : CORRUPTED;
}

/* A message is not given: whoever looks at counters looks soon. */
static void skip(struct wg_at *a, enum found what) {
	a->memory->lost += what == LOST;
	a->memory->corrupted += what == CORRUPTED;
	a->memory->position++;
	tell(a);
	if (what == CORRUPTED)
		(void)wg_pass(WG_OP_DOORBELL, 0, 0, 0, 0);
}

static void give(struct wg_at *a, struct wg_message *m) {
	struct wg_end_memory *own = a->memory;
	m->sequence = own->position;
	m->generation = a->generation->number;
	m->lost = own->lost - own->told_lost;
	m->corrupted = own->corrupted - own->told_corrupted;
	own->told_lost = own->lost;
	own->told_corrupted = own->corrupted;
	own->received++;
	own->octets += m->size;
	if (a->generation->copy == NULL) {
		own->out = true;
		return;
	}
	own->position++;
	tell(a);
}

/* Whether there is a ring to look at. */
static bool is_open(struct wg_at *a) {
	const bool denied = wg_end_denied(a->end);
	if (a->generation == NULL && !denied && atomic_load(&a->end->came) != 0)
		wg_end_move(a, atomic_load(&a->end->gone));
	/* What is left in a ring that ended is taken. One that has not ended is closed to this end alone. */
	return a->generation != NULL && !(denied && wg_state_of(a->generation) == WG_CHANNEL_OPEN);
}

/* Nothing is at the position that could be taken. Goes over what was overwritten; returns WG_OK if it is worth looking. */
static int search(struct wg_at *a) {
	const uint32_t slots = a->generation->slots;
	const uint64_t head = head_of(a->generation), next = a->memory->position;
	if (!is_past(head, next))
		return after_last(a);
	if (head - next > slots) {
		a->memory->lost += head - slots - next;
		a->memory->position = head - slots;
	}
	return WG_OK;
}

/* Takes the next message, but looks at no more of them than a ring has: what a producer makes up has an end. If the slot has
 * it, it is there, and head needs no look. */
static int take(struct wg_at *a, struct wg_message *m) {
	if (!is_open(a))
		return wg_end_closed();
	let_go(a);
	for (uint32_t looks = 0; looks <= a->generation->slots; looks++) {
		enum found found = look_at(a, m);
		if (found == LOST) {
			const uint64_t next = a->memory->position;
			const struct wg_generation *g = a->generation;
			const int status = search(a);
			if (status != WG_OK)
				return status;
			if (next != a->memory->position || g != a->generation)
				continue;
			found = look_at(a, m); /* it may have come between the two looks */
		}
		if (found == FOUND) {
			give(a, m);
			return WG_OK;
		}
		skip(a, found);
	}
	return WG_E_EMPTY;
}

/* Waits until there may be news. */
static bool sleep_for_news(struct wg_at *a, struct wg_patience *p) {
	const struct wg_generation *g = a->generation;
	struct wg_channel_cursor *c = wg_cursor_of(g, 0);
	const bool newer = a->memory->at + 1 != atomic_load(&a->end->came);
	bool goes_on = true;
	wg_store32(&c->waiting, 1, memory_order_seq_cst);
	atomic_thread_fence(memory_order_seq_cst);
	if (!is_past(head_of(g), a->memory->position) && !is_closed(a) && !atomic_load(&WG->closed))
		goes_on = wg_end_sleep(p, a, g->news[0], 0, newer ? WG_END_SLICE : UINT64_MAX);
	wg_store32(&c->waiting, 0, memory_order_seq_cst);
	return goes_on;
}

int wg_channel_receive(wg_channel channel, struct wg_message *message, struct wg_wait wait) {
	struct wg_patience p = {.wait = wait};
	struct wg_at a;
	struct wg_message m;
	int status = wg_end_claim(&a, channel, WG_CONSUMER);
	if (status != WG_OK)
		return status;
	for (;;) {
		const uint32_t changes = atomic_load(&a.end->changes);
		status = take(&a, &m);
		if (status != WG_E_EMPTY && status != WG_E_CHANNEL)
			break;
		if (wg_end_look_again(&p))
			continue;
		if (!(status == WG_E_EMPTY ? sleep_for_news(&a, &p) : wg_end_sleep(&p, &a, -1, changes, UINT64_MAX)))
			break;
	}
	if (status == WG_OK)
		*message = m;
	wg_end_leave(&a);
	return status;
}

int wg_channel_release(wg_channel channel, const struct wg_message *message) {
	struct wg_at a;
	const uint64_t sequence = message->sequence, generation = message->generation;
	const int status = wg_end_claim(&a, channel, WG_CONSUMER);
	if (status != WG_OK)
		return status;
	if (a.generation != NULL && a.generation->number == generation && a.memory->position == sequence)
		let_go(&a);
	wg_end_leave(&a);
	return WG_OK;
}
