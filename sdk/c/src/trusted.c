/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate decides. See internal.h for what this code may believe. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>

#include "internal.h"

#define OUTSIDE_STACK (256u * 1024)
#define LEAST_STACK (2 * WG_PAGE) /* that must be left for an operation to begin */

/* The clock of rates and dwell times, in nanoseconds. */
uint64_t wg_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint32_t thread_id(void) { return (uint32_t)wg_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0); }

static unsigned slot_of(const struct wg_thread *t) { return (unsigned)((const union wg_slot *)(const void *)t - wg_threads); }

/* The domain that the thread is in, NULL outside. */
static struct wg_domain *current(const struct wg_thread *t) {
	return t->length == 0 || t->paused ? NULL : t->chain[t->length - 1];
}

/* Keeps the current attachment mapped until let_go. */
static struct wg_attachment *hold(struct wg_thread *t) {
	struct wg_attachment *a = atomic_load(&WG->attachment);
	for (;;) {
		atomic_store(&t->hazard, a);
		struct wg_attachment *again = atomic_load(&WG->attachment);
		if (a == again)
			return a;
		a = again;
	}
}

static void let_go(struct wg_thread *t) { atomic_store_explicit(&t->hazard, NULL, memory_order_release); }

static void count(const struct wg_attachment *a, const struct wg_domain *from, const struct wg_domain *to, int counter) {
	atomic_fetch_add_explicit(wg_pages_counter(a, from->index, to->index, counter), 1, memory_order_relaxed);
}

/* A thread comes for the first time, or again after its library state was lost. Its FS base can be
 * that of a thread which ended; one that ended inside must not hand its rights on. */
static int64_t enroll(struct wg_thread *t) {
	if (t->depth == 0) {
		t->expected = WG_RIGHTS_OUTSIDE;
		t->simd = WG->simd;
		t->length = t->yielded = t->paused = 0;
		t->tid = thread_id();
	} else if (t->tid != thread_id()) {
		wg_die("a thread ended inside a domain");
	}
	t->result = (uint64_t)t;
	return WG_OK;
}

/* Generic cell rate algorithm, as sdk/go/rate.go: a tenth of a second's worth of calls, and
 * at least one, may come at once. */
static bool admit(_Atomic uint64_t *earned, uint64_t now, uint32_t rate) {
	const uint64_t interval = UINT64_C(1000000000) / rate;
	const uint64_t burst = rate / 10 > 1 ? rate / 10 : 1, tolerance = (burst - 1) * interval;
	uint64_t was = atomic_load(earned);
	for (;;) {
		uint64_t start = was > now ? was : now;
		if (start - now > tolerance)
			return false;
		if (atomic_compare_exchange_weak(earned, &was, start + interval))
			return true;
	}
}

struct refusal {
	int status, counter, kind;
};

static const struct refusal out_of_service = {WG_E_OUT_OF_SERVICE, WG_C_OUT_OF_SERVICE, WG_DOMAIN_OUT_OF_SERVICE};
static const struct refusal no_transition = {WG_E_TRANSITION, WG_C_DENIED, WG_TRANSITION_DENIED};
static const struct refusal no_operation = {WG_E_OPERATION, WG_C_OPERATION_DENIED, WG_OPERATION_DENIED};
static const struct refusal too_fast = {WG_E_RATE, WG_C_RATE_LIMITED, WG_RATE_EXCEEDED};

static bool enterable(uint8_t state) { return state == WG_STATE_IN_SERVICE || state == WG_STATE_RESTRICTED; }

/* The slow path: asks the policy page and remembers in v. NULL permits. */
static const struct refusal *validate(struct wg_verdict *v, const struct wg_attachment *a, const struct wg_domain *from, uint32_t gate) {
	const struct wg_way *way = &WG->way[gate];
	struct wg_policy_answer p = wg_pages_lookup(a, from->index, WG->hosted[way->service].domain->index);
	v->epoch = 0;
	if (!(enterable(p.source_state) || p.source_state == WG_STATE_OUT_OF_SERVICE) || !enterable(p.target_state))
		return &out_of_service;
	if (!(p.entry.flags & WG_ENTRY_PERMIT))
		return &no_transition;
	if (!(p.entry.operations >> way->bit & 1))
		return &no_operation;
	*v = (struct wg_verdict){
		.attachment = a->id, .gate = gate, .source = from->index,
		.epoch = p.entry.flags & WG_ENTRY_FAST_PATH ? p.epoch : 0,
		.rate = p.entry.max_rate, .dwell = p.entry.max_dwell,
	};
	return NULL;
}

