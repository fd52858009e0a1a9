/* SPDX-License-Identifier: Apache-2.0 */
/* Ways through the kernel's views of a process: /proc, tracing, dumps, samples. */
#include "attack.h"

#include <cpuid.h>
#include <elf.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

static bool by_readv(void) {
	struct iovec to = {got, LENGTH}, from = {(void *)secret, LENGTH};
	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == LENGTH;
}

static bool by_writev(void) {
	struct iovec lies = {got, LENGTH}, at = {(void *)secret, LENGTH};
	return process_vm_writev(getpid(), &lies, 1, &at, 1, 0) == LENGTH;
}

static bool read_at(const char *path, off_t at, void *to, size_t length) {
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	bool did = pread(fd, to, length, at) == (ssize_t)length;
	int why = errno;
	close(fd);
	errno = why;
	return did;
}

static bool memory_of(const char *format, int id) {
	char path[64];
	snprintf(path, sizeof path, format, id);
	return read_at(path, (off_t)secret, got, LENGTH);
}

static bool own_memory(void) { return memory_of("/proc/self/mem", 0); }
static bool thread_memory(void) { return memory_of("/proc/self/task/%d/mem", (int)syscall(SYS_gettid)); }
static bool memory_of_this_thread(void) { return memory_of("/proc/thread-self/mem", 0); }
static bool memory_by_root(void) { return memory_of("/proc/self/root" "/proc/self/mem", 0); }
static bool memory_by_cwd(void) { return memory_of("/proc/self/cwd/../../../../../../../../proc/self/mem", 0); }

static bool written_memory(void) {
	int fd = open("/proc/self/mem", O_RDWR);
	return fd >= 0 && pwrite(fd, "lies", 4, (off_t)secret) == 4;
}

/* The same pages, mapped by the link to what was mapped. */
static bool mapped_by_link(void) {
	char path[64];
	snprintf(path, sizeof path, "/proc/self/map_files/%lx-%lx", (unsigned long)secret, (unsigned long)secret + 2 * PAGE);
	int fd = open(path, O_RDONLY);
	char *at = fd < 0 ? MAP_FAILED : mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	return at != MAP_FAILED && memcpy(got, at, LENGTH) != NULL;
}

/* Runs work in a child and takes what it writes into the pipe. */
static bool from_child(void (*work)(int to), bool (*look)(pid_t)) {
	int p[2];
	if (pipe(p) != 0)
		return false;
	pid_t child = fork();
	if (child < 0)
		return false;
	if (child == 0) {
		signal(SIGSEGV, SIG_DFL);
		work(p[1]);
		_exit(0);
	}
	close(p[1]);
	bool did = look != NULL ? look(child) : read(p[0], got, LENGTH) == LENGTH;
	int why = errno;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(p[0]);
	errno = why;
	return did;
}

static void send_secret(int to) {
	if (write(to, (const void *)secret, LENGTH) != LENGTH)
		_exit(1);
}

static void linger(int to) {
	(void)to;
	for (;;)
		pause();
}

static bool memory_of_child(pid_t child) { return memory_of("/proc/%d/mem", child); }

static bool readv_of_child(pid_t child) {
	struct iovec to = {got, LENGTH}, from = {(void *)secret, LENGTH};
	return process_vm_readv(child, &to, 1, &from, 1, 0) == LENGTH;
}

static bool by_fork(void) { return from_child(send_secret, NULL); }
static bool by_child_memory(void) { return from_child(linger, memory_of_child); }
static bool by_child_readv(void) { return from_child(linger, readv_of_child); }

static bool by_vfork(void) {
	static int p[2];
	if (pipe(p) != 0)
		return false;
	pid_t child = vfork();
	if (child == 0) {
		if (write(p[1], (const void *)secret, LENGTH) != LENGTH)
			_exit(1);
		_exit(0);
	}
	close(p[1]);
	waitpid(child, NULL, 0);
	return read(p[0], got, LENGTH) == LENGTH;
}

/* Traces the thread that forked, which waits for an answer. */
static bool traced(void) {
	pid_t parent = getppid();
	return ptrace(PTRACE_ATTACH, parent, NULL, NULL) == 0 && waitpid(parent, NULL, __WALL) == parent;
}

