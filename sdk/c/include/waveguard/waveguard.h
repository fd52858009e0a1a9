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
/** What wg_find_service and wg_find_gate return for what is not hosted. */
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
	WG_E_DWELL = -17          /**< the operation stayed longer than policy permits and was ended */
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

/** A service of this process. */
struct wg_service {
	const char *name; /**< as the daemon's configuration has it */
	/** What wg_run runs in the service's domain; may be NULL. No other function can be entered
	 *  but this and the operations. All code outside of domains can have it run, with any argument. */
	wg_function run;
	const struct wg_operation *operations;
	size_t operation_count; /**< at most 32 for all services of a domain */
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
