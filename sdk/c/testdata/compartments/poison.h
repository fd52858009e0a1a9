/* SPDX-License-Identifier: Apache-2.0 */
/* What code can leave in the processor for the code after it. */
#ifndef POISON_H
#define POISON_H

#include <stdint.h>

/* An x87 exception that is raised at the next chance, registers that are all in use, single precision;
 * and faults for memory that is not aligned. */
static inline void poison(void) {
	static const uint16_t unmasked = 0x40;
	__asm__ volatile("fninit\n fldz\n fld1\n fdiv %%st(1), %%st\n"
			 "fld1\n fld1\n fld1\n fld1\n fld1\n fld1\n fldcw %0\n"
			 "pushfq\n orl $0x40000, (%%rsp)\n popfq" : : "m"(unmasked) : "memory", "cc");
}

static inline void cure(void) {
	__asm__ volatile("fninit\n pushfq\n andl $~0x40000, (%%rsp)\n popfq" : : : "memory", "cc");
}

/* Is n more than 3 * 10^18, where neither precision is lost nor alignment asked for. */
static inline uintptr_t reckon(uintptr_t n) {
	volatile long double factor = 1e18L, sum = n;
	volatile char bytes[16] = {0};
	sum += *(volatile int *)(bytes + 1);
	return (uintptr_t)(factor * 3 + sum);
}

#endif
