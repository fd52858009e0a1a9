/* SPDX-License-Identifier: Apache-2.0 */
/* More services than there are keys, whose calls nest, wait for keys, and are ended when they overstay, wherever they
 * are: whoever goes on is in its own domain, and the others are closed to it. */
#define _GNU_SOURCE
#include "expect.h"

#include <time.h>

#define SERVICES 20

static wg_gate gates[SERVICES];
static volatile long *regions[SERVICES];
static _Atomic long ended, returned;

static void stay(long microseconds) {
	struct timespec from, now;
	clock_gettime(CLOCK_MONOTONIC, &from);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - from.tv_sec) * 1000000000 + now.tv_nsec - from.tv_nsec < microseconds * 1000);
}

static uintptr_t idle(uintptr_t microseconds, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	stay((long)microseconds);
	return 0;
}

/* Goes on to another domain, stays a while, or does both. */
static uintptr_t wander(uintptr_t here, uintptr_t left, uintptr_t random) {
	*regions[here] += 1;
	void *object = wg_alloc(random % 3000);
	EXPECT(object != NULL);
	if (left > 0) {
		const uintptr_t there = (here + 1 + random % 2 * 2) % SERVICES;
		int status = wg_call(gates[there], there, left - 1, random * 6364136223846793005u >> 3, NULL);
		EXPECT(status == WG_OK || status == WG_E_DWELL);
		*(status == WG_OK ? &returned : &ended) += 1;
		*regions[here] += 1; /* back here */
	}
	if (random % 5 == 0)
		stay((long)(random % 3000));
	if (random % 7 == 0)
		(void)wg_outside(idle, random % 2000, NULL);
	*regions[here] += 1;
	wg_free(object);
	return 0;
}

static uintptr_t run(uintptr_t argument, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	if (argument >= 1000)
		return (uintptr_t)*regions[argument - 1000];
	for (uintptr_t i = 0; i < 12; i++)
		(void)wander(argument, 5, (argument + 1) * 2654435761u + i * 40503u);
	return 0;
}

static void *thread(void *here) {
	EXPECT(wg_run((wg_service_id)(uintptr_t)here, (uintptr_t)here, NULL) == WG_OK);
	return NULL;
}

int main(int argc, char **argv) {
	static char names[SERVICES][16];
	static const struct wg_operation operations[] = {{"wander", wander}};
	static struct wg_service services[SERVICES];
	EXPECT(argc == 3);
	for (int i = 0; i < SERVICES; i++) {
		snprintf(names[i], sizeof names[i], "service-%02d", i);
		services[i] = (struct wg_service){names[i], run, operations, 1, NULL, 0};
	}
	attach_or_exit(argv[1], argv[2], services, SERVICES);
	pthread_t threads[SERVICES];
	for (uint32_t i = 0; i < SERVICES; i++) {
		gates[i] = wg_find_gate(names[i], "wander");
		EXPECT((regions[i] = wg_region_alloc(i, 4096)) != NULL);
	}
	for (uintptr_t i = 0; i < SERVICES; i++)
		EXPECT(pthread_create(&threads[i], NULL, thread, (void *)i) == 0);
	for (int i = 0; i < SERVICES; i++)
		pthread_join(threads[i], NULL);
	for (uintptr_t here = 0; here < SERVICES; here += 3)
		for (uintptr_t there = 0; there < SERVICES; there++)
			EXPECT(wg_run((wg_service_id)here, 1000 + there, NULL) == (here == there || strcmp(argv[2], "none") == 0 ? WG_OK : WG_E_FAULT));
	EXPECT(ended > 0 && returned > 0);
	printf("%ld returned, %ld were ended, %llu waits\n", (long)returned, (long)ended, (unsigned long long)wg_status_of(WG_KEY_WAITS));
	EXPECT(wg_close() == WG_OK);
	return 0;
}
