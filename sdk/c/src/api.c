/* SPDX-License-Identifier: Apache-2.0 */
/* What programs call: everything here runs with the caller's rights, and decides nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "heap.h"

#define FAULT_STACK (64u * 1024)

__typeof__(wg_controller) wg_controller __attribute__((aligned(4096)));
union wg_thread_slot wg_threads[WG_MAX_THREADS] __attribute__((aligned(WG_SLOT_SIZE)));

/* The controller's canary, which the compiler asks for by this name, is its field. */
__asm__(".globl __stack_chk_guard\n.hidden __stack_chk_guard\n.set __stack_chk_guard, wg_controller");
_Static_assert(offsetof(struct wg_controller, canary) == 0, "the canary is where the assembler says");

/* A hint: the gate checks it. */
_Thread_local struct wg_thread *wg_self __attribute__((tls_model("initial-exec")));
/* A hint for the handlers of signals. */
_Thread_local bool wg_inside __attribute__((tls_model("initial-exec")));
static _Thread_local void *fault_stack __attribute__((tls_model("initial-exec")));

/* 0 before wg_attach. Whoever changes it has a gate that faults. */
int wg_attached_with;

static pthread_key_t thread_end;
static pthread_t supervisor;
static struct sigaction previous;

struct wg_answer wg_pass(uint64_t op, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
	return wg_attached_with == WG_WITH_KEYS ? wg_gate_pku(a, b, c, d, 0, op) : wg_gate_plain(a, b, c, d, 0, op);
}

/* The stacks of the gate and of domains cannot take a signal handler that runs with the rights
 * of a handler: only what the processor itself raises stays open. */
static void block(sigset_t *before) {
	sigset_t most;
	sigfillset(&most);
	sigdelset(&most, SIGSEGV);
	sigdelset(&most, SIGBUS);
	sigdelset(&most, SIGFPE);
	sigdelset(&most, SIGILL);
	sigdelset(&most, SIGTRAP);
	sigdelset(&most, WG_DWELL_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &most, before);
}

static void unblock(const sigset_t *before) { pthread_sigmask(SIG_SETMASK, before, NULL); }

/* Makes the thread known to the gate. */
static int ready(void) {
	if (wg_self != NULL)
		return WG_OK;
	if (wg_attached_with == 0)
		return WG_E_PLACE;
	sigset_t before;
	block(&before);
	struct wg_answer a = wg_attached_with == WG_WITH_KEYS ? wg_register_pku() : wg_register_plain();
	unblock(&before);
	if (a.status != WG_OK)
		return (int)a.status;
	wg_self = (struct wg_thread *)a.value;
	pthread_setspecific(thread_end, wg_self);
	return WG_OK;
}

/* Does what does not need to be quick. */
static struct wg_answer ask(uint64_t op, uint64_t a, uint64_t b) {
	int status = ready();
	if (status != WG_OK)
		return (struct wg_answer){status, 0};
	sigset_t before;
	if (!wg_inside)
		block(&before);
	struct wg_answer answer = wg_pass(op, a, b, 0, 0);
	if (!wg_inside)
		unblock(&before);
	return answer;
}

static void forget_thread(void *state) {
	wg_self = state;
	sigset_t before;
	block(&before);
	if (wg_attached_with == WG_WITH_KEYS)
		wg_unregister_pku();
	else
		wg_unregister_plain();
	wg_self = NULL;
	if (fault_stack != NULL) {
		const stack_t none = {.ss_flags = SS_DISABLE};
		sigaltstack(&none, NULL);
		munmap(fault_stack, FAULT_STACK);
		fault_stack = NULL;
	}
	unblock(&before);
}

/* Runs with the rights of a signal handler. Inside a domain the thread goes on in the gate, which
 * decides what the fault was; otherwise it is whose handler was there before. */
static void on_fault(int number, siginfo_t *info, void *context) {
	if (wg_inside && info->si_code > 0) { /* of the processor, not sent by somebody */
		greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
		registers[REG_R10] = registers[REG_RIP];
		registers[REG_RIP] = (greg_t)(wg_attached_with == WG_WITH_KEYS ? wg_back_pku : wg_back_plain);
		registers[REG_RDI] = WG_OP_FAULT;
		registers[REG_RSI] = (greg_t)info->si_addr;
		wg_unendable = 0; /* of what ends here: who called it held nothing */
	} else if (previous.sa_flags & SA_SIGINFO) {
		previous.sa_sigaction(number, info, context);
	} else if (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN) {
		signal(number, SIG_DFL);
		raise(number); /* at the latest when the handler is left */
	} else {
		previous.sa_handler(number);
	}
}

