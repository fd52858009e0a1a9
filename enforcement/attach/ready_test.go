package attach

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/policy"
)

// anybody welcomes every process.
type anybody struct {
	refusal *wire.Refused // of who is ready
	left    chan struct{}
	gone    chan struct{}

	joined  policy.Identity
	ready   bool
	onReady func()
	reports int
	news    chan struct{}
	letters []wire.Message // that there are for it
	mapped  []wire.Mapped
}

func (a *anybody) Join(id policy.Identity, _ *wire.Hello) (Session, *wire.Refused) {
	a.joined = id
	return a, nil
}

func (a *anybody) Welcome() (*wire.Welcome, wire.PageFiles) {
	return &wire.Welcome{Attachment: 1, Hosted: []wire.Hosted{{Service: "s", Domain: "d"}}},
		wire.PageFiles{Policy: os.Stdin, Stats: os.Stdin, Doorbell: os.Stdin}
}

func (a *anybody) Ready() *wire.Refused {
	if a.ready = true; a.onReady != nil {
		a.onReady()
	}
	return a.refusal
}

func (a *anybody) Violation(*wire.Violation) error { a.reports++; return nil }
func (a *anybody) Leave()                          { close(a.left) }
func (a *anybody) Abandon()                        { close(a.left) }
func (a *anybody) News() <-chan struct{}           { return a.news }
func (a *anybody) Mapped(m *wire.Mapped) error     { a.mapped = append(a.mapped, *m); return nil }

func (a *anybody) Deliver(send func(wire.Message, wire.Files) error) error {
	for _, m := range a.letters {
		if err := send(m, nil); err != nil {
			return err
		}
	}
	return nil
}

func (a *anybody) Replaced() <-chan struct{} { return a.gone }

func (a *anybody) serve(t *testing.T, s *Server, l *net.UnixListener) {
	a.left, a.gone = make(chan struct{}), make(chan struct{})
	s.Authority, s.Logger = a, slog.New(slog.NewTextHandler(t.Output(), nil))
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() { _ = s.Serve(ctx, l) })
	t.Cleanup(func() { cancel(); served.Wait() })
}

// meet has a process welcomed by a server.
func meet(t *testing.T, a *anybody, s *Server) *wire.Conn {
	t.Helper()
	l, err := Listen(filepath.Join(t.TempDir(), "attach.sock"))
	if err != nil {
		t.Fatal(err)
	}
	a.serve(t, s, l)
	c, err := wire.Dial(t.Context(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Send(&wire.Hello{Services: []wire.Service{{Name: "s"}}}); err != nil {
		t.Fatal(err)
	}
	_, files, err := c.Receive()
	if err != nil {
		t.Fatal(err)
	}
	_ = files.Close()
	return c
}

func (a *anybody) wantLeft(t *testing.T) {
	t.Helper()
	select {
	case <-a.left:
	case <-time.After(20 * time.Second):
		t.Error("the attachment goes on")
	}
}

// TestWelcomedAndNotReady: a claim is nobody's who does not go on with it, also
// one who talks of other things. One who is ready has all the time there is.
func TestWelcomedAndNotReady(t *testing.T) {
	const readiness = 50 * time.Millisecond
	late := &anybody{}
	c := meet(t, late, &Server{readiness: readiness})
	for {
		if err := c.Send(&wire.Ping{}); err != nil {
			break
		}
		time.Sleep(readiness / 10)
	}
	late.wantLeft(t)

	ready := &anybody{}
	c = meet(t, ready, &Server{readiness: readiness})
	if err := c.Send(&wire.Ready{}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * readiness)
	if err := c.Send(&wire.Ping{Token: 7}); err != nil {
		t.Fatal(err)
	}
	if m, _, err := c.Receive(); err != nil {
		t.Errorf("one who is ready got %v, %v", m, err)
	}
}

// TestRefusedWhenReady: who is refused then is told so, and is gone.
func TestRefusedWhenReady(t *testing.T) {
	a := &anybody{refusal: &wire.Refused{Code: wire.RefusedStrength, Message: "no walls"}}
	c := meet(t, a, &Server{})
	if err := c.Send(&wire.Ready{}); err != nil {
		t.Fatal(err)
	}
	if m, _, err := c.Receive(); err != nil {
		t.Error(err)
	} else if got, ok := m.(*wire.Refused); !ok || *got != *a.refusal {
		t.Errorf("received %+v", m)
	}
	if m, _, err := c.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("then it received %+v, %v", m, err)
	}
	a.wantLeft(t)
}

// TestReplacedIsClosed: who is taken over from is gone.
func TestReplacedIsClosed(t *testing.T) {
	a := &anybody{}
	c := meet(t, a, &Server{})
	close(a.gone)
	if m, _, err := c.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("received %+v, %v", m, err)
	}
	a.wantLeft(t)
}

// TestPoser: a process that becomes a program which may have the service, and
// leaves the socket to a child, is taken for that program: the kernel says nothing
// else. The child speaks in its name, and ends the attachment with that.
func TestPoser(t *testing.T) {
	l, err := Listen(filepath.Join(t.TempDir(), "attach.sock"))
	if err != nil {
		t.Fatal(err)
	}
	o := startAt(t, l, "pose")
	sleep, err := exec.LookPath("sleep")
	if err == nil {
		sleep, err = filepath.EvalSymlinks(sleep)
	}
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the process to be another program", func() bool {
		exe, _ := os.Readlink(procPath(o.cmd.Process.Pid, "exe"))
		return exe == sleep
	})
	a := &anybody{}
	a.serve(t, &Server{readiness: time.Minute}, l)
	o.act()
	a.wantLeft(t)
	if a.joined.Executable != sleep || a.ready {
		t.Errorf("identified as %s, ready %v", a.joined.Executable, a.ready)
	}
}

// TestLastWords: what a process reported before its end is taken, though it was read
// after it.
func TestLastWords(t *testing.T) {
	l, err := Listen(filepath.Join(t.TempDir(), "attach.sock"))
	if err != nil {
		t.Fatal(err)
	}
	o := startAt(t, l, "report")
	a := &anybody{onReady: func() { o.act(); _ = o.cmd.Wait() }}
	a.serve(t, &Server{}, l)
	a.wantLeft(t)
	if a.reports != 2 {
		t.Errorf("%d of 2 reports were taken", a.reports)
	}
}
