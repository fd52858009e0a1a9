package datastore_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/datastore/journal"
	"github.com/optical-net/waveguard/server/datastore/journal/crashfs"
	"github.com/optical-net/waveguard/yang/tree"
)

// Whatever was committed, in whatever way, is read back as it was.
func TestConfigurationComesBack(t *testing.T) {
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 2))
		f := crashfs.New()
		cfg := config(t, &engine{})
		cfg.JournalBound = 1 << 14
		s := openIn(t, cfg, f)
		for step := range 80 {
			ok(t, s.Apply(t.Context(), session(0), randomEdit(t, r), randomEdit(t, r)))
			if step%8 != 7 {
				continue
			}
			want := text(s.Running())
			s.WaitForFold()
			s = openIn(t, cfg, f.After(crashfs.Lost))
			if got := text(s.Running()); got != want {
				t.Fatalf("seed %d, step %d: running is\n%s\nwant\n%s", seed, step, got, want)
			}
			f = crashfs.New()
			s = openIn(t, withInitial(cfg, s.Running()), f)
		}
	}
}

func withInitial(cfg datastore.Config, t *tree.Tree) datastore.Config {
	cfg.Initial = func() (*tree.Tree, error) { return t, nil }
	return cfg
}

// commits sets the limit to 1, 2, ... until something fails, and returns the
// last value that was answered; -1 when the store did not even open.
func commits(t *testing.T, cfg datastore.Config, fs journal.FS, n int) (answered int) {
	s, err := datastore.OpenIn(cfg, fs)
	if err != nil {
		return -1
	}
	defer s.Close()
	for i := 1; i <= n; i++ {
		err := s.Apply(t.Context(), session(0),
			edit(t, fmt.Sprintf("/t:top/config/limit = %d", i)),
			edit(t, fmt.Sprintf("/t:top/queue[id='%d']/note = %d", i%3, i)))
		if err != nil {
			return i - 1
		}
		s.WaitForFold()
	}
	return n
}

// After a crash at any write, sync or rename, every answered commit is there
// and none is half there.
func TestAnsweredCommitsSurviveACrashAnywhere(t *testing.T) {
	const n = 12
	cfg := config(t, &engine{})
	cfg.JournalBound = 400 // several folds
	whole := crashfs.New()
	if got := commits(t, cfg, whole, n); got != n {
		t.Fatalf("an undisturbed life ends after %d commits", got)
	}
	for stop := 1; stop <= whole.Operations(); stop++ {
		f := crashfs.New()
		f.StopAt(stop)
		answered := commits(t, cfg, f, n)
		for _, outcome := range crashfs.Outcomes {
			s, err := datastore.OpenIn(cfg, f.After(outcome))
			if err != nil {
				t.Fatalf("stop at %d, %v: %v", stop, outcome, err)
			}
			limit, note := recoveredValues(t, s)
			if limit != note {
				t.Errorf("stop at %d, %v: half a commit is there: %s", stop, outcome, text(s.Running()))
			}
			if limit < answered || limit > max(answered, 0)+1 {
				t.Errorf("stop at %d, %v: commit %d is the last, answered were %d", stop, outcome, limit, answered)
			}
			s.Close()
		}
	}
}

