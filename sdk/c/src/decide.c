/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What policy says of a call. A verdict that the policy lets a gate keep is used until the
 * policy page has another epoch. Without one the page is asked, and that takes the same work,
 * instruction by instruction, whichever rule refuses and whether one does: nothing branches on
 * what is found. How much work depends on how many entries the source's row has.
 */
#include "internal.h"

#define SECOND UINT64_C(1000000000)

/* One of two values, without a branch. */
static uint64_t pick(bool first, uint64_t a, uint64_t b) {
	const uint64_t mask = -(uint64_t)first;
	return (a & mask) | (b & ~mask);
}

static bool enterable(uint8_t state) { return (state == WG_STATE_IN_SERVICE) | (state == WG_STATE_RESTRICTED); }

/* The first rule that refuses, of those that the page has. */
static enum wg_rule rule_of(const struct wg_policy_answer *p, uint32_t bit) {
	const bool leavable = enterable(p->source_state) | (p->source_state == WG_STATE_OUT_OF_SERVICE);
	uint64_t rule = WG_PERMITTED;
	rule = pick(!(p->entry.operations >> bit & 1), WG_DENY_OPERATION, rule);
	rule = pick(!(p->entry.flags & WG_ENTRY_PERMIT), WG_DENY_TRANSITION, rule);
	rule = pick(!leavable | !enterable(p->target_state), WG_DENY_SERVICE, rule);
	return (enum wg_rule)rule;
}

/* Generic cell rate algorithm, as sdk/go/rate.go: a tenth of a second's worth of calls, and
 * at least one, may come at once. A rate of 0 is none. What does not count is judged as well,
 * and takes nothing of what was earned. */
static bool admit(_Atomic uint64_t *earned, uint64_t now, uint32_t rate, bool counts) {
	const bool any = rate == 0;
	const uint64_t interval = SECOND / (rate | (uint32_t)any);
	const uint64_t burst = pick(rate / 10 > 1, rate / 10, 1), tolerance = (burst - 1) * interval;
	uint64_t was = atomic_load(earned);
	for (;;) {
		const uint64_t start = pick(was > now, was, now);
		const bool within = any | (start - now <= tolerance);
		if (atomic_compare_exchange_weak(earned, &was, pick(within & counts & !any, start + interval, was)))
			return within;
	}
}

/* Counts a call of a pair of domains in the second in which it comes, and returns how many that are. */
static uint64_t calls_now(_Atomic uint64_t *second, uint64_t now) {
	const uint64_t this = now / SECOND << 32;
	uint64_t was = atomic_load_explicit(second, memory_order_relaxed);
	for (;;) {
		const uint64_t next = pick((was ^ this) >> 32 == 0, was, this) + 1;
		if (atomic_compare_exchange_weak_explicit(second, &was, next, memory_order_relaxed, memory_order_relaxed))
			return next & UINT32_MAX;
	}
}

void wg_raise(_Atomic uint64_t *word, uint64_t to) {
	uint64_t was = atomic_load_explicit(word, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(word, &was, pick(was < to, to, was), memory_order_relaxed, memory_order_relaxed))
		;
}

static void meter(const struct wg_attachment *a, const struct wg_domain *from, const struct wg_domain *to, uint64_t now) {
	wg_raise(wg_pages_word(a, from->index, to->index, WG_S_BUSIEST), calls_now(&WG->seconds[(size_t)from->index * WG->domains + to->index], now));
}

/* Asks the page. The verdict is for as long as the epoch if the page says so; never where a
 * memory of it would tell on the clock what was asked before. */
