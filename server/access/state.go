package access

import (
	"encoding/binary"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/optical-net/waveguard/yang/schema"
)

// state is what the rules at and above a data node say, which is all that counts
// for it, and the points from which rules lead on below. States are shared by
// the nodes for which the same holds; they never change, but for what they
// remember.
type state struct {
	rights *rights
	any    verdict            // for modules that no rule so far names
	of     map[string]verdict // for the modules that rules do name
	at     []*point
	bare   *state // the same without points; itself if it has none

	mu    sync.RWMutex
	next  map[string]*state // by the points
	whole map[*schema.Node]actions
}

// verdict is the first rule for each action.
type verdict struct {
	first           [len(actionNames)]int32
	decided, permit actions
}

// take notes a rule where it comes before what is known.
func (v *verdict) take(r ruling) {
	for a := range Action(len(actionNames)) {
		if !r.actions.has(a) || r.number >= v.first[a] {
			continue
		}
		v.first[a] = r.number
		v.decided |= only(a)
		v.permit = v.permit.minus(only(a))
		if r.permit {
			v.permit |= only(a)
		}
	}
}

// enter returns the state of a child at which the points stand.
func (s *state) enter(points []*point) *state {
	n := &state{rights: s.rights, any: s.any, of: maps.Clone(s.of)}
	for _, p := range points {
		for _, r := range p.rules {
			n.take(r)
		}
	}
	n.bare = n
	for _, p := range points {
		if len(p.edges) > 0 {
			n.at = append(n.at, p)
		}
	}
	if len(n.at) > 0 {
		n.bare = &state{rights: s.rights, any: n.any, of: n.of}
		n.bare.bare = n.bare
	}
	return n
}

func (s *state) take(r ruling) {
	if r.module == all {
		s.any.take(r)
		for m, v := range s.of {
			v.take(r)
			s.of[m] = v
		}
		return
	}
	v, named := s.of[r.module]
	if !named {
		v = s.any
	}
	v.take(r)
	if s.of == nil {
		s.of = map[string]verdict{}
	}
	s.of[r.module] = v
}

// step returns the state of an instance of n, a child of where s is; without
// keys, of what is true of all instances. Its cost does not grow with the
// number of rules.
func (s *state) step(n *schema.Node, keys []schema.Value) *state {
	if len(s.at) == 0 {
		return s
	}
	var buf [8]*point
	points := buf[:0]
	for _, p := range s.at {
		points = p.follow(points, n, keys)
	}
	if len(points) == 0 {
		return s.bare
	}
	var ids [64]byte
	id := ids[:0]
	for _, p := range points {
		id = binary.AppendUvarint(id, uint64(p.id))
	}
	s.mu.RLock()
	next := s.next[string(id)]
	s.mu.RUnlock()
	if next != nil {
		return next
	}
	next = s.enter(points)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = map[string]*state{}
	}
	s.next[string(id)] = next
	return next
}

func (s *state) verdict(n *schema.Node) verdict {
	if v, named := s.of[moduleOf(n)]; named {
		return v
	}
	return s.any
}

// moduleOf returns the name of the module that defines n, "" for the root.
func moduleOf(n *schema.Node) string {
	if n.Module == nil {
		return ""
	}
	return n.Module.Name
}

// permits returns what may be done with the node n whose state s is.
//
// RFC 8341 section 3.4.5: the first rule decides, then the marks, which hold for
// all below, then the default.
func (s *state) permits(n *schema.Node) actions {
	v := s.verdict(n)
	return v.permit | s.rights.fallback.minus(s.rights.model.marks[n]).minus(v.decided)
}

// permitsWhole returns what may be done with every node at and below any
// instance of n. It may leave out some, but no others.
func (s *state) permitsWhole(n *schema.Node) actions {
	s.mu.RLock()
	w, known := s.whole[n]
	s.mu.RUnlock()
	if known {
		return w
	}
	w = s.permits(n)
	if exempt(n) {
		w |= writes
	}
	for _, c := range n.DataChildren {
		if w != 0 && c.IsData() {
			w &= s.everyInstance(c)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.whole == nil {
		s.whole = map[*schema.Node]actions{}
	}
	s.whole[n] = w
	return w
}

// everyInstance is permitsWhole for all instances of a child, each with its
// state: what rules for some of them permit does not count, what they deny does.
func (s *state) everyInstance(c *schema.Node) actions {
	w := s.step(c, nil).permitsWhole(c)
	for _, p := range s.at {
		if e := p.edges[c]; e != nil {
			e.eachKeyed(func(to *point) { w = w.minus(to.denies) })
		}
	}
	return w
}

// exempt says whether nobody needs rights to bring a node about, or to end it.
// RFC 7950 section 7.5.1: a container without presence exists only to hold
// others; RFC 8341 section 3.2.5: what is there for naming needs no rights.
func exempt(n *schema.Node) bool {
	return n.Kind == schema.Root || n.Kind == schema.Container && !n.Presence
}

// choices yields the ways in which rules tell the instances of n apart.
func (s *state) choices(n *schema.Node) iter.Seq[*choice] {
	return func(yield func(*choice) bool) {
		for _, p := range s.at {
			if e := p.edges[n]; e != nil && slices.ContainsFunc(e.by, func(c *choice) bool { return !yield(c) }) {
				return
			}
		}
	}
}

// keyed says whether there are any.
func (s *state) keyed(n *schema.Node) bool {
	for range s.choices(n) {
		return true
	}
	return false
}
