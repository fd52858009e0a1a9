package enforcement_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"testing"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

// daemon is the environment variable that makes this program a daemon which
// listens on the socket named after it, with the action of the transition from a
// to b. It answers each line on its standard input with its state.
const daemon = "WAVEGUARD_TEST_DAEMON"

// helper is what a daemon has of a test: the end of the program.
type helper struct{ testing.TB }

func (helper) Helper()                      {}
func (helper) Fatal(args ...any)            { panic(fmt.Sprint(args...)) }
func (helper) Context() context.Context     { return context.Background() }
func (helper) Fatalf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }

func beDaemon(path, act string) {
	t := helper{}
	engine := enforcement.New(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	config := viewtest.Edit(t, node(t), action(act))
	commit, _, err := engine.Prepare(context.Background(), viewtest.Delta(t, tree.New(viewtest.Set(t)), config))
	if err != nil {
		panic(err)
	}
	commit()
	l, err := attach.Listen(path)
	if err != nil {
		panic(err)
	}
	server := &attach.Server{Authority: engine, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	go func() { panic(server.Serve(context.Background(), l)) }()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		b, err := json.Marshal(told(engine.State()))
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s\n", b)
	}
}

// account is what a daemon says.
type account struct {
	Attached                      bool
	Permitted, Denied, Violations uint64
}

func told(state *gen.MpkSecurity) account {
	front := state.Service["front"]
	a := account{Attached: front.GetAttached(), Violations: front.Counters.GetViolations()}
	if t := state.Transition[view.TransitionKey{Source: "a", Target: "b"}]; t != nil {
		a.Permitted, a.Denied = t.Counters.GetPermitted(), t.Counters.GetDenied()
	}
	return a
}

// otherDaemon is a daemon in a process of its own.
type otherDaemon struct {
	t   *testing.T
	cmd *exec.Cmd
	ask io.WriteCloser
	say *json.Decoder
}

func startDaemon(t *testing.T, path, act string) *otherDaemon {
	t.Helper()
	d := &otherDaemon{t: t, cmd: exec.Command("/proc/self/exe")}
	d.cmd.Env = append(os.Environ(), daemon+"="+path+" "+act)
	d.cmd.Stderr = t.Output()
	in, err1 := d.cmd.StdinPipe()
	out, err2 := d.cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	d.ask, d.say = in, json.NewDecoder(out)
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.kill)
	d.tell() // it listens
	return d
}

// kill ends the daemon as kill -9 does.
func (d *otherDaemon) kill() {
	_ = d.cmd.Process.Kill()
	_ = d.cmd.Wait()
}

func (d *otherDaemon) tell() (a account) {
	d.t.Helper()
	if _, err := d.ask.Write([]byte("\n")); err != nil {
		d.t.Fatal(err)
	}
	if err := d.say.Decode(&a); err != nil {
		d.t.Fatal(err)
	}
	return a
}

// TestDaemonIsKilled: a daemon that is killed takes nothing along. Gates go on
// under the last policy; what they refuse meanwhile is told to the next daemon,
// every single case, and its policy holds from then on.
func TestDaemonIsKilled(t *testing.T) {
	r := &rig{t: t, path: t.TempDir() + "/attach.sock"}
	first := startDaemon(t, r.path, "DENY")
	w, err := r.tryAttach()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	wantDenied(t, w.call("read", 3), waveguard.ReasonTransition)
	r.eventually("the first daemon to be told", func() bool {
		return first.tell() == account{Attached: true, Denied: 3, Violations: 3}
	})
	first.kill()
	wantDenied(t, w.call("read", 4), waveguard.ReasonTransition)
	r.eventually("the loss to show", func() bool { return !w.Status().Attached })
	wantDenied(t, w.call("read", 5), waveguard.ReasonTransition)

	second := startDaemon(t, r.path, "PERMIT")
	r.eventually("the reports of what was tried meanwhile", func() bool {
		a := second.tell()
		return a.Attached && a.Violations >= 9
	})
	wantPermitted(t, w.call("read", 2))
	if a := second.tell(); a != (account{Attached: true, Permitted: 2, Violations: 9}) {
		t.Errorf("the second daemon says %+v", a)
	}
	second.kill()
	r.eventually("the loss to show", func() bool { return !w.Status().Attached })
	wantPermitted(t, w.call("read", 1))
}
