/* SPDX-License-Identifier: Apache-2.0 */
/* What builds the walls, as package enforcement/mpk does. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "check.h"
#include "internal.h"

#define READ_WRITE (PROT_READ | PROT_WRITE)
#define DISABLE_ACCESS 1 /* PKEY_DISABLE_ACCESS of <linux/mman.h> */

static uint32_t read_rights(void) {
	uint32_t rights, zero;
	__asm__ volatile("rdpkru" : "=a"(rights), "=d"(zero) : "c"(0));
	return rights;
}

/* Takes every key of the process. The gate knows the keys by number. */
static int take_keys(void) {
	const uint32_t all_denied = 0x55555554;
	long key;
	if (read_rights() != all_denied)
		return WG_E_UNSUPPORTED; /* init_pkru= on the kernel's command line */
	while ((key = wg_syscall(SYS_pkey_alloc, 0, DISABLE_ACCESS, 0, 0, 0, 0)) > 0)
		WG->keys++;
	if (key != -ENOSPC || WG->keys != WG_KEYS - 1)
		return WG_E_UNSUPPORTED; /* the process, or something in it, has some already */
	for (key = WG_KEYS - 1; key >= WG_KEY_FIRST; key--)
		WG->ring.free[WG->ring.frees++] = (int)key;
	return WG_OK;
}

/* Puts one page, which holds nothing, under a key for the life of the process: by it the daemon
 * sees that this process uses keys, before the controller is armed and before there are regions. */
static int plant_witness(void) {
	long at = wg_syscall(SYS_mmap, 0, WG_PAGE, READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at < 0 && at > -4096)
		return WG_E_SYSTEM;
	return wg_syscall(SYS_pkey_mprotect, at, WG_PAGE, READ_WRITE, WG_KEY_PARKING, 0, 0) < 0 ? WG_E_SYSTEM : WG_OK;
}

/* Opens a backend of enum wg_backend. */
int wg_walls_open(int backend) {
	WG->backend = WG_WIRE_NONE;
	WG->simd = wg_simd_level();
	WG->rdrand = wg_has_rdrand();
	WG->crc32 = wg_has_crc32();
	WG->sha = wg_has_sha();
	if (backend == WG_BACKEND_NONE)
		return WG_OK;
	if (backend != WG_BACKEND_MPROTECT && wg_has_keys()) {
		WG->backend = WG_WIRE_PKU;
		int status = take_keys();
		return status == WG_OK ? plant_witness() : status;
	}
	if (backend == WG_BACKEND_PKU)
		return WG_E_UNSUPPORTED;
	WG->backend = WG_WIRE_MPROTECT;
	return WG_OK;
}

/* Strengths are numbered as backends are, up to HARDWARE_REGION; HARDWARE_COMPARTMENT follows. */
uint32_t wg_strength(void) { return (uint32_t)WG->backend + (WG->backend == WG_WIRE_PKU && WG->compartments); }

static int protect(const struct wg_region *r, int key) {
	return wg_syscall(SYS_pkey_mprotect, (long)r->memory, (long)r->size, r->prot, key, 0, 0) < 0 ? WG_E_SYSTEM : WG_OK;
}

/* Puts all memory of a domain under a key. When it fails the memory is as it was. */
int wg_walls_tag(struct wg_domain *d, int key) {
	int failure = WG_OK;
	wg_acquire(&d->lock);
	struct wg_region *r = d->regions;
	while (r != NULL && (failure = protect(r, key)) == WG_OK)
		r = r->next;
	if (failure == WG_OK)
		d->tag = key;
	else
		for (struct wg_region *undo = d->regions;; undo = undo->next) {
			if (protect(undo, d->tag) != WG_OK)
				wg_die("memory of a domain is under two protection keys");
			if (undo == r)
				break;
		}
	wg_release(&d->lock);
	return failure;
}

/* With mprotect: as many threads more, or less, are inside. */
static int count(struct wg_domain *d, int change) {
	int failure = WG_OK;
	wg_acquire(&d->lock);
	bool was = d->inside > 0, now = d->inside + (uint32_t)change > 0;
	for (struct wg_region *r = d->regions; was != now && r != NULL; r = r->next)
		if (wg_syscall(SYS_mprotect, (long)r->memory, (long)r->size, now ? r->prot : PROT_NONE, 0, 0, 0) < 0)
			failure = WG_E_SYSTEM;
	if (failure == WG_OK)
		d->inside += (uint32_t)change;
	wg_release(&d->lock);
	return failure;
}

static struct wg_domain *top(const struct wg_thread *t) {
	return t->length == 0 ? NULL : t->chain[t->length - 1];
}

static uint32_t rights_to(int key) { return WG_RIGHTS_OUTSIDE - (UINT32_C(1) << (2 * key)); }

/* Counts the thread out of everything. */
static void yield(struct wg_thread *t) {
	for (uint32_t i = t->yielded; i < t->length; i++)
		wg_ring_leave(t->chain[i]);
	t->yielded = t->length;
}

