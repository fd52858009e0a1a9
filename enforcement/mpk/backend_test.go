package mpk_test

import (
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/optical-net/waveguard/enforcement/keys"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

// walls returns every backend of this machine that refuses something.
func walls(t *testing.T) []mpk.Backend {
	t.Helper()
	var all []mpk.Backend
	for _, kind := range []mpk.Kind{mpk.KindMprotect, mpk.KindPKU} {
		b, err := mpk.Open(kind)
		switch {
		case err == nil:
			all = append(all, b)
		case kind == mpk.KindPKU && os.Getenv("WAVEGUARD_IN_VM") == "" && errors.Is(err, mpk.ErrUnsupported):
			t.Logf("without %v: %v", kind, err)
		default:
			t.Fatalf("Open(%v): %v", kind, err)
		}
	}
	return all
}

func forEachWall(t *testing.T, test func(t *testing.T, b mpk.Backend)) {
	for _, b := range walls(t) {
		t.Run(b.Kind().String(), func(t *testing.T) { test(t, b) })
	}
}

func newDomain(t *testing.T, b mpk.Backend, name string) *mpk.Domain {
	t.Helper()
	d, err := b.NewDomain(name, keys.Options{})
	if err != nil {
		t.Fatalf("NewDomain: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close domain: %v", err)
		}
	})
	return d
}

func newRegion(t *testing.T, d *mpk.Domain, size int) *mpk.Region {
	t.Helper()
	r, err := d.NewRegion(size)
	if err != nil {
		t.Fatalf("NewRegion: %v", err)
	}
	return r
}

// inside runs f on a thread in d.
func inside(t *testing.T, b mpk.Backend, d *mpk.Domain, f func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	thread := b.NewThread()
	if err := thread.Enter(t.Context(), d); err != nil {
		t.Fatalf("enter: %v", err)
	}
	defer func() {
		if err := thread.Leave(); err != nil {
			t.Errorf("leave: %v", err)
		}
	}()
	f()
}

// touch writes the first byte of memory and returns the address of the
// fault it caused, or 0.
func touch(memory []byte) (fault uintptr) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			fault = r.(interface{ Addr() uintptr }).Addr()
		}
	}()
	memory[0]++
	return 0
}

func TestOnlyThreadsInsideTouchRegions(t *testing.T) {
	forEachWall(t, func(t *testing.T, b mpk.Backend) {
		vault, lobby := newDomain(t, b, "vault"), newDomain(t, b, "lobby")
		r := newRegion(t, vault, 10)
		if touch(r.Bytes()) == 0 {
			t.Error("a thread in no domain wrote to the region")
		}
		inside(t, b, lobby, func() {
			if addr := touch(r.Bytes()); !r.Contains(addr) {
				t.Errorf("a thread in another domain: fault at %#x, want one in the region", addr)
			}
		})
		inside(t, b, vault, func() {
			if addr := touch(r.Bytes()); addr != 0 {
				t.Errorf("the domain's own thread faulted at %#x", addr)
			}
			if got := r.Bytes()[0]; got != 1 {
				t.Errorf("region holds %d, want the one write that was allowed", got)
			}
		})
		if touch(r.Bytes()) == 0 {
			t.Error("the region stayed open after the thread left")
		}
	})
}

func TestRegionMadeInsideIsOpenAtOnce(t *testing.T) {
	forEachWall(t, func(t *testing.T, b mpk.Backend) {
		d := newDomain(t, b, "vault")
		inside(t, b, d, func() {
			if addr := touch(newRegion(t, d, 1).Bytes()); addr != 0 {
				t.Errorf("fault at %#x", addr)
			}
		})
	})
}

