/* SPDX-License-Identifier: Apache-2.0 */
/* A process with two services that does what it reads, one line at a time, and prints the
 * status and the result: front, in one domain, calls vault, in another. */
#define _GNU_SOURCE
#include "expect.h"

#include <limits.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static wg_gate gate_read, gate_peek, gate_echo;
static wg_service_id front, vault;
static volatile int *secret, *open_letter; /* regions of vault and front */
static void *jump[5];
static volatile sig_atomic_t signals;

static void on_signal(int number) { signals += number == SIGUSR1; }

static uintptr_t read_secret(uintptr_t a, uintptr_t b, uintptr_t c) { return (uintptr_t)*secret + a + b + c; }

static uintptr_t peek(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	return (uintptr_t)*open_letter; /* of front */
}

static uintptr_t dawdle(uintptr_t milliseconds, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	struct timespec t = {.tv_nsec = (long)milliseconds * 1000000};
	return (uintptr_t)nanosleep(&t, NULL);
}

static uintptr_t leap(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	__builtin_longjmp(jump, 1);
}

/* The bits that are set in any register but those of the arguments. */
uintptr_t residue(uintptr_t a, uintptr_t b, uintptr_t c);
/* Breaks every rule about registers that a function has. */
uintptr_t clobber(uintptr_t a, uintptr_t b, uintptr_t c);
/* Fills registers, and calls: returns the status, or 1000 if one came back changed. */
int call_with_registers(wg_gate gate, uintptr_t *result);
__asm__(".text\n"
	"residue:\n"
	"  or %rbx, %rax\n  or %rbp, %rax\n  or %r8, %rax\n  or %r9, %rax\n  or %r10, %rax\n  or %r11, %rax\n"
	"  or %r12, %rax\n  or %r13, %rax\n  or %r14, %rax\n  or %r15, %rax\n"
	"  movq %xmm0, %rcx\n  or %rcx, %rax\n  movq %xmm7, %rcx\n  or %rcx, %rax\n  movq %xmm15, %rcx\n  or %rcx, %rax\n"
	"  movq %mm0, %rcx\n  or %rcx, %rax\n  movq %mm3, %rcx\n  or %rcx, %rax\n  movq %mm7, %rcx\n  or %rcx, %rax\n  emms\n"
	"  ret\n"
	"clobber:\n"
	"  mov $-1, %rbx\n  mov %rbx, %rbp\n  mov %rbx, %r12\n  mov %rbx, %r13\n  mov %rbx, %r14\n  mov %rbx, %r15\n"
	"  movq %rbx, %xmm3\n  std\n  movl $0x7f80, -8(%rsp)\n  ldmxcsr -8(%rsp)\n  xor %eax, %eax\n  ret\n"
	"call_with_registers:\n"
	"  push %rbx\n  push %rbp\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n  sub $24, %rsp\n"
	"  mov %rsi, 8(%rsp)\n  mov $0x1234567, %rbx\n  mov %rbx, %rbp\n  mov %rbx, %r12\n  mov %rbx, %r13\n  mov %rbx, %r14\n  mov %rbx, %r15\n"
	"  movq %rbx, %xmm0\n  movq %rbx, %xmm7\n  movq %rbx, %xmm15\n"
	"  movq %rbx, %mm0\n  movq %rbx, %mm3\n  movq %rbx, %mm7\n  emms\n  fldz\n  fldz\n  fcompp\n"
	"  mov %rsi, %r8\n  xor %esi, %esi\n  xor %edx, %edx\n  xor %ecx, %ecx\n  call wg_call\n"
	"  mov $1000, %edx\n"
	"  cmp $0x1234567, %rbx\n  cmovne %edx, %eax\n  cmp %rbx, %rbp\n  cmovne %edx, %eax\n  cmp %rbx, %r12\n  cmovne %edx, %eax\n"
	"  cmp %rbx, %r13\n  cmovne %edx, %eax\n  cmp %rbx, %r14\n  cmovne %edx, %eax\n  cmp %rbx, %r15\n  cmovne %edx, %eax\n"
	"  stmxcsr 8(%rsp)\n  mov 8(%rsp), %ecx\n  and $0xffc0, %ecx\n  cmp $0x1f80, %ecx\n  cmovne %edx, %eax\n"
	"  add $24, %rsp\n  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbp\n  pop %rbx\n  ret\n");

