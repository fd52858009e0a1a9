/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * libwaveguard lets a C or C++ program live behind Waveguard's walls: several
 * services in one process, each in a protection domain of its own, which touch
 * each other's regions never and call each other only through gates that obey
 * the daemon's policy.
 *
 * WHAT IS PROTECTED, with protection keys (Intel and AMD PKU):
 *  - regions (wg_region_alloc), the heap of a domain (wg_alloc), and the stacks on which the code of a
 *    domain runs: only threads inside the domain can touch them;
 *  - what the library itself decides by: policy, counters to come, who is where.
 *    No service can write it; every one can read it.
 *
 * WHAT IS NOT, but for services that waveguard-host loads (compartment.h): the heap (malloc), globals, thread-local data, the stacks that
 * threads began on. They have key 0, which every domain can use. A function that
 * a domain calls through a pointer in such memory is a way in. Code that may
 * make any system call (pkey_mprotect, munmap, rt_sigreturn, arch_prctl, opening
 * /proc/self/mem) or has a WRPKRU of its own gets around the walls: filter the
 * first, and look for the second with `waveguard scan --accept entry`.
 *
 * THREADS. All functions may be called by any thread, except where a
 * function says otherwise. At most WG_MAX_THREADS threads use the library at a time.
 *
 * One process attaches once: there is no host object.
 */
#ifndef WAVEGUARD_H
#define WAVEGUARD_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/** Most threads that use the library at a time. */
#define WG_MAX_THREADS 256
/** How deep wg_run, wg_call and wg_outside nest. */
#define WG_MAX_DEPTH 16
/** Most services of one process. */
#define WG_MAX_SERVICES 1024
/** Most bytes of a name, without its end. */
#define WG_MAX_NAME 63
/** The signal by which the library ends an operation that overstays; reserved for it, and to be left
 *  unblocked inside. */
#define WG_DWELL_SIGNAL 16 /* SIGSTKFLT, which neither kernel nor libc sends */
/** What wg_find_service, wg_find_gate and wg_find_channel return for what is not hosted. */
#define WG_NONE UINT32_MAX

/** What functions return. Negative numbers are errors. */
enum wg_status {
	WG_OK = 0,
	WG_E_ARGUMENT = -1,       /**< an argument breaks a rule of the function */
	WG_E_SYSTEM = -2,         /**< a system call failed */
	WG_E_REFUSED = -3,        /**< the daemon refused; the message says why */
	WG_E_FORMAT = -4,         /**< the daemon sent what the protocol does not allow */
	WG_E_UNSUPPORTED = -5,    /**< this machine lacks what the backend needs */
	WG_E_PLACE = -6,          /**< not from here: inside, outside, or before wg_attach */
	WG_E_DEPTH = -7,          /**< nested deeper than WG_MAX_DEPTH */
	WG_E_FAULT = -8,          /**< the code touched a region of another domain and was ended */
	WG_E_TRANSITION = -9,     /**< policy permits no calls between the two domains */
	WG_E_OPERATION = -10,     /**< policy does not permit this operation */
	WG_E_RATE = -11,          /**< more calls per second than policy permits */
	WG_E_OUT_OF_SERVICE = -12,/**< one of the domains is out of service */
	WG_E_THREADS = -13,       /**< more threads than WG_MAX_THREADS */
	WG_E_CLOSED = -14,        /**< after wg_close */
	WG_E_NOT_HOSTED = -15,    /**< no such service, operation or region in this process */
	WG_E_STACK = -16,         /**< the caller's stack pointer is not on its stack, or near its end */
	WG_E_DWELL = -17,         /**< the operation stayed longer than policy permits and was ended */
	WG_E_CHANNEL = -18,       /**< the channel is not open; wg_channel_why says why */
	WG_E_FULL = -19,          /**< a consumer has not made room yet */
	WG_E_EMPTY = -20,         /**< there is no message yet */
	WG_E_TOO_LARGE = -21,     /**< the message is larger than the channel's slots */
	WG_E_BUSY = -22           /**< another thread is at this end */
};

/** What builds the walls. WG_BACKEND_BEST takes PKU, else MPROTECT. */
enum wg_backend {
	WG_BACKEND_BEST = 0,
	WG_BACKEND_NONE,     /**< no walls; strength NONE */
	WG_BACKEND_MPROTECT, /**< a region is open to the process while a thread is
	                          inside its domain: for development; strength MPROTECT */
	WG_BACKEND_PKU       /**< protection keys; strength HARDWARE_REGION */
};

/** A function that a domain offers. Words are handed over as they are: memory
 *  that one points to must be open to both sides. They come from strangers: believe neither
 *  them nor what is in memory that others can write, and copy it before checking. */
typedef uintptr_t (*wg_function)(uintptr_t a, uintptr_t b, uintptr_t c);