static void report(struct wg_thread *t, struct wg_attachment *a, int kind, const struct wg_domain *from, uint32_t gate) {
	const struct wg_way *way = &WG->way[gate];
	const struct wg_report r = {
		.kind = (uint8_t)kind, .service = (uint16_t)t->service, .source = from->index,
		.target = WG->hosted[way->service].domain->index, .operation = (uint16_t)way->bit,
	};
	wg_report(t, a, &r);
}

/* Decides on a call across a wall, and counts it. */
static int64_t permit(struct wg_thread *t, struct wg_frame *f, const struct wg_domain *from, uint32_t gate) {
	const struct wg_domain *to = WG->hosted[WG->way[gate].service].domain;
	struct wg_attachment *a = hold(t);
	struct wg_verdict *v = &t->verdicts[(gate ^ 31u * from->index) % WG_VERDICTS];
	const struct refusal *no = NULL;
	/* No epoch with a permit is 0. */
	if (v->epoch == 0 || v->gate != gate || v->source != from->index || v->attachment != a->id || v->epoch != wg_pages_epoch(a))
		no = validate(v, a, from, gate);
	if (no == NULL && v->rate != 0 && !admit(&WG->meters[(size_t)from->index * WG->domains + to->index], wg_now(), v->rate))
		no = &too_fast;
	count(a, from, to, no == NULL ? WG_C_PERMITTED : no->counter);
	if (no != NULL)
		report(t, a, no->kind, from, gate);
	else if ((f->dwell = v->dwell) != 0)
		f->entered = wg_now();
	let_go(t);
	return no == NULL ? WG_OK : no->status;
}

/* Finds where the thread's stack in a domain goes on, 0 if it cannot: below what the domain's
 * code last had when it left, at the top if it is not on the way. */
static uint64_t stack_of(struct wg_thread *t, struct wg_domain *d, uint32_t frames) {
	struct wg_region **stack = &d->stacks[slot_of(t)];
	if (*stack == NULL && (*stack = wg_region_make(d, WG->stack_size)) == NULL)
		return 0;
	uint64_t low = (uint64_t)(*stack)->memory, high = low + (*stack)->size;
	for (uint32_t i = frames; i-- > 0;) {
		if (t->frames[i].domain != d)
			continue;
		uint64_t sp = (t->frames[i].rsp - 256) & ~UINT64_C(15);
		return sp >= low + LEAST_STACK && sp <= high ? sp : 0;
	}
	return high;
}

/* Makes the gate begin a function, from which it comes back to frame f. */
static void begin(struct wg_thread *t, uint64_t sp, wg_function function, const uint64_t arguments[3]) {
	t->begin = 1;
	t->sp = sp;
	t->function = (uint64_t)function;
	for (int i = 0; i < 3; i++)
		t->arguments[i] = arguments[i];
	t->depth++;
}

/* Notes in the frame that the gate has filled with registers what else has to be restored. */
static struct wg_frame *note(struct wg_thread *t, enum wg_frame_kind kind) {
	struct wg_frame *f = &t->frames[t->depth];
	f->kind = (uint8_t)kind;
	f->crossed = 0;
	f->dwell = 0;
	f->service = t->service;
	f->domain = current(t);
	return f;
}

/* Whether code of the domain was ended where it left things as they were, and nobody may find them so. */
static bool fenced(const struct wg_domain *d) { return WG->fence && atomic_load(&d->faults) != 0; }

