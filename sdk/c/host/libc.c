/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of the C library that a compartment must not have, or must have otherwise.
 * What the C library calls inside itself is not found here: see docs/compartments.md.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "inner.h"

/* They end the process. Here they end the code that called them: the others go on. */
WG_EXPORT _Noreturn void abort(void) { wg_end_here("called abort"); }
WG_EXPORT _Noreturn void __stack_chk_fail(void) { wg_end_here("wrote beyond a variable on its stack"); }
WG_EXPORT _Noreturn void __chk_fail(void) { wg_end_here("overran a buffer"); }

WG_EXPORT _Noreturn void __assert_fail(const char *assertion, const char *file, unsigned line, const char *function) {
	char text[300];
	(void)function;
	snprintf(text, sizeof text, "does not hold what it asserts at %s:%u: %s", file, line, assertion);
	wg_end_here(text);
}

WG_EXPORT _Noreturn void exit(int status) {
	char text[100];
	snprintf(text, sizeof text, "called exit(%d), where a compartment returns from run", status);
	wg_end_here(text);
}

WG_EXPORT _Noreturn void _exit(int status) { exit(status); }
WG_EXPORT _Noreturn void _Exit(int status) { exit(status); }
WG_EXPORT _Noreturn void quick_exit(int status) { exit(status); }

static int unsupported(void) {
	errno = ENOTSUP;
	return -1;
}

/* A handler runs without the domain's rights, and all signals are blocked inside anyway. */
WG_EXPORT int sigaction(int number, const struct sigaction *action, struct sigaction *before) {
	(void)number, (void)action, (void)before;
	return unsupported();
}

WG_EXPORT sighandler_t signal(int number, sighandler_t handler) {
	(void)number, (void)handler;
	return unsupported() < 0 ? SIG_ERR : SIG_DFL;
}

/* Signals stay as the gate has blocked them. */
WG_EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *before) {
	(void)how, (void)set, (void)before;
	return unsupported();
}

WG_EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *before) {
	(void)how, (void)set, (void)before;
	return ENOTSUP;
}

WG_EXPORT int sigaltstack(const stack_t *stack, stack_t *before) {
	(void)stack, (void)before;
	return unsupported();
}

/* A child would share the pages of the attachment and be no part of it. */
WG_EXPORT pid_t fork(void) { return unsupported(); }
WG_EXPORT pid_t _Fork(void) { return unsupported(); }
WG_EXPORT pid_t vfork(void) { return unsupported(); } /* its child would be on this thread's place in the gate */

/* Data of objects that are loaded now would be behind no wall. */
WG_EXPORT void *dlopen(const char *file, int mode) {
	(void)file, (void)mode;
	(void)unsupported();
	return NULL;
}
