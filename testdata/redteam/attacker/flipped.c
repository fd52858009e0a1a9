/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of the walls when a bit of a thread's rights is not what the gate wrote: somebody outside
 * makes it so while the thread waits, or while it goes through the gate. */
#include "attack.h"

#include <cpuid.h>
#include <stdio.h>

#include <waveguard/waveguard.h>

bool await(void) {
	unsigned size, rights, c, d;
	char end;
	__cpuid_count(0xd, 9, size, rights, c, d);
	printf("waits, secret at %lu, rights at %u\n", (unsigned long)secret, rights);
	return read(0, &end, 1) >= 0;
}

static bool before_the_gate(void) { return await() && load(); }

static bool behind_the_gate(void) {
	if (!await())
		return false;
	(void)wg_status_of(WG_EPOCH);
	return load();
}

/* Calls what policy denies. Without walls nobody needs a gate. */
static bool by_call(void) {
	uintptr_t did = 0;
	if (!await())
		return false;
	if (own_key() < 0)
		return load();
	return wg_call(wg_find_gate("vault", "tell"), 0, 0, 0, &did) == WG_OK && did;
}

const struct vector flipping_vectors[] = {
	{.name = "wait", .attempt = await},
	{.name = "flip", .attempt = before_the_gate},
	{.name = "flip-crossing", .attempt = behind_the_gate},
	{.name = "flip-gate", .attempt = behind_the_gate},
	{.name = "flip-policy", .attempt = by_call},
	{.name = "forge-policy", .attempt = by_call},
	{0},
};
