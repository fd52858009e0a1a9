package waveguard_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
)

// echo returns its argument and where it ran.
func echo(name string) waveguard.Operation {
	return waveguard.Operation{Name: name, Handler: func(t *waveguard.Thread, arg any) (any, error) {
		return fmt.Sprint(t.Service().Domain(), " ", arg), nil
	}}
}

func TestCallRunsTheRegisteredHandlerInItsDomain(t *testing.T) {
	var secret *waveguard.Region
	n := startNode(t, handlers{"key-store": {{Name: "sum", Handler: func(*waveguard.Thread, any) (any, error) {
		return int(secret.Bytes()[0]) + int(secret.Bytes()[1]), nil
	}}}})
	var err error
	if secret, err = n.Service("key-store").NewRegion(100); err != nil {
		t.Fatal(err)
	}
	n.run(t, "key-store", func(*waveguard.Thread) error {
		copy(secret.Bytes(), []byte{40, 2})
		return nil
	})
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		for range 3 { // slow path, then fast
			if got, err := th.Call("key-store", "sum", nil); err != nil || got != 42 {
				t.Errorf("sum is %v, %v", got, err)
			}
			if got := th.Service().Name(); got != "dashboard" {
				t.Errorf("after the call the thread runs %s", got)
			}
		}
		return nil
	})
	if got := n.first.counter(dashboard, keyStore, page.Permitted); got != 3 {
		t.Errorf("counted %d permitted calls, want 3", got)
	}
}

// TestPolicyReachesRunningThreads changes the policy under a thread that
// has its verdict cached.
func TestPolicyReachesRunningThreads(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("a"), echo("b")}})
	isolated, out, none := permitAll(nodeHosts), permitAll(nodeHosts), permitAll(nodeHosts)
	none[dashboard].Entries = nil
	isolated[dashboard].State = page.Isolated
	out[keyStore].State = page.OutOfService
	steps := []struct {
		name    string
		table   page.Table
		reason  waveguard.Reason
		counter page.Counter
	}{
		{"no entry", none, waveguard.ReasonTransition, page.Denied},
		{"permitted", permitAll(nodeHosts), 0, page.Permitted},
		{"entry denies", permitBut(dashboard, keyStore, func(e *page.Entry) { e.Flags = page.FastPath }), waveguard.ReasonTransition, page.Denied},
		{"operation missing", permitBut(dashboard, keyStore, func(e *page.Entry) { e.Operations = 1 }), waveguard.ReasonOperation, page.OperationDenied},
		{"operation present", permitBut(dashboard, keyStore, func(e *page.Entry) { e.Operations = 2 }), 0, page.Permitted},
		{"target out of service", out, waveguard.ReasonOutOfService, page.OutOfServiceCalls},
		{"source isolated", isolated, waveguard.ReasonOutOfService, page.OutOfServiceCalls},
		{"slow path only", permitBut(dashboard, keyStore, func(e *page.Entry) { e.Flags = page.Permit }), 0, page.Permitted},
	}
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		for _, step := range steps {
			n.daemon.publish(step.table)
			for range 2 {
				before := n.first.counter(dashboard, keyStore, step.counter)
				_, err := th.Call("key-store", "b", 1)
				checkDenied(t, step.name, err, step.reason)
				if got := n.first.counter(dashboard, keyStore, step.counter); got != before+1 {
					t.Errorf("%s: counter went from %d to %d", step.name, before, got)
				}
			}
		}
		return nil
	})
}

func checkDenied(t *testing.T, name string, err error, want waveguard.Reason) {
	t.Helper()
	if want == 0 {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	var denied *waveguard.Denied
	if !errors.As(err, &denied) || !errors.Is(err, waveguard.ErrDenied) {
		t.Errorf("%s: error is %v, want a *Denied", name, err)
		return
	}
	want1 := waveguard.Denied{Source: "dashboard", Target: "vault", Operation: "key-store/b", Reason: want}
	if *denied != want1 {
		t.Errorf("%s: got %+v, want %+v", name, *denied, want1)
	}
}

func TestRate(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("b")}})
	n.daemon.publish(permitBut(dashboard, keyStore, func(e *page.Entry) { e.MaxRate = 1 }))
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		if _, err := th.Call("key-store", "b", 1); err != nil {
			t.Errorf("first call: %v", err)
		}
		_, err := th.Call("key-store", "b", 1)
		checkDenied(t, "second call at once", err, waveguard.ReasonRate)
		return nil
	})
	if p, r := n.first.counter(dashboard, keyStore, page.Permitted), n.first.counter(dashboard, keyStore, page.RateLimited); p != 1 || r != 1 {
		t.Errorf("counted %d permitted and %d rate-limited, want 1 and 1", p, r)
	}
}

