package optical

import (
	"cmp"
	"slices"
)

// Path is a way through a topology that visits no node twice.
type Path struct {
	Nodes      []int // from the start to the end
	Links      []int // one fewer
	Kilometres uint64
}

// compare orders paths by length, then hops, then links, so that results do
// not depend on the order of discovery.
func (p Path) compare(q Path) int {
	return cmp.Or(
		cmp.Compare(p.Kilometres, q.Kilometres),
		cmp.Compare(len(p.Links), len(q.Links)),
		slices.Compare(p.Links, q.Links),
	)
}

// extend returns p with another path from p's end on.
func (p Path) extend(q Path) Path {
	return Path{
		Nodes:      append(slices.Clone(p.Nodes), q.Nodes[1:]...),
		Links:      append(slices.Clone(p.Links), q.Links...),
		Kilometres: p.Kilometres + q.Kilometres,
	}
}

// set is a set of nodes or links.
type set uint64

func (s set) has(i int) bool { return s>>i&1 != 0 }
func (s set) with(i int) set { return s | 1<<i }
func setOf(members []int) (s set) {
	for _, i := range members {
		s = s.with(i)
	}
	return s
}
