/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds the library's decoders, under the sanitizers, with what comes over standard input: a byte
 * for the decoder, four for the length, then the input. Each is answered with a byte: 1 if it was
 * taken for sound. */
#define _GNU_SOURCE
#include "../src/wire.c"

#include "expect.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define HOSTED 2
#define MOST 65536

static int sealed(const void *data, size_t size) {
	int fd = memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	EXPECT(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	EXPECT(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | 0x10 | F_SEAL_SEAL) == 0);
	return fd;
}

static uint8_t policy[WG_POLICY_SIZE(HOSTED)], stats[WG_STATS_SIZE(HOSTED)];

static void write_sound_pages(void) {
	const uint32_t first = sizeof(struct wg_policy_header), bank = (uint32_t)WG_POLICY_BANK_SIZE(HOSTED);
	*(struct wg_policy_header *)(void *)policy = (struct wg_policy_header){
		.magic = WG_POLICY_MAGIC, .abi = WG_PAGE_ABI, .hosted = HOSTED, .size = sizeof policy, .bank = {first, first + bank}, .bank_size = bank,
	};
	*(struct wg_stats_header *)(void *)stats = (struct wg_stats_header){.magic = WG_STATS_MAGIC, .abi = WG_PAGE_ABI, .hosted = HOSTED, .size = sizeof stats};
}

static void forget_attachment(void) {
	static struct wg_domain none[HOSTED];
	memcpy(WG->domain, none, sizeof none);
	WG->domains = 0;
	for (int i = 0; i < HOSTED; i++)
		WG->hosted[i].domain = NULL;
	WG->sent = WG->received = 0;
}

/* The daemon's answer to Hello, with pages that are sound. */
static bool message(const uint8_t *data, size_t size) {
	int ends[2], files[3] = {sealed(policy, sizeof policy), sealed(stats, sizeof stats), eventfd(0, EFD_CLOEXEC)};
	EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof files)];
	} control = {.align = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof files)}};
	memcpy(CMSG_DATA(&control.align), files, sizeof files);
	struct iovec part = {(void *)(uintptr_t)data, size};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	if (size > 7 && data[6] != WELCOME) /* no other comes with files */
		m.msg_controllen = 0;
	EXPECT(sendmsg(ends[1], &m, 0) == (ssize_t)size);
	shutdown(ends[1], SHUT_WR);
	forget_attachment();
	WG->connection = ends[0];
	struct wg_attachment a = {.doorbell = -1};
	char text[64];
	const int status = shake_hands(&a, text, sizeof text);
	EXPECT(status == WG_OK || status == WG_E_FORMAT || status == WG_E_REFUSED || status == WG_E_SYSTEM);
	if (status == WG_OK)
		wg_pages_close(&a);
	WG->received = 0;
	for (int i = 0; i < 3; i++)
		close(files[i]);
	close(ends[0]);
	close(ends[1]);
	return status == WG_OK || status == WG_E_REFUSED;
}

/* What comes later: one message after Ready. */
static bool later(const uint8_t *data, size_t size) {
	int ends[2];
	EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	EXPECT(send(ends[1], data, size, 0) == (ssize_t)size);
	WG->connection = ends[0];
	WG->received = 0;
	const int status = wg_wire_receive();
	close(ends[0]);
	close(ends[1]);
	return status == WG_OK;
}

/* Every look-up in a page whose contents are forged. The look-ups are in memory that ends where the page does. */
static bool page(const uint8_t *data, size_t size) {
	struct wg_attachment a = {.doorbell = -1};
	const int files[3] = {sealed(data, size), sealed(stats, sizeof stats), -1};
	WG->domains = HOSTED;
	const int status = wg_pages_open(&a, files, HOSTED);
	close(files[0]);
	close(files[1]);
	if (status != WG_OK)
		return false;
	const uint8_t *mapped = a.policy;
	uint8_t *copy = malloc(size);
	EXPECT(copy != NULL && size == sizeof policy);
	memcpy(copy, mapped, size);
	a.policy = copy;
	for (uint32_t from = 0; from < HOSTED; from++) {
		(void)wg_pages_domain(&a, from);
		for (uint32_t to = 0; to < HOSTED; to++) {
			const struct wg_policy_answer p = wg_pages_lookup(&a, from, to);
			EXPECT(p.entry.target == to || (p.entry.flags == 0 && p.entry.operations == 0));
		}
	}
	free(copy);
	a.policy = mapped;
	wg_pages_close(&a);
	return true;
}

static bool read_all(void *into, size_t size) {
	for (size_t n = 0; n < size;) {
		const ssize_t got = read(0, (uint8_t *)into + n, size - n);
		if (got <= 0)
			return false;
		n += (size_t)got;
	}
	return true;
}

int main(void) {
	static struct wg_hosted hosted[HOSTED] = {{.name = "front"}, {.name = "vault"}};
	static struct wg_domain domains[HOSTED];
	static const struct wg_service services[HOSTED] = {{.name = "front"}, {.name = "vault"}};
	const struct wg_config config = {.services = services, .service_count = HOSTED};
	WG->hosted = hosted;
	WG->domain = domains;
	WG->services = HOSTED;
	EXPECT(wg_wire_hello(&config) == WG_OK);
	write_sound_pages();
	uint8_t kind, answer;
	uint32_t size;
	while (read_all(&kind, 1) && read_all(&size, 4)) {
		EXPECT(size >= 1 && size <= MOST);
		uint8_t *data = malloc(size);
		EXPECT(data != NULL && read_all(data, size));
		answer = kind == 0 ? message(data, size) : kind == 1 ? later(data, size) : page(data, size);
		free(data);
		EXPECT(write(1, &answer, 1) == 1);
	}
	return 0;
}
