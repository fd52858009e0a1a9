/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate decides. See internal.h for what this code may believe. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/syscall.h>

#include "heap.h"

#define OUTSIDE_STACK (256u * 1024)
#define LEAST_STACK (2 * WG_PAGE) /* that must be left for an operation to begin */

/* Kept out of the way of a call that is let through, with its locals and its canary. */
#define SELDOM __attribute__((noinline, cold))

static uint32_t thread_id(void) { return (uint32_t)wg_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0); }

static unsigned slot_of(const struct wg_thread *t) { return (unsigned)((const union wg_thread_slot *)(const void *)t - wg_threads); }

/* The domain that the thread is in, NULL outside. */
static struct wg_domain *current(const struct wg_thread *t) {
	return t->length == 0 || t->paused ? NULL : t->chain[t->length - 1];
}

/* Keeps the current attachment mapped until wg_let_go. */
struct wg_attachment *wg_hold(struct wg_thread *t) {
	struct wg_attachment *a = atomic_load(&WG->attachment);
	for (;;) {
		atomic_store(&t->hazard, a);
		struct wg_attachment *again = atomic_load(&WG->attachment);
		if (a == again)
			return a;
		a = again;
	}
}

void wg_let_go(struct wg_thread *t) { atomic_store_explicit(&t->hazard, NULL, memory_order_release); }

/* A thread comes for the first time, or again after its library state was lost. Its FS base can be
 * that of a thread which ended; one that ended inside must not hand its rights on. */
static int64_t enroll(struct wg_thread *t) {
	if (t->depth == 0) {
		t->expected = WG_RIGHTS_OUTSIDE;
		t->simd = WG->simd;
		t->length = t->yielded = t->paused = 0;
		t->way = 0;
		t->tid = thread_id();
		t->early = !atomic_load(&WG->begun);
	} else if (t->tid != thread_id()) {
		wg_die("a thread ended inside a domain");
	}
	t->result = (uint64_t)t;
	return WG_OK;
}

struct refusal {
	int status, kind;
};

static const struct refusal refusals[] = {
	[WG_DENY_SERVICE] = {WG_E_OUT_OF_SERVICE, WG_DOMAIN_OUT_OF_SERVICE},
	[WG_DENY_TRANSITION] = {WG_E_TRANSITION, WG_TRANSITION_DENIED},
	[WG_DENY_OPERATION] = {WG_E_OPERATION, WG_OPERATION_DENIED},
	[WG_DENY_RATE] = {WG_E_RATE, WG_RATE_EXCEEDED},
};

SELDOM static int64_t refuse(const struct wg_thread *t, struct wg_attachment *a, const struct wg_frame *f, struct wg_decision d) {
	const struct wg_way *way = &WG->way[f->gate];
	const struct wg_report r = {
		.kind = (uint8_t)refusals[d.rule].kind, .outcome = d.tolerated, .service = (uint16_t)t->service, .source = f->domain->index,
		.target = way->domain->index, .operation = (uint16_t)way->bit, .thread = t->tid,
	};
	wg_report(a, &r);
	return d.tolerated ? WG_OK : refusals[d.rule].status;
}

/* Decides on the call across a wall that the frame is for, and notes what it has to keep to. If a verdict is all
 * there was to it, it is handed out. */
static int64_t permit(struct wg_thread *t, struct wg_frame *f, const struct wg_verdict **settled) {
	struct wg_attachment *a = wg_hold(t);
	const struct wg_decision d = wg_decide(t, a, f);
	const int64_t status = d.rule == WG_PERMITTED ? WG_OK : refuse(t, a, f, d);
	wg_let_go(t);
	*settled = d.settled;
	return status;
}

SELDOM static const struct wg_region *make_stack(const struct wg_thread *t, struct wg_domain *d) {
	return d->stacks[slot_of(t)] = wg_region_make(d, WG->stack_size, WG_REGION_KEPT);
}

/* Finds where the thread's stack in a domain goes on, 0 if it cannot: below what the domain's
 * code last had when it left, at the top if it is not on the way. */
