//go:build linux && amd64

package redteam

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// readImpliesExec is READ_IMPLIES_EXEC of <linux/personality.h>.
const readImpliesExec = 0x0400000

// Calls are system calls that move or pierce walls, as code inside a workload would
// make them. Each returns nil, or an error of its arguments, when it is let through,
// and the refusal when it is not.
var Calls = map[string]func() error{
	"pkey_free and pkey_alloc": func() error {
		_, _, e1 := unix.RawSyscall(unix.SYS_PKEY_FREE, 1, 0, 0)
		_, _, e2 := unix.RawSyscall(unix.SYS_PKEY_ALLOC, 0, 0, 0)
		return firstRefusal(e1, e2)
	},
	"write and execute": func() error {
		m, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err == nil {
			err = unix.Munmap(m)
		}
		return err
	},
	"execute what was written": func() error {
		m, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			return err
		}
		return unix.Mprotect(m, unix.PROT_READ|unix.PROT_EXEC)
	},
	"process_vm_readv of itself": func() error {
		secret, got := []byte("secret"), make([]byte, 6)
		local := []unix.Iovec{{Base: &got[0], Len: 6}}
		remote := []unix.RemoteIovec{{Base: uintptr(unsafe.Pointer(&secret[0])), Len: 6}}
		_, err := unix.ProcessVMReadv(os.Getpid(), local, remote, 0)
		return err
	},
	"ptrace":           func() error { return call(unix.SYS_PTRACE, unix.PTRACE_PEEKDATA, uintptr(os.Getppid())) },
	"memfd":            func() error { _, err := unix.MemfdCreate("x", 0); return err },
	"userfaultfd":      func() error { return call(unix.SYS_USERFAULTFD, 1) },
	"/dev/userfaultfd": userfaultfdOfTheDevice,
	"io_uring":         func() error { var p [120]byte; return call(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&p[0]))) },
	"pidfd_getfd":      func() error { return call(unix.SYS_PIDFD_GETFD, 0, 0, 0) },
	"personality":      func() error { return call(unix.SYS_PERSONALITY, readImpliesExec) },
	"modify_ldt":       func() error { return call(unix.SYS_MODIFY_LDT, 0, 0, 0) },
	"new namespace":    func() error { return unix.Unshare(unix.CLONE_NEWUSER) },
	"core dumps":       func() error { return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: 1 << 20, Max: 1 << 20}) },
	"new privileges":   func() error { return noNewPrivileges() },
}

// userfaultfdOfTheDevice needs a kernel with the device (6.1) and the right to open it.
func userfaultfdOfTheDevice() error {
	const newUserfaultfd = 0xaa00 // USERFAULTFD_IOC_NEW of <linux/userfaultfd.h>
	dev, err := unix.Open("/dev/userfaultfd", unix.O_RDWR, 0)
	if err != nil {
		return err
	}
	return call(unix.SYS_IOCTL, uintptr(dev), newUserfaultfd)
}

func call(number uintptr, args ...uintptr) error {
	var a [3]uintptr
	copy(a[:], args)
	if _, _, e := unix.Syscall(number, a[0], a[1], a[2]); e != 0 {
		return e
	}
	return nil
}

func firstRefusal(all ...unix.Errno) error {
	for _, e := range all {
		if e == unix.EPERM || e == unix.EACCES || e == unix.ENOSYS {
			return e
		}
	}
	return nil
}

func noNewPrivileges() error {
	got, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	if err == nil && got == 1 {
		return unix.EPERM
	}
	return err
}