/** What other services may ask a service to do. */
struct wg_operation {
	const char *name; /**< 1 to WG_MAX_NAME bytes of UTF-8, no spaces */
	wg_function function;
};

/** What a service is to a channel. */
enum wg_role {
	WG_PRODUCER = 1, /**< sends; a channel has one */
	WG_CONSUMER = 2  /**< receives; every one of a channel gets every message */
};

/** An end of a channel that a service has. */
struct wg_end {
	enum wg_role role;
	const char *channel; /**< as the daemon's configuration has it */
};

/** A service of this process. */
struct wg_service {
	const char *name; /**< as the daemon's configuration has it */
	/** What wg_run runs in the service's domain; may be NULL. No other function can be entered
	 *  but this and the operations. All code outside of domains can have it run, with any argument. */
	wg_function run;
	const struct wg_operation *operations;
	size_t operation_count; /**< at most 32 for all services of a domain */
	const struct wg_end *channels; /**< each channel once */
	size_t channel_count;          /**< at most 32, and 256 for all services of the process */
};

/** What wg_attach is told. Everything is copied. */
struct wg_config {
	const char *socket; /**< of the daemon, such as /run/waveguard/attach.sock; at most 107 bytes */
	enum wg_backend backend;
	const struct wg_service *services;
	size_t service_count; /**< 1 to WG_MAX_SERVICES */
	size_t stack_size;    /**< bytes of each thread's stack in each domain, 16 KiB to 1 GiB; 0 is 64 KiB */
};

/** Index of a service, and of a way into an operation. */
typedef uint32_t wg_service_id;
typedef uint32_t wg_gate;
/** Index of an end of a channel. */
typedef uint32_t wg_channel;

/**
 * Joins the daemon with all services of the process. It can be tried again, with the same backend, while the daemon is
 * not there or refuses. Call it before there are
 * threads that use the library, and before code that is not trusted runs. It
 * takes all protection keys of the process, installs a handler of SIGSEGV that passes on
 * what is not the library's and one of WG_DWELL_SIGNAL, and starts two threads: one reports to the daemon
 * and attaches again when it comes back, one watches over how long calls stay.
 *
 * @param message  is given what went wrong, in words; may be NULL
 * @param size     bytes of message
 * @return WG_OK, WG_E_ARGUMENT, WG_E_SYSTEM, WG_E_REFUSED, WG_E_FORMAT, WG_E_UNSUPPORTED,
 *         or WG_E_PLACE if the process attached before
 */
int wg_attach(const struct wg_config *config, char *message, size_t size);

/**
 * Detaches from the daemon and makes wg_run return WG_E_CLOSED from now on.
 * Threads that are inside go on under the last policy. Regions stay mapped until the process ends.
 * @return WG_OK, or WG_E_PLACE inside a domain
 */
int wg_close(void);

/** Finds a service of this process; WG_NONE if it is not hosted. */
wg_service_id wg_find_service(const char *service);

/** Finds the way into an operation of a service; WG_NONE if there is none. */
wg_gate wg_find_gate(const char *service, const char *operation);

/**
 * Runs the service's function `run` in its domain on this thread, with the
 * argument as its first word and zeros for the others.
 * While it runs all signals are blocked that are not the processor's own
 * (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP), and WG_DWELL_SIGNAL. Handlers of those need SA_ONSTACK.
 *
 * @param result  is given what the function returned; may be NULL
 * @return WG_OK, WG_E_NOT_HOSTED, WG_E_PLACE when the thread is inside already,
 *         WG_E_CLOSED, WG_E_FAULT, WG_E_THREADS, WG_E_SYSTEM
 */
int wg_run(wg_service_id service, uintptr_t argument, uintptr_t *result);

/**
 * Asks a service of this process to perform an operation, in its domain and on its
 * stack, with cleared registers. The thread comes back to where it
 * was, however the operation ends; a C++ exception that leaves it ends the
 * process. A call within one domain needs no permission.
 *
 * @param result  is given what the operation returned; may be NULL
 * @return WG_OK; WG_E_TRANSITION, WG_E_OPERATION, WG_E_RATE, WG_E_OUT_OF_SERVICE, and
 *         nothing of the target ran; WG_E_FAULT when the operation was ended by
 *         touching memory of another domain, WG_E_DWELL when it was ended because it, or the call that
 *         it was part of, stayed longer than policy permits (locks that it held stay locked);
 *         WG_E_PLACE outside of wg_run; WG_E_DEPTH, WG_E_NOT_HOSTED, WG_E_STACK, WG_E_SYSTEM
 */
int wg_call(wg_gate gate, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t *result);

