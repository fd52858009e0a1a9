package learn_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/learn"
	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/telemetry"
	"github.com/optical-net/waveguard/yang/tree"
)

// engine shows enforcement to the datastore.
type engine struct{ *enforcement.Engine }

func (e engine) Prepare(ctx context.Context, c datastore.Change) (commit, abort func(), err error) {
	delta, err := view.New(c.New, c.Changes)
	if err != nil {
		return nil, nil, err
	}
	return e.Engine.Prepare(ctx, delta)
}

// story is a daemon's engine, datastore and collector, and a host process made with
// the SDK whose service front lives in domain a, and vault in b.
type story struct {
	t         *testing.T
	engine    *enforcement.Engine
	store     *datastore.Store
	collector *telemetry.Collector
	host      *waveguard.Host
}

func tell(t *testing.T) *story {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	s := &story{t: t, engine: enforcement.New(quiet)}
	initial := viewtest.Config(t, slices.Concat(
		viewtest.Domain("a", 1), viewtest.Domain("b", 2),
		viewtest.Service("front", "a", os.Getuid()), viewtest.Service("vault", "b", os.Getuid()),
		[]string{viewtest.Entry("domain", "a") + "/config/enforcement-mode = PERMISSIVE"},
	)...)
	var err error
	s.store, err = datastore.Open(datastore.Config{
		Dir: t.TempDir(), Schema: viewtest.Set(t), Engine: engine{s.engine}, Logger: quiet,
		Initial: func() (*tree.Tree, error) { return initial, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.store.Close() })
	s.collector = &telemetry.Collector{Source: s.engine, Store: s.store, Schema: viewtest.Set(t), Logger: quiet}
	s.attach(quiet)
	return s
}

func (s *story) attach(quiet *slog.Logger) {
	s.t.Helper()
	socket := filepath.Join(s.t.TempDir(), "attach.sock")
	l, err := attach.Listen(socket)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() {
		if err := (&attach.Server{Authority: s.engine, Logger: quiet}).Serve(ctx, l); err != nil {
			s.t.Errorf("serve: %v", err)
		}
	})
	s.t.Cleanup(func() { cancel(); served.Wait() })
	echo := func(_ *waveguard.Thread, arg any) (any, error) { return arg, nil }
	s.host, err = waveguard.Attach(s.t.Context(), waveguard.Config{Socket: socket, Services: []waveguard.ServiceSpec{
		{Name: "front"},
		{Name: "vault", Operations: []waveguard.Operation{{Name: "read", Handler: echo}, {Name: "write", Handler: echo}, {Name: "erase", Handler: echo}}},
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = s.host.Close() })
}

// call calls an operation of vault from front, so many times.
func (s *story) call(operation string, n int) (err error) {
	s.t.Helper()
	run := s.host.Service("front").Run(s.t.Context(), func(th *waveguard.Thread) error {
		for range n {
			if _, err = th.Call("vault", operation, nil); err != nil {
				return nil
			}
		}
		return nil
	})
	if run != nil {
		s.t.Fatal(run)
	}
	return err
}

// observed waits until all calls were taken in of a pair that made so many.
func (s *story) observed(calls uint64) *learn.Observation {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		if err := s.collector.Collect(); err != nil {
			s.t.Fatal(err)
		}
		o, err := learn.Observed(s.store.Operational())
		if err != nil {
			s.t.Fatal(err)
		}
		if p := o.Find("a", "b"); p != nil && p.Passed()+p.Denied == calls {
			return o
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("observed are %+v, want %d calls", o.Pairs, calls)
		}
	}
}

// violation waits for the next report.
func (s *story) violation() enforcement.Violation {
	s.t.Helper()
	var v enforcement.Violation
	select {
	case v = <-s.engine.Violations():
	case <-time.After(20 * time.Second):
		s.t.Fatal("no violation was reported")
	}
	return v
}

// TestFromPermissiveToEnforcing goes the way of an operator: calls of a permissive
// domain are tolerated, learned, permitted and enforced; then they are no violation,
// and a call that was not seen is refused.
func TestFromPermissiveToEnforcing(t *testing.T) {
	s := tell(t)
	for operation, n := range map[string]int{"read": 5, "write": 2} {
		if err := s.call(operation, n); err != nil {
			t.Fatalf("a permissive domain calls %s: %v", operation, err)
		}
	}
	seen := s.observed(7)
	if p := seen.Find("a", "b"); p.Tolerated != 7 || p.Denied != 0 || !slices.Equal(p.Operations, []string{"read", "write"}) || p.PeakRate == 0 || p.Longest == 0 {
		t.Errorf("observed are %+v", p)
	}
	if v := s.violation(); v.Outcome != wire.Tolerated || v.Kind != wire.TransitionDenied {
		t.Errorf("reported is %+v", v)
	}

	p, err := learn.Propose(s.store.Running(), seen, learn.Options{Enforce: true, Headroom: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.store.Copy(t.Context(), datastore.Actor{}, datastore.Running, p.Policy); err != nil {
		t.Fatal(err)
	}
	for _, operation := range []string{"read", "write"} {
		if err := s.call(operation, 10); err != nil {
			t.Errorf("%s was learned and is refused: %v", operation, err)
		}
	}
	if now := s.observed(27).Find("a", "b"); now.Permitted != 20 || now.Tolerated != 7 || now.Denied != 0 {
		t.Errorf("observed are %+v", now)
	}
	var denied *waveguard.Denied
	if err := s.call("erase", 1); !errors.As(err, &denied) || denied.Reason != waveguard.ReasonOperation {
		t.Errorf("an operation that was not seen: %v", err)
	}
	for v := s.violation(); v.Outcome != wire.Stopped; v = s.violation() {
		if v.Outcome == wire.Tolerated && v.Operation == "erase" {
			t.Errorf("reported is %+v", v)
		}
	}
}