/* Whether the code that a signal came upon can be ended there: it is not the gate or the controller, nor
 * a handler on the stack for those, nor does it hold locks that others need. */
static bool can_end(const greg_t *registers, const stack_t *handlers) {
	const uintptr_t code = (uintptr_t)registers[REG_RIP], stack = (uintptr_t)registers[REG_RSP];
	return !wg_within(code, wg_gate_text, (size_t)(wg_gate_text_end - wg_gate_text)) && !wg_within(stack, wg_threads, sizeof wg_threads) &&
	       !wg_within(stack, handlers->ss_sp, handlers->ss_size) && wg_unendable == 0;
}

/* A call of this thread was over its deadline when the watcher looked. Inside, and if it still
 * is, the thread goes on in the gate; whom it finds elsewhere the watcher tells again. */
static void on_dwell(int number, siginfo_t *info, void *context) {
	ucontext_t *c = context;
	greg_t *registers = c->uc_mcontext.gregs;
	(void)number;
	(void)info;
	if (!wg_inside || !can_end(registers, &c->uc_stack) || wg_pass(WG_OP_OVERDUE, 0, 0, 0, 0).value == 0)
		return;
	registers[REG_RIP] = (greg_t)(wg_attached_with == WG_WITH_KEYS ? wg_back_pku : wg_back_plain);
	registers[REG_RDI] = WG_OP_DWELL;
}

static int catch_signals(void) {
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, WG_DWELL_SIGNAL); /* or the fault would be left half done, and blocked */
	if (sigaction(SIGSEGV, &action, &previous) != 0)
		return WG_E_SYSTEM;
	if (WG->compartments && (sigaction(SIGBUS, &action, NULL) != 0 || sigaction(SIGFPE, &action, NULL) != 0))
		return WG_E_SYSTEM;
	action.sa_sigaction = on_dwell;
	action.sa_flags |= SA_RESTART;
	return sigaction(WG_DWELL_SIGNAL, &action, NULL) == 0 ? WG_OK : WG_E_SYSTEM;
}

