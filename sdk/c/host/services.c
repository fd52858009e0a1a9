/* SPDX-License-Identifier: Apache-2.0 */
/* What compartments call of the host. It runs with their rights, or outside: it decides nothing, and
 * believes nothing but what it can check. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>

#include "host.h"

static int stop_file = -1;

void wg_services_stop_at(int file) { stop_file = file; }

static uintptr_t rest(uintptr_t milliseconds, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	struct pollfd p = {.fd = stop_file, .events = POLLIN};
	int limit = milliseconds > 3600000 ? 3600000 : (int)milliseconds;
	return poll(&p, 1, limit) > 0;
}

static int pause_outside(unsigned milliseconds) {
	uintptr_t stop = 0;
	return wg_outside(rest, milliseconds, &stop) == WG_OK && stop != 0;
}

/* A new thread enters the domain of the service with the number of a slot, in which the service has put
 * what it is to do: nothing if it did not. */
static void *enter(void *where) {
	uintptr_t service = (uintptr_t)where / WG_SHIM_THREADS, slot = (uintptr_t)where % WG_SHIM_THREADS;
	(void)wg_run((wg_service_id)service, WG_ENTER_THREAD + slot, NULL);
	return NULL;
}

/* Returns the new thread, or an error number: nothing is on the first page. */
static uintptr_t start_thread(uintptr_t where, uintptr_t b, uintptr_t c) {
	pthread_t id;
	(void)b, (void)c;
	int failure = pthread_create(&id, NULL, enter, (void *)where);
	return failure != 0 ? (uintptr_t)failure : (uintptr_t)id;
}

/* It takes no memory here, with the rights of the domain: what the C library of the host remembers of memory all
 * compartments can write. Who is ended here would leave locks behind that all start threads with. */
static int start(wg_service_id service, unsigned slot, pthread_t *thread) {
	uintptr_t id = 0;
	const unsigned before = wg_unendable; /* a fault outside forgets what there was */
	wg_unendable = before + 1;
	int status = wg_outside(start_thread, (uintptr_t)service * WG_SHIM_THREADS + slot % WG_SHIM_THREADS, &id);
	wg_unendable = before;
	if (status != WG_OK)
		return EAGAIN;
	*thread = (pthread_t)id;
	return id < WG_PAGE ? (int)id : 0;
}

static uintptr_t join_thread(uintptr_t thread, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	return (uintptr_t)pthread_join((pthread_t)thread, NULL);
}

static int join(pthread_t thread) {
	uintptr_t failure = EINVAL;
	int status = wg_outside(join_thread, (uintptr_t)thread, &failure);
	return status == WG_OK ? (int)failure : EINVAL;
}

static void hold(void) { wg_unendable++; }

static void let_go(void) {
	if (wg_unendable > 0)
		wg_unendable--;
}

struct wg_shim_host wg_services_of_the_host(void) {
	return (struct wg_shim_host){
		.call = wg_call, .find_gate = wg_find_gate, .find_service = wg_find_service, .region_alloc = wg_region_alloc,
		.region_free = wg_region_free, .status_of = wg_status_of, .strerror = wg_strerror, .pause = pause_outside,
		.find_channel = wg_find_channel, .why = wg_channel_why, .slot_size = wg_channel_slot_size, .send = wg_channel_send, .loan = wg_channel_loan,
		.publish = wg_channel_publish, .receive = wg_channel_receive, .release = wg_channel_release,
		.start = start, .join = join, .detach = pthread_detach,
		.hold = hold, .let_go = let_go,
	};
}
