/* SPDX-License-Identifier: Apache-2.0 */
/* Ways that name the memory by its address: loads, and system calls on it. */
#include "attack.h"

#include <asm/ldt.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/shm.h>
#include <sys/uio.h>

static bool by_write(void) { return copied(secret, LENGTH); }

static bool stored(void) {
	secret[0] = 'x';
	return true;
}

static bool read_into(void) {
	int p[2];
	return pipe(p) == 0 && write(p[1], "lies", 4) == 4 && read(p[0], (void *)secret, 4) == 4;
}

static bool by_vmsplice(void) {
	int p[2];
	struct iovec v = {(void *)secret, LENGTH};
	return pipe2(p, O_NONBLOCK) == 0 && vmsplice(p[1], &v, 1, 0) == LENGTH && read(p[0], got, LENGTH) == LENGTH;
}

static void *loads(void *unused) {
	(void)unused;
	return load() ? got : NULL;
}

static bool by_thread(void) {
	pthread_t t;
	return pthread_create(&t, NULL, loads, NULL) == 0 && pthread_join(t, NULL) == 0;
}

/* Looks at every page near to where the kernel puts memory. */
static bool by_scanning(void) {
	const size_t near = (size_t)64 << 20;
	char *here = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (char *at = here - near; at < here + near; at += PAGE)
		if ((access(at, F_OK) == 0 || errno != EFAULT) && copied(at, PAGE) && contains(got, PAGE))
			return true;
	return false;
}

static bool retagged(void) { return pkey_mprotect((void *)secret, PAGE, PROT_READ | PROT_WRITE, 0) == 0 && load(); }

static bool retagged_as_own(void) {
	int key = own_key() < 0 ? 0 : own_key();
	return pkey_mprotect((void *)secret, PAGE, PROT_READ | PROT_WRITE, key) == 0 && load();
}

static bool protected(void) { return mprotect((void *)secret, PAGE, PROT_READ | PROT_WRITE) == 0 && load(); }

static bool executable_and_back(void) {
	return mprotect((void *)secret, PAGE, PROT_EXEC) == 0 && mprotect((void *)secret, PAGE, PROT_READ | PROT_WRITE) == 0 && load();
}

/* With a key free, the kernel takes it for memory that is executable alone. */
static bool executable_with_a_key(void) { return pkey_free(15) == 0 && executable_and_back(); }

static bool freed_and_taken(void) {
	for (int key = 1; key < 16; key++)
		if (pkey_free(key) != 0 || pkey_alloc(0, 0) < 0)
			return false;
	return load();
}

#define LOW ((char *)0x20000000)

static bool moved(void) {
	if (mremap((void *)secret, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, LOW) == MAP_FAILED)
		return false;
	secret = LOW;
	return load();
}

static int call32(long number, long a, long b) {
	int result;
	__asm__ volatile("push %%rbx\n mov %2, %%rbx\n int $0x80\n pop %%rbx" : "=a"(result) : "a"(number), "r"(a), "c"(b) : "memory");
	return result;
}

/* The same by the 32-bit table: pkey_free is 382 there, pkey_alloc 381. */
static bool freed_and_taken32(void) {
	for (int key = 1; key < 16; key++)
		if ((errno = -call32(382, key, 0)) != 0 || call32(381, 0, 0) < 0)
			return false;
	return load();
}

/* The same number in the table of x32. */
static bool retagged_by_x32(void) {
	return syscall(0x40000000 | SYS_pkey_mprotect, secret, PAGE, PROT_READ | PROT_WRITE, 0) == 0 && load();
}

static bool mapped_again(void) {
	char *at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, shared, 0);
	return at != MAP_FAILED && memcpy(got, at, LENGTH) != NULL;
}

static bool read_by_file(void) { return pread(shared, got, LENGTH, 0) == LENGTH; }

static bool opened_again(void) {
	shared = open("shared", O_RDONLY);
	return mapped_again();
}

static bool attached_again(void) {
	char *at = shmat(shared, NULL, SHM_RDONLY);
	return at != MAP_FAILED && memcpy(got, at, LENGTH) != NULL;
}

/* Of shared memory, no old length makes a second mapping. */
static bool doubled(void) {
	char *at = mremap((void *)secret, 0, PAGE, MREMAP_MAYMOVE);
	return at != MAP_FAILED && memcpy(got, at, LENGTH) != NULL;
}