static uint64_t stack_of(struct wg_thread *t, struct wg_domain *d, uint32_t frames) {
	const struct wg_region *stack = d->stacks[slot_of(t)];
	if (stack == NULL)
		return (stack = make_stack(t, d)) == NULL ? 0 : (uint64_t)stack->memory + stack->size;
	uint64_t low = (uint64_t)stack->memory, high = low + stack->size;
	for (uint32_t i = frames; i-- > 0;) {
		if (t->frames[i].domain != d)
			continue;
		uint64_t sp = (t->frames[i].rsp - 256) & ~UINT64_C(15);
		return sp >= low + LEAST_STACK && sp <= high ? sp : 0;
	}
	return high;
}

/* Makes the gate begin a function with what was handed over, from which it comes back to the last frame. */
static void begin(struct wg_thread *t, uint64_t sp, wg_function function) {
	t->begin = 1;
	t->sp = sp;
	t->function = (uint64_t)function;
	const struct wg_frame *f = &t->frames[t->depth++];
	if (f->domain != NULL)
		t->way |= wg_mark(f->domain);
}

static void hand_over(struct wg_thread *t, uint64_t argument) {
	t->arguments[0] = argument;
	t->arguments[1] = t->arguments[2] = 0;
}

/* Notes in the frame that the gate has filled with registers what else has to be restored. */
static struct wg_frame *note(struct wg_thread *t, enum wg_frame_kind kind, struct wg_domain *from) {
	struct wg_frame *f = &t->frames[t->depth];
	f->kind = (uint8_t)kind;
	f->crossed = WG_CROSSED_NOT;
	f->limits = (struct wg_limits){0};
	f->way = t->way;
	f->expected = t->expected;
	f->service = t->service;
	f->domain = from;
	return f;
}

static bool limited(const struct wg_frame *f) {
	uint64_t any;
	memcpy(&any, &f->limits, sizeof any);
	return any != 0;
}

/* A call across a wall begins, or ends, of which not only the permission matters. */
SELDOM static void limits_begin(struct wg_thread *t, struct wg_frame *f) {
	wg_delay(f->limits.delay);
	wg_dwell_begin(t, t->depth);
}

SELDOM static void limits_end(struct wg_thread *t, struct wg_frame *f) {
	wg_dwell_end(t, t->depth);
	wg_delay(f->limits.delay);
}

/* Whether code of the domain was ended where it left things as they were, and nobody may find them so. */
static bool fenced(const struct wg_domain *d) { return WG->fence && atomic_load(&d->faults) != 0; }

static int64_t call(struct wg_thread *t, uint64_t gate) {
	struct wg_domain *from = current(t);
	const uint64_t revision = atomic_load(&WG->revision);
	if (from == NULL)
		return WG_E_PLACE;
	if (gate >= WG->gates)
		return WG_E_NOT_HOSTED;
	if (t->depth == WG_MAX_DEPTH)
		return WG_E_DEPTH;
	const struct wg_way *way = &WG->way[gate];
	struct wg_domain *to = way->domain;
	if (fenced(from) || fenced(to))
		return WG_E_OUT_OF_SERVICE;
	struct wg_frame *f = note(t, WG_FRAME_CALL, from);
	f->gate = (uint32_t)gate;
	uint64_t sp = stack_of(t, to, t->depth + 1);
	if (sp == 0)
		return WG_E_STACK;
	if (to != from) {
		const struct wg_verdict *settled;
		int64_t status = permit(t, f, &settled);
		if (status == WG_OK)
			status = wg_walls_enter(t, to);
		if (status != WG_OK)
			return status;
		f->crossed = WG_CROSSED;
		if (limited(f))
			limits_begin(t, f);
		else if (settled != NULL)
			wg_edge_learn(t, f, settled, revision);
	}
	t->service = way->service;
	begin(t, sp, way->function);
	return WG_OK;
}

/* Learns of the walls what policy says now. */
static void refresh(struct wg_thread *t) {
	wg_walls_refresh(wg_hold(t));
	wg_let_go(t);
}

/* Whether a thread outside can be one that a compartment's code made: what is for the host is not for it. */
static bool stranger(const struct wg_thread *t) { return WG->compartments && !t->early; }

/* Whether the thread may have memory of the domain made and unmapped. */
static bool may_keep(const struct wg_thread *t, const struct wg_domain *d) {
	return t->length > 0 ? d == t->chain[t->length - 1] : !stranger(t);
}