/* Reads what policy says of the walls of all domains, unless it is what it was. */
void wg_walls_refresh(const struct wg_attachment *a) {
	struct wg_ring *r = &WG->ring;
	const uint64_t epoch = wg_pages_epoch(a);
	uint32_t pinned = WG->sealed_domains, unpinned = 0;
	if (atomic_load(&WG->walls_of) == a->id && atomic_load(&WG->walls_epoch) == epoch)
		return;
	wg_acquire(&r->lock);
	for (uint32_t i = 0; i < WG->domains; i++) {
		struct wg_domain *d = &WG->domain[i];
		const struct wg_policy_domain p = wg_pages_domain(a, i);
		atomic_store_explicit(&d->delay, p.gate_delay, memory_order_relaxed);
		d->priority = p.priority;
		const bool wanted = (p.flags & WG_DOMAIN_PINNED) != 0 && !d->sealed, can = wanted && pinned < WG_MAX_PINNED;
		d->pinned = d->sealed || can;
		pinned += can;
		unpinned += wanted && !can;
	}
	atomic_store(&WG->unpinned, unpinned);
	atomic_store(&WG->walls_epoch, epoch);
	atomic_store(&WG->walls_of, a->id);
	wg_release(&r->lock);
}

/* Gives the domains that are pinned from the beginning their keys, before they have regions. Where the kernel can
 * seal they keep them for good, whatever policy says later. */
int wg_walls_pin(const struct wg_attachment *a) {
	const bool can_seal = wg_seal(0, 0) == 0;
	if (WG->backend != WG_WIRE_PKU)
		return WG_OK;
	wg_walls_refresh(a);
	for (uint32_t i = 0; i < WG->domains; i++) {
		struct wg_domain *d = &WG->domain[i];
		if (!d->pinned)
			continue;
		if (wg_ring_lend(d) != WG_OK)
			return WG_E_SYSTEM;
		d->sealed = can_seal;
		WG->sealed_domains += can_seal;
	}
	return WG_OK;
}

static int enter_pku(struct wg_thread *t, struct wg_domain *d) {
	if (wg_ring_key(d) == 0) { /* another's key may have to be taken */
		wg_walls_refresh(wg_hold(t));
		wg_let_go(t);
	}
	int key = wg_ring_enter(d);
	if (key == WG_BUSY) { /* nobody holds a key and waits for another */
		yield(t);
		key = wg_ring_wait(d);
	}
	if (key < 0)
		return WG_E_SYSTEM;
	t->expected = rights_to(key);
	return WG_OK;
}

/* Lets the thread through the wall, if there are walls. */
__attribute__((noinline)) static int pass(struct wg_thread *t, struct wg_domain *d) {
	int failure;
	if (WG->backend == WG_WIRE_PKU)
		failure = enter_pku(t, d);
	else if ((failure = count(d, 1)) == WG_OK && top(t) != NULL)
		(void)count(top(t), -1); /* what stays open is no worse than what this backend gives anyway */
	if (failure != WG_OK)
		wg_walls_resume(t);
	return failure;
}

/* Moves the thread into a domain; it is left where it was on an error. */
int wg_walls_enter(struct wg_thread *t, struct wg_domain *d) {
	const int failure = WG->backend == WG_WIRE_NONE ? WG_OK : pass(t, d);
	if (failure == WG_OK)
		t->chain[t->length++] = d;
	return failure;
}

/* Moves the thread back to where it came from. */
void wg_walls_leave(struct wg_thread *t) {
	struct wg_domain *from = top(t);
	bool counted = t->length > t->yielded;
	t->length--;
	if (t->yielded > t->length)
		t->yielded = t->length;
	if (WG->backend == WG_WIRE_MPROTECT) {
		if (top(t) != NULL && count(top(t), 1) != WG_OK)
			wg_die("a domain cannot be opened again");
		if (count(from, -1) != WG_OK)
			wg_die("a domain cannot be closed");
	}
	if (WG->backend != WG_WIRE_PKU)
		return;
	if (counted)
		wg_ring_leave(from);
	wg_walls_resume(t);
}

/* Closes everything to the thread; the domains it came through can do without their keys. */
void wg_walls_pause(struct wg_thread *t) {
	if (WG->backend == WG_WIRE_MPROTECT && count(top(t), -1) != WG_OK)
		wg_die("a domain cannot be closed");
	if (WG->backend != WG_WIRE_PKU)
		return;
	yield(t);
	t->expected = WG_RIGHTS_OUTSIDE;
}

/* Gives the thread the rights of where it is. */
void wg_walls_resume(struct wg_thread *t) {
	struct wg_domain *d = top(t);
	if (WG->backend == WG_WIRE_MPROTECT && t->paused && count(d, 1) != WG_OK)
		wg_die("a domain cannot be opened again");
	if (WG->backend != WG_WIRE_PKU)
		return;
	if (d == NULL) {
		t->expected = WG_RIGHTS_OUTSIDE;
		return;
	}
	int key = wg_ring_key(d);
	if (t->length <= t->yielded) {
		key = wg_ring_wait(d);
		if (key < 0)
			wg_die("a thread cannot return to its domain");
		t->yielded = t->length - 1;
	}
	t->expected = rights_to(key);
}
