/* SPDX-License-Identifier: Apache-2.0 */
/* A service that does what it reads, one line at a time: it calls others, and tries what it may not. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <waveguard/compartment.h>

#include "../../host/shim.h"
#include "poison.h"

static int counter;

static uintptr_t peek(uintptr_t at, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	return (uintptr_t)*(volatile int *)at;
}

static uintptr_t poke(uintptr_t at, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	*(volatile int *)at = 1;
	return 0;
}

/* Takes memory and gives it back in every way there is; 0 if all of it was as it should be. */
static int use_heap(void) {
	static unsigned char *blocks[500];
	static size_t sizes[500];
	unsigned state = 1;
	for (int turn = 0; turn < 4000; turn++) {
		state = state * 1103515245u + 12345u;
		unsigned i = (state >> 8) % 500;
		for (size_t j = 0; j < sizes[i]; j++)
			if (blocks[i][j] != (unsigned char)i)
				return 1;
		size_t size = (state >> 12) % ((state & 0x80000000u) ? 100000 : 300);
		if (state & 0x40000000u) {
			free(blocks[i]);
			blocks[i] = aligned_alloc(64, size + 1);
			if ((uintptr_t)blocks[i] % 64 != 0)
				return 2;
		} else {
			blocks[i] = realloc(blocks[i], size + 1);
		}
		if (blocks[i] == NULL)
			return 3;
		sizes[i] = size;
		memset(blocks[i], (int)i, size);
	}
	for (int i = 0; i < 500; i++) {
		free(blocks[i]);
		blocks[i] = NULL;
		sizes[i] = 0;
	}
	errno = 0;
	return malloc(1ul << 50) == NULL && errno == ENOMEM ? 0 : 4;
}

static int refused(void) {
	int n = 0;
	n += fork() == -1 && errno == ENOTSUP;
	n += signal(SIGSEGV, SIG_DFL) == SIG_ERR;
	n += sigaction(SIGSEGV, NULL, NULL) == -1;
	n += wg_region_alloc(wg_find_service("vault"), 100) == NULL;
	return n;
}

/* Starts another program, which waits for nothing of this process. */
static int use_programs(void) {
	extern char **environ;
	char *words[] = {"true", NULL};
	pid_t child;
	int status = -1;
	if (posix_spawnp(&child, words[0], NULL, NULL, words, environ) != 0)
		return 1;
	return waitpid(child, &status, 0) == child ? status : 2;
}

static void *work(void *argument) {
	counter++;
	return argument;
}

static int use_threads(void) {
	int good = 0;
	for (intptr_t i = 0; i < 20; i++) {
		pthread_t t;
		void *result = NULL;
		if (pthread_create(&t, NULL, work, (void *)i) == 0 && pthread_join(t, &result) == 0 && result == (void *)i)
			good++;
	}
	return good == 20 && counter >= 20 ? 0 : 1;
}

/* Functions of the host, which stand where its file says. */
static uintptr_t run_address, close_address, free_address, create_address;

static uintptr_t *address_of(const char *name) {
	return strcmp(name, "wg_run") == 0 ? &run_address : strcmp(name, "wg_close") == 0 ? &close_address :
	       strcmp(name, "wg_region_free") == 0 ? &free_address : &create_address;
}

/* In memory open to all. */
struct outlaw {
	pthread_t thread;
	uintptr_t run, close, free, argument;
	wg_service_id service;
	int status;
};

/* Runs outside of all domains, where this service may have code of its own run. */
static void *break_law(void *outlaw) {
	struct outlaw *o = outlaw;
	if (o->run != 0)
		o->status = ((int (*)(wg_service_id, uintptr_t, uintptr_t *))o->run)(o->service, o->argument, NULL);
	else if (o->close != 0)
		o->status = ((int (*)(void))o->close)();
	else
		o->status = ((int (*)(void *))o->free)((void *)o->argument);
	return NULL;
}