func TestDwell(t *testing.T) {
	n := startNode(t, handlers{"key-store": {{Name: "sleep", Handler: func(_ *waveguard.Thread, arg any) (any, error) {
		time.Sleep(arg.(time.Duration))
		return nil, nil
	}}}})
	n.daemon.publish(permitBut(dashboard, keyStore, func(e *page.Entry) { e.MaxDwell = 1000 }))
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		_, err := th.Call("key-store", "sleep", 3*time.Millisecond)
		return err
	})
	if v := n.first.violation(t); v.Kind.String() != "dwell-exceeded" || v.Source != dashboard || v.Target != keyStore || v.Service != 2 {
		t.Errorf("reported %+v", v)
	}
	if got := n.first.counter(dashboard, keyStore, page.DwellExceeded); got != 1 {
		t.Errorf("counted %d, want 1", got)
	}
}

func TestCallsThatLeadNowhere(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("b")}})
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		for call, want := range map[[2]string]string{
			{"wavelengths", "assign"}: "service wavelengths",
			{"key-store", "sing"}:     `operation sing of service key-store, which has ["b"]`,
		} {
			_, err := th.Call(call[0], call[1], nil)
			if !errors.Is(err, waveguard.ErrNotHosted) || !strings.Contains(err.Error(), want) {
				t.Errorf("call of %v: %v, want ErrNotHosted with %q", call, err, want)
			}
		}
		return nil
	})
	if n.Service("wavelengths") != nil {
		t.Error("a service that is not hosted was found")
	}
}

// TestNestedCalls goes dashboard, monitoring, key-store, each step under the
// policy of the domain it is in; the way from dashboard to key-store is shut.
func TestNestedCalls(t *testing.T) {
	n := startNode(t, handlers{
		"key-store": {echo("b")},
		"monitoring": {{Name: "relay", Handler: func(th *waveguard.Thread, arg any) (any, error) {
			return th.Call("key-store", "b", arg)
		}}},
	})
	n.daemon.publish(permitBut(dashboard, keyStore, func(e *page.Entry) { e.Flags = 0 }))
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		if got, err := th.Call("monitoring", "relay", 7); err != nil || got != "vault 7" {
			t.Errorf("relayed call gives %v, %v", got, err)
		}
		_, err := th.Call("key-store", "b", 7)
		checkDenied(t, "direct call", err, waveguard.ReasonTransition)
		return nil
	})
	if got := n.first.counter(monitoring, keyStore, page.Permitted); got != 1 {
		t.Errorf("counted %d calls from monitoring to the key store, want 1", got)
	}
}

func TestCallWithinADomainNeedsNoPermission(t *testing.T) {
	n := startNode(t, handlers{"billing": {echo("charge")}})
	n.daemon.publish(make(page.Table, 3))
	n.run(t, "key-store", func(th *waveguard.Thread) error {
		got, err := th.Call("billing", "charge", 5)
		if err != nil || got != "vault 5" {
			t.Errorf("got %v, %v", got, err)
		}
		return nil
	})
	if got := n.first.stats.Cell(keyStore, keyStore); got != [page.Counters]uint64{} {
		t.Errorf("counted %v", got)
	}
}

func TestDepthIsLimited(t *testing.T) {
	var bounce [2]waveguard.Handler
	for i, next := range [2][2]string{{"key-store", "pong"}, {"monitoring", "ping"}} {
		bounce[i] = func(th *waveguard.Thread, arg any) (any, error) {
			depth, err := th.Call(next[0], next[1], arg)
			if errors.Is(err, waveguard.ErrDepth) {
				return 1, nil
			}
			if err != nil {
				return nil, err
			}
			return depth.(int) + 1, nil
		}
	}
	n := startNode(t, handlers{"monitoring": {{Name: "ping", Handler: bounce[0]}}, "key-store": {{Name: "pong", Handler: bounce[1]}}})
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		if depth, err := th.Call("monitoring", "ping", nil); err != nil || depth != 16 {
			t.Errorf("reached depth %v, %v; want 16", depth, err)
		}
		return nil
	})
}