static void peek(int to) {
	long words[LENGTH / sizeof(long)];
	if (!traced())
		_exit(1);
	for (unsigned i = 0; i < LENGTH / sizeof(long); i++)
		words[i] = ptrace(PTRACE_PEEKDATA, getppid(), secret + i * sizeof(long), NULL);
	ptrace(PTRACE_DETACH, getppid(), NULL, NULL);
	if (write(to, words, LENGTH) != LENGTH)
		_exit(1);
}

static void read_parent(int to) {
	if (!memory_of("/proc/%d/mem", getppid()) || write(to, got, LENGTH) != LENGTH)
		_exit(1);
}

static bool by_parent_memory(void) { return from_child(read_parent, NULL); }

static void set_rights(int to) {
	static char state[65536] __attribute__((aligned(64)));
	struct iovec v = {state, sizeof state};
	unsigned size, offset, c, d;
	__cpuid_count(0xd, 9, size, offset, c, d);
	if (!traced() || ptrace(PTRACE_GETREGSET, getppid(), NT_X86_XSTATE, &v) != 0)
		_exit(1);
	*(uint64_t *)(void *)(state + 512) |= 1 << 9;
	*(uint32_t *)(void *)(state + offset) = 0;
	bool did = ptrace(PTRACE_SETREGSET, getppid(), NT_X86_XSTATE, &v) == 0;
	ptrace(PTRACE_DETACH, getppid(), NULL, NULL);
	if (!did || size < 4 || write(to, state, LENGTH) != LENGTH)
		_exit(1);
}

static bool by_peek(void) { return from_child(peek, NULL); }
static bool by_set_rights(void) { return from_child(set_rights, NULL) && load(); }

static int held = -1; /* the file's number in the child */

static void hold(int to) {
	char now[LENGTH];
	for (unsigned i = 0; i < LENGTH; i++)
		now[i] = secret_octet(i);
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);
	if (write(fd, now, LENGTH) != LENGTH || write(to, &fd, sizeof fd) != sizeof fd)
		_exit(1);
	linger(to);
}

/* Takes a file out of another process. */
static bool by_pidfd(void) {
	int p[2];
	if (pipe(p) != 0)
		return false;
	pid_t child = fork();
	if (child == 0)
		hold(p[1]);
	bool did = read(p[0], &held, sizeof held) == sizeof held;
	int fd = did ? (int)syscall(SYS_pidfd_getfd, (int)syscall(SYS_pidfd_open, child, 0), held, 0) : -1;
	did = fd >= 0 && pread(fd, got, LENGTH, 0) == LENGTH;
	int why = errno;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	errno = why;
	return did;
}

/* A message of one octet with room for a file. */
static struct {
	char octet;
	struct iovec part;
	struct msghdr head;
	union {
		struct cmsghdr file;
		char room[CMSG_SPACE(sizeof(int))];
	} with;
} message;

static struct msghdr *compose(void) {
	message.part = (struct iovec){&message.octet, 1};
	message.head = (struct msghdr){.msg_iov = &message.part, .msg_iovlen = 1, .msg_control = &message.with, .msg_controllen = sizeof message.with};
	message.with.file = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	return &message.head;
}

static void send_file(int to) {
	int fd = open("shared", O_RDWR);
	struct msghdr *m = compose();
	memcpy(CMSG_DATA(&message.with.file), &fd, sizeof fd);
	_exit(fd < 0 || sendmsg(to, m, 0) != 1);
}

/* Gets the file of shared memory from another process of the user, and maps it. */
static bool by_message(void) {
	int ends[2], fd = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return false;
	pid_t child = fork();
	if (child == 0)
		send_file(ends[1]);
	close(ends[1]);
	if (recvmsg(ends[0], compose(), 0) == 1 && message.head.msg_controllen >= CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(&message.with.file), sizeof fd);
	waitpid(child, NULL, 0);
	char *at = fd < 0 ? MAP_FAILED : mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	return at != MAP_FAILED && memcpy(got, at, LENGTH) != NULL;
}

/* Lets /proc/self/cmdline be the page of the secret. */
static bool by_cmdline(void) {
	if (prctl(PR_SET_MM, PR_SET_MM_ARG_START, secret, 0, 0) != 0 || prctl(PR_SET_MM, PR_SET_MM_ARG_END, secret + PAGE, 0, 0) != 0)
		return false;
	return read_at("/proc/self/cmdline", 0, got, LENGTH);
}

