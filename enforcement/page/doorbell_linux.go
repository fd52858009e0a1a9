package page

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// NewDoorbell creates the eventfd by which a service wakes the daemon. Reads
// of 8 bytes wait for a ring; closing ends them.
func NewDoorbell() (*os.File, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("create doorbell: %w", err)
	}
	return os.NewFile(uintptr(fd), "doorbell"), nil
}

// RingDoorbell writes to the eventfd and never waits: one that is full has
// woken its reader already. Call it when Stats.Ring says so.
func RingDoorbell(doorbell *os.File) {
	raw, err := doorbell.SyscallConn()
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
