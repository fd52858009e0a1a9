/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of domains. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/mempolicy.h>
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

static void unmap_range(uint64_t from, uint64_t to) {
	if (from < to)
		wg_syscall(SYS_munmap, (long)from, (long)(to - from), 0, 0, 0, 0);
}

/* Puts the files of a channel, one after the other, in the place of the region, which nobody can touch yet. A child of fork
 * has none of it: what it did to a ring would be done to that of its parent. */
static bool map_files(const struct wg_region *r, const struct wg_share *s) {
	for (uint32_t i = 0; i < s->count; i++) {
		const long at = (long)(r->memory + i * s->each);
		if (wg_syscall(SYS_mmap, at, (long)s->each, PROT_NONE, MAP_SHARED | MAP_FIXED, s->files[i], 0) != at)
			return false;
	}
	wg_syscall(SYS_madvise, (long)r->memory, (long)r->size, MADV_DONTDUMP, 0, 0, 0);
	return wg_syscall(SYS_madvise, (long)r->memory, (long)r->size, MADV_DONTFORK, 0, 0, 0) == 0;
}

/* Maps a region that nobody can touch yet. */
static bool map(struct wg_region *r, size_t size) {
	const bool aligned = r->kind == WG_REGION_HEAP || r->kind == WG_REGION_HEAP_HUGE;
	r->size = (size + WG_PAGE - 1) / WG_PAGE * WG_PAGE;
	size_t whole = r->size + 2 * WG_PAGE + (aligned ? WG_HUGE : 0);
	long at = wg_syscall(SYS_mmap, 0, (long)whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at < 0 && at > -4096)
		return false;
	uint64_t memory = (uint64_t)at + WG_PAGE;
	if (aligned) {
		memory = (memory + WG_HUGE - 1) / WG_HUGE * WG_HUGE;
		unmap_range((uint64_t)at, memory - WG_PAGE);
		unmap_range(memory + r->size + WG_PAGE, (uint64_t)at + whole);
	}
	r->memory = (uint8_t *)memory;
	/* Refused by no kernel that has them: a kernel without them gives memory that is as good, but slower or dumped. */
	wg_syscall(SYS_madvise, (long)memory, (long)r->size, MADV_DONTDUMP, 0, 0, 0);
	if (r->kind == WG_REGION_HEAP_HUGE)
		wg_syscall(SYS_madvise, (long)memory, (long)r->size, MADV_HUGEPAGE, 0, 0, 0);
	return true;
}

static void unmap(const struct wg_region *r) {
	unmap_range((uint64_t)r->memory - WG_PAGE, (uint64_t)r->memory + r->size + WG_PAGE);
}

/* Prefers the node for memory that nobody touched yet. */
static long prefer(const struct wg_region *r, uint32_t node) {
	const uint64_t nodes = UINT64_C(1) << node;
	return wg_syscall(SYS_mbind, (long)r->memory, (long)r->size, MPOL_PREFERRED, (long)&nodes, 65, 0);
}

/* Opens new memory as the domain is now, whose lock is held; without a domain to all. */
static bool open_memory(const struct wg_region *r, const struct wg_domain *d) {
	const int prot = r->prot;
	long at = (long)r->memory, size = (long)r->size;
	if (d != NULL && d->node != 0 && r->kind != WG_REGION_CHANNEL)
		(void)prefer(r, d->node - 1); /* that it can be done wg_region_prefer has seen */
	if (d != NULL && WG->backend == WG_WIRE_PKU)
		return wg_syscall(SYS_pkey_mprotect, at, size, prot, d->tag, 0, 0) == 0;
	if (d != NULL && WG->backend == WG_WIRE_MPROTECT && d->inside == 0)
		return true;
	return wg_syscall(SYS_mprotect, at, size, prot, 0, 0, 0) == 0;
}

/* Seals memory of a domain whose regions are, guard pages and all, once it has its key. */
static bool seal(struct wg_region *r, const struct wg_domain *d) {
	if (!d->sealed || r->kind == WG_REGION_CHANNEL)
		return true;
	const uint64_t guard = r->kind == WG_REGION_ADOPTED ? 0 : WG_PAGE;
	r->sealed = wg_seal((uint64_t)r->memory - guard, (uint64_t)r->memory + r->size + guard) == 0;
	if (r->sealed)
		atomic_fetch_add(&WG->sealed, 1);
	return r->sealed;
}

