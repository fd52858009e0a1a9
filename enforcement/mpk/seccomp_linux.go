package mpk

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// InstallFilter puts a seccomp filter in force for all threads of the process and
// what they execute, for good; the process gives up gaining privileges, which the
// kernel demands for it (seccomp(2)).
func InstallFilter(filter []unix.SockFilter) error {
	if len(filter) == 0 {
		return errors.New("install a seccomp filter: it is empty")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&program)))
	switch {
	case errno != 0:
		return fmt.Errorf("install a seccomp filter: %w", errno)
	case thread != 0:
		return fmt.Errorf("install a seccomp filter: thread %d has one of its own", thread)
	}
	return nil
}
