/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long calls stay. Each that may stay for so long only has its deadline in its thread's slot.
 * The watcher, a thread of the controller, sleeps until the earliest. What is over its
 * deadline it counts and reports at once, and sends the thread a signal; the handler asks the
 * gate, on that very thread, whether a call of it is over its deadline still. Nobody else ends
 * the thread's calls, so the answer holds until the handler acts on it.
 *
 * A deadline is even while nobody found it passed; the one who makes it odd, the
 * watcher or the thread that returns, counts it.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#include "internal.h"

#define NONE UINT64_MAX
#define FIRST_PAUSE UINT64_C(1000000) /* nanoseconds between signals to a thread that does not end */
#define LONGEST_PAUSE UINT64_C(64000000)

static void ring(void) {
	atomic_fetch_add(&WG->watch_bell, 1);
	wg_futex_wake(&WG->watch_bell, 1);
}

static void exceeded(struct wg_thread *reporter, uint32_t thread, const struct wg_call *c) {
	struct wg_attachment *a = wg_hold(reporter);
	const struct wg_way *way = &WG->way[c->gate];
	const uint16_t target = way->domain->index;
	const struct wg_report r = {
		.kind = WG_DWELL_EXCEEDED, .service = (uint16_t)c->service, .source = (uint16_t)c->source, .target = target,
		.operation = (uint16_t)way->bit, .thread = thread,
	};
	atomic_fetch_add_explicit(wg_pages_word(a, c->source, target, WG_C_DWELL_EXCEEDED), 1, memory_order_relaxed);
	wg_report(a, &r);
	wg_let_go(reporter);
}

/* A call begins, noted in the frame at that depth. */
void wg_dwell_begin(struct wg_thread *t, uint32_t depth) {
	struct wg_frame *f = &t->frames[depth];
	if (f->limits.dwell == 0 && !f->limits.timed)
		return;
	f->entered = wg_now();
	if (f->limits.dwell == 0)
		return;
	struct wg_stay *s = &t->stays[depth];
	/* What it is first, the deadline last: whoever finds the same deadline before and after read the call of it. */
	atomic_store_explicit(&s->gate, f->gate, memory_order_relaxed);
	atomic_store_explicit(&s->service, f->service, memory_order_relaxed);
	atomic_store_explicit(&s->source, f->domain->index, memory_order_relaxed);
	const uint64_t deadline = (f->entered + (uint64_t)f->limits.dwell * 1000) & ~UINT64_C(1);
	atomic_store(&s->deadline, deadline);
	if (deadline < atomic_load(&WG->watch_until))
		ring();
}

/* The call of the frame at that depth ends. */
void wg_dwell_end(struct wg_thread *t, uint32_t depth) {
	struct wg_frame *f = &t->frames[depth];
	if (f->limits.dwell == 0 && !f->limits.timed)
		return;
	const uint64_t now = wg_now();
	const struct wg_call c = {.gate = f->gate, .service = f->service, .source = f->domain->index};
	struct wg_attachment *a = wg_hold(t);
	wg_raise(wg_pages_word(a, c.source, WG->way[c.gate].domain->index, WG_S_LONGEST), now - f->entered);
	wg_let_go(t);
	if (f->limits.dwell == 0)
		return;
	const uint64_t deadline = atomic_exchange(&t->stays[depth].deadline, 0);
	if (!(deadline & 1) && now > deadline)
		exceeded(t, t->tid, &c);
}

/* Returns the depth of the outermost call that is over its deadline, WG_NO_DEPTH if none is. */
uint32_t wg_dwell_overdue(const struct wg_thread *t) {
	const uint64_t now = wg_now();
	for (uint32_t i = 0; i < t->depth; i++) {
		const uint64_t deadline = atomic_load(&t->stays[i].deadline);
		if (deadline != 0 && deadline < now)
			return i;
	}
	return WG_NO_DEPTH;
}

/* Claims a deadline that has passed, and reports; false if the call is another by now. */
static bool claim(struct wg_thread *watcher, struct wg_thread *t, struct wg_stay *s, uint64_t deadline) {
	const struct wg_call c = {
		.gate = atomic_load_explicit(&s->gate, memory_order_relaxed),
		.service = atomic_load_explicit(&s->service, memory_order_relaxed),
		.source = atomic_load_explicit(&s->source, memory_order_relaxed),
	};
	atomic_thread_fence(memory_order_acquire);
	if (!atomic_compare_exchange_strong(&s->deadline, &deadline, deadline | 1))
		return false;
	exceeded(watcher, t->tid, &c);
	return true;
}

struct look {
	uint64_t now, earliest;
	bool overdue; /* something is, and was not ended yet */
};

/* Looks at one thread; returns whether it has to be told. */
static bool look_at(struct wg_thread *watcher, struct wg_thread *t, struct look *l) {
	bool overdue = false;
	for (int i = 0; i < WG_MAX_DEPTH; i++) {
		struct wg_stay *s = &t->stays[i];
		const uint64_t deadline = atomic_load(&s->deadline);
		if (deadline == 0)
			continue;
		if (deadline & 1)
			overdue = true;
		else if (deadline < l->now)
			overdue |= claim(watcher, t, s, deadline);
		else if (deadline < l->earliest)
			l->earliest = deadline;
	}
	return overdue;
}

/* Looks at all threads and tells those that overstay. One whom the controller works for
 * would not be ended: it is told at the next look. */
static void look(struct wg_thread *watcher, struct look *l, long process) {
	for (int i = 0; i < WG_MAX_THREADS; i++) {
		struct wg_thread *t = &wg_threads[i].thread;
		if (atomic_load(&t->fs) == 0 || !look_at(watcher, t, l))
			continue;
		l->overdue = true;
		if (!atomic_load(&t->busy))
			wg_syscall(SYS_tgkill, process, (long)t->tid, WG_DWELL_SIGNAL, 0, 0, 0);
	}
}

static void sleep_until(uint64_t when, uint32_t bell) {
	const struct timespec t = {.tv_sec = (time_t)(when / 1000000000), .tv_nsec = (long)(when % 1000000000)};
	wg_syscall(SYS_futex, (long)&WG->watch_bell, FUTEX_WAIT_BITSET_PRIVATE, bell, when == NONE ? 0 : (long)&t, 0, FUTEX_BITSET_MATCH_ANY);
}

/* Watches for as long as the process lives. There is one watcher, and wg_attach has started it
 * before anybody else can ask to be. */
int wg_watch(struct wg_thread *t) {
	if (t->depth != 0 || atomic_exchange(&WG->watched, 1) != 0)
		return WG_E_PLACE;
	const long process = wg_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
	uint64_t pause = FIRST_PAUSE;
	for (;;) {
		/* Whoever comes during the look rings; after it, who is due before we look again. */
		atomic_store(&WG->watch_until, NONE);
		const uint32_t bell = atomic_load(&WG->watch_bell);
		struct look l = {.now = wg_now(), .earliest = NONE};
		look(t, &l, process);
		pause = !l.overdue ? FIRST_PAUSE : pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
		if (l.overdue && l.earliest > l.now + pause)
			l.earliest = l.now + pause;
		atomic_store(&WG->watch_until, l.earliest);
		sleep_until(l.earliest, bell);
	}
}
