/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the shim know of each other. */
#ifndef WG_INNER_H
#define WG_INNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <waveguard/compartment.h>

#include "shim.h"

#define WG_EXPORT __attribute__((visibility("default")))

extern struct wg_shim wg_shim;

/* A lock in the compartment's memory. */
struct wg_mutex {
	uint32_t word; /* 0 free, 1 held, 2 held and waited for */
};
void wg_lock(struct wg_mutex *m);
void wg_unlock(struct wg_mutex *m);

/* Says it on stderr and ends the code that runs now, as a fault does. */
_Noreturn void wg_end_here(const char *what);

bool wg_heap_owns(const void *memory);

/* What a thread is known by inside. */
uintptr_t wg_thread_pointer(void);
/* Runs the destructors of the thread's values, and forgets them. */
void wg_forget_values(void);
uintptr_t wg_thread_enter(unsigned slot);

#endif
