package learn

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
)

// Path selects what an appliance observed.
const Path = "/mpk-security:mpk-security/mpk-security-telemetry:observation"

// Observation is the calls that an appliance observed.
type Observation struct {
	Since   time.Time
	Omitted uint64 // calls of pairs that found no room
	Pairs   []Pair // by source and target
}

// Pair is what was observed of the calls of one domain into another.
type Pair struct {
	Source         string        `json:"source"`
	Target         string        `json:"target"`
	Permitted      uint64        `json:"permitted"`
	Denied         uint64        `json:"denied"`
	Tolerated      uint64        `json:"tolerated"`
	Operations     []string      `json:"operation,omitempty"` // called, or tried and refused
	MoreOperations bool          `json:"more-operations,omitempty"`
	Longest        time.Duration `json:"-"`                   // in the target; 0 if nothing was timed
	PeakRate       uint64        `json:"peak-rate,omitempty"` // calls a second; 0 if nothing was metered
	First          time.Time     `json:"first-seen,omitzero"`
	Last           time.Time     `json:"last-seen,omitzero"`
}

// Passed is how many calls gates let pass.
func (p *Pair) Passed() uint64 { return p.Permitted + p.Tolerated }

// average is how many calls there were in a second, from the first to the last; 0 if that
// is not known.
func (p *Pair) average() float64 {
	took := p.Last.Sub(p.First)
	if p.First.IsZero() || took < time.Second {
		return 0
	}
	return float64(p.Passed()+p.Denied) / took.Seconds()
}

// Observed returns what an operational tree, or a recording of one, says that was
// observed. The error says that it says nothing.
func Observed(t *tree.Tree) (*Observation, error) {
	path, err := t.Schema().ParsePath(Path)
	if err != nil {
		return nil, errors.New("the appliance does not tell what calls it observed: its software is too old")
	}
	top, _ := t.Find(path).(*tree.Container)
	if top == nil {
		return nil, errors.New("nothing says what calls were observed; may the user read /mpk-security/observation?")
	}
	o := &Observation{}
	if state := within(top, "state"); state != nil {
		o.Since, o.Omitted = moment(state, "since"), number(state, "omitted")
	}
	for entry := range entries(top, "transitions", "transition") {
		if state := within(entry, "state"); state != nil {
			keys := entry.Keys()
			o.Pairs = append(o.Pairs, pairOf(keys[0].String(), keys[1].String(), state))
		}
	}
	slices.SortFunc(o.Pairs, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Target, b.Target))
	})
	return o, nil
}

func pairOf(source, target string, state *tree.Container) Pair {
	p := Pair{
		Source: source, Target: target,
		Permitted: number(state, "permitted"), Denied: number(state, "denied"), Tolerated: number(state, "tolerated"),
		// More than a century is no time that anything took.
		Longest:  time.Duration(min(number(state, "longest-dwell-time"), 1<<52)) * time.Microsecond,
		PeakRate: number(state, "peak-rate"), First: moment(state, "first-seen"), Last: moment(state, "last-seen"),
	}
	if more, ok := state.Leaf("more-operations"); ok {
		p.MoreOperations = more.String() == "true"
	}
	if list, ok := child(state, "operation").(*tree.LeafList); ok {
		for e := range list.All() {
			p.Operations = append(p.Operations, e.Value().String())
		}
	}
	slices.Sort(p.Operations)
	p.Operations = slices.Compact(p.Operations)
	return p
}

// child returns the child of that name of c, which may be nil.
func child(c *tree.Container, name string) tree.Node {
	if c == nil {
		return nil
	}
	s := c.Schema().Child("", name)
	if s == nil {
		return nil
	}
	return c.Child(s)
}

func within(c *tree.Container, name string) *tree.Container {
	inner, _ := child(c, name).(*tree.Container)
	return inner
}

func number(c *tree.Container, name string) uint64 {
	v, _ := c.Leaf(name)
	n, _ := v.Uint()
	return n
}

func moment(c *tree.Container, name string) time.Time {
	v, _ := c.Leaf(name)
	t, _ := time.Parse(time.RFC3339Nano, v.String())
	return t
}

// entries yields those of a list in a container.
func entries(top *tree.Container, lists, list string) iter.Seq[*tree.Container] {
	l, _ := child(within(top, lists), list).(*tree.List)
	if l == nil {
		return func(func(*tree.Container) bool) {}
	}
	return l.All()
}