static uintptr_t echo(uintptr_t depth, uintptr_t b, uintptr_t c) {
	char room[2000]; /* every level has its own part of the stack */
	memset(room, (int)depth, sizeof room);
	(void)b, (void)c;
	if (depth == 0)
		return 100;
	uintptr_t below = 0;
	int status = wg_call(depth % 2 ? gate_echo : wg_find_gate("front", "echo"), depth - 1, 0, 0, &below);
	for (size_t i = 0; i < sizeof room; i++)
		if (room[i] != (char)depth)
			return 7777;
	return status == WG_OK ? below + 1 : (uintptr_t)(-status);
}

struct order {
	char verb[32], what[32];
	long n;
	int status;
	uintptr_t result;
};

static void *work(void *order) {
	struct order *o = order;
	o->status = wg_run(front, (uintptr_t)o, NULL);
	return NULL;
}

/* Whether calls take times that differ by more than 10 microseconds: 1 if so. */
static void spread(struct order *o) {
	long least = LONG_MAX, most = 0;
	for (long i = 0; i < o->n; i++) {
		struct timespec from, to;
		clock_gettime(CLOCK_MONOTONIC, &from);
		o->status = wg_call(gate_read, 0, 0, 0, NULL);
		clock_gettime(CLOCK_MONOTONIC, &to);
		const long took = (to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec;
		least = took < least ? took : least;
		most = took > most ? took : most;
	}
	o->result = most - least > 10000;
}

/* Uses the whole stack, and what is below it. */
static uintptr_t recurse(uintptr_t depth) {
	volatile char room[512] = {(char)depth};
	return depth == 0 ? 0 : recurse(depth - 1) + (uintptr_t)room[0];
}

static uintptr_t outside_work(uintptr_t order, uintptr_t b, uintptr_t c) {
	struct order *o = (struct order *)order;
	(void)b, (void)c;
	if (strcmp(o->verb, "outside-peek") == 0)
		return (uintptr_t)*open_letter;
	EXPECT(wg_call(gate_read, 0, 0, 0, NULL) == WG_E_PLACE);
	EXPECT(wg_run(front, 0, NULL) == WG_E_PLACE);
	return 11;
}

static void leap_to_front(struct order *o) {
	if (__builtin_setjmp(jump) == 0)
		o->status = wg_call(wg_find_gate("vault", "leap"), 0, 0, 0, &o->result);
	else
		o->status = 999; /* the thread is here with the rights of vault */
}

/* Threads that are made inside begin outside. */
static void start_threads(struct order *o) {
	pthread_t *threads = calloc((size_t)o->n, sizeof *threads);
	struct order *each = calloc((size_t)o->n, sizeof *each);
	for (long i = 0; i < o->n; i++) {
		each[i] = (struct order){.verb = "call", .what = "read", .n = 10};
		EXPECT(wg_thread_create(&threads[i], NULL, work, &each[i]) == 0);
	}
	o->status = WG_OK;
	for (long i = 0; i < o->n; i++) {
		pthread_join(threads[i], NULL);
		if (each[i].status != WG_OK)
			o->status = each[i].status;
	}
	free(threads);
	free(each);
}

static uintptr_t in_front(uintptr_t order, uintptr_t b, uintptr_t c) {
	struct order *o = (struct order *)order;
	(void)b, (void)c;
	if (*open_letter == 0)
		*open_letter = 5;
	EXPECT(*open_letter == 5);
	if (strcmp(o->verb, "call") == 0)
		for (long i = 0; i < o->n; i++)
			o->status = wg_call(wg_find_gate("vault", o->what), 1, 2, 3, &o->result);
	else if (strcmp(o->verb, "spread") == 0)
		spread(o);
	else if (strcmp(o->verb, "dawdle") == 0)
		o->status = wg_call(wg_find_gate("vault", "dawdle"), (uintptr_t)o->n, 0, 0, &o->result);
	else if (strcmp(o->verb, "registers") == 0)
		o->status = call_with_registers(wg_find_gate("vault", o->what), &o->result);
	else if (strcmp(o->verb, "own") == 0)
		o->status = wg_call(wg_find_gate("front", "echo"), 0, 0, 0, &o->result);
	else if (strcmp(o->verb, "nest") == 0)
		o->status = wg_call(gate_echo, (uintptr_t)o->n, 0, 0, &o->result);
	else if (strcmp(o->verb, "peek") == 0)
		o->result = (uintptr_t)*secret;
	else if (strcmp(o->verb, "poke") == 0)
		*secret = 1;
	else if (strcmp(o->verb, "call-peek") == 0)
		o->status = wg_call(gate_peek, 0, 0, 0, &o->result);
	else if (strncmp(o->verb, "outside", 7) == 0)
		o->status = wg_outside(outside_work, order, &o->result);
	else if (strcmp(o->verb, "leap") == 0)
		leap_to_front(o);
	else if (strcmp(o->verb, "threads") == 0)
		start_threads(o);
	else if (strcmp(o->verb, "signal") == 0)
		o->result = kill(getpid(), SIGUSR1) == 0 && signals == 0; /* it waits until the thread is outside */
	else if (strcmp(o->verb, "exit-thread") == 0)
		pthread_exit(NULL);
	else if (strcmp(o->verb, "recurse") == 0)
		o->result = recurse((uintptr_t)o->n);
	else if (strcmp(o->verb, "signals") == 0)
		o->result = (uintptr_t)signals;
	else if (strcmp(o->verb, "send-fault") == 0)
		o->status = kill(getpid(), SIGSEGV);
	else if (strcmp(o->verb, "region") == 0)
		o->result = wg_region_alloc(vault, 10) == NULL && wg_region_free((void *)(uintptr_t)secret) == WG_E_PLACE;
	EXPECT(*open_letter == 5);
	return 0;
}

int main(int argc, char **argv) {
	static const struct wg_operation vault_operations[] = {
		{"read", read_secret}, {"peek", peek}, {"dawdle", dawdle}, {"leap", leap},
		{"residue", residue}, {"clobber", clobber}, {"echo", echo},
	};
	static const struct wg_operation front_operations[] = {{"echo", echo}};
	static const struct wg_service services[] = {
		{"front", in_front, front_operations, 1, NULL, 0},
		{"vault", NULL, vault_operations, sizeof vault_operations / sizeof *vault_operations, NULL, 0},
	};
	EXPECT(argc == 3);
	EXPECT(wg_run(0, 0, NULL) == WG_E_PLACE && wg_find_service("front") == WG_NONE);
	attach_or_exit(argv[1], argv[2], services, 2);
	front = wg_find_service("front");
	vault = wg_find_service("vault");
	gate_read = wg_find_gate("vault", "read");
	gate_peek = wg_find_gate("vault", "peek");
	gate_echo = wg_find_gate("vault", "echo");
	secret = wg_region_alloc(vault, 5000);
	open_letter = wg_region_alloc(front, 1);
	EXPECT(secret != NULL && open_letter != NULL && wg_find_gate("vault", "none") == WG_NONE);
	void *passing = wg_region_alloc(front, 1 << 20);
	EXPECT(passing != NULL && wg_region_free(passing) == WG_OK && wg_region_free(passing) == WG_E_NOT_HOSTED);
	EXPECT(wg_run(vault, 0, NULL) == WG_E_NOT_HOSTED && wg_call(gate_read, 0, 0, 0, NULL) == WG_E_PLACE);
	signal(SIGUSR1, on_signal);
	printf("ready\n");
	fflush(stdout);
	char line[200];
	while (fgets(line, sizeof line, stdin) != NULL) {
		struct order o = {.n = 0};
		if (sscanf(line, "%31s %31s %ld", o.verb, o.what, &o.n) < 1)
			break;
		if (strcmp(o.verb, "status") == 0) {
			printf("%llu %llu %llu\n", (unsigned long long)wg_status_of(WG_ATTACHED),
			       (unsigned long long)wg_status_of(WG_BACKEND), (unsigned long long)wg_status_of(WG_EPOCH));
		} else if (strcmp(o.verb, "crash") == 0) {
			*(volatile int *)(uintptr_t)secret = 1; /* outside of all: as any program */
		} else {
			int status = wg_run(front, (uintptr_t)&o, NULL);
			printf("%d %d %lld\n", status, o.status, (long long)o.result);
		}
		fflush(stdout);
	}
	EXPECT(wg_close() == WG_OK && wg_run(front, 0, NULL) == WG_E_CLOSED);
	return 0;
}
