package csdk_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

// patience is how long a test waits for what must come.
const patience = 60 * time.Second

// built is where make leaves the programs, from the root of the repository.
const built = "../../bin/csdk/test"

var makeOnce = sync.OnceValues(func() ([]byte, error) {
	return exec.Command("make", "-s", "-C", "../../sdk/c", "all", "programs", "sanitized").CombinedOutput()
})

// program returns the path of a program of sdk/c/testdata, built if this machine
// can; in the virtual machine it was put there.
func program(t testing.TB, name string) string {
	t.Helper()
	if os.Getenv("WAVEGUARD_IN_VM") == "" {
		for _, tool := range []string{"make", "gcc", "g++"} {
			if _, err := exec.LookPath(tool); err != nil && os.Getenv("CI") != "true" {
				t.Skipf("needs %s: scripts/install-deps", tool)
			}
		}
		if out, err := makeOnce(); err != nil {
			t.Fatalf("make: %v\n%s", err, out)
		}
	}
	path, err := filepath.Abs(filepath.Join(built, name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// backends are those that this machine has: keys only in the virtual machine, as a rule.
func backends(t testing.TB) []string {
	if hasKeys(t) {
		return []string{"none", "mprotect", "pku"}
	}
	return []string{"none", "mprotect"}
}

func hasKeys(t testing.TB) bool {
	_, err := mpk.Open(mpk.KindPKU)
	if err != nil && os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Fatalf("the virtual machine has no protection keys: %v", err)
	}
	return err == nil
}

func needKeys(t *testing.T) {
	t.Helper()
	if !hasKeys(t) {
		t.Skip("needs PKU: make vm-test")
	}
}

// rig is the daemon's enforcement with its socket, and the configuration it was given.
type rig struct {
	t      testing.TB
	path   string
	engine *enforcement.Engine
	config *tree.Tree
	stop   context.CancelFunc
	served sync.WaitGroup
}

// node has the services front in domain a, vault in domain b, and permission for each to call
// the other.
func node(t testing.TB) *rig {
	return start(t, slices.Concat(
		viewtest.Domain("a", 1), viewtest.Domain("b", 2),
		viewtest.Service("front", "a", os.Getuid()), viewtest.Service("vault", "b", os.Getuid()),
		viewtest.Transition("a", "b", "PERMIT"), viewtest.Transition("b", "a", "PERMIT"),
	))
}

func start(t testing.TB, config []string) *rig {
	t.Helper()
	r := &rig{t: t, path: filepath.Join(t.TempDir(), "s")}
	r.boot(viewtest.Config(t, config...))
	t.Cleanup(r.halt)
	return r
}

// boot starts a daemon with that configuration.
func (r *rig) boot(config *tree.Tree) {
	r.t.Helper()
	r.engine = enforcement.New(r.logger())
	r.config = tree.New(viewtest.Set(r.t))
	r.commitTree(config)
	l, err := attach.Listen(r.path)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	server := &attach.Server{Authority: r.engine, Logger: r.logger()}
	r.served.Go(func() {
		if err := server.Serve(ctx, l); err != nil {
			r.t.Errorf("serve: %v", err)
		}
	})
}

func (r *rig) logger() *slog.Logger {
	if _, benchmark := r.t.(*testing.B); benchmark { // whose output is its figures
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(r.t.Output(), nil))
}

func (r *rig) halt() {
	r.stop()
	r.served.Wait()
}

func (r *rig) commitTree(to *tree.Tree) {
	r.t.Helper()
	commit, _, err := r.engine.Prepare(r.t.Context(), viewtest.Delta(r.t, r.config, to))
	if err != nil {
		r.t.Fatal(err)
	}
	commit()
	r.config = to
}

// commit changes the configuration by the lines of viewtest.Edit.
func (r *rig) commit(lines ...string) {
	r.t.Helper()
	r.commitTree(viewtest.Edit(r.t, r.config, lines...))
}

// transition returns a line about the transition from a to b.
func transition(leaf string) string {
	return viewtest.Entry("transition", "a", "b") + "/config/" + leaf
}

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

func (r *rig) counters(source, target string) *gen.MpkSecurity_Transition_Counters {
	t := r.engine.State().Transition[view.TransitionKey{Source: source, Target: target}]
	if t == nil {
		return &gen.MpkSecurity_Transition_Counters{}
	}
	return t.Counters
}

func (r *rig) eventually(what string, holds func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// process is the program node, which does a line at a time.
type process struct {
	t      testing.TB
	orders io.WriteCloser
	lines  *bufio.Scanner
	cmd    *exec.Cmd
}

func (r *rig) spawn(backend string) *process {
	r.t.Helper()
	return r.spawnProgram("node", backend)
}

// withoutLeaks keeps the address sanitizer from its search, which stumbles over guard pages.
const withoutLeaks = "ASAN_OPTIONS=detect_leaks=0"

func (r *rig) spawnProgram(name, backend string) *process {
	r.t.Helper()
	p := startProgram(r.t, program(r.t, name), r.path, backend)
	p.wants("ready")
	r.eventually("the daemon to see that the process is ready", func() bool {
		s := r.engine.State().Service["front"]
		return s != nil && s.GetAttached()
	})
	return p
}

// startProgram starts a program that takes orders.
func startProgram(t testing.TB, path string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(path, args...)}
	p.cmd.Env = append(os.Environ(), withoutLeaks)
	p.cmd.Stderr = t.Output()
	var err1, err2 error
	var out io.Reader
	p.orders, err1 = p.cmd.StdinPipe()
	out, err2 = p.cmd.StdoutPipe()
	if err := errors.Join(err1, err2, p.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(out)
	t.Cleanup(func() { _, _ = p.cmd.Process.Kill(), p.cmd.Wait() })
	return p
}

// do gives an order and returns the answer.
func (p *process) do(order string) string {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.orders, order); err != nil {
		p.t.Fatal(err)
	}
	return p.line()
}

func (p *process) line() string {
	p.t.Helper()
	if !p.lines.Scan() {
		p.t.Fatalf("the program ended: %v", p.cmd.Wait())
	}
	return p.lines.Text()
}

func (p *process) wants(line string) {
	p.t.Helper()
	if got := p.line(); got != line {
		p.t.Fatalf("the program says %q, want %q", got, line)
	}
}

// expect gives an order whose answer is known.
func (p *process) expect(order, want string) {
	p.t.Helper()
	if got := p.do(order); got != want {
		p.t.Errorf("%s: %q, want %q", order, got, want)
	}
}

// end closes the program's input, and wants it to end well.
func (p *process) end() {
	p.t.Helper()
	if err := errors.Join(p.orders.Close(), p.cmd.Wait()); err != nil {
		p.t.Errorf("end of the program: %v", err)
	}
}

// run runs a program to its end, and returns what it wrote and how it ended.
func (r *rig) run(name string, args ...string) (string, error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, program(r.t, name), append([]string{r.path}, args...)...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}
