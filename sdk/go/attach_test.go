package waveguard_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
)

func TestHelloSaysWhatTheProcessIs(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("a"), echo("b")}})
	hello, status := n.first.hello, n.Status()
	if hello.ABI != page.ABI || hello.Backend != status.Backend || hello.Strength != status.Strength ||
		int(hello.Keys) != status.Keys || hello.Continues != 0 {
		t.Errorf("hello %+v, status %+v", hello, status)
	}
	got := fmt.Sprint(hello.Services)
	if want := "[{key-store [a b] []} {monitoring [] []} {dashboard [] []} {billing [] []}]"; got != want {
		t.Errorf("services %s, want %s", got, want)
	}
	if !status.Attached || status.Attachment != n.first.attachment || status.Epoch != 1 || status.LastError != nil {
		t.Errorf("status %+v", status)
	}
}

func TestAttachFails(t *testing.T) {
	d := startDaemon(t, nodeDomains)
	one := []waveguard.ServiceSpec{{Name: "dashboard"}}
	many := make([]waveguard.Operation, 20)
	for i := range many {
		many[i] = echo(fmt.Sprint("op", i))
	}
	for name, test := range map[string]struct {
		config waveguard.Config
		want   string
	}{
		"no services":         {waveguard.Config{Socket: d.path}, "no services"},
		"no handler":          {waveguard.Config{Socket: d.path, Services: []waveguard.ServiceSpec{{Name: "dashboard", Operations: []waveguard.Operation{{Name: "x"}}}}}, "no handler"},
		"nobody listens":      {waveguard.Config{Socket: d.path + "x", Services: one}, "connect to the daemon"},
		"unknown service":     {waveguard.Config{Socket: d.path, Services: []waveguard.ServiceSpec{{Name: "stranger"}}}, "service stranger is not configured"},
		"service twice":       {waveguard.Config{Socket: d.path, Services: append(one, one...)}, "named twice"},
		"operations overflow": {waveguard.Config{Socket: d.path, Services: []waveguard.ServiceSpec{{Name: "key-store", Operations: many}, {Name: "billing", Operations: many}}}, "register 40 operations"},
	} {
		t.Run(name, func(t *testing.T) {
			host, err := waveguard.Attach(t.Context(), test.config)
			if err == nil {
				host.Close()
				t.Fatal("attached")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %q, want one with %q", err, test.want)
			}
		})
	}
	d.refuse(&wire.Refused{Code: wire.RefusedIdentity, Message: "executable of dashboard is not /usr/bin/dash"})
	_, err := waveguard.Attach(t.Context(), waveguard.Config{Socket: d.path, Services: one})
	var refused *wire.Refused
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "is not /usr/bin/dash") {
		t.Errorf("error is %v, want the daemon's message", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := waveguard.Attach(cancelled, waveguard.Config{Socket: d.path, Services: one}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
}

// TestDaemonLossAndReturn kills the daemon under a running thread.
func TestDaemonLossAndReturn(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("b")}})
	secret := newRegion(t, n, "key-store", 1)
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		call := func() error { _, err := th.Call("key-store", "b", 1); return err }
		if err := call(); err != nil {
			return err
		}
		n.daemon.kill()
		eventually(t, "the loss to show", func() bool { return !n.Status().Attached })
		if err := call(); err != nil {
			t.Errorf("without the daemon: %v", err)
		}
		if s := n.Status(); s.LastError == nil || s.Epoch != 1 {
			t.Errorf("status without the daemon is %+v", s)
		}
		n.daemon.prepare(permitBut(dashboard, keyStore, func(e *page.Entry) { e.Operations = 0 }))
		n.daemon.listen()
		second := n.daemon.session(1)
		eventually(t, "the second attachment", func() bool { return n.Status().Attached })
		if second.hello.Continues != n.first.attachment {
			t.Errorf("continues %d, want %d", second.hello.Continues, n.first.attachment)
		}
		if got := second.counter(dashboard, keyStore, page.Permitted); got != 2 {
			t.Errorf("new page begins with %d permitted calls, want the 2 made before", got)
		}
		checkDenied(t, "under the new policy", call(), waveguard.ReasonOperation)
		if v := second.violation(t); v.Kind != wire.OperationDenied {
			t.Errorf("reported %+v", v)
		}
		return nil
	})
	n.run(t, "key-store", func(*waveguard.Thread) error { secret.Bytes()[0]++; return nil })
}

