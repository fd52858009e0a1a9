/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What gates and memory cost: gate SOCKET BACKEND CASE N does the case N times, and prints the nanoseconds
 * of all. The driver is testdata/csdk (go test -run '^$' -bench . ./testdata/csdk), which has the daemon; which path of the
 * gate is taken is up to the policy that it configures.
 */
#define _GNU_SOURCE
#include <time.h>

#include "../testdata/expect.h"

static const char *name;
static long times;
static volatile uintptr_t sink;

static uintptr_t nothing(uintptr_t a, uintptr_t b, uintptr_t c) { return a + b + c; }

static void calls(const char *service) {
	wg_gate gate = wg_find_gate(service, "nothing");
	for (long i = 0; i < times; i++) {
		uintptr_t result = 0;
		(void)wg_call(gate, 1, 2, 3, &result);
		sink = result;
	}
}

static void call_other(void) { calls("vault"); }
static void call_own(void) { calls("front"); }

static void outside(void) {
	for (long i = 0; i < times; i++)
		(void)wg_outside(nothing, 0, NULL);
}

/* What a gate is compared with. */
static void call_function(void) {
	uintptr_t (*volatile function)(uintptr_t, uintptr_t, uintptr_t) = nothing;
	for (long i = 0; i < times; i++)
		sink = function(1, 2, 3);
}

static void region(void) {
	wg_service_id front = wg_find_service("front");
	for (long i = 0; i < times; i++)
		EXPECT(wg_region_free(wg_region_alloc(front, 4096)) == WG_OK);
}

/* Both allocators do the same: 64 objects are there, and the oldest makes room for a new one. */
#define CHURN(allocate, release, size)                        \
	do {                                                  \
		void *kept[64] = {NULL};                      \
		for (long i = 0; i < times; i++) {            \
			release(kept[i % 64]);                \
			kept[i % 64] = allocate(size);        \
			*(volatile char *)kept[i % 64] = 1;   \
		}                                             \
		for (int i = 0; i < 64; i++)                  \
			release(kept[i]);                     \
	} while (0)

static void heap_16(void) { CHURN(wg_alloc, wg_free, 16); }
static void heap_1024(void) { CHURN(wg_alloc, wg_free, 1024); }
static void heap_40000(void) { CHURN(wg_alloc, wg_free, 40000); }
static void malloc_16(void) { CHURN(malloc, free, 16); }
static void malloc_1024(void) { CHURN(malloc, free, 1024); }
static void malloc_40000(void) { CHURN(malloc, free, 40000); }

static const struct {
	const char *name;
	void (*function)(void);
} cases[] = {
	{"call", call_other}, {"own", call_own}, {"outside", outside}, {"function", call_function}, {"region", region},
	{"heap-16", heap_16}, {"heap-1024", heap_1024}, {"heap-40000", heap_40000},
	{"malloc-16", malloc_16}, {"malloc-1024", malloc_1024}, {"malloc-40000", malloc_40000},
};

static uintptr_t run(uintptr_t a, uintptr_t b, uintptr_t c) {
	struct timespec from, to;
	(void)a, (void)b, (void)c;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (strcmp(cases[i].name, name) != 0)
			continue;
		clock_gettime(CLOCK_MONOTONIC, &from);
		cases[i].function();
		clock_gettime(CLOCK_MONOTONIC, &to);
		return (uintptr_t)((to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec);
	}
	return UINTPTR_MAX;
}

int main(int argc, char **argv) {
	static const struct wg_operation operations[] = {{"nothing", nothing}};
	static const struct wg_service services[] = {{"front", run, operations, 1, NULL, 0}, {"vault", NULL, operations, 1, NULL, 0}};
	EXPECT(argc == 5);
	name = argv[3];
	times = atol(argv[4]);
	attach_or_exit(argv[1], argv[2], services, 2);
	uintptr_t nanoseconds = 0;
	EXPECT(wg_run(wg_find_service("front"), 0, &nanoseconds) == WG_OK && nanoseconds != UINTPTR_MAX);
	printf("%llu\n", (unsigned long long)nanoseconds);
	return 0;
}
