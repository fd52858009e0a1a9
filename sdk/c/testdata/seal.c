/* SPDX-License-Identifier: Apache-2.0 */
/* What a seal keeps: seal 1 makes the regions of a domain whose regions are sealed, seal 0 of one whose are not. On each, what takes
 * memory from whoever has it is tried by system calls; which of them were refused is printed. */
#define _GNU_SOURCE
#include "expect.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../src/internal.h"

static long by_mprotect(void *at) { return mprotect(at, WG_PAGE, PROT_READ); }
static long by_pkey_mprotect(void *at) { return syscall(SYS_pkey_mprotect, at, WG_PAGE, PROT_READ, -1); }
static long by_map(void *at) { return (long)mmap(at, WG_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0); }
static long by_mremap(void *at) { return (long)mremap(at, WG_PAGE, 2 * WG_PAGE, MREMAP_MAYMOVE); }
static long by_munmap(void *at) { return munmap(at, WG_PAGE); }

static const struct {
	const char *name;
	long (*change)(void *at);
} changes[] = {
	{"mprotect", by_mprotect}, {"pkey_mprotect", by_pkey_mprotect}, {"map-over", by_map}, {"mremap", by_mremap}, {"munmap", by_munmap},
};

static const enum wg_region_kind kinds[] = {WG_REGION_PLAIN, WG_REGION_KEPT, WG_REGION_HEAP, WG_REGION_HEAP_HUGE};

static void try(struct wg_domain *d, int which, int kind) {
	struct wg_region *r = wg_region_make(d, WG_PAGE, kinds[kind]);
	EXPECT(r != NULL && r->sealed == d->sealed && r->memory[0] == 0);
	r->memory[0] = 77;
	const long of_guard = changes[which].change(r->memory - WG_PAGE), guard = of_guard == -1 ? errno : 0;
	const long of_memory = changes[which].change(r->memory), memory = of_memory == -1 ? errno : 0;
	printf("%s %d: %s %s\n", changes[which].name, kind, guard == EPERM ? "refused" : guard == 0 ? "done" : "failed",
	       memory == EPERM ? "refused" : memory == 0 ? "done" : "failed");
	if (d->sealed)
		EXPECT(r->memory[0]++ == 77);
}

/* Freeing what is sealed is no error, and takes nothing. */
static void free_one(struct wg_domain *d) {
	const uint32_t before = d->region_count;
	uint8_t *memory = wg_region_make(d, WG_PAGE, WG_REGION_PLAIN)->memory;
	memory[0] = 78;
	EXPECT(wg_region_drop(d, memory) == WG_OK && wg_region_drop(d, memory) == WG_E_NOT_HOSTED);
	EXPECT(d->region_count == before + d->sealed);
	EXPECT(msync(memory, WG_PAGE, MS_ASYNC) == (d->sealed ? 0 : -1)); /* is it mapped? */
	if (d->sealed)
		EXPECT(memory[0] == 78 && wg_region_owner((uint64_t)memory) == d);
}

int main(int argc, char **argv) {
	static struct wg_domain domain;
	EXPECT(argc == 2);
	if (wg_seal(0, 0) != 0)
		return puts("cannot"), 0;
	WG->domain = &domain;
	WG->domains = 1;
	domain.sealed = atoi(argv[1]) != 0;
	for (int which = 0; which < (int)(sizeof changes / sizeof *changes); which++)
		for (int kind = 0; kind < (int)(sizeof kinds / sizeof *kinds); kind++)
			try(&domain, which, kind);
	free_one(&domain);
	EXPECT(atomic_load(&WG->sealed) == (domain.sealed ? 21 : 0));
	return 0;
}
