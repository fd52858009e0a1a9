/* SPDX-License-Identifier: Apache-2.0 */
/* performance-monitoring: measures power and OSNR of each link, has readings signed, and audits them. */
#include "demo.h"

#define KEPT 256u /* readings */

struct reading {
	uint32_t sequence; /* 0: none */
	uint32_t link;
	uintptr_t value; /* power above POWER_ZERO, and OSNR, in hundredths, 32 bits each */
	uintptr_t tag;   /* 0: not signed */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct reading ring[KEPT], latest[LINKS];
static double drift[LINKS];
static uintptr_t words[POWER_WORDS];
static uint64_t state;
static uint32_t sequence;

/* OSNR in dB, in 0.1 nm, after a link of amplified spans of at most 80 km at 0 dBm a channel. */
static double nominal_osnr(unsigned kilometres) {
	double spans = fmax(1, ceil(kilometres / 80.0));
	return 58.0 - 5.0 - 0.2 * kilometres / spans - 10 * log10(spans) - 2.0;
}

static double normal(void) { return sqrt(-2 * log(1 - uniform(&state))) * cos(6.283185307179586 * uniform(&state)); }

static double osnr_of(const struct reading *r) { return (double)(r->value & UINT32_MAX) / 100; }
static double power_of(const struct reading *r) { return ((double)(r->value >> 32) - POWER_ZERO) / 100; }

/* The OSNR after links in a row, in hundredths of a dB: noise adds up. 0 if one was not measured yet. */
static uintptr_t read_power(uintptr_t m, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	double noise = 0;
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < LINKS; i++)
		if (has(m, i))
			noise += latest[i].sequence == 0 ? INFINITY : pow(10, -osnr_of(&latest[i]) / 10);
	pthread_mutex_unlock(&lock);
	double osnr = -10 * log10(noise);
	return isfinite(osnr) && osnr > 0 ? (uintptr_t)(osnr * 100) : 0;
}

static uintptr_t power_summary(uintptr_t which, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	double sum = 0;
	unsigned worst = 0;
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < LINKS; i++) {
		sum += power_of(&latest[i]);
		if (osnr_of(&latest[i]) < osnr_of(&latest[worst]))
			worst = i;
	}
	words[MEAN_POWER] = (uintptr_t)lround(sum / LINKS * 100 + POWER_ZERO);
	words[WORST_OSNR] = latest[worst].value & UINT32_MAX;
	words[WORST_LINK] = worst;
	uintptr_t word = which < POWER_WORDS && latest[LINKS - 1].sequence != 0 ? words[which] : 0;
	pthread_mutex_unlock(&lock);
	return word;
}

static void measure(unsigned link) {
	drift[link] = 0.98 * drift[link] + 0.08 * normal();
	double power = drift[link] + 0.02 * normal(), osnr = nominal_osnr(links[link].kilometres) + drift[link] + 0.1 * normal();
	struct reading r = {
		.sequence = ++sequence, .link = link,
		.value = (uintptr_t)lround(power * 100 + POWER_ZERO) << 32 | (uintptr_t)lround(fmax(osnr, 0.01) * 100),
	};
	(void)ASK("key-store", "sign-reading", link, r.sequence, r.value, &r.tag, &words[POWER_REFUSED]);
	pthread_mutex_lock(&lock);
	latest[link] = ring[r.sequence % KEPT] = r;
	words[READINGS]++;
	words[READINGS_SIGNED] += r.tag != 0;
	pthread_mutex_unlock(&lock);
}

/* Has a reading verified. One that was signed with a key that is gone proves nothing. */
static void audit(void) {
	struct reading r = ring[dice(&state) % KEPT];
	uintptr_t verdict = UNKNOWABLE;
	if (r.tag == 0)
		return;
	(void)ASK("key-store", "verify-reading", r.link | (uintptr_t)r.sequence << 8, r.value, r.tag, &verdict, &words[POWER_REFUSED]);
	words[READINGS_VERIFIED] += verdict == GENUINE;
	words[READINGS_REJECTED] += verdict == FORGED;
}

static int run(void) {
	state = (uint64_t)(uintptr_t)&state;
	do {
		for (unsigned i = 0; i < LINKS; i++)
			measure(i);
		audit();
	} while (!wg_pause(period()));
	return 0;
}

static const struct wg_operation operations[] = {{"read-power", read_power}, {"power-summary", power_summary}};
SERVICE(run, operations);
