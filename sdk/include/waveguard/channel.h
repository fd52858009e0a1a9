/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of a channel: how one service sends messages to others, in its
 * process or in theirs, without the kernel and without the daemon.
 *
 * This header is the one definition of the layout; the Go code mirrors it
 * and a test compares the two, field by field. All numbers are little-endian
 * and naturally aligned. It can be included from C11 and C++17.
 *
 * A channel has one producer and 1 to 32 consumers, each with a place. The
 * daemon makes the memory, in files whose size is sealed, once a producer has
 * attached; all of it together is a generation. Each end maps it as memory of
 * its own domain, so that only threads which came in through a gate can touch it:
 *
 *               control       ring          cursor of a place    bells
 *   producer    read          read, write   read, of all         room, news of all
 *   consumer    read          read          read, write, own     room, own news
 *   daemon      read, write   read          read, of all         all
 *
 * Nobody but the producer can ever write the ring: the daemon gives it to
 * consumers after it sealed it F_SEAL_FUTURE_WRITE, which it does when the
 * producer says that it has mapped it. The control page is sealed so from the
 * beginning, with the daemon's mapping made before. A cursor is writable by
 * whoever gets its file for writing, which is the process of its consumer; the
 * producer's file is opened for reading, and only the daemon's user can open it anew.
 *
 * Whoever has a bell can fill it, take rings away and have system calls on it wait. So nobody
 * waits for a bell without end, in poll or in read, nor writes to one that is full: what must be
 * noticed, as a timeout or a newer ring, is noticed without a ring.
 *
 * Whoever reads memory that another end writes believes nothing in it but what
 * it checked in a copy of its own, and reads each word once. What a producer
 * makes up spoils its own messages; what a consumer makes up, its own reception,
 * and in a channel that blocks the pace of the producer.
 *
 * PRODUCER. `head` is how many messages were sent: their sequence numbers are
 * 0 .. head - 1, and message s is in slot s & (slots - 1). To send message s = head:
 *
 *     if (overflow is BLOCK) for each place p that `active` names:
 *         n = load_acquire(cursor[p].next); behind = s - n
 *         if (behind >= slots and n <= s): there is no room
 *         (n > s is a consumer that makes things up: it has no say)
 *     store_relaxed(slot.turn, 0); fence(release)
 *     write length, check and payload
 *     store_release(slot.turn, s + 1)
 *     store(head, s + 1), sequentially consistent
 *     for each active place p: if (load(cursor[p].waiting)) ring news[p]
 *
 * A producer without room that wants to wait stores 1 to ring.waiting, looks again,
 * waits for its bell `room`, and stores 0. Ringing is a write of 8 octets to an eventfd.
 *
 * CONSUMER. `next` is the sequence of the message that it takes next. When its end is
 * opened it starts where the cursor stands if it is of this generation and `started` says
 * that the place was opened before; else at 0 if it had the channel open in an older ring, or was told
 * to wait for the producer, and was not refused it since: the producer may have begun first; else at the
 * present head. It stores `started` before it says that it has mapped.
 *
 *     head = load_acquire(ring.head); if ((int64_t)(head - next) <= 0): nothing there
 *     (slot.turn can be looked at first: if it is next + 1, the message is there, whatever head says)
 *     if (head - next > slots): head - slots - next messages were lost: next = head - slots
 *     if (load_acquire(slot.turn) != next + 1): overwritten meanwhile: lost, go on
 *     copy length and check; length above slot_size is a corrupted message
 *     integrity NONE and overflow BLOCK: the payload can be used where it is until
 *         `next` moves on. What is read there can change under the reader.
 *     otherwise: copy the payload; fence(acquire); if (load(slot.turn) != next + 1):
 *         overwritten meanwhile: lost, go on; then check the copy
 *     store(next, next + 1), sequentially consistent
 *     if (load(ring.waiting)) ring room
 *
 * A consumer with nothing to read that wants to wait stores 1 to waiting, looks again,
 * waits for its bell `news`, and stores 0. A message that fails its check is counted as
 * corrupted and skipped, and the doorbell of the stats page is rung.
 *
 * CHECK. CRC32C (RFC 3720 section 12.1) and HMAC-SHA256 (RFC 2104, with `key`) are of
 * generation, sequence and length, 8 + 8 + 4 octets as they lie in memory, then the payload:
 * no message can pass for another one, of this ring or of an older one.
 *
 * END. The daemon ends a generation by `state`, and rings all bells. A producer sends
 * nothing more. A consumer takes what is there and is done when next == head. A producer
 * that moves to a newer generation stores `closed` to the old ring; for the sake of consumers
 * that have not opened the newer one yet, and whom nothing would wait for there, it moves once as many are
 * active there as here, or all, or 5 seconds have passed, or that one has ended. Until then it stays in the old one, where it may have to wait for room;
 * it sends nothing there if that has ended, nor if the newer one was replaced
 * (who lost the channel since may read the older one still). A consumer with
 * a newer one moves to it when the old one is empty after it was seen closed or ended, or after the newer one
 * was seen with messages (a producer that died closes nothing). The daemon
 * that made a generation may be gone: gates and channels go on without it.
 */
