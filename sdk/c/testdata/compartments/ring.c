/* SPDX-License-Identifier: Apache-2.0 */
/* One of fifteen: it calls the next, which calls the next, and finds the data of each other closed. */
#include <stdio.h>
#include <stdlib.h>
#include <waveguard/compartment.h>

#define SERVICES 15

static volatile unsigned own, turns;

static unsigned number(void) { return (unsigned)atoi(wg_compartment_name() + 5); }

static wg_gate gate_of(unsigned service, const char *operation) {
	char name[20];
	snprintf(name, sizeof name, "ring-%02u", service % SERVICES);
	return wg_find_gate(name, operation);
}

static uintptr_t pass(uintptr_t left, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	turns++;
	uintptr_t below = 0;
	if (left == 0)
		return own;
	int status = wg_call(gate_of(number() + 1, "pass"), left - 1, 0, 0, &below);
	return status == WG_OK ? below : 1000 + (uintptr_t)-status;
}

static uintptr_t where(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	return (uintptr_t)&own;
}

static uintptr_t peek(uintptr_t at, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	return *(volatile unsigned *)at;
}

/* Counts whose data it can read. */
static unsigned readable(void) {
	unsigned n = 0;
	for (unsigned i = 0; i < SERVICES; i++) {
		uintptr_t at = 0, value = 0;
		if (i == number())
			at = (uintptr_t)&own;
		else if (wg_call(gate_of(i, "where"), 0, 0, 0, &at) != WG_OK)
			return 1000;
		if (wg_call(gate_of(number(), "peek"), at, 0, 0, &value) == WG_OK)
			n++;
	}
	return n;
}

static int run(void) {
	own = 100 + number();
	for (unsigned i = 1; i < SERVICES; i++) /* until all have said who they are */
		for (uintptr_t who = 0; who == 0;)
			if (wg_call(gate_of(number() + i, "pass"), 0, 0, 0, &who) != WG_OK || wg_pause(1))
				return 1;
	for (int i = 0; i < 20; i++) {
		uintptr_t last = 0;
		int status = wg_call(gate_of(number() + 1, "pass"), 9, 0, 0, &last);
		if (status != WG_OK || last != 100 + (number() + 10) % SERVICES)
			return 2;
		if (i % 5 == 0 && wg_pause(1))
			return 3;
	}
	printf("%s reads %u, %s\n", wg_compartment_name(), readable(), wg_status_of(WG_KEY_EVICTIONS) > 0 ? "evictions" : "no evictions");
	return 0;
}

static const struct wg_operation operations[] = {{"pass", pass}, {"where", where}, {"peek", peek}};
const struct wg_compartment wg_compartment = {WG_COMPARTMENT_ABI, run, operations, 3, NULL, 0};
