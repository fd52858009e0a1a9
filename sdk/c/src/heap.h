/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heap of one domain. All of it, what it remembers included, is in memory of that
 * domain: who corrupts it harms that domain, and the controller reads none of it. It can serve
 * as malloc for code that runs inside; see wg_alloc for how it finds the heap of where it is.
 *
 * Memory comes in chunks of segments, 2 MiB each and aligned to that. The first 64 KiB of a
 * segment say what the other 31 slabs hold: objects of one size, or part of a run of slabs that is
 * one object. An object that is too large for that has chunks of its own.
 */
#ifndef WG_HEAP_H
#define WG_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "internal.h"

#define WG_SLAB 65536u
#define WG_SLABS 32u         /* of a segment, the first of which is its head */
#define WG_HEAP_CLASSES 35u  /* sizes of small objects */
#define WG_HEAP_TABLE 4096u  /* a power of 2 */
#define WG_HEAP_SEGMENTS 3072u /* most; of which large objects have one each */

struct wg_heap_slab {
	struct wg_heap_slab *next, *before; /* with room, of the same class */
	uint8_t kind, class;
	uint16_t used, capacity, hint;
	uint64_t taken[WG_SLAB / 16 / 64]; /* a bit for each object */
};

struct wg_heap_segment {
	struct wg_heap_segment *next, *before; /* with free slabs */
	uint32_t free;                    /* a bit for each slab */
	size_t large;                     /* bytes of the one object, 0 if there are slabs */
	size_t offset;                    /* of that object */
	struct wg_heap_slab slab[WG_SLABS];
};

/* Zeroed memory is an empty heap. */
struct wg_heap {
	struct wg_lock lock;
	uint32_t segments; /* in the table */
	uint32_t chunks;
	struct wg_heap_segment *roomy;
	struct wg_heap_slab *open[WG_HEAP_CLASSES];
	uint32_t table[WG_HEAP_TABLE]; /* numbers of segments, by address; 0 is none */
};

/* Returns an object aligned to a power of 2 up to 1 MiB, NULL if there is no memory for it. */
WG_HIDDEN void *wg_heap_alloc(struct wg_heap *h, size_t alignment, size_t size);
/* Returns WG_OK, WG_E_NOT_HOSTED for what is no object of the heap, WG_E_PLACE for one that was freed. */
WG_HIDDEN int wg_heap_free(struct wg_heap *h, void *object);
/* Returns how many bytes an object has room for, 0 for what is none. */
WG_HIDDEN size_t wg_heap_room(struct wg_heap *h, const void *object);

/* Where chunks come from and go to: alloc.c, which asks the gate. Sizes are multiples of a page, chunks are
 * zeroed and aligned to WG_HUGE. NULL if there is none. */
WG_HIDDEN void *wg_heap_more(size_t size, bool huge);
WG_HIDDEN void wg_heap_less(void *chunk);

#endif
