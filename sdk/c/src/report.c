/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells the daemon of violations without making a gate wait: a gate adds to a
 * pending report, the supervisor sends it. The first of its kind goes out at once,
 * later ones ten times a second with their count.
 */
#include <sys/syscall.h>

#include "internal.h"

#define INTERVAL UINT64_C(100000000) /* nanoseconds */

static bool alike(const struct wg_report *a, const struct wg_report *b) {
	return a->kind == b->kind && a->source == b->source && a->target == b->target && a->outcome == b->outcome;
}

/* Returns the pending report of that kind or a free place, NULL if there is neither. */
static struct wg_report *place_of(const struct wg_report *r) {
	struct wg_report *free = NULL;
	for (struct wg_report *p = WG->reports; p < WG->reports + WG_MAX_REPORTS; p++) {
		if (p->kind != 0 && alike(p, r))
			return p;
		if (p->kind == 0 && free == NULL)
			free = p;
	}
	return free;
}

/* Hands over a violation, whose counter has grown before. */
void wg_report(struct wg_attachment *a, const struct wg_report *r) {
	wg_acquire(&WG->reporting);
	struct wg_report *p = place_of(r);
	bool first = p != NULL && p->count == 0;
	if (p != NULL) {
		uint64_t count = p->kind == 0 ? 0 : p->count, next = p->kind == 0 ? 0 : p->next;
		*p = *r;
		p->count = count + 1;
		p->next = next;
	}
	wg_release(&WG->reporting);
	if (p == NULL)
		atomic_fetch_add_explicit(wg_pages_lost(a), 1, memory_order_relaxed);
	if (first) {
		const uint64_t one = 1;
		wg_syscall(SYS_write, WG->wake, (long)&one, sizeof one, 0, 0, 0);
	}
	wg_pages_ring(a);
}

/* Takes a report that is due; false if there is none. Those that were quiet for an interval
 * are forgotten. */
static bool take_due(uint64_t now, struct wg_report *due, bool *pending) {
	bool found = false;
	*pending = false;
	wg_acquire(&WG->reporting);
	for (struct wg_report *p = WG->reports; p < WG->reports + WG_MAX_REPORTS && !found; p++) {
		if (p->kind == 0)
			continue;
		*pending = true;
		if (now < p->next)
			continue;
		if (p->count == 0) {
			p->kind = 0;
			continue;
		}
		*due = *p;
		p->count = 0;
		p->next = now + INTERVAL;
		found = true;
	}
	wg_release(&WG->reporting);
	return found;
}

/* Keeps what could not be sent for the next attachment. */
static void give_back(const struct wg_report *r) {
	wg_acquire(&WG->reporting);
	struct wg_report *p = place_of(r);
	if (p != NULL && p->kind != 0)
		p->count += r->count;
	wg_release(&WG->reporting);
}

/* Sends what is due. Returns 1 if something is left to come, 0 if not, an error if the
 * daemon does not take it. */
int wg_report_flush(uint64_t now) {
	struct wg_report due;
	bool pending;
	while (take_due(now, &due, &pending)) {
		uint32_t count = due.count > UINT32_MAX ? UINT32_MAX : (uint32_t)due.count;
		int failure = wg_wire_violation(&due, count, atomic_load(wg_pages_lost(atomic_load(&WG->attachment))));
		if (failure != WG_OK) {
			give_back(&due);
			return failure;
		}
	}
	return pending ? 1 : 0;
}