func TestRegionLayout(t *testing.T) {
	page := os.Getpagesize()
	b, err := mpk.Open(mpk.KindNone)
	if err != nil {
		t.Fatal(err)
	}
	d := newDomain(t, b, "vault")
	for _, size := range []int{1, page - 1, page, page + 1, 10 * page} {
		r := newRegion(t, d, size)
		if got := len(r.Bytes()); got != size {
			t.Errorf("region of %d bytes has %d", size, got)
		}
		if got := cap(r.Bytes()); got != size {
			t.Errorf("region of %d bytes has capacity %d", size, got)
		}
		if r.Domain() != d {
			t.Error("region does not know its domain")
		}
		if addr := touch(r.Bytes()[size-1:]); addr != 0 {
			t.Errorf("last byte of %d faults at %#x", size, addr)
		}
	}
	for _, size := range []int{0, -1, 1 << 50} {
		if _, err := d.NewRegion(size); err == nil {
			t.Errorf("region of %d bytes was made", size)
		}
	}
}

func TestClose(t *testing.T) {
	forEachWall(t, func(t *testing.T, b mpk.Backend) {
		d, err := b.NewDomain("vault", keys.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, kept := newRegion(t, d, 1), newRegion(t, d, 1)
		for range 2 {
			if err := r.Close(); err != nil {
				t.Fatalf("close region: %v", err)
			}
		}
		for range 2 {
			if err := d.Close(); err != nil {
				t.Fatalf("close domain: %v", err)
			}
		}
		if err := kept.Close(); err != nil {
			t.Errorf("close a region after its domain: %v", err)
		}
		if _, err := d.NewRegion(1); !errors.Is(err, mpk.ErrClosed) {
			t.Errorf("NewRegion after Close: %v, want ErrClosed", err)
		}
	})
}

func TestMprotectCountsThreads(t *testing.T) {
	b, err := mpk.Open(mpk.KindMprotect)
	if err != nil {
		t.Fatal(err)
	}
	d := newDomain(t, b, "vault")
	r := newRegion(t, d, 1)
	thread := b.NewThread()
	if err := thread.Enter(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	inside(t, b, d, func() {})
	if addr := touch(r.Bytes()); addr != 0 {
		t.Errorf("region closed at %#x while a thread is inside", addr)
	}
	if err := thread.Leave(); err != nil {
		t.Fatal(err)
	}
	if touch(r.Bytes()) == 0 {
		t.Error("region open after the last thread left")
	}
}

func TestDetect(t *testing.T) {
	b, err := mpk.Detect()
	if err != nil {
		t.Fatal(err)
	}
	want := map[mpk.Kind]mpk.Strength{mpk.KindPKU: mpk.HardwareRegion, mpk.KindMprotect: mpk.Mprotect}
	if got := b.Strength(); got != want[b.Kind()] {
		t.Errorf("%v gives %v", b.Kind(), got)
	}
	if os.Getenv("WAVEGUARD_IN_VM") != "" && b.Kind() != mpk.KindPKU {
		_, err := mpk.Open(mpk.KindPKU)
		t.Errorf("Detect chose %v in the PKU machine: %v", b.Kind(), err)
	}
	if _, err := mpk.Open(mpk.Kind(9)); !errors.Is(err, mpk.ErrUnsupported) {
		t.Errorf("Open of an unknown kind: %v", err)
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		mpk.KindNone.String():            "NONE",
		mpk.KindMprotect.String():        "MPROTECT",
		mpk.KindPKU.String():             "PKU",
		mpk.Kind(7).String():             "Kind(7)",
		mpk.None.String():                "NONE",
		mpk.Mprotect.String():            "MPROTECT",
		mpk.HardwareRegion.String():      "HARDWARE_REGION",
		mpk.HardwareCompartment.String(): "HARDWARE_COMPARTMENT",
		mpk.Strength(8).String():         "Strength(8)",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func BenchmarkEnterAndLeave(b *testing.B) {
	for _, kind := range []mpk.Kind{mpk.KindNone, mpk.KindMprotect, mpk.KindPKU} {
		b.Run(kind.String(), func(b *testing.B) {
			backend, err := mpk.Open(kind)
			if err != nil {
				b.Skip(err)
			}
			d, err := backend.NewDomain("vault", keys.Options{})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := d.NewRegion(1); err != nil {
				b.Fatal(err)
			}
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			thread := backend.NewThread()
			for b.Loop() {
				if err := thread.Enter(b.Context(), d); err != nil {
					b.Fatal(err)
				}
				if err := thread.Leave(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
