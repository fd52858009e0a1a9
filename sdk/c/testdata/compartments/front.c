/* SPDX-License-Identifier: Apache-2.0 */
/* A service that does what it reads, one line at a time: it calls others, and tries what it may not. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <waveguard/compartment.h>

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
const struct wg_compartment wg_compartment = {WG_COMPARTMENT_ABI, run, operations, 2};
