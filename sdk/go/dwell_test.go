package waveguard_test

import (
	"context"
	"errors"
	"testing"
	"time"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
)

// dwell is permitBut with a limit to the time of calls, from dashboard to key-store.
func dwell(limit time.Duration) page.Table {
	return permitBut(dashboard, keyStore, func(e *page.Entry) { e.MaxDwell = uint32(limit / time.Microsecond) })
}

// TestOverstayIsFoundWhileInside: the report comes and the context ends before the
// handler returns; it is counted and reported once.
func TestOverstayIsFoundWhileInside(t *testing.T) {
	var n *node
	var inside *wire.Violation
	n = startNode(t, handlers{"key-store": {{Name: "linger", Handler: func(th *waveguard.Thread, _ any) (any, error) {
		inside = n.first.violation(t)
		<-th.Context().Done()
		return nil, context.Cause(th.Context())
	}}}})
	n.daemon.publish(dwell(2 * time.Millisecond))
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		_, err := th.Call("key-store", "linger", nil)
		var over *waveguard.Overstay
		if !errors.As(err, &over) || !errors.Is(err, waveguard.ErrDwell) || over.Source != "dashboard" || over.Target != "vault" ||
			over.Operation != "key-store/linger" || over.Limit != 2*time.Millisecond || !errors.As(over.Err, &over) || over.Err != nil {
			t.Errorf("the caller gets %+v", err)
		}
		if th.Context().Err() != nil {
			t.Error("the caller's own context has ended")
		}
		return nil
	})
	if inside.Kind != wire.DwellExceeded || inside.Outcome != wire.Stopped || inside.Source != dashboard || inside.Target != keyStore ||
		inside.Service != 2 || inside.Operation != 0 || inside.ThreadID == 0 {
		t.Errorf("reported %+v", inside)
	}
	if got := n.first.counter(dashboard, keyStore, page.DwellExceeded); got != 1 {
		t.Errorf("counted %d, want 1", got)
	}
	n.daemon.publish(permitBut(dashboard, keyStore, func(e *page.Entry) { e.Flags = 0 }))
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		if _, err := th.Call("key-store", "linger", nil); !errors.Is(err, waveguard.ErrDenied) {
			t.Errorf("call gives %v", err)
		}
		return nil
	})
	if after := n.first.violation(t); after.Kind != wire.TransitionDenied {
		t.Errorf("the next report is %+v: the first was made twice", after)
	}
}

// TestResultsThatAreLate pass, and so do errors of calls that were in time.
func TestResultsThatAreLate(t *testing.T) {
	sentinel := errors.New("no")
	n := startNode(t, handlers{"key-store": {
		{Name: "late", Handler: func(*waveguard.Thread, any) (any, error) { time.Sleep(3 * time.Millisecond); return 7, nil }},
		{Name: "fails", Handler: func(*waveguard.Thread, any) (any, error) { return nil, sentinel }},
		{Name: "late-and-fails", Handler: func(*waveguard.Thread, any) (any, error) { time.Sleep(3 * time.Millisecond); return nil, sentinel }},
	}})
	n.daemon.publish(dwell(time.Millisecond))
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		if got, err := th.Call("key-store", "late", nil); got != 7 || err != nil {
			t.Errorf("a late result is %v, %v", got, err)
		}
		if _, err := th.Call("key-store", "late-and-fails", nil); !errors.Is(err, waveguard.ErrDwell) || !errors.Is(err, sentinel) {
			t.Errorf("a late error is %v", err)
		}
		return nil
	})
	if seen := n.first.stats.Seen(dashboard, keyStore); seen.Longest < 3*time.Millisecond {
		t.Errorf("the longest call is said to have stayed %v", seen.Longest)
	}
	n.daemon.publish(dwell(time.Minute))
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		if _, err := th.Call("key-store", "fails", nil); err != sentinel {
			t.Errorf("an error in time is %v", err)
		}
		return nil
	})
}

// TestContextsNest: what a handler calls ends with the handler's time, though it has
// no limit of its own, and one that has is not given more than its caller.
func TestContextsNest(t *testing.T) {
	wait := func(th *waveguard.Thread, _ any) (any, error) {
		<-th.Context().Done()
		return nil, context.Cause(th.Context())
	}
	n := startNode(t, handlers{"key-store": {
		{Name: "relay", Handler: func(th *waveguard.Thread, _ any) (any, error) { return th.Call("monitoring", "wait", nil) }},
		{Name: "within", Handler: func(th *waveguard.Thread, _ any) (any, error) { return th.Call("billing", "wait", nil) }},
	}, "monitoring": {{Name: "wait", Handler: wait}}, "billing": {{Name: "wait", Handler: wait}}})
	n.daemon.publish(dwell(2 * time.Millisecond))
	for _, operation := range []string{"relay", "within"} {
		n.run(t, "dashboard", func(th *waveguard.Thread) error {
			var over *waveguard.Overstay
			if _, err := th.Call("key-store", operation, nil); !errors.As(err, &over) || over.Operation != "key-store/"+operation {
				t.Errorf("%s: the caller gets %v", operation, err)
			}
			return nil
		})
	}
	if got := n.first.counter(keyStore, monitoring, page.DwellExceeded); got != 0 {
		t.Errorf("the call without a limit is counted %d times", got)
	}
}

// TestContextWithoutALimit is that of Run.
func TestContextWithoutALimit(t *testing.T) {
	n := startNode(t, handlers{"key-store": {{Name: "context", Handler: func(th *waveguard.Thread, _ any) (any, error) {
		return th.Context(), nil
	}}}})
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		if got, err := th.Call("key-store", "context", nil); got != th.Context() || err != nil {
			t.Errorf("the handler's context is %v, %v", got, err)
		}
		n.daemon.publish(dwell(time.Minute))
		got, err := th.Call("key-store", "context", nil)
		if err != nil {
			return err
		}
		if got.(context.Context).Err() == nil {
			t.Error("the context outlives the call")
		}
		return nil
	})
}

// TestPermissiveOverstay is reported and counted, while inside, and ends no context.
func TestPermissiveOverstay(t *testing.T) {
	var n *node
	n = startNode(t, handlers{"key-store": {{Name: "linger", Handler: func(th *waveguard.Thread, _ any) (any, error) {
		if v := n.first.violation(t); v.Kind != wire.DwellExceeded || v.Outcome != wire.Tolerated {
			t.Errorf("reported %+v", v)
		}
		return nil, th.Context().Err()
	}}}})
	n.daemon.publish(permissive(dwell(time.Millisecond), dashboard))
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		_, err := th.Call("key-store", "linger", nil)
		return err
	})
	if cell := n.first.stats.Cell(dashboard, keyStore); cell[page.DwellExceeded] != 1 || cell[page.Permitted] != 1 || cell[page.Tolerated] != 0 {
		t.Errorf("counted %v", cell)
	}
}
