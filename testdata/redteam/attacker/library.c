/* SPDX-License-Identifier: Apache-2.0 */
/* Ways through what the library does when it is needed: its handler of faults, and the moments in
 * which memory becomes a domain's, or is taken from it. */
#include "attack.h"

#include <signal.h>
#include <ucontext.h>

#define ROUNDS 50

static ucontext_t forged;

/* Calls the library's handler with a fault that never was. */
static bool handled(void) {
	struct sigaction library;
	static siginfo_t fault = {.si_signo = SIGSEGV, .si_code = SEGV_PKUERR};
	fault.si_addr = (void *)secret;
	if (sigaction(SIGSEGV, NULL, &library) != 0)
		return false;
	library.sa_sigaction(SIGSEGV, &fault, &forged);
	return true;
}

static bool by_handler(void) { return handled() && load(); }

/* Goes on where the handler would have the faulting code go on. */
static bool by_handler_and_gate(void) {
	const greg_t *r = forged.uc_mcontext.gregs;
	if (!handled())
		return false;
	__asm__ volatile("jmp *%0" : : "r"(r[REG_RIP]), "D"(r[REG_RDI]), "S"(r[REG_RSI]), "d"(r[REG_RDX]) : "memory");
	__builtin_unreachable();
}

/* Reads all the while that another thread makes, fills, parks and frees the memory, and has a fault of its own handled. */
static bool raced(void) {
	while (rounds < ROUNDS)
		if (copied(secret, LENGTH) && contains(got, LENGTH))
			return true;
	return false;
}

const struct vector library_vectors[] = {
	{.name = "fault-handler", .attempt = by_handler},
	{.name = "fault-handler-gate", .attempt = by_handler_and_gate},
	{.name = "map-race", .attempt = raced, .kind = RACES},
	{0},
};