static enum wg_rule ask(struct wg_verdict *v, const struct wg_attachment *a, const struct wg_frame *f) {
	const struct wg_way *way = &WG->way[f->gate];
	const struct wg_domain *from = f->domain, *to = way->domain;
	const struct wg_policy_answer p = wg_pages_lookup(a, from->index, to->index);
	const uint64_t now = wg_now();
	enum wg_rule rule = rule_of(&p, way->bit);
	const bool keep = (rule == WG_PERMITTED) & ((p.entry.flags & WG_ENTRY_FAST_PATH) != 0) & !(p.target_flags & WG_DOMAIN_CONSTANT_TIME);
	const bool permissive = (p.source_flags & WG_DOMAIN_PERMISSIVE) != 0;
	const bool admitted = admit(&WG->meters[(size_t)from->index * WG->domains + to->index], now, p.entry.max_rate, rule == WG_PERMITTED);
	rule = (enum wg_rule)pick((rule == WG_PERMITTED) & !admitted, WG_DENY_RATE, rule);
	atomic_fetch_or_explicit(wg_pages_word(a, from->index, to->index, WG_S_OPERATIONS), UINT64_C(1) << way->bit, memory_order_relaxed);
	meter(a, from, to, now);
	*v = (struct wg_verdict){
		.attachment = a->id, .epoch = pick(keep, p.epoch, 0), .permitted = wg_pages_word(a, from->index, to->index, WG_C_PERMITTED),
		.limits = {.dwell = p.entry.max_dwell, .delay = p.delay, .timed = permissive}, .gate = f->gate, .rate = p.entry.max_rate,
		.source = from->index, .metered = (p.entry.max_rate != 0) | permissive, .permissive = permissive,
	};
	return rule;
}

/* What is left to decide where the page was asked before. */
static enum wg_rule remember(const struct wg_verdict *v, const struct wg_attachment *a, const struct wg_frame *f) {
	const struct wg_domain *from = f->domain, *to = WG->way[f->gate].domain;
	const uint64_t now = wg_now();
	meter(a, from, to, now);
	return admit(&WG->meters[(size_t)from->index * WG->domains + to->index], now, v->rate, true) ? WG_PERMITTED : WG_DENY_RATE;
}

static bool unlimited(const struct wg_limits *l) { return l->dwell == 0 && l->delay == 0 && !l->timed; }

/* Whether there is nothing to decide while the verdict holds. */
static bool settles(const struct wg_verdict *v) { return v->epoch != 0 && !v->metered && unlimited(&v->limits); }

/* Decides on a call that a verdict does not settle, and counts it. */
__attribute__((noinline)) static struct wg_decision judge(struct wg_verdict *v, const struct wg_attachment *a, struct wg_frame *f, bool known) {
	static const uint8_t counters[] = {
		[WG_PERMITTED] = WG_C_PERMITTED, [WG_DENY_SERVICE] = WG_C_OUT_OF_SERVICE, [WG_DENY_TRANSITION] = WG_C_DENIED,
		[WG_DENY_OPERATION] = WG_C_OPERATION_DENIED, [WG_DENY_RATE] = WG_C_RATE_LIMITED,
	};
	struct wg_decision d = {.rule = known ? remember(v, a, f) : ask(v, a, f)};
	d.tolerated = v->permissive & (d.rule != WG_PERMITTED) & (d.rule != WG_DENY_SERVICE);
	f->limits = v->limits;
	const uint32_t from = f->domain->index, to = WG->way[f->gate].domain->index;
	/* This first: a reader must not take the call for a refused one. */
	if (!known || d.tolerated)
		atomic_fetch_add_explicit(wg_pages_word(a, from, to, WG_C_TOLERATED), d.tolerated, memory_order_relaxed);
	atomic_fetch_add_explicit(wg_pages_word(a, from, to, counters[d.rule]), 1, memory_order_release);
	d.settled = settles(v) ? v : NULL;
	return d;
}

/* Decides on the call into another domain that the frame is for, counts it, and notes in the frame what it has to keep to. */
struct wg_decision wg_decide(struct wg_thread *t, const struct wg_attachment *a, struct wg_frame *f) {
	const uint32_t gate = f->gate, from = f->domain->index;
	struct wg_verdict *v = &t->verdicts[(gate ^ 31u * from) % WG_VERDICTS];
	/* No epoch with a permit is 0. */
	const bool known = v->epoch != 0 && v->gate == gate && v->source == from && v->attachment == a->id && v->epoch == wg_pages_epoch(a);
	if (!known || v->metered)
		return judge(v, a, f, known);
	f->limits = v->limits;
	atomic_fetch_add_explicit(v->permitted, 1, memory_order_release);
	return (struct wg_decision){.rule = WG_PERMITTED, .settled = unlimited(&v->limits) ? v : NULL};
}
