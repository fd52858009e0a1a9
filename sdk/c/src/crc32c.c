/* SPDX-License-Identifier: Apache-2.0 */
/* CRC32C: RFC 3720, section 12.1. */
#include <cpuid.h>
#include <nmmintrin.h>
#include <string.h>

#include "check.h"

#define POLYNOMIAL 0x82f63b78u /* 0x1edc6f41, the least bit first */

bool wg_has_crc32(void) {
	uint32_t a, b, c, d;
	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
}

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *data, size_t size) {
	uint64_t wide = crc;
	for (; size >= 8; data += 8, size -= 8) {
		uint64_t word;
		memcpy(&word, data, sizeof word);
		wide = _mm_crc32_u64(wide, word);
	}
	crc = (uint32_t)wide;
	for (; size > 0; data++, size--)
		crc = _mm_crc32_u8(crc, *data);
	return crc;
}

/* What four bits more make of a CRC. */
#define BIT(c) (((c) >> 1) ^ (POLYNOMIAL & (0u - ((c) & 1u))))
#define NIBBLE(c) BIT(BIT(BIT(BIT((uint32_t)(c)))))
static const uint32_t nibbles[16] = {
	NIBBLE(0), NIBBLE(1), NIBBLE(2), NIBBLE(3), NIBBLE(4), NIBBLE(5), NIBBLE(6), NIBBLE(7),
	NIBBLE(8), NIBBLE(9), NIBBLE(10), NIBBLE(11), NIBBLE(12), NIBBLE(13), NIBBLE(14), NIBBLE(15),
};

static uint32_t by_table(uint32_t crc, const uint8_t *data, size_t size) {
	for (; size > 0; data++, size--) {
		crc ^= *data;
		crc = crc >> 4 ^ nibbles[crc & 15];
		crc = crc >> 4 ^ nibbles[crc & 15];
	}
	return crc;
}

uint32_t wg_crc32c(uint32_t crc, const void *data, size_t size, bool fast) {
	return ~(fast ? by_instruction(~crc, data, size) : by_table(~crc, data, size));
}
