/* SPDX-License-Identifier: Apache-2.0 */
/* See heap.h. It runs with the rights of the domain. */
#include <string.h>

#include "heap.h"

#define MOST_SMALL 32768u
#define MOST_RUN (UINT64_C(1) << 20)
#define MOST_ALIGNMENT (UINT64_C(1) << 20)
#define MOST_LARGE (UINT64_C(1) << 40)
#define ALL_FREE 0xfffffffeu
#define MOST_CHUNK 16u /* segments */

enum { FREE, SMALL, RUN, REST_OF_RUN };

_Static_assert(sizeof(struct wg_heap_segment) <= WG_SLAB, "the head of a segment is one slab");

_Thread_local unsigned wg_unendable __attribute__((tls_model("initial-exec")));

static void lock(struct wg_heap *h) {
	wg_unendable++;
	wg_acquire(&h->lock);
}

static void unlock(struct wg_heap *h) {
	wg_release(&h->lock);
	wg_unendable--;
}

/* Sizes: 16, 32, 48; multiples of a cache line up to 512; then four for each power of 2. */
static size_t size_of(unsigned class) {
	if (class < 3)
		return 16u * (class + 1);
	if (class < 11)
		return 64u * (class - 2);
	const unsigned power = 9 + (class - 11) / 4;
	return ((size_t)1 << power) + (((class - 11) % 4 + (size_t)1) << (power - 2));
}

/* The smallest class for 1 to MOST_SMALL bytes. */
static unsigned class_of(size_t size) {
	if (size <= 48)
		return (unsigned)(size + 15) / 16 - 1;
	if (size <= 512)
		return (unsigned)(size + 63) / 64 + 2;
	const unsigned power = 63u - (unsigned)__builtin_clzll(size - 1);
	return 11 + (power - 9) * 4 + (unsigned)((size - 1) >> (power - 2) & 3);
}

static uint32_t number_of(const void *at) { return (uint32_t)((uintptr_t)at / WG_HUGE); }
static uint32_t place_of(uint32_t number) { return (uint32_t)(number * UINT64_C(2654435761) >> 16) % WG_HEAP_TABLE; }

static uint32_t find_place(const struct wg_heap *h, uint32_t number) {
	uint32_t i = place_of(number);
	while (h->table[i] != 0 && h->table[i] != number)
		i = (i + 1) % WG_HEAP_TABLE;
	return i;
}

static bool enroll(struct wg_heap *h, const void *segment) {
	if (h->segments == WG_HEAP_SEGMENTS)
		return false;
	h->table[find_place(h, number_of(segment))] = number_of(segment);
	h->segments++;
	return true;
}

/* Forgets a segment; those that were placed behind it for want of its place move up. */
static void strike(struct wg_heap *h, const void *segment) {
	uint32_t hole = find_place(h, number_of(segment));
	h->segments--;
	for (uint32_t i = (hole + 1) % WG_HEAP_TABLE; h->table[i] != 0; i = (i + 1) % WG_HEAP_TABLE) {
		const uint32_t wants = place_of(h->table[i]);
		if ((i - wants) % WG_HEAP_TABLE < (i - hole) % WG_HEAP_TABLE)
			continue; /* between the hole and here: it stays */
		h->table[hole] = h->table[i];
		hole = i;
	}
	h->table[hole] = 0;
}

/* The segment of an address of the heap, NULL for any other. */
static struct wg_heap_segment *segment_of(const struct wg_heap *h, const void *at) {
	if ((uintptr_t)at / WG_HUGE > UINT32_MAX || h->table[find_place(h, number_of(at))] == 0)
		return NULL;
	return (struct wg_heap_segment *)((uintptr_t)at / WG_HUGE * WG_HUGE);
}

static void link_segment(struct wg_heap *h, struct wg_heap_segment *s) {
	s->before = NULL;
	s->next = h->roomy;
	if (s->next != NULL)
		s->next->before = s;
	h->roomy = s;
}

static void unlink_segment(struct wg_heap *h, struct wg_heap_segment *s) {
	if (s->next != NULL)
		s->next->before = s->before;
	*(s->before != NULL ? &s->before->next : &h->roomy) = s->next;
}

static void link_slab(struct wg_heap *h, struct wg_heap_slab *s) {
	s->before = NULL;
	s->next = h->open[s->class];
	if (s->next != NULL)
		s->next->before = s;
	h->open[s->class] = s;
}

