/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The controller's side of channels: it takes what the daemon hands over, checks it, and maps it as memory
 * of the domain whose end it is. What it knows of an end everybody can read, and code of the domain goes by it
 * (end.h); what that code says is believed in one thing only, that it has moved on, and harms nobody but itself if it is
 * not so: it then touches what is not there, or another generation of its own end.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "end.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#define FIXED_SIZE (F_SEAL_SHRINK | F_SEAL_GROW)
#define NO_WRITERS (F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) /* but those that have it mapped */
#define READ_WRITE (PROT_READ | PROT_WRITE)

/* Gives each end its memory, before the controller is armed and once it is known which domains there are. */
int wg_channels_prepare(void) {
	for (uint32_t i = 0; i < WG->ends; i++) {
		struct wg_channel_end *e = &WG->end[i];
		e->domain = WG->hosted[e->service].domain;
		struct wg_region *r = wg_region_make(e->domain, sizeof *e->memory, WG_REGION_KEPT);
		if (r == NULL)
			return WG_E_SYSTEM;
		e->memory = (struct wg_end_memory *)(void *)r->memory;
	}
	return WG_OK;
}

static void close_files(struct wg_offer *o) {
	for (uint32_t i = 0; i < o->count; i++)
		if (o->files[i] >= 0)
			wg_syscall(SYS_close, o->files[i], 0, 0, 0, 0, 0);
	*o = (struct wg_offer){0};
}

/* Takes a file out of an offer, so that it is not closed with it. */
static int keep(struct wg_offer *o, uint32_t i) {
	const int file = o->files[i];
	o->files[i] = -1;
	return file;
}

/* Bytes of memory that has the seals, 0 if it has not. */
static uint64_t sealed_size(int file, int seals) {
	struct stat info;
	const long have = wg_syscall(SYS_fcntl, file, F_GET_SEALS, 0, 0, 0, 0);
	if (have < 0 || (have & seals) != seals || wg_syscall(SYS_fstat, file, (long)&info, 0, 0, 0, 0) < 0)
		return 0;
	return (uint64_t)info.st_size;
}

/* Whether a copy of a control page is that of a channel of this version, of the shape and generation that were announced, and
 * of a ring of that size. */
bool wg_channel_control_is(const struct wg_channel_control *c, const struct wg_offer *o, uint64_t ring_size) {
	if (c->magic != WG_CHANNEL_MAGIC || c->abi != WG_CHANNEL_ABI || c->generation != o->generation || c->consumers != o->consumers)
		return false;
	if (c->slots < 2 || c->slots > WG_MAX_SLOTS || (c->slots & (c->slots - 1)) != 0 || c->slot_size < 1 || c->slot_size > WG_MAX_SLOT_SIZE)
		return false;
	if (c->stride != WG_SLOT_STRIDE(c->slot_size) || c->integrity > WG_INTEGRITY_HMAC_SHA256 || c->overflow > WG_OVERFLOW_DROP_OLDEST)
		return false;
	const uint64_t size = WG_RING_SIZE(c->slots, c->slot_size);
	return size <= WG_MAX_RING_SIZE && c->ring_size == size && ring_size == size;
}

/* Reads the control page of an offer once, but for the key, which is nothing for a stack that all can read, and says whether all its files are what they have to be. */
static bool is_sound(const struct wg_offer *o, struct wg_channel_control *c) {
	const bool consumer = o->role == WG_CONSUMER;
	const long before_key = offsetof(struct wg_channel_control, key);
	if (sealed_size(o->files[0], FIXED_SIZE | NO_WRITERS) != WG_CONTROL_SIZE)
		return false;
	if (wg_syscall(SYS_pread64, o->files[0], (long)c, before_key, 0, 0, 0) != before_key)
		return false;
	for (uint32_t i = 3; i < o->count; i += 2)
		if (sealed_size(o->files[i], FIXED_SIZE | F_SEAL_SEAL) != WG_CURSOR_SIZE)
			return false;
	/* Nobody but the producer can be writing what a consumer is given to read. */
	return wg_channel_control_is(c, o, sealed_size(o->files[1], consumer ? FIXED_SIZE | NO_WRITERS : FIXED_SIZE));
}

/* Maps files one after the other; NULL if it cannot be. */
static uint8_t *map(struct wg_domain *d, const int *files, uint32_t count, size_t each, int prot) {
	const struct wg_region *r = wg_region_share(d, &(struct wg_share){files, count, (each + WG_PAGE - 1) / WG_PAGE * WG_PAGE, prot});
	return r == NULL ? NULL : r->memory;
}