#ifndef WAVEGUARD_CHANNEL_H
#define WAVEGUARD_CHANNEL_H

#include <stddef.h>
#include <stdint.h>
#include <waveguard/page.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WG_CHANNEL_MAGIC UINT64_C(0x4e41484344524757) /* "WGRDCHAN" */

/* Version of everything in this header. A reader refuses any other. */
#define WG_CHANNEL_ABI 1u

#define WG_MAX_CONSUMERS 32u          /* places of a channel */
#define WG_MAX_SLOTS 65536u           /* a power of 2; at least 2 */
#define WG_MAX_SLOT_SIZE (1u << 24)   /* octets of a message */
#define WG_MAX_RING_SIZE (1u << 31)   /* octets of a ring, at most 2^30 for the slots asked for, rounded up */
#define WG_CONTROL_SIZE 4096u         /* octets of the control page */
#define WG_CURSOR_SIZE 4096u          /* octets of a cursor */
#define WG_RING_HEADER 4096u          /* octets before the first slot */

/* wg_channel_control.state; any other value is ended as well. */
#define WG_CHANNEL_OPEN 1u
#define WG_CHANNEL_ENDED 2u

/* wg_channel_control.integrity */
#define WG_INTEGRITY_NONE 0u
#define WG_INTEGRITY_CRC32C 1u
#define WG_INTEGRITY_HMAC_SHA256 2u

/* wg_channel_control.overflow */
#define WG_OVERFLOW_BLOCK 0u
#define WG_OVERFLOW_DROP_OLDEST 1u

/* The daemon writes it; what is not atomic does not change. */
struct wg_channel_control {
	uint64_t magic;       /* WG_CHANNEL_MAGIC */
	uint32_t abi;         /* WG_CHANNEL_ABI */
	uint32_t consumers;   /* places, 1..WG_MAX_CONSUMERS */
	uint64_t generation;  /* not 0; no other ring has it */
	uint64_t ring_size;   /* octets: WG_RING_HEADER + slots * stride */
	uint32_t slots;       /* a power of 2 */
	uint32_t slot_size;   /* most octets of a message */
	uint32_t stride;      /* octets from slot to slot, WG_SLOT_STRIDE(slot_size) */
	uint8_t integrity;    /* WG_INTEGRITY_* */
	uint8_t overflow;     /* WG_OVERFLOW_* */
	uint16_t reserved0;   /* 0 */
	uint32_t state;       /* atomic; WG_CHANNEL_* */
	uint32_t active;      /* atomic; bit p: place p has the channel open */
	uint64_t reserved1;   /* 0 */
	uint8_t key[32];      /* of HMAC-SHA256; 0 without */
	uint64_t reserved2[4]; /* 0 */
};

/* The producer writes it. */
struct wg_ring_header {
	uint64_t head; /* atomic; messages that were sent */
	uint64_t pad0[7];
	uint32_t waiting; /* atomic; 1: the producer waits for room */
	uint32_t closed;  /* atomic; 1: the producer sends nothing more here */
	uint64_t pad1[7];
	uint64_t octets;  /* atomic; of the messages sent */
	uint64_t refused; /* atomic; times that there was no room */
	uint64_t pad2[6];
};

/* Before each payload, which follows at once. */
struct wg_slot {
	uint64_t turn;       /* atomic; sequence + 1 of the message that is there, 0 while there is none */
	uint32_t length;     /* octets of the payload */
	uint32_t crc;        /* CRC32C, or 0 */
	uint8_t tag[32];     /* HMAC-SHA256, or not set */
	uint64_t reserved[2]; /* not set */
};

/* The consumer of the place writes it. */
struct wg_channel_cursor {
	uint64_t next;    /* atomic; sequence of the message that it takes next */
	uint64_t started; /* atomic; the generation in which the place was opened, 0 before */
	uint64_t pad0[6];
	uint32_t waiting; /* atomic; 1: the consumer waits for news */
	uint32_t reserved0; /* 0 */
	uint64_t pad1[7];
	uint64_t received;  /* atomic; messages that the consumer was given */
	uint64_t octets;    /* atomic; of those */
	uint64_t lost;      /* atomic; messages that were overwritten before */
	uint64_t corrupted; /* atomic; messages that failed their check */
	uint64_t pad2[4];
};

#define WG_SLOT_STRIDE(slot_size) (((uint32_t)sizeof(struct wg_slot) + (uint32_t)(slot_size) + 63u) & ~63u)
#define WG_RING_SIZE(slots, slot_size) (WG_RING_HEADER + (uint64_t)(slots) * WG_SLOT_STRIDE(slot_size))

WG_STATIC_ASSERT(sizeof(struct wg_channel_control) == 128, "control has no padding");
WG_STATIC_ASSERT(sizeof(struct wg_ring_header) == 192, "ring header is three cache lines");
WG_STATIC_ASSERT(sizeof(struct wg_slot) == 64, "slot header is one cache line");
WG_STATIC_ASSERT(sizeof(struct wg_channel_cursor) == 192, "cursor is three cache lines");

#ifdef __cplusplus
}
#endif

#endif /* WAVEGUARD_CHANNEL_H */
