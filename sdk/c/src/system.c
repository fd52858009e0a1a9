/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel and the processor, without the C library's state. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include "internal.h"

/* Returns a negated error number instead of setting errno, which services can write. */
long wg_syscall(long number, long a, long b, long c, long d, long e, long f) {
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* The clock of rates and dwell times, in nanoseconds. */
uint64_t wg_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void wg_futex_wait_for(_Atomic uint32_t *word, uint32_t value, uint32_t nanoseconds) {
	const struct timespec t = {.tv_nsec = nanoseconds};
	wg_syscall(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, value, (long)&t, 0, 0);
}

void wg_futex_wait(_Atomic uint32_t *word, uint32_t value) {
	wg_syscall(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, value, 0, 0, 0);
}

void wg_futex_wake(_Atomic uint32_t *word, int threads) {
	wg_syscall(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, threads, 0, 0, 0);
}

void wg_acquire(struct wg_lock *l) {
	uint32_t was = 0;
	if (atomic_compare_exchange_strong(&l->word, &was, 1))
		return;
	while (atomic_exchange(&l->word, 2) != 0)
		wg_futex_wait(&l->word, 2);
}

void wg_release(struct wg_lock *l) {
	if (atomic_exchange(&l->word, 0) == 2)
		wg_futex_wake(&l->word, 1);
}

/* Ends the process: a thread whose rights are unknown must not go on. */
void wg_die(const char *why) {
	static const char prefix[] = "libwaveguard: ";
	wg_syscall(SYS_write, 2, (long)prefix, sizeof prefix - 1, 0, 0, 0);
	wg_syscall(SYS_write, 2, (long)why, (long)strlen(why), 0, 0, 0);
	wg_syscall(SYS_write, 2, (long)"\n", 1, 0, 0, 0);
	abort();
}

/* Before main. It can be read by all, and so is no secret: it is against mistakes. */
__attribute__((constructor, no_stack_protector)) static void choose_canary(void) {
	const uint64_t no_text = ~UINT64_C(0xff); /* its first byte ends a string */
	long n;
	do
		n = wg_syscall(SYS_getrandom, (long)&WG->canary, sizeof WG->canary, 0, 0, 0, 0);
	while (n == -EINTR);
	WG->canary &= no_text;
}

/* Returns zeroed memory of the controller that is never freed, NULL if there is none. */
void *wg_controller_alloc(size_t size) {
	size = (size + WG_PAGE - 1) / WG_PAGE * WG_PAGE;
	/* Nobody writes memory of an armed controller before it has its key. */
	const int prot = WG->armed && WG->backend == WG_WIRE_PKU ? PROT_NONE : PROT_READ | PROT_WRITE;
	long at = wg_syscall(SYS_mmap, 0, (long)size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at < 0 && at > -4096)
		return NULL;
	if (!WG->armed) {
		if (WG->earlies == sizeof WG->early / sizeof *WG->early)
			wg_die("too much memory before the controller is armed");
		WG->early[WG->earlies].at = (void *)at;
		WG->early[WG->earlies++].size = size; /* of whole pages */
		return (void *)at;
	}
	if (WG->backend == WG_WIRE_PKU &&
	    wg_syscall(SYS_pkey_mprotect, at, (long)size, PROT_READ | PROT_WRITE, WG_KEY_CONTROLLER, 0, 0) < 0) {
		wg_syscall(SYS_munmap, at, (long)size, 0, 0, 0, 0);
		return NULL;
	}
	return (void *)at;
}

/* Forgets all memory of an attempt to attach that failed. */
void wg_controller_reset(void) {
	while (WG->earlies > 0) {
		WG->earlies--;
		wg_syscall(SYS_munmap, (long)WG->early[WG->earlies].at, (long)WG->early[WG->earlies].size, 0, 0, 0, 0);
	}
	WG->services = WG->domains = WG->gates = WG->ends = 0;
}

static int take_over(const void *at, size_t size) {
	const int prot = PROT_READ | PROT_WRITE;
	return wg_syscall(SYS_pkey_mprotect, (long)at, (long)size, prot, WG_KEY_CONTROLLER, 0, 0) < 0 ? WG_E_SYSTEM : WG_OK;
}

static int arm_slot(const uint8_t *slot) {
	const uint8_t *guard = slot + WG_SLOT_GUARD, *stack = guard + WG_PAGE;
	/* A child of fork is nobody to the gate, which stops it: the pages that it shares are its parent's. */
	if (wg_syscall(SYS_madvise, (long)slot, WG_SLOT_SIZE, MADV_WIPEONFORK, 0, 0, 0) < 0)
		return WG_E_SYSTEM;
	if (wg_syscall(SYS_mprotect, (long)guard, WG_PAGE, PROT_NONE, 0, 0, 0) < 0)
		return WG_E_SYSTEM;
	if (WG->backend != WG_WIRE_PKU)
		return WG_OK;
	if (take_over(slot, WG_SLOT_GUARD) != WG_OK)
		return WG_E_SYSTEM;
	return take_over(stack, WG_SLOT_SIZE - WG_SLOT_GUARD - WG_PAGE);
}

/* Puts the controller's own memory under its key, and guard pages into the table. From
 * here on only the gate leads to it. */
int wg_arm(void) {
	for (int i = 0; i < WG_MAX_THREADS; i++)
		if (arm_slot(wg_threads[i].whole) != WG_OK)
			return WG_E_SYSTEM;
	WG->armed = 1;
	if (WG->backend != WG_WIRE_PKU)
		return WG_OK;
	for (int i = 0; i < WG->earlies; i++)
		if (take_over(WG->early[i].at, WG->early[i].size) != WG_OK)
			return WG_E_SYSTEM;
	return take_over(&wg_controller, sizeof wg_controller);
}

static uint64_t xcr0(void) {
	uint32_t low, high;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

/* Which registers there are to clear. */
uint32_t wg_simd_level(void) {
	uint32_t a, b, c, d;
	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || (xcr0() & 6) != 6)
		return WG_SIMD_SSE;
	if ((xcr0() & 0xe0) == 0xe0 && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX512F))
		return WG_SIMD_AVX512;
	return WG_SIMD_AVX;
}

#ifndef SYS_mseal
#define SYS_mseal 462 /* Linux 6.10 */
#endif

/* Has the kernel refuse, until the process ends, whatever would unmap, replace, move or protect whole pages anew
 * (Documentation/userspace-api/mseal.rst). Of nothing it says whether it can, and whether this process may. */
long wg_seal(uint64_t from, uint64_t to) { return wg_syscall(SYS_mseal, (long)from, (long)(to - from), 0, 0, 0, 0); }

/* Whether RDPKRU, and RDFSBASE by which the gate knows a thread, are no invalid instructions. */
bool wg_has_keys(void) {
	const unsigned ospke = 1u << 4, fsgsbase = 1u << 1;
	uint32_t a, b, c, d;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & ospke) && (getauxval(AT_HWCAP2) & fsgsbase);
}
