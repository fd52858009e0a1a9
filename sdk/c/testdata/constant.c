/* SPDX-License-Identifier: Apache-2.0 */
/* Decides on calls of one kind, for callgrind to count what that takes: constant KIND FLAGS N. The policy page
 * is of this program's making, the code is the library's as it is built for everybody. */
#define _GNU_SOURCE
#include "expect.h"

#include "../src/internal.h"

#define DOMAINS 9

/* What policy says of calls from domain 0 into each. */
enum { CALLER, PERMITTED, FAST, NO_OPERATION, NO_TRANSITION, UNKNOWN, OUT_OF_SERVICE, LIMITED, OVER_RATE };

static const struct {
	const char *name;
	uint32_t target;
	enum wg_rule rule;
} kinds[] = {
	{"permitted", PERMITTED, WG_PERMITTED}, {"fast", FAST, WG_PERMITTED}, {"operation", NO_OPERATION, WG_DENY_OPERATION},
	{"transition", NO_TRANSITION, WG_DENY_TRANSITION}, {"unknown", UNKNOWN, WG_DENY_TRANSITION},
	{"out-of-service", OUT_OF_SERVICE, WG_DENY_SERVICE}, {"limited", LIMITED, WG_PERMITTED}, {"rate", OVER_RATE, WG_DENY_RATE},
};

static void write_policy(uint8_t *page, uint8_t flags) {
	struct wg_policy_header *h = (struct wg_policy_header *)(void *)page;
	struct wg_policy_domain *domain = (struct wg_policy_domain *)(void *)(page + sizeof *h);
	struct wg_policy_entry *entry = (struct wg_policy_entry *)(void *)(domain + DOMAINS), *at = entry;
	for (uint16_t i = 0; i < DOMAINS; i++) {
		domain[i] = (struct wg_policy_domain){.id = i, .state = i == OUT_OF_SERVICE ? WG_STATE_OUT_OF_SERVICE : WG_STATE_IN_SERVICE, .flags = flags};
		if (i == CALLER || i == UNKNOWN)
			continue;
		*at++ = (struct wg_policy_entry){
			.target = i, .flags = (i == NO_TRANSITION ? 0 : WG_ENTRY_PERMIT) | (i == FAST ? WG_ENTRY_FAST_PATH : 0),
			.operations = i == NO_OPERATION ? 0 : 1, .max_rate = i == LIMITED ? 1000000000 : i == OVER_RATE ? 1 : 0,
		};
	}
	domain[CALLER].row_offset = (uint32_t)((uint8_t *)entry - page);
	domain[CALLER].row_count = (uint32_t)(at - entry);
}

int main(int argc, char **argv) {
	static struct wg_domain domains[DOMAINS];
	static struct wg_hosted hosted[DOMAINS];
	static struct wg_way ways[DOMAINS];
	static _Atomic uint64_t meters[DOMAINS * DOMAINS], seconds[DOMAINS * DOMAINS];
	static uint8_t policy[WG_POLICY_SIZE(DOMAINS)] __attribute__((aligned(4096))), stats[WG_STATS_SIZE(DOMAINS)] __attribute__((aligned(4096)));
	EXPECT(argc == 4);
	WG->services = WG->domains = WG->gates = DOMAINS;
	WG->domain = domains;
	WG->hosted = hosted;
	WG->way = ways;
	WG->meters = meters;
	WG->seconds = seconds;
	for (uint16_t i = 0; i < DOMAINS; i++) {
		domains[i].index = i;
		hosted[i].domain = &domains[i];
		ways[i].service = i;
		ways[i].domain = &domains[i];
	}
	write_policy(policy, (uint8_t)atoi(argv[2]));
	struct wg_attachment a = {.id = 1, .policy = policy, .stats = stats, .policy_size = sizeof policy, .stats_size = sizeof stats};
	/* The epoch is 0: its bank is the first. A verdict of epoch 0 is never used again, so that of a real page is 2. */
	((struct wg_policy_header *)(void *)policy)->epoch = 2;
	const int calls = atoi(argv[3]);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i].name, argv[1]) != 0)
			continue;
		meters[kinds[i].target] = kinds[i].target == OVER_RATE ? UINT64_MAX / 2 : 0;
		struct wg_frame f = {.domain = &domains[CALLER], .gate = kinds[i].target};
		for (int n = 0; n < calls; n++)
			EXPECT(wg_decide(&wg_threads[0].thread, &a, &f).rule == kinds[i].rule);
		return 0;
	}
	return 2;
}