static int64_t run(struct wg_thread *t, uint64_t service, uint64_t argument) {
	if (t->depth != 0 || (stranger(t) && argument < WG->own_arguments))
		return WG_E_PLACE;
	if (atomic_load(&WG->closed))
		return WG_E_CLOSED;
	if (service >= WG->services || WG->hosted[service].run == NULL)
		return WG_E_NOT_HOSTED;
	struct wg_domain *home = WG->hosted[service].domain;
	if (fenced(home))
		return WG_E_OUT_OF_SERVICE;
	struct wg_frame *f = note(t, WG_FRAME_RUN, NULL);
	uint64_t sp = stack_of(t, home, 0);
	if (sp == 0)
		return WG_E_SYSTEM;
	refresh(t);
	atomic_store(&WG->begun, 1);
	int status = wg_walls_enter(t, home);
	if (status != WG_OK)
		return status;
	f->crossed = WG_CROSSED;
	f->limits.delay = (uint16_t)atomic_load(&home->delay);
	wg_delay(f->limits.delay);
	t->service = (uint32_t)service;
	hand_over(t, argument);
	begin(t, sp, WG->hosted[service].run);
	return WG_OK;
}

static int64_t outside(struct wg_thread *t, uint64_t function, uint64_t argument) {
	if (current(t) == NULL)
		return WG_E_PLACE;
	if (t->depth == WG_MAX_DEPTH)
		return WG_E_DEPTH;
	if (t->outside == NULL && (t->outside = wg_region_make(NULL, OUTSIDE_STACK, WG_REGION_KEPT)) == NULL)
		return WG_E_SYSTEM;
	(void)note(t, WG_FRAME_OUTSIDE, current(t));
	wg_walls_pause(t);
	t->paused = 1;
	hand_over(t, argument);
	begin(t, (uint64_t)t->outside->memory + t->outside->size, (wg_function)function);
	return WG_OK;
}

/* Goes back to where the gate was entered last. */
static int64_t unwind(struct wg_thread *t, int64_t status, uint64_t result) {
	if (t->depth == 0)
		wg_die("a thread came back from a gate that it did not enter");
	struct wg_frame *f = &t->frames[--t->depth];
	if (limited(f))
		limits_end(t, f);
	t->service = f->service;
	t->way = f->way;
	t->result = result;
	if (f->kind == WG_FRAME_OUTSIDE) {
		wg_walls_resume(t);
		t->paused = 0;
	} else if (f->crossed) {
		wg_walls_leave(t);
	}
	return status;
}

static void report_trespass(struct wg_thread *t, const struct wg_domain *from, const struct wg_domain *owner, uint64_t address) {
	const struct wg_report r = {
		.kind = WG_KEY_FAULT, .service = (uint16_t)t->service, .source = from->index,
		.target = owner->index, .operation = WG_NO_OPERATION, .address = address, .thread = t->tid,
	};
	struct wg_attachment *a = wg_hold(t);
	atomic_fetch_add_explicit(wg_pages_word(a, from->index, owner->index, WG_C_FAULTS), 1, memory_order_relaxed);
	wg_report(a, &r);
	wg_let_go(t);
}

/* Tells the host of compartments that code of a domain was ended, and what it touched. */
static void mourn(struct wg_domain *d, uint64_t at, uint64_t in) {
	atomic_store(&d->fault_at, at);
	atomic_store(&d->fault_in, in);
	atomic_fetch_add(&d->faults, 1);
	atomic_fetch_add(&WG->revision, 1); /* edges are not fenced */
	const uint64_t one = 1;
	wg_syscall(SYS_write, WG->bell, (long)&one, sizeof one, 0, 0, 0);
}

/* The code inside touched what it may not. If it was another domain's it is ended; whatever
 * else it was is a bug of the program, and ends it, but in a host of compartments only that code. */
static int64_t fault(struct wg_thread *t, uint64_t address, uint64_t code) {
	struct wg_domain *owner = wg_region_owner(address);
	bool trespass = owner != NULL && owner != current(t);
	if (t->depth == 0 || !(trespass || WG->compartments))
		wg_die("segmentation fault inside a domain, at no region of another one");
	struct wg_domain *from = t->chain[t->length - 1];
	if (trespass)
		report_trespass(t, from, owner, address);
	if (WG->compartments)
		mourn(from, address, code);
	return unwind(t, WG_E_FAULT, 0);
}