/* Opens the region and puts it into its domain's list, if it has one. */
static bool settle(struct wg_region *r, struct wg_domain *d) {
	if (d == NULL)
		return open_memory(r, NULL);
	wg_acquire(&d->lock); /* the key does not change meanwhile */
	bool settled = d->region_count < WG_MAX_REGIONS && open_memory(r, d) && seal(r, d);
	if (settled) {
		d->region_count++;
		r->next = d->regions;
		d->regions = r;
	}
	wg_release(&d->lock);
	return settled;
}

/* Returns the region, in its domain; NULL, and it is no more, if it cannot be. */
static struct wg_region *settled(struct wg_region *r, struct wg_domain *d) {
	if (settle(r, d))
		return r;
	unmap(r);
	give_record(r);
	return NULL;
}

/* Makes a region of a domain; of none, and open to all, if d is NULL. NULL if there is no
 * memory, or the domain has WG_MAX_REGIONS. */
struct wg_region *wg_region_make(struct wg_domain *d, size_t size, enum wg_region_kind kind) {
	struct wg_region *r = take_record();
	if (r == NULL)
		return NULL;
	r->kind = kind;
	r->sealed = false;
	r->prot = PROT_READ | PROT_WRITE;
	if (!map(r, size)) {
		give_record(r);
		return NULL;
	}
	return settled(r, d);
}

/* Makes a region of a domain out of what is in files, which stay the caller's. NULL as above. */
struct wg_region *wg_region_share(struct wg_domain *d, const struct wg_share *s) {
	struct wg_region *r = take_record();
	if (r == NULL)
		return NULL;
	r->kind = WG_REGION_CHANNEL;
	r->sealed = false;
	r->prot = (uint8_t)s->prot;
	if (!map(r, s->count * s->each)) {
		give_record(r);
		return NULL;
	}
	if (map_files(r, s))
		return settled(r, d);
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
	*r = (struct wg_region){.memory = s->at, .size = s->size, .kind = WG_REGION_ADOPTED, .prot = PROT_READ | PROT_WRITE};
	wg_syscall(SYS_madvise, (long)s->at, (long)s->size, MADV_DONTDUMP, 0, 0, 0);
	int failure = WG_OK;
	wg_acquire(&d->lock);
	if (WG->backend == WG_WIRE_MPROTECT && wg_syscall(SYS_mprotect, (long)s->at, (long)s->size, PROT_NONE, 0, 0, 0) < 0)
		failure = WG_E_SYSTEM;
	if (WG->backend == WG_WIRE_PKU && !(open_memory(r, d) && seal(r, d)))
		failure = WG_E_SYSTEM;
	d->region_count++;
	r->next = d->regions;
	d->regions = r;
	wg_release(&d->lock);
	return failure;
}

static bool is_freed(const struct wg_region *r) { return r->kind == WG_REGION_PLAIN || r->kind == WG_REGION_HEAP || r->kind == WG_REGION_HEAP_HUGE; }
static bool is_shared(const struct wg_region *r) { return r->kind == WG_REGION_CHANNEL; }

static int drop(struct wg_domain *d, const uint8_t *memory, bool (*can_drop)(const struct wg_region *r)) {
	wg_acquire(&d->lock);
	struct wg_region **at = &d->regions;
	while (*at != NULL && ((*at)->memory != memory || !can_drop(*at)))
		at = &(*at)->next;
	struct wg_region *r = *at;
	const bool stays = r != NULL && r->sealed;
	if (stays) {
		r->kind = WG_REGION_KEPT;
	} else if (r != NULL) {
		*at = r->next;
		d->region_count--;
		unmap(r);
	}
	wg_release(&d->lock);
	if (r == NULL)
		return WG_E_NOT_HOSTED;
	if (!stays)
		give_record(r);
	return WG_OK;
}

/* Unmaps a region that services of a domain free. One that is sealed stays, and is from now on one that nobody frees. */
int wg_region_drop(struct wg_domain *d, const uint8_t *memory) { return drop(d, memory, is_freed); }

/* Unmaps a region of a channel. */
int wg_region_unshare(struct wg_domain *d, const uint8_t *memory) { return drop(d, memory, is_shared); }

/* Makes the domain's regions to come prefer memory of a node. */
int wg_region_prefer(struct wg_domain *d, uint32_t node) {
	struct wg_region *probe = node < 64 ? wg_region_make(NULL, WG_PAGE, WG_REGION_PLAIN) : NULL;
	if (node < 64 && probe == NULL)
		return WG_E_SYSTEM;
	long failure = node < 64 ? prefer(probe, node) : -EINVAL;
	if (probe != NULL) {
		unmap(probe);
		give_record(probe);
	}
	if (failure < 0)
		return WG_E_UNSUPPORTED; /* such a kernel, machine or filter of system calls */
	wg_acquire(&d->lock);
	d->node = node + 1;
	wg_release(&d->lock);
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
