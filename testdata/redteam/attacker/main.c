/* SPDX-License-Identifier: Apache-2.0 */
/* attacker SOCKET BACKEND VECTOR [linger]: hosts front and vault, has front take one way to vault's
 * memory, and says whether it worked. One that lingers begins when it is told to, and stays. */
#include "attack.h"

#include <cpuid.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/shm.h>

#include "../../../sdk/c/testdata/expect.h"

#define OTHERS 13 /* services that need a key as well */

volatile char *secret;
int shared = -1;
char got[PAGE];
unsigned long victim_area;
int victim_tid;
char kept[PAGE];
volatile int rounds;
volatile int lent_on;

static const struct vector *const all[] = {memory_vectors, process_vectors, key_vectors, signal_vectors, ring_vectors, code_vectors, feign_vectors, library_vectors, pinned_vectors, watching_vectors, flipping_vectors};
static const struct vector *vector;
static volatile int attempted, victim_inside, released;

char secret_octet(unsigned i) { return (char)((i * 37 + 11) ^ 0xa5); }

bool contains(const char *memory, size_t length) {
	for (size_t at = 0; at + LENGTH <= length; at++) {
		unsigned i = 0;
		while (i < LENGTH && memory[at + i] == secret_octet(i))
			i++;
		if (i == LENGTH)
			return true;
	}
	return false;
}

bool load(void) {
	for (unsigned i = 0; i < LENGTH; i++)
		got[i] = secret[i];
	return true;
}

bool copied(const volatile void *from, size_t length) {
	int p[2];
	if (pipe2(p, O_NONBLOCK) != 0)
		return false;
	bool is = write(p[1], (const void *)from, length) == (ssize_t)length && read(p[0], got, length) == (ssize_t)length;
	int why = errno;
	close(p[0]), close(p[1]);
	errno = why;
	return is;
}

static bool has_keys(void) {
	unsigned a, b, c = 0, d;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && c >> 4 & 1; /* OSPKE */
}

int own_key(void) {
	uint32_t rights = 0, high;
	if (has_keys())
		__asm__ volatile("rdpkru" : "=a"(rights), "=d"(high) : "c"(0));
	for (int key = 2; key < 16 && rights != 0; key++)
		if ((rights >> 2 * key & 3) == 0)
			return key;
	return -1;
}

/* What vault does, by its argument. */
enum task { FILL, PREPARE, CHECK, STAY, WHICH_KEY, SHARE };

static bool fill(void) {
	for (unsigned i = 0; i < LENGTH; i++)
		secret[i] = secret_octet(i);
	return true;
}

/* The page behind the secret is as it was prepared, or was never touched. */
static bool intact(void) {
	bool first = copied(secret, PAGE) && contains(got, LENGTH);
	bool second = copied(secret + PAGE, PAGE) && memcmp(got, kept, PAGE) == 0;
	memset(got, 0, sizeof got);
	return first && second;
}

/* Keeps the secret on its stack, as code that works with it does. */
static bool stay(void) {
	volatile char copy[LENGTH];
	for (unsigned i = 0; i < LENGTH; i++)
		copy[i] = secret[i];
	victim_tid = (int)syscall(SYS_gettid);
	victim_inside = 1;
	if (vector->meanwhile != NULL && !vector->meanwhile())
		return false;
	unsigned sum = 0;
	while (!released)
		sum += (unsigned)copy[sum % LENGTH];
	return sum != 0;
}

/* Puts the secret into memory that others can map, under vault's key. */
static bool share(void) {
	void *at;
	if (vector->kind & SHARED_SYSV) {
		shared = shmget(IPC_PRIVATE, 2 * PAGE, IPC_CREAT | 0600);
		at = shmat(shared, NULL, 0);
		(void)shmctl(shared, IPC_RMID, NULL);
	} else {
		shared = open("shared", O_RDWR | O_CREAT, 0600);
		if (shared < 0 || ftruncate(shared, 2 * PAGE) != 0)
			return false;
		at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
	}
	if (at == MAP_FAILED || (own_key() > 0 && pkey_mprotect(at, 2 * PAGE, PROT_READ | PROT_WRITE, own_key()) != 0))
		return false;
	secret = at;
	return true;
}

static uintptr_t vault(uintptr_t task, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	switch (task) {
	case FILL: return fill();
	case PREPARE: return vector->prepare();
	case CHECK: return intact();
	case STAY: return stay();
	case WHICH_KEY: return (uintptr_t)(intptr_t)own_key();
	case SHARE: return share();
	}
	return 0;
}

/* The one operation of vault, which tells the secret. */
static uintptr_t tell(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	return load();
}

static uintptr_t front(uintptr_t again, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	errno = 0;
	attempted = again ? load() : vector->attempt();
	return (uintptr_t)errno;
}

static uintptr_t other(uintptr_t a, uintptr_t b, uintptr_t c) { return a + b + c; }

static bool in_vault(enum task task, uintptr_t *result) {
	uintptr_t done = 0;
	int status = wg_run(wg_find_service("vault"), task, &done);
	if (result != NULL)
		*result = done;
	return status == WG_OK && done != 0;
}

static void *victim(void *unused) {
	(void)unused;
	victim_area = (unsigned long)pthread_self();
	(void)in_vault(STAY, NULL);
	return NULL;
}

