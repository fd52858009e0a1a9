//go:build linux && amd64

package redteam_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

// patience is how long a test waits for what must come.
const patience = 60 * time.Second

// daemon is the enforcement that the attacked program attaches to.
type daemon struct {
	socket string
	engine *enforcement.Engine
	joined register
}

// register counts the processes that have left.
type register struct {
	attach.Authority
	left atomic.Int64
}

// Join implements attach.Authority.
func (r *register) Join(id policy.Identity, h *wire.Hello) (attach.Session, *wire.Refused) {
	s, refused := r.Authority.Join(id, h)
	if refused != nil {
		return nil, refused
	}
	return registered{s, r}, nil
}

type registered struct {
	attach.Session
	in *register
}

// Leave implements attach.Session.
func (s registered) Leave() {
	s.Session.Leave()
	s.in.left.Add(1)
}

// others is how many services attacker.c has besides front and vault.
const others = 13

// startDaemon starts one that looks at the code of its processes or, if they are in code-scan-mode OFF, does not; with
// more lines of configuration. Front may not call vault, which an entry of its row says.
func startDaemon(t *testing.T, mode string, more ...string) *daemon {
	t.Helper()
	lines := slices.Concat(more, viewtest.Domain("front", 1), viewtest.Domain("vault", 2), viewtest.Transition("front", "vault", "DENY"),
		viewtest.Service("front", "front", os.Getuid()), viewtest.Service("vault", "vault", os.Getuid()),
		[]string{"system/config/code-scan-interval = 1"})
	for _, service := range []string{"front", "vault"} {
		lines = append(lines, viewtest.Entry("service", service)+"/config/code-scan-mode = "+mode)
	}
	for i := range others {
		name := fmt.Sprintf("other%d", i)
		lines = slices.Concat(lines, viewtest.Domain(name, 3+i), viewtest.Service(name, name, os.Getuid()),
			[]string{viewtest.Entry("service", name) + "/config/code-scan-mode = OFF"})
	}
	logger := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	d := &daemon{socket: filepath.Join(t.TempDir(), "s"), engine: enforcement.New(logger)}
	d.joined.Authority = d.engine
	commit, _, err := d.engine.Prepare(t.Context(), viewtest.Delta(t, tree.New(viewtest.Set(t)), viewtest.Config(t, lines...)))
	if err != nil {
		t.Fatal(err)
	}
	commit()
	l, err := attach.Listen(d.socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() {
		if err := (&attach.Server{Authority: &d.joined, Logger: logger}).Serve(ctx, l); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); served.Wait() })
	return d
}

func (d *daemon) await(t *testing.T, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}

// run runs a program to its end, and lets it end when the daemon has taken what it said: the
// daemon does not listen to processes that are no more.
func (d *daemon) run(t *testing.T, cmd *exec.Cmd) (string, error) {
	t.Helper()
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	in, err := cmd.StdinPipe()
	left := d.joined.left.Load()
	if err := errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	d.await(t, func() bool { return d.joined.left.Load() > left })
	in.Close()
	err = cmd.Wait()
	return out.String(), err
}

// reports returns the kinds of what was reported.
func (d *daemon) reports() (kinds []wire.Kind) {
	for {
		select {
		case v := <-d.engine.Violations():
			if !slices.Contains(kinds, v.Kind) {
				kinds = append(kinds, v.Kind)
			}
		default:
			return kinds
		}
	}
}