static int outlaw(const char *what, unsigned long n) {
	extern struct wg_shim wg_shim;
	struct outlaw *o = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (o == MAP_FAILED)
		return 1;
	*o = (struct outlaw){.service = (wg_service_id)(n / 10), .argument = n % 10, .status = 1};
	if (strcmp(what, "run") == 0)
		o->run = run_address;
	else if (strcmp(what, "close") == 0)
		o->close = close_address;
	else if (wg_call(wg_find_gate("vault", "where"), 'r', 0, 0, &o->argument) == WG_OK)
		o->free = free_address;
	int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = (void *)create_address;
	return create(&o->thread, NULL, break_law, o) == 0 && wg_shim.host.join(o->thread) == 0 ? o->status : 2;
}

static int break_pipe(void) {
	int ends[2];
	if (pipe(ends) != 0)
		return 1;
	close(ends[0]);
	ssize_t written = write(ends[1], "", 1);
	close(ends[1]);
	return written == -1 && errno == EPIPE ? 0 : 2;
}

static void obey(const char *verb, const char *what, unsigned long n) {
	uintptr_t result = 0, at = 0;
	int status = WG_E_ARGUMENT;
	if (strcmp(verb, "call") == 0) {
		status = wg_call(wg_find_gate("vault", what), n, 0, 0, &result);
	} else if (strcmp(verb, "fail") == 0) {
		status = wg_call(wg_find_gate("vault", "fail"), (uintptr_t)what[0], 0, 0, &result);
	} else if (strcmp(verb, "peek") == 0 || strcmp(verb, "poke") == 0) {
		status = wg_call(wg_find_gate("vault", "where"), (uintptr_t)what[0], 0, 0, &at);
		if (status == WG_OK && at != 0)
			status = wg_call(wg_find_gate("front", verb), at, 0, 0, &result);
	} else if (strcmp(verb, "read") == 0) { /* a kernel that reads for it */
		status = wg_call(wg_find_gate("vault", "where"), (uintptr_t)what[0], 0, 0, &at);
		int ends[2];
		if (status == WG_OK && pipe(ends) == 0) {
			result = write(ends[1], (void *)at, 4) == 4;
			close(ends[0]);
			close(ends[1]);
		}
	} else if (strcmp(verb, "worker") == 0) {
		status = wg_call(wg_find_gate("worker", what), n, 0, 0, &result);
	} else if (strcmp(verb, "heap") == 0) {
		status = use_heap();
	} else if (strcmp(verb, "threads") == 0) {
		status = use_threads();
	} else if (strcmp(verb, "programs") == 0) {
		status = use_programs();
	} else if (strcmp(verb, "refused") == 0) {
		status = refused();
	} else if (strcmp(verb, "strength") == 0) {
		status = (int)wg_status_of(WG_STRENGTH);
	} else if (strcmp(verb, "poison") == 0) {
		wg_gate gate = wg_find_gate("vault", what);
		poison();
		status = wg_call(gate, n, 0, 0, &result);
		cure();
	} else if (strcmp(verb, "reckon") == 0) {
		status = wg_call(wg_find_gate("vault", what), n, 0, 0, &result);
		result = reckon(n);
	} else if (strcmp(verb, "address") == 0) {
		*address_of(what) = n;
		status = 0;
	} else if (strcmp(verb, "outlaw") == 0) {
		status = outlaw(what, n);
	} else if (strcmp(verb, "break-pipe") == 0) {
		status = break_pipe();
	} else if (strcmp(verb, "crash") == 0) {
		*(volatile int *)0 = 1;
	}
	printf("%d %lld\n", status, (long long)result);
}

static int run(void) {
	char line[200], verb[32], what[32];
	setvbuf(stdout, NULL, _IOLBF, 0);
	uintptr_t sum = 0;
	while (sum == 0 && wg_call(wg_find_gate("vault", "sum"), 0, 0, 0, &sum) == WG_OK && !wg_pause(1))
		; /* until vault has its secret everywhere */
	printf("ready\n");
	while (fgets(line, sizeof line, stdin) != NULL) {
		unsigned long n = 0;
		if (sscanf(line, "%31s %31s %lu", verb, what, &n) < 1)
			break;
		if (strcmp(verb, "end") == 0)
			return (int)n;
		obey(verb, what, n);
	}
	while (!wg_pause(1000))
		;
	return 0;
}

static const struct wg_operation operations[] = {{"peek", peek}, {"poke", poke}};
const struct wg_compartment wg_compartment = {WG_COMPARTMENT_ABI, run, operations, 2, NULL, 0};