static void find(const char *name) {
	for (size_t group = 0; group < sizeof all / sizeof all[0]; group++)
		for (const struct vector *v = all[group]; v->name != NULL; v++)
			if (strcmp(v->name, name) == 0)
				vector = v;
	EXPECT(vector != NULL);
}

static int attack(uintptr_t again) {
	uintptr_t why = 0;
	attempted = 0;
	int status = wg_run(wg_find_service("front"), again, &why);
	if (!attempted)
		printf("failed: %s\n", status != WG_OK ? wg_strerror(status) : strerror((int)why));
	return status == WG_OK && attempted;
}

/* Lets all the other domains have keys, one after the other. */
static void run_others(void) {
	char name[16];
	for (int i = 0; i < OTHERS; i++) {
		snprintf(name, sizeof name, "other%d", i);
		EXPECT(wg_run(wg_find_service(name), 0, NULL) == WG_OK);
	}
}

/* Memory of vault is made, filled, touched by front, which is a fault, parked and freed, again and again. */
static void *keep_busy(void *unused) {
	(void)unused;
	while (!released) {
		void *at = wg_region_alloc(wg_find_service("vault"), 2 * PAGE);
		EXPECT(at != NULL);
		secret = at;
		EXPECT(in_vault(FILL, NULL));
		(void)wg_run(wg_find_service("front"), 1, NULL);
		run_others();
		EXPECT(wg_region_free(at) == WG_OK);
		rounds++;
	}
	return NULL;
}

/* Lets other domains have keys until vault has the one that front had. */
static bool lend_on(uintptr_t was) {
	for (int round = 0; round < 100; round++) {
		uintptr_t is = 0;
		run_others();
		(void)in_vault(WHICH_KEY, &is);
		if (is == was)
			return true;
	}
	return false;
}

static bool watched(void) {
	for (int i = 0; i < BITS; i++) {
		if (secret_bit(i))
			EXPECT(in_vault(FILL, NULL));
		else if (i == 0 || secret_bit(i - 1))
			run_others();
		if (!attack(0))
			return false;
	}
	return true;
}

static bool worked(uintptr_t front_key) {
	if (vector->kind & WATCHES)
		return watched();
	bool did = attack(0);
	if (vector->kind & DESTROYS)
		return !in_vault(CHECK, NULL);
	if (!did)
		return false;
	if (vector->kind & WAITS)
		return in_vault(FILL, NULL) && attack(1);
	if (vector->kind & NEW_REGION) {
		secret = wg_region_alloc(wg_find_service("vault"), 2 * PAGE);
		return secret != NULL && in_vault(FILL, NULL) && attack(1);
	}
	if (vector->kind & LENDS_ON) {
		lent_on = lend_on(front_key) ? 1 : -1;
		for (int i = 0; lent_on > 0 && i < 10000; i++)
			usleep(1000);
	}
	return true;
}

static uintptr_t which_key(uintptr_t a, uintptr_t b, uintptr_t c) {
	return a == 2 ? (uintptr_t)(intptr_t)own_key() : front(a, b, c);
}

int main(int argc, char **argv) {
	static char names[OTHERS][16];
	static const struct wg_operation operation = {"tell", tell};
	struct wg_service services[2 + OTHERS] = {{"front", which_key, NULL, 0, NULL, 0}, {"vault", vault, &operation, 1, NULL, 0}};
	EXPECT(argc == 4 || argc == 5);
	find(argv[3]);
	for (int i = 0; i < OTHERS; i++) {
		snprintf(names[i], sizeof names[i], "other%d", i);
		services[2 + i] = (struct wg_service){names[i], other, NULL, 0, NULL, 0};
	}
	setvbuf(stdout, NULL, _IONBF, 0);
	alarm(60);
	attach_or_exit(argv[1], argv[2], services, 2 + (vector->kind & (LENDS_ON | RACES | WATCHES) ? OTHERS : 0));
	secret = wg_region_alloc(wg_find_service("vault"), 2 * PAGE);
	if ((vector->kind & (SHARED | SHARED_SYSV)) && !in_vault(SHARE, NULL))
		return printf("not prepared\n"), 0;
	EXPECT(secret != NULL && in_vault(FILL, NULL));
	if (vector->prepare != NULL && !in_vault(PREPARE, NULL))
		return printf("not prepared\n"), 0;
	pthread_t thread;
	if (vector->kind & VICTIM) {
		EXPECT(pthread_create(&thread, NULL, victim, NULL) == 0);
		while (!victim_inside)
			sched_yield();
	}
	uintptr_t front_key = 0;
	EXPECT(wg_run(wg_find_service("front"), 2, &front_key) == WG_OK);
	EXPECT(!(vector->kind & RACES) || pthread_create(&thread, NULL, keep_busy, NULL) == 0);
	char end;
	EXPECT(argc == 4 || read(0, &end, 1) == 1); /* until the daemon has looked at what there was before */
	bool did = worked(front_key);
	released = 1;
	EXPECT(!(vector->kind & RACES) || pthread_join(thread, NULL) == 0);
	if (did && (vector->kind & DESTROYS || contains(got, sizeof got)))
		printf("it worked\n");
	while (argc == 5 && read(0, &end, 1) > 0) /* until those who look have looked */
		;
	EXPECT(wg_close() == WG_OK);
	while (read(0, &end, 1) > 0) /* until the daemon has taken what was reported */
		;
	return 0;
}
