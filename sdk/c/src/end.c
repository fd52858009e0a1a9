/* SPDX-License-Identifier: Apache-2.0 */
/* What both ends of a channel do. See end.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "end.h"

#define FOR_EVER UINT64_MAX
#define LOOKS 16u /* between looks at the clock */

/* Whether a thread that was at an end can be there no more: its call was ended. Itself it can only have been. */
static bool is_gone(const struct wg_thread *user, const struct wg_thread *self, const struct wg_domain *d) {
	if (user == self || !wg_within((uintptr_t)user, wg_threads, sizeof wg_threads) || atomic_load(&user->fs) == 0)
		return true;
	for (uint32_t i = 0; i < WG_CHAIN && i < user->length; i++)
		if (user->chain[i] == d)
			return false;
	return true;
}

/* Puts the thread at the end, unless another one is. */
int wg_end_claim(struct wg_at *a, wg_channel channel, enum wg_role role) {
	if (channel >= WG->ends)
		return WG_E_NOT_HOSTED;
	struct wg_channel_end *e = &WG->end[channel];
	struct wg_thread *self = wg_here(), *user = NULL;
	if (self == NULL || self->chain[self->length - 1] != e->domain)
		return WG_E_PLACE;
	if (e->role != role)
		return WG_E_ARGUMENT;
	struct wg_end_memory *m = e->memory;
	while (!atomic_compare_exchange_strong_explicit(&m->user, &user, self, memory_order_acquire, memory_order_relaxed))
		if (!is_gone(user, self, e->domain))
			return WG_E_BUSY;
	const struct wg_generation *g = &e->generation[m->at % WG_GENERATIONS];
	*a = (struct wg_at){e, m, m->opened ? g : NULL};
	return WG_OK;
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

void wg_end_move(struct wg_at *a, uint32_t to) {
	struct wg_end_memory *m = a->memory;
	const struct wg_generation *g = &a->end->generation[to % WG_GENERATIONS];
	const struct wg_channel_control *c = (const struct wg_channel_control *)(const void *)g->control;
	m->opened = 1;
	m->at = to;
	m->out = false;
	m->limit = 0;
	m->position = wg_load64(&wg_ring_of(g)->head, memory_order_acquire);
	if (a->end->role == WG_CONSUMER) /* never ahead, whoever was at the place before */
		m->position = least(m->position, wg_load64(&wg_cursor_of(g, 0)->next, memory_order_relaxed));
	m->received = m->octets = m->lost = m->corrupted = m->told_lost = m->told_corrupted = 0;
	if (g->integrity == WG_INTEGRITY_HMAC_SHA256)
		wg_hmac_prepare(&m->key, c->key, sizeof c->key, WG->sha);
	a->generation = g;
	if (atomic_load(&a->end->gone) != to)
		(void)wg_pass(WG_OP_MOVED, (uint64_t)(a->end - WG->end), to, 0, 0);
}

void wg_end_head(uint8_t head[WG_HEAD_SIZE], uint64_t generation, uint64_t sequence, uint32_t length) {
	memcpy(head, &generation, sizeof generation);
	memcpy(head + 8, &sequence, sizeof sequence);
	memcpy(head + 16, &length, sizeof length);
}

void wg_end_ring(int bell) {
	const uint64_t one = 1;
	while (wg_syscall(SYS_write, bell, (long)&one, sizeof one, 0, 0, 0) == -EINTR)
		;
}

/* Nanoseconds that are left, of so many in all, or -1 for ever. */
static uint64_t left(const struct wg_patience *p, int64_t all, uint64_t now) {
	if (all < 0)
		return FOR_EVER;
	const uint64_t gone = now - p->began;
	return gone >= (uint64_t)all ? 0 : (uint64_t)all - gone;
}

bool wg_end_look_again(struct wg_patience *p) {
	if (p->wait.time == 0 || p->wait.busy == 0)
		return false;
	__builtin_ia32_pause();
	if (p->looks++ % LOOKS != 0)
		return true;
	const uint64_t now = wg_now();
	if (p->began == 0)
		p->began = now;
	if (left(p, p->wait.time, now) != 0 && left(p, p->wait.busy, now) != 0)
		return true;
	p->wait.busy = 0;
	return false;
}

/* Microseconds to wait for a bell at a time: whoever shares one can take its rings away, and with
 * them the news that the ring was replaced. */
#define BELL_LONGEST UINT64_C(1000000)

/* Runs outside, with a file and microseconds in one word: what it returns is not believed. */
static uintptr_t await_bell(uintptr_t what, uintptr_t b, uintptr_t c) {
	struct pollfd p = {.fd = (int)(what >> 32), .events = POLLIN};
	const uint64_t microseconds = (uint32_t)what;
	const struct timespec t = {.tv_sec = (time_t)(microseconds / 1000000), .tv_nsec = (long)(microseconds % 1000000 * 1000)};
	uint64_t rung;
	struct iovec to = {.iov_base = &rung, .iov_len = sizeof rung};
	(void)b, (void)c;
	/* Another end that has the bell may have taken the ring meanwhile, and O_NONBLOCK away. */
	if (wg_syscall(SYS_ppoll, (long)&p, 1, (long)&t, 0, 0, 0) > 0)
		(void)wg_syscall(SYS_preadv2, p.fd, (long)&to, 1, -1, 0, RWF_NOWAIT);
	return 0;
}

#define WORD_END 56 /* bits before the number of an end */
#define WORD_TIME 32
#define WORD_LONGEST ((UINT64_C(1) << (WORD_END - WORD_TIME)) - 1) /* milliseconds */

/* Likewise, with the number of an end, milliseconds and its changes. */
static uintptr_t await_change(uintptr_t what, uintptr_t b, uintptr_t c) {
	const uint64_t milliseconds = what >> WORD_TIME & WORD_LONGEST;
	const struct timespec t = {.tv_sec = (time_t)(milliseconds / 1000), .tv_nsec = (long)(milliseconds % 1000 * 1000000)};
	(void)b, (void)c;
	(void)wg_syscall(SYS_futex, (long)&WG->end[what >> WORD_END].changes, FUTEX_WAIT_PRIVATE, (uint32_t)what, (long)&t, 0, 0);
	return 0;
}

bool wg_end_sleep(struct wg_patience *p, const struct wg_at *a, int bell, uint32_t changes, uint64_t most) {
	if (p->wait.time == 0)
		return false;
	const uint64_t now = wg_now(), longest = UINT32_MAX; /* microseconds */
	if (p->began == 0)
		p->began = now;
	const uint64_t rest = left(p, p->wait.time, now);
	if (rest == 0)
		return false;
	const uint64_t time = least(least(rest, most) / 1000 + 1, longest);
	if (bell >= 0)
		return wg_outside(await_bell, (uintptr_t)bell << 32 | least(time, BELL_LONGEST), NULL) == WG_OK;
	const uint64_t end = (uint64_t)(a->end - WG->end);
	return wg_outside(await_change, end << WORD_END | least(time / 1000 + 1, WORD_LONGEST) << WORD_TIME | changes, NULL) == WG_OK;
}

/* Reads what the controller may be writing meanwhile. */
int wg_channel_why(wg_channel channel, char *text, size_t size) {
	if (channel >= WG->ends)
		return WG_E_NOT_HOSTED;
	const struct wg_channel_end *e = &WG->end[channel];
	char unused[1];
	if (text == NULL || size == 0) {
		text = unused;
		size = sizeof unused;
	}
	for (;;) {
		const uint32_t turn = atomic_load(&e->reason_turn);
		size_t n = 0;
		for (; n + 1 < size && n < sizeof e->reason - 1; n++)
			if ((text[n] = *(const volatile char *)&e->reason[n]) == 0)
				break;
		text[n] = 0;
		const bool open = *(const volatile char *)e->reason == 0;
		atomic_thread_fence(memory_order_acquire);
		if (turn % 2 == 0 && turn == atomic_load(&e->reason_turn))
			return open ? WG_OK : WG_E_CHANNEL;
	}
}

size_t wg_channel_slot_size(wg_channel channel) {
	if (channel >= WG->ends)
		return 0;
	const struct wg_channel_end *e = &WG->end[channel];
	const uint32_t came = atomic_load(&e->came);
	return came == 0 ? 0 : e->generation[(came - 1) % WG_GENERATIONS].slot_size;
}