static bool mapped_over(void) {
	return mmap((void *)secret, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

static bool given_up(void) { return madvise((void *)secret, PAGE, MADV_DONTNEED) == 0; }

static bool given_up_by_process(void) {
	struct iovec v = {(void *)secret, PAGE};
	int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
	return syscall(SYS_process_madvise, self, &v, 1, MADV_DONTNEED, 0) == PAGE;
}

static bool unmapped(void) { return munmap((void *)secret, PAGE) == 0; }

static bool closed(void) { return mprotect((void *)secret, PAGE, PROT_NONE) == 0; }

/* Fills the page that vault never touched. */
static bool filled(void) {
	static char lies[PAGE] __attribute__((aligned(PAGE))) = {'l', 'i', 'e', 's'};
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {.range = {(unsigned long)secret + PAGE, PAGE}, .mode = UFFDIO_REGISTER_MODE_MISSING};
	struct uffdio_copy copy = {.dst = (unsigned long)secret + PAGE, .src = (unsigned long)lies, .len = PAGE};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (fd < 0)
		return false;
	bool did = ioctl(fd, UFFDIO_API, &api) == 0 && ioctl(fd, UFFDIO_REGISTER, &range) == 0 && ioctl(fd, UFFDIO_COPY, &copy) == 0;
	int why = errno;
	close(fd);
	errno = why;
	return did;
}

static volatile int ending; /* the thread that does */

/* Has the kernel clear a word there when a thread ends. */
static void *end_with_word(void *unused) {
	(void)unused;
	syscall(SYS_set_tid_address, secret);
	ending = (int)syscall(SYS_gettid);
	return NULL;
}

/* Runs work in a thread, until the kernel has done what it does at its end. */
static bool until_ended(void *(*work)(void *)) {
	pthread_t t;
	if (pthread_create(&t, NULL, work, NULL) != 0)
		return false;
	while (ending == 0 || syscall(SYS_tgkill, getpid(), ending, 0) == 0)
		usleep(1000);
	return true;
}

static bool cleared_at_end(void) { return until_ended(end_with_word); }

/* Vault keeps numbers of threads, as words of robust locks are: the kernel marks only a word that has the number of the thread that ends. */
static bool note_threads(void) {
	for (size_t i = 0; i < PAGE / sizeof(uint32_t); i++)
		((uint32_t *)(void *)kept)[i] = (uint32_t)syscall(SYS_gettid) + 1 + (uint32_t)i;
	memcpy((void *)(secret + PAGE), kept, PAGE);
	return true;
}

static void *end_with_lock(void *unused) {
	(void)unused;
	static struct robust_list lock;
	static struct robust_list_head locks = {.list = {&lock}};
	const int own = (int)syscall(SYS_gettid);
	lock.next = &locks.list;
	locks.futex_offset = (long)(secret + PAGE) + (own - getpid() - 1) * (long)sizeof(uint32_t) - (long)&lock;
	syscall(SYS_set_robust_list, &locks, sizeof locks);
	ending = own;
	return NULL;
}

static bool marked_at_end(void) { return until_ended(end_with_lock); }

/* Has the kernel note the processor there, in place of where the C library has it do so. */
static void *note_processor(void *unused) {
	(void)unused;
	const int forget = 1; /* RSEQ_FLAG_UNREGISTER */
	const size_t size = 32;
	char *librarys = (char *)__builtin_thread_pointer() + __rseq_offset;
	if (syscall(SYS_rseq, librarys, size, forget, RSEQ_SIG) == 0 && syscall(SYS_rseq, secret + PAGE, size, 0, RSEQ_SIG) == 0)
		syscall(SYS_rseq, secret + PAGE, size, forget, RSEQ_SIG);
	ending = (int)syscall(SYS_gettid);
	return NULL;
}

static bool noted(void) { return until_ended(note_processor); }

/* Reads through a segment that begins there: of its base the processor has 32 bits, the rest is the offset's. */
static bool by_segment(void) {
	const struct user_desc segment = {
		.base_addr = (unsigned)(uintptr_t)secret, .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1, .useable = 1,
	};
	const uintptr_t rest = (uintptr_t)secret >> 32 << 32;
	if (syscall(SYS_modify_ldt, 1, &segment, sizeof segment) != 0)
		return false;
	__asm__ volatile("mov %0, %%gs" : : "r"((uint32_t)7)); /* the table's first, for programs */
	for (unsigned i = 0; i < LENGTH; i++)
		__asm__ volatile("movb %%gs:(%1), %0" : "=q"(got[i]) : "r"(rest + i) : "memory");
	return true;
}

static bool heap_moved(void) { return syscall(SYS_brk, secret + PAGE) == (long)secret + PAGE; }

const struct vector memory_vectors[] = {
	{.name = "load", .attempt = load},
	{.name = "store", .attempt = stored, .kind = DESTROYS},
	{.name = "write", .attempt = by_write},
	{.name = "read", .attempt = read_into, .kind = DESTROYS},
	{.name = "vmsplice", .attempt = by_vmsplice},
	{.name = "thread", .attempt = by_thread},
	{.name = "scan", .attempt = by_scanning},
	{.name = "pkey_mprotect-0", .attempt = retagged},
	{.name = "pkey_mprotect-own", .attempt = retagged_as_own},
	{.name = "mprotect", .attempt = protected},
	{.name = "executable-and-back", .attempt = executable_and_back},
	{.name = "executable-with-a-key", .attempt = executable_with_a_key},
	{.name = "free-and-take", .attempt = freed_and_taken},
	{.name = "mremap", .attempt = moved},
	{.name = "int80", .attempt = freed_and_taken32},
	{.name = "x32", .attempt = retagged_by_x32},
	{.name = "map-again", .attempt = mapped_again, .kind = SHARED},
	{.name = "pread", .attempt = read_by_file, .kind = SHARED},
	{.name = "open-again", .attempt = opened_again, .kind = SHARED},
	{.name = "shmat", .attempt = attached_again, .kind = SHARED_SYSV},
	{.name = "mremap-0", .attempt = doubled, .kind = SHARED},
	{.name = "map-over", .attempt = mapped_over, .kind = DESTROYS},
	{.name = "map-over-and-wait", .attempt = mapped_over, .kind = WAITS},
	{.name = "dontneed", .attempt = given_up, .kind = DESTROYS},
	{.name = "process_madvise", .attempt = given_up_by_process, .kind = DESTROYS},
	{.name = "munmap", .attempt = unmapped, .kind = DESTROYS},
	{.name = "mprotect-none", .attempt = closed, .kind = DESTROYS},
	{.name = "userfaultfd", .attempt = filled, .kind = DESTROYS},
	{.name = "set_tid_address", .attempt = cleared_at_end, .kind = DESTROYS},
	{.name = "set_robust_list", .attempt = marked_at_end, .prepare = note_threads, .kind = DESTROYS},
	{.name = "rseq", .attempt = noted, .kind = DESTROYS},
	{.name = "modify_ldt", .attempt = by_segment},
	{.name = "brk", .attempt = heap_moved, .kind = DESTROYS},
	{0},
};