static void unlink_slab(struct wg_heap *h, struct wg_heap_slab *s) {
	if (s->next != NULL)
		s->next->before = s->before;
	*(s->before != NULL ? &s->before->next : &h->open[s->class]) = s->next;
}

/* Gets a chunk, larger the more there are. */
static bool grow(struct wg_heap *h) {
	uint32_t count = h->chunks / 4 + 1 < MOST_CHUNK ? h->chunks / 4 + 1 : MOST_CHUNK;
	if (h->segments + count > WG_HEAP_SEGMENTS)
		count = 1;
	uint8_t *chunk = h->segments < WG_HEAP_SEGMENTS ? wg_heap_more(count * WG_HUGE, h->chunks > 0) : NULL;
	if (chunk == NULL)
		return false;
	h->chunks++;
	for (uint32_t i = 0; i < count; i++) {
		struct wg_heap_segment *s = (struct wg_heap_segment *)(void *)(chunk + i * WG_HUGE);
		s->free = ALL_FREE;
		(void)enroll(h, s);
		link_segment(h, s);
	}
	return true;
}

/* Takes so many slabs in a row; NULL if there are none. */
static struct wg_heap_slab *take_slabs(struct wg_heap *h, unsigned count) {
	do {
		for (struct wg_heap_segment *s = h->roomy; s != NULL; s = s->next) {
			uint32_t starts = s->free;
			for (unsigned i = 1; i < count && starts != 0; i++)
				starts &= s->free >> i;
			if (starts == 0)
				continue;
			const unsigned first = (unsigned)__builtin_ctz(starts);
			s->free &= ~(((UINT32_C(1) << count) - 1) << first);
			if (s->free == 0)
				unlink_segment(h, s);
			return &s->slab[first];
		}
	} while (grow(h));
	return NULL;
}

static struct wg_heap_segment *home_of(const struct wg_heap_slab *s) { return (struct wg_heap_segment *)((uintptr_t)s / WG_HUGE * WG_HUGE); }
static unsigned index_of(const struct wg_heap_slab *s) { return (unsigned)(s - home_of(s)->slab); }
static uint8_t *memory_of(const struct wg_heap_slab *s) { return (uint8_t *)home_of(s) + index_of(s) * WG_SLAB; }

static void give_slabs(struct wg_heap *h, struct wg_heap_slab *s, unsigned count) {
	struct wg_heap_segment *home = home_of(s);
	if (home->free == 0)
		link_segment(h, home);
	home->free |= ((UINT32_C(1) << count) - 1) << index_of(s);
	for (unsigned i = 0; i < count; i++)
		s[i].kind = FREE;
}

static struct wg_heap_slab *open_slab(struct wg_heap *h, unsigned class) {
	struct wg_heap_slab *s = take_slabs(h, 1);
	if (s == NULL)
		return NULL;
	s->kind = SMALL;
	s->class = (uint8_t)class;
	s->used = s->hint = 0;
	s->capacity = (uint16_t)(WG_SLAB / size_of(class));
	/* Bits of objects that there are not are taken. */
	for (unsigned i = 0; i < sizeof s->taken / sizeof *s->taken; i++)
		s->taken[i] = i < s->capacity / 64u ? 0 : i > s->capacity / 64u ? UINT64_MAX : UINT64_MAX << s->capacity % 64u;
	link_slab(h, s);
	return s;
}

static void *alloc_small(struct wg_heap *h, unsigned class) {
	struct wg_heap_slab *s = h->open[class];
	if (s == NULL && (s = open_slab(h, class)) == NULL)
		return NULL;
	unsigned word = s->hint; /* all before it are taken */
	while (s->taken[word] == UINT64_MAX)
		word++;
	const unsigned bit = (unsigned)__builtin_ctzll(~s->taken[word]);
	s->taken[word] |= UINT64_C(1) << bit;
	s->hint = (uint16_t)word;
	if (++s->used == s->capacity)
		unlink_slab(h, s);
	return memory_of(s) + (word * 64u + bit) * size_of(class);
}

static void *alloc_run(struct wg_heap *h, size_t size) {
	const unsigned count = (unsigned)((size + WG_SLAB - 1) / WG_SLAB);
	struct wg_heap_slab *s = take_slabs(h, count);
	if (s == NULL)
		return NULL;
	s->kind = RUN;
	s->capacity = (uint16_t)count;
	for (unsigned i = 1; i < count; i++)
		s[i].kind = REST_OF_RUN;
	return memory_of(s);
}

