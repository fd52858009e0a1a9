/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heap of a compartment, in memory of its own. Blocks up to 32 KiB come in classes, four to a doubling, each
 * with a list of free ones; larger ones, and what classes are cut from, are runs of whole units, in a
 * list by address in which neighbours are joined.
 * A block begins with a header that names its run or class, checked when it is given back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "inner.h"

#define GRAIN 16ul          /* alignment of all blocks, bytes of a header */
#define UNIT 4096ul         /* of runs */
#define REFILL (64ul << 10) /* bytes that a class gets at a time */
#define CLASSES 40u
#define LARGEST (32ul << 10) /* of a class, with its header */
#define MOST (1ul << 46)

/* What stands before a block. */
struct header {
	uint32_t state;
	uint32_t class; /* CLASSES: a run */
	size_t size;    /* of the whole, from the header on; of an aligned one, the distance to the real header */
};

enum { USED = 0x57475553, ALIGNED = 0x5747414c, UNUSED = 0x57474652 };

struct block {
	struct header header;
	struct block *next;
};

struct run {
	size_t size;
	struct run *next; /* at a higher address */
};

static struct wg_mutex lock;
static struct block *unused[CLASSES];
static struct run *runs;

static size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

/* Sizes of classes: 16 to 128 by 16, then in four steps to each doubling. */
static size_t class_size(unsigned class) {
	if (class < 8)
		return (class + 1) * GRAIN;
	unsigned doubling = (class - 8) / 4, step = (class - 8) % 4;
	return (128ul << doubling) + (step + 1) * (32ul << doubling);
}

static unsigned class_of(size_t size) {
	if (size <= 128)
		return (unsigned)((size + GRAIN - 1) / GRAIN) - 1;
	unsigned doubling = 56 - (unsigned)__builtin_clzl(size - 1); /* of 128 */
	size_t base = 128ul << doubling;
	return 8 + 4 * doubling + (unsigned)((size - base - 1) / (32ul << doubling));
}

/* Puts a run among the others, and joins it with those that it touches. */
static void give_run(void *at, size_t size) {
	struct run **p = &runs, *r = at, *before = NULL;
	while (*p != NULL && *p < r) {
		before = *p;
		p = &before->next;
	}
	*r = (struct run){size, *p};
	*p = r;
	if (r->next != NULL && (char *)r + r->size == (char *)r->next) {
		r->size += r->next->size;
		r->next = r->next->next;
	}
	if (before != NULL && (char *)before + before->size == (char *)r) {
		before->size += r->size;
		before->next = r->next;
	}
}

static void *map(size_t size) {
	if (wg_shim.armed)
		return wg_shim.host.region_alloc(wg_shim.service, size);
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	madvise(at, size, MADV_DONTDUMP);
	return at;
}

static bool grow(size_t size) {
	size = round_up(size, WG_EXTENT);
	if (wg_shim.extents == WG_MAX_EXTENTS || size > wg_shim.heap_limit || wg_shim.heap_size > wg_shim.heap_limit - size)
		return false;
	/* Few extents: each is at least as large as all before it. */
	if (wg_shim.heap_size > size && wg_shim.heap_size <= wg_shim.heap_limit - wg_shim.heap_size)
		size = wg_shim.heap_size;
	void *at = map(size);
	if (at == NULL)
		return false;
	wg_shim.extent[wg_shim.extents++] = (struct wg_extent){at, size};
	wg_shim.heap_size += size;
	give_run(at, size);
	return true;
}

/* Takes the first run that is large enough. */
static void *take_run(size_t size) {
	for (int attempt = 0; attempt < 2; attempt++) {
		for (struct run **p = &runs; *p != NULL; p = &(*p)->next) {
			struct run *r = *p;
			if (r->size < size)
				continue;
			struct run *rest = (struct run *)((char *)r + size);
			if (r->size == size)
				rest = r->next;
			else
				*rest = (struct run){r->size - size, r->next};
			*p = rest;
			return r;
		}
		if (!grow(size))
			return NULL;
	}
	return NULL;
}

static bool refill(unsigned class) {
	size_t size = class_size(class), n = REFILL / size;
	char *at = take_run(REFILL);
	if (at == NULL)
		return false;
	for (size_t i = n; i-- > 0;) {
		struct block *b = (struct block *)(at + i * size);
		b->header = (struct header){UNUSED, class, size};
		b->next = unused[class];
		unused[class] = b;
	}
	return true;
}

