package access

import (
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// point is a place that paths of rules lead to, or through.
type point struct {
	id     int
	rules  []ruling
	edges  map[*schema.Node]*edge
	denies actions // that a rule here or further on denies
}

// ruling is a rule in its order.
type ruling struct {
	number int32
	rule
}

// edge is the way from a point to the instances of a child node.
type edge struct {
	open *point // of all instances
	by   []*choice
}

// choice tells instances apart by the same keys.
type choice struct {
	given []bool // which keys count
	whole bool   // all of them do
	of    map[string]chosen
}

type chosen struct {
	keys []schema.Value
	to   *point
}

// lead returns the point at the end of a path, and makes it.
func (p *point) lead(path tree.Path, ids *int) *point {
	for _, step := range path {
		e := p.edges[step.Node]
		if e == nil {
			if p.edges == nil {
				p.edges = map[*schema.Node]*edge{}
			}
			e = &edge{}
			p.edges[step.Node] = e
		}
		p = e.lead(keysOf(step), ids)
	}
	return p
}

// keysOf returns what identifies an instance: keys, or a leaf-list's value.
func keysOf(step schema.PathStep) []schema.Value {
	if step.Value != nil {
		return []schema.Value{*step.Value}
	}
	return step.Keys
}

func (e *edge) lead(keys []schema.Value, ids *int) *point {
	given, whole := make([]bool, len(keys)), true
	for i, k := range keys {
		given[i] = !k.IsZero()
		whole = whole && given[i]
	}
	next := func() *point { *ids++; return &point{id: *ids} }
	if !slices.Contains(given, true) {
		if e.open == nil {
			e.open = next()
		}
		return e.open
	}
	i := slices.IndexFunc(e.by, func(c *choice) bool { return slices.Equal(c.given, given) })
	if i < 0 {
		i = len(e.by)
		e.by = append(e.by, &choice{given, whole, map[string]chosen{}})
	}
	id := string(e.by[i].identity(nil, keys))
	if _, known := e.by[i].of[id]; !known {
		e.by[i].of[id] = chosen{keys, next()}
	}
	return e.by[i].of[id].to
}

// identity appends what tells instances with these keys apart.
func (c *choice) identity(dst []byte, keys []schema.Value) []byte {
	for i, given := range c.given {
		if given {
			dst = keys[i].AppendKey(dst)
		}
	}
	return dst
}

// follow appends the points of an instance of n below p; without keys, those of
// all instances.
func (p *point) follow(dst []*point, n *schema.Node, keys []schema.Value) []*point {
	e := p.edges[n]
	if e == nil {
		return dst
	}
	if e.open != nil {
		dst = append(dst, e.open)
	}
	if len(keys) == 0 {
		return dst
	}
	for _, c := range e.by {
		var buf [64]byte
		if one, known := c.of[string(c.identity(buf[:0], keys))]; known {
			dst = append(dst, one.to)
		}
	}
	return dst
}

// settle works out what is denied from p on.
func (p *point) settle() {
	for _, r := range p.rules {
		if !r.permit {
			p.denies |= r.actions
		}
	}
	for _, e := range p.edges {
		e.each(func(to *point) {
			to.settle()
			p.denies |= to.denies
		})
	}
}

func (e *edge) each(f func(*point)) {
	if e.open != nil {
		f(e.open)
	}
	e.eachKeyed(f)
}

func (e *edge) eachKeyed(f func(*point)) {
	for _, c := range e.by {
		for _, one := range c.of {
			f(one.to)
		}
	}
}
