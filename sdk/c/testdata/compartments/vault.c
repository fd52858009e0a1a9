/* SPDX-License-Identifier: Apache-2.0 */
/* A service with a secret in every kind of memory that a C program has. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <waveguard/compartment.h>

#include "poison.h"

#define SECRET 4711

static volatile int in_data = SECRET;
static volatile int in_bss;
static volatile int *in_heap;
static volatile int *volatile on_stack; /* of the thread that runs the service */
static const char *const volatile constant = "constant";

__attribute__((constructor)) static void early(void) {
	in_heap = malloc(100000); /* before there are walls */
	*in_heap = SECRET;
}

static int run(void) {
	volatile int local = SECRET;
	in_bss = SECRET;
	on_stack = &local;
	while (!wg_pause(10))
		;
	fprintf(stderr, "vault ends\n");
	return local == SECRET ? 0 : 1;
}

static uintptr_t where(uintptr_t kind, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	switch (kind) {
	case 'd': return (uintptr_t)&in_data;
	case 'b': return (uintptr_t)&in_bss;
	case 'h': return (uintptr_t)in_heap;
	case 's': return (uintptr_t)on_stack;
	case 'c': return (uintptr_t)&constant;
	case 'r': return (uintptr_t)wg_region_alloc(wg_find_service(wg_compartment_name()), 4096);
	default: return 0;
	}
}

static uintptr_t sum(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	if (on_stack == NULL)
		return a;
	return (uintptr_t)(in_data + in_bss + *in_heap + *on_stack) + a;
}

static uintptr_t reckons(uintptr_t n, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	return reckon(n);
}

static uintptr_t poisons(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	poison();
	return a;
}

static void *nothing(void *unused) { return unused; }

static uintptr_t breeds(uintptr_t a, uintptr_t b, uintptr_t c) {
	pthread_t t;
	(void)b, (void)c;
	while (pthread_create(&t, NULL, nothing, NULL) == 0)
		(void)pthread_join(t, NULL);
	return a;
}

/* Takes and gives back the locks of the compartment's own heap and threads, all the time. */
static uintptr_t juggles(uintptr_t a, uintptr_t b, uintptr_t c) {
	pthread_key_t key;
	(void)b, (void)c;
	if (pthread_key_create(&key, NULL) != 0)
		return a;
	void *volatile block = NULL;
	while (pthread_setspecific(key, block) == 0) {
		free(block);
		block = malloc(10);
	}
	return a;
}

static void wait_for_ever(void) {
	for (;;)
		pause();
}

/* Faults of its own, and ends that are none elsewhere. */
static uintptr_t fail(uintptr_t how, uintptr_t b, uintptr_t c) {
	volatile char room[16] = {0};
	volatile size_t beyond = 48;
	(void)b, (void)c;
	switch (how) {
	case 'n': *(volatile int *)0 = 1; break;
	case 'z': return beyond / (uintptr_t)room[0];
	case 'b': { /* a page of a file beyond its end */
		FILE *empty = tmpfile();
		volatile char *at = empty == NULL ? NULL : mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(empty), 0);
		return at == NULL || at == MAP_FAILED ? 1 : (uintptr_t)*at;
	}
	case 'a': abort();
	case 'e': exit(3);
	case 'q': quick_exit(3);
	case '_': _exit(3);
	case 'v': return vfork() == 0;
	case 'w': return (uintptr_t)atexit(wait_for_ever);
	case 'f': {
		void *volatile block = malloc(10);
		void *volatile again = block;
		free(block);
		free(again);
		break;
	}
	case 's':
		for (size_t i = 0; i < beyond; i++)
			room[i] = 1;
		break;
	case 'r': raise(SIGILL); break;
	default: break;
	}
	return (uintptr_t)room[0];
}

static const struct wg_operation operations[] = {{"where", where}, {"sum", sum}, {"fail", fail}, {"reckons", reckons}, {"poisons", poisons}, {"breeds", breeds},
	{"juggles", juggles}};
const struct wg_compartment wg_compartment = {WG_COMPARTMENT_ABI, run, operations, sizeof operations / sizeof *operations, NULL, 0};
