package shm

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// NewBell creates an eventfd. Reads of 8 bytes wait for a ring; closing ends them.
func NewBell(name string) (*os.File, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("create the %s: %w", name, err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// Ring writes to an eventfd and never waits: one that is full has woken its reader
// already.
func Ring(bell *os.File) {
	raw, err := bell.SyscallConn()
	if err != nil {
		return // closed: nobody listens
	}
	_ = raw.Control(func(fd uintptr) {
		for {
			_, err := unix.Write(int(fd), []byte{1, 0, 0, 0, 0, 0, 0, 0})
			if !errors.Is(err, unix.EINTR) {
				return
			}
		}
	})
}
