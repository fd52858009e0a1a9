/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two pages that a Waveguard host process shares with the daemon.
 *
 * This header is the one definition of their layout; the Go code mirrors it
 * and a test compares the two, field by field. All numbers are little-endian
 * and naturally aligned. It can be included from C11 and C++17.
 *
 * Both pages are memfds whose size is sealed. "Local index" below is the
 * position of a protection domain in the list of those hosted by the process,
 * as agreed at attach; it is fixed for the life of an attachment.
 *
 * POLICY PAGE (daemon writes, service reads)
 *
 *   The daemon seals the memfd F_SEAL_SHRINK | F_SEAL_GROW |
 *   F_SEAL_FUTURE_WRITE | F_SEAL_SEAL after it has made the one writable
 *   mapping that will ever exist. A service maps it PROT_READ, MAP_SHARED,
 *   and must check size and seals first: an unsealed page can be truncated
 *   under the reader.
 *
 *     header (64 bytes) | bank 0 | bank 1
 *     bank: hosted domain records, then one row for each of them
 *
 *   `epoch` starts at 0 and counts publications; bank (epoch & 1) is the
 *   valid one. The daemon writes the other bank in full and then stores
 *   epoch + 1 with release order: a daemon killed at any instant leaves a
 *   consistent page.
 *
 *   Reader:
 *     do {
 *         e = load_acquire(epoch);
 *         read what is wanted from bank (e & 1), with relaxed atomic loads;
 *         atomic_thread_fence(acquire);
 *     } while (load(epoch) != e);
 *   A verdict stays valid for as long as epoch still equals e, so one load
 *   of epoch is all that a gate's fast path needs.
 *
 *   A row is that of the source domain and holds its entries sorted by
 *   target. No entry means deny.
 *
 * STATS PAGE (service writes, daemon reads and trusts nothing)
 *
 *     header (64 bytes) | hosted * hosted cells, source-major
 *
 *   Cell counters only grow, by relaxed atomic addition. They count the whole
 *   life of the host process: a service that attaches again carries them into
 *   its new page before it says that it is ready.
 *
 *   The doorbell is an eventfd. After counting something that the daemon
 *   should look at soon, a service sets `doorbell` from 0 to 1 and, only if
 *   it was 0, writes to the eventfd. The daemon drains the eventfd, clears
 *   `doorbell`, then reads the counters.
 */
