/* SPDX-License-Identifier: Apache-2.0 */
/* What the controller learns of the walls from a policy page of this program's making. */
#define _GNU_SOURCE
#include "expect.h"

#include "../src/internal.h"

#define DOMAINS 20

static uint8_t policy[WG_POLICY_SIZE(DOMAINS)] __attribute__((aligned(4096)));

static struct wg_policy_domain *record(uint64_t epoch, int domain) {
	uint8_t *bank = policy + sizeof(struct wg_policy_header) + (epoch & 1) * WG_POLICY_BANK_SIZE(DOMAINS);
	return (struct wg_policy_domain *)(void *)bank + domain;
}

static void publish(struct wg_attachment *a, uint64_t epoch) {
	((struct wg_policy_header *)(void *)policy)->epoch = epoch;
	wg_walls_refresh(a);
}

/* Domains that are pinned at attach have their keys at once. With seals they keep them when policy says otherwise, and
 * there are as many fewer for others. */
static void from_the_beginning(void) {
	static struct wg_domain domains[DOMAINS];
	struct wg_attachment a = {.id = 3, .policy = policy, .policy_size = sizeof policy};
	const bool can_seal = wg_seal(0, 0) == 0;
	WG->domain = domains;
	WG->backend = WG_WIRE_PKU;
	for (int key = WG_KEYS - 1; key >= WG_KEY_FIRST; key--)
		WG->ring.free[WG->ring.frees++] = key;
	for (int i = 0; i < DOMAINS; i++) {
		*record(4, i) = (struct wg_policy_domain){.flags = i < 3 ? WG_DOMAIN_PINNED : 0};
		*record(5, i) = (struct wg_policy_domain){.flags = i < 3 ? 0 : WG_DOMAIN_PINNED};
	}
	((struct wg_policy_header *)(void *)policy)->epoch = 4;
	EXPECT(wg_walls_pin(&a) == WG_OK && WG->ring.frees == 10 && WG->ring.residents == 3);
	int pinned = 0;
	for (int i = 0; i < DOMAINS; i++)
		EXPECT(domains[i].sealed == (i < 3 && can_seal) && (wg_ring_key(&domains[i]) != 0) == (i < 3));
	publish(&a, 5);
	for (int i = 0; i < DOMAINS; i++) {
		EXPECT(i >= 3 || domains[i].pinned == can_seal);
		pinned += domains[i].pinned;
	}
	EXPECT(pinned == 12 && atomic_load(&WG->unpinned) == (can_seal ? 8u : 5u));
}

int main(void) {
	static struct wg_domain domains[DOMAINS];
	struct wg_attachment a = {.id = 1, .policy = policy, .policy_size = sizeof policy};
	WG->domain = domains;
	WG->domains = DOMAINS;
	for (int i = 0; i < DOMAINS; i++)
		*record(2, i) = (struct wg_policy_domain){.flags = i % 5 == 0 ? 0 : WG_DOMAIN_PINNED, .priority = (uint8_t)(10 * i), .gate_delay = (uint16_t)i};
	publish(&a, 2);
	int pinned = 0;
	for (int i = 0; i < DOMAINS; i++) {
		EXPECT(domains[i].priority == 10 * i && atomic_load(&domains[i].delay) == (uint32_t)i);
		/* 16 would be, and one key has to go round. */
		EXPECT(domains[i].pinned == (i % 5 != 0 && pinned < WG_MAX_PINNED));
		pinned += domains[i].pinned;
	}
	EXPECT(pinned == 12 && atomic_load(&WG->unpinned) == 4);
	record(3, 19)->flags = WG_DOMAIN_PINNED;
	wg_walls_refresh(&a); /* of the epoch that is known */
	EXPECT(domains[1].pinned && !domains[19].pinned);
	publish(&a, 3);
	EXPECT(!domains[1].pinned && domains[19].pinned && domains[7].priority == 0 && atomic_load(&WG->unpinned) == 0);
	a.id = 2; /* another attachment, whose page has the same epoch */
	record(3, 19)->priority = 9;
	wg_walls_refresh(&a);
	EXPECT(domains[19].priority == 9);
	from_the_beginning();
	return 0;
}
