package datastore_test

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
)

// modelled is what a naive model says of a session's own candidate.
type modelled struct {
	begun      bool
	base, mine flat
}

// playground is a store with several sessions that have candidates of their own, and
// the naive model of it.
type playground struct {
	*testing.T
	s         *datastore.Store
	running   flat
	sessions  map[uint32]*modelled
	conflicts int
	commits   int
}

func newPlayground(t *testing.T) *playground {
	s, _ := start(t)
	p := &playground{T: t, s: s, running: flatten(s.Running()), sessions: map[uint32]*modelled{}}
	for n := range uint32(3) {
		s.OwnCandidate(n + 1)
		p.sessions[n+1] = &modelled{}
	}
	return p
}

// use begins the model of a candidate.
func (p *playground) use(n uint32) *modelled {
	m := p.sessions[n]
	if !m.begun {
		*m = modelled{true, p.running, p.running}
	}
	return m
}

// edit copies a random change of the candidate into it.
func (p *playground) edit(r *rand.Rand, n uint32) {
	next := valid(p.T, randomEdits(p.T, r, p.s.ConfigOf(n, datastore.Candidate), 1+r.IntN(3)))
	ok(p.T, p.s.Copy(p.Context(), session(n), datastore.Candidate, next))
	p.use(n).mine = flatten(next)
}

// valid takes away what would keep a configuration from being committed, mostly.
func valid(t *testing.T, from *tree.Tree) *tree.Tree {
	t.Helper()
	e := from.Edit()
	ok(t, e.Apply(edit(t, "remove /t:top/config/limit"), tree.Merge))
	for _, name := range []string{"0", "1", "2"} {
		item := "/t:top/items/item[name='" + name + "']"
		if from.Find(parsePath(t, item)) != nil {
			ok(t, e.Apply(edit(t, item+"/config/name = "+name), tree.Merge))
		}
	}
	return e.Tree()
}

func (p *playground) update(n uint32, mode datastore.Resolution) {
	m := p.use(n)
	next, conflicts := naive(m.base, m.mine, p.running, mode)
	err := p.s.Update(p.Context(), n, mode)
	if mode == datastore.RevertOnConflict && len(conflicts) > 0 {
		p.wantConflicts(err, len(conflicts))
		return
	}
	ok(p.T, err)
	m.base, m.mine = p.running, next
}

func (p *playground) commit(n uint32) {
	m := p.sessions[n]
	if !m.begun {
		ok(p.T, p.s.Commit(p.Context(), session(n)))
		return
	}
	next, conflicts := naive(m.base, m.mine, p.running, datastore.RevertOnConflict)
	err := p.s.Commit(p.Context(), session(n))
	switch {
	case len(conflicts) > 0:
		p.wantConflicts(err, len(conflicts))
	case err == nil:
		p.running, m.begun = next, false
		p.commits++
	default: // it is not valid; the model knows nothing of that
		if e := (*datastore.Error)(nil); !errors.As(err, &e) || strings.HasPrefix(e.Message, "conflict") {
			p.Fatalf("commit: %v", err)
		}
	}
}

func (p *playground) wantConflicts(err error, n int) {
	p.Helper()
	if got := conflicts(err); len(got) != n {
		p.Fatalf("conflicts %q, want %d", got, n)
	}
	p.conflicts++
}

// check compares everything with the model.
func (p *playground) check() {
	p.Helper()
	same := func(what string, got *tree.Tree, want flat) {
		p.Helper()
		if !maps.Equal(flatten(got), want) {
			p.Fatalf("%s is %v, want %v", what, flatten(got), want)
		}
	}
	same("running", p.s.Running(), p.running)
	for n, m := range p.sessions {
		if m.begun {
			same("a candidate", p.s.ConfigOf(n, datastore.Candidate), m.mine)
		}
	}
}

// TestOwnCandidatesAgainstModel lets sessions do what comes to their minds, and
// compares all that can be read with a naive model after each step.
func TestOwnCandidatesAgainstModel(t *testing.T) {
	commits, met := 0, 0
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 3))
		p := newPlayground(t)
		for range 40 {
			n := slices.Sorted(maps.Keys(p.sessions))[r.IntN(3)]
			switch r.IntN(8) {
			case 0:
				ok(t, p.s.Discard(t.Context(), session(n)))
				p.sessions[n].begun = false
			case 1:
				p.update(n, datastore.Resolution(r.IntN(3)))
			case 2, 3:
				p.commit(n)
			case 4:
				p.s.Release(n)
				p.s.OwnCandidate(n)
				p.sessions[n].begun = false
			default:
				p.edit(r, n)
			}
			p.check()
		}
		commits, met = commits+p.commits, met+p.conflicts
	}
	if commits < 50 || met < 20 {
		t.Errorf("no more than %d commits and %d conflicts", commits, met)
	}
}
