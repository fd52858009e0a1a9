/* SPDX-License-Identifier: Apache-2.0 */
/* What calls along an edge come to, with policy pages and a thread's state of this program's making: two domains,
 * first and second, of which the first calls the second by gate 1. */
#define _GNU_SOURCE
#include "expect.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../src/internal.h"

#define DOMAINS 2
#define GATE 1u

static struct wg_domain domains[DOMAINS];
static struct wg_thread *t = &wg_threads[0].thread;
static union {
	uint8_t bytes[WG_POLICY_SIZE(DOMAINS)];
	struct wg_policy_header header;
} policies[2] __attribute__((aligned(4096)));
static uint8_t stats[2][WG_STATS_SIZE(DOMAINS)] __attribute__((aligned(4096)));

static uintptr_t nothing(uintptr_t a, uintptr_t b, uintptr_t c) { return a + b + c; }

/* Has the page of an attachment say in that epoch whether the first may call the second. */
static void publish(int attachment, uint64_t epoch, uint16_t flags) {
	uint8_t *page = policies[attachment].bytes;
	const uint64_t bank = sizeof(struct wg_policy_header) + (epoch & 1) * WG_POLICY_BANK_SIZE(DOMAINS);
	const uint32_t row = (uint32_t)(bank + DOMAINS * sizeof(struct wg_policy_domain));
	struct wg_policy_domain *d = (struct wg_policy_domain *)(void *)(page + bank);
	d[0] = (struct wg_policy_domain){.state = WG_STATE_IN_SERVICE, .row_offset = row, .row_count = 1};
	d[1] = (struct wg_policy_domain){.state = WG_STATE_IN_SERVICE};
	*(struct wg_policy_entry *)(void *)(page + row) = (struct wg_policy_entry){.target = 1, .flags = flags, .operations = 3};
	policies[attachment].header.epoch = epoch;
}

static void attach(int attachment) {
	atomic_store(&WG->attachment, &WG->pages[attachment]);
	(void)wg_edges_forget();
}

/* The thread is in the first domain, which it has run. */
static void begin(uint32_t depth) {
	memset(&t->frames, 0, sizeof t->frames);
	t->depth = depth;
	t->length = 1;
	t->yielded = 0;
	t->chain[0] = t->at = &domains[0];
	t->way = 0;
	t->expected = WG_RIGHTS_OUTSIDE - (1u << 2 * 3);
}

/* Whether a call went along the edge. */
static bool call_by(uint64_t op, uint64_t gate) {
	const uint32_t depth = t->depth;
	t->status = 77;
	wg_trusted(gate, 0, 0, t, 0, op);
	EXPECT(!atomic_load(&t->busy) && atomic_load(&t->hazard) == NULL);
	return t->depth > depth && t->frames[depth].crossed == WG_CROSSED_EDGE;
}

static bool call(void) { return call_by(WG_OP_CALL, GATE); }

static void come_back(void) {
	wg_returned(WG_OP_RETURN, 0, 0, t);
	EXPECT(t->at == &domains[0] && t->length == 1 && t->way == 0);
}

/* Calls that are decided on until one goes along the edge. */
static void learn(void) {
	begin(1);
	(void)wg_edges_forget();
	EXPECT(!call() && t->status == WG_OK);
	come_back();
	EXPECT(call() && t->way == wg_mark(&domains[0]));
	come_back();
}

static void prepare(void) {
	static struct wg_way ways[2];
	static struct wg_hosted hosted[DOMAINS];
	static uint8_t stack[65536];
	static struct wg_region region = {.memory = stack, .size = sizeof stack};
	static _Atomic uint64_t meters[DOMAINS * DOMAINS], seconds[DOMAINS * DOMAINS];
	for (uint16_t i = 0; i < DOMAINS; i++) {
		domains[i].index = i;
		domains[i].stacks[0] = &region;
		hosted[i].domain = &domains[i];
		ways[i] = (struct wg_way){.service = i, .function = nothing, .domain = &domains[i]};
		WG->pages[i] = (struct wg_attachment){.id = i + 10u, .policy = policies[i].bytes, .stats = stats[i], .policy_size = sizeof policies[i], .doorbell = -1};
	}
	WG->domain = domains;
	WG->hosted = hosted;
	WG->way = ways;
	WG->domains = WG->services = WG->gates = DOMAINS;
	WG->meters = meters;
	WG->seconds = seconds;
	WG->backend = WG_WIRE_NONE;
	WG->edges = wg_edges_possible();
	EXPECT(WG->edges);
	publish(0, 4, WG_ENTRY_PERMIT | WG_ENTRY_FAST_PATH);
	publish(1, 4, WG_ENTRY_PERMIT | WG_ENTRY_FAST_PATH);
	attach(0);
}

/* Another epoch, and the same one of another attachment. */
static void policy_changes(void) {
	learn();
	publish(0, 5, 0);
	EXPECT(!call() && t->status == WG_E_TRANSITION);
	publish(0, 6, WG_ENTRY_PERMIT | WG_ENTRY_FAST_PATH);
	learn();
	publish(1, 6, 0);
	attach(1);
	EXPECT(!call() && t->status == WG_E_TRANSITION);
	attach(0);
	learn();
	WG->fence = true;
	atomic_store(&domains[1].faults, 1);
	(void)wg_edges_forget();
	EXPECT(!call() && t->status == WG_E_OUT_OF_SERVICE);
	atomic_store(&domains[1].faults, 0);
	WG->fence = false;
}

