/* SPDX-License-Identifier: Apache-2.0 */
/* The heaps of two domains, and what one makes of the other's. */
#define _GNU_SOURCE
#include "expect.h"

static const char *what;
static void *of_front; /* an object of front's heap; the pointer is open to all */

/* Of vault: an object of its own, and a look at one of front. */
static uintptr_t look(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	void *own = wg_alloc(100);
	EXPECT(own != NULL && wg_usable_size(own) >= 100 && wg_usable_size(of_front) == 0);
	EXPECT((uintptr_t)own / (2 << 20) != (uintptr_t)of_front / (2 << 20)); /* not one cache line is shared */
	if (strcmp(what, "foreign") == 0)
		wg_free(of_front);
	wg_free(own);
	return ((volatile unsigned char *)of_front)[0];
}

static uintptr_t outside(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	EXPECT(wg_alloc(1) == NULL && wg_usable_size(of_front) == 0);
	if (strcmp(what, "outside") == 0)
		wg_free(of_front);
	return 0;
}

static void use_all(void) {
	unsigned char *all[30];
	for (size_t i = 0; i < 30; i++) {
		const size_t size = i * i * i * 23 % 600000;
		EXPECT((all[i] = wg_alloc(size)) != NULL && wg_usable_size(all[i]) >= size);
		for (size_t j = 0; j < size; j += 401)
			all[i][j] = (unsigned char)i;
	}
	for (size_t i = 0; i < 30; i++) {
		const size_t size = i * i * i * 23 % 600000;
		EXPECT((all[i] = wg_realloc(all[i], size * 2)) != NULL);
		for (size_t j = 0; j < size; j += 401)
			EXPECT(all[i][j] == i);
		wg_free(all[i]);
	}
	void *aligned = wg_alloc_aligned(1 << 20, 10);
	EXPECT(aligned != NULL && (uintptr_t)aligned % (1 << 20) == 0);
	wg_free(aligned);
	wg_free(NULL);
}

/* Whether the kernel's list of mappings says a word of the one with an address; -1 if there is no such list. */
static int is_said(const char *list, const void *at, const char *word) {
	char line[4096];
	FILE *f = fopen(list, "r");
	int said = f == NULL ? -1 : 0, here = 0;
	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		unsigned long from = 0, to = 0;
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (unsigned long)at >= from && (unsigned long)at < to;
		if (here && strstr(line, word) != NULL)
			said = 1;
	}
	if (f != NULL)
		fclose(f);
	return said;
}

/* The first chunk of a heap is of small pages: most are small. Those after it may be of huge ones. */
static void look_at_chunks(void) {
	if (is_said("/sys/kernel/mm/transparent_hugepage/enabled", NULL, "") < 0)
		return;
	unsigned char *all[50];
	int huge = 0;
	for (int i = 0; i < 50; i++) {
		EXPECT((all[i] = wg_alloc(120000)) != NULL);
		if (i % 16 == 0) /* a chunk of 2 MiB has room for 15 */
			huge += is_said("/proc/self/smaps", all[i], " hg");
	}
	EXPECT(is_said("/proc/self/smaps", all[0], " dd") == 1); /* left out of core dumps */
	EXPECT(huge > 0 && is_said("/proc/self/smaps", of_front, " hg") == 0);
	for (int i = 0; i < 50; i++)
		wg_free(all[i]);
}

static uintptr_t run(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	of_front = wg_alloc(40);
	EXPECT(of_front != NULL);
	memset(of_front, 0, 40);
	if (strcmp(what, "use") == 0) {
		use_all();
		look_at_chunks();
	}
	uintptr_t byte = 0;
	int status = wg_call(wg_find_gate("vault", "look"), 0, 0, 0, &byte);
	printf("other %d\n", status);
	EXPECT(wg_outside(outside, 0, NULL) == WG_OK);
	if (strcmp(what, "resize") == 0)
		(void)wg_realloc((char *)of_front + 8, 10);
	wg_free(of_front);
	if (strcmp(what, "twice") == 0)
		wg_free(of_front);
	return 0;
}

int main(int argc, char **argv) {
	static const struct wg_operation operations[] = {{"look", look}};
	static const struct wg_service services[] = {{"front", run, NULL, 0, NULL, 0}, {"vault", NULL, operations, 1, NULL, 0}};
	EXPECT(argc == 4);
	what = argv[3];
	setvbuf(stdout, NULL, _IONBF, 0);
	attach_or_exit(argv[1], argv[2], services, 2);
	EXPECT(wg_alloc(1) == NULL);
	/* Machines without NUMA, and with: node 0 is there or nothing is. */
	int status = wg_numa_prefer(wg_find_service("front"), 0);
	EXPECT(status == WG_OK || status == WG_E_UNSUPPORTED);
	EXPECT(wg_numa_prefer(wg_find_service("front"), 63) == WG_E_UNSUPPORTED && wg_numa_prefer(7, 0) == WG_E_ARGUMENT);
	EXPECT(wg_run(wg_find_service("front"), 0, NULL) == WG_OK);
	printf("done\n");
	return 0;
}
