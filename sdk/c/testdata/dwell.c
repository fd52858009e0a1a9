/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of vault that stay, in all the ways in which a thread can. A line "OPERATION N" has front call
 * one N times; it is answered by how many of the calls returned, were ended for their time, and
 * were anything else. */
#define _GNU_SOURCE
#include "expect.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

static volatile long *private; /* of vault */

static void block_dwell_signal(int how) {
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, WG_DWELL_SIGNAL);
	EXPECT(pthread_sigmask(how, &s, NULL) == 0);
}

static uintptr_t spin(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	while (*private >= 0)
		*private += 1;
	return 0;
}

static uintptr_t sleeps(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	while (*private >= 0)
		sleep(1000);
	return 0;
}

static uintptr_t spin_outside(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	for (volatile unsigned i = 1; i != 0; i = i % 1000 + 1)
		;
	return 0;
}

static uintptr_t goes_outside(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	return (uintptr_t)wg_outside(spin_outside, 0, NULL);
}

/* Its own time is not limited where it is called from vault. */
static uintptr_t spin_in_front(uintptr_t a, uintptr_t b, uintptr_t c) { return spin_outside(a, b, c); }

static uintptr_t calls_back(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	return (uintptr_t)wg_call(wg_find_gate("front", "spin"), 0, 0, 0, NULL);
}

static uintptr_t allocates(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	for (size_t i = 1; *private >= 0; i = i * 5 % 70001)
		wg_free(wg_realloc(wg_alloc(i), 70001 - i));
	return 0;
}

/* Returns about when its time is over: the two race. */
static uintptr_t nearly(uintptr_t microseconds, uintptr_t b, uintptr_t c) {
	struct timespec from, now;
	(void)b, (void)c;
	clock_gettime(CLOCK_MONOTONIC, &from);
	do {
		*private += 1;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - from.tv_sec) * 1000000000 + now.tv_nsec - from.tv_nsec < (long)microseconds * 1000);
	return 0;
}

/* Cannot be ended, and waits for a line. */
static uintptr_t deaf(uintptr_t a, uintptr_t b, uintptr_t c) {
	char line[16];
	(void)a, (void)b, (void)c;
	block_dwell_signal(SIG_BLOCK);
	EXPECT(read(0, line, sizeof line) > 0);
	return 0; /* the gate does not care for masks */
}

struct order {
	char operation[32];
	long n, returned, ended, else_;
};

static uintptr_t in_front(uintptr_t order, uintptr_t b, uintptr_t c) {
	struct order *o = (struct order *)order;
	(void)b, (void)c;
	for (long i = 0; i < o->n; i++) {
		int status = wg_call(wg_find_gate("vault", o->operation), (uintptr_t)(800 + 4 * (i % 150)), 0, 0, NULL);
		o->returned += status == WG_OK;
		o->ended += status == WG_E_DWELL;
		o->else_ += status != WG_OK && status != WG_E_DWELL;
	}
	block_dwell_signal(SIG_UNBLOCK);
	return 0;
}

int main(int argc, char **argv) {
	static const struct wg_operation vault_operations[] = {
		{"spin", spin}, {"sleeps", sleeps}, {"goes-outside", goes_outside}, {"calls-back", calls_back},
		{"allocates", allocates}, {"nearly", nearly}, {"deaf", deaf},
	};
	static const struct wg_operation front_operations[] = {{"spin", spin_in_front}};
	static const struct wg_service services[] = {
		{"front", in_front, front_operations, 1, NULL, 0},
		{"vault", NULL, vault_operations, sizeof vault_operations / sizeof *vault_operations, NULL, 0},
	};
	EXPECT(argc == 3);
	attach_or_exit(argv[1], argv[2], services, 2);
	private = wg_region_alloc(wg_find_service("vault"), sizeof *private);
	EXPECT(private != NULL);
	setvbuf(stdin, NULL, _IONBF, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	struct order o = {.n = 0};
	while (scanf("%31s %ld", o.operation, &o.n) == 2) {
		o.returned = o.ended = o.else_ = 0;
		EXPECT(wg_run(wg_find_service("front"), (uintptr_t)&o, NULL) == WG_OK);
		printf("%ld %ld %ld\n", o.returned, o.ended, o.else_);
	}
	EXPECT(wg_close() == WG_OK);
	return 0;
}
