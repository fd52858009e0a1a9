/* SPDX-License-Identifier: Apache-2.0 */
/* io_uring: work that is done with the rights of whoever set it up. */
#include "attack.h"

#include <linux/io_uring.h>
#include <sys/uio.h>

static struct {
	int fd;
	unsigned *tail, *mask, *array, *done, *wanted;
	struct io_uring_sqe *entries;
	struct io_uring_cqe *results;
} ring;

static bool set_up(unsigned flags) {
	struct io_uring_params p = {.flags = flags, .sq_thread_idle = 1000};
	const size_t size = 8 * PAGE;
	if ((ring.fd = (int)syscall(SYS_io_uring_setup, 4, &p)) < 0)
		return false;
	char *sq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQ_RING);
	char *cq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_CQ_RING);
	ring.entries = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || ring.entries == MAP_FAILED)
		return false;
	ring.tail = (unsigned *)(void *)(sq + p.sq_off.tail);
	ring.mask = (unsigned *)(void *)(sq + p.sq_off.ring_mask);
	ring.array = (unsigned *)(void *)(sq + p.sq_off.array);
	ring.wanted = (unsigned *)(void *)(sq + p.sq_off.flags);
	ring.done = (unsigned *)(void *)(cq + p.cq_off.tail);
	ring.results = (void *)(cq + p.cq_off.cqes);
	return true;
}

/* Has the ring write the secret into a pipe. */
static bool submit(int opcode, unsigned flags) {
	int p[2];
	if (pipe(p) != 0)
		return false;
	unsigned was = __atomic_load_n(ring.done, __ATOMIC_ACQUIRE), at = *ring.tail & *ring.mask;
	ring.entries[at] = (struct io_uring_sqe){
		.opcode = (uint8_t)opcode, .fd = p[1], .off = (uint64_t)-1, .addr = (uint64_t)secret, .len = LENGTH,
	};
	ring.array[at] = at;
	__atomic_store_n(ring.tail, *ring.tail + 1, __ATOMIC_RELEASE);
	(void)syscall(SYS_io_uring_enter, ring.fd, 1, 1, flags | IORING_ENTER_GETEVENTS, NULL, 0);
	for (int i = 0; i < 5000 && __atomic_load_n(ring.done, __ATOMIC_ACQUIRE) == was; i++)
		usleep(1000);
	int result = __atomic_load_n(ring.done, __ATOMIC_ACQUIRE) == was ? -ETIME : ring.results[was & *ring.mask].res;
	errno = result < 0 ? -result : 0;
	return result == LENGTH && read(p[0], got, LENGTH) == LENGTH;
}

static bool set_up_polled(void) { return set_up(IORING_SETUP_SQPOLL); }

static bool set_up_buffers(void) {
	struct iovec v = {(void *)secret, PAGE};
	return set_up(0) && syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, &v, 1) == 0;
}

static bool inline_of_own(void) { return set_up(0) && submit(IORING_OP_WRITE, 0); }
static bool polled_of_own(void) { return set_up_polled() && submit(IORING_OP_WRITE, IORING_ENTER_SQ_WAKEUP); }
static bool buffers_of_own(void) { return set_up_buffers() && submit(IORING_OP_WRITE_FIXED, 0); }
static bool polled_of_other(void) { return submit(IORING_OP_WRITE, IORING_ENTER_SQ_WAKEUP); }
static bool buffers_of_other(void) { return submit(IORING_OP_WRITE_FIXED, 0); }

const struct vector ring_vectors[] = {
	{.name = "io_uring", .attempt = inline_of_own},
	{.name = "io_uring-sqpoll", .attempt = polled_of_own},
	{.name = "io_uring-register", .attempt = buffers_of_own},
	{.name = "io_uring-sqpoll-vault", .attempt = polled_of_other, .prepare = set_up_polled},
	{.name = "io_uring-buffers-vault", .attempt = buffers_of_other, .prepare = set_up_buffers},
	{0},
};
