/* SPDX-License-Identifier: Apache-2.0 */
/* What the world does to code inside a domain, and such code to the world: world SOCKET BACKEND CASE. */
#define _GNU_SOURCE
#include "expect.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *name;
static char *self;
static volatile int *own, *other; /* regions of front and vault */
static volatile sig_atomic_t traps, aside;

static uintptr_t nothing(uintptr_t a, uintptr_t b, uintptr_t c) { return a + b + c; }

static void on_trap(int number) {
	stack_t stack;
	traps += number == SIGTRAP;
	sigaltstack(NULL, &stack);
	aside = (uintptr_t)&stack - (uintptr_t)stack.ss_sp < stack.ss_size;
}

/* A thread that is made inside by other means than wg_thread_create has the domain's rights and no more, until it
 * comes to the gate, for which it is outside. */
static void *uncounted(void *trespass) {
	printf("own %d\n", *own);
	fflush(stdout);
	if (trespass != NULL)
		return (void *)(uintptr_t)*other;
	EXPECT(wg_call(wg_find_gate("vault", "nothing"), 0, 0, 0, NULL) == WG_E_PLACE);
	return NULL;
}

static void make_thread(void *trespass) {
	pthread_t thread;
	EXPECT(pthread_create(&thread, NULL, uncounted, trespass) == 0);
	pthread_join(thread, NULL);
}

/* Says how a child ended. */
static void await(pid_t child) {
	int status = 0;
	EXPECT(child > 0 && waitpid(child, &status, 0) == child);
	printf("child %s %d\n", WIFEXITED(status) ? "exit" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	fflush(stdout);
}

static bool is(const char *what) { return strcmp(name, what) == 0; }

/* Whether this is the child, that comes back. */
static bool fork_inside(void) {
	const pid_t child = is("raw-fork") ? (pid_t)syscall(SYS_fork) : fork();
	if (child != 0) {
		await(child);
		return false;
	}
	if (is("fork-exec")) {
		execl(self, self, "after-exec", (char *)NULL);
		_exit(99);
	}
	if (is("fork-call"))
		_exit(wg_call(wg_find_gate("vault", "nothing"), 0, 0, 0, NULL) == WG_E_PLACE && wg_alloc(1) == NULL && *own == 5 ? 0 : 1);
	if (is("fork-trespass"))
		_exit(*other == 7 ? 0 : 1);
	if (is("raw-fork"))
		_exit(wg_call(wg_find_gate("vault", "nothing"), 0, 0, 0, NULL) == WG_OK ? 0 : 1);
	return true;
}

static uintptr_t in_front(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	*own = 5;
	if (is("thread"))
		make_thread(NULL);
	else if (is("thread-trespass"))
		make_thread(&name);
	else if (strstr(name, "fork") != NULL && fork_inside())
		return 0;
	else if (is("exec"))
		execl(self, self, "after-exec", (char *)NULL);
	else if (is("cancel"))
		for (;;)
			pause();
	else if (is("trap"))
		__asm__ volatile("int3");
	EXPECT(*own == 5 && wg_call(wg_find_gate("vault", "nothing"), 0, 0, 0, NULL) == WG_OK);
	return 0;
}

static uintptr_t fill(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	*other = 7;
	return 0;
}

static void *run_front(void *unused) {
	(void)unused;
	(void)wg_run(wg_find_service("front"), 0, NULL);
	return NULL;
}

static void cancel_inside(void) {
	pthread_t thread;
	EXPECT(pthread_create(&thread, NULL, run_front, NULL) == 0);
	usleep(50000); /* it is inside, most likely: outside it would just end */
	EXPECT(pthread_cancel(thread) == 0 && pthread_join(thread, NULL) == 0);
}

int main(int argc, char **argv) {
	static const struct wg_operation operations[] = {{"nothing", nothing}};
	static const struct wg_service services[] = {{"front", in_front, NULL, 0, NULL, 0}, {"vault", fill, operations, 1, NULL, 0}};
	if (argc == 2) {
		puts(argv[1]);
		return wg_run(0, 0, NULL) == WG_E_PLACE ? 0 : 1;
	}
	EXPECT(argc == 4);
	self = argv[0];
	name = argv[3];
	const struct sigaction trap = {.sa_handler = on_trap, .sa_flags = SA_ONSTACK};
	EXPECT(sigaction(SIGTRAP, &trap, NULL) == 0);
	attach_or_exit(argv[1], argv[2], services, 2);
	own = wg_region_alloc(wg_find_service("front"), sizeof *own);
	other = wg_region_alloc(wg_find_service("vault"), sizeof *other);
	EXPECT(own != NULL && other != NULL && wg_run(wg_find_service("vault"), 0, NULL) == WG_OK);
	if (is("cancel"))
		cancel_inside();
	if (is("fork-outside")) {
		const pid_t child = fork();
		if (child == 0)
			_exit(wg_run(wg_find_service("front"), 0, NULL) == WG_E_PLACE && wg_close() == WG_E_PLACE ? 0 : 1);
		await(child);
	}
	if (!is("fork-outside"))
		EXPECT(wg_run(wg_find_service("front"), 0, NULL) == WG_OK);
	EXPECT(!is("trap") || (traps == 1 && aside));
	puts("ended");
	return 0;
}