/* A supervisor has made other pages the current ones, and not made edges invalid yet: what the old ones permitted is none. */
static void pages_come_between(void) {
	static _Atomic uint64_t permitted;
	const struct wg_frame f = {.domain = &domains[0], .gate = GATE};
	const struct wg_verdict v = {.attachment = WG->pages[0].id, .epoch = 6, .permitted = &permitted, .gate = GATE};
	begin(1);
	publish(1, 6, 0);
	memset(t->edges, 0, sizeof t->edges);
	atomic_store(&WG->attachment, &WG->pages[1]);
	wg_edge_learn(t, &f, &v, atomic_load(&WG->revision));
	EXPECT(!call() && t->status == WG_E_TRANSITION && permitted == 0);
	attach(0);
}

static void stranger_numbers(void) {
	learn();
	EXPECT(!call_by(WG_OP_CALL, GATE + WG_EDGES) && t->status == WG_E_NOT_HOSTED);
	EXPECT(!call_by(WG_OP_CALL, GATE | UINT64_C(1) << 32) && t->status == WG_E_NOT_HOSTED);
	EXPECT(!call_by(WG_OP_CALL | UINT64_C(1) << 32, GATE) && t->status == WG_E_ARGUMENT);
	EXPECT(!call_by(UINT64_MAX, GATE) && t->status == WG_E_ARGUMENT && !call_by(WG_OP_CALL, UINT64_MAX) && t->status == WG_E_NOT_HOSTED);
	t->length = 0; /* outside, where an edge that nobody has learned would begin, at gate 0 */
	t->at = NULL;
	EXPECT(!call_by(WG_OP_CALL, 0) && t->status == WG_E_PLACE && !call() && t->status == WG_E_PLACE);
}

/* The deepest call is refused along an edge as well: behind the last frame is what the thread came through. */
static void depth(void) {
	learn();
	begin(WG_MAX_DEPTH - 1);
	EXPECT(call());
	wg_returned(WG_OP_RETURN, 0, 0, t);
	begin(WG_MAX_DEPTH);
	EXPECT(!call() && t->status == WG_E_DEPTH && t->depth == WG_MAX_DEPTH && t->length == 1);
}

/* A domain on the way has its stack in use. */
static void way_back(void) {
	learn();
	t->way = wg_mark(&domains[1]);
	EXPECT(!call() && t->status == WG_OK && t->frames[1].crossed == WG_CROSSED);
}

static uint64_t threads(const struct wg_domain *d) { return atomic_load(&d->word) & WG_THREADS; }

/* The target has another key than it had, then none. */
static void keys_change(void) {
	WG->backend = WG_WIRE_PKU;
	atomic_store(&domains[0].word, (UINT64_C(3) << WG_KEY_SHIFT) + 1);
	atomic_store(&domains[1].word, UINT64_C(4) << WG_KEY_SHIFT);
	learn();
	EXPECT(call() && t->expected == WG_RIGHTS_OUTSIDE - (1u << 2 * 4) && threads(&domains[1]) == 1);
	come_back();
	EXPECT(threads(&domains[1]) == 0 && t->expected == WG_RIGHTS_OUTSIDE - (1u << 2 * 3));
	atomic_store(&domains[1].word, UINT64_C(9) << WG_KEY_SHIFT);
	EXPECT(!call() && t->expected == WG_RIGHTS_OUTSIDE - (1u << 2 * 9) && threads(&domains[1]) == 1);
	come_back();
	atomic_store(&domains[1].word, 0);
	WG->ring.free[WG->ring.frees++] = 12;
	EXPECT(!call() && t->expected == WG_RIGHTS_OUTSIDE - (1u << 2 * 12) && threads(&domains[1]) == 1);
	come_back();
	EXPECT(threads(&domains[1]) == 0 && threads(&domains[0]) == 1);
	/* Who gave its keys up meanwhile, as those do who wait for one, comes back another way. */
	EXPECT(call());
	wg_ring_leave(&domains[0]);
	t->yielded = 1;
	atomic_store(&domains[0].word, UINT64_C(7) << WG_KEY_SHIFT);
	come_back();
	EXPECT(t->expected == WG_RIGHTS_OUTSIDE - (1u << 2 * 7) && t->yielded == 0 && threads(&domains[0]) == 1 && threads(&domains[1]) == 0);
}

static void again(int number) {
	(void)number;
	mprotect(policies, sizeof policies, PROT_READ | PROT_WRITE);
	_exit(call() ? 3 : 4); /* along the edge, while the controller is at something else */
}

/* A handler that comes upon the controller and calls the gate ends the process, whatever edges there are. */
static void controller_is_not_entered_twice(void) {
	int status = 0;
	learn();
	const pid_t child = fork();
	if (child == 0) {
		const struct rlimit no_core = {0, 0};
		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGSEGV, again);
		mprotect(policies, sizeof policies, PROT_NONE);
		(void)call_by(WG_OP_STATUS, WG_EPOCH); /* reads the policy page */
		_exit(5);
	}
	EXPECT(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void) {
	prepare();
	policy_changes();
	pages_come_between();
	stranger_numbers();
	depth();
	way_back();
	controller_is_not_entered_twice();
	keys_change();
	return 0;
}