// TestViolationsWithoutTheDaemonAreReportedLater: none is lost, and
// OnViolation sees each once.
func TestViolationsWithoutTheDaemonAreReportedLater(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("b")}})
	n.daemon.publish(permitBut(dashboard, keyStore, func(e *page.Entry) { e.Flags = 0 }))
	n.daemon.kill()
	eventually(t, "the loss to show", func() bool { return !n.Status().Attached })
	const calls = 30
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		for range calls {
			_, err := th.Call("key-store", "b", 1)
			checkDenied(t, "without the daemon", err, waveguard.ReasonTransition)
		}
		return nil
	})
	for seen := uint64(0); seen < calls; {
		seen += (<-n.seen).Count
	}
	n.daemon.listen()
	second := n.daemon.session(1)
	var told uint32
	for told < calls {
		told += second.violation(t).Occurrences
	}
	if told != calls || len(n.seen) != 0 {
		t.Errorf("daemon was told of %d, want %d; %d more callbacks", told, calls, len(n.seen))
	}
	if got := second.counter(dashboard, keyStore, page.Denied); got != calls {
		t.Errorf("new page counts %d", got)
	}
}

func TestReportsAreCoalesced(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("b")}})
	n.daemon.publish(permitBut(dashboard, keyStore, func(e *page.Entry) { e.Flags = 0 }))
	const calls = 20_000
	start := time.Now()
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		for range calls {
			_, _ = th.Call("key-store", "b", 1)
		}
		return nil
	})
	messages, told := 0, uint32(0)
	for ; told < calls; messages++ {
		told += n.first.violation(t).Occurrences
	}
	most := int(time.Since(start)/(100*time.Millisecond)) + 2
	if told != calls || messages > most {
		t.Errorf("%d messages stand for %d denials, want %d and at most %d messages", messages, told, calls, most)
	}
}

func TestIdentityMustNotChange(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("b")}})
	n.daemon.kill()
	moved := n.daemon.domains["dashboard"]
	moved.DomainID += 100
	n.daemon.domains["dashboard"] = moved
	n.daemon.listen()
	eventually(t, "the change to be refused", func() bool { return errors.Is(n.Status().LastError, waveguard.ErrIdentity) })
	if n.Status().Attached {
		t.Error("attached although a domain changed")
	}
	n.run(t, "dashboard", func(th *waveguard.Thread) error { // the last policy holds
		_, err := th.Call("key-store", "b", 1)
		return err
	})
}

func TestPingIsAnswered(t *testing.T) {
	n := startNode(t, nil)
	if err := n.first.conn.Send(&wire.Ping{Token: 99}); err != nil {
		t.Fatal(err)
	}
	select {
	case m := <-n.first.messages:
		if pong, ok := m.(*wire.Pong); !ok || pong.Token != 99 {
			t.Errorf("answered %+v", m)
		}
	case <-time.After(patience):
		t.Fatal("no answer")
	}
}

func TestCloseWhileRunning(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("b")}})
	mine := newRegion(t, n, "dashboard", 1)
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		for range 2 {
			if err := n.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
		if _, err := th.Call("key-store", "b", 1); err != nil {
			t.Errorf("call of a thread that was running: %v", err)
		}
		mine.Bytes()[0]++
		if err := n.Service("dashboard").Run(t.Context(), nil); !errors.Is(err, waveguard.ErrClosed) {
			t.Errorf("new Run: %v, want ErrClosed", err)
		}
		return nil
	})
	if _, err := n.Service("dashboard").NewRegion(1); err == nil {
		t.Error("made a region after the last thread left")
	}
	if s := n.Status(); s.Attached {
		t.Errorf("status after Close is %+v", s)
	}
	select {
	case <-n.first.ended:
	case <-time.After(patience):
		t.Error("the daemon still sees the attachment")
	}
}

func TestIsolatedDomainRunsNothing(t *testing.T) {
	n := startNode(t, nil)
	table := permitAll(nodeHosts)
	table[dashboard].State = page.Isolated
	n.daemon.publish(table)
	err := n.Service("dashboard").Run(t.Context(), func(*waveguard.Thread) error {
		t.Error("ran")
		return nil
	})
	if !errors.Is(err, waveguard.ErrDenied) {
		t.Errorf("Run returned %v, want a *Denied", err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.Service("monitoring").Run(done, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Run with a context that has ended: %v", err)
	}
}
