package appliance

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/tree"
)

const soakers = 50

// TestSoak lets clients lock, edit, commit, confirm, kill each other and vanish, each
// as its seed says, and holds that nothing of them is left and that the journal leads
// to what is running. WAVEGUARD_SOAK is how long it goes on, such as 5m, and
// WAVEGUARD_SOAK_SEED another seed.
func TestSoak(t *testing.T) {
	duration, seed := soakTime(t)
	dir := t.TempDir()
	a, stop := startIn(t, dir)
	w := newWorld(t, a)
	baseline := w.leftovers()
	ctx, cancel := context.WithTimeout(t.Context(), duration)
	defer cancel()
	var wg sync.WaitGroup
	for i := range soakers {
		wg.Go(func() {
			s := &soaker{world: w, number: i, r: rand.New(rand.NewPCG(seed, uint64(i)))}
			if err := s.run(ctx); err != nil {
				t.Errorf("client %d, seed %d: %v", i, seed, err)
				cancel()
			}
		})
	}
	wg.Wait()
	w.mustBeClean(baseline)
	t.Logf("seed %d, %v: %s", seed, duration, w.tally())
	running := configText(a.store.Running())
	stop()
	mustReload(t, a, running)
}

func soakTime(t *testing.T) (duration time.Duration, seed uint64) {
	t.Helper()
	duration, seed = 2*time.Second, 1
	var err error
	if text := os.Getenv("WAVEGUARD_SOAK"); text != "" {
		if duration, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	if text := os.Getenv("WAVEGUARD_SOAK_SEED"); text != "" {
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return duration, seed
}

func configText(t *tree.Tree) string {
	return string(json.AppendNode(nil, t.Root(), json.EncodeOptions{}))
}

// mustReload requires that the journal of an appliance that ended leads to what ran.
func mustReload(t *testing.T, a *Appliance, running string) {
	t.Helper()
	again, err := datastore.Open(datastore.Config{Dir: filepath.Join(a.cfg.Dir, "config"), Schema: a.schema, Engine: idleEngine{}, Logger: a.cfg.Logger})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := configText(again.Running()); got != running {
		t.Errorf("the journal leads to\n%s\nrunning was\n%s", got, running)
	}
}

type idleEngine struct{}

func (idleEngine) Prepare(context.Context, datastore.Change) (commit, abort func(), err error) {
	return func() {}, func() {}, nil
}

// world is what the clients have in common.
type world struct {
	t    *testing.T
	a    *Appliance
	live sync.Map // session-id of each client that has a session

	mu    sync.Mutex
	count map[string]int // of what succeeded, by step, and of refusals by tag
}

// newWorld lets the clients in, and warms up what is made once.
func newWorld(t *testing.T, a *Appliance) *world {
	t.Helper()
	w := &world{t: t, a: a, count: map[string]int{}}
	c := dial(t, a)
	c.edit(`<system><users><user><name>admin</name><config><authorized-key>` + soakKey() + `</authorized-key></config></user></users></system>`)
	c.call("<commit/>")
	c.call("<close-session/>")
	s := &soaker{world: w, number: soakers}
	if err := s.connect(); err != nil {
		t.Fatal(err)
	}
	s.drop()
	w.settle("the first client is gone", func() bool { return w.sessions() == 0 })
	return w
}

func (w *world) did(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count[what]++
}

func (w *world) tally() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, what := range slices.Sorted(maps.Keys(w.count)) {
		all = append(all, fmt.Sprintf("%d %s", w.count[what], what))
	}
	return strings.Join(all, ", ")
}

// sessions counts those that monitoring tells of.
func (w *world) sessions() int {
	w.t.Helper()
	state := string(json.AppendNode(nil, w.a.netconf.State()[0](), json.EncodeOptions{}))
	return strings.Count(state, `"login-time"`)
}

// leftovers is what a process accumulates when something leaks.
type leftovers struct {
	goroutines, files int
	names             []string // in the folder of state
}

func (w *world) leftovers() leftovers {
	w.t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		if os.Getenv("CI") != "" {
			w.t.Fatal(err)
		}
		w.t.Skip(err)
	}
	l := leftovers{runtime.NumGoroutine(), len(files), nil}
	err = filepath.WalkDir(w.a.cfg.Dir, func(path string, _ os.DirEntry, err error) error {
		if name := filepath.Base(path); !isNumbered(name) {
			l.names = append(l.names, name)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// isNumbered says whether a file is one of a row whose numbers grow.
func isNumbered(name string) bool { return strings.ContainsAny(name, "0123456789") }

func (w *world) settle(what string, cond func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			var b bytes.Buffer
			_ = pprof.Lookup("goroutine").WriteTo(&b, 1)
			w.t.Fatalf("never: %s\n%s", what, b.String())
		}
	}
}

// mustBeClean requires that nothing is left of the clients.
func (w *world) mustBeClean(before leftovers) {
	w.t.Helper()
	w.settle("all sessions are gone", func() bool { return w.sessions() == 0 })
	w.settle("no confirmed commit waits", func() bool { _, waits := w.a.store.Confirming(); return !waits })
	for _, name := range []datastore.Name{datastore.Running, datastore.Candidate} {
		if lock, locked := w.a.store.LockedBy(name); locked {
			w.t.Errorf("%v is locked by session %d", name, lock.Session)
		}
	}
	w.settle("as many goroutines as before", func() bool { return runtime.NumGoroutine() <= before.goroutines })
	w.settle("as many files are open as before", func() bool { return w.leftovers().files <= before.files })
	w.settle("no other files than before", func() bool { return slices.Equal(w.leftovers().names, before.names) })
}
