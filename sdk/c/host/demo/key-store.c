/* SPDX-License-Identifier: Apache-2.0 */
/* key-store: a key for each link, and one for each lightpath derived from those of its links. No key leaves it:
 * what it answers are tags and fingerprints. */
#define _GNU_SOURCE
#include <sys/random.h>

#include "demo.h"
#include "sha256.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	uint8_t key[DIGEST];
	uint16_t generation; /* 0: none */
} link_keys[LINKS];
static struct {
	uintptr_t lightpath; /* 0: none */
	uint8_t key[DIGEST];
} path_keys[LIGHTPATHS];

static uint64_t first_bytes(const uint8_t *at, unsigned n) {
	uint64_t word = 0;
	for (unsigned i = 0; i < n; i++)
		word = word << 8 | at[i];
	return word;
}

/* The generation of the link's key in 16 bits, 48 of an HMAC. */
static uintptr_t tag(unsigned link, uintptr_t sequence, uintptr_t value) {
	const uint64_t message[3] = {link, sequence, value};
	uint8_t mac[DIGEST];
	hmac(link_keys[link].key, message, sizeof message, mac);
	return (uintptr_t)link_keys[link].generation << 48 | first_bytes(mac, 6);
}

static uintptr_t sign(uintptr_t link, uintptr_t sequence, uintptr_t value) {
	if (link >= LINKS)
		return 0;
	pthread_mutex_lock(&lock);
	uintptr_t signature = link_keys[link].generation == 0 ? 0 : tag((unsigned)link, sequence, value);
	pthread_mutex_unlock(&lock);
	return signature;
}

static uintptr_t verify(uintptr_t which, uintptr_t value, uintptr_t signature) {
	unsigned link = which & 0xff;
	if (link >= LINKS)
		return UNKNOWABLE;
	pthread_mutex_lock(&lock);
	uintptr_t verdict = UNKNOWABLE;
	if (signature >> 48 == link_keys[link].generation)
		verdict = (tag(link, which >> 8, value) ^ signature) == 0 ? GENUINE : FORGED;
	pthread_mutex_unlock(&lock);
	return verdict;
}

/* HMAC of the lightpath's number under a key that is made of those of its links; answers a fingerprint of it. */
static uintptr_t make(uintptr_t lightpath, mask m) {
	uint8_t secret[DIGEST] = {0}, print[DIGEST];
	unsigned slot = 0;
	while (slot < LIGHTPATHS && path_keys[slot].lightpath != 0)
		slot++;
	if (slot == LIGHTPATHS)
		return 0;
	for (unsigned i = 0; i < LINKS; i++)
		if (has(m, i)) {
			uint8_t both[2 * DIGEST];
			memcpy(both, secret, DIGEST);
			memcpy(both + DIGEST, link_keys[i].key, DIGEST);
			sha256(both, sizeof both, secret);
			explicit_bzero(both, sizeof both);
		}
	hmac(secret, &lightpath, sizeof lightpath, path_keys[slot].key);
	explicit_bzero(secret, sizeof secret);
	path_keys[slot].lightpath = lightpath;
	hmac(path_keys[slot].key, "fingerprint", 11, print);
	return first_bytes(print, 4) | 1;
}

static uintptr_t derive(uintptr_t lightpath, uintptr_t m, uintptr_t c) {
	(void)c;
	if (lightpath == 0 || m == 0 || m >> LINKS != 0)
		return 0;
	pthread_mutex_lock(&lock);
	uintptr_t print = make(lightpath, m);
	pthread_mutex_unlock(&lock);
	return print;
}

static uintptr_t forget(uintptr_t lightpath, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	uintptr_t forgotten = 0;
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; lightpath != 0 && i < LIGHTPATHS; i++)
		if (path_keys[i].lightpath == lightpath) {
			explicit_bzero(&path_keys[i], sizeof path_keys[i]);
			forgotten = 1;
		}
	pthread_mutex_unlock(&lock);
	return forgotten;
}

/* Replaces a link's key by one that does not tell the old one. */
static void rotate_key(unsigned link) {
	pthread_mutex_lock(&lock);
	hmac(link_keys[link].key, "next", 4, link_keys[link].key);
	if (++link_keys[link].generation == 0)
		link_keys[link].generation = 1;
	pthread_mutex_unlock(&lock);
}

static int run(void) {
	for (unsigned i = 0; i < LINKS; i++) {
		if (getrandom(link_keys[i].key, DIGEST, 0) != DIGEST) {
			perror("key-store: make a key");
			return 1;
		}
		rotate_key(i);
	}
	for (unsigned turn = 0; !wg_pause(period()); turn++)
		rotate_key(turn % LINKS);
	explicit_bzero(link_keys, sizeof link_keys);
	return 0;
}

static const struct wg_operation operations[] = {
	{"sign-reading", sign}, {"verify-reading", verify}, {"derive-key", derive}, {"forget-key", forget},
};
SERVICE(run, operations);
