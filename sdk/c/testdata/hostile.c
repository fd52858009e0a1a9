/* SPDX-License-Identifier: Apache-2.0 */
/* Code inside a domain that goes for the gate and the controller. Each attack ends the
 * process by a signal, or is refused; "survived" is what must never be printed after one. */
#define _GNU_SOURCE
#include "expect.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The library's inside, as an attacker who knows it would use it. */
extern char wg_gate_pku[], wg_back_pku[], wg_register_pku[], wg_unregister_pku[], wg_controller[], wg_threads[];
extern _Thread_local char *wg_self __attribute__((tls_model("initial-exec")));
struct reply {
	int64_t status;
	uint64_t value;
};

static volatile int *secret;
static const char *attack;
static long number;

/* Returns the place of the n-th WRPKRU of the gate. */
static char *wrpkru(long n) {
	for (char *at = wg_gate_pku; at < wg_gate_pku + 4096; at++)
		if (memcmp(at, "\x0f\x01\xef", 3) == 0 && n-- == 0)
			return at;
	return NULL;
}

static void jump(char *to, uint32_t rights, void *state) {
	__asm__ volatile("mov %2, %%rbx\n xor %%ecx, %%ecx\n xor %%edx, %%edx\n jmp *%1"
			 : : "a"(rights), "r"(to), "r"(state) : "rbx", "rcx", "rdx", "memory");
	__builtin_unreachable();
}

static _Atomic int entered;

/* Takes the place of the thread that has none, to have vault run on this one, beside all that the gate knows of it: where
 * the gate looks for who it is (3), or where it believes what the thread area says (0). */
static void be_nobody(void) {
	entered = 1;
	__asm__ volatile("xor %%eax, %%eax\n mov %%eax, %%fs\n xor %%ecx, %%ecx\n xor %%edx, %%edx\n mov $1, %%r10d\n"
			 "mov $3, %%r9d\n mov $0x55555550, %%eax\n jmp *%0" : : "r"(wrpkru(number)), "D"((uint64_t)1), "S"((uint64_t)1) : "rax", "rcx", "rdx", "r9", "r10", "memory");
	__builtin_unreachable();
}

static uintptr_t attack_from_inside(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	if (strcmp(attack, "open-all") == 0)
		jump(wrpkru(number), 0, wg_self);
	if (strcmp(attack, "open-key") == 0) /* vault's, at the place where domains' keys are opened */
		jump(wrpkru(1), 0x55555558u - (1u << 2 * 3), wg_self);
	if (strcmp(attack, "other-thread") == 0)
		for (char *slot = wg_threads;; slot += 32768)
			if (slot != wg_self && *(uint64_t *)(void *)slot != 0 && *(uint32_t *)(void *)(slot + 8) != 0x55555558)
				jump(wrpkru(1), *(uint32_t *)(void *)(slot + 8), slot);
	if (strcmp(attack, "nobody") == 0)
		be_nobody();
	if (strcmp(attack, "forge-state") == 0) {
		static char forged[65536] __attribute__((aligned(32768)));
		memcpy(forged, wg_self, 4096);
		wg_self = forged;
		(void)wg_call(0, 0, 0, 0, NULL);
	}
	if (strcmp(attack, "write-controller") == 0)
		*(volatile int *)(void *)wg_controller = 0;
	if (strcmp(attack, "write-state") == 0)
		*(volatile int *)(void *)(wg_self + 8) = 0;
	if (strcmp(attack, "run-inside") == 0) { /* past the checks of wg_run */
		struct reply (*gate)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t) = (void *)wg_gate_pku;
		struct reply r = gate(0, 0, 0, 0, 0, 3);
		printf("refused %lld\n", (long long)r.status);
		return 0;
	}
	if (strcmp(attack, "supervise") == 0) { /* be the one who talks to the daemon */
		struct reply (*gate)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t) = (void *)wg_gate_pku;
		struct reply r = gate(0, 0, 0, 0, 0, 7);
		printf("refused %lld\n", (long long)r.status);
		return 0;
	}
	if (strcmp(attack, "end-myself") == 0) /* be ended in time */
		((void (*)(uint64_t, uint64_t, uint64_t))(void *)wg_back_pku)(13, 0, 0);
	if (strcmp(attack, "call-back") == 0) /* a call by the way that keeps nothing of the caller: to come back to who was there before */
		((void (*)(uint64_t, uint64_t, uint64_t))(void *)wg_back_pku)(2, 0, 0);
	if (strcmp(attack, "watch") == 0 || strcmp(attack, "return") == 0) { /* be the watcher; return by the way of a call */
		struct reply (*gate)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t) = (void *)wg_gate_pku;
		struct reply r = gate(0, 0, 0, 0, 0, strcmp(attack, "watch") == 0 ? 11 : 0);
		printf("refused %lld\n", (long long)r.status);
		return 0;
	}
	if (strcmp(attack, "raise") == 0) /* the signal that ends who overstays, sent to who does not */
		return (uintptr_t)raise(WG_DWELL_SIGNAL);
	if (strcmp(attack, "bad-stack") == 0) { /* a call whose stack pointer is elsewhere */
		static uint64_t elsewhere[512] __attribute__((aligned(16)));
		struct reply r;
		__asm__ volatile("mov %%rsp, %%r12\n mov %3, %%rsp\n mov $2, %%r9d\n call wg_gate_pku\n mov %%r12, %%rsp"
				 : "=a"(r.status), "=d"(r.value) : "D"((uint64_t)0), "r"(&elsewhere[500]), "S"((uint64_t)0), "d"((uint64_t)0)
				 : "rcx", "r8", "r9", "r10", "r11", "r12", "memory");
		printf("refused %lld\n", (long long)r.status);
		return 0;
	}
	printf("survived, secret %d\n", *secret);
	return 0;
}

static uintptr_t nothing(uintptr_t a, uintptr_t b, uintptr_t c) { return a + b + c; }

/* Stays in vault, and should never begin twice. */
static uintptr_t stay(uintptr_t forever, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	while (forever != 0) {
		if (entered++ != 0) {
			syscall(SYS_write, 1, "survived\n", 9); /* as it is, without a thread area */
			syscall(SYS_exit_group, 0);
		}
		for (;;)
			pause();
	}
	return 0;
}

static void *stay_in_vault(void *unused) {
	(void)unused;
	(void)wg_run(wg_find_service("vault"), 1, NULL);
	return NULL;
}

int main(int argc, char **argv) {
	static const struct wg_operation operations[] = {{"nothing", nothing}};
	static const struct wg_service services[] = {{"front", attack_from_inside, operations, 1, NULL, 0}, {"vault", stay, operations, 1, NULL, 0}};
	EXPECT(argc >= 4);
	attack = argv[3];
	number = argc > 4 ? atol(argv[4]) : 0;
	setvbuf(stdout, NULL, _IONBF, 0);
	attach_or_exit(argv[1], argv[2], services, 2);
	secret = wg_region_alloc(wg_find_service("vault"), 4);
	EXPECT(secret != NULL && wg_run(wg_find_service("vault"), 0, NULL) == WG_OK); /* its key is lent */
	pthread_t thread;
	if (strcmp(attack, "other-thread") == 0) {
		EXPECT(pthread_create(&thread, NULL, stay_in_vault, NULL) == 0);
		while (entered == 0)
			usleep(1000);
	}
	int status = wg_run(wg_find_service("front"), 0, NULL);
	printf("ended %d\n", status);
	return 0;
}
