package enforcement_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// rig is an engine with its socket, and the configuration that it was given.
type rig struct {
	t      testing.TB
	path   string
	engine *enforcement.Engine
	config *tree.Tree
	tune   []func(*enforcement.Engine) // what is done to an engine first

	stop   context.CancelFunc
	served sync.WaitGroup
}

// node is the configuration of the tests: the services front, in domain a, and
// vault, in domain b, and the permission for a to call b.
func node(t testing.TB) *tree.Tree {
	t.Helper()
	return viewtest.Config(t, slices.Concat(
		viewtest.Domain("a", 1), viewtest.Domain("b", 2),
		viewtest.Service("front", "a", os.Getuid()), viewtest.Service("vault", "b", os.Getuid()),
		viewtest.Transition("a", "b", "PERMIT"),
	)...)
}

func start(t testing.TB, tune ...func(*enforcement.Engine)) *rig {
	t.Helper()
	r := &rig{t: t, path: filepath.Join(t.TempDir(), "attach.sock"), tune: tune}
	r.boot(node(t))
	t.Cleanup(r.halt)
	return r
}

// boot starts a daemon with that configuration.
func (r *rig) boot(config *tree.Tree) {
	r.t.Helper()
	r.engine = enforcement.New(logger(r.t))
	for _, f := range r.tune {
		f(r.engine)
	}
	r.config = tree.New(viewtest.Set(r.t))
	r.commitTree(config)
	r.serve()
}

// logger shows what the daemon says in a test that fails.
func logger(t testing.TB) *slog.Logger {
	if _, bench := t.(*testing.B); bench {
		return slog.New(slog.DiscardHandler)
	}
	o := &output{w: t.Output()}
	t.Cleanup(o.end)
	return slog.New(slog.NewTextHandler(o, nil))
}

// output is that of a test. What its daemon says later, such as of a scan that was
// going on when a process left, is dropped.
type output struct {
	mu sync.Mutex
	w  io.Writer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(b)
}

func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.w = io.Discard
}

// serve listens for host processes until halt.
func (r *rig) serve() {
	r.t.Helper()
	l, err := attach.Listen(r.path)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	server := &attach.Server{Authority: r.engine, Logger: logger(r.t)}
	r.served.Go(func() {
		if err := server.Serve(ctx, l); err != nil {
			r.t.Errorf("serve: %v", err)
		}
	})
}

// halt closes the socket and every connection, as the end of a daemon does.
func (r *rig) halt() {
	r.stop()
	r.served.Wait()
}

func (r *rig) prepare(to *tree.Tree) (commit, abort func()) {
	r.t.Helper()
	commit, abort, err := r.engine.Prepare(r.t.Context(), viewtest.Delta(r.t, r.config, to))
	if err != nil {
		r.t.Fatal(err)
	}
	return commit, abort
}

func (r *rig) commitTree(to *tree.Tree) {
	r.t.Helper()
	commit, _ := r.prepare(to)
	commit()
	r.config = to
}

// commit changes the configuration by the lines of viewtest.Edit.
func (r *rig) commit(lines ...string) {
	r.t.Helper()
	r.commitTree(viewtest.Edit(r.t, r.config, lines...))
}

// violation waits for the next report.
func (r *rig) violation() enforcement.Violation {
	r.t.Helper()
	var v enforcement.Violation
	select {
	case v = <-r.engine.Violations():
	case <-time.After(patience):
		r.t.Fatal("no violation was reported")
	}
	return v
}

func (r *rig) domain(name string) *gen.MpkSecurity_Domain { return r.engine.State().Domain[name] }

func (r *rig) service(name string) *gen.MpkSecurity_Service { return r.engine.State().Service[name] }

func (r *rig) transition(source, target string) *gen.MpkSecurity_Transition_Counters {
	if t := r.engine.State().Transition[view.TransitionKey{Source: source, Target: target}]; t != nil {
		return t.Counters
	}
	return nil
}

func (r *rig) eventually(what string, holds func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// workload is a host process made with the SDK, with both services.
type workload struct {
	*waveguard.Host
	t testing.TB
}

func (r *rig) attach() *workload {
	r.t.Helper()
	return r.attachOn(nil)
}

// attachOn attaches with that backend, the best there is if nil.
func (r *rig) attachOn(b mpk.Backend) *workload {
	r.t.Helper()
	w, err := r.tryAttachOn(b)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = w.Close() })
	r.eventually("the daemon to see that the process is ready", func() bool { return r.service("front").GetAttached() })
	return w
}

func (r *rig) tryAttach() (*workload, error) { return r.tryAttachOn(nil) }

func (r *rig) tryAttachOn(b mpk.Backend) (*workload, error) {
	echo := func(_ *waveguard.Thread, arg any) (any, error) { return arg, nil }
	host, err := waveguard.Attach(r.t.Context(), waveguard.Config{
		Socket: r.path, Backend: b,
		Services: []waveguard.ServiceSpec{
			{Name: "front"},
			{Name: "vault", Operations: []waveguard.Operation{{Name: "read", Handler: echo}, {Name: "write", Handler: echo}}},
		},
	})
	return &workload{host, r.t}, err
}

// call calls an operation of vault from front, n times, and returns the last error.
func (w *workload) call(operation string, n int) (err error) {
	w.t.Helper()
	run := w.Service("front").Run(w.t.Context(), func(th *waveguard.Thread) error {
		for range n {
			_, err = th.Call("vault", operation, 1)
		}
		return nil
	})
	if run != nil {
		return run
	}
	return err
}

// wantDenied requires a refusal for that reason.
func wantDenied(t testing.TB, err error, reason waveguard.Reason) {
	t.Helper()
	denied, ok := err.(*waveguard.Denied)
	if !ok || denied.Reason != reason {
		t.Errorf("call returned %v, want a refusal for %v", err, reason)
	}
}

func wantPermitted(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("call returned %v, want none", err)
	}
}
