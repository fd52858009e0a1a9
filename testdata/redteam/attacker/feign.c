/* SPDX-License-Identifier: Apache-2.0 */
/* System calls of the library that are answered by the attacker. */
#include "attack.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <ucontext.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

/* A filter of its own says of every pkey_mprotect that it was done. */
static bool by_filter(void) {
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pkey_mprotect, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof code / sizeof code[0], code};
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* The return from the handler is the one system call that is let pass. */
__asm__(".pushsection .text\nfeigned_return: mov $15, %eax\n syscall\n.balign 16\n.popsection\n");
extern char feigned_return[];

static volatile char caught = 1; /* SYSCALL_DISPATCH_FILTER_BLOCK */

/* Plain mprotect in place of pkey_mprotect, and all else as it was asked for. */
static void answer(int signal, siginfo_t *info, void *context) {
	(void)signal, (void)info;
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
	register long d __asm__("r10") = r[REG_R10], e __asm__("r8") = r[REG_R8], f __asm__("r9") = r[REG_R9];
	long number = r[REG_RAX] == SYS_pkey_mprotect ? SYS_mprotect : r[REG_RAX];
	caught = 0;
	__asm__ volatile("syscall" : "+a"(number) : "D"(r[REG_RDI]), "S"(r[REG_RSI]), "d"(r[REG_RDX]), "r"(d), "r"(e), "r"(f) : "rcx", "r11", "memory");
	caught = 1;
	r[REG_RAX] = number;
}

static bool by_dispatch(void) {
	struct { /* the kernel's */
		void (*handler)(int, siginfo_t *, void *);
		unsigned long flags;
		void *restorer;
		unsigned long mask;
	} action = {answer, SA_SIGINFO | SA_ONSTACK | SA_NODEFER | 0x04000000, feigned_return, 0};
	static char stack[262144];
	const stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
	sigset_t sys;
	sigemptyset(&sys);
	sigaddset(&sys, SIGSYS); /* stays unblocked: what the handler blocks, its return unblocks */
	return sigprocmask(SIG_UNBLOCK, &sys, NULL) == 0 && sigaltstack(&other, NULL) == 0 && syscall(SYS_rt_sigaction, SIGSYS, &action, NULL, 8) == 0 &&
	       prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, feigned_return, 16, &caught) == 0;
}

const struct vector feign_vectors[] = {
	{.name = "feign-seccomp", .attempt = by_filter, .kind = NEW_REGION},
	{.name = "feign-dispatch", .attempt = by_dispatch, .kind = NEW_REGION},
	{0},
};