/* The handler of WG_DWELL_SIGNAL found the thread over a deadline: ends the outermost call that is
 * over its own, with all it called. */
static int64_t overstay(struct wg_thread *t) {
	const uint32_t depth = wg_dwell_overdue(t);
	if (depth == WG_NO_DEPTH)
		wg_die("a thread was ended that is over no deadline");
	int64_t status = WG_OK;
	while (t->depth > depth) {
		if (WG->compartments && !t->paused)
			mourn(t->chain[t->length - 1], 0, 0);
		status = unwind(t, WG_E_DWELL, 0);
	}
	return status;
}

static int64_t region_alloc(struct wg_thread *t, uint64_t service, uint64_t size) {
	if (service >= WG->services || size == 0 || size > UINT64_C(1) << 40)
		return WG_E_ARGUMENT;
	struct wg_domain *d = WG->hosted[service].domain;
	if (!may_keep(t, d))
		return WG_E_PLACE;
	struct wg_region *r = wg_region_make(d, size, WG_REGION_PLAIN);
	if (r == NULL)
		return WG_E_SYSTEM;
	t->result = (uint64_t)r->memory;
	return WG_OK;
}

/* Makes the heap's root, which is an empty heap. */
static int64_t heap_root(struct wg_thread *t, struct wg_domain *d) {
	wg_acquire(&d->making);
	struct wg_heap *h = atomic_load(&d->heap);
	struct wg_region *r = h == NULL ? wg_region_make(d, sizeof *h, WG_REGION_KEPT) : NULL;
	if (r != NULL)
		atomic_store(&d->heap, h = (struct wg_heap *)(void *)r->memory);
	wg_release(&d->making);
	t->result = (uint64_t)h;
	return h == NULL ? WG_E_SYSTEM : WG_OK;
}

/* Makes memory for the heap of the domain that the thread is in; for size 0 its root. */
static int64_t heap(struct wg_thread *t, uint64_t size, uint64_t huge) {
	struct wg_domain *d = current(t);
	if (d == NULL)
		return WG_E_PLACE;
	if (size == 0)
		return heap_root(t, d);
	struct wg_region *r = size > UINT64_C(1) << 41 ? NULL : wg_region_make(d, size, huge ? WG_REGION_HEAP_HUGE : WG_REGION_HEAP);
	if (r == NULL)
		return WG_E_SYSTEM;
	t->result = (uint64_t)r->memory;
	return WG_OK;
}

static int64_t prefer(struct wg_thread *t, uint64_t service, uint64_t node) {
	if (service >= WG->services || node > UINT32_MAX)
		return WG_E_ARGUMENT;
	struct wg_domain *d = WG->hosted[service].domain;
	if (!may_keep(t, d))
		return WG_E_PLACE;
	return wg_region_prefer(d, (uint32_t)node);
}

static int64_t region_free(struct wg_thread *t, uint64_t address) {
	struct wg_domain *d = wg_region_owner(address);
	if (d == NULL)
		return WG_E_NOT_HOSTED;
	if (!may_keep(t, d))
		return WG_E_PLACE;
	return wg_region_drop(d, (const uint8_t *)address);
}

/* Code of the domain says that it is done with all generations of an end before one. */
static int64_t moved(struct wg_thread *t, uint64_t end, uint64_t at) {
	if (end >= WG->ends)
		return WG_E_NOT_HOSTED;
	if (current(t) != WG->end[end].domain)
		return WG_E_PLACE;
	return wg_channel_moved(&WG->end[end], at);
}

/* Has the daemon look at counters that are not in the pages. */
static int64_t doorbell(struct wg_thread *t) {
	wg_pages_ring(wg_hold(t));
	wg_let_go(t);
	return WG_OK;
}

static int64_t close_host(struct wg_thread *t) {
	if (t->length > 0 || stranger(t))
		return WG_E_PLACE;
	atomic_store(&WG->closed, 1);
	const uint64_t one = 1;
	wg_syscall(SYS_write, WG->wake, (long)&one, sizeof one, 0, 0, 0);
	return WG_OK;
}

