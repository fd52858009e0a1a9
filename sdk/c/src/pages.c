/* SPDX-License-Identifier: Apache-2.0 */
/* The two pages shared with the daemon: see page.h. Whatever is in them, no read leaves them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "internal.h"

#define SIZE_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static uint32_t load32(const uint8_t *at) { return atomic_load((const _Atomic uint32_t *)(const void *)at); }
static uint64_t load64(const uint8_t *at) { return atomic_load((const _Atomic uint64_t *)(const void *)at); }
static uint64_t relaxed64(const uint8_t *at) {
	return atomic_load_explicit((const _Atomic uint64_t *)(const void *)at, memory_order_relaxed);
}

/* Maps a page whose size is sealed and is the one wanted; NULL otherwise. */
static uint8_t *map(int file, size_t size, int seals, int prot) {
	struct stat info;
	long have = wg_syscall(SYS_fcntl, file, F_GET_SEALS, 0, 0, 0, 0);
	if (have < 0 || (have & seals) != seals)
		return NULL;
	if (wg_syscall(SYS_fstat, file, (long)&info, 0, 0, 0, 0) < 0 || (uint64_t)info.st_size != size)
		return NULL;
	long at = wg_syscall(SYS_mmap, 0, (long)size, prot, MAP_SHARED, file, 0);
	return at < 0 && at > -4096 ? NULL : (uint8_t *)at;
}

/* Both headers begin alike. */
static bool header_is(const uint8_t *page, uint64_t magic, uint32_t hosted, uint64_t size) {
	return load64(page) == magic && load32(page + 8) == WG_PAGE_ABI && load32(page + 12) == hosted && load64(page + 16) == size;
}

static bool banks_are(const uint8_t *policy, uint32_t hosted) {
	const uint32_t size = (uint32_t)WG_POLICY_BANK_SIZE(hosted), first = sizeof(struct wg_policy_header);
	return load32(policy + offsetof(struct wg_policy_header, bank)) == first &&
	       load32(policy + offsetof(struct wg_policy_header, bank) + 4) == first + size &&
	       load32(policy + offsetof(struct wg_policy_header, bank_size)) == size;
}

/* Maps the pages of a welcome that names so many domains. The files policy and stats stay
 * the caller's; the doorbell is the attachment's. */
int wg_pages_open(struct wg_attachment *a, const int files[3], uint32_t hosted) {
	a->doorbell = files[2];
	a->policy_size = WG_POLICY_SIZE(hosted);
	a->stats_size = WG_STATS_SIZE(hosted);
	a->policy = map(files[0], a->policy_size, SIZE_SEALS | F_SEAL_FUTURE_WRITE, PROT_READ);
	a->stats = map(files[1], a->stats_size, SIZE_SEALS, PROT_READ | PROT_WRITE);
	if (a->policy != NULL && a->stats != NULL && header_is(a->policy, WG_POLICY_MAGIC, hosted, a->policy_size) &&
	    header_is(a->stats, WG_STATS_MAGIC, hosted, a->stats_size) && banks_are(a->policy, hosted))
		return WG_OK;
	wg_pages_close(a);
	return WG_E_FORMAT;
}

/* Unmaps the pages; nobody uses them any more. */
void wg_pages_close(struct wg_attachment *a) {
	if (a->policy != NULL)
		wg_syscall(SYS_munmap, (long)a->policy, (long)a->policy_size, 0, 0, 0, 0);
	if (a->stats != NULL)
		wg_syscall(SYS_munmap, (long)a->stats, (long)a->stats_size, 0, 0, 0, 0);
	wg_syscall(SYS_close, a->doorbell, 0, 0, 0, 0, 0);
	a->policy = NULL;
	a->stats = NULL;
}

/* Searches a row that lies inside the page, and takes as many steps wherever the entry is and
 * whether there is one: as many as the count has bits. The entry is zero where there is none. */
static struct wg_policy_entry find(const uint8_t *row, uint32_t count, uint32_t target) {
	uint64_t found[2] = {0, 0};
	uint32_t low = 0, high = count; /* what is left */
	for (uint32_t steps = count; steps > 0; steps >>= 1) {
		/* With nothing left the last entry is read again, and has another target. */
		const uint32_t middle = (low + high) / 2 - (uint32_t)(low == count);
		const uint64_t first = relaxed64(row + middle * sizeof(struct wg_policy_entry));
		const uint64_t second = relaxed64(row + middle * sizeof(struct wg_policy_entry) + 8);
		const uint32_t is = (uint16_t)first;
		const uint64_t equal = -(uint64_t)(is == target);
		found[0] = (found[0] & ~equal) | (first & equal);
		found[1] = (found[1] & ~equal) | (second & equal);
		const uint32_t below = -(uint32_t)((is < target) & (low < high)), above = -(uint32_t)((is > target) & (low < high));
		low = (low & ~below) | ((middle + 1) & below);
		high = (high & ~above) | (middle & above);
	}
	struct wg_policy_entry entry;
	memcpy(&entry, found, sizeof entry);
	return entry;
}

static struct wg_policy_domain record(const uint8_t *bank, uint32_t domain) {
	struct wg_policy_domain d;
	uint64_t words[2] = {relaxed64(bank + domain * sizeof d), relaxed64(bank + domain * sizeof d + 8)};
	memcpy(&d, words, sizeof d);
	return d;
}

