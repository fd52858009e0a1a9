/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's inside.
 *
 * The controller is the code that runs with the controller's key open: wg_trusted, wg_returned and
 * what they call, on the stack of the thread's slot. Its memory is struct wg_controller,
 * the thread table and what wg_controller_alloc returns; nothing else may be believed,
 * not even errno or a value read twice from elsewhere. It makes system calls
 * through wg_syscall alone, and never allocates from the heap. Its stacks have a
 * canary of their own: the usual one is in the thread's memory, which all can write.
 */
#ifndef WG_INTERNAL_H
#define WG_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <waveguard/channel.h>
#include <waveguard/page.h>
#include <waveguard/waveguard.h>

#include "offsets.h"

#define WG_HIDDEN __attribute__((visibility("hidden")))
#define WG_PAGE 4096u
#define WG_VERDICTS 64u /* that a thread remembers, a power of 2 */
#define WG_EDGES 16u /* likewise */
#define WG_MAX_REPORTS 512u
#define WG_MAX_REGIONS 8192u /* of a domain: what it can make the controller remember */
#define WG_CHAIN (WG_MAX_DEPTH + 1)

/* Backends and strengths, as the attach protocol numbers them. */
enum { WG_WIRE_NONE, WG_WIRE_MPROTECT, WG_WIRE_PKU };

/* Kinds of violation, as the attach protocol numbers them. */
enum {
	WG_TRANSITION_DENIED = 1,
	WG_OPERATION_DENIED,
	WG_RATE_EXCEEDED,
	WG_DWELL_EXCEEDED,
	WG_DOMAIN_OUT_OF_SERVICE,
	WG_KEY_FAULT,
};
#define WG_NO_OPERATION 0xffffu

/* Counters of a cell, by position in struct wg_stats_cell. */
enum {
	WG_C_PERMITTED,
	WG_C_DENIED,
	WG_C_RATE_LIMITED,
	WG_C_DWELL_EXCEEDED,
	WG_C_OPERATION_DENIED,
	WG_C_OUT_OF_SERVICE,
	WG_C_FAULTS,
	WG_C_TOLERATED,
	WG_COUNTERS,
	/* What was seen, which is joined and not added up. */
	WG_S_OPERATIONS = WG_COUNTERS,
	WG_S_LONGEST,
	WG_S_BUSIEST,
};

/* What policy says of a call. */
enum wg_rule { WG_PERMITTED, WG_DENY_SERVICE, WG_DENY_TRANSITION, WG_DENY_OPERATION, WG_DENY_RATE };

struct wg_lock {
	_Atomic uint32_t word; /* 0 free, 1 held, 2 held and waited for */
};

enum wg_region_kind {
	WG_REGION_PLAIN,
	WG_REGION_KEPT,    /* a stack, a heap's root: nobody frees it */
	WG_REGION_ADOPTED, /* a loader mapped it: never unmapped, and no guard pages are known */
	WG_REGION_HEAP,  /* begins at a multiple of WG_HUGE */
	WG_REGION_HEAP_HUGE, /* and may be of huge pages */
	WG_REGION_CHANNEL, /* of one generation of a channel, with which it goes: never sealed */
};
#define WG_HUGE (UINT64_C(1) << 21)

/* A region: usable memory between two guard pages. Made once and for all before it is
 * in its domain's list, which its lock guards. */
struct wg_region {
	struct wg_region *next; /* of its domain, or of the free ones */
	uint8_t *memory;
	size_t size; /* bytes, whole pages */
	enum wg_region_kind kind;
	uint8_t prot; /* of whoever may touch it at all */
	bool sealed;  /* stays where it is, under its key, until the process ends */
};

/* Files that become one region. */
struct wg_share {
	const int *files;
	uint32_t count;
	size_t each; /* bytes of each, whole pages */
	int prot;
};

/* Memory of a service that is there before the walls are: whole pages, readable and writable. */
struct wg_segment {
	uint8_t *at;
	size_t size;
	uint32_t service;
};

