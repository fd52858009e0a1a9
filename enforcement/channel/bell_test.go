//go:build linux

package channel

import (
	"encoding/binary"
	"math"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/shm"
)

// TestRingNeverWaits rings a bell that somebody filled and made blocking. A write to such
// a one waits.
func TestRingNeverWaits(t *testing.T) {
	for name, test := range map[string]struct {
		ring  func(*os.File)
		waits bool
	}{
		"ring":  {ring, false},
		"write": {shm.Ring, true},
	} {
		bell, err := shm.NewBell("bell")
		if err != nil {
			t.Fatal(err)
		}
		full := binary.LittleEndian.AppendUint64(nil, math.MaxUint64-1)
		if _, err := unix.Write(int(bell.Fd()), full); err != nil {
			t.Fatal(err)
		}
		if err := unix.SetNonblock(int(bell.Fd()), false); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() { defer close(done); test.ring(bell) }()
		waited := false
		select {
		case <-done:
		case <-time.After(100 * time.Millisecond):
			waited = true
		}
		if waited != test.waits {
			t.Errorf("%s: it waits: %v", name, waited)
		}
		if _, err := unix.Read(int(bell.Fd()), make([]byte, 8)); err != nil {
			t.Error(err)
		}
		<-done
		_ = bell.Close()
	}
}

func TestRingIsHeard(t *testing.T) {
	bell, err := shm.NewBell("bell")
	if err != nil {
		t.Fatal(err)
	}
	defer bell.Close()
	for range 300 {
		ring(bell)
		b := make([]byte, 8)
		if _, err := unix.Read(int(bell.Fd()), b); err != nil || binary.LittleEndian.Uint64(b) != 1 {
			t.Fatalf("read %x, %v", b, err)
		}
	}
}

func BenchmarkRing(b *testing.B) {
	bell, err := shm.NewBell("bell")
	if err != nil {
		b.Fatal(err)
	}
	defer bell.Close()
	for b.Loop() {
		ring(bell)
	}
}
