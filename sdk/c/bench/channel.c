/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What messages of 64 octets cost: channel SOCKET BACKEND CASE N sends or receives N, and prints the nanoseconds of all. front
 * produces "feed" and consumes "echo", vault the other way round. The driver is testdata/csdk.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "../testdata/expect.h"

#define SIZE 64u

static const char *name;
static long times;
static const struct wg_wait busily = {.time = -1, .busy = -1};

static bool is(const char *what) { return strcmp(name, what) == 0; }

static uint64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void send_one(wg_channel c) {
	static const char message[SIZE];
	EXPECT(wg_channel_send(c, message, SIZE, busily) == WG_OK);
}

static void receive_one(wg_channel c) {
	struct wg_message m;
	EXPECT(wg_channel_receive(c, &m, busily) == WG_OK && m.size == SIZE && wg_channel_release(c, &m) == WG_OK);
}

static uintptr_t in_front(uintptr_t a, uintptr_t b, uintptr_t c) {
	const wg_channel feed = wg_find_channel("front", "feed"), echo = wg_find_channel("front", "echo");
	(void)a, (void)b, (void)c;
	const uint64_t from = now();
	for (long i = 0; i < times; i++) {
		send_one(feed);
		if (is("round-trip"))
			receive_one(echo);
	}
	return (uintptr_t)(now() - from);
}

static uintptr_t in_vault(uintptr_t a, uintptr_t b, uintptr_t c) {
	const wg_channel feed = wg_find_channel("vault", "feed"), echo = wg_find_channel("vault", "echo");
	(void)a, (void)b, (void)c;
	const uint64_t from = now();
	for (long i = 0; i < times; i++) {
		receive_one(feed);
		if (is("round-trip"))
			send_one(echo);
	}
	return (uintptr_t)(now() - from);
}

static uint64_t in(const char *service) {
	uintptr_t nanoseconds = 0;
	EXPECT(wg_run(wg_find_service(service), 0, &nanoseconds) == WG_OK);
	return nanoseconds;
}

static void *run_vault(void *unused) {
	(void)unused;
	return (void *)(uintptr_t)in("vault");
}

int main(int argc, char **argv) {
	static const struct wg_end fronts[] = {{WG_PRODUCER, "feed"}, {WG_CONSUMER, "echo"}}, vaults[] = {{WG_CONSUMER, "feed"}, {WG_PRODUCER, "echo"}};
	static const struct wg_service services[] = {{"front", in_front, NULL, 0, fronts, 2}, {"vault", in_vault, NULL, 0, vaults, 2}};
	EXPECT(argc == 5);
	name = argv[3];
	times = atol(argv[4]);
	attach_or_exit(argv[1], argv[2], services, 2);
	for (const char *service = "front"; service != NULL; service = strcmp(service, "front") == 0 ? "vault" : NULL)
		while (wg_channel_why(wg_find_channel(service, "feed"), NULL, 0) != WG_OK || wg_channel_why(wg_find_channel(service, "echo"), NULL, 0) != WG_OK)
			(void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	uint64_t nanoseconds;
	if (is("send") || is("receive")) { /* by one thread; of the channel's slots at most */
		nanoseconds = in("front");
		if (is("receive"))
			nanoseconds = in("vault");
	} else {
		pthread_t vault;
		void *took;
		EXPECT(pthread_create(&vault, NULL, run_vault, NULL) == 0);
		nanoseconds = in("front");
		EXPECT(pthread_join(vault, &took) == 0);
	}
	printf("%llu\n", (unsigned long long)nanoseconds);
	return 0;
}
