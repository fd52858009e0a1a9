package waveguard_test

import (
	"errors"
	"runtime/debug"
	"testing"

	"golang.org/x/sys/unix"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
)

// refused reports whether reading memory faults on this thread.
func refused(memory []byte) (fault bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { fault = recover() != nil }()
	sink = memory[0]
	return false
}

// sink keeps reads from being optimised away.
var sink byte

func newRegion(t *testing.T, n *node, service string, size int) *waveguard.Region {
	t.Helper()
	r, err := n.Service(service).NewRegion(size)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFaultOnAForeignRegion(t *testing.T) {
	n := startNode(t, nil)
	secret := newRegion(t, n, "key-store", 4096)
	err := n.Service("dashboard").Run(t.Context(), func(*waveguard.Thread) error {
		sink = secret.Bytes()[77]
		t.Error("code went on after the fault")
		return nil
	})
	var fault *waveguard.Fault
	if !errors.As(err, &fault) {
		t.Fatalf("Run returned %v, want a *Fault", err)
	}
	if fault.Service != "dashboard" || fault.Source != "dashboard" || fault.Target != "vault" || fault.Address == 0 {
		t.Errorf("fault is %+v", fault)
	}
	n.first.rung(t)
	if got := n.first.counter(dashboard, keyStore, page.Faults); got != 1 {
		t.Errorf("counted %d faults, want 1", got)
	}
	v := n.first.violation(t)
	want := wire.Violation{
		Kind: wire.ProtectionKeyFault, Severity: wire.Severe, Service: 2, Source: dashboard, Target: keyStore,
		Operation: wire.NoOperation, ThreadID: v.ThreadID, Address: uint64(fault.Address), Occurrences: 1,
	}
	if *v != want || v.ThreadID == 0 {
		t.Errorf("reported %+v, want %+v", *v, want)
	}
	public := <-n.seen
	if public.Service != "dashboard" || public.Target != "vault" || public.Address != fault.Address || public.Count != 1 || public.Operation != "" {
		t.Errorf("OnViolation saw %+v", public)
	}
	n.run(t, "key-store", func(*waveguard.Thread) error { // the process goes on
		secret.Bytes()[77]++
		return nil
	})
}

// TestFaultInAHandler is blamed on the handler's service, and its caller
// lives.
func TestFaultInAHandler(t *testing.T) {
	var secret *waveguard.Region
	n := startNode(t, handlers{"monitoring": {{Name: "pry", Handler: func(*waveguard.Thread, any) (any, error) {
		return secret.Bytes()[0], nil
	}}}})
	secret = newRegion(t, n, "key-store", 1)
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		var fault *waveguard.Fault
		if _, err := th.Call("monitoring", "pry", nil); !errors.As(err, &fault) || fault.Source != "monitoring" || fault.Service != "monitoring" {
			t.Errorf("Call returned %v, want a *Fault of monitoring", err)
		}
		if _, err := th.Call("monitoring", "pry", nil); !errors.As(err, &fault) {
			t.Errorf("second Call returned %v", err)
		}
		return nil
	})
	if got := n.first.counter(monitoring, keyStore, page.Faults); got != 2 {
		t.Errorf("counted %d faults, want 2", got)
	}
}

// TestCallerCannotTouchTheTargetsRegion comes back from a gate without the
// rights it gave.
func TestCallerCannotTouchTheTargetsRegion(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("b")}})
	secret := newRegion(t, n, "key-store", 1)
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		if _, err := th.Call("key-store", "b", nil); err != nil {
			return err
		}
		if !refused(secret.Bytes()) {
			t.Error("the caller kept the target's rights")
		}
		return nil
	})
	if !refused(secret.Bytes()) {
		t.Error("a thread in no domain can read the region")
	}
}

// TestHandlerCannotTouchTheCallersRegion: a gate gives the target's rights
// and takes the caller's.
func TestHandlerCannotTouchTheCallersRegion(t *testing.T) {
	n := startNode(t, handlers{"key-store": {{Name: "read", Handler: func(_ *waveguard.Thread, arg any) (any, error) {
		return refused(arg.([]byte)), nil
	}}}})
	mine := newRegion(t, n, "dashboard", 1)
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		if got, err := th.Call("key-store", "read", mine.Bytes()); err != nil || got != true {
			t.Errorf("handler refused: %v, %v; want it to be", got, err)
		}
		if got, err := th.Call("key-store", "read", []byte("on the heap")); err != nil || got != false {
			t.Errorf("handler refused heap memory: %v, %v", got, err)
		}
		mine.Bytes()[0] = 1
		return nil
	})
}

func TestGuardPagesAreBlamedOnTheRegion(t *testing.T) {
	n := startNode(t, nil)
	r := newRegion(t, n, "key-store", 4096)
	err := n.Service("key-store").Run(t.Context(), func(*waveguard.Thread) error {
		sink = beyond(r.Bytes())
		return nil
	})
	var fault *waveguard.Fault
	if !errors.As(err, &fault) || fault.Target != "vault" || fault.Source != "vault" {
		t.Errorf("overrun gives %v, want a *Fault", err)
	}
}

// TestOtherPanicsPassThrough: only faults in regions are Waveguard's.
func TestOtherPanicsPassThrough(t *testing.T) {
	n := startNode(t, nil)
	memory, err := unix.Mmap(-1, 0, 1, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(memory)
	for name, f := range map[string]func(){
		"own panic":    func() { panic("mine") },
		"nil pointer":  func() { var p *byte; sink = *p },
		"other memory": func() { sink = memory[0] },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("the panic did not reach the caller")
				}
				if n.first.counter(dashboard, keyStore, page.Faults) != 0 {
					t.Error("it was counted as a fault")
				}
			}()
			err := n.Service("dashboard").Run(t.Context(), func(*waveguard.Thread) error { f(); return nil })
			t.Errorf("Run returned %v", err)
		})
	}
}

func TestRunReturnsTheErrorAsItIs(t *testing.T) {
	n := startNode(t, nil)
	sentinel := errors.New("mine")
	if err := n.Service("dashboard").Run(t.Context(), func(*waveguard.Thread) error { return sentinel }); err != sentinel {
		t.Errorf("got %v", err)
	}
}