/* What a host of compartments asks for beside wg_config. */
struct wg_compartments {
	const struct wg_segment *segments;
	size_t count;
	int bell;   /* eventfd that is told of every fault */
	bool fence; /* nobody enters a domain again whose code was ended */
	uintptr_t own_arguments; /* of wg_run, from 0 on, that only the host's own threads may give */
};

/* Asked of WG_OP_STATUS with a service added: faults that ended code of its domain; what the last one
 * touched, and by which code. */
#define WG_FAULTS_OF 0x10000u
#define WG_FAULT_AT 0x20000u
#define WG_FAULT_IN 0x30000u

/*
 * A hosted domain, and the holder of a key. Its word:
 *
 *   63          32 31  29 28         27      24 23         0
 *   | entries     | 0    | draining | key      | threads    |
 *
 * Invariant: while threads is above 0 the key does not change, but from 0. While it drains
 * nobody enters, so that it comes to be empty.
 */
#define WG_KEY_SHIFT 24
#define WG_KEY_MASK UINT64_C(15)
struct wg_domain {
	_Atomic uint64_t word;
	char name[WG_MAX_NAME + 1];
	uint16_t id;
	uint16_t index;
	uint32_t operations; /* how many */

	_Atomic uint32_t delay; /* nanoseconds, most, at each crossing, as policy has it */

	/* Of the ring, under its lock. */
	uint32_t entries; /* at the last look */
	uint64_t stamp;   /* of the ring's clock, when entries was last seen to have grown */
	bool pinned;      /* its key is not taken */
	bool sealed;      /* nor ever will be: its regions are sealed. Does not change once there are regions */
	uint8_t priority; /* of two, the lower gives its key up first */

	struct wg_lock lock; /* of what follows */
	int tag;             /* key that its regions are under */
	uint32_t inside;     /* threads, for the backend MPROTECT */
	uint32_t region_count; /* at most WG_MAX_REGIONS */
	uint32_t node;         /* NUMA node to prefer, plus 1; 0 for none */
	struct wg_region *regions;

	struct wg_lock making;               /* of heap */
	_Atomic(struct wg_heap *) heap; /* in its own memory, once there is one */

	/* Each entry is written and read by the thread whose slot it is. */
	struct wg_region *stacks[WG_MAX_THREADS];

	_Atomic uint64_t faults; /* that ended code of the domain, in a host of compartments */
	_Atomic uint64_t fault_at, fault_in;
};

struct wg_hosted {
	char name[WG_MAX_NAME + 1];
	struct wg_domain *domain;
	wg_function run;
	uint32_t first_gate, gates;
};

struct wg_way {
	char name[WG_MAX_NAME + 1];
	uint32_t service, bit;
	wg_function function;
	struct wg_domain *domain; /* of the service */
};

/* The pages of one Welcome. */
struct wg_attachment {
	uint64_t id;
	const uint8_t *policy;
	uint8_t *stats;
	size_t policy_size, stats_size;
	int doorbell;
	uint64_t *carried; /* what later pages already hold, by cell and counter; then the lost reports */
};

#define WG_MAX_ENDS 256u
#define WG_SERVICE_ENDS 32u /* most of one service */
#define WG_GENERATIONS 16u  /* of an end that are mapped at a time, a power of 2 */
#define WG_MAX_FILES 67u    /* that come with one message */

/* Roles, and reasons for which an end is withheld, as the attach protocol numbers them. */
enum { WG_WITHHELD_UNKNOWN = 1, WG_WITHHELD_SERVICE, WG_WITHHELD_WAITING, WG_WITHHELD_INTERNAL };

/* What the daemon hands over for an end. */
struct wg_offer {
	uint64_t generation; /* 0: nothing */
	uint16_t end;
	uint8_t role, consumers, place;
	uint32_t count;
	int files[WG_MAX_FILES];
};

/* One generation of an end, as it is mapped: what was believed of its control page, and where it is. Written before it counts as
 * one that came, and not again before its domain has moved on. */