/**
 * Runs a function with every domain closed to the thread, on a stack that is
 * open to all, and comes back. Code that waits for long belongs in it: a thread that
 * waits inside keeps a hardware key, of which there are 13 to lend. In it
 * no call can be made. Its stack is open to all: believe what it returns as little as any argument.
 *
 * @return as wg_call
 */
int wg_outside(wg_function function, uintptr_t argument, uintptr_t *result);

/**
 * Makes memory of a service's domain: zeroed, in whole pages, with an
 * inaccessible page on both sides, left out of core dumps. Inside a domain only
 * that domain's memory can be made. Do not pass it to munmap, mremap or mprotect.
 *
 * @param size  bytes, 1 to 2^40
 * @return the memory; NULL if there is none, the thread may not, or the domain has 8192 regions,
 *         stacks and parts of its heap among them
 */
void *wg_region_alloc(wg_service_id service, size_t size);

/**
 * Unmaps a region. Inside a domain only its own can be. One that is sealed (WG_SEALED) is no longer a region to
 * free, but keeps its memory, and what is in it, and counts among the domain's 8192: do not make and free many.
 * @return WG_OK, WG_E_NOT_HOSTED for what is no region or goes with its domain, WG_E_PLACE
 */
int wg_region_free(void *region);

/**
 * Makes the regions that a service's domain gets from now on prefer memory of a NUMA node, those of its
 * heap included. Other nodes serve when that one has none left.
 * @return WG_OK, WG_E_ARGUMENT, WG_E_PLACE inside another domain; WG_E_UNSUPPORTED when kernel or machine
 *         have no such node, and nothing changes
 */
int wg_numa_prefer(wg_service_id service, unsigned node);

/**
 * Allocates from the heap of the domain that the thread is in, which all services of the domain share, as
 * malloc does from that of the process. Objects of 64 bytes and more begin on a cache line;
 * no two domains share one. What the heap remembers of its objects is in its own domain's memory.
 * Chunks for objects of up to 1 MiB are kept when they are empty; larger ones have
 * regions of their own, which stay where they are sealed (wg_region_free). A heap has 6 GiB for the first and at
 * most 3072 of the others.
 *
 * @param size       bytes; 0 gives an object as well
 * @param alignment  a power of 2, up to 1 MiB
 * @return memory that is not cleared; NULL, and errno ENOMEM, if there is none, the alignment is none, or the
 *         thread is in no domain
 */
void *wg_alloc(size_t size);
void *wg_alloc_aligned(size_t alignment, size_t size);

/**
 * Makes an object larger or smaller; it may move. An alignment beyond max_align_t is not kept.
 * @return as wg_alloc; with NULL the object stays as it is
 */
void *wg_realloc(void *object, size_t size);

/**
 * Gives an object back; NULL is none. What is no object of the heap of the domain that the thread is in, or was
 * given back already, ends the process with a message that says which.
 */
void wg_free(void *object);

/** Returns how many bytes an object has room for; 0 if it is none of the heap of where the thread is. */
size_t wg_usable_size(const void *object);

/**
 * pthread_create that starts the thread outside of every domain, wherever it is
 * called. A thread that is made inside a domain by other means has that
 * domain's rights, which it was not counted for: do not.
 * Inside, thread, attributes and argument must be in memory open to all, and the thread has
 * all signals blocked.
 *
 * @return 0 or an error of errno.h, as pthread_create
 */
int wg_thread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);

/*
 * CHANNELS. A channel carries messages from one service, its producer, to others, its consumers, in this process or in
 * others, in order and without the kernel: through a ring of shared memory that the daemon makes, in which the
 * producer alone can write. channel.h describes it. The memory of an end is a region of its service's domain: these functions work
 * in that domain only, and return WG_E_PLACE elsewhere. What the channel is like, its configuration says: how many slots of which
 * size; whether a producer without room waits (BLOCK) or overwrites the oldest messages (DROP_OLDEST); and how
 * consumers check what they get (CRC32C against accidents, HMAC-SHA256 against who does not have the channel's key).
 *
 * When the daemon makes the ring anew, after a commit or when it was restarted, ends move to the new one by themselves: a
 * consumer takes what is left in the old one first.
 *
 * One thread at a time is at an end: to another one these functions return WG_E_BUSY. The copy of a message, and the slot for the next
 * one, are the end's: what wg_channel_receive and wg_channel_loan return is good until the end is used next.
 *
 * Believe what is in a message as little as an argument of an operation. With BLOCK and without a check it is read in the ring, where its
 * producer can still change it: copy before checking. In all other channels it is a copy in memory of this domain.
 */

/** How long to wait, in nanoseconds. */
struct wg_wait {
	int64_t time; /**< in all: 0 not at all, -1 for ever */
	int64_t busy; /**< of that, from the beginning, looking again and again; -1 all of it. It costs a processor and keeps a
	                   hardware key, and is quicker. The rest of the time is spent outside of the domain */
};