static struct header *take(size_t whole) {
	if (whole > LARGEST) {
		whole = round_up(whole, UNIT);
		struct header *h = take_run(whole);
		if (h != NULL)
			*h = (struct header){USED, CLASSES, whole};
		return h;
	}
	/* The smallest block holds its link. */
	unsigned class = class_of(whole < 2 * GRAIN ? 2 * GRAIN : whole);
	if (unused[class] == NULL && !refill(class))
		return NULL;
	struct block *b = unused[class];
	if (b->header.state != UNUSED || b->header.class != class)
		wg_end_here("wrote to memory that it had freed");
	unused[class] = b->next;
	b->next = NULL;
	b->header.state = USED;
	return &b->header;
}

static void give(struct header *h) {
	if (h->class == CLASSES) {
		give_run(h, h->size);
		return;
	}
	struct block *b = (struct block *)h;
	b->header.state = UNUSED;
	b->next = unused[h->class];
	unused[h->class] = b;
}

static bool inside(const void *at) {
	for (unsigned i = 0; i < wg_shim.extents; i++)
		if ((uintptr_t)at - (uintptr_t)wg_shim.extent[i].at < wg_shim.extent[i].size)
			return true;
	return false;
}

bool wg_heap_owns(const void *memory) { return inside(memory); }

/* Finds the header of a block that is in use. */
static struct header *header_of(void *memory) {
	struct header *h = (struct header *)memory - 1;
	if ((uintptr_t)memory % GRAIN == 0 && inside(h) && h->state == ALIGNED)
		h = (struct header *)((char *)h - h->size);
	if ((uintptr_t)memory % GRAIN != 0 || !inside(h) || h->state != USED || h->class > CLASSES)
		wg_end_here("gave back memory that it did not have");
	return h;
}

static size_t usable(void *memory) {
	struct header *h = header_of(memory);
	return (size_t)((char *)h + h->size - (char *)memory);
}

WG_EXPORT void *malloc(size_t size) {
	if (size > MOST) {
		errno = ENOMEM;
		return NULL;
	}
	wg_lock(&lock);
	struct header *h = take(size + sizeof(struct header));
	wg_unlock(&lock);
	if (h != NULL)
		return h + 1;
	errno = ENOMEM;
	return NULL;
}

WG_EXPORT void free(void *memory) {
	if (memory == NULL)
		return;
	struct header *h = header_of(memory);
	wg_lock(&lock);
	if (h != (struct header *)memory - 1)
		((struct header *)memory - 1)->state = UNUSED;
	give(h);
	wg_unlock(&lock);
}

WG_EXPORT void *calloc(size_t count, size_t size) {
	size_t whole;
	if (__builtin_mul_overflow(count, size, &whole)) {
		errno = ENOMEM;
		return NULL;
	}
	void *memory = malloc(whole);
	return memory == NULL ? NULL : memset(memory, 0, whole);
}

WG_EXPORT void *realloc(void *memory, size_t size) {
	if (memory == NULL)
		return malloc(size);
	size_t have = usable(memory);
	if (size <= have && size >= have / 2)
		return memory;
	void *other = malloc(size);
	if (other == NULL)
		return NULL;
	memcpy(other, memory, have < size ? have : size);
	free(memory);
	return other;
}

WG_EXPORT void *reallocarray(void *memory, size_t count, size_t size) {
	size_t whole;
	if (!__builtin_mul_overflow(count, size, &whole))
		return realloc(memory, whole);
	errno = ENOMEM;
	return NULL;
}

WG_EXPORT void *memalign(size_t alignment, size_t size) {
	if (alignment <= GRAIN)
		return malloc(size);
	if (size > MOST || alignment > MOST || (alignment & (alignment - 1)) != 0) {
		errno = alignment & (alignment - 1) ? EINVAL : ENOMEM;
		return NULL;
	}
	char *memory = malloc(size + alignment);
	if (memory == NULL)
		return NULL;
	char *at = (char *)round_up((uintptr_t)memory, alignment);
	if (at == memory)
		return memory;
	struct header *h = (struct header *)at - 1;
	*h = (struct header){ALIGNED, 0, (size_t)((char *)h - (memory - sizeof *h))};
	return at;
}

WG_EXPORT void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
WG_EXPORT void *valloc(size_t size) { return memalign(UNIT, size); }
WG_EXPORT void *pvalloc(size_t size) { return memalign(UNIT, round_up(size, UNIT)); }

WG_EXPORT int posix_memalign(void **memory, size_t alignment, size_t size) {
	if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0)
		return EINVAL;
	void *at = memalign(alignment, size);
	if (at == NULL)
		return ENOMEM;
	*memory = at;
	return 0;
}

WG_EXPORT size_t malloc_usable_size(void *memory) { return memory == NULL ? 0 : usable(memory); }
