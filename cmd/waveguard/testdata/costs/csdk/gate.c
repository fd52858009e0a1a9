/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls a function, and the same function through gates. Its orders are "PATH PAYLOAD N", answered
 * with nanoseconds; "count PATH", answered with the calls that arrived; and "spin PATH", which tells
 * the thread and the function's address, and calls until the process is killed. A third argument, such
 * as "fast 1000", is an order done once, without a line being read.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

#define MOST 4096
enum { CALL, FAST, SLOW, PATHS };
static const char *const names[PATHS] = {"call", "fast", "slow"};

static unsigned char here[MOST], *memory[PATHS];
static uint64_t *counts[PATHS]; /* in memory of the service, after the payload */
static wg_gate gates[PATHS];
static unsigned char request[MOST], reply[MOST]; /* open to all */

/* Takes the request into memory of its own and answers with it, the number at its start one higher. */
static uintptr_t answer(int path, const unsigned char *from, unsigned char *to, size_t size) {
	unsigned char *own = memory[path];
	uint64_t number;
	++*counts[path];
	memcpy(own, from, size);
	if (size >= sizeof number) {
		memcpy(&number, own, sizeof number);
		number++;
		memcpy(own, &number, sizeof number);
	}
	memcpy(to, own, size);
	return 0;
}

static uintptr_t answer_call(uintptr_t from, uintptr_t to, uintptr_t size) { return answer(CALL, (void *)from, (void *)to, size); }
static uintptr_t answer_fast(uintptr_t from, uintptr_t to, uintptr_t size) { return answer(FAST, (void *)from, (void *)to, size); }
static uintptr_t answer_slow(uintptr_t from, uintptr_t to, uintptr_t size) { return answer(SLOW, (void *)from, (void *)to, size); }
static uintptr_t count_fast(uintptr_t a, uintptr_t b, uintptr_t c) { return (void)a, (void)b, (void)c, *counts[FAST]; }
static uintptr_t count_slow(uintptr_t a, uintptr_t b, uintptr_t c) { return (void)a, (void)b, (void)c, *counts[SLOW]; }

static const wg_function functions[PATHS] = {answer_call, answer_fast, answer_slow};
static wg_function volatile direct = answer_call; /* not seen by the compiler */

struct order {
	int path;
	size_t payload;
	long n; /* -1 is for ever */
	uint64_t result;
	int failure;
};

static uint64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int trip(int path, size_t payload) {
	if (path == CALL)
		return (int)direct((uintptr_t)request, (uintptr_t)reply, payload);
	return wg_call(gates[path], (uintptr_t)request, (uintptr_t)reply, payload, NULL);
}

static void repeat(struct order *o) {
	uint64_t began = now();
	for (long i = 0; i != o->n && o->failure == 0; i++) {
		uint64_t number = (uint64_t)i;
		memcpy(request, &number, sizeof number);
		o->failure = trip(o->path, o->payload);
		memcpy(&number, reply, sizeof number);
		if (o->payload >= sizeof number && number != (uint64_t)i + 1)
			o->failure = 1000;
	}
	o->result = now() - began;
}

static uintptr_t caller(uintptr_t order, uintptr_t count, uintptr_t c) {
	struct order *o = (struct order *)order;
	(void)count, (void)c;
	if (o->n != 0)
		repeat(o);
	else if (o->path == CALL)
		o->result = *counts[CALL];
	else
		o->failure = wg_call(wg_find_gate(o->path == FAST ? "c-fast" : "c-slow", "count"), 0, 0, 0, &o->result);
	return 0;
}

static int path_named(const char *name) {
	for (int i = 0; i < PATHS; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	FAIL("no path %s", name);
}

static void obey(const char *line) {
	char verb[16] = "", what[16] = "";
	static struct order o;
	long n = 0;
	sscanf(line, "%15s %15s %ld", verb, what, &n);
	o = (struct order){.n = n};
	if (strcmp(verb, "count") == 0) {
		o.path = path_named(what);
	} else if (strcmp(verb, "spin") == 0) {
		o.path = path_named(what);
		o.n = -1;
		printf("%ld %llu\n", syscall(SYS_gettid), (unsigned long long)(uintptr_t)functions[o.path]);
		fflush(stdout);
	} else {
		o.path = path_named(verb);
		o.payload = (size_t)atol(what);
		if (o.payload > MOST || n <= 0)
			FAIL("order %s", line);
	}
	int status = wg_run(wg_find_service("c-caller"), (uintptr_t)&o, NULL);
	if (status != WG_OK || o.failure != 0)
		FAIL("%s: status %d, call %d", line, status, o.failure);
	printf("%llu\n", (unsigned long long)o.result);
	fflush(stdout);
}

int main(int argc, char **argv) {
	static const struct wg_operation fast[] = {{"answer", answer_fast}, {"count", count_fast}};
	static const struct wg_operation slow[] = {{"answer", answer_slow}, {"count", count_slow}};
	static const struct wg_service services[] = {{"c-caller", caller, NULL, 0, NULL, 0}, {"c-fast", NULL, fast, 2, NULL, 0}, {"c-slow", NULL, slow, 2, NULL, 0}};
	if (argc < 3)
		FAIL("usage: gate SOCKET BACKEND [ORDER]");
	attach(argv[1], argv[2], services, 3);
	static uint64_t count_here;
	memory[CALL] = here;
	counts[CALL] = &count_here;
	for (int i = FAST; i < PATHS; i++) {
		const char *service = i == FAST ? "c-fast" : "c-slow";
		memory[i] = wg_region_alloc(wg_find_service(service), MOST + 64);
		gates[i] = wg_find_gate(service, "answer");
		if (memory[i] == NULL || gates[i] == WG_NONE)
			FAIL("no memory or no gate of %s", service);
		counts[i] = (uint64_t *)(void *)(memory[i] + MOST);
	}
	if (argc > 3) {
		obey(argv[3]);
		return 0;
	}
	printf("ready\n");
	fflush(stdout);
	char line[100];
	while (fgets(line, sizeof line, stdin) != NULL)
		obey(line);
	return wg_close();
}