/** A message that was received. */
struct wg_message {
	const void *data;
	size_t size;         /**< octets */
	uint64_t sequence;   /**< of this generation, from 0 on */
	uint64_t generation; /**< number of the ring that it came through */
	uint64_t lost;       /**< messages between the one before and this that were overwritten before they were read */
	uint64_t corrupted;  /**< likewise, that failed their check */
};

/** Finds a service's end of a channel; WG_NONE if it has none. */
wg_channel wg_find_channel(const char *service, const char *channel);

/**
 * Says whether a channel is open, and why not. Works everywhere.
 *
 * @param text  is given the reason, in the daemon's words; empty if it is open; may be NULL
 * @param size  bytes of text; 1025 are enough
 * @return WG_OK, WG_E_CHANNEL, WG_E_NOT_HOSTED
 */
int wg_channel_why(wg_channel channel, char *text, size_t size);

/** Returns the most octets of a message, 0 while that is not known because the channel was not open yet. Works everywhere. */
size_t wg_channel_slot_size(wg_channel channel);

/**
 * Sends a copy of a message.
 *
 * @param data  memory that the domain can read
 * @param size  octets
 * @return WG_OK; WG_E_FULL or WG_E_CHANNEL when the time is over, and nothing was sent; WG_E_TOO_LARGE, WG_E_PLACE,
 *         WG_E_NOT_HOSTED, WG_E_ARGUMENT at an end that receives, WG_E_BUSY; WG_E_CLOSED after wg_close
 */
int wg_channel_send(wg_channel channel, const void *data, size_t size, struct wg_wait wait);

/**
 * Lends the slot of the next message, to be written in place and sent with wg_channel_publish. Another wg_channel_loan or wg_channel_send takes it back:
 * a message that was not published was never there.
 *
 * @param slot  is given the memory, aligned to 64 bytes; what is in it is what was there before
 * @param room  is given how many octets the slot has; may be NULL
 * @return as wg_channel_send
 */
int wg_channel_loan(wg_channel channel, void **slot, size_t *room, struct wg_wait wait);

/**
 * Sends the first octets of the slot that was lent. Do not write it any more.
 * @return WG_OK; WG_E_EMPTY if none is lent; WG_E_CHANNEL if the channel was closed meanwhile, and nothing was sent;
 *         WG_E_TOO_LARGE, and the slot stays lent; else as wg_channel_send
 */
int wg_channel_publish(wg_channel channel, size_t size);

/**
 * Receives the next message. What fails its check is skipped, and counted in the message that comes after. It releases the message before.
 *
 * @param message  memory that the domain can write; as it was if the function does not return WG_OK
 * @return WG_OK; WG_E_EMPTY or WG_E_CHANNEL when the time is over; WG_E_PLACE, WG_E_NOT_HOSTED,
 *         WG_E_ARGUMENT at an end that sends, WG_E_BUSY; WG_E_CLOSED after wg_close, when there is nothing left
 */
int wg_channel_receive(wg_channel channel, struct wg_message *message, struct wg_wait wait);

/**
 * Makes room for the producer, if the message is still the one that was received last: do not read it any more.
 * @return WG_OK, WG_E_PLACE, WG_E_NOT_HOSTED, WG_E_ARGUMENT, WG_E_BUSY
 */
int wg_channel_release(wg_channel channel, const struct wg_message *message);

/** What wg_status_of tells. */
enum wg_property {
	WG_ATTACHED,      /**< 1 while the daemon is there */
	WG_ATTACHMENT,    /**< id of the current or last attachment */
	WG_BACKEND,       /**< enum wg_backend in use */
	WG_STRENGTH,      /**< 0 NONE, 1 MPROTECT, 2 HARDWARE_REGION, 3 HARDWARE_COMPARTMENT */
	WG_EPOCH,         /**< publication of the policy in force */
	WG_KEY_LOADS,     /**< times that a domain was given a key */
	WG_KEY_EVICTIONS, /**< times that another one lost it for that */
	WG_KEY_WAITS,     /**< times that a thread found every key in use */
	WG_SEALED,        /**< regions, stacks and parts of heaps among them, that are sealed: those of domains that were
	                       pinned at wg_attach, where the kernel can (mseal, Linux 6.10); 0 without protection keys */
	WG_UNPINNED       /**< domains that policy pins and that are not, because 12 others are: the first 12 in the order of
	                       the services are, those with seals before all; 0 without protection keys */
};

/** Returns a number about the library, 0 before wg_attach. */
uint64_t wg_status_of(enum wg_property property);

/** Returns a few words for a status; never NULL. */
const char *wg_strerror(int status);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* WAVEGUARD_H */