struct wg_generation {
	uint64_t number;
	uint32_t slots, slot_size, stride, consumers;
	uint8_t integrity, overflow;
	int room, news[WG_MAX_CONSUMERS];  /* bells; of a consumer its own alone */
	uint8_t *control, *ring, *cursors; /* one cursor after the other; of a consumer its own alone */
	uint8_t *copy;                     /* of a consumer: where it copies messages to, slot_size bytes; NULL if it reads them in the ring */
};

/* An end of a channel. Everything but its own memory can be read by all, and is written by the controller alone. */
struct wg_channel_end {
	/* Generation number i of those that came is in generation[i % WG_GENERATIONS] from gone on, and below came. */
	_Atomic uint32_t came, gone;
	_Atomic uint32_t withheld; /* a reason of those above, 0 for none */
	_Atomic uint32_t changes;  /* grows with each of the above; who waits for one sleeps on it */
	uint32_t role, service;
	struct wg_domain *domain;        /* of the service */
	struct wg_end_memory *memory;    /* what code of the domain remembers of the end: nobody else reads it */
	char name[WG_MAX_NAME + 1];
	struct wg_generation generation[WG_GENERATIONS];

	struct wg_lock lock;         /* of gone, and of mapping and unmapping */
	struct wg_offer pending; /* it has to wait for the domain to move; of the supervisor */
	bool was_there;          /* there was a ring, or one was waited for, and policy has not closed the end since; of the supervisor */
	_Atomic uint32_t reason_turn; /* odd while the reason is written */
	char reason[1025];
};

/* What a call that is let through has to keep to. */
struct wg_limits {
	uint32_t dwell; /* microseconds permitted, 0 for any */
	uint16_t delay; /* nanoseconds, most, at each crossing */
	uint8_t timed;  /* how long it stays is measured */
	uint8_t reserved; /* 0 */
};

struct wg_verdict {
	uint64_t attachment, epoch; /* epoch 0: do not use again */
	_Atomic uint64_t *permitted; /* counter in the pages of that attachment */
	struct wg_limits limits;
	uint32_t gate, rate;
	uint16_t source;
	bool metered;    /* each call is to be judged by itself: the rate, or that the source is permissive, wants it */
	bool permissive; /* the source is */
};

struct wg_decision {
	enum wg_rule rule;
	bool tolerated; /* it is let through although a rule refuses */
	const struct wg_verdict *settled; /* all that there is to decide, for as long as it holds; NULL if there is more */
};

/* Whether a wall was crossed, by which the chain has grown; along an edge, that there are no limits. */
enum wg_crossed { WG_CROSSED_NOT, WG_CROSSED, WG_CROSSED_EDGE };

enum wg_frame_kind { WG_FRAME_RUN, WG_FRAME_CALL, WG_FRAME_OUTSIDE };

/* What a gate saves and sets at once stands together. */
#define WG_TOGETHER(type, name, ...) \
	union {                      \
		struct {             \
			__VA_ARGS__  \
		};                   \
		type name;           \
	}

struct wg_where {
	struct wg_domain *domain;
	uint64_t way;
};

struct wg_frame {
	uint64_t rbx, rbp, r12, r13, r14, r15, rsp, rip;
	uint32_t mxcsr;
	uint16_t fpucw;
	uint16_t reserved0;
	WG_TOGETHER(uint64_t, what, uint8_t kind; uint8_t crossed; /* enum wg_crossed */ uint16_t reserved1; uint32_t gate;);
	struct wg_limits limits;
	WG_TOGETHER(uint64_t, as, uint32_t expected; /* of the thread */ uint32_t service; /* whose code called */);
	uint64_t entered; /* nanoseconds, if there is a limit of time or timed */
	uint64_t reserved2;
	WG_TOGETHER(struct wg_where, where, struct wg_domain *domain; /* where the caller was, NULL outside */ uint64_t way; /* of the thread */);
};