static int64_t call(struct wg_thread *t, uint64_t gate, const uint64_t arguments[3]) {
	struct wg_domain *from = current(t);
	if (from == NULL)
		return WG_E_PLACE;
	if (gate >= WG->gates)
		return WG_E_NOT_HOSTED;
	if (t->depth == WG_MAX_DEPTH)
		return WG_E_DEPTH;
	const struct wg_way *way = &WG->way[gate];
	struct wg_domain *to = WG->hosted[way->service].domain;
	if (fenced(from) || fenced(to))
		return WG_E_OUT_OF_SERVICE;
	struct wg_frame *f = note(t, WG_FRAME_CALL);
	f->gate = (uint32_t)gate;
	uint64_t sp = stack_of(t, to, t->depth + 1);
	if (sp == 0)
		return WG_E_STACK;
	if (to != from) {
		int64_t status = permit(t, f, from, (uint32_t)gate);
		if (status == WG_OK)
			status = wg_walls_enter(t, to);
		if (status != WG_OK)
			return status;
		f->crossed = 1;
	}
	t->service = way->service;
	begin(t, sp, way->function, arguments);
	return WG_OK;
}

static int64_t run(struct wg_thread *t, uint64_t service, uint64_t argument) {
	if (t->depth != 0)
		return WG_E_PLACE;
	if (atomic_load(&WG->closed))
		return WG_E_CLOSED;
	if (service >= WG->services || WG->hosted[service].run == NULL)
		return WG_E_NOT_HOSTED;
	struct wg_domain *home = WG->hosted[service].domain;
	if (fenced(home))
		return WG_E_OUT_OF_SERVICE;
	struct wg_frame *f = note(t, WG_FRAME_RUN);
	uint64_t sp = stack_of(t, home, 0);
	if (sp == 0)
		return WG_E_SYSTEM;
	int status = wg_walls_enter(t, home);
	if (status != WG_OK)
		return status;
	f->crossed = 1;
	t->service = (uint32_t)service;
	begin(t, sp, WG->hosted[service].run, (const uint64_t[3]){argument, 0, 0});
	return WG_OK;
}

static int64_t outside(struct wg_thread *t, uint64_t function, uint64_t argument) {
	if (current(t) == NULL)
		return WG_E_PLACE;
	if (t->depth == WG_MAX_DEPTH)
		return WG_E_DEPTH;
	if (t->outside == NULL && (t->outside = wg_region_make(NULL, OUTSIDE_STACK)) == NULL)
		return WG_E_SYSTEM;
	(void)note(t, WG_FRAME_OUTSIDE);
	wg_walls_pause(t);
	t->paused = 1;
	begin(t, (uint64_t)t->outside->memory + t->outside->size, (wg_function)function, (const uint64_t[3]){argument, 0, 0});
	return WG_OK;
}

static void check_dwell(struct wg_thread *t, const struct wg_frame *f) {
	if (f->dwell == 0 || wg_now() - f->entered <= (uint64_t)f->dwell * 1000)
		return;
	struct wg_attachment *a = hold(t);
	count(a, f->domain, WG->hosted[WG->way[f->gate].service].domain, WG_C_DWELL_EXCEEDED);
	report(t, a, WG_DWELL_EXCEEDED, f->domain, f->gate);
	let_go(t);
}

/* Goes back to where the gate was entered last. */
static int64_t unwind(struct wg_thread *t, int64_t status, uint64_t result) {
	if (t->depth == 0)
		wg_die("a thread came back from a gate that it did not enter");
	struct wg_frame *f = &t->frames[--t->depth];
	if (f->kind == WG_FRAME_OUTSIDE) {
		wg_walls_resume(t);
		t->paused = 0;
	} else if (f->crossed) {
		wg_walls_leave(t);
	}
	t->service = f->service;
	check_dwell(t, f);
	t->result = result;
	return status;
}

static void report_trespass(struct wg_thread *t, const struct wg_domain *from, const struct wg_domain *owner, uint64_t address) {
	const struct wg_report r = {
		.kind = WG_KEY_FAULT, .service = (uint16_t)t->service, .source = from->index,
		.target = owner->index, .operation = WG_NO_OPERATION, .address = address,
	};
	struct wg_attachment *a = hold(t);
	count(a, from, owner, WG_C_FAULTS);
	wg_report(t, a, &r);
	let_go(t);
}

/* Tells the host of compartments that code of a domain was ended. */
static void mourn(struct wg_domain *d) {
	atomic_fetch_add(&d->faults, 1);
	const uint64_t one = 1;
	wg_syscall(SYS_write, WG->bell, (long)&one, sizeof one, 0, 0, 0);
}

