/* SPDX-License-Identifier: Apache-2.0 */
/* The way into a compartment, and its way to the host. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inner.h"

static uintptr_t enter(uintptr_t what, uintptr_t b, uintptr_t c);
static int probe(void);

/* What the C library keeps of a locale for each thread it sets in threads that it starts itself: those here come from
 * another namespace. Set at each entry, it is also what code of other domains cannot have left there. */
static void greet(void) { (void)uselocale(LC_GLOBAL_LOCALE); }

/* An operation gets three words and does not know which it is: so each has a function of its own before it. */
#define GATE(i) \
	static uintptr_t gate_##i(uintptr_t a, uintptr_t b, uintptr_t c) { \
		greet(); \
		return wg_shim.targets[i](a, b, c); \
	}
#define EACH(of) \
	of(0) of(1) of(2) of(3) of(4) of(5) of(6) of(7) of(8) of(9) of(10) of(11) of(12) of(13) of(14) of(15) \
	of(16) of(17) of(18) of(19) of(20) of(21) of(22) of(23) of(24) of(25) of(26) of(27) of(28) of(29) of(30) of(31)
EACH(GATE)
#define NAME(i) gate_##i,

WG_EXPORT struct wg_shim wg_shim = {
	.abi = WG_SHIM_ABI, .heap_limit = 1ul << 30, .enter = enter, .gates = {EACH(NAME)}, .probe = probe,
};

/* Code outside can have this run with any argument: none makes it leave what the service itself
 * has written. */
static uintptr_t enter(uintptr_t what, uintptr_t b, uintptr_t c) {
	extern void __cxa_finalize(void *object);
	(void)b;
	(void)c;
	uintptr_t result = 0;
	greet();
	switch (what) {
	case WG_ENTER_RUN:
		result = wg_shim.run == NULL ? 0 : (uintptr_t)(intptr_t)wg_shim.run();
		fflush(NULL);
		break;
	case WG_ENTER_FINISH:
		__cxa_finalize(NULL); /* what atexit was told, and destructors of C++ */
		fflush(NULL);
		break;
	default:
		result = wg_thread_enter((unsigned)(what - WG_ENTER_THREAD));
	}
	wg_forget_values();
	return result;
}

/* strdup calls malloc through the table of the C library, as all of it does. */
static int probe(void) {
	char *copy = strdup("probe");
	bool ours = copy != NULL && wg_heap_owns(copy);
	free(copy);
	return ours;
}

static void hold(void) {
	if (wg_shim.armed)
		wg_shim.host.hold();
}

static void let_go(void) {
	if (wg_shim.armed)
		wg_shim.host.let_go();
}

/* Who holds a lock is not ended for staying too long: nobody would get it any more. Who waits for one is. */
void wg_lock(struct wg_mutex *m) {
	uint32_t was = 0;
	hold();
	if (__atomic_compare_exchange_n(&m->word, &was, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	while (__atomic_exchange_n(&m->word, 2, __ATOMIC_SEQ_CST) != 0) {
		let_go();
		syscall(SYS_futex, &m->word, FUTEX_WAIT_PRIVATE, 2, NULL);
		hold();
	}
}

void wg_unlock(struct wg_mutex *m) {
	if (__atomic_exchange_n(&m->word, 0, __ATOMIC_SEQ_CST) == 2)
		syscall(SYS_futex, &m->word, FUTEX_WAKE_PRIVATE, 1);
	let_go();
}

static void say(const char *what) {
	if (write(STDERR_FILENO, what, strlen(what)) < 0)
		return; /* nobody listens */
}

void wg_end_here(const char *what) {
	say("waveguard-host: ");
	say(wg_shim.name);
	say(" ");
	say(what);
	say("\n");
	for (;;) { /* the kernel maps nothing there: the gate ends the code */
		volatile char *nowhere = (volatile char *)sizeof(void *);
		__asm__("" : "+r"(nowhere));
		*nowhere = 0;
	}
}

WG_EXPORT int wg_call(wg_gate gate, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t *result) {
	return wg_shim.armed ? wg_shim.host.call(gate, a, b, c, result) : WG_E_PLACE;
}

WG_EXPORT wg_gate wg_find_gate(const char *service, const char *operation) {
	return wg_shim.armed ? wg_shim.host.find_gate(service, operation) : WG_NONE;
}

WG_EXPORT wg_service_id wg_find_service(const char *service) {
	return wg_shim.armed ? wg_shim.host.find_service(service) : WG_NONE;
}

WG_EXPORT void *wg_region_alloc(wg_service_id service, size_t size) {
	return wg_shim.armed ? wg_shim.host.region_alloc(service, size) : NULL;
}

WG_EXPORT int wg_region_free(void *region) { return wg_shim.armed ? wg_shim.host.region_free(region) : WG_E_PLACE; }

WG_EXPORT uint64_t wg_status_of(enum wg_property property) { return wg_shim.armed ? wg_shim.host.status_of(property) : 0; }

WG_EXPORT const char *wg_strerror(int status) {
	return wg_shim.armed ? wg_shim.host.strerror(status) : "not possible before the walls are up";
}

WG_EXPORT int wg_pause(unsigned milliseconds) { return wg_shim.armed ? wg_shim.host.pause(milliseconds) : 0; }

WG_EXPORT wg_channel wg_find_channel(const char *service, const char *channel) {
	return wg_shim.armed ? wg_shim.host.find_channel(service, channel) : WG_NONE;
}

WG_EXPORT int wg_channel_why(wg_channel channel, char *text, size_t size) {
	return wg_shim.armed ? wg_shim.host.why(channel, text, size) : WG_E_PLACE;
}

WG_EXPORT size_t wg_channel_slot_size(wg_channel channel) { return wg_shim.armed ? wg_shim.host.slot_size(channel) : 0; }

WG_EXPORT int wg_channel_send(wg_channel channel, const void *data, size_t size, struct wg_wait wait) {
	return wg_shim.armed ? wg_shim.host.send(channel, data, size, wait) : WG_E_PLACE;
}

WG_EXPORT int wg_channel_loan(wg_channel channel, void **slot, size_t *room, struct wg_wait wait) {
	return wg_shim.armed ? wg_shim.host.loan(channel, slot, room, wait) : WG_E_PLACE;
}

WG_EXPORT int wg_channel_publish(wg_channel channel, size_t size) { return wg_shim.armed ? wg_shim.host.publish(channel, size) : WG_E_PLACE; }

WG_EXPORT int wg_channel_receive(wg_channel channel, struct wg_message *message, struct wg_wait wait) {
	return wg_shim.armed ? wg_shim.host.receive(channel, message, wait) : WG_E_PLACE;
}

WG_EXPORT int wg_channel_release(wg_channel channel, const struct wg_message *message) {
	return wg_shim.armed ? wg_shim.host.release(channel, message) : WG_E_PLACE;
}

WG_EXPORT const char *wg_compartment_name(void) { return wg_shim.name; }