struct wg_target {
	uint64_t sp, function;
};

/*
 * A call across a wall that the thread made before, with all that was found then. It holds for as long as the
 * policy page has that epoch, the controller that revision, and the domain that key; if then the target
 * is not on the thread's way, nothing is left to decide. Only calls without limits become edges.
 */
struct wg_edge {
	struct wg_domain *from, *to;
	uint64_t gate;
	uint64_t revision; /* 0: never valid */
	uint64_t epoch;
	const _Atomic uint64_t *page; /* its epoch, in that attachment */
	struct wg_attachment *attachment;
	_Atomic uint64_t *permitted;
	uint64_t key; /* as in the domain's word, with its bit for draining */
	struct wg_target target;
	uint64_t what, as;
	uint64_t from_mark, to_mark;
	uint64_t reserved;
};
_Static_assert(sizeof(struct wg_edge) == 128, "edges are indexed by a shift");

/* A call that may stay for so long only, by depth as frames; the watcher reads it. */
struct wg_stay {
	_Atomic uint64_t deadline; /* nanoseconds; 0: none; odd: it was found passed */
	_Atomic uint32_t gate, service, source;
};

struct wg_call {
	uint32_t gate;
	uint32_t service; /* whose code called */
	uint32_t source;  /* its domain */
};

/* Where one thread is. The chain is what it entered and did not leave, the innermost
 * last; those below yielded are not counted in. Invariant: 0 <= yielded <= length. */
struct wg_thread {
	_Atomic uint64_t fs; /* whose it is, 0 for nobody */
	WG_TOGETHER(uint64_t, as, uint32_t expected; /* PKRU that the thread may go on with */ uint32_t service;);
	WG_TOGETHER(struct wg_target, target, uint64_t sp; uint64_t function;);
	uint64_t arguments[3]; /* that the gate was entered with, beside the first; of the function that it begins */
	int64_t status;
	uint64_t result;
	uint32_t depth;
	uint32_t simd;
	uint32_t tid;  /* of the kernel, when it registered */
	_Atomic uint32_t busy; /* the controller runs; along an edge hazard says so */
	uint32_t begin;        /* the gate begins function; otherwise it goes back to the frame */
	uint32_t paused; /* outside, by wg_outside */
	uint32_t length, yielded;
	uint32_t early; /* it registered before code of any service ran */
	_Atomic uint32_t ended; /* how often calls of it were: by whoever had the slot as well */
	/* Where it is, NULL outside, and the marks of the domains that the frames' callers were in. Of where, wg_trusted and
	 * wg_returned have the last word. */
	WG_TOGETHER(struct wg_where, where, struct wg_domain *at; uint64_t way;);
	struct wg_frame frames[WG_MAX_DEPTH + 1];
	struct wg_domain *chain[WG_CHAIN];
	_Atomic(struct wg_attachment *) hazard; /* not unmapped while it stands here */
	struct wg_region *outside;
	struct wg_stay stays[WG_MAX_DEPTH];
	struct wg_verdict verdicts[WG_VERDICTS];
	struct wg_edge edges[WG_EDGES];
};

union wg_thread_slot {
	struct wg_thread thread;
	uint8_t whole[WG_SLOT_SIZE];
};

