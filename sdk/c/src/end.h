/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What code of a domain does at its ends of channels: end.c, send.c and receive.c run with its rights. It
 * finds in the controller's memory where things are. What it remembers is in memory of the domain, which no other can
 * touch and nobody else believes. What another end writes is read once, word by word, and checked before it is used.
 */
#ifndef WG_END_H
#define WG_END_H

#include "check.h"
#include "internal.h"

/* What an end remembers. Zeroed at first. */
struct wg_end_memory {
	_Atomic(struct wg_thread *) user; /* who is at the end; nobody else touches what follows */
	uint32_t opened;                  /* it works with a generation: number at of those that came */
	uint32_t at;
	uint64_t position; /* sequence of the message that comes next */
	bool out;          /* the slot at the position is lent: to be written by a producer, to be read by a consumer */

	/* Of a producer. */
	uint64_t limit;    /* up to here there is room, for those who are active */
	uint32_t active;
	uint32_t noticed;  /* how many generations had come when a newer one was seen, and when that was */
	uint64_t noticed_at;

	/* Of a consumer: what its cursor says. */
	uint64_t received, octets, lost, corrupted;
	uint64_t told_lost, told_corrupted; /* of those, that a message has told of */

	struct wg_hmac_key key;
};

/* An end while a thread is at it. */
struct wg_at {
	struct wg_channel_end *end;
	struct wg_end_memory *memory;
	const struct wg_generation *generation; /* that it works with, NULL for none */
};

/* How long a function has been waiting. */
struct wg_patience {
	struct wg_wait wait;
	uint64_t began; /* nanoseconds, 0 before the first look at the clock */
	uint32_t looks;
};

WG_HIDDEN int wg_end_claim(struct wg_at *a, wg_channel channel, enum wg_role role);
static inline void wg_end_leave(const struct wg_at *a) { atomic_store_explicit(&a->memory->user, NULL, memory_order_release); }

/* Moves to a generation, of which it is known that it came. */
WG_HIDDEN void wg_end_move(struct wg_at *a, uint32_t to);

/* Returns what to say while there is no generation, or one in which nothing goes. */
static inline int wg_end_closed(void) { return atomic_load(&WG->closed) ? WG_E_CLOSED : WG_E_CHANNEL; }

/* Whether policy has closed the end. */
static inline bool wg_end_denied(const struct wg_channel_end *e) {
	const uint32_t reason = atomic_load_explicit(&e->withheld, memory_order_acquire);
	return reason == WG_WITHHELD_UNKNOWN || reason == WG_WITHHELD_SERVICE;
}

/* Waits busily; false when it is time to wait otherwise. */
WG_HIDDEN bool wg_end_look_again(struct wg_patience *p);
/* Waits outside for a bell, or if it is below 0 for a change of the end since it had so many; false when the time is over. At most for so
 * many nanoseconds. */
WG_HIDDEN bool wg_end_sleep(struct wg_patience *p, const struct wg_at *a, int bell, uint32_t changes, uint64_t most);
WG_HIDDEN void wg_end_ring(int bell);

/* How long to wait at a generation while a newer one is there, whose bell is another. */
#define WG_END_SLICE UINT64_C(5000000)

#define WG_HEAD_SIZE 20u /* octets of what is checked before the payload */
WG_HIDDEN void wg_end_head(uint8_t head[WG_HEAD_SIZE], uint64_t generation, uint64_t sequence, uint32_t length);

static inline uint64_t wg_load64(const void *at, memory_order order) { return atomic_load_explicit((const _Atomic uint64_t *)at, order); }
static inline uint32_t wg_load32(const void *at, memory_order order) { return atomic_load_explicit((const _Atomic uint32_t *)at, order); }
static inline void wg_store64(void *at, uint64_t value, memory_order order) { atomic_store_explicit((_Atomic uint64_t *)at, value, order); }
static inline void wg_store32(void *at, uint32_t value, memory_order order) { atomic_store_explicit((_Atomic uint32_t *)at, value, order); }

static inline uint32_t wg_state_of(const struct wg_generation *g) {
	return wg_load32(g->control + offsetof(struct wg_channel_control, state), memory_order_acquire);
}
static inline uint32_t wg_active_of(const struct wg_generation *g) {
	const uint32_t places = (uint32_t)((UINT64_C(1) << g->consumers) - 1);
	return wg_load32(g->control + offsetof(struct wg_channel_control, active), memory_order_acquire) & places;
}
static inline struct wg_ring_header *wg_ring_of(const struct wg_generation *g) { return (struct wg_ring_header *)(void *)g->ring; }
static inline struct wg_slot *wg_slot_of(const struct wg_generation *g, uint64_t sequence) {
	return (struct wg_slot *)(void *)(g->ring + WG_RING_HEADER + (sequence & (g->slots - 1)) * (uint64_t)g->stride);
}
static inline struct wg_channel_cursor *wg_cursor_of(const struct wg_generation *g, uint32_t place) {
	return (struct wg_channel_cursor *)(void *)(g->cursors + place * (size_t)WG_CURSOR_SIZE);
}

#endif
