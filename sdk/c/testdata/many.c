/* SPDX-License-Identifier: Apache-2.0 */
/* More services than there are keys, each with a thread, that call each other in a circle
 * and look after every step whether the others' regions are closed. */
#include "expect.h"

#define SERVICES 40

static wg_gate gates[SERVICES];
static volatile long *regions[SERVICES];

static uintptr_t pass(uintptr_t here, uintptr_t left, uintptr_t c) {
	(void)c;
	*regions[here] += 1;
	if (left == 0)
		return 0;
	uintptr_t below = 0;
	int status = wg_call(gates[(here + 3) % SERVICES], (here + 3) % SERVICES, left - 1, 0, &below);
	*regions[here] += 1; /* back in a domain that may have been parked meanwhile */
	return status == WG_OK ? below : (uintptr_t)-status;
}

static uintptr_t touch(uintptr_t there, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	return (uintptr_t)*regions[there];
}

static uintptr_t nothing(uintptr_t here, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	EXPECT(wg_call(gates[here], here, 0, 0, NULL) == WG_E_PLACE);
	return 0;
}

static uintptr_t home(uintptr_t here, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	for (int i = 0; i < 5; i++) {
		uintptr_t result = 1;
		EXPECT(wg_outside(nothing, here, NULL) == WG_OK);
		EXPECT(wg_call(gates[(here + 1) % SERVICES], (here + 1) % SERVICES, 10, 0, &result) == WG_OK && result == 0);
		*regions[here] += 1;
	}
	return 0;
}

static void *thread(void *here) {
	EXPECT(wg_run((wg_service_id)(uintptr_t)here, (uintptr_t)here, NULL) == WG_OK);
	return NULL;
}

/* In each domain all regions but its own are closed. */
static void try_all(const char *backend) {
	if (strcmp(backend, "none") == 0)
		return;
	for (uintptr_t here = 0; here < SERVICES; here += 7)
		for (uintptr_t there = 0; there < SERVICES; there++)
			EXPECT(wg_run((wg_service_id)here, 1000 + there, NULL) == (here == there ? WG_OK : WG_E_FAULT));
}

static uintptr_t run(uintptr_t argument, uintptr_t b, uintptr_t c) {
	return argument >= 1000 ? touch(argument - 1000, b, c) : home(argument, b, c);
}

int main(int argc, char **argv) {
	static char names[SERVICES][16];
	static const struct wg_operation operations[] = {{"pass", pass}};
	static struct wg_service services[SERVICES];
	EXPECT(argc == 3);
	for (int i = 0; i < SERVICES; i++) {
		snprintf(names[i], sizeof names[i], "service-%02d", i);
		services[i] = (struct wg_service){names[i], run, operations, 1, NULL, 0};
	}
	attach_or_exit(argv[1], argv[2], services, SERVICES);
	pthread_t threads[SERVICES];
	for (uint32_t i = 0; i < SERVICES; i++) {
		gates[i] = wg_find_gate(names[i], "pass");
		EXPECT((regions[i] = wg_region_alloc(i, 4096)) != NULL);
	}
	for (uintptr_t i = 0; i < SERVICES; i++)
		EXPECT(pthread_create(&threads[i], NULL, thread, (void *)i) == 0);
	for (int i = 0; i < SERVICES; i++)
		pthread_join(threads[i], NULL);
	try_all(argv[2]);
	if (strcmp(argv[2], "pku") == 0)
		EXPECT(wg_status_of(WG_KEY_EVICTIONS) > 0 && wg_status_of(WG_KEY_LOADS) > SERVICES);
	printf("sealed %llu unpinned %llu evictions %llu waits %llu\n", (unsigned long long)wg_status_of(WG_SEALED),
	       (unsigned long long)wg_status_of(WG_UNPINNED), (unsigned long long)wg_status_of(WG_KEY_EVICTIONS),
	       (unsigned long long)wg_status_of(WG_KEY_WAITS));
	EXPECT(wg_close() == WG_OK);
	return 0;
}
