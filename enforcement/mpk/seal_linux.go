package mpk

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// canSeal reports whether the kernel has mseal(2), which Linux has since 6.10 on
// 64-bit machines, and lets this process use it.
var canSeal = sync.OnceValue(func() bool { return mseal(nil) == nil })

// seal has the kernel refuse, until the process ends, whatever would unmap,
// replace, move or protect the region's memory anew (Documentation/userspace-api/mseal.rst).
func (r *Region) seal() error {
	if err := mseal(r.mapping); err != nil {
		return err
	}
	r.sealed = true
	return nil
}

func mseal(memory []byte) error {
	if _, _, errno := unix.Syscall(unix.SYS_MSEAL, addressOf(memory), uintptr(len(memory)), 0); errno != 0 {
		return fmt.Errorf("mseal %d bytes: %w", len(memory), errno)
	}
	return nil
}
