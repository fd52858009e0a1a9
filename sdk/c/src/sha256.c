/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and its HMAC: FIPS 180-4, RFC 2104. */
#define _DEFAULT_SOURCE
#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#include "check.h"

#define BLOCK 64u

static const uint32_t first[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static const uint32_t rounds[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* The instructions of SHA, and those that go with them here. */
bool wg_has_sha(void) {
	const uint32_t sha = 1u << 29, with = bit_SSSE3 | bit_SSE4_1;
	uint32_t a, b, c, d;
	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & with) != with)
		return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & sha);
}

static uint32_t rotate(uint32_t x, int by) { return x >> by | x << (32 - by); }

static uint32_t big_endian(const uint8_t *at) {
	uint32_t word;
	memcpy(&word, at, sizeof word);
	return __builtin_bswap32(word);
}

/* FIPS 180-4, section 6.2.2. */
static void portable_block(uint32_t state[8], const uint8_t *data) {
	uint32_t w[64], s[8];
	for (int i = 0; i < 16; i++)
		w[i] = big_endian(data + 4 * i);
	for (int i = 16; i < 64; i++) {
		const uint32_t a = w[i - 15], b = w[i - 2];
		w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
	memcpy(s, state, sizeof s);
	for (int i = 0; i < 64; i++) {
		const uint32_t a = s[0], b = s[1], c = s[2], e = s[4];
		const uint32_t one = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + rounds[i] + w[i];
		const uint32_t two = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
		memmove(s + 1, s, 7 * sizeof *s);
		s[4] += one;
		s[0] = one + two;
	}
	for (int i = 0; i < 8; i++)
		state[i] += s[i];
}

/* Four rounds at a time: the halves of the state are a, b, e, f and c, d, g, h. */
__attribute__((target("sha,ssse3,sse4.1"))) static void fast_blocks(uint32_t state[8], const uint8_t *data, size_t blocks) {
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)state), 0xb1);
	const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)(state + 4)), 0x1b);
	__m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
	for (; blocks > 0; blocks--, data += BLOCK) {
		const __m128i abef_was = abef, cdgh_was = cdgh;
		__m128i w[4];
		for (int i = 0; i < 4; i++)
			w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(data + 16 * i)), swap);
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) {
			const __m128i sum = _mm_add_epi32(w[i % 4], _mm_loadu_si128((const __m128i *)(const void *)(rounds + 4 * i)));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
			const __m128i sevens = _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4);
			const __m128i part = _mm_add_epi32(_mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]), sevens);
			w[i % 4] = _mm_sha256msg2_epu32(part, w[(i + 3) % 4]); /* of four rounds later: in the last ones of none */
		}
		abef = _mm_add_epi32(abef, abef_was);
		cdgh = _mm_add_epi32(cdgh, cdgh_was);
	}
	const __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

static void blocks_of(uint32_t state[8], const uint8_t *data, size_t blocks, bool fast) {
	if (fast) {
		fast_blocks(state, data, blocks);
		return;
	}
	for (; blocks > 0; blocks--, data += BLOCK)
		portable_block(state, data);
}

static void begin_at(struct wg_sha256 *s, const uint32_t state[8], uint64_t size) {
	memcpy(s->state, state, sizeof s->state);
	s->size = size;
}

void wg_sha256_begin(struct wg_sha256 *s) { begin_at(s, first, 0); }

void wg_sha256_add(struct wg_sha256 *s, const void *data, size_t size, bool fast) {
	const uint8_t *from = data;
	const size_t before = s->size % BLOCK;
	s->size += size;
	if (before + size < BLOCK) {
		memcpy(s->block + before, from, size);
		return;
	}
	if (before > 0) {
		memcpy(s->block + before, from, BLOCK - before);
		blocks_of(s->state, s->block, 1, fast);
		from += BLOCK - before;
		size -= BLOCK - before;
	}
	blocks_of(s->state, from, size / BLOCK, fast);
	memcpy(s->block, from + size / BLOCK * BLOCK, size % BLOCK);
}

void wg_sha256_end(struct wg_sha256 *s, uint8_t digest[WG_TAG_SIZE], bool fast) {
	const uint64_t bits = __builtin_bswap64(s->size * 8);
	size_t used = s->size % BLOCK;
	s->block[used++] = 0x80;
	if (used > BLOCK - sizeof bits) {
		memset(s->block + used, 0, BLOCK - used);
		blocks_of(s->state, s->block, 1, fast);
		used = 0;
	}
	memset(s->block + used, 0, BLOCK - sizeof bits - used);
	memcpy(s->block + BLOCK - sizeof bits, &bits, sizeof bits);
	blocks_of(s->state, s->block, 1, fast);
	for (int i = 0; i < 8; i++) {
		const uint32_t word = __builtin_bswap32(s->state[i]);
		memcpy(digest + 4 * i, &word, sizeof word);
	}
}

static void prepare_half(uint32_t state[8], const uint8_t *key, size_t size, uint8_t pad, bool fast) {
	uint8_t block[BLOCK];
	memset(block, pad, sizeof block);
	for (size_t i = 0; i < size; i++)
		block[i] ^= key[i];
	memcpy(state, first, sizeof first);
	blocks_of(state, block, 1, fast);
	explicit_bzero(block, sizeof block);
}

void wg_hmac_prepare(struct wg_hmac_key *k, const uint8_t *key, size_t size, bool fast) {
	prepare_half(k->inner, key, size, 0x36, fast);
	prepare_half(k->outer, key, size, 0x5c, fast);
}

void wg_hmac(const struct wg_hmac_key *k, const void *head, size_t head_size, const void *data, size_t size, uint8_t tag[WG_TAG_SIZE], bool fast) {
	struct wg_sha256 s;
	begin_at(&s, k->inner, BLOCK);
	wg_sha256_add(&s, head, head_size, fast);
	wg_sha256_add(&s, data, size, fast);
	wg_sha256_end(&s, tag, fast);
	begin_at(&s, k->outer, BLOCK);
	wg_sha256_add(&s, tag, WG_TAG_SIZE, fast);
	wg_sha256_end(&s, tag, fast);
}

bool wg_tags_equal(const uint8_t a[WG_TAG_SIZE], const uint8_t b[WG_TAG_SIZE]) {
	volatile uint8_t differs = 0;
	for (size_t i = 0; i < WG_TAG_SIZE; i++)
		differs |= a[i] ^ b[i];
	return differs == 0;
}
