/* SPDX-License-Identifier: Apache-2.0 */
/* What messages of channels are checked with. It runs with the rights of whoever sends or receives. */
#ifndef WG_CHECK_H
#define WG_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WG_TAG_SIZE 32u

/* CRC32C (RFC 3720, section 12.1) of data after what gave crc, 0 at first. With the processor's instruction if fast. */
__attribute__((visibility("hidden"))) uint32_t wg_crc32c(uint32_t crc, const void *data, size_t size, bool fast);

/* SHA-256 (FIPS 180-4) in the making. */
struct wg_sha256 {
	uint32_t state[8];
	uint64_t size; /* octets so far */
	uint8_t block[64];
};
__attribute__((visibility("hidden"))) void wg_sha256_begin(struct wg_sha256 *s);
__attribute__((visibility("hidden"))) void wg_sha256_add(struct wg_sha256 *s, const void *data, size_t size, bool fast);
__attribute__((visibility("hidden"))) void wg_sha256_end(struct wg_sha256 *s, uint8_t digest[WG_TAG_SIZE], bool fast);

/* A key of HMAC-SHA256 (RFC 2104) of at most 64 octets, ready for use. */
struct wg_hmac_key {
	uint32_t inner[8], outer[8];
};
__attribute__((visibility("hidden"))) void wg_hmac_prepare(struct wg_hmac_key *k, const uint8_t *key, size_t size, bool fast);
/* The tag of head and then data. */
__attribute__((visibility("hidden"))) void wg_hmac(const struct wg_hmac_key *k, const void *head, size_t head_size, const void *data, size_t size,
	uint8_t tag[WG_TAG_SIZE], bool fast);
/* Compares in a time that does not depend on what is in them. */
__attribute__((visibility("hidden"))) bool wg_tags_equal(const uint8_t a[WG_TAG_SIZE], const uint8_t b[WG_TAG_SIZE]);

/* What the processor has. */
__attribute__((visibility("hidden"))) bool wg_has_crc32(void);
__attribute__((visibility("hidden"))) bool wg_has_sha(void);

#endif
