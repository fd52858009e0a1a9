/* SPDX-License-Identifier: Apache-2.0 */
/* cache BITS: one process learns from the cache what another one does, BITS times. Both read the same page, as all
 * do that have a library in common. The receiver flushes a line of it, the sender uses the line if the bit of its secret is
 * set, and the receiver looks how long a load takes. Prints how many bits were wrong, and the cycles of loads of which is known
 * where they come from: in the middle is the threshold. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define TRIALS 2001
#define PAGE 4096

static volatile int *sending; /* whether it is the sender's turn */
static const volatile char *line;

/* The i-th bit of the secret. */
static bool bit(int i) { return (uint32_t)i * UINT32_C(2654435761) >> 31; }

static void use(void) { (void)*line; }

static void flush(void) {
	_mm_clflush((const void *)line);
	_mm_mfence();
}

static uint64_t reload(void) {
	unsigned processor;
	_mm_mfence();
	_mm_lfence();
	const uint64_t from = __rdtsc();
	use();
	return __rdtscp(&processor) - from;
}

static void pass(int to_sender) {
	_mm_mfence();
	*sending = to_sender;
	while (*sending == to_sender)
		sched_yield();
}

static void send(int bits) {
	for (int i = 0; i < bits; i++) {
		while (!*sending)
			sched_yield();
		if (bit(i))
			use();
		_mm_mfence();
		*sending = 0;
	}
}

static int compare(const void *a, const void *b) {
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* The median of loads of a line that is in the cache, or was flushed. */
static uint64_t usual(bool cached) {
	static uint64_t took[TRIALS];
	for (int i = 0; i < TRIALS; i++) {
		use();
		if (!cached)
			flush();
		took[i] = reload();
	}
	qsort(took, TRIALS, sizeof *took, compare);
	return took[TRIALS / 2];
}

int main(int argc, char **argv) {
	const int bits = argc == 2 ? atoi(argv[1]) : 0;
	int file = open(argv[0], O_RDONLY);
	sending = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0);
	if (bits <= 0 || sending == MAP_FAILED || page == MAP_FAILED)
		return 2;
	line = page + PAGE / 2; /* nobody else's */
	const uint64_t cached = usual(true), flushed = usual(false), threshold = (cached + flushed) / 2;
	pid_t child = fork();
	if (child == 0) {
		send(bits);
		_exit(0);
	}
	int wrong = 0;
	for (int i = 0; i < bits; i++) {
		flush();
		pass(1);
		wrong += (reload() < threshold) != bit(i);
	}
	if (child < 0 || waitpid(child, NULL, 0) != child)
		return 1;
	printf("bits %d wrong %d cached %lu flushed %lu\n", bits, wrong, (unsigned long)cached, (unsigned long)flushed);
	return 0;
}