/* The code inside touched what it may not. If it was another domain's it is ended; whatever
 * else it was is a bug of the program, and ends it, but in a host of compartments only that code. */
static int64_t fault(struct wg_thread *t, uint64_t address) {
	struct wg_domain *owner = wg_region_owner(address);
	bool trespass = owner != NULL && owner != current(t);
	if (t->depth == 0 || !(trespass || WG->compartments))
		wg_die("segmentation fault inside a domain, at no region of another one");
	struct wg_domain *from = t->chain[t->length - 1];
	if (trespass)
		report_trespass(t, from, owner, address);
	if (WG->compartments)
		mourn(from);
	return unwind(t, WG_E_FAULT, 0);
}

static int64_t region_alloc(struct wg_thread *t, uint64_t service, uint64_t size) {
	if (service >= WG->services || size == 0 || size > UINT64_C(1) << 40)
		return WG_E_ARGUMENT;
	struct wg_domain *d = WG->hosted[service].domain;
	if (t->length > 0 && d != t->chain[t->length - 1])
		return WG_E_PLACE;
	struct wg_region *r = wg_region_make(d, size);
	if (r == NULL)
		return WG_E_SYSTEM;
	t->result = (uint64_t)r->memory;
	return WG_OK;
}

static int64_t region_free(struct wg_thread *t, uint64_t address) {
	struct wg_domain *d = wg_region_owner(address);
	if (d == NULL)
		return WG_E_NOT_HOSTED;
	if (t->length > 0 && d != t->chain[t->length - 1])
		return WG_E_PLACE;
	return wg_region_drop(d, (const uint8_t *)address);
}

static int64_t close_host(struct wg_thread *t) {
	if (t->length > 0)
		return WG_E_PLACE;
	atomic_store(&WG->closed, 1);
	const uint64_t one = 1;
	wg_syscall(SYS_write, WG->wake, (long)&one, sizeof one, 0, 0, 0);
	return WG_OK;
}

static uint64_t property(struct wg_thread *t, uint64_t which) {
	struct wg_attachment *a = hold(t);
	uint64_t id = a->id, epoch = wg_pages_epoch(a);
	let_go(t);
	if (which >= WG_FAULTS_OF && which - WG_FAULTS_OF < WG->services)
		return atomic_load(&WG->hosted[which - WG_FAULTS_OF].domain->faults);
	switch (which) {
	case WG_ATTACHED: return atomic_load(&WG->connected);
	case WG_ATTACHMENT: return id;
	case WG_BACKEND: return (uint64_t)WG->backend + WG_BACKEND_NONE;
	case WG_STRENGTH: return wg_strength();
	case WG_EPOCH: return epoch;
	case WG_KEY_LOADS: return WG->ring.loads;
	case WG_KEY_EVICTIONS: return WG->ring.evictions;
	case WG_KEY_WAITS: return WG->ring.waits;
	default: return 0;
	}
}

/* Does what the gate was entered for. Afterwards the gate does what the state says. */
void wg_trusted(struct wg_thread *t, uint64_t op, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
	if (t->busy)
		wg_die("fault in the controller");
	t->busy = 1;
	t->begin = 0;
	t->result = 0;
	int64_t status = WG_E_ARGUMENT;
	switch (op) {
	case WG_OP_RETURN: status = unwind(t, WG_OK, a); break;
	case WG_OP_FAULT: status = fault(t, a); break;
	case WG_OP_CALL: status = call(t, a, (const uint64_t[3]){b, c, d}); break;
	case WG_OP_RUN: status = run(t, a, b); break;
	case WG_OP_OUTSIDE: status = outside(t, a, b); break;
	case WG_OP_REGION_ALLOC: status = region_alloc(t, a, b); break;
	case WG_OP_REGION_FREE: status = region_free(t, a); break;
	case WG_OP_SUPERVISE: status = wg_supervise(t); break;
	case WG_OP_CLOSE: status = close_host(t); break;
	case WG_OP_REGISTER: status = enroll(t); break;
	case WG_OP_STATUS: t->result = property(t, a); status = WG_OK; break;
	default: break;
	}
	t->status = status;
	t->busy = 0;
}