#ifndef WAVEGUARD_PAGE_H
#define WAVEGUARD_PAGE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define WG_STATIC_ASSERT(condition, message) static_assert(condition, message)
extern "C" {
#else
#define WG_STATIC_ASSERT(condition, message) _Static_assert(condition, message)
#endif

#define WG_POLICY_MAGIC UINT64_C(0x594c4f5044524757) /* "WGRDPOLY" */
#define WG_STATS_MAGIC UINT64_C(0x5441545344524757)  /* "WGRDSTAT" */

/* Version of everything in this header. A reader refuses any other. */
#define WG_PAGE_ABI 2u

/* Most domains that one process can host. */
#define WG_MAX_HOSTED 1024u

/* Operations of one domain: bits of wg_policy_entry.operations. */
#define WG_MAX_OPERATIONS 32u

/* wg_policy_header.flags */
#define WG_POLICY_SUPERSEDED 0x1u /* page is retired: attach again for a new one */

/* wg_policy_domain.state; any other value refuses every gate as well. */
#define WG_STATE_IN_SERVICE 1u
#define WG_STATE_OUT_OF_SERVICE 2u /* gates into the domain refuse */
#define WG_STATE_RESTRICTED 3u     /* in service, with the little its row leaves */
#define WG_STATE_ISOLATED 4u       /* gates into and out of the domain refuse */

/* wg_policy_domain.flags; unknown flags are ignored. */
#define WG_DOMAIN_PERMISSIVE 0x1u    /* its calls that policy forbids are counted, reported and let through */
#define WG_DOMAIN_PINNED 0x2u        /* it keeps its hardware key */
#define WG_DOMAIN_CONSTANT_TIME 0x4u /* gates into it take the same time whatever policy says */

/* wg_policy_entry.flags; unknown flags are ignored. */
#define WG_ENTRY_PERMIT 0x1u    /* without it the entry denies */
#define WG_ENTRY_FAST_PATH 0x2u /* a verdict may be kept for as long as the epoch */

struct wg_policy_header {
	uint64_t magic;       /* WG_POLICY_MAGIC */
	uint32_t abi;         /* WG_PAGE_ABI */
	uint32_t hosted;      /* domains hosted, 1..WG_MAX_HOSTED */
	uint64_t size;        /* of the page, in bytes */
	uint32_t bank[2];     /* offset of each bank from the start of the page */
	uint32_t bank_size;   /* bytes of each bank */
	uint32_t flags;       /* atomic; WG_POLICY_SUPERSEDED */
	uint64_t epoch;       /* atomic */
	uint64_t reserved[2]; /* 0 */
};

/* What a bank says of one hosted domain; record i is local index i. */
struct wg_policy_domain {
	uint16_t id;         /* of the domain in the policy, 0..4095 */
	uint8_t level;       /* privilege level, 0 (controller) .. 4 (dynamic) */
	uint8_t state;       /* WG_STATE_* */
	uint32_t row_offset; /* of its first entry from the start of the page */
	uint32_t row_count;  /* entries, 0..hosted */
	uint8_t flags;       /* WG_DOMAIN_* */
	uint8_t priority;    /* in the contest for hardware keys; the lowest gives its key up first */
	uint16_t gate_delay; /* nanoseconds, most by which a crossing is delayed at random; 0 is not at all */
};

struct wg_policy_entry {
	uint16_t target;     /* local index */
	uint16_t flags;      /* WG_ENTRY_* */
	uint32_t operations; /* bit i permits the target's i-th operation */
	uint32_t max_rate;   /* calls per second; 0 is unlimited */
	uint32_t max_dwell;  /* microseconds per call; 0 is unlimited */
};

struct wg_stats_header {
	uint64_t magic;       /* WG_STATS_MAGIC */
	uint32_t abi;         /* WG_PAGE_ABI */
	uint32_t hosted;      /* domains hosted, 1..WG_MAX_HOSTED */
	uint64_t size;        /* of the page, in bytes */
	uint32_t doorbell;    /* atomic; 1 while a ring is on its way to the daemon */
	uint32_t reserved0;   /* 0 */
	uint64_t lost;        /* atomic; violation reports dropped, never counted again */
	uint64_t reserved[3]; /* 0 */
};

/*
 * Calls from one domain into another. Each call counts once as permitted or
 * once as one of denied, rate_limited, operation_denied, out_of_service; one that
 * a permissive domain makes against policy counts as tolerated first, then there.
 *
 * The second half is what was seen of the calls: not counters, and not added up
 * when a service attaches again, but joined. A gate writes there when it looks a call up, or
 * has a limit to hold it to, or its source is permissive.
 */
struct wg_stats_cell {
	uint64_t permitted;        /* calls let through as policy says */
	uint64_t denied;           /* no entry, or one without permit */
	uint64_t rate_limited;     /* over max_rate */
	uint64_t dwell_exceeded;   /* permitted calls that stayed longer than max_dwell */
	uint64_t operation_denied; /* operation not in the mask */
	uint64_t out_of_service;   /* source or target not in service */
	uint64_t faults;           /* touches of the target's regions by the source */
	uint64_t tolerated;        /* calls let through against policy */

	uint64_t operations;  /* bit i: the target's i-th operation was called or tried */
	uint64_t longest;     /* nanoseconds that a call stayed, of those that were timed */
	uint64_t busiest;     /* most calls in one second, of those that were metered */
	uint64_t reserved[5]; /* 0 */
};

#define WG_POLICY_BANK_SIZE(hosted)                                   \
	(((uint64_t)(hosted) * sizeof(struct wg_policy_domain) +          \
	  (uint64_t)(hosted) * (hosted) * sizeof(struct wg_policy_entry) + \
	  63u) & ~(uint64_t)63u)
#define WG_POLICY_SIZE(hosted) \
	(sizeof(struct wg_policy_header) + 2u * WG_POLICY_BANK_SIZE(hosted))
#define WG_STATS_SIZE(hosted)         \
	(sizeof(struct wg_stats_header) + \
	 (uint64_t)(hosted) * (hosted) * sizeof(struct wg_stats_cell))

WG_STATIC_ASSERT(sizeof(struct wg_policy_header) == 64, "policy header is one cache line");
WG_STATIC_ASSERT(sizeof(struct wg_policy_domain) == 16, "domain record has no padding");
WG_STATIC_ASSERT(sizeof(struct wg_policy_entry) == 16, "policy entry has no padding");
WG_STATIC_ASSERT(sizeof(struct wg_stats_header) == 64, "stats header is one cache line");
WG_STATIC_ASSERT(sizeof(struct wg_stats_cell) == 128, "stats cell is two cache lines");
WG_STATIC_ASSERT(offsetof(struct wg_policy_header, epoch) % 8 == 0, "epoch is an atomic word");
WG_STATIC_ASSERT(offsetof(struct wg_stats_header, lost) % 8 == 0, "lost is an atomic word");

#ifdef __cplusplus
}
#endif

#endif /* WAVEGUARD_PAGE_H */
