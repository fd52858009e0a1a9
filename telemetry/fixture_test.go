package telemetry_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/telemetry"
	"github.com/optical-net/waveguard/yang/tree"
)

// noEngine enforces nothing.
type noEngine struct{}

func (noEngine) Prepare(context.Context, datastore.Change) (commit, abort func(), err error) {
	return func() {}, func() {}, nil
}

// source counts what the test says.
type source struct {
	state *gen.MpkSecurity
	rung  chan struct{}
}

func (s *source) State() *gen.MpkSecurity  { return s.state }
func (s *source) Changed() <-chan struct{} { return s.rung }

// store is a datastore with the lines of viewtest in it.
type store struct {
	*datastore.Store
	t testing.TB
}

func openStore(t testing.TB, lines ...string) *store {
	t.Helper()
	s, err := datastore.Open(datastore.Config{
		Dir: t.TempDir(), Schema: viewtest.Set(t), Engine: noEngine{}, Logger: slog.New(slog.DiscardHandler),
		Initial: func() (*tree.Tree, error) { return viewtest.Config(t, lines...), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &store{s, t}
}

// create adds the lines to the configuration.
func (s *store) create(lines ...string) {
	s.t.Helper()
	root := tree.NewEdit(viewtest.Set(s.t))
	added := viewtest.Config(s.t, lines...)
	for _, c := range tree.Diff(tree.New(viewtest.Set(s.t)), added) {
		merge(root, c.Path, c.New)
	}
	s.apply(root)
}

// merge adds what stands at path to an edit.
func merge(root *tree.Edit, path tree.Path, n tree.Node) {
	switch n := n.(type) {
	case *tree.Leaf:
		root.At(path).Value = n.Value()
	case *tree.Container:
		root.At(path)
		for k := range n.Children() {
			step := tree.Path{{Node: k.Schema()}}
			if list, ok := k.(*tree.List); ok {
				for e := range list.All() {
					step[0].Keys = e.Keys()
					merge(root, slices.Concat(path, step), e)
				}
				continue
			}
			if values, ok := k.(*tree.LeafList); ok {
				for leaf := range values.All() {
					value := leaf.Value()
					root.At(slices.Concat(path, tree.Path{{Node: k.Schema(), Value: &value}}))
				}
				continue
			}
			if !k.Schema().IsKey() {
				merge(root, slices.Concat(path, step), k)
			}
		}
	}
}

func (s *store) remove(paths ...string) {
	s.t.Helper()
	root := tree.NewEdit(viewtest.Set(s.t))
	for _, p := range paths {
		root.At(viewtest.Path(s.t, p)).Operation = tree.Delete
	}
	s.apply(root)
}

func (s *store) apply(ed *tree.Edit) {
	s.t.Helper()
	if err := s.Apply(s.t.Context(), datastore.Actor{}, ed); err != nil {
		s.t.Fatal(err)
	}
}

// leaf returns the value of a state leaf, "" if there is none.
func (s *store) leaf(path string) string {
	s.t.Helper()
	leaf, ok := s.Operational().Find(viewtest.Path(s.t, path)).(*tree.Leaf)
	if !ok {
		return ""
	}
	return viewtest.Value(s.t, leaf.Schema(), leaf.Value().String()).String()
}

func (s *store) want(path, value string) {
	s.t.Helper()
	if got := s.leaf(path); got != value {
		s.t.Errorf("%s is %q, want %q", path, got, value)
	}
}

// node configures two domains, a service and a transition.
func node() []string {
	return slices.Concat(
		viewtest.Domain("a", 1), viewtest.Domain("b", 2),
		viewtest.Service("s", "a", 7), viewtest.Transition("a", "b", "PERMIT"),
	)
}

// counted is a state in which everything of node, and more than that, has been
// counted n times.
func counted(n uint64) *gen.MpkSecurity {
	state := &gen.MpkSecurity{
		System:     &gen.MpkSecurity_System{PolicyEpoch: ygot.Uint64(n), Version: ygot.String("1.2.3")},
		Domain:     map[string]*gen.MpkSecurity_Domain{},
		Service:    map[string]*gen.MpkSecurity_Service{},
		Transition: map[view.TransitionKey]*gen.MpkSecurity_Transition{},
	}
	for _, name := range []string{"a", "b", "ghost"} {
		state.Domain[name] = &gen.MpkSecurity_Domain{
			OperationalState: gen.MpkSecurityTypes_OperationalState_IN_SERVICE,
			Counters:         &gen.MpkSecurity_Domain_Counters{EntriesPermitted: ygot.Uint64(n)},
		}
	}
	for _, name := range []string{"s", "ghost"} {
		state.Service[name] = &gen.MpkSecurity_Service{
			Attached: ygot.Bool(true), Counters: &gen.MpkSecurity_Service_Counters{Violations: ygot.Uint64(n)},
			LastViolation: &gen.MpkSecurity_Service_LastViolation{Kind: gen.MpkSecurityTypes_ViolationKindRef_rate_exceeded},
			CodeScan:      &gen.MpkSecurity_Service_CodeScan{Verdict: gen.MpkSecurityTypes_CodeScanVerdict_OPEN, Open: ygot.Uint32(uint32(n))},
		}
	}
	for _, key := range []view.TransitionKey{{Source: "a", Target: "b"}, {Source: "b", Target: "a"}, {Source: "ghost", Target: "a"}} {
		state.Transition[key] = &gen.MpkSecurity_Transition{Counters: &gen.MpkSecurity_Transition_Counters{Permitted: ygot.Uint64(n)}}
	}
	return state
}

func collector(s *store, from *source) *telemetry.Collector {
	return &telemetry.Collector{Source: from, Store: s, Schema: viewtest.Set(s.t), Logger: slog.New(slog.DiscardHandler)}
}