func TestHandlerThatPanics(t *testing.T) {
	sentinel := errors.New("boom")
	n := startNode(t, handlers{"key-store": {
		{Name: "panic", Handler: func(*waveguard.Thread, any) (any, error) { panic(sentinel) }},
		{Name: "nil", Handler: func(*waveguard.Thread, any) (any, error) { var p *int; return *p, nil }},
	}})
	mine, err := n.Service("dashboard").NewRegion(1)
	if err != nil {
		t.Fatal(err)
	}
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		var caught *waveguard.PanicError
		if _, err := th.Call("key-store", "panic", nil); !errors.As(err, &caught) || !errors.Is(err, sentinel) ||
			caught.Operation != "key-store/panic" || !strings.Contains(string(caught.Stack), "TestHandlerThatPanics") {
			t.Errorf("error is %v, want a *PanicError of the handler", err)
		}
		if _, err := th.Call("key-store", "nil", nil); !errors.As(err, &caught) {
			t.Errorf("error is %v, want a *PanicError", err)
		}
		mine.Bytes()[0] = 1 // back home, with its rights
		return nil
	})
}

// TestHandlerThatExitsTheGoroutine leaves by runtime.Goexit: the thread must
// not keep the rights of the handler's domain.
func TestHandlerThatExitsTheGoroutine(t *testing.T) {
	n := startNode(t, handlers{"key-store": {{Name: "exit", Handler: func(*waveguard.Thread, any) (any, error) {
		runtime.Goexit()
		return nil, nil
	}}}})
	secret, err := n.Service("key-store").NewRegion(1)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if !refused(secret.Bytes()) {
				t.Error("rights leaked through Goexit")
			}
		}()
		_ = n.Service("dashboard").Run(context.Background(), func(th *waveguard.Thread) error {
			_, err := th.Call("key-store", "exit", nil)
			t.Errorf("Call returned %v", err)
			return err
		})
	}()
	<-done
}

func TestThreadAfterItsRun(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("b")}})
	var kept *waveguard.Thread
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		kept = th
		_, err := th.Call("key-store", "b", 1)
		return err
	})
	if _, err := kept.Call("key-store", "b", 1); !errors.Is(err, waveguard.ErrClosed) {
		t.Errorf("call after Run: %v, want ErrClosed", err)
	}
}

// TestManyThreadsCountExactly hammers one transition while the policy is
// published over and over.
func TestManyThreadsCountExactly(t *testing.T) {
	const threads, calls = 8, 500
	n := startNode(t, handlers{"key-store": {echo("b")}})
	var group sync.WaitGroup
	for range threads {
		group.Go(func() {
			err := n.Service("dashboard").Run(t.Context(), func(th *waveguard.Thread) error {
				for range calls {
					if _, err := th.Call("key-store", "b", 1); err != nil && !errors.Is(err, waveguard.ErrDenied) {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	for range 50 {
		n.daemon.publish(permitBut(dashboard, keyStore, func(e *page.Entry) { e.Flags = 0 }))
		n.daemon.publish(permitAll(nodeHosts))
	}
	group.Wait()
	cell := n.first.stats.Cell(dashboard, keyStore)
	if got := cell[page.Permitted] + cell[page.Denied]; got != threads*calls {
		t.Errorf("counted %d calls, made %d", got, threads*calls)
	}
	var reported uint64
	for reported < cell[page.Denied] {
		reported += uint64(n.first.violation(t).Occurrences)
	}
	if reported != cell[page.Denied] {
		t.Errorf("reports stand for %d denials, counted %d", reported, cell[page.Denied])
	}
}

// TestThreadsOfOtherGoroutines uses a Thread on a goroutine that is inside the same
// domain by a Run of its own, so that its rights are those that the Thread should
// have: the gate must refuse, or two would share one count of who is inside.
func TestThreadsOfOtherGoroutines(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("b")}})
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		done := make(chan error)
		go func() {
			done <- n.Service("dashboard").Run(t.Context(), func(own *waveguard.Thread) error {
				if _, err := th.Call("key-store", "b", 1); !errors.Is(err, mpk.ErrRights) {
					t.Errorf("call with the thread of another: %v, want ErrRights", err)
				}
				if err := th.Outside(func() error { t.Error("was outside"); return nil }); !errors.Is(err, mpk.ErrRights) {
					t.Errorf("Outside with the thread of another: %v, want ErrRights", err)
				}
				_, err := own.Call("key-store", "b", 1)
				return err
			})
		}()
		if err := <-done; err != nil {
			t.Error(err)
		}
		_, err := th.Call("key-store", "b", 1)
		return err
	})
	if got := n.first.counter(dashboard, keyStore, page.Permitted); got != 2 {
		t.Errorf("counted %d permitted calls, want 2", got)
	}
}