static void unmap(struct wg_domain *d, const struct wg_generation *g) {
	const uint8_t *const all[] = {g->control, g->ring, g->cursors, g->copy};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i] != NULL)
			(void)wg_region_unshare(d, all[i]);
	if (g->room >= 0)
		wg_syscall(SYS_close, g->room, 0, 0, 0, 0, 0);
	for (uint32_t i = 0; i < WG_MAX_CONSUMERS; i++)
		if (g->news[i] >= 0)
			wg_syscall(SYS_close, g->news[i], 0, 0, 0, 0, 0);
}

static bool map_all(const struct wg_channel_end *e, struct wg_generation *g, struct wg_offer *o) {
	const bool producer = e->role == WG_PRODUCER;
	struct wg_domain *d = e->domain;
	int cursors[WG_MAX_CONSUMERS];
	const uint32_t places = (o->count - 3) / 2;
	for (uint32_t i = 0; i < places; i++)
		cursors[i] = o->files[3 + 2 * i];
	g->control = map(d, &o->files[0], 1, WG_CONTROL_SIZE, PROT_READ);
	g->ring = map(d, &o->files[1], 1, WG_RING_SIZE(g->slots, g->slot_size), producer ? READ_WRITE : PROT_READ);
	g->cursors = map(d, cursors, places, WG_CURSOR_SIZE, producer ? PROT_READ : READ_WRITE);
	const bool copies = !producer && !(g->integrity == WG_INTEGRITY_NONE && g->overflow == WG_OVERFLOW_BLOCK);
	const struct wg_region *copy = copies ? wg_region_make(d, g->slot_size, WG_REGION_CHANNEL) : NULL;
	g->copy = copy == NULL ? NULL : copy->memory;
	return g->control != NULL && g->ring != NULL && g->cursors != NULL && (g->copy != NULL || !copies);
}

static void keep_bells(struct wg_generation *g, struct wg_offer *o) {
	g->room = keep(o, 2);
	for (uint32_t i = 4; i < o->count; i += 2)
		g->news[(i - 4) / 2] = keep(o, i);
}

/* Lets a consumer begin where it was; if it has not been here with the first message when it was in an older ring or waited for
 * this one, else with the next one. */
static bool place_cursor(const struct wg_channel_end *e, const struct wg_offer *o) {
	struct wg_channel_cursor was;
	uint64_t head;
	const int file = o->files[3];
	if (wg_syscall(SYS_pread64, file, (long)&was, sizeof was, 0, 0, 0) != sizeof was)
		return false;
	if (was.started == o->generation)
		return true;
	if (e->was_there)
		head = 0;
	else if (wg_syscall(SYS_pread64, o->files[1], (long)&head, sizeof head, offsetof(struct wg_ring_header, head), 0, 0) != sizeof head)
		return false;
	was = (struct wg_channel_cursor){.next = head, .started = o->generation};
	return wg_syscall(SYS_pwrite64, file, (long)&was, sizeof was, 0, 0, 0) == sizeof was;
}

/* Maps an offer as the newest generation of its end; the files that are not kept are closed. WG_E_FORMAT if it is
 * not what the protocol promises. */
static int take(struct wg_channel_end *e, struct wg_offer *o) {
	struct wg_channel_control c = {0};
	if (!is_sound(o, &c))
		return WG_E_FORMAT;
	const uint32_t came = atomic_load(&e->came);
	struct wg_generation *g = &e->generation[came % WG_GENERATIONS];
	*g = (struct wg_generation){
		.number = c.generation, .slots = c.slots, .slot_size = c.slot_size, .stride = c.stride, .consumers = c.consumers,
		.integrity = c.integrity, .overflow = c.overflow, .room = -1,
	};
	memset(g->news, 0xff, sizeof g->news);
	if (!map_all(e, g, o) || (e->role == WG_CONSUMER && !place_cursor(e, o))) {
		unmap(e->domain, g);
		return WG_E_SYSTEM;
	}
	keep_bells(g, o);
	e->was_there = true;
	atomic_store(&e->came, came + 1);
	return WG_OK;
}

/* Whether a generation of that number is mapped: then the end was only closed for a while. */
static bool is_mapped(const struct wg_channel_end *e, uint64_t number) {
	for (uint32_t i = atomic_load(&e->gone); i != atomic_load(&e->came); i++)
		if (e->generation[i % WG_GENERATIONS].number == number)
			return true;
	return false;
}

