package datastore_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/datastore/journal"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

var testSet = sync.OnceValues(func() (*schema.Set, error) {
	return schema.Compile([]fs.FS{os.DirFS("testdata")}, schema.Options{})
})

func set(t testing.TB) *schema.Set {
	t.Helper()
	s, err := testSet()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// engine records what it is asked to do, and refuses when told.
type engine struct {
	mu     sync.Mutex
	log    []string
	refuse error
}

func (e *engine) Prepare(_ context.Context, c datastore.Change) (commit, abort func(), err error) {
	e.record("prepare " + paths(c.Changes))
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.refuse != nil {
		return nil, nil, e.refuse
	}
	return func() { e.record("commit") }, func() { e.record("abort") }, nil
}

// set makes the engine refuse from now on, or no longer.
func (e *engine) set(refuse error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.refuse = refuse
}

func (e *engine) record(what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.log = append(e.log, what)
}

// take returns what happened since the last call.
func (e *engine) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	log := e.log
	e.log = nil
	return log
}

func paths(changes []tree.Change) string {
	out := make([]string, len(changes))
	for i, c := range changes {
		out[i] = strings.TrimPrefix(c.Path.String(), "/t:top/")
	}
	return strings.Join(out, " ")
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func config(t testing.TB, e datastore.Engine) datastore.Config {
	return datastore.Config{
		Schema: set(t), Engine: e, Logger: quiet, Unmirrored: []string{"/t:top/items/item/config/hidden"},
		History: 1, // so that what is before it can be folded
		Initial: func() (*tree.Tree, error) {
			ed := tree.New(set(t)).Edit()
			err := ed.Apply(edit(t, "/t:top/config/name = first"), tree.Merge)
			return ed.Tree(), err
		},
	}
}

const initial = `{"t:top":{"config":{"name":"first"}}}`

// start opens a store in a directory of its own.
func start(t testing.TB) (*datastore.Store, *engine) {
	t.Helper()
	e := &engine{}
	cfg := config(t, e)
	cfg.Dir = t.TempDir()
	s := open(t, cfg)
	e.take()
	return s, e
}

func open(t testing.TB, cfg datastore.Config) *datastore.Store {
	t.Helper()
	s, err := datastore.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func openIn(t testing.TB, cfg datastore.Config, fs journal.FS) *datastore.Store {
	t.Helper()
	s, err := datastore.OpenIn(cfg, fs)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// edit returns the edit that lines describe, each "[operation] path [= value]".
func edit(t testing.TB, lines ...string) *tree.Edit {
	t.Helper()
	root := tree.NewEdit(set(t))
	for _, line := range lines {
		op := tree.Inherit
		if word, rest, ok := strings.Cut(line, " /"); ok {
			op, _ = tree.ParseOperation(word)
			line = "/" + rest
		}
		path, value, hasValue := strings.Cut(line, " = ")
		p := parsePath(t, path)
		ed := root.At(p)
		ed.Operation, ed.Valueless = op, !hasValue && p[len(p)-1].Value == nil
		if hasValue {
			ed.Value = parseValue(t, p.Schema(), value)
		}
	}
	return root
}

func parsePath(t testing.TB, text string) tree.Path {
	t.Helper()
	p, err := set(t).ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func parseValue(t testing.TB, n *schema.Node, text string) schema.Value {
	t.Helper()
	v, err := n.ParseValue(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func text(t *tree.Tree) string { return string(json.AppendNode(nil, t.Root(), json.EncodeOptions{})) }

func session(n uint32) datastore.Actor {
	return datastore.Actor{User: "olga", Protocol: "netconf", Session: n, Source: "192.0.2.1:4711"}
}

func running(t testing.TB, s *datastore.Store, lines ...string) error {
	t.Helper()
	return s.Edit(t.Context(), session(1), datastore.Request{Target: datastore.Running, Edit: edit(t, lines...)})
}

func candidate(t testing.TB, s *datastore.Store, lines ...string) error {
	t.Helper()
	return s.Edit(t.Context(), session(1), datastore.Request{Target: datastore.Candidate, Edit: edit(t, lines...)})
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantTag requires an error with that tag and returns it.
func wantTag(t testing.TB, err error, tag tree.Tag) *datastore.Error {
	t.Helper()
	var e *datastore.Error
	if !errors.As(err, &e) || e.Tag != tag {
		t.Fatalf("error %v, want %s", err, tag)
	}
	return e
}

func wantConfig(t testing.TB, what string, got *tree.Tree, want string) {
	t.Helper()
	if text(got) != want {
		t.Fatalf("%s is\n%s\nwant\n%s", what, text(got), want)
	}
}

func wantCalls(t testing.TB, e *engine, want ...string) {
	t.Helper()
	if got := e.take(); !slices.Equal(got, want) {
		t.Fatalf("the engine was asked %q, want %q", got, want)
	}
}
