package datastore_test

import (
	"context"
	"fmt"
	"io/fs"
	"sync"
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

var applianceSet = sync.OnceValues(func() (*schema.Set, error) {
	return schema.Compile([]fs.FS{models.FS}, schema.Options{Implement: []string{"mpk-security", "mpk-security-telemetry"}})
})

type nullEngine struct{}

func (nullEngine) Prepare(context.Context, datastore.Change) (commit, abort func(), err error) {
	return func() {}, func() {}, nil
}

// domains is how many domains there are: enough for 10,000 transitions.
const domains = 128

func domain(i int) string { return fmt.Sprintf("domain-%d", i) }

// openAppliance opens a store of our models, with domains, in a real directory.
func openAppliance(b *testing.B) *datastore.Store {
	b.Helper()
	set, err := applianceSet()
	ok(b, err)
	s, err := datastore.Open(datastore.Config{Dir: b.TempDir(), Schema: set, Engine: nullEngine{}, Logger: quiet})
	ok(b, err)
	b.Cleanup(func() { s.Close() })
	list := ""
	for i := range domains {
		level := "LOW"
		if i == 0 {
			level = "CONTROLLER"
		}
		list += fmt.Sprintf(`%s{"name":%q,"config":{"name":%q,"id":%d,"privilege-level":%q}}`, comma(i), domain(i), domain(i), i, level)
	}
	ok(b, s.Apply(b.Context(), session(0), document(b, s, `{"domains":{"domain":[`+list+`]}}`)))
	return s
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

func document(b *testing.B, s *datastore.Store, inside string) *tree.Edit {
	b.Helper()
	ed, err := json.DecodeEdit(s.Running().Schema(), nil, []byte(`{"mpk-security:mpk-security":`+inside+`}`), json.DecodeOptions{})
	ok(b, err)
	return ed
}

// transitions returns the edit that creates n transitions.
func transitions(b *testing.B, s *datastore.Store, n int) *tree.Edit {
	b.Helper()
	list := ""
	var all []byte
	for i := range n {
		all = append(all, comma(i)+transition(i, "PERMIT", 1+i%1000)...)
	}
	list = string(all)
	return document(b, s, `{"transitions":{"transition":[`+list+`]}}`)
}

// transition returns the i-th pair of different domains.
func transition(i int, action string, rate int) string {
	from, to := i/(domains-1), i%(domains-1)
	if to >= from {
		to++
	}
	return fmt.Sprintf(`{"source":%q,"target":%q,"config":{"source":%q,"target":%q,"action":%q,"max-rate":%d}}`,
		domain(from), domain(to), domain(from), domain(to), action, rate)
}

// BenchmarkEditCommit changes one transition in the candidate and commits.
func BenchmarkEditCommit(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := openAppliance(b)
			ok(b, s.Apply(b.Context(), session(0), transitions(b, s, n)))
			benchmarkCommits(b, s, func(i, round int) *tree.Edit {
				return document(b, s, `{"transitions":{"transition":[`+transition(i*7919%n, "DENY", 1001+2*i+round)+`]}}`)
			})
		})
	}
}

// benchmarkCommits makes one edit of the candidate after the other and commits each. What
// edit returns for the other round differs from what the one before left.
func benchmarkCommits(b *testing.B, s *datastore.Store, edit func(i, round int) *tree.Edit) {
	b.Helper()
	const many = 1024
	var edits []*tree.Edit
	for round := range 2 {
		for i := range many {
			edits = append(edits, edit(i, round))
		}
	}
	before, rounds := s.Stats().Commits, uint64(0)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		ok(b, s.Edit(b.Context(), session(1), datastore.Request{Target: datastore.Candidate, Edit: edits[i%len(edits)]}))
		ok(b, s.Commit(b.Context(), session(1)))
		rounds++
	}
	if made := s.Stats().Commits - before; made != rounds {
		b.Fatalf("%d rounds changed running %d times", rounds, made)
	}
}

// BenchmarkBulkLoad creates 10,000 transitions in one transaction.
func BenchmarkBulkLoad(b *testing.B) {
	s := openAppliance(b)
	load, clear := transitions(b, s, 10000), tree.NewEdit(s.Running().Schema())
	list, err := s.Running().Schema().Find("/mpk-security:mpk-security/transitions")
	ok(b, err)
	clear.At(tree.Path{{Node: list.DataParent}, {Node: list}}).Operation = tree.Remove
	for b.Loop() {
		ok(b, s.Apply(b.Context(), session(0), load))
		b.StopTimer()
		ok(b, s.Apply(b.Context(), session(0), clear))
		b.StartTimer()
	}
}

// BenchmarkUpdateState writes the counters of all of 10,000 transitions at once.
func BenchmarkUpdateState(b *testing.B) {
	s := openAppliance(b)
	ok(b, s.Apply(b.Context(), session(0), transitions(b, s, 10000)))
	set := s.Running().Schema()
	leaf, err := set.Find("/mpk-security:mpk-security/transitions/transition/state/counters/mpk-security-telemetry:permitted")
	if err != nil {
		leaf, err = set.Find("/mpk-security:mpk-security/transitions/transition/state/mpk-security-telemetry:counters/permitted")
	}
	ok(b, err)
	above := tree.Path{}
	for n := leaf.DataParent; n.Kind != schema.Root; n = n.DataParent {
		above = append(tree.Path{{Node: n}}, above...)
	}
	var paths []tree.Path
	entries := s.Running().Find(above[:3]).(*tree.List)
	for entry := range entries.All() {
		p := append(append(tree.Path{}, above...), schema.PathStep{Node: leaf})
		p[2].Keys = entry.Keys()
		paths = append(paths, p)
	}
	for i := 0; b.Loop(); i++ {
		ok(b, s.UpdateState(func(e *tree.Editor) error {
			for j, p := range paths {
				if err := e.SetLeaf(p, leaf.Type.Unchecked(fmt.Sprint(i+j))); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}
