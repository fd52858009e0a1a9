/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a shared object as waveguard-host does, cut off everywhere and with each byte of its headers changed,
 * under the sanitizers. Says how many of those it took for sound. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../host/host.h"

#define HEADERS 1024u

static unsigned long sound;

static void try(const unsigned char *data, size_t size) {
	struct object o;
	char why[300] = "";
	unsigned char *copy = malloc(size + (size == 0)); /* so that the sanitizer sees each byte beyond it */
	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	if (wg_object_parse(copy, size, &o, why, sizeof why))
		sound++;
	else if (why[0] == 0)
		abort();
	free(copy);
}

int main(int argc, char **argv) {
	FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
	static unsigned char data[1 << 20];
	size_t size = f == NULL ? 0 : fread(data, 1, sizeof data, f);
	if (size < HEADERS)
		return 1;
	for (size_t n = 0; n < HEADERS; n++)
		try(data, n);
	for (size_t n = HEADERS; n < size; n += 509)
		try(data, n);
	static const unsigned char changes[] = {0xff, 0x80, 0x01, 0x7f};
	for (size_t at = 0; at < HEADERS; at++)
		for (size_t i = 0; i < sizeof changes; i++) {
			data[at] ^= changes[i];
			try(data, size);
			data[at] ^= changes[i];
		}
	sound = 0;
	try(data, size);
	printf("%lu\n", sound);
	fclose(f);
	return sound == 1 ? 0 : 1;
}
