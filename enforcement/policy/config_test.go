package policy

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
)

// randomDelta changes some of few entries, so that creation, change and
// deletion all happen, of entries that are there and of such that are not.
func randomDelta(r *rand.Rand) *view.Delta {
	d := &view.Delta{
		Domains: map[string]*gen.MpkSecurity_Domain{}, Services: map[string]*gen.MpkSecurity_Service{},
		Transitions: map[view.TransitionKey]*gen.MpkSecurity_Transition{},
	}
	name := func() string { return fmt.Sprint(r.IntN(4)) }
	for range r.IntN(6) {
		d.Domains[name()] = sometimes(r, &gen.MpkSecurity_Domain{})
		d.Services[name()] = sometimes(r, &gen.MpkSecurity_Service{})
		d.Transitions[view.TransitionKey{Source: name(), Target: name()}] = sometimes(r, &gen.MpkSecurity_Transition{})
		d.System = sometimes(r, &gen.MpkSecurity_System{})
	}
	return d
}

func sometimes[T any](r *rand.Rand, v *T) *T {
	if r.IntN(3) == 0 {
		return nil
	}
	return v
}

// seen is all that a reader shows: pointers, as entries are never changed.
type seen struct {
	system      *gen.MpkSecurity_System
	domains     [4]*gen.MpkSecurity_Domain
	services    [4]*gen.MpkSecurity_Service
	transitions [4][4]*gen.MpkSecurity_Transition
	names       string
}

func look(r Reader) (s seen) {
	s.system = r.System()
	for i := range s.domains {
		s.domains[i], s.services[i] = r.Domain(fmt.Sprint(i)), r.Service(fmt.Sprint(i))
		for j := range s.domains {
			s.transitions[i][j] = r.Transition(fmt.Sprint(i), fmt.Sprint(j))
		}
	}
	s.names = fmt.Sprint(slices.Sorted(r.Services()))
	return s
}

// TestReaderShowsWhatApplyMakes: a configuration with a delta on top reads as
// the one that takes the delta in, and is not changed by being read.
func TestReaderShowsWhatApplyMakes(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		c := NewConfig()
		for step := range 20 {
			d := randomDelta(r)
			before := look(c.Reader())
			with := look(c.With(d))
			if after := look(c.Reader()); after != before {
				t.Fatalf("seed %d step %d: reading changed %+v to %+v", seed, step, before, after)
			}
			c.Apply(d)
			if applied := look(c.Reader()); with != applied {
				t.Fatalf("seed %d step %d: with the delta %+v, applied %+v", seed, step, with, applied)
			}
		}
	}
}

// TestConfigForgets: what was deleted leaves nothing behind.
func TestConfigForgets(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	c := NewConfig()
	for range 50 {
		c.Apply(randomDelta(r))
	}
	all := &view.Delta{
		Domains: map[string]*gen.MpkSecurity_Domain{}, Services: map[string]*gen.MpkSecurity_Service{},
		Transitions: map[view.TransitionKey]*gen.MpkSecurity_Transition{},
	}
	for name := range maps.Keys(c.domains) {
		all.Domains[name] = nil
	}
	for name := range c.services {
		all.Services[name] = nil
	}
	for source, row := range c.transitions {
		for target := range row {
			all.Transitions[view.TransitionKey{Source: source, Target: target}] = nil
		}
	}
	all.System = c.system
	c.Apply(all)
	empty := NewConfig()
	empty.system = c.system
	if !reflect.DeepEqual(c, empty) {
		t.Errorf("left are %+v", c)
	}
}