/* The frame that holds the secret, of the file that shows frames. */
static uint64_t physical(void) {
	uint64_t entry = 0;
	if (!read_at("/proc/self/pagemap", (off_t)((uintptr_t)secret / PAGE * 8), &entry, 8))
		return 0;
	return (entry & ((UINT64_C(1) << 55) - 1)) * PAGE;
}

static bool by_kernel_memory(void) {
	static Elf64_Phdr part[256];
	Elf64_Ehdr head;
	uint64_t at = physical();
	if (at == 0 || !read_at("/proc/kcore", 0, &head, sizeof head))
		return false;
	unsigned n = head.e_phnum < 256 ? head.e_phnum : 256;
	if (!read_at("/proc/kcore", (off_t)head.e_phoff, part, n * sizeof part[0]))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (part[i].p_type == PT_LOAD && part[i].p_paddr <= at && at < part[i].p_paddr + part[i].p_memsz)
			return read_at("/proc/kcore", (off_t)(part[i].p_offset + at - part[i].p_paddr), got, LENGTH);
	return false;
}

static bool by_physical_memory(void) {
	uint64_t at = physical();
	return at != 0 && read_at("/dev/mem", (off_t)at, got, LENGTH);
}

/* Has a thread that is inside vault die of a signal, and its memory written to a file. */
static bool by_dump(void) {
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	if (setrlimit(RLIMIT_CORE, &all) != 0)
		return false;
	(void)madvise((void *)secret, PAGE, MADV_DODUMP);
	signal(SIGILL, SIG_DFL);
	syscall(SYS_tgkill, getpid(), victim_tid, SIGILL);
	for (;;)
		pause();
}

/* Has the kernel copy the stack of a thread that is inside vault, now and then. */
static bool by_samples(void) {
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof attr, .config = PERF_COUNT_SW_CPU_CLOCK, .sample_period = 100000,
		.sample_type = PERF_SAMPLE_STACK_USER | PERF_SAMPLE_REGS_USER, .sample_stack_user = 1024, .sample_regs_user = 1 << 7,
		.exclude_kernel = 1,
	};
	const size_t room = 64 * PAGE;
	int fd = (int)syscall(SYS_perf_event_open, &attr, victim_tid, -1, -1, 0);
	char *ring = fd < 0 ? MAP_FAILED : mmap(NULL, PAGE + room, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		return false;
	for (int i = 0; i < 5000; i++) {
		usleep(4000);
		for (size_t at = 0; at + PAGE <= room; at += PAGE / 2)
			if (contains(memcpy(got, ring + PAGE + at, PAGE), PAGE))
				return true;
	}
	return false;
}

const struct vector process_vectors[] = {
	{.name = "process_vm_readv", .attempt = by_readv},
	{.name = "process_vm_writev", .attempt = by_writev, .kind = DESTROYS},
	{.name = "proc-self-mem", .attempt = own_memory},
	{.name = "proc-task-mem", .attempt = thread_memory},
	{.name = "proc-thread-self-mem", .attempt = memory_of_this_thread},
	{.name = "proc-root-mem", .attempt = memory_by_root},
	{.name = "proc-cwd-mem", .attempt = memory_by_cwd},
	{.name = "proc-self-mem-write", .attempt = written_memory, .kind = DESTROYS},
	{.name = "map_files", .attempt = mapped_by_link, .kind = SHARED},
	{.name = "fork", .attempt = by_fork},
	{.name = "vfork", .attempt = by_vfork},
	{.name = "proc-parent-mem", .attempt = by_parent_memory},
	{.name = "fork-proc-mem", .attempt = by_child_memory},
	{.name = "fork-process_vm_readv", .attempt = by_child_readv},
	{.name = "ptrace-peek", .attempt = by_peek},
	{.name = "ptrace-setregset", .attempt = by_set_rights},
	{.name = "pidfd_getfd", .attempt = by_pidfd},
	{.name = "receive-file", .attempt = by_message, .kind = SHARED},
	{.name = "set-mm-cmdline", .attempt = by_cmdline},
	{.name = "kcore", .attempt = by_kernel_memory},
	{.name = "dev-mem", .attempt = by_physical_memory},
	{.name = "core-dump", .attempt = by_dump, .kind = VICTIM},
	{.name = "perf", .attempt = by_samples, .kind = VICTIM},
	{0},
};
