/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of domains. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>

#include "internal.h"

static struct wg_region *take_record(void) {
	wg_acquire(&WG->memory);
	if (WG->spare == NULL) {
		struct wg_region *fresh = wg_controller_alloc(WG_PAGE);
		for (size_t i = 0; fresh != NULL && i < WG_PAGE / sizeof *fresh; i++) {
			fresh[i].next = WG->spare;
			WG->spare = &fresh[i];
		}
	}
	struct wg_region *r = WG->spare;
	if (r != NULL)
		WG->spare = r->next;
	wg_release(&WG->memory);
	return r;
}

static void give_record(struct wg_region *r) {
	wg_acquire(&WG->memory);
	r->next = WG->spare;
	WG->spare = r;
	wg_release(&WG->memory);
}

/* Maps a region that nobody can touch yet. */
static bool map(struct wg_region *r, size_t size) {
	r->size = (size + WG_PAGE - 1) / WG_PAGE * WG_PAGE;
	r->adopted = 0;
	size_t whole = r->size + 2 * WG_PAGE;
	long at = wg_syscall(SYS_mmap, 0, (long)whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at < 0 && at > -4096)
		return false;
	r->memory = (uint8_t *)at + WG_PAGE;
	wg_syscall(SYS_madvise, at, (long)whole, MADV_DONTDUMP, 0, 0, 0); /* refused by no kernel that has it */
	return true;
}

static void unmap(const struct wg_region *r) {
	wg_syscall(SYS_munmap, (long)(r->memory - WG_PAGE), (long)(r->size + 2 * WG_PAGE), 0, 0, 0, 0);
}

/* Opens new memory as the domain is now, whose lock is held; without a domain to all. */
static bool open_memory(const struct wg_region *r, const struct wg_domain *d) {
	const int prot = PROT_READ | PROT_WRITE;
	long at = (long)r->memory, size = (long)r->size;
	if (d != NULL && WG->backend == WG_WIRE_PKU)
		return wg_syscall(SYS_pkey_mprotect, at, size, prot, d->tag, 0, 0) == 0;
	if (d != NULL && WG->backend == WG_WIRE_MPROTECT && d->inside == 0)
		return true;
	return wg_syscall(SYS_mprotect, at, size, prot, 0, 0, 0) == 0;
}

/* Makes a region of a domain; of none, and open to all, if d is NULL. */
struct wg_region *wg_region_make(struct wg_domain *d, size_t size) {
	struct wg_region *r = take_record();
	if (r == NULL)
		return NULL;
	if (!map(r, size)) {
		give_record(r);
		return NULL;
	}
	if (d == NULL) {
		(void)open_memory(r, NULL);
		return r;
	}
	wg_acquire(&d->lock); /* the key does not change meanwhile */
	bool opened = open_memory(r, d);
	if (opened) {
		r->next = d->regions;
		d->regions = r;
	}
	wg_release(&d->lock);
	if (opened)
		return r;
	unmap(r);
	give_record(r);
	return NULL;
}

/* Puts memory that is there, open to all, behind the domain's wall: before the controller is armed,
 * so that nobody inside can have memory of others moved. */
int wg_region_adopt(struct wg_domain *d, const struct wg_segment *s) {
	struct wg_region *r = WG->armed ? NULL : take_record();
	if (r == NULL)
		return WG_E_SYSTEM;
	*r = (struct wg_region){.memory = s->at, .size = s->size, .adopted = 1};
	int failure = WG_OK;
	wg_acquire(&d->lock);
	if (WG->backend == WG_WIRE_MPROTECT && wg_syscall(SYS_mprotect, (long)s->at, (long)s->size, PROT_NONE, 0, 0, 0) < 0)
		failure = WG_E_SYSTEM;
	if (WG->backend == WG_WIRE_PKU && !open_memory(r, d))
		failure = WG_E_SYSTEM;
	r->next = d->regions;
	d->regions = r;
	wg_release(&d->lock);
	return failure;
}

static bool is_stack(const struct wg_domain *d, const struct wg_region *r) {
	for (int i = 0; i < WG_MAX_THREADS; i++)
		if (d->stacks[i] == r)
			return true;
	return false;
}

/* Unmaps a region of a domain. */
int wg_region_drop(struct wg_domain *d, const uint8_t *memory) {
	wg_acquire(&d->lock);
	struct wg_region **at = &d->regions;
	while (*at != NULL && ((*at)->memory != memory || (*at)->adopted || is_stack(d, *at)))
		at = &(*at)->next;
	struct wg_region *r = *at;
	if (r != NULL) {
		*at = r->next;
		unmap(r);
	}
	wg_release(&d->lock);
	if (r == NULL)
		return WG_E_NOT_HOSTED;
	give_record(r);
	return WG_OK;
}

/* Returns whose memory an address is, NULL if it is no domain's. */
struct wg_domain *wg_region_owner(uint64_t address) {
	for (uint32_t i = 0; i < WG->domains; i++) {
		struct wg_domain *d = &WG->domain[i];
		bool found = false;
		wg_acquire(&d->lock);
		for (const struct wg_region *r = d->regions; r != NULL && !found; r = r->next)
			found = address - (uint64_t)r->memory < r->size;
		wg_release(&d->lock);
		if (found)
			return d;
	}
	return NULL;
}
