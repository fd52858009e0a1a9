//go:build linux && amd64

package redteam_test

var (
	byWalls = []string{theWalls}
	byProc  = []string{closedProc}
	byFixed = []string{fixedCode}
)

// natives are the ways that attacker takes, by their names there.
var natives = []way{
	{name: "load", how: "reads the memory", heldBy: byWalls},
	{name: "write", how: "has the kernel read it into a pipe", heldBy: byWalls},
	{name: "vmsplice", how: "moves its pages into a pipe", heldBy: byWalls},
	{name: "thread", how: "reads it in a thread that it starts", heldBy: byWalls},
	{name: "fork", how: "reads it in a child", heldBy: byWalls},
	{name: "vfork", how: "reads it in a child that shares its memory", heldBy: byWalls},
	{name: "scan", how: "looks at every page near to where the kernel puts memory", heldBy: byWalls},
	{name: "mprotect", how: "sets the protection that it has", heldBy: byWalls},
	{name: "mremap", how: "moves the memory elsewhere", heldBy: []string{theWalls, "mremap"}},
	{name: "mremap-0", how: "makes a second mapping of shared memory by mremap(2) with length 0", heldBy: byWalls},
	{name: "set_tid_address", how: "has the kernel clear a word there when a thread ends", heldBy: byWalls},
	{name: "set_robust_list", how: "has it mark a lock there as one whose holder has ended", heldBy: byWalls},
	{name: "rseq", how: "has it note there which processor a thread runs on", heldBy: byWalls},
	{name: "modify_ldt", how: "reads it through a segment of its own that begins there", heldBy: []string{theWalls, "modify_ldt"}},
	{name: "fault-handler", how: "calls the library's handler of faults with a fault that never was, and reads", heldBy: byWalls},
	{name: "fault-handler-gate", how: "the same, and goes on where the handler says", why: "the gate is there, which ends the code that had the fault, its own"},
	{name: "map-race", how: "reads while another thread makes, fills, parks and frees the memory, and has a fault handled", heldBy: byWalls},

	{name: "wrpkru", how: "executes WRPKRU of its own", seenBy: scanAtAttach},
	{name: "gate-wrpkru", how: "jumps to a WRPKRU of the gate with rights of its choice", why: "the gate compares the rights behind it; without that it is the way above"},
	{name: "signal-frame", how: "edits the rights in the frame of a signal's handler"},
	{name: "sigreturn", how: "returns from a signal that never came, with rights of its choice"},
	{name: "sigreturn-fx", how: "the same with a frame that has no rights, which opens all keys"},
	{name: "sigreturn-bare", how: "the same with a frame without registers, which leaves a thread the rights it would start with", heldBy: byWalls},
	{name: "arch_prctl-fs", how: "takes the thread area of a thread inside the other domain, and passes through the gate as that one"},
	{name: "wrfsbase", how: "the same with the instruction", seenBy: scanAtAttach},
	{name: "clone-tls", how: "the same with a new thread"},
	{name: "stray-thread", how: "keeps a thread that was made inside its domain until the key is lent to the other"},

	{name: "pkey_mprotect-0", how: "puts the memory under the key that all have open", heldBy: []string{"pkey_mprotect"}},
	{name: "pkey_mprotect-own", how: "puts the memory under its own key"},
	{name: "free-and-take", how: "gives every key back and takes it, which opens it", heldBy: []string{"pkey_free", "pkey_alloc"}},
	{name: "int80", how: "the same with system calls of the 32-bit table", heldBy: []string{theConfinement}},
	{name: "executable-and-back", how: "has the kernel move the pages to its key for executable memory, and from there to key 0", heldBy: []string{theWalls, "mprotect"}},
	{name: "executable-with-a-key", how: "the same, having given a key back for it", heldBy: []string{"pkey_free", "mprotect"}},
	{name: "feign-seccomp", how: "has a filter of its own say that new memory was put under its key", heldBy: []string{theWalls, "prctl"}},
	{name: "feign-dispatch", how: "has a handler of its own answer the call", heldBy: []string{"prctl"}},

	{name: "process_vm_readv", how: "has the kernel read it from this very process", heldBy: []string{"process_vm_readv"}},
	{name: "fork-process_vm_readv", how: "from a child", heldBy: []string{"process_vm_readv"}},
	{name: "proc-self-mem", how: "reads /proc/self/mem", heldBy: byProc},
	{name: "proc-task-mem", how: "reads /proc/self/task/TID/mem", heldBy: byProc},
	{name: "proc-thread-self-mem", how: "reads /proc/thread-self/mem", heldBy: byProc},
	{name: "proc-root-mem", how: "reads /proc/self/mem below /proc/self/root", heldBy: byProc},
	{name: "proc-cwd-mem", how: "reads /proc/self/cwd/../../proc/self/mem", heldBy: byProc},
	{name: "proc-parent-mem", how: "has a child read the file of its parent", heldBy: byProc},
	{name: "fork-proc-mem", how: "reads the file of a child", heldBy: byProc},
	{name: "proc-self-mem-write", how: "writes to /proc/self/mem", heldBy: byProc},
	{name: "set-mm-cmdline", how: "has its command line begin there (PR_SET_MM, as root), and reads /proc/self/cmdline", heldBy: []string{"prctl", closedProc}},
	{name: "kcore", how: "reads the kernel's memory in /proc/kcore, as root", heldBy: byProc},
	{name: "dev-mem", how: "reads /dev/mem, as root", why: "this kernel keeps RAM out of the file (CONFIG_STRICT_DEVMEM)"},
	{name: "ptrace-peek", how: "has a child trace it and read", heldBy: []string{"ptrace"}},
	{name: "ptrace-setregset", how: "has a child trace it and set its rights", heldBy: []string{"ptrace"}},
	{name: "pidfd_getfd", how: "takes an open file out of another process", heldBy: []string{"pidfd_getfd"}},
	{name: "perf", how: "has the kernel sample the stack of a thread inside the other domain", heldBy: []string{"perf_event_open"}},
	{name: "core-dump", how: "has such a thread die of a signal, and reads the core dump", heldBy: []string{"prlimit64"}},

	{name: "io_uring", how: "has io_uring read it", heldBy: []string{theWalls, "io_uring_setup", "io_uring_enter"}},
	{name: "io_uring-sqpoll", how: "with a thread of the kernel's", heldBy: []string{theWalls, "io_uring_setup"}, needs: []string{"io_uring_enter"}},
	{name: "io_uring-register", how: "as a registered buffer", heldBy: []string{theWalls, "io_uring_setup", "io_uring_enter", "io_uring_register"}},
	{name: "io_uring-sqpoll-vault", how: "has a ring read it that the other domain set up with a thread", heldBy: []string{"io_uring_setup"}, needs: []string{"io_uring_enter"}},
	{name: "io_uring-buffers-vault", how: "has a ring read it in which the other domain registered it", heldBy: []string{"io_uring_setup", "io_uring_enter", "io_uring_register"}},
	{name: "userfaultfd", how: "fills a page that the other domain has not touched yet", heldBy: []string{"userfaultfd"}},

	{name: "map-again", how: "maps shared memory again, by the file that is open"},
	{name: "open-again", how: "opens the file of shared memory again"},
	{name: "pread", how: "reads the file of shared memory"},
	{name: "map_files", how: "opens the file of shared memory by /proc/self/map_files, as root"},
	{name: "receive-file", how: "has another process send the file of shared memory over a Unix socket, and maps it"},
	{name: "shmat", how: "attaches System V shared memory again"},

	{name: "code-rwx", how: "writes a WRPKRU into memory that is executable too", heldBy: []string{"mmap"}},
	{name: "code-mprotect", how: "makes memory executable into which it wrote one", heldBy: []string{"mprotect"}},
	{name: "code-read-implies-exec", how: "has all memory be executable (personality)", heldBy: []string{"personality"}},
	{name: "code-memfd", how: "maps code of a file in memory", heldBy: []string{"memfd_create", fixedCode}},
	{name: "code-file", how: "maps code of a file that it wrote", heldBy: byFixed, seenBy: scanLater},
	{name: "code-file-edited", how: "writes into the file after a scan of what is mapped would have passed it", heldBy: byFixed, seenBy: scanLater},
	{name: "code-file-twice", how: "maps a file for writing and for execution", heldBy: []string{"mmap"}},
	{name: "code-halves-mremap", how: "moves one half of a WRPKRU behind the other", heldBy: []string{"mremap"}},
	{name: "code-halves-mmap", how: "maps its own file so that the halves meet", heldBy: byFixed, seenBy: scanLater},

	{name: "map-over", how: "maps fresh memory over it"},
	{name: "map-over-and-wait", how: "the same, and reads what the other domain writes there next"},
	{name: "dontneed", how: "gives the pages up"},
	{name: "process_madvise", how: "the same by process_madvise(2)", why: "this kernel does not do it there; newer ones do, for oneself"},
	{name: "munmap", how: "unmaps it"},
	{name: "mprotect-none", how: "takes all protections from it"},
	{name: "brk", how: "moves the end of the heap over it", why: "the heap does not grow over other memory"},
}
