/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What a service is that waveguard-host loads as a compartment: a shared object
 * that exports one descriptor, wg_compartment. The host gives it a C library, a
 * heap, stacks and writable data of its own, all behind the wall of its domain.
 *
 *     #include <waveguard/compartment.h>
 *
 *     static uintptr_t answer(uintptr_t a, uintptr_t b, uintptr_t c) { return a + b + c; }
 *     static const struct wg_operation operations[] = {{"answer", answer}};
 *     const struct wg_compartment wg_compartment = {.abi = WG_COMPARTMENT_ABI, .operations = operations, .operation_count = 1};
 *
 *     cc -shared -fPIC -Wl,-z,relro,-z,now $(pkg-config --cflags waveguard) -o answer.so answer.c
 *
 * It links no library of Waveguard's: the host brings these functions, and of
 * waveguard.h wg_call, wg_find_gate, wg_find_service, wg_region_alloc, wg_region_free,
 * wg_status_of, wg_strerror, wg_find_channel and all that begins with wg_channel_. What else is different inside says docs/compartments.md.
 */
#ifndef WAVEGUARD_COMPARTMENT_H
#define WAVEGUARD_COMPARTMENT_H

#include <waveguard/waveguard.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/** Version of struct wg_compartment. 1, without channels, is taken as well. */
#define WG_COMPARTMENT_ABI 2

/** The descriptor. Its name is wg_compartment, and it is const. */
struct wg_compartment {
	uint32_t abi; /**< WG_COMPARTMENT_ABI */
	/** Runs on a thread of its own inside the domain, and returns when wg_pause says so, or when there is
	 *  no more to do; 0 if all is well. NULL for a service that others call only. */
	int (*run)(void);
	const struct wg_operation *operations; /**< as in struct wg_service */
	size_t operation_count;                /**< at most 32 for all services of a domain */
	const struct wg_end *channels;         /**< as in struct wg_service */
	size_t channel_count;                  /**< at most 32, and 256 for all services of the host */
};

extern const struct wg_compartment wg_compartment;

/**
 * Rests, outside of the domain: its key can go to another meanwhile. A service that sleeps by other means
 * keeps its key.
 * @return 1 as soon as the host wants the service to end, 0 after so many milliseconds
 */
int wg_pause(unsigned milliseconds);

/** Returns the name under which the host runs this service. */
const char *wg_compartment_name(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* WAVEGUARD_COMPARTMENT_H */
