/* SPDX-License-Identifier: Apache-2.0 */
/* Holds what messages are checked with to the vectors of its standards, by each way of computing it that this processor has. */
#define _GNU_SOURCE
#include "../src/check.h"
#include "expect.h"

static void is_hex(const uint8_t *got, const char *want) {
	char text[2 * WG_TAG_SIZE + 1];
	for (size_t i = 0; i < WG_TAG_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", got[i]);
	if (strcmp(text, want) != 0) {
		fprintf(stderr, "%s, want %s\n", text, want);
		exit(1);
	}
}

/* RFC 3720, section B.4. */
static void crc(bool fast) {
	static const uint8_t read[48] = {
		0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0,
		0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
	};
	uint8_t zeros[32] = {0}, ones[32], up[32], down[32];
	memset(ones, 0xff, sizeof ones);
	for (int i = 0; i < 32; i++) {
		up[i] = (uint8_t)i;
		down[i] = (uint8_t)(31 - i);
	}
	EXPECT(wg_crc32c(0, zeros, 32, fast) == 0x8a9136aa);
	EXPECT(wg_crc32c(0, ones, 32, fast) == 0x62a8ab43);
	EXPECT(wg_crc32c(0, up, 32, fast) == 0x46dd794e);
	EXPECT(wg_crc32c(0, down, 32, fast) == 0x113fdb5c);
	EXPECT(wg_crc32c(0, read, 48, fast) == 0xd9963a56);
	for (size_t cut = 0; cut <= sizeof read; cut++)
		EXPECT(wg_crc32c(wg_crc32c(0, read, cut, fast), read + cut, sizeof read - cut, fast) == 0xd9963a56);
}

static void sha_is(const char *text, size_t times, const char *want, bool fast) {
	uint8_t digest[WG_TAG_SIZE];
	struct wg_sha256 s;
	wg_sha256_begin(&s);
	for (size_t i = 0; i < times; i++)
		wg_sha256_add(&s, text, strlen(text), fast);
	wg_sha256_end(&s, digest, fast);
	is_hex(digest, want);
}

/* FIPS 180-4: the examples that NIST publishes with it. */
static void sha(bool fast) {
	sha_is("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", fast);
	sha_is("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", fast);
	sha_is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", fast);
	sha_is("a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", fast);
}

static void hmac_is(const uint8_t *key, size_t key_size, const void *data, size_t size, const char *want, bool fast) {
	struct wg_hmac_key k;
	uint8_t tag[WG_TAG_SIZE];
	wg_hmac_prepare(&k, key, key_size, fast);
	for (size_t cut = 0; cut <= size; cut++) {
		wg_hmac(&k, data, cut, (const uint8_t *)data + cut, size - cut, tag, fast);
		is_hex(tag, want);
	}
}

/* RFC 4231, sections 4.2 to 4.5: keys longer than a block no channel has. */
static void hmac(bool fast) {
	uint8_t key[25], data[50];
	memset(key, 0x0b, 20);
	hmac_is(key, 20, "Hi There", 8, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", fast);
	hmac_is((const uint8_t *)"Jefe", 4, "what do ya want for nothing?", 28, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", fast);
	memset(key, 0xaa, 20);
	memset(data, 0xdd, sizeof data);
	hmac_is(key, 20, data, 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe", fast);
	for (int i = 0; i < 25; i++)
		key[i] = (uint8_t)(i + 1);
	memset(data, 0xcd, sizeof data);
	hmac_is(key, 25, data, 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b", fast);
}

int main(void) {
	uint8_t a[WG_TAG_SIZE] = {0}, b[WG_TAG_SIZE] = {0};
	EXPECT(wg_tags_equal(a, b));
	for (size_t i = 0; i < sizeof b; i++) {
		b[i] = 0x80;
		EXPECT(!wg_tags_equal(a, b));
		b[i] = 0;
	}
	crc(false);
	sha(false);
	hmac(false);
	if (wg_has_crc32())
		crc(true);
	if (wg_has_sha()) {
		sha(true);
		hmac(true);
	}
	printf("crc32 %d sha %d\n", wg_has_crc32(), wg_has_sha());
	return 0;
}