static uint64_t fault_property(uint64_t which) {
	const uint64_t service = which % WG_FAULTS_OF;
	if (service >= WG->services)
		return 0;
	const struct wg_domain *d = WG->hosted[service].domain;
	switch (which - service) {
	case WG_FAULTS_OF: return atomic_load(&d->faults);
	case WG_FAULT_AT: return atomic_load(&d->fault_at);
	case WG_FAULT_IN: return atomic_load(&d->fault_in);
	default: return 0;
	}
}

static uint64_t property(struct wg_thread *t, uint64_t which) {
	struct wg_attachment *a = wg_hold(t);
	uint64_t id = a->id, epoch = wg_pages_epoch(a);
	if (which == WG_UNPINNED && WG->backend == WG_WIRE_PKU)
		wg_walls_refresh(a);
	wg_let_go(t);
	if (which >= WG_FAULTS_OF)
		return fault_property(which);
	switch (which) {
	case WG_ATTACHED: return atomic_load(&WG->connected);
	case WG_ATTACHMENT: return id;
	case WG_BACKEND: return (uint64_t)WG->backend + WG_BACKEND_NONE;
	case WG_STRENGTH: return wg_strength();
	case WG_EPOCH: return epoch;
	case WG_KEY_LOADS: return WG->ring.loads;
	case WG_KEY_EVICTIONS: return WG->ring.evictions;
	case WG_KEY_WAITS: return WG->ring.waits;
	case WG_SEALED: return atomic_load(&WG->sealed);
	case WG_UNPINNED: return WG->backend == WG_WIRE_PKU ? atomic_load(&WG->unpinned) : 0;
	default: return 0;
	}
}

/* What is asked of the controller beside calls. */
SELDOM static int64_t serve(struct wg_thread *t, uint64_t op, uint64_t a, uint64_t b) {
	switch (op) {
	case WG_OP_RUN: return run(t, a, b);
	case WG_OP_OUTSIDE: return outside(t, a, b);
	case WG_OP_REGION_ALLOC: return region_alloc(t, a, b);
	case WG_OP_REGION_FREE: return region_free(t, a);
	case WG_OP_SUPERVISE: return wg_supervise(t);
	case WG_OP_CLOSE: return close_host(t);
	case WG_OP_REGISTER: return enroll(t);
	case WG_OP_STATUS: t->result = property(t, a); return WG_OK;
	case WG_OP_HEAP: return heap(t, a, b);
	case WG_OP_PREFER: return prefer(t, a, b);
	case WG_OP_MOVED: return moved(t, a, b);
	case WG_OP_DOORBELL: return doorbell(t);
	case WG_OP_WATCH: return wg_watch(t);
	case WG_OP_OVERDUE: t->result = wg_dwell_overdue(t) != WG_NO_DEPTH; return WG_OK;
	default: return WG_E_ARGUMENT;
	}
}

SELDOM static int64_t end(struct wg_thread *t, uint64_t op, uint64_t a, uint64_t b) {
	switch (op) {
	case WG_OP_FAULT: return fault(t, a, b);
	case WG_OP_DWELL: return overstay(t);
	default: wg_die("what does not return came back to the gate");
	}
}

static void start(struct wg_thread *t) {
	if (atomic_load_explicit(&t->busy, memory_order_relaxed) || atomic_load_explicit(&t->hazard, memory_order_relaxed) != NULL)
		wg_die("fault in the controller");
	atomic_store_explicit(&t->busy, 1, memory_order_relaxed);
	t->begin = 0;
	t->result = 0;
	t->at = NULL; /* no edge leads on from here */
}

static void finish(struct wg_thread *t, int64_t status) {
	t->status = status;
	t->at = current(t);
	atomic_store_explicit(&t->busy, 0, memory_order_release);
}

/* wg_trusted of what no edge says. */
void wg_trusted_anew(uint64_t op, uint64_t a, struct wg_thread *t) {
	start(t);
	finish(t, op == WG_OP_CALL ? call(t, a) : serve(t, op, a, t->arguments[0]));
}

/* wg_returned of what no edge says. */
void wg_returned_anew(uint64_t op, uint64_t a, uint64_t b, struct wg_thread *t) {
	start(t);
	finish(t, op == WG_OP_RETURN ? unwind(t, WG_OK, a) : end(t, op, a, b));
}
