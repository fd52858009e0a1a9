/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that stays in the controller: it answers the daemon, sends reports, and attaches
 * again when the connection is lost. */
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>

#include "internal.h"

#define FIRST_PAUSE 50    /* milliseconds between attempts to attach again */
#define LONGEST_PAUSE 2000
#define REPORT_PAUSE 100

static void drain(void) {
	uint64_t rung;
	wg_syscall(SYS_read, WG->wake, (long)&rung, sizeof rung, 0, 0, 0);
}

/* Waits for the daemon, a report or wg_close; returns whether the daemon said something. */
static bool wait(int milliseconds) {
	struct pollfd both[2] = {{WG->wake, POLLIN, 0}, {WG->connection, POLLIN, 0}};
	long n = wg_syscall(SYS_poll, (long)both, atomic_load(&WG->connected) ? 2 : 1, milliseconds, 0, 0, 0);
	if (n > 0 && both[0].revents != 0)
		drain();
	return n > 0 && both[1].revents != 0;
}

/* Whether a thread may be using pages that are not current any more. */
static bool in_use(const struct wg_attachment *a) {
	for (int i = 0; i < WG_MAX_THREADS; i++)
		if (atomic_load(&wg_threads[i].thread.hazard) == a)
			return true;
	return false;
}

/* Makes the attachment the current one. Gates use the old one no more when it returns. */
static void adopt(struct wg_attachment *fresh, struct wg_attachment *old) {
	size_t counters = ((size_t)WG->domains * WG->domains * WG_COUNTERS + 1) * sizeof(uint64_t);
	memset(fresh->carried, 0, counters);
	wg_pages_carry(old, fresh);
	atomic_store(&WG->attachment, fresh);
	const bool forgotten = wg_edges_forget();
	while (in_use(old))
		wg_syscall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
	wg_pages_carry(old, fresh);
	if (forgotten) /* else a gate may be using them that does not say so yet: they stay mapped */
		wg_pages_close(old);
}

static bool attach_again(void) {
	struct wg_attachment *old = atomic_load(&WG->attachment);
	struct wg_attachment *fresh = old == &WG->pages[0] ? &WG->pages[1] : &WG->pages[0];
	if (wg_wire_attach(fresh, old->id, NULL, 0) != WG_OK)
		return false;
	adopt(fresh, old);
	if (wg_wire_ready() == WG_OK)
		return true;
	wg_wire_close();
	return false;
}

static void lose(void) {
	atomic_store(&WG->connected, 0);
	wg_channels_lost();
	wg_wire_close();
}

/* Keeps the process attached until wg_close. There is one supervisor, and wg_attach has started it
 * before anybody else can ask to be: the connection and its buffers have one owner. */
int wg_supervise(struct wg_thread *t) {
	if (t->depth != 0 || atomic_exchange(&WG->supervised, 1) != 0)
		return WG_E_PLACE;
	int pause = FIRST_PAUSE, timeout = REPORT_PAUSE;
	while (!atomic_load(&WG->closed)) {
		if (!atomic_load(&WG->connected)) {
			wait(pause);
			if (atomic_load(&WG->closed))
				break;
			pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
			if (!attach_again())
				continue;
			pause = FIRST_PAUSE;
			atomic_store(&WG->connected, 1);
		}
		if ((wait(timeout) && wg_wire_receive() != WG_OK) || wg_channels_settle() != WG_OK) {
			lose();
			continue;
		}
		int left = wg_report_flush(wg_now());
		timeout = left > 0 ? REPORT_PAUSE : -1;
		if (left < 0)
			lose();
	}
	if (atomic_load(&WG->connected)) {
		(void)wg_report_flush(UINT64_MAX); /* what came just before the end, due or not */
		(void)wg_wire_bye();
	}
	lose();
	wg_channels_wake();
	return WG_OK;
}