#define WG_AT(type, field, offset) \
	_Static_assert(offsetof(type, field) == (offset), #type "." #field " is where the gate expects it")
WG_AT(struct wg_thread, fs, WG_T_FS);
WG_AT(struct wg_thread, expected, WG_T_EXPECTED);
WG_AT(struct wg_thread, begin, WG_T_BEGIN);
WG_AT(struct wg_thread, sp, WG_T_SP);
WG_AT(struct wg_thread, function, WG_T_FUNCTION);
WG_AT(struct wg_thread, arguments, WG_T_ARGUMENTS);
WG_AT(struct wg_thread, status, WG_T_STATUS);
WG_AT(struct wg_thread, result, WG_T_RESULT);
WG_AT(struct wg_thread, depth, WG_T_DEPTH);
WG_AT(struct wg_thread, simd, WG_T_SIMD);
WG_AT(struct wg_thread, frames, WG_T_FRAMES);
WG_AT(struct wg_frame, rbx, WG_F_RBX);
WG_AT(struct wg_frame, r15, WG_F_R15);
WG_AT(struct wg_frame, rsp, WG_F_RSP);
WG_AT(struct wg_frame, rip, WG_F_RIP);
WG_AT(struct wg_frame, mxcsr, WG_F_MXCSR);
WG_AT(struct wg_frame, fpucw, WG_F_FPUCW);
_Static_assert(sizeof(struct wg_frame) == 1 << WG_FRAME_SHIFT, "the gate indexes frames by a shift");
_Static_assert((WG_MAX_THREADS & (WG_MAX_THREADS - 1)) == 0, "the gate tells by one mask whether a slot is in the table");
_Static_assert(sizeof(struct wg_thread) <= WG_SLOT_GUARD, "a state ends below the guard page");

struct wg_report {
	uint16_t service, source, target, operation;
	uint8_t kind;     /* 0: free */
	uint8_t outcome;  /* 0 stopped, 1 tolerated */
	uint32_t thread;
	uint64_t address;
	uint64_t count; /* not sent yet */
	uint64_t next;  /* nanoseconds; not before */
};

/* A thread that waits for a key, on its own stack; in the order in which they came. */
struct wg_waiter {
	struct wg_waiter *next;
};

struct wg_ring {
	struct wg_lock lock;
	_Atomic uint32_t waiting, left; /* threads that wait; grows when somebody may have left */
	struct wg_waiter *first, **last;
	struct wg_domain *draining;
	uint64_t turn;  /* nanoseconds, when draining begins or ends */
	uint32_t tried; /* keys whose domains were drained since somebody got one */
	int free[WG_KEYS], frees;
	struct wg_domain *resident[WG_KEYS];
	int residents;
	uint64_t clock, loads, evictions, waits;
};

/* Everything the controller knows. */
struct wg_controller {
	uint64_t canary; /* does not change once there is code that has it on its stack */
	int backend;     /* WG_WIRE_* */
	int keys;    /* that the process has */
	struct {
		void *at;
		size_t size;
	} early[32]; /* memory to put under the key with the rest */
	int earlies;
	uint32_t armed; /* the controller's memory is under its key */
	uint32_t simd;
	bool rdrand, crc32, sha; /* instructions that the processor has */
	size_t stack_size;
	char socket[108];
	uint32_t compartments; /* all that a service has is behind its wall, and a fault ends no more than its code */
	uint32_t fence;
	uint64_t own_arguments;
	_Atomic uint32_t begun; /* code of a service runs: who registers now may be anybody */
	int bell;

	uint32_t services, domains, gates, ends;
	struct wg_hosted *hosted;
	struct wg_channel_end *end; /* as many as ends; does not change once the controller is armed */
	struct wg_domain *domain;
	struct wg_way *way;
	_Atomic uint64_t *meters;  /* of the transitions, source-major: when the next call has been earned */
	_Atomic uint64_t *seconds; /* likewise: a second, and the calls in it */

	_Atomic(struct wg_attachment *) attachment; /* current */
	_Atomic uint64_t revision; /* of what edges are made of beside policy and keys, from 1 */
	bool edges; /* the kernel can do for the supervisor what a gate on an edge does not: see edge.c */
	struct wg_attachment pages[2];
	_Atomic uint32_t connected, closed, supervised, watched;
	_Atomic uint64_t walls_of, walls_epoch; /* attachment and epoch that the walls are from; written under the ring's lock */
	_Atomic uint32_t watch_bell;  /* the watcher's futex */
	_Atomic uint64_t watch_until; /* when it looks again, in nanoseconds */
	int connection, wake;
	uint32_t sent, received; /* sequences */

	uint32_t sealed_domains;
	_Atomic uint32_t unpinned; /* domains that policy pins, for which there was no key to spare */
	_Atomic uint32_t sealed;   /* regions */

	struct wg_ring ring;
	struct wg_lock memory; /* of spare */
	struct wg_region *spare;

	struct wg_lock reporting;
	struct wg_report reports[WG_MAX_REPORTS];

	uint8_t hello[65536];
	size_t hello_size;
	uint8_t packet[65537];
};

/* Both are whole pages, so that a key protects them and nothing else. */
extern WG_HIDDEN union {
	struct wg_controller c;
	uint8_t whole[(sizeof(struct wg_controller) + WG_PAGE - 1) / WG_PAGE * WG_PAGE];
} wg_controller;
extern WG_HIDDEN union wg_thread_slot wg_threads[WG_MAX_THREADS];
#define WG (&wg_controller.c)

struct wg_answer {
	int64_t status;
	uint64_t value;
};

/* gate.S */
WG_HIDDEN struct wg_answer wg_gate_pku(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t none, uint64_t op);
WG_HIDDEN struct wg_answer wg_gate_plain(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t none, uint64_t op);
WG_HIDDEN void wg_back_pku(void);
WG_HIDDEN void wg_back_plain(void);
WG_HIDDEN struct wg_answer wg_register_pku(void);
WG_HIDDEN struct wg_answer wg_register_plain(void);
WG_HIDDEN void wg_unregister_pku(void);
WG_HIDDEN void wg_unregister_plain(void);
extern WG_HIDDEN const char wg_gate_text[], wg_gate_text_end[];
extern WG_HIDDEN _Thread_local struct wg_thread *wg_self;

/* attach.c: wg_attach, of a host that has loaded services as compartments. */
WG_HIDDEN int wg_attach_compartments(const struct wg_config *config, const struct wg_compartments *compartments, char *message, size_t size);

/* api.c: what the thread's own code may believe of itself */
enum { WG_PLAIN = 1, WG_WITH_KEYS };
extern WG_HIDDEN int wg_attached_with; /* 0 before wg_attach */
extern WG_HIDDEN _Thread_local bool wg_inside;
/* How many things the thread is at that it must not be ended in: it holds locks of others'. */
extern WG_HIDDEN _Thread_local unsigned wg_unendable;
WG_HIDDEN struct wg_answer wg_pass(uint64_t op, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
static inline bool wg_within(uintptr_t at, const void *from, size_t size) { return at - (uintptr_t)from < size; }
WG_HIDDEN int wg_threads_prepare(void);
WG_HIDDEN int wg_threads_start(bool with_keys);

/* edge.c */
WG_HIDDEN void wg_trusted(uint64_t a, uint64_t b, uint64_t none, struct wg_thread *t, uint64_t nothing, uint64_t op);
WG_HIDDEN void wg_returned(uint64_t op, uint64_t a, uint64_t b, struct wg_thread *t);
WG_HIDDEN void wg_edge_learn(struct wg_thread *t, const struct wg_frame *f, const struct wg_verdict *v, uint64_t revision);
WG_HIDDEN bool wg_edges_possible(void);
WG_HIDDEN bool wg_edges_forget(void);
/* One of 64, so that two domains can have the same. */
static inline uint64_t wg_mark(const struct wg_domain *d) { return UINT64_C(1) << (d->index & 63); }

/* trusted.c */
WG_HIDDEN void wg_trusted_anew(uint64_t op, uint64_t a, struct wg_thread *t);
WG_HIDDEN void wg_returned_anew(uint64_t op, uint64_t a, uint64_t b, struct wg_thread *t);
WG_HIDDEN struct wg_attachment *wg_hold(struct wg_thread *t);
WG_HIDDEN void wg_let_go(struct wg_thread *t);

/* decide.c */
WG_HIDDEN struct wg_decision wg_decide(struct wg_thread *t, const struct wg_attachment *a, struct wg_frame *f);
WG_HIDDEN void wg_raise(_Atomic uint64_t *word, uint64_t to);

/* delay.c */
WG_HIDDEN void wg_delay(uint16_t most);
WG_HIDDEN bool wg_has_rdrand(void);

/* dwell.c */
#define WG_NO_DEPTH UINT32_MAX
WG_HIDDEN void wg_dwell_begin(struct wg_thread *t, uint32_t depth);
WG_HIDDEN void wg_dwell_end(struct wg_thread *t, uint32_t depth);
WG_HIDDEN uint32_t wg_dwell_overdue(const struct wg_thread *t);
WG_HIDDEN int wg_watch(struct wg_thread *t);

/* system.c */
WG_HIDDEN long wg_syscall(long number, long a, long b, long c, long d, long e, long f);
WG_HIDDEN void wg_acquire(struct wg_lock *l);
WG_HIDDEN void wg_release(struct wg_lock *l);
WG_HIDDEN uint64_t wg_now(void);
WG_HIDDEN void wg_futex_wait(_Atomic uint32_t *word, uint32_t value);
WG_HIDDEN void wg_futex_wait_for(_Atomic uint32_t *word, uint32_t value, uint32_t nanoseconds);
WG_HIDDEN void wg_futex_wake(_Atomic uint32_t *word, int threads);
WG_HIDDEN void wg_bell_ring(int bell);
WG_HIDDEN _Noreturn void wg_die(const char *why);
WG_HIDDEN void *wg_controller_alloc(size_t size);
WG_HIDDEN void wg_controller_reset(void);
WG_HIDDEN int wg_arm(void);
WG_HIDDEN uint32_t wg_simd_level(void);
WG_HIDDEN bool wg_has_keys(void);
WG_HIDDEN long wg_seal(uint64_t from, uint64_t to);

/* ring.c */
#define WG_BUSY (-100) /* every key is in use */
/* Returns the domain's own key, 0 while it is parked. */
static inline int wg_ring_key(struct wg_domain *d) { return (int)(atomic_load(&d->word) >> WG_KEY_SHIFT & WG_KEY_MASK); }
WG_HIDDEN int wg_ring_enter(struct wg_domain *d);
WG_HIDDEN int wg_ring_wait(struct wg_domain *d);
WG_HIDDEN void wg_ring_leave(struct wg_domain *d);
WG_HIDDEN void wg_ring_left(void);
#define WG_ONE_THREAD UINT64_C(1)
#define WG_ONE_ENTRY (UINT64_C(1) << 32)
#define WG_THREADS ((UINT64_C(1) << WG_KEY_SHIFT) - 1)
/* Counts a thread out, which was counted in and has closed its rights; returns whether somebody waits for that,
 * and wg_ring_left is to be told. */
static inline bool wg_ring_count_out(struct wg_domain *d) {
	return ((atomic_fetch_sub(&d->word, WG_ONE_THREAD) - WG_ONE_THREAD) & WG_THREADS) == 0 && atomic_load(&WG->ring.waiting) != 0;
}
WG_HIDDEN int wg_ring_lend(struct wg_domain *d);
/* Most domains that keep their keys: one key at least goes round. */
#define WG_MAX_PINNED (WG_KEYS - WG_KEY_FIRST - 1)

/* walls.c */
WG_HIDDEN uint32_t wg_strength(void);
WG_HIDDEN int wg_walls_open(int backend);
WG_HIDDEN int wg_walls_tag(struct wg_domain *d, int key);
WG_HIDDEN int wg_walls_enter(struct wg_thread *t, struct wg_domain *d);
WG_HIDDEN void wg_walls_leave(struct wg_thread *t);
WG_HIDDEN void wg_walls_pause(struct wg_thread *t);
WG_HIDDEN void wg_walls_resume(struct wg_thread *t);
WG_HIDDEN void wg_walls_refresh(const struct wg_attachment *a);
WG_HIDDEN int wg_walls_pin(const struct wg_attachment *a);

/* region.c */
WG_HIDDEN struct wg_region *wg_region_make(struct wg_domain *d, size_t size, enum wg_region_kind kind);
WG_HIDDEN int wg_region_prefer(struct wg_domain *d, uint32_t node);
WG_HIDDEN int wg_region_adopt(struct wg_domain *d, const struct wg_segment *s);
WG_HIDDEN struct wg_region *wg_region_share(struct wg_domain *d, const struct wg_share *s);
WG_HIDDEN int wg_region_drop(struct wg_domain *d, const uint8_t *memory);
WG_HIDDEN int wg_region_unshare(struct wg_domain *d, const uint8_t *memory);
WG_HIDDEN struct wg_domain *wg_region_owner(uint64_t address);

/* pages.c */
WG_HIDDEN int wg_pages_open(struct wg_attachment *a, const int files[3], uint32_t hosted);
WG_HIDDEN void wg_pages_close(struct wg_attachment *a);
static inline uint64_t wg_pages_epoch(const struct wg_attachment *a) {
	return atomic_load((const _Atomic uint64_t *)(const void *)(a->policy + offsetof(struct wg_policy_header, epoch)));
}
struct wg_policy_answer {
	uint64_t epoch;
	uint8_t source_state, target_state; /* WG_STATE_* */
	uint8_t source_flags, target_flags; /* WG_DOMAIN_* */
	uint16_t delay;                     /* nanoseconds, most, of the two the longer */
	struct wg_policy_entry entry;
};
WG_HIDDEN struct wg_policy_answer wg_pages_lookup(const struct wg_attachment *a, uint32_t source, uint32_t target);
WG_HIDDEN _Atomic uint64_t *wg_pages_word(const struct wg_attachment *a, uint32_t source, uint32_t target, int word);
WG_HIDDEN struct wg_policy_domain wg_pages_domain(const struct wg_attachment *a, uint32_t domain);
WG_HIDDEN _Atomic uint64_t *wg_pages_lost(const struct wg_attachment *a);
WG_HIDDEN void wg_pages_ring(const struct wg_attachment *a);
WG_HIDDEN void wg_pages_carry(struct wg_attachment *from, struct wg_attachment *to);

/* wire.c */
WG_HIDDEN int wg_wire_hello(const struct wg_config *config);
WG_HIDDEN int wg_wire_attach(struct wg_attachment *into, uint64_t continues, char *message, size_t size);
WG_HIDDEN int wg_wire_ready(void);
WG_HIDDEN int wg_wire_bye(void);
WG_HIDDEN int wg_wire_violation(const struct wg_report *r, uint32_t count, uint64_t lost);
WG_HIDDEN int wg_wire_mapped(uint16_t end, uint64_t generation);
WG_HIDDEN int wg_wire_receive(void);
WG_HIDDEN void wg_wire_close(void);

/* channel.c: the controller's side of channels */
WG_HIDDEN int wg_channels_prepare(void);
WG_HIDDEN int wg_channel_offered(struct wg_offer *o);
WG_HIDDEN void wg_channel_withheld(uint16_t end, uint32_t code, const char *reason);
WG_HIDDEN int64_t wg_channel_moved(struct wg_channel_end *e, uint64_t at);
WG_HIDDEN int wg_channels_settle(void);
WG_HIDDEN void wg_channels_lost(void);
WG_HIDDEN void wg_channels_wake(void);
WG_HIDDEN bool wg_channel_control_is(const struct wg_channel_control *c, const struct wg_offer *o, uint64_t ring_size);

/* alloc.c: the thread, whose code is in the last domain of its chain; NULL outside. It is found as the gate finds it. */
WG_HIDDEN struct wg_thread *wg_here(void);

/* report.c */
WG_HIDDEN void wg_report(struct wg_attachment *a, const struct wg_report *r);
WG_HIDDEN int wg_report_flush(uint64_t now);

/* supervise.c */
WG_HIDDEN int wg_supervise(struct wg_thread *t);

#endif
