/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds the library's decoders, under the sanitizers, with what comes over standard input: a byte
 * for the decoder, four for the length, then the input. Each is answered with a byte: 1 if it was
 * taken for sound. */
#define _GNU_SOURCE
#include "../src/wire.c"
#include "../src/end.h"

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

/* The channel of the ends that this process has: front sends, vault receives. */
#define PLACES 2
#define SLOTS 4u
#define SLOT_SIZE 64u
#define GENERATION 7u
static struct wg_channel_control control = {
	.magic = WG_CHANNEL_MAGIC, .abi = WG_CHANNEL_ABI, .consumers = PLACES, .generation = GENERATION, .slots = SLOTS, .slot_size = SLOT_SIZE,
	.state = WG_CHANNEL_OPEN,
};
static uint8_t ring[WG_RING_HEADER + SLOTS * WG_SLOT_STRIDE(SLOT_SIZE)], control_page[WG_CONTROL_SIZE], cursor[WG_CURSOR_SIZE];

/* A cursor, which who has it writes. */
static int writable(const void *data, size_t size) {
	int fd = memfd_create("cursor", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	EXPECT(fd >= 0 && write(fd, data, size) == (ssize_t)size && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0);
	return fd;
}

/* The files of a channel with so many consumers, for one of them or for the producer. */
static uint32_t channel_files(int *files, uint32_t cursors) {
	uint32_t n = 0;
	files[n++] = sealed(control_page, sizeof control_page);
	files[n++] = cursors > 1 ? writable(ring, sizeof ring) : sealed(ring, sizeof ring);
	files[n++] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (uint32_t i = 0; i < cursors; i++) {
		files[n++] = writable(cursor, sizeof cursor);
		files[n++] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
	return n;
}

static void forget_ends(void) {
	for (uint32_t i = 0; i < WG->ends; i++) {
		(void)wg_channel_moved(&WG->end[i], atomic_load(&WG->end[i].came));
		memset(WG->end[i].memory, 0, sizeof *WG->end[i].memory);
	}
}

/* What comes later: one message after Ready. A Channel comes with the files of the one that it names, or of a
 * consumer's end. */
static bool later(const uint8_t *data, size_t size) {
	struct {
		struct cmsghdr header;
		int files[WG_MAX_FILES];
	} rights = {.header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	uint32_t n = 0;
	int ends[2];
	if (size >= 29 && data[6] == CHANNEL) {
		control.consumers = data[19] >= 1 && data[19] <= WG_MAX_CONSUMERS ? data[19] : 1;
		memcpy(&control.generation, data + 21, sizeof control.generation);
		memcpy(control_page, &control, sizeof control);
		n = channel_files(rights.files, data[18] == WG_PRODUCER ? control.consumers : 1);
		if (data[18] == WG_PRODUCER && control.consumers == 1) { /* nobody has sealed the ring yet */
			close(rights.files[1]);
			rights.files[1] = writable(ring, sizeof ring);
		}
	}
	rights.header.cmsg_len = CMSG_LEN(n * sizeof(int));
	struct iovec part = {(void *)(uintptr_t)data, size};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = n == 0 ? 0 : rights.header.cmsg_len};
	EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	EXPECT(sendmsg(ends[1], &m, 0) == (ssize_t)size);
	WG->connection = ends[0];
	WG->received = 0;
	const int status = wg_wire_receive();
	for (uint32_t i = 0; i < n; i++)
		close(rights.files[i]);
	close(ends[0]);
	close(ends[1]);
	forget_ends();
	return status == WG_OK;
}

/* Gives the consumer's end what is in the pages, and returns whether it took it. */
static bool offer(void) {
	struct wg_offer o = {.generation = GENERATION, .end = 1, .role = WG_CONSUMER, .consumers = PLACES};
	int ends[2];
	o.count = channel_files(o.files, 1);
	EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	WG->connection = ends[0];
	const int status = wg_channel_offered(&o);
	EXPECT(status == WG_OK || status == WG_E_FORMAT);
	close(ends[0]);
	close(ends[1]);
	return status == WG_OK;
}

static void be_sound(unsigned integrity, unsigned overflow) {
	control.consumers = PLACES;
	control.generation = GENERATION;
	control.integrity = (uint8_t)integrity;
	control.overflow = (uint8_t)overflow;
	memset(control_page, 0, sizeof control_page);
	memcpy(control_page, &control, sizeof control);
}

static bool control_of(const uint8_t *data, size_t size) {
	memset(control_page, 0, sizeof control_page);
	memcpy(control_page, data, size < sizeof control_page ? size : sizeof control_page);
	const bool taken = offer();
	forget_ends();
	return taken;
}

/* Receives from a ring with that in it: a byte for the shape, eight for where the consumer is, then the ring. The answer is how many messages
 * came, and how many were corrupted. */
static uint8_t received_from(const uint8_t *data, size_t size) {
	struct wg_channel_cursor at = {.started = GENERATION};
	unsigned messages = 0, bytes = 0;
	if (size < 9)
		return 0;
	be_sound(data[0] % 3, data[0] / 3 % 2);
	memcpy(&at.next, data + 1, sizeof at.next);
	memcpy(cursor, &at, sizeof at);
	memset(ring, 0, sizeof ring);
	memcpy(ring, data + 9, size - 9 < sizeof ring ? size - 9 : sizeof ring);
	EXPECT(offer());
	for (unsigned i = 0; i < 5 * SLOTS; i++) {
		struct wg_message m;
		const int status = wg_channel_receive(1, &m, (struct wg_wait){0});
		EXPECT(status == WG_E_EMPTY || status == WG_E_CHANNEL || status == WG_OK);
		if (status != WG_OK)
			continue;
		EXPECT(m.size <= SLOT_SIZE);
		for (size_t j = 0; j < m.size; j++)
			bytes += ((const uint8_t *)m.data)[j];
		EXPECT(wg_channel_release(1, &m) == WG_OK && bytes <= 5 * SLOTS * SLOT_SIZE * 255);
		messages++;
	}
	const unsigned corrupted = (unsigned)WG->end[1].memory->corrupted;
	memset(cursor, 0, sizeof cursor);
	memset(ring, 0, sizeof ring);
	be_sound(0, 0);
	forget_ends();
	return (uint8_t)(messages * 16 + corrupted % 16);
}

/* As if the thread had come into the domain of vault. */
static void come_in(struct wg_domain *d) {
	static uint8_t none[sizeof(struct wg_stats_header)];
	static struct wg_attachment a = {.stats = none, .policy = policy, .doorbell = -1};
	struct wg_thread *t = &wg_threads[0].thread;
	uint64_t self;
	__asm__("mov %%fs:0, %0" : "=r"(self));
	atomic_store(&t->fs, self);
	t->length = 1;
	t->chain[0] = d;
	wg_self = t;
	wg_inside = true;
	atomic_store(&WG->attachment, &a);
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
	static const struct wg_end front = {WG_PRODUCER, "feed"}, vault = {WG_CONSUMER, "feed"};
	static const struct wg_service services[HOSTED] = {{.name = "front", .channels = &front, .channel_count = 1}, {.name = "vault", .channels = &vault, .channel_count = 1}};
	static struct wg_end_memory memory[HOSTED];
	static struct wg_domain homes[HOSTED];
	static struct wg_channel_end ends[HOSTED] = {
		{.role = WG_PRODUCER, .service = 0, .domain = &homes[0], .memory = &memory[0]},
		{.role = WG_CONSUMER, .service = 1, .domain = &homes[1], .memory = &memory[1]},
	};
	const struct wg_config config = {.services = services, .service_count = HOSTED};
	WG->hosted = hosted;
	WG->domain = domains;
	WG->services = HOSTED;
	WG->end = ends;
	WG->ends = HOSTED;
	WG->wake = -1;
	control.stride = WG_SLOT_STRIDE(SLOT_SIZE);
	control.ring_size = sizeof ring;
	come_in(&homes[1]);
	EXPECT(wg_wire_hello(&config) == WG_OK);
	write_sound_pages();
	uint8_t kind, answer;
	uint32_t size;
	while (read_all(&kind, 1) && read_all(&size, 4)) {
		EXPECT(size >= 1 && size <= MOST);
		uint8_t *data = malloc(size);
		EXPECT(data != NULL && read_all(data, size));
		switch (kind) {
		case 0: answer = message(data, size); break;
		case 1: answer = later(data, size); break;
		case 2: answer = page(data, size); break;
		case 3: answer = control_of(data, size); break;
		default: answer = received_from(data, size);
		}
		free(data);
		EXPECT(write(1, &answer, 1) == 1);
	}
	return 0;
}