/* Gives the thread a stack for the handler, unless it has one. */
static int need_fault_stack(void) {
	stack_t stack;
	if (fault_stack != NULL || sigaltstack(NULL, &stack) != 0 || !(stack.ss_flags & SS_DISABLE))
		return WG_OK;
	void *memory = mmap(NULL, FAULT_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return WG_E_SYSTEM;
	stack = (stack_t){.ss_sp = memory, .ss_size = FAULT_STACK};
	if (sigaltstack(&stack, NULL) != 0)
		return WG_E_SYSTEM;
	fault_stack = memory;
	return WG_OK;
}

static void *supervise(void *unused) {
	(void)unused;
	if (ready() == WG_OK)
		(void)wg_pass(WG_OP_SUPERVISE, 0, 0, 0, 0);
	return NULL;
}

static void *watch(void *unused) {
	(void)unused;
	if (ready() == WG_OK)
		(void)wg_pass(WG_OP_WATCH, 0, 0, 0, 0);
	return NULL;
}

/* The child of fork is no part of the attachment. */
static void be_child(void) {
	wg_attached_with = 0;
	wg_self = NULL;
	wg_inside = false;
}

/* Makes ready what threads need, while the process can still attach or not. */
int wg_threads_prepare(void) {
	if (pthread_atfork(NULL, NULL, be_child) != 0 || catch_signals() != WG_OK || pthread_key_create(&thread_end, forget_thread) != 0)
		return WG_E_SYSTEM;
	return WG_OK;
}

/* The two threads that stay in the controller. The watcher does so as long as the process lives. */
static int start_own(void) {
	pthread_t watcher;
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failure = pthread_create(&supervisor, NULL, supervise, NULL);
	if (failure == 0 && (failure = pthread_create(&watcher, NULL, watch, NULL)) == 0)
		pthread_detach(watcher);
	unblock(&before);
	return failure == 0 ? WG_OK : WG_E_SYSTEM;
}

/* Lets threads in, the library's own first. */
int wg_threads_start(bool with_keys) {
	wg_attached_with = with_keys ? WG_WITH_KEYS : WG_PLAIN;
	return start_own();
}

int wg_close(void) {
	int status = (int)ask(WG_OP_CLOSE, 0, 0).status;
	if (status == WG_OK && supervisor != 0) {
		pthread_join(supervisor, NULL);
		supervisor = 0;
	}
	return status;
}

wg_service_id wg_find_service(const char *service) {
	for (uint32_t i = 0; ready() == WG_OK && i < WG->services; i++)
		if (strcmp(WG->hosted[i].name, service) == 0)
			return i;
	return WG_NONE;
}

wg_gate wg_find_gate(const char *service, const char *operation) {
	wg_service_id s = wg_find_service(service);
	if (s == WG_NONE)
		return WG_NONE;
	const struct wg_hosted *h = &WG->hosted[s];
	for (uint32_t i = h->first_gate; i < h->first_gate + h->gates; i++)
		if (strcmp(WG->way[i].name, operation) == 0)
			return i;
	return WG_NONE;
}

wg_channel wg_find_channel(const char *service, const char *channel) {
	wg_service_id s = wg_find_service(service);
	for (uint32_t i = 0; s != WG_NONE && i < WG->ends; i++)
		if (WG->end[i].service == s && strcmp(WG->end[i].name, channel) == 0)
			return i;
	return WG_NONE;
}

static int answer(struct wg_answer a, uintptr_t *result) {
	if (result != NULL)
		*result = a.value;
	return (int)a.status;
}

int wg_run(wg_service_id service, uintptr_t argument, uintptr_t *result) {
	if (wg_inside)
		return WG_E_PLACE;
	int status = ready();
	if (status == WG_OK)
		status = need_fault_stack();
	if (status != WG_OK)
		return status;
	sigset_t before;
	block(&before);
	wg_inside = true;
	struct wg_answer a = wg_pass(WG_OP_RUN, service, argument, 0, 0);
	wg_inside = false;
	unblock(&before);
	return answer(a, result);
}

int wg_call(wg_gate target, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t *result) {
	if (!wg_inside)
		return WG_E_PLACE;
	const uint64_t as_it_is = (uintptr_t)result; /* the registers stay where they are */
	if (wg_attached_with == WG_WITH_KEYS)
		return answer(wg_gate_pku(target, a, b, c, as_it_is, WG_OP_CALL), result);
	return answer(wg_gate_plain(target, a, b, c, as_it_is, WG_OP_CALL), result);
}

int wg_outside(wg_function function, uintptr_t argument, uintptr_t *result) {
	if (!wg_inside || function == NULL)
		return wg_inside ? WG_E_ARGUMENT : WG_E_PLACE;
	return answer(wg_pass(WG_OP_OUTSIDE, (uintptr_t)function, argument, 0, 0), result);
}

void *wg_region_alloc(wg_service_id service, size_t size) { return (void *)ask(WG_OP_REGION_ALLOC, service, size).value; }

int wg_region_free(void *region) { return (int)ask(WG_OP_REGION_FREE, (uintptr_t)region, 0).status; }

int wg_numa_prefer(wg_service_id service, unsigned node) { return (int)ask(WG_OP_PREFER, service, node).status; }

struct start {
	pthread_t *thread;
	const pthread_attr_t *attributes;
	void *(*function)(void *);
	void *argument;
};

static uintptr_t create_outside(uintptr_t start, uintptr_t b, uintptr_t c) {
	const struct start *s = (const struct start *)start;
	(void)b;
	(void)c;
	return (uintptr_t)pthread_create(s->thread, s->attributes, s->function, s->argument);
}

int wg_thread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
	if (!wg_inside)
		return pthread_create(thread, attributes, start, argument);
	struct start *s = malloc(sizeof *s); /* the stack here is not open outside */
	if (s == NULL)
		return ENOMEM;
	*s = (struct start){thread, attributes, start, argument};
	uintptr_t failure = 0;
	int status = wg_outside(create_outside, (uintptr_t)s, &failure);
	free(s);
	if (status == WG_E_PLACE) /* outside already */
		return pthread_create(thread, attributes, start, argument);
	return status == WG_OK ? (int)failure : EAGAIN;
}

uint64_t wg_status_of(enum wg_property property) { return ask(WG_OP_STATUS, property, 0).value; }

const char *wg_strerror(int status) {
	static const char *const words[] = {
		"success",
		"an argument breaks a rule of the function",
		"a system call failed",
		"refused by the daemon",
		"the daemon sent what the protocol does not allow",
		"this machine lacks what the backend needs",
		"not possible from here",
		"calls nest too deep",
		"ended by touching memory of another domain",
		"policy permits no calls between the domains",
		"policy does not permit the operation",
		"more calls per second than policy permits",
		"a domain is out of service",
		"too many threads use the library",
		"the library was closed",
		"not hosted by this process",
		"the stack pointer is not on the domain's stack, or near its end",
		"ended after staying longer than policy permits",
		"the channel is not open",
		"a consumer has not made room yet",
		"there is no message yet",
		"the message is larger than the channel's slots",
		"another thread is at this end of the channel",
	};
	if (status > 0 || status <= -(int)(sizeof words / sizeof *words))
		return "unknown status";
	return words[-status];
}
