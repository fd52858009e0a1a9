/* SPDX-License-Identifier: Apache-2.0 */
/* Ways through pages that the kernel holds on to, by no address and past all keys, once somebody
 * who may has handed them over: to the network without a copy, or to a pipe. */
#include "attack.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <linux/if_xdp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#define SEGMENT 8000 /* octets: more than a page, for a datagram to leave whole */

static int from = -1, to = -1; /* the ends of what pages go through */

/* Memory of front, in which it asks vault to pass a message on. */
static char message[PAGE] __attribute__((aligned(PAGE)));

/* Opens a way over UDP on which what is sent waits until it is let go. */
static bool open_socket(void) {
	const int on = 1, segment = SEGMENT;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof at;
	to = socket(AF_INET, SOCK_DGRAM, 0);
	from = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(to, (struct sockaddr *)&at, size) != 0 || getsockname(to, (struct sockaddr *)&at, &size) != 0 || connect(from, (struct sockaddr *)&at, size) != 0)
		return false;
	if (setsockopt(from, IPPROTO_UDP, UDP_CORK, &on, sizeof on) != 0)
		return false;
	/* The kernel copies what waits, unless it is to be cut by the device. */
	return setsockopt(from, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment) == 0;
}

/* Sends a page without a copy; with one, where the kernel was not told that this is wanted. */
static bool send_page(const volatile void *page) {
	const int on = 1;
	if (!open_socket())
		return false;
	(void)setsockopt(from, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on);
	struct iovec v = {(void *)page, PAGE};
	const struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	return sendmsg(from, &m, MSG_ZEROCOPY) == PAGE;
}

static bool receive_page(void) {
	const int off = 0;
	const struct timeval patience = {.tv_sec = 10}; /* it arrives when the kernel gets to it */
	(void)setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return setsockopt(from, IPPROTO_UDP, UDP_CORK, &off, sizeof off) == 0 && recv(to, got, PAGE, 0) == PAGE;
}

static bool pipe_page(const volatile void *page, unsigned flags) {
	int p[2];
	struct iovec v = {(void *)page, PAGE};
	if (pipe2(p, O_NONBLOCK) != 0)
		return false;
	to = p[0];
	return vmsplice(p[1], &v, 1, flags) == PAGE;
}

static bool read_page(void) { return read(to, got, PAGE) == PAGE; }

/* The same, on into a socket: the page goes with it. */
static bool pipe_page_to_socket(const volatile void *page) {
	int p[2], ends[2];
	struct iovec v = {(void *)page, PAGE};
	if (pipe2(p, O_NONBLOCK) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return false;
	to = ends[0];
	return vmsplice(p[1], &v, 1, 0) == PAGE && splice(p[0], NULL, ends[1], NULL, PAGE, 0) == PAGE;
}

/* Vault hands a page over that has nothing to hide, and writes the secret there later. */
static bool later(bool handed) {
	for (unsigned i = 0; handed && i < LENGTH; i++)
		secret[i] = secret_octet(i);
	return handed;
}

static const volatile void *blank(void) {
	memset((void *)secret, 0, PAGE);
	return secret;
}

static bool sent_then_written(void) { return later(send_page(blank())); }
static bool piped_then_written(void) { return later(pipe_page(blank(), 0)); }
static bool sent_by_pipe_then_written(void) { return later(pipe_page_to_socket(blank())); }

/* Vault passes on only messages that have nothing in them, and notes at the end that it has looked. */
static bool harmless(void) {
	message[PAGE - 1] = 0;
	for (unsigned i = 0; i < PAGE; i++)
		if (message[i] != 0)
			return false;
	return true;
}

static bool checked_and_sent(void) { return harmless() && send_page(message); }
static bool checked_and_gifted(void) { return harmless() && pipe_page(message, SPLICE_F_GIFT); }

/* What front would have passed on, for which the secret stands here. */
static void change(void) {
	for (unsigned i = 0; i < LENGTH; i++)
		message[i] = secret_octet(i);
}

static bool changed_after_check(void) {
	change();
	return receive_page();
}

static bool changed_in_pipe(void) {
	change();
	return read_page();
}

static bool by_sending(void) { return send_page(secret) && receive_page(); }

/* A ring of AF_XDP, whose frames are in the memory of vault's page. */
static struct xdp_desc *descriptors;
static uint32_t *producer;

static bool set_up_ring(void) {
	struct xdp_umem_reg memory = {.addr = (uint64_t)secret, .len = PAGE, .chunk_size = PAGE};
	struct xdp_mmap_offsets at;
	const int entries = 8;
	socklen_t size = sizeof at;
	struct sockaddr_xdp lo = {.sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY, .sxdp_ifindex = if_nametoindex("lo")};
	from = socket(AF_XDP, SOCK_RAW, 0);
	to = socket(AF_PACKET, SOCK_RAW, htons(3)); /* ETH_P_ALL: what passes the device */
	if (setsockopt(from, SOL_XDP, XDP_UMEM_REG, &memory, sizeof memory) != 0)
		return false;
	for (int o = XDP_TX_RING; o <= XDP_UMEM_COMPLETION_RING; o++)
		if (o != XDP_UMEM_REG && setsockopt(from, SOL_XDP, o, &entries, sizeof entries) != 0)
			return false;
	if (getsockopt(from, SOL_XDP, XDP_MMAP_OFFSETS, &at, &size) != 0)
		return false;
	char *ring = mmap(NULL, at.tx.desc + 8 * sizeof *descriptors, PROT_READ | PROT_WRITE, MAP_SHARED, from, XDP_PGOFF_TX_RING);
	if (ring == MAP_FAILED)
		return false;
	producer = (uint32_t *)(void *)(ring + at.tx.producer);
	descriptors = (struct xdp_desc *)(void *)(ring + at.tx.desc);
	return bind(from, (struct sockaddr *)&lo, sizeof lo) == 0;
}

/* Has the ring send vault's page, and hears it pass. */
static bool by_ring_of_vault(void) {
	descriptors[0] = (struct xdp_desc){.addr = 0, .len = 2 * LENGTH};
	__atomic_store_n(producer, 1, __ATOMIC_RELEASE);
	if (sendto(from, NULL, 0, MSG_DONTWAIT, NULL, 0) != 0)
		return false;
	for (int i = 0; i < 5000; i++) {
		memset(got, 0, sizeof got);
		if (recv(to, got, PAGE, MSG_DONTWAIT) > 0 && contains(got, PAGE))
			return true;
		usleep(1000);
	}
	return false;
}

static bool by_ring(void) { return set_up_ring() && by_ring_of_vault(); }

const struct vector pinned_vectors[] = {
	{.name = "zerocopy", .attempt = by_sending},
	{.name = "zerocopy-vault", .attempt = receive_page, .prepare = sent_then_written},
	{.name = "zerocopy-check", .attempt = changed_after_check, .prepare = checked_and_sent},
	{.name = "vmsplice-vault", .attempt = read_page, .prepare = piped_then_written},
	{.name = "vmsplice-socket", .attempt = read_page, .prepare = sent_by_pipe_then_written},
	{.name = "vmsplice-check", .attempt = changed_in_pipe, .prepare = checked_and_gifted},
	{.name = "xdp", .attempt = by_ring},
	{.name = "xdp-vault", .attempt = by_ring_of_vault, .prepare = set_up_ring},
	{0},
};