// recoveredValues returns the two values that a commit of the test above sets.
func recoveredValues(t *testing.T, s *datastore.Store) (limit, note int) {
	leaf := func(path string) int {
		l, ok := s.Running().Find(parsePath(t, path)).(*tree.Leaf)
		if !ok {
			return 0
		}
		n, err := strconv.Atoi(l.Value().String())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	limit = leaf("/t:top/config/limit")
	return limit, leaf(fmt.Sprintf("/t:top/queue[id='%d']/note", limit%3))
}

func TestJournalIsFolded(t *testing.T) {
	cfg := config(t, &engine{})
	cfg.Dir, cfg.JournalBound = t.TempDir(), 2000
	s := open(t, cfg)
	for i := range 50 {
		ok(t, running(t, s, fmt.Sprintf("/t:top/config/limit = %d", i)))
	}
	s.WaitForFold()
	ok(t, running(t, s, "/t:top/config/limit = 50")) // the fold may have begun long before
	s.WaitForFold()
	if s.Stats().Folds == 0 {
		t.Error("the journal was never folded")
	}
	want := text(s.Running())
	ok(t, s.Close())
	snapshots, err := filepath.Glob(filepath.Join(cfg.Dir, "config-*.json"))
	if err != nil || len(snapshots) != 1 {
		t.Errorf("snapshots %v, %v; want one", snapshots, err)
	}
	if info, err := os.Stat(filepath.Join(cfg.Dir, "journal")); err != nil || info.Size() > 4000 {
		t.Errorf("journal %v, %v; want it short", info, err)
	}
	wantConfig(t, "running", open(t, cfg).Running(), want)
}

// A failure to fold harms no commit.
func TestFoldThatFailsIsTriedAgain(t *testing.T) {
	cfg, f := config(t, &engine{}), crashfs.New()
	cfg.JournalBound = 1000
	s := openIn(t, cfg, f)
	for i := range 40 {
		if i == 0 || i == 20 {
			f.FailNext(12+i%3, errors.New("bad sector"))
		}
		err := running(t, s, fmt.Sprintf("/t:top/config/limit = %d", i+1))
		s.WaitForFold()
		if err != nil {
			ok(t, running(t, s, fmt.Sprintf("/t:top/config/limit = %d", i+1)))
		}
	}
	if s.Stats().Folds == 0 {
		t.Error("the journal was never folded")
	}
	wantConfig(t, "running", openIn(t, cfg, f.After(crashfs.Lost)).Running(), `{"t:top":{"config":{"name":"first","limit":40}}}`)
}

func TestSecondStoreIsRefused(t *testing.T) {
	cfg := config(t, &engine{})
	cfg.Dir = t.TempDir()
	open(t, cfg)
	_, err := datastore.Open(cfg)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("in use by process %d", os.Getpid())) {
		t.Errorf("error %v, want it to name this process", err)
	}
}

func TestDamagedOrForeignFilesAreRefused(t *testing.T) {
	record := func(edits string) []byte { return []byte(`{"seq":1,"edits":[` + edits + `]}`) }
	tests := []struct {
		name, snapshot string
		record         []byte
		want           string
	}{
		{"snapshot of another model", `{"other:top":{}}`, nil, "data of other"},
		{"record of another model", `{}`, record(`{"op":"replace","path":"/other:top/a","value":1}`), "data of other"},
		{"snapshot that is not valid any more", `{"t:top":{"ref":"nobody"}}`, nil, "is not valid under the models"},
		{"record that is no JSON", `{}`, []byte("?"), "replay journal record 1"},
		{"unknown operation", `{}`, record(`{"op":"paint","path":"/t:top/ref"}`), `"paint" is no operation`},
		{"unknown path", `{}`, record(`{"op":"remove","path":"/t:nowhere"}`), "replay journal record 1: remove /t:nowhere"},
		{"wrong value", `{}`, record(`{"op":"replace","path":"/t:top/config/limit","value":"high"}`), "/t:top/config/limit"},
		{"wrong anchor", `{}`, record(`{"op":"move","path":"/t:top/queue[id='1']","after":["1","2"]}`), "2 values name the entry before"},
		{"lost anchor", `{}`, record(`{"op":"move","path":"/t:top/queue[id='1']","after":["2"]}`), "replay journal record 1"},
		{"no value", `{}`, record(`{"op":"replace","path":"/t:top/config/limit"}`), "replay journal record 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := crashfs.New()
			l, _, err := journal.Open(f)
			ok(t, err)
			ok(t, l.Rewrite([]byte(tt.snapshot)))
			if tt.record != nil {
				ok(t, l.Append(tt.record))
			}
			_, err = datastore.OpenIn(config(t, &engine{}), f)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want it to say %q", err, tt.want)
			}
		})
	}
}

