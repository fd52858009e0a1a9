package channel

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

var small = Shape{Consumers: 2, Slots: 8, SlotSize: 100, Integrity: HMACSHA256}

func newGeneration(t testing.TB, s Shape) *Generation {
	t.Helper()
	g, err := NewGeneration(s, 7)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(g.Close(), g.Close()); err != nil {
			t.Error(err)
		}
	})
	return g
}

// TestNobodyWritesARingButItsProducer tries to map the files that each end is given.
func TestNobodyWritesARingButItsProducer(t *testing.T) {
	g := newGeneration(t, small)
	producer, consumer := g.ProducerFiles(), g.ConsumerFiles(1)
	mine, err := shm.Map(producer[1], small.RingSize(), shm.ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer shm.Unmap(mine)
	if err := g.Seal(); err != nil {
		t.Fatal(err)
	}
	mine[ringHeader] = 1 // the mapping that was there stays writable
	for name, try := range map[string]func() error{
		"control page": func() error { return writes(t, producer[0].Fd()) },
		"ring, by a second mapping of the producer's file": func() error { return writes(t, producer[1].Fd()) },
		"ring, by a consumer":                              func() error { return writes(t, consumer[1].Fd()) },
		"ring, by write(2)":                                func() error { _, err := unix.Pwrite(int(producer[1].Fd()), []byte{1}, 0); return err },
		"cursor, by the producer":                          func() error { return writes(t, producer[3].Fd()) },
		"another seal": func() error {
			_, err := unix.FcntlInt(producer[1].Fd(), unix.F_ADD_SEALS, unix.F_SEAL_WRITE)
			return err
		},
	} {
		if err := try(); err == nil {
			t.Errorf("%s: it can be written", name)
		}
	}
	if err := writes(t, consumer[3].Fd()); err != nil {
		t.Errorf("its own cursor, by the consumer: %v", err)
	}
}

// writes maps a file for writing.
func writes(t *testing.T, fd uintptr) error {
	t.Helper()
	m, err := unix.Mmap(int(fd), 0, controlSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err == nil {
		_ = unix.Munmap(m)
	}
	return err
}

func TestKeysDiffer(t *testing.T) {
	a, b := newGeneration(t, small), newGeneration(t, small)
	if k, l := string(a.memory[controlKey:controlKey+keySize]), string(b.memory[controlKey:controlKey+keySize]); k == l || k == string(make([]byte, keySize)) {
		t.Errorf("keys are %x and %x", k, l)
	}
}

func TestEndAndActive(t *testing.T) {
	g := newGeneration(t, small)
	state, active := mpk.Uint32At(g.memory, controlState), mpk.Uint32At(g.memory, controlActive)
	g.Activate(1, true)
	g.Activate(0, true)
	g.Activate(1, false)
	if active.Load() != 1 || state.Load() != stateOpen {
		t.Errorf("active %#x, state %d", active.Load(), state.Load())
	}
	g.End()
	if state.Load() != stateEnded {
		t.Errorf("state is %d after the end", state.Load())
	}
}

func TestShapesThatNoChannelHas(t *testing.T) {
	for name, change := range map[string]func(*Shape){
		"no consumer":  func(s *Shape) { s.Consumers = 0 },
		"33 consumers": func(s *Shape) { s.Consumers = 33 },
		"one slot":     func(s *Shape) { s.Slots = 1 },
		"12 slots":     func(s *Shape) { s.Slots = 12 },
		"131072 slots": func(s *Shape) { s.Slots = 131072 },
		"empty slots":  func(s *Shape) { s.SlotSize = 0 },
		"huge slots":   func(s *Shape) { s.SlotSize = MaxSlotSize + 1 },
		"huge ring":    func(s *Shape) { s.Slots, s.SlotSize = 65536, 65536 },
		"integrity 3":  func(s *Shape) { s.Integrity = 3 },
		"overflow 2":   func(s *Shape) { s.Overflow = 2 },
	} {
		s := small
		change(&s)
		if g, err := NewGeneration(s, 1); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v, %v; want ErrFormat", name, g, err)
		}
	}
}

// TestCost is what the kernel counts.
func TestCost(t *testing.T) {
	count := func() (c Cost) {
		files, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		maps, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		return Cost{len(files), strings.Count(string(maps), "memfd:waveguard-")}
	}
	before := count()
	newGeneration(t, small)
	after := count()
	if got := (Cost{after.Files - before.Files, after.Mappings - before.Mappings}); got != small.Cost() {
		t.Errorf("it takes %+v, want %+v", got, small.Cost())
	}
}
