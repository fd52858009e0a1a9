/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at an end of a channel when threads were ended there: their slots and the domain are made up. */
#define _GNU_SOURCE
#include "../src/end.h"
#include "expect.h"

static struct wg_domain home, other;

/* The thread becomes the one of a slot, in the domain. */
static struct wg_thread *be(unsigned slot) {
	struct wg_thread *t = &wg_threads[slot].thread;
	uint64_t self;
	__asm__("mov %%fs:0, %0" : "=r"(self));
	atomic_store(&t->fs, self);
	t->length = 1;
	t->chain[0] = &home;
	wg_self = t;
	wg_inside = true;
	return t;
}

int main(void) {
	static struct wg_end_memory memory;
	static struct wg_channel_end ends[2] = {{.role = WG_PRODUCER, .domain = &home, .memory = &memory}, {.role = WG_PRODUCER, .domain = &other}};
	struct wg_at a;
	WG->end = ends;
	WG->ends = 2;
	struct wg_thread *first = be(3);
	EXPECT(wg_end_claim(&a, 0, WG_CONSUMER) == WG_E_ARGUMENT && wg_end_claim(&a, 1, WG_PRODUCER) == WG_E_PLACE && wg_end_claim(&a, 2, WG_PRODUCER) == WG_E_NOT_HOSTED);
	EXPECT(wg_end_claim(&a, 0, WG_PRODUCER) == WG_OK);
	(void)be(7);
	EXPECT(wg_end_claim(&a, 0, WG_PRODUCER) == WG_E_BUSY);
	atomic_fetch_add(&first->ended, 1); /* as the gate does; it is in the domain all the same, or again */
	EXPECT(wg_end_claim(&a, 0, WG_PRODUCER) == WG_OK);
	(void)be(3);
	EXPECT(wg_end_claim(&a, 0, WG_PRODUCER) == WG_E_BUSY);
	(void)be(7);
	EXPECT(wg_end_claim(&a, 0, WG_PRODUCER) == WG_OK); /* whoever was at the end itself is there no more */
	wg_end_leave(&a);
	(void)be(3);
	EXPECT(wg_end_claim(&a, 0, WG_PRODUCER) == WG_OK);
	atomic_store(&memory.user, UINT64_MAX); /* no thread's */
	EXPECT(wg_end_claim(&a, 0, WG_PRODUCER) == WG_OK && wg_unendable == 0);
	return 0;
}
