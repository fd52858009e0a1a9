/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the demonstration's services have in common: an optical control plane on NSFNET. Each has a copy of
 * this of its own. Between them go words alone: masks of links, hundredths of a decibel.
 */
#ifndef DEMO_H
#define DEMO_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <waveguard/compartment.h>

#define NODES 14
#define LINKS 21
#define LIGHTPATHS 64

/* The 14-node backbone with its 21 bidirectional links. */
static const char *const node_names[NODES] = {"WA", "CA1", "CA2", "UT", "CO", "TX", "NE", "IL", "PA", "GA", "MI", "NY", "MD", "NJ"};
static const struct {
	uint8_t a, b;
	uint16_t kilometres;
} links[LINKS] = {
	{0, 1, 1100}, {0, 2, 1600}, {0, 7, 2800}, {1, 2, 600}, {1, 3, 1000}, {2, 5, 2000}, {3, 4, 600},
	{3, 10, 2400}, {4, 5, 1100}, {4, 6, 800}, {5, 9, 1200}, {5, 12, 2000}, {6, 7, 700}, {7, 8, 700},
	{8, 9, 900}, {8, 11, 500}, {8, 13, 500}, {10, 11, 800}, {10, 13, 800}, {11, 12, 300}, {12, 13, 300},
};

/* Powers are in hundredths of a dBm above this, so that they are never negative. */
#define POWER_ZERO 10000u

/* A mask of links, or of nodes, in a word. */
typedef uintptr_t mask;
static inline bool has(mask m, unsigned i) { return m >> i & 1; }

/* What topology-summary and power-summary are asked for. */
enum topology_word { DEMANDS, PATHS_COMPUTED, SET_UP, RELEASED, BLOCKED, LIGHTPATHS_UP, PATHS_REFUSED, TOPOLOGY_WORDS };
enum power_word { READINGS, READINGS_SIGNED, READINGS_VERIFIED, READINGS_REJECTED, POWER_REFUSED, MEAN_POWER, WORST_OSNR, WORST_LINK, POWER_WORDS };

/* What verify-reading answers. */
enum verdict { UNKNOWABLE, GENUINE, FORGED };

/* SplitMix64: not for secrets. */
static inline uint64_t dice(uint64_t *state) {
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline double uniform(uint64_t *state) { return (double)(dice(state) >> 11) / 9007199254740992.0; }

/* How long services rest between turns. */
static inline unsigned period(void) {
	const char *given = getenv("WAVEGUARD_DEMO_PERIOD");
	int milliseconds = given == NULL ? 250 : atoi(given);
	return milliseconds > 0 ? (unsigned)milliseconds : 250;
}

/* Asks another service; false, counted as refused, where policy or the other's end has it so. */
static inline bool ask(const char *service, const char *operation, const uintptr_t words[3], uintptr_t *answer, uintptr_t *refused) {
	int status = wg_call(wg_find_gate(service, operation), words[0], words[1], words[2], answer);
	if (status != WG_OK && status != WG_E_FAULT)
		++*refused;
	return status == WG_OK;
}
#define ASK(service, operation, a, b, c, answer, refused) ask(service, operation, (const uintptr_t[3]){a, b, c}, answer, refused)

#define SERVICE(run, operations) \
	const struct wg_compartment wg_compartment = {WG_COMPARTMENT_ABI, run, operations, sizeof(operations) / sizeof *(operations), NULL, 0}

#endif
