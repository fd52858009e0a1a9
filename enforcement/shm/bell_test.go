//go:build linux

package shm

import (
	"encoding/binary"
	"math"
	"testing"

	"golang.org/x/sys/unix"
)

// newBell returns a bell, and the descriptor that is shared.
func newBell(t *testing.T) (*Bell, int) {
	t.Helper()
	file, err := NewBell("test")
	if err != nil {
		t.Fatal(err)
	}
	bell, err := OpenBell(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bell.Close() })
	return bell, int(file.Fd())
}

// TestFullBellIsNotWaitedFor although somebody who shares it made it one that blocks.
func TestFullBellIsNotWaitedFor(t *testing.T) {
	bell, fd := newBell(t)
	if _, err := unix.Write(fd, binary.NativeEndian.AppendUint64(nil, math.MaxUint64-1)); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	bell.Ring() // would be for ever
	if err := bell.Wait(); err != nil {
		t.Fatal(err)
	}
	bell.Ring()
	if err := bell.Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestInterruptedWait ends, whatever somebody who shares the bell does to it.
func TestInterruptedWait(t *testing.T) {
	bell, fd := newBell(t)
	if err := unix.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		ended := make(chan error)
		go func() { ended <- bell.Wait() }()
		bell.Interrupt()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	bell.Ring()
	if err := bell.Wait(); err != nil {
		t.Fatal(err)
	}
}
