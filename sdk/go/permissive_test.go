package waveguard_test

import (
	"errors"
	"testing"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
)

// permissive makes a domain of a table one whose calls are let through.
func permissive(table page.Table, domain int) page.Table {
	table[domain].Wall.Manner |= page.Permissive
	return table
}

// TestPermissiveCallsGoOn breaks each rule from a permissive domain: the call is
// counted, reported and goes on. From a domain that is not, the same calls are refused
// (TestPolicyReachesRunningThreads).
func TestPermissiveCallsGoOn(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*page.Entry)
		calls   int
		counter page.Counter
		reason  waveguard.Reason
	}{
		"no permit":         {func(e *page.Entry) { e.Flags = 0 }, 3, page.Denied, waveguard.ReasonTransition},
		"another operation": {func(e *page.Entry) { e.Operations = 1; e.MaxRate = 1 }, 3, page.OperationDenied, waveguard.ReasonOperation},
		"too often":         {func(e *page.Entry) { e.MaxRate = 1 }, 4, page.RateLimited, waveguard.ReasonRate},
	} {
		t.Run(name, func(t *testing.T) {
			n := startNode(t, handlers{"key-store": {echo("a"), echo("b")}})
			n.daemon.publish(permissive(permitBut(dashboard, keyStore, test.change), dashboard))
			n.run(t, "dashboard", func(th *waveguard.Thread) error {
				for range test.calls {
					if got, err := th.Call("key-store", "b", 1); err != nil || got != "vault 1" {
						t.Errorf("call gives %v, %v", got, err)
					}
				}
				return nil
			})
			cell := n.first.stats.Cell(dashboard, keyStore)
			broke := cell[page.Tolerated]
			if broke < 3 || cell[test.counter] != broke || cell[page.Permitted]+broke != uint64(test.calls) {
				t.Errorf("%d calls are counted as %v", test.calls, cell)
			}
			if v := n.first.violation(t); v.Outcome != wire.Tolerated || v.Kind != test.reason || v.Source != dashboard || v.Operation != 1 {
				t.Errorf("reported %+v", v)
			}
			if seen := <-n.seen; !seen.Tolerated || seen.Kind != test.reason {
				t.Errorf("OnViolation saw %+v", seen)
			}
		})
	}
}

// TestPermissiveDoesNotOpenWhatIsClosed: a domain that is out of service refuses all,
// and only calls of the permissive domain itself go on.
func TestPermissiveDoesNotOpenWhatIsClosed(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("b")}, "monitoring": {{Name: "relay", Handler: func(th *waveguard.Thread, arg any) (any, error) {
		return th.Call("key-store", "b", arg)
	}}}})
	closed := permissive(permitAll(nodeHosts), dashboard)
	closed[keyStore].State = page.OutOfService
	others := permissive(permitBut(monitoring, keyStore, func(e *page.Entry) { e.Flags = 0 }), dashboard)
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		n.daemon.publish(closed)
		_, err := th.Call("key-store", "b", 1)
		checkDenied(t, "out of service", err, waveguard.ReasonOutOfService)
		n.daemon.publish(others)
		_, err = th.Call("monitoring", "relay", 1)
		if !isDenied(err, "monitoring", waveguard.ReasonTransition) {
			t.Errorf("a domain that is not permissive, called by one that is: %v", err)
		}
		n.daemon.publish(permitBut(dashboard, keyStore, func(e *page.Entry) { e.Flags = 0 }))
		_, err = th.Call("key-store", "b", 1)
		checkDenied(t, "no longer permissive", err, waveguard.ReasonTransition)
		return nil
	})
	if got := n.first.counter(dashboard, keyStore, page.Tolerated); got != 0 {
		t.Errorf("%d calls were tolerated", got)
	}
}

// TestWhatIsSeenOfCalls: operations, the longest stay and the busiest second, of calls
// that are looked up.
func TestWhatIsSeenOfCalls(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("a"), echo("b"), echo("c")}})
	n.daemon.publish(permissive(permitBut(dashboard, keyStore, func(e *page.Entry) { e.Operations = 1 }), dashboard))
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		for _, operation := range []string{"a", "a", "c"} {
			if _, err := th.Call("key-store", operation, 1); err != nil {
				return err
			}
		}
		return nil
	})
	if got := n.first.stats.Seen(dashboard, keyStore); got.Operations != 5 || got.Longest <= 0 || got.Busiest < 1 || got.Busiest > 3 {
		t.Errorf("seen is %+v", got)
	}
	n.run(t, "monitoring", func(th *waveguard.Thread) error {
		n.daemon.publish(permitBut(monitoring, keyStore, func(e *page.Entry) { e.Operations = 1 }))
		_, err := th.Call("key-store", "b", 1)
		if !isDenied(err, "monitoring", waveguard.ReasonOperation) {
			t.Errorf("call gives %v", err)
		}
		return nil
	})
	if got := n.first.stats.Seen(monitoring, keyStore); got.Operations != 2 {
		t.Errorf("of a refused call this is seen: %+v", got)
	}
}

func isDenied(err error, source string, reason waveguard.Reason) bool {
	var denied *waveguard.Denied
	return errors.As(err, &denied) && denied.Source == source && denied.Reason == reason
}