static struct wg_policy_answer lookup(const struct wg_attachment *a, uint64_t epoch, uint32_t source, uint32_t target) {
	const uint32_t hosted = WG->domains;
	const uint8_t *bank = a->policy + sizeof(struct wg_policy_header) + (epoch & 1) * WG_POLICY_BANK_SIZE(hosted);
	struct wg_policy_domain from = record(bank, source), to = record(bank, target);
	struct wg_policy_answer answer = {
		.epoch = epoch, .source_state = from.state, .target_state = to.state, .source_flags = from.flags, .target_flags = to.flags,
		.delay = from.gate_delay > to.gate_delay ? from.gate_delay : to.gate_delay,
	};
	/* A row that is not sound is no row. */
	if (from.row_count <= hosted && from.row_offset % 16 == 0 && from.row_offset >= sizeof(struct wg_policy_header) &&
	    (uint64_t)from.row_offset + from.row_count * sizeof(struct wg_policy_entry) <= a->policy_size)
		answer.entry = find(a->policy + from.row_offset, from.row_count, target);
	return answer;
}

/* Returns the policy for calls of source into target, both below WG->domains, all of one
 * epoch. Where there is none the entry is zero, which denies. */
struct wg_policy_answer wg_pages_lookup(const struct wg_attachment *a, uint32_t source, uint32_t target) {
	for (;;) {
		struct wg_policy_answer answer = lookup(a, wg_pages_epoch(a), source, target);
		atomic_thread_fence(memory_order_acquire);
		if (wg_pages_epoch(a) == answer.epoch)
			return answer;
	}
}

/* Returns what the page says of one domain, in the bank that was valid just now. */
struct wg_policy_domain wg_pages_domain(const struct wg_attachment *a, uint32_t domain) {
	return record(a->policy + sizeof(struct wg_policy_header) + (wg_pages_epoch(a) & 1) * WG_POLICY_BANK_SIZE(WG->domains), domain);
}

static _Atomic uint64_t *word_of(const struct wg_attachment *a, uint64_t cell, int word) {
	uint8_t *at = a->stats + sizeof(struct wg_stats_header) + cell * sizeof(struct wg_stats_cell) + 8u * (unsigned)word;
	return (_Atomic uint64_t *)(void *)at;
}

/* Returns a word of a cell: WG_C_* or WG_S_*. */
_Atomic uint64_t *wg_pages_word(const struct wg_attachment *a, uint32_t source, uint32_t target, int word) {
	return word_of(a, (uint64_t)source * WG->domains + target, word);
}

_Atomic uint64_t *wg_pages_lost(const struct wg_attachment *a) {
	return (_Atomic uint64_t *)(void *)(a->stats + offsetof(struct wg_stats_header, lost));
}

/* Wakes the daemon, unless it is about to look anyway. */
void wg_pages_ring(const struct wg_attachment *a) {
	_Atomic uint32_t *bell = (_Atomic uint32_t *)(void *)(a->stats + offsetof(struct wg_stats_header, doorbell));
	uint32_t was = 0;
	if (atomic_load(bell) != 0 || !atomic_compare_exchange_strong(bell, &was, 1))
		return;
	const uint64_t one = 1;
	while (wg_syscall(SYS_write, a->doorbell, (long)&one, sizeof one, 0, 0, 0) == -EINTR)
		;
}

static void carry(uint64_t now, _Atomic uint64_t *to, uint64_t *carried) {
	if (now != *carried)
		atomic_fetch_add_explicit(to, now - *carried, memory_order_release);
	*carried = now;
}

/* Keeps the order in which gates count: what is tolerated is read last and written first, so
 * that it is never less than its reasons. */
static void carry_cell(struct wg_attachment *from, const struct wg_attachment *to, uint64_t cell) {
	uint64_t now[WG_COUNTERS];
	for (int counter = 0; counter < WG_COUNTERS; counter++)
		now[counter] = atomic_load_explicit(word_of(from, cell, counter), memory_order_acquire);
	for (int counter = WG_COUNTERS - 1; counter >= 0; counter--)
		carry(now[counter], word_of(to, cell, counter), &from->carried[cell * WG_COUNTERS + (unsigned)counter]);
}

static void join(const struct wg_attachment *from, const struct wg_attachment *to, uint64_t cell) {
	const uint64_t operations = atomic_load_explicit(word_of(from, cell, WG_S_OPERATIONS), memory_order_relaxed);
	const uint64_t longest = atomic_load_explicit(word_of(from, cell, WG_S_LONGEST), memory_order_relaxed);
	const uint64_t busiest = atomic_load_explicit(word_of(from, cell, WG_S_BUSIEST), memory_order_relaxed);
	if ((operations | longest | busiest) == 0)
		return;
	atomic_fetch_or_explicit(word_of(to, cell, WG_S_OPERATIONS), operations, memory_order_relaxed);
	wg_raise(word_of(to, cell, WG_S_LONGEST), longest);
	wg_raise(word_of(to, cell, WG_S_BUSIEST), busiest);
}

/* Adds to one attachment's counters what was counted in another since the last time, and
 * joins what was seen. */
void wg_pages_carry(struct wg_attachment *from, struct wg_attachment *to) {
	uint64_t cells = (uint64_t)WG->domains * WG->domains;
	for (uint64_t cell = 0; cell < cells; cell++) {
		carry_cell(from, to, cell);
		join(from, to, cell);
	}
	carry(atomic_load(wg_pages_lost(from)), wg_pages_lost(to), &from->carried[cells * WG_COUNTERS]);
}
