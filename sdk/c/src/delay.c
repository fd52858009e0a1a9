/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delays crossings at random, so that a clock tells less of what is behind them. A generator's state
 * would have to stand in memory that the services can read, and would tell them every
 * delay: the processor's generator has none, and the kernel's is asked where there is no such.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>

#include "internal.h"

__attribute__((target("rdrnd"))) static bool of_processor(uint64_t *value) {
	unsigned long long v;
	if (!WG->rdrand || !_rdrand64_step(&v))
		return false;
	*value = v;
	return true;
}

static uint64_t draw(void) {
	uint64_t value = 0;
	if (!of_processor(&value))
		wg_syscall(SYS_getrandom, (long)&value, sizeof value, 0, 0, 0, 0);
	return value;
}

/* Waits for at most so many nanoseconds, each number of them as likely. */
void wg_delay(uint16_t most) {
	if (most == 0)
		return;
	const uint64_t from = wg_now(), length = draw() % (most + 1u);
	while (wg_now() - from < length)
		__builtin_ia32_pause();
}

/* Whether RDRAND is an instruction here. */
bool wg_has_rdrand(void) {
	uint32_t a, b, c, d;
	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_RDRND);
}
