package confine

import (
	"slices"

	"golang.org/x/sys/unix"
)

func lacks(argument int, bits uint32) test {
	return test{argument: argument, mask: bits, equal: true}
}

func is(argument int, value uint32) test {
	return test{argument: argument, mask: ^uint32(0), equal: true, value: value}
}

func isNot(argument int, value uint32) test {
	return test{argument: argument, mask: ^uint32(0), value: value}
}

// isNil holds for a pointer that is nil.
func isNil(argument int) []test {
	return []test{is(argument, 0), {argument: argument, high: true, mask: ^uint32(0), equal: true}}
}

// Kernel numbers that package unix lacks.
const (
	readImpliesExec = 0x0400000 // <linux/personality.h>
	askPersonality  = 0xffffffff
	newSpaces       = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC |
		unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET
	disableAccess  = 1 // PKEY_DISABLE_ACCESS of <linux/mman.h>
	shmExec        = 0o100000
	newUserfaultfd = 0xaa00 // USERFAULTFD_IOC_NEW of <linux/userfaultfd.h>
)

// Refusals returns what a policy refuses. (Facts of the bypasses: the kernel's
// mm/mprotect.c, mm/gup.c, kernel/ptrace.c and arch/x86/kernel/fpu/xstate.c.)
func Refusals(p Policy) []Refusal {
	var kept []Refusal
	for _, r := range refusals(p) {
		r.Calls = slices.DeleteFunc(r.Calls, func(c Call) bool { return slices.Contains(p.AllowCalls, c.Name) })
		if len(r.Calls) > 0 {
			kept = append(kept, r)
		}
	}
	return kept
}

func refusals(p Policy) []Refusal {
	all := []Refusal{
		{"reads and writes memory past all keys", unix.EPERM, calls(
			unix.SYS_PTRACE, "ptrace", unix.SYS_PROCESS_VM_READV, "process_vm_readv", unix.SYS_PROCESS_VM_WRITEV, "process_vm_writev",
			unix.SYS_PROCESS_MADVISE, "process_madvise", unix.SYS_KCMP, "kcmp",
		)},
		// /dev/userfaultfd gives the same by ioctl.
		{"fills pages of others on their first use", unix.ENOSYS, append(calls(unix.SYS_USERFAULTFD, "userfaultfd"),
			Call{"ioctl", unix.SYS_IOCTL, [][]test{{isNot(1, newUserfaultfd)}}})},
		{"goes on with the rights of the thread that began it", unix.ENOSYS, calls(
			unix.SYS_IO_URING_SETUP, "io_uring_setup", unix.SYS_IO_URING_ENTER, "io_uring_enter", unix.SYS_IO_URING_REGISTER, "io_uring_register",
		)},
		{"maps the same pages again, without their key", unix.EPERM, append(calls(
			unix.SYS_PIDFD_GETFD, "pidfd_getfd", unix.SYS_REMAP_FILE_PAGES, "remap_file_pages",
		), Call{"shmat", unix.SYS_SHMAT, [][]test{{lacks(2, shmExec)}}})},
		{"changes segments or the kernel's view of the address space", unix.EPERM, []Call{
			{"modify_ldt", unix.SYS_MODIFY_LDT, nil},
			{"prctl", unix.SYS_PRCTL, [][]test{ownProcess(p.Profile)}},
		}},
		{"makes all readable memory executable", unix.EPERM, []Call{
			{"personality", unix.SYS_PERSONALITY, [][]test{{is(0, askPersonality)}, {lacks(0, readImpliesExec)}}},
		}},
		{"sees or steers what other threads and processes do", unix.EPERM, calls(
			unix.SYS_PERF_EVENT_OPEN, "perf_event_open", unix.SYS_BPF, "bpf", unix.SYS_LOOKUP_DCOOKIE, "lookup_dcookie",
		)},
		{"changes the system", unix.EPERM, calls(
			unix.SYS_INIT_MODULE, "init_module", unix.SYS_FINIT_MODULE, "finit_module", unix.SYS_DELETE_MODULE, "delete_module",
			unix.SYS_KEXEC_LOAD, "kexec_load", unix.SYS_KEXEC_FILE_LOAD, "kexec_file_load", unix.SYS_REBOOT, "reboot",
			unix.SYS_IOPL, "iopl", unix.SYS_IOPERM, "ioperm", unix.SYS_SWAPON, "swapon", unix.SYS_SWAPOFF, "swapoff",
			unix.SYS_ACCT, "acct", unix.SYS_SYSLOG, "syslog", unix.SYS_QUOTACTL, "quotactl", unix.SYS_QUOTACTL_FD, "quotactl_fd",
			unix.SYS_SETTIMEOFDAY, "settimeofday", unix.SYS_CLOCK_SETTIME, "clock_settime",
			unix.SYS_SETHOSTNAME, "sethostname", unix.SYS_SETDOMAINNAME, "setdomainname", unix.SYS_VHANGUP, "vhangup",
		)},
		{"changes what files and processes there are to see", unix.EPERM, append(calls(
			unix.SYS_MOUNT, "mount", unix.SYS_UMOUNT2, "umount2", unix.SYS_PIVOT_ROOT, "pivot_root", unix.SYS_CHROOT, "chroot",
			unix.SYS_FSOPEN, "fsopen", unix.SYS_FSCONFIG, "fsconfig", unix.SYS_FSMOUNT, "fsmount", unix.SYS_FSPICK, "fspick",
			unix.SYS_OPEN_TREE, "open_tree", unix.SYS_OPEN_TREE_ATTR, "open_tree_attr", unix.SYS_MOVE_MOUNT, "move_mount", unix.SYS_MOUNT_SETATTR, "mount_setattr",
			unix.SYS_SETNS, "setns", unix.SYS_UNSHARE, "unshare", unix.SYS_OPEN_BY_HANDLE_AT, "open_by_handle_at",
		), Call{"clone", unix.SYS_CLONE, [][]test{{lacks(0, newSpaces)}}})},
		{"switches core dumps on again, which hold what is behind walls", unix.EPERM, []Call{
			{"setrlimit", unix.SYS_SETRLIMIT, [][]test{{isNot(0, unix.RLIMIT_CORE)}}},
			{"prlimit64", unix.SYS_PRLIMIT64, [][]test{{isNot(1, unix.RLIMIT_CORE)}, isNil(2)}},
		}},
		// Its flags are in memory, where a filter cannot look; C libraries then use clone.
		{"makes threads by flags that cannot be checked", unix.ENOSYS, calls(unix.SYS_CLONE3, "clone3")},
		{"holds keys of the kernel's keyrings", unix.EPERM, calls(unix.SYS_ADD_KEY, "add_key", unix.SYS_REQUEST_KEY, "request_key", unix.SYS_KEYCTL, "keyctl")},
		keyRefusal(p),
	}
	if p.Profile == Region {
		// Code has a place in its file; beside other code it can become another instruction.
		all = append(all, Refusal{"moves memory to a place of its choice, code beside other code too", unix.EPERM, []Call{
			{"mremap", unix.SYS_MREMAP, [][]test{{lacks(3, unix.MREMAP_FIXED|unix.MREMAP_DONTUNMAP)}}},
		}}, pageRefusal(), Refusal{"tells which pages others have used", unix.ENOSYS, calls(unix.SYS_MINCORE, "mincore")})
	}
	if !p.CodeGeneration {
		all = append(all, codeRefusals(p)...)
	}
	return all
}

