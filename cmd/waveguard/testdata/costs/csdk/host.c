/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process with so many services, h000 and on from the first, each in a domain of its own with a page of
 * memory, that have all been run once and now wait. With the backend "-" it does not attach: the same
 * memory without walls.
 */
#include "say.h"

#define MOST 64
#define SIZE 4096

static void *memory[MOST];

static uintptr_t home(uintptr_t service, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	memset(memory[service], 1, SIZE);
	return ((char *)memory[service])[SIZE - 1];
}

int main(int argc, char **argv) {
	static char name[MOST][8];
	static struct wg_service services[MOST];
	if (argc != 5)
		FAIL("usage: host SOCKET BACKEND FIRST COUNT");
	unsigned first = (unsigned)atoi(argv[3]), count = (unsigned)atoi(argv[4]);
	if (count == 0 || first + count > MOST)
		FAIL("at most %d services", MOST);
	for (unsigned i = 0; i < count; i++) {
		snprintf(name[i], sizeof name[i], "h%03u", (first + i) % 1000);
		services[i] = (struct wg_service){name[i], home, NULL, 0, NULL, 0};
	}
	int walls = strcmp(argv[2], "-") != 0;
	if (walls)
		attach(argv[1], argv[2], services, count);
	for (unsigned i = 0; i < count; i++) {
		memory[i] = walls ? wg_region_alloc(i, SIZE) : aligned_alloc(4096, SIZE);
		if (memory[i] == NULL)
			FAIL("no memory");
		uintptr_t did = 0;
		if (!walls)
			did = home(i, 0, 0);
		else if (wg_run(i, i, &did) != WG_OK)
			did = 0;
		if (did != 1)
			FAIL("service %u did not run", i);
	}
	printf("ready\n");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return walls ? wg_close() : 0;
}
