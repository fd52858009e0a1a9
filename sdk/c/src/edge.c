/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that were made before: the fast path of the gate, and the way back of it.
 *
 * A call reads the policy page without a fence behind the note, in hazard, that it does. So a supervisor that adopts
 * other pages first makes the edges invalid, then has the kernel put a fence into each thread
 * (membarrier), and then looks who notes what: whoever does not, finds no valid edge any more. Where
 * the kernel does not do that there are no edges.
 */
#define _GNU_SOURCE
#include <linux/membarrier.h>
#include <sys/syscall.h>

#include "internal.h"

static bool rarely(bool condition) { return __builtin_expect(condition, 0); }

/* Asks the kernel for its part, for as long as the process lives. */
bool wg_edges_possible(void) {
	atomic_store(&WG->revision, 1);
	return wg_syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0, 0, 0, 0) == 0;
}

/* Makes all edges invalid. If it returns true, then whoever is still using one has noted its attachment. */
bool wg_edges_forget(void) {
	atomic_fetch_add(&WG->revision, 1);
	return !WG->edges || wg_syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0, 0, 0, 0) == 0;
}

/* Remembers the call that the frame is for, which the verdict has let through the wall; revision is from
 * before anything else was looked at. */
void wg_edge_learn(struct wg_thread *t, const struct wg_frame *f, const struct wg_verdict *v, uint64_t revision) {
	if (!WG->edges || WG->backend == WG_WIRE_MPROTECT)
		return;
	const struct wg_way *way = &WG->way[f->gate];
	const unsigned slot = (unsigned)((const union wg_thread_slot *)(const void *)t - wg_threads);
	const struct wg_region *stack = way->domain->stacks[slot];
	struct wg_attachment *a = wg_hold(t);
	if (a->id != v->attachment) { /* another one came meanwhile, whose epochs are not the verdict's */
		wg_let_go(t);
		return;
	}
	struct wg_edge *e = &t->edges[f->gate % WG_EDGES];
	const struct wg_frame again = {.kind = WG_FRAME_CALL, .crossed = WG_CROSSED_EDGE, .gate = f->gate, .expected = t->expected, .service = way->service};
	*e = (struct wg_edge){
		.from = f->domain, .to = way->domain, .gate = f->gate, .revision = revision, .epoch = v->epoch,
		.page = (const _Atomic uint64_t *)(const void *)(a->policy + offsetof(struct wg_policy_header, epoch)),
		.attachment = a, .permitted = v->permitted, .key = (uint64_t)wg_ring_key(way->domain),
		.target = {(uint64_t)stack->memory + stack->size, (uint64_t)way->function}, .what = again.what, .as = again.as,
		.from_mark = wg_mark(f->domain), .to_mark = wg_mark(way->domain),
	};
	wg_let_go(t);
}

/* Makes a call that was to go along the edge, which does not hold any more. */
static __attribute__((noinline, cold)) void stray(uint64_t op, uint64_t a, struct wg_thread *t) {
	wg_let_go(t);
	wg_trusted_anew(op, a, t);
}

/* Likewise, and the thread was counted in where it found another key. */
static __attribute__((noinline, cold)) void stray_inside(uint64_t op, uint64_t a, struct wg_thread *t) {
	wg_ring_leave(t->edges[a % WG_EDGES].to);
	stray(op, a, t);
}

/* Whether the edge is one from where the thread is to what is not on its way. */
static inline bool leads_on(const struct wg_thread *t, const struct wg_edge *e, uint64_t gate) {
	return e->gate == gate && e->from == t->at && (e->to_mark & t->way) == 0 && t->depth != WG_MAX_DEPTH;
}

/* Whether it is still what policy and the controller say. If so, its pages stay mapped until wg_let_go. */
static inline bool holds(struct wg_thread *t, const struct wg_edge *e) {
	atomic_store_explicit(&t->hazard, e->attachment, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst); /* the processor's is the supervisor's to ask for */
	return atomic_load_explicit(&WG->revision, memory_order_acquire) == e->revision &&
	       atomic_load_explicit(e->page, memory_order_acquire) == e->epoch;
}

/* Counts the thread into the target; returns whether that has the key that it had. */
static inline bool enter(const struct wg_edge *e) {
	return (atomic_fetch_add(&e->to->word, WG_ONE_ENTRY + WG_ONE_THREAD) >> WG_KEY_SHIFT & 31) == e->key;
}

/* Makes the gate begin what the edge leads to, as call and begin in trusted.c do. */
static inline void follow(struct wg_thread *t, const struct wg_edge *e) {
	struct wg_frame *f = &t->frames[t->depth++];
	f->what = e->what;
	f->limits = (struct wg_limits){0};
	f->as = t->as;
	f->where = t->where;
	t->chain[t->length++] = e->to;
	t->at = e->to;
	t->way |= e->from_mark;
	t->as = e->as;
	t->target = e->target;
	t->begin = 1;
}

/* Does what the gate was entered for, whose caller stands in the last frame; with the gate's registers as they are, of which
 * b is among the state's arguments too. Afterwards the gate does what the state says. */
void wg_trusted(uint64_t a, uint64_t b, uint64_t none, struct wg_thread *t, uint64_t nothing, uint64_t op) {
	(void)b, (void)none, (void)nothing;
	const struct wg_edge *e = &t->edges[a % WG_EDGES];
	__asm__("" : "+r"(e)); /* found once */
	if (rarely(op != WG_OP_CALL || !leads_on(t, e, a))) {
		wg_trusted_anew(op, a, t);
		return;
	}
	if (rarely(!holds(t, e))) {
		stray(op, a, t);
		return;
	}
	if (WG->backend == WG_WIRE_PKU && rarely(!enter(e))) {
		stray_inside(op, a, t);
		return;
	}
	atomic_fetch_add_explicit(e->permitted, 1, memory_order_release);
	atomic_store_explicit(&t->hazard, NULL, memory_order_release);
	follow(t, e);
}

/* Goes back along an edge, as unwind in trusted.c does. */
static inline void go_back(struct wg_thread *t, uint64_t result) {
	const struct wg_frame *f = &t->frames[--t->depth];
	t->length--;
	t->where = f->where;
	t->as = f->as;
	t->result = result;
	t->status = WG_OK;
	t->begin = 0;
}

/* Whether the last call was along an edge, and the thread is still counted in where that began. */
static inline bool straight(const struct wg_thread *t) {
	if (t->depth == 0)
		return false;
	const struct wg_frame *f = &t->frames[t->depth - 1];
	return t->yielded == 0 && f->kind == WG_FRAME_CALL && f->crossed == WG_CROSSED_EDGE;
}

/* Likewise, for code that came to its end: the last frame has nobody, and the one below goes on. */
void wg_returned(uint64_t op, uint64_t a, uint64_t b, struct wg_thread *t) {
	if (rarely(op != WG_OP_RETURN || atomic_load_explicit(&t->busy, memory_order_relaxed) ||  !straight(t))) {
		wg_returned_anew(op, a, b, t);
		return;
	}
	struct wg_domain *left = t->at;
	go_back(t, a);
	if (WG->backend == WG_WIRE_PKU && rarely(wg_ring_count_out(left)))
		wg_ring_left();
}