static bool is_full(const struct wg_channel_end *e) { return atomic_load(&e->came) - atomic_load(&e->gone) == WG_GENERATIONS; }

/* Wakes code that waits at a generation, or for one. */
static void wake(struct wg_channel_end *e) {
	atomic_fetch_add(&e->changes, 1);
	wg_futex_wake(&e->changes, INT32_MAX);
	wg_acquire(&e->lock);
	for (uint32_t i = atomic_load(&e->gone); i != atomic_load(&e->came); i++) {
		const struct wg_generation *g = &e->generation[i % WG_GENERATIONS];
		wg_bell_ring(e->role == WG_PRODUCER ? g->room : g->news[0]);
	}
	wg_release(&e->lock);
}

static void give_reason(struct wg_channel_end *e, uint32_t code, const char *reason) {
	atomic_fetch_add(&e->reason_turn, 1);
	memset(e->reason, 0, sizeof e->reason);
	memcpy(e->reason, reason, strnlen(reason, sizeof e->reason - 1));
	atomic_fetch_add(&e->reason_turn, 1);
	atomic_store(&e->withheld, code);
}

/* Takes what there is for an end, which it can be that it has to wait for. */
static int accept(struct wg_channel_end *e, struct wg_offer *o) {
	const struct wg_offer who = {.end = o->end, .generation = o->generation};
	wg_acquire(&e->lock);
	const bool known = is_mapped(e, o->generation), later = !known && is_full(e);
	if (later) {
		close_files(&e->pending);
		e->pending = *o;
	}
	const int status = known || later ? WG_OK : take(e, o);
	wg_release(&e->lock);
	if (later)
		return WG_OK;
	close_files(o);
	if (status == WG_E_SYSTEM) {
		wg_channel_withheld(who.end, WG_WITHHELD_INTERNAL, "this process cannot map the channel: it has too little memory, or too many regions or files");
		return WG_OK;
	}
	if (status != WG_OK)
		return status;
	give_reason(e, 0, "");
	wake(e);
	return wg_wire_mapped(who.end, who.generation);
}

/* The daemon hands a generation over, with files that are the offer's. */
int wg_channel_offered(struct wg_offer *o) { return accept(&WG->end[o->end], o); }

/* The daemon says that an end cannot be mapped, or is closed. */
void wg_channel_withheld(uint16_t end, uint32_t code, const char *reason) {
	give_reason(&WG->end[end], code, reason);
	WG->end[end].was_there = !wg_end_denied(&WG->end[end]) && (WG->end[end].was_there || code == WG_WITHHELD_WAITING);
	wake(&WG->end[end]);
}

/* Unmaps the generations of an end before that one: code of its domain says that it uses them no more. */
int64_t wg_channel_moved(struct wg_channel_end *e, uint64_t at) {
	int64_t status = WG_OK;
	wg_acquire(&e->lock);
	uint32_t gone = atomic_load(&e->gone);
	if ((uint32_t)at - gone > atomic_load(&e->came) - gone)
		status = WG_E_ARGUMENT;
	for (; status == WG_OK && gone != (uint32_t)at; gone++)
		unmap(e->domain, &e->generation[gone % WG_GENERATIONS]);
	atomic_store(&e->gone, gone);
	wg_release(&e->lock);
	const uint64_t one = 1;
	wg_syscall(SYS_write, WG->wake, (long)&one, sizeof one, 0, 0, 0); /* something may have waited for the room */
	return status;
}

/* Takes what had to wait and has not to any more. */
int wg_channels_settle(void) {
	int status = WG_OK;
	for (uint32_t i = 0; i < WG->ends && status == WG_OK; i++) {
		struct wg_channel_end *e = &WG->end[i];
		if (e->pending.generation == 0 || is_full(e))
			continue;
		struct wg_offer o = e->pending;
		e->pending = (struct wg_offer){0};
		status = accept(e, &o);
	}
	return status;
}

/* The connection is lost: nobody waits for an answer to what came over it. */
void wg_channels_lost(void) {
	for (uint32_t i = 0; i < WG->ends; i++)
		close_files(&WG->end[i].pending);
}

/* Has all who wait look again. */
void wg_channels_wake(void) {
	for (uint32_t i = 0; i < WG->ends; i++)
		wake(&WG->end[i]);
}