// pageRefusal is about pages that the kernel passes on as they are, and goes on to read: what is
// written there later, behind a wall or after a check, goes out as well.
func pageRefusal() Refusal {
	const zeroCopy = unix.MSG_ZEROCOPY
	return Refusal{"passes pages on that can change until they are read", unix.EPERM, []Call{
		{"vmsplice", unix.SYS_VMSPLICE, nil},
		// A socket may come from elsewhere with the option set: then the flag counts.
		{"setsockopt", unix.SYS_SETSOCKOPT, [][]test{
			{isNot(1, unix.SOL_SOCKET), isNot(1, unix.SOL_XDP)},
			{isNot(2, unix.SO_ZEROCOPY), isNot(1, unix.SOL_XDP)},
		}},
		{"sendto", unix.SYS_SENDTO, [][]test{{lacks(3, zeroCopy)}}},
		{"sendmsg", unix.SYS_SENDMSG, [][]test{{lacks(2, zeroCopy)}}},
		{"sendmmsg", unix.SYS_SENDMMSG, [][]test{{lacks(3, zeroCopy)}}},
	}}
}

// ownProcess is what prctl may do. A plain program may filter and handle its own
// system calls; in one with walls it could feign that they were moved.
func ownProcess(p Profile) []test {
	tests := []test{isNot(0, unix.PR_SET_MM)}
	if p == Region {
		tests = append(tests, isNot(0, unix.PR_SET_SECCOMP), isNot(0, unix.PR_SET_SYSCALL_USER_DISPATCH))
	}
	return tests
}

// keyRefusal is about protection keys.
func keyRefusal(p Policy) Refusal {
	r := Refusal{Why: "moves a wall, or takes a key that tags memory of others", Error: unix.EPERM}
	if p.Profile == Plain {
		r.Calls = calls(unix.SYS_PKEY_ALLOC, "pkey_alloc", unix.SYS_PKEY_FREE, "pkey_free", unix.SYS_PKEY_MPROTECT, "pkey_mprotect")
		return r
	}
	// Key 0 is what every domain has open, and -1 keeps what there is.
	tag := []test{isNot(3, 0), isNot(3, ^uint32(0))}
	if !p.CodeGeneration {
		tag = append(tag, lacks(2, unix.PROT_EXEC))
	}
	r.Calls = []Call{
		{"pkey_mprotect", unix.SYS_PKEY_MPROTECT, [][]test{tag}},
		{"pkey_free", unix.SYS_PKEY_FREE, nil},
		// What is allocated must come closed.
		{"pkey_alloc", unix.SYS_PKEY_ALLOC, [][]test{{is(1, disableAccess)}}},
		{"seccomp", unix.SYS_SECCOMP, nil}, // a filter of its own could feign success
	}
	return r
}

// codeRefusals keep memory from being written and executed, and files from being code if there shall be no more.
func codeRefusals(p Policy) []Refusal {
	const exec, write = unix.PROT_EXEC, unix.PROT_WRITE
	mappings := [][]test{{lacks(2, exec)}}
	if !p.FixedCode {
		mappings = append(mappings, []test{lacks(2, write), lacks(3, unix.MAP_ANONYMOUS), lacks(3, unix.MAP_SHARED)})
	}
	return []Refusal{
		{"makes code out of what was written", unix.EACCES, []Call{
			{"mmap", unix.SYS_MMAP, mappings},
			{"mprotect", unix.SYS_MPROTECT, [][]test{{lacks(2, exec)}}},
		}},
		{"makes files that exist in memory alone", unix.ENOSYS, calls(unix.SYS_MEMFD_CREATE, "memfd_create", unix.SYS_MEMFD_SECRET, "memfd_secret")},
	}
}

// calls returns calls that are always refused: numbers and names in turn.
func calls(list ...any) (all []Call) {
	for i := 0; i < len(list); i += 2 {
		all = append(all, Call{Name: list[i+1].(string), number: uint32(list[i].(int))})
	}
	return all
}
