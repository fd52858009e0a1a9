/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host and the shim agree on. The shim is the first object of each compartment's
 * link namespace: its functions stand before those of the C library for all that comes after it.
 * Everything of it that can be written is the compartment's, and believed by nobody else.
 */
#ifndef WG_SHIM_H
#define WG_SHIM_H

#include <pthread.h>
#include <waveguard/waveguard.h>

#define WG_SHIM_ABI 2
#define WG_MAX_EXTENTS 64u       /* of a heap */
#define WG_EXTENT (4ul << 20)    /* least bytes of one */
#define WG_SHIM_THREADS 64u      /* that a compartment's code started and that have not ended */

#define WG_SHIM_OPERATIONS 32u   /* of a service: as many as the daemon takes */

/* Arguments of enter, the function that wg_run runs. Anything from here on is a thread's slot. */
enum { WG_ENTER_RUN, WG_ENTER_FINISH, WG_ENTER_THREAD };

/* What the host does for a compartment. Written before the walls are up. */
struct wg_shim_host {
	int (*call)(wg_gate gate, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t *result);
	wg_gate (*find_gate)(const char *service, const char *operation);
	wg_service_id (*find_service)(const char *service);
	void *(*region_alloc)(wg_service_id service, size_t size);
	int (*region_free)(void *region);
	uint64_t (*status_of)(enum wg_property property);
	const char *(*strerror)(int status);
	int (*pause)(unsigned milliseconds);
	wg_channel (*find_channel)(const char *service, const char *channel);
	int (*why)(wg_channel channel, char *text, size_t size);
	size_t (*slot_size)(wg_channel channel);
	int (*send)(wg_channel channel, const void *data, size_t size, struct wg_wait wait);
	int (*loan)(wg_channel channel, void **slot, size_t *room, struct wg_wait wait);
	int (*publish)(wg_channel channel, size_t size);
	int (*receive)(wg_channel channel, struct wg_message *message, struct wg_wait wait);
	int (*release)(wg_channel channel, const struct wg_message *message);
	/* Of threads outside; each returns an error number. */
	int (*start)(wg_service_id service, unsigned slot, pthread_t *thread);
	int (*join)(pthread_t thread);
	int (*detach)(pthread_t thread);
	/* What the thread must not be ended in begins, and ends. */
	void (*hold)(void);
	void (*let_go)(void);
};

struct wg_extent {
	void *at;
	size_t size;
};

/* The shim's data, exported as wg_shim. */
struct wg_shim {
	uint32_t abi;
	uint32_t armed; /* the walls are up: memory comes from regions */
	struct wg_shim_host host;
	wg_service_id service;
	char name[WG_MAX_NAME + 1];
	int (*run)(void);
	size_t heap_limit; /* bytes of all extents */
	size_t heap_size;
	unsigned extents;
	struct wg_extent extent[WG_MAX_EXTENTS];
	wg_function targets[WG_SHIM_OPERATIONS]; /* the service's operations */
	/* Functions for the host: enter is what wg_run is to run, gates are what is registered for operations, probe says
	 * whether the C library of the namespace takes memory from this heap. */
	wg_function enter;
	wg_function gates[WG_SHIM_OPERATIONS];
	int (*probe)(void);
};

#endif
