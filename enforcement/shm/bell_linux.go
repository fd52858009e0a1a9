package shm

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

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
	_ = raw.Control(ringOnce)
}

var once = [8]byte{1}

func ringOnce(fd uintptr) {
	for {
		_, err := unix.Write(int(fd), once[:])
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// ringIfNotFull is ringOnce for a bell whose O_NONBLOCK somebody else may have taken away. Who
// fills it between the two system calls still has the second one wait.
func ringIfNotFull(fd uintptr) {
	look := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	if n, err := unix.Poll(look[:], 0); err != nil || n == 1 {
		ringOnce(fd)
	}
}

// Bell is a bell that is rung often: ringing it allocates nothing. Its methods may be
// called from several goroutines at once.
type Bell struct {
	file *os.File
	raw  syscall.RawConn
}

// OpenBell takes an eventfd over. It returns an error for a file that is closed, or that was not
// made with O_NONBLOCK set: nothing could end a Wait.
func OpenBell(file *os.File) (*Bell, error) {
	raw, err := file.SyscallConn()
	if err == nil {
		err = file.SetReadDeadline(time.Time{})
	}
	if err != nil {
		return nil, fmt.Errorf("open a bell: %w", err)
	}
	return &Bell{file: file, raw: raw}, nil
}

// Ring rings the bell, unless it is full: then it has woken its reader already. Of a nil Bell
// it does nothing.
func (b *Bell) Ring() {
	if b != nil {
		_ = b.raw.Control(ringIfNotFull)
	}
}

// Wait waits until the bell was rung since the last time, or until Interrupt. It returns an error
// when the bell is closed. Who shares the bell can take rings away: what must be noticed all the
// same is told by Interrupt.
func (b *Bell) Wait() error {
	err := b.raw.Read(taken)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		// An Interrupt that this undoes is noticed as well: the caller looks again now.
		err = b.file.SetReadDeadline(time.Time{})
	}
	if err != nil {
		return fmt.Errorf("wait for a bell: %w", err)
	}
	return nil
}

// taken takes the rings of an eventfd, and reports whether there were any. It never waits in the
// kernel, where nothing would end that, although somebody else may have taken O_NONBLOCK away.
func taken(fd uintptr) bool {
	var rings [8]byte
	for {
		_, err := unix.Preadv2(int(fd), [][]byte{rings[:]}, -1, unix.RWF_NOWAIT)
		if !errors.Is(err, unix.EINTR) {
			return !errors.Is(err, unix.EAGAIN)
		}
	}
}

// Interrupt ends the Wait that goes on, or else the next one. Nobody who shares the bell can keep
// that from happening. Of a nil Bell it does nothing.
func (b *Bell) Interrupt() {
	if b != nil {
		_ = b.file.SetReadDeadline(time.Unix(0, 1))
	}
}

// Close closes the bell, of which no Wait returns without an error any more. Of a nil Bell it
// does nothing.
func (b *Bell) Close() error {
	if b == nil {
		return nil
	}
	return b.file.Close()
}