static void *alloc_large(struct wg_heap *h, size_t alignment, size_t size) {
	const size_t offset = alignment > WG_PAGE ? alignment : WG_PAGE;
	if (size > MOST_LARGE || h->segments == WG_HEAP_SEGMENTS)
		return NULL;
	struct wg_heap_segment *s = wg_heap_more((offset + size + WG_PAGE - 1) / WG_PAGE * WG_PAGE, true);
	if (s == NULL)
		return NULL;
	s->large = size;
	s->offset = offset;
	(void)enroll(h, s);
	return (uint8_t *)s + offset;
}

void *wg_heap_alloc(struct wg_heap *h, size_t alignment, size_t size) {
	if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > MOST_ALIGNMENT)
		return NULL;
	size += size == 0;
	unsigned class = size <= MOST_SMALL ? class_of(size) : WG_HEAP_CLASSES;
	while (class < WG_HEAP_CLASSES && size_of(class) % alignment != 0)
		class++;
	lock(h);
	void *object;
	if (class < WG_HEAP_CLASSES)
		object = alloc_small(h, class);
	else if (size <= MOST_RUN && alignment <= WG_SLAB)
		object = alloc_run(h, size);
	else
		object = alloc_large(h, alignment, size);
	unlock(h);
	return object;
}

/* What is at an address: its slab, and how many bytes from the beginning of an object. */
struct found {
	struct wg_heap_segment *segment;
	struct wg_heap_slab *slab; /* NULL for a large object */
	size_t room, number;  /* of the object; its number in the slab */
	bool begins, taken;
};

static struct found find(const struct wg_heap *h, const void *at) {
	struct found f = {.segment = segment_of(h, at)};
	if (f.segment == NULL)
		return f;
	const size_t into = (uintptr_t)at % WG_HUGE;
	if (f.segment->large != 0) {
		f.room = f.segment->large;
		f.begins = f.taken = into == f.segment->offset;
		return f;
	}
	f.slab = &f.segment->slab[into / WG_SLAB];
	switch (f.slab->kind) {
	case SMALL:
		f.room = size_of(f.slab->class);
		f.number = into % WG_SLAB / f.room;
		f.begins = into % WG_SLAB % f.room == 0 && f.number < f.slab->capacity;
		f.taken = f.begins && (f.slab->taken[f.number / 64] >> f.number % 64 & 1);
		break;
	case RUN:
		f.room = (size_t)f.slab->capacity * WG_SLAB;
		f.begins = f.taken = into % WG_SLAB == 0;
		break;
	case FREE: /* what was there was freed */
		f.begins = into >= WG_SLAB && into % 16 == 0;
		break;
	default: break;
	}
	return f;
}

static void free_small(struct wg_heap *h, struct wg_heap_slab *s, size_t number) {
	s->taken[number / 64] &= ~(UINT64_C(1) << number % 64);
	if (number / 64 < s->hint)
		s->hint = (uint16_t)(number / 64);
	if (s->used-- == s->capacity)
		link_slab(h, s);
	/* The last one of a class stays: who frees and allocates in turn does not open a slab each time. */
	if (s->used == 0 && (s->next != NULL || s->before != NULL)) {
		unlink_slab(h, s);
		give_slabs(h, s, 1);
	}
}

int wg_heap_free(struct wg_heap *h, void *object) {
	lock(h);
	const struct found f = find(h, object);
	void *chunk = NULL;
	if (f.taken && f.slab == NULL) {
		strike(h, f.segment);
		chunk = f.segment;
	} else if (f.taken && f.slab->kind == RUN) {
		give_slabs(h, f.slab, f.slab->capacity);
	} else if (f.taken) {
		free_small(h, f.slab, f.number);
	}
	unlock(h);
	if (chunk != NULL)
		wg_heap_less(chunk);
	return f.taken ? WG_OK : f.begins ? WG_E_PLACE : WG_E_NOT_HOSTED;
}

size_t wg_heap_room(struct wg_heap *h, const void *object) {
	lock(h);
	const struct found f = find(h, object);
	unlock(h);
	return f.taken ? f.room : 0;
}