// FuzzReplay reads arbitrary records: it never panics, and what it accepts is
// a configuration that is valid and comes back.
func FuzzReplay(f *testing.F) {
	f.Add([]byte(`{"seq":1,"edits":[{"op":"replace","path":"/t:top/config/limit","value":3}]}`))
	f.Add([]byte(`{"seq":1,"edits":[{"op":"replace","path":"/t:top/items/item[name='a']","value":{"name":"a","config":{"name":"a"}}}]}`))
	f.Add([]byte(`{"seq":1,"edits":[{"op":"move","path":"/t:top/queue[id='1']","after":[]},{"op":"remove","path":"/t:top/order[.='x']"}]}`))
	f.Add([]byte(`{"edits":[{"op":"replace","path":"/t:top/extra","value":{}},{"op":"replace","path":"/t:top/order[.='y']","after":[]}]}`))
	f.Add([]byte(`{"seq":1,"confirm":{"user":"olga","deadline":"2030-01-02T03:04:05Z"},"edits":[{"op":"replace","path":"/t:top/config/limit","value":3}]}`))
	f.Add([]byte(`{"seq":1,"confirm":{"persist":"word","deadline":"2001-01-02T03:04:05Z"},"edits":[]}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		fs, cfg := crashfs.New(), config(t, &engine{})
		l, _, err := journal.Open(fs)
		ok(t, err)
		ok(t, l.Rewrite([]byte(initial)))
		ok(t, l.Append(payload))
		s, err := datastore.OpenIn(cfg, fs)
		if err != nil {
			return
		}
		want := text(s.Running())
		again := crashfs.New()
		openIn(t, withInitial(cfg, s.Running()), again)
		if got := text(openIn(t, cfg, again).Running()); got != want {
			t.Errorf("running is\n%s\nwant\n%s", got, want)
		}
	})
}

const childDir = "WAVEGUARD_TEST_CHILD_DIR"

// TestChildCommits is the process that TestKillNine kills.
func TestChildCommits(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		return // only that test has a use for it
	}
	cfg := config(t, &engine{})
	cfg.Dir, cfg.JournalBound = dir, 4000
	s := open(t, cfg)
	for i := 1; i < 100_000; i++ {
		ok(t, s.Apply(t.Context(), session(0), edit(t, fmt.Sprintf("/t:top/config/name = n%d", i)),
			edit(t, fmt.Sprintf("/t:top/queue[id='1']/note = n%d", i))))
		fmt.Printf("answered %d\n", i)
	}
}

func TestKillNine(t *testing.T) {
	cfg := config(t, &engine{})
	cfg.Dir = t.TempDir()
	for _, kill := range []int{1, 25, 60} {
		answered := killAfter(t, cfg.Dir, kill)
		s := open(t, cfg)
		var got int
		name := s.Running().Find(parsePath(t, "/t:top/config/name")).(*tree.Leaf).Value().String()
		note := s.Running().Find(parsePath(t, "/t:top/queue[id='1']/note")).(*tree.Leaf).Value().String()
		if _, err := fmt.Sscanf(name, "n%d", &got); err != nil || name != note {
			t.Fatalf("name %q, note %q", name, note)
		}
		if got < answered {
			t.Errorf("commit %d is the last, but %d were answered", got, answered)
		}
		ok(t, s.Close())
	}
}

// killAfter kills a child that commits once it has answered n commits, and
// returns how many it answered.
func killAfter(t *testing.T, dir string, n int) (answered int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildCommits$")
	child.Env = append(os.Environ(), childDir+"="+dir)
	child.WaitDelay = 10 * time.Second
	out, err := child.StdoutPipe()
	ok(t, err)
	ok(t, child.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, err := fmt.Sscanf(lines.Text(), "answered %d", &answered); err == nil && answered == n {
			ok(t, child.Process.Kill())
		}
	}
	if err := child.Wait(); err == nil || answered < n {
		t.Fatalf("the child ended by itself after %d commits: %v", answered, err)
	}
	return answered
}
