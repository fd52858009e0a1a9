/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the digest of each beginning of what it reads, and its HMAC where it is short enough, in hexadecimal. */
#include "../host/demo/sha256.h"

#include <stdio.h>

static void print(const uint8_t digest[DIGEST]) {
	for (unsigned i = 0; i < DIGEST; i++)
		printf("%02x", digest[i]);
	printf("\n");
}

int main(void) {
	uint8_t message[300], digest[DIGEST], key[DIGEST];
	size_t size = fread(message, 1, sizeof message, stdin);
	for (unsigned i = 0; i < DIGEST; i++)
		key[i] = (uint8_t)i;
	for (size_t n = 0; n <= size; n++) {
		sha256(message, n, digest);
		print(digest);
		if (n > BLOCK)
			continue;
		hmac(key, message, n, digest);
		print(digest);
	}
	return 0;
}
