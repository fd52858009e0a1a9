/* SPDX-License-Identifier: Apache-2.0 */
/* A compartment at the ends of two channels: what comes through "feed" it sends on through "echo", until "end" does. */
#include <string.h>
#include <waveguard/compartment.h>

static const struct wg_end channels[] = {{WG_CONSUMER, "feed"}, {WG_PRODUCER, "echo"}};

/* Waits without a key, and ends when the host wants it to. */
static int next(wg_channel feed, struct wg_message *m) {
	int status;
	do
		status = wg_channel_receive(feed, m, (struct wg_wait){.time = 50000000, .busy = 10000});
	while ((status == WG_E_EMPTY || status == WG_E_CHANNEL) && wg_pause(0) == 0);
	return status;
}

static int run(void) {
	const wg_channel feed = wg_find_channel(wg_compartment_name(), "feed"), echo = wg_find_channel(wg_compartment_name(), "echo");
	struct wg_message m;
	char why[1100];
	if (feed == WG_NONE || echo == WG_NONE || wg_channel_why(WG_NONE, why, sizeof why) != WG_E_NOT_HOSTED)
		return 2;
	while (next(feed, &m) == WG_OK) {
		if (m.size == 3 && memcmp(m.data, "end", 3) == 0)
			return wg_channel_release(feed, &m) == WG_OK ? 0 : 3;
		if (m.size == 4 && memcmp(m.data, "wild", 4) == 0)
			*(volatile char *)(uintptr_t)m.data = 'V'; /* in the ring: ends this code, and no other */
		void *slot;
		size_t room;
		if (wg_channel_loan(echo, &slot, &room, (struct wg_wait){.time = 30000000000}) != WG_OK || room < m.size || room != wg_channel_slot_size(echo))
			return 4;
		memcpy(slot, m.data, m.size);
		if (wg_channel_publish(echo, m.size) != WG_OK)
			return 5;
	}
	return 6;
}

const struct wg_compartment wg_compartment = {WG_COMPARTMENT_ABI, run, NULL, 0, channels, 2};
