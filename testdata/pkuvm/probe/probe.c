/* Proves that memory protection keys work: prints how many keys there are and
 * how a read through a closed one ends. Exits with 0 if it could find out. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

static sigjmp_buf escape;
static volatile siginfo_t fault;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	fault = *info;
	siglongjmp(escape, 1);
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	int closed = pkey_alloc(0, PKEY_DISABLE_ACCESS);
	int keys = closed >= 0;
	volatile char *page;

	if (closed < 0)
		return fail("pkey_alloc");
	while (pkey_alloc(0, 0) >= 0)
		keys++;
	printf("keys %d\n", keys);

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return fail("mmap");
	page[0] = 42;
	if (pkey_mprotect((void *)page, 4096, PROT_READ | PROT_WRITE, closed))
		return fail("pkey_mprotect");
	if (sigaction(SIGSEGV, &action, NULL))
		return fail("sigaction");

	if (sigsetjmp(escape, 1) == 0)
		printf("read %d\n", page[0]);
	else
		printf("SIGSEGV si_code %d, at the page %d, by the key %d\n", fault.si_code,
		       fault.si_addr == (void *)page, (int)fault.si_pkey == closed);

	if (pkey_set(closed, 0))
		return fail("pkey_set");
	printf("opened %d\n", page[0]);
	return 0;
}
