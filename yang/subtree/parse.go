package subtree

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// Filter is a compiled filter. It is immutable.
type Filter struct {
	root *schema.Node
	top  *siblings
}

// siblings is a set of filter elements side by side.
type siblings struct {
	matches []*match               // all must hold
	picks   map[*schema.Node]*pick // what else is selected
	others  bool                   // there are elements that are not content matches
	never   bool                   // a content match cannot hold
	parent  *schema.Node
}

// pick says what to select of the instances of one node.
type pick struct {
	whole bool
	// below holds alternatives: what each of them selects is selected. Of those
	// without content matches there is at most one, free.
	below []*siblings
	free  *siblings
	scans int // alternatives that do not name all keys
}

// match is a content match: one of the nodes must have one of its values.
type match struct {
	wants map[*schema.Node][]schema.Value
}

// Parse compiles the children of a <filter> element. Elements that the schema
// does not know select nothing. The error is a *tree.Error.
func Parse(set *schema.Set, filter *xml.Element) (*Filter, error) {
	p := &parser{set: set}
	top := &siblings{parent: set.Root}
	if err := p.siblings(top, filter.Children); err != nil {
		return nil, err
	}
	return &Filter{root: set.Root, top: top}, nil
}

// Bounds on the work that a filter can ask for.
const (
	maxBindings = 100_000 // elements, counted for each node they may mean
	maxScans    = 256     // alternatives below one list that do not name its keys
)

type parser struct {
	set      *schema.Set
	bindings int
}

// siblings adds elements to the set s.
func (p *parser) siblings(s *siblings, elements []*xml.Element) error {
	for _, el := range elements {
		if p.bindings++; p.bindings > maxBindings {
			return &tree.Error{Tag: tree.TagTooBig, Message: "the filter has too many elements"}
		}
		if isContentMatch(el) {
			p.match(s, el)
			continue
		}
		s.others = true
		for _, n := range p.nodes(s.parent, el) {
			if err := p.pick(s, n, el); err != nil {
				return err
			}
		}
	}
	return nil
}

func isContentMatch(el *xml.Element) bool { return len(el.Children) == 0 && el.TrimmedText() != "" }

// nodes returns the definitions below parent that an element means.
func (p *parser) nodes(parent *schema.Node, el *xml.Element) (nodes []*schema.Node) {
	if len(el.Attrs) > 0 {
		return nil
	}
	space := el.Name.Space
	anywhere := space == "" || space == xml.BaseNamespace
	matches := func(n *schema.Node) bool {
		return n.Name == el.Name.Local && (anywhere || n.Module.Namespace == space)
	}
	for _, n := range parent.DataChildren {
		if n.IsData() && matches(n) {
			nodes = append(nodes, n)
		}
	}
	if parent.Kind != schema.Root {
		for _, n := range parent.Children {
			if n.Kind == schema.Notification && matches(n) {
				nodes = append(nodes, n)
			}
		}
		return nodes
	}
	for _, m := range p.set.Modules {
		for _, n := range m.Notifications {
			if m.Implemented && matches(n) {
				nodes = append(nodes, n)
			}
		}
	}
	return nodes
}

// pick adds a selection or containment element, bound to n.
func (p *parser) pick(s *siblings, n *schema.Node, el *xml.Element) error {
	if s.picks == nil {
		s.picks = map[*schema.Node]*pick{}
	}
	k := s.picks[n]
	if k == nil {
		k = &pick{}
		s.picks[n] = k
	}
	if len(el.Children) == 0 {
		k.whole = true
		return nil
	}
	below := k.alternative(n, el.Children)
	if err := p.siblings(below, el.Children); err != nil {
		return err
	}
	if n.Kind == schema.List && below != k.free && len(below.leadingKeys(n)) < len(n.Keys) {
		k.scans++
	}
	if k.scans > maxScans {
		return &tree.Error{Tag: tree.TagTooBig, Message: fmt.Sprintf("more than %d elements search the list %q without its keys", maxScans, n.Name)}
	}
	return nil
}

// alternative returns the set that takes the elements: without content matches
// among them it makes no difference whether they stand under one parent or two.
func (k *pick) alternative(n *schema.Node, elements []*xml.Element) *siblings {
	free := true
	for _, el := range elements {
		free = free && !isContentMatch(el)
	}
	if free && k.free != nil {
		return k.free
	}
	s := &siblings{parent: n}
	k.below = append(k.below, s)
	if free {
		k.free = s
	}
	return s
}

func (p *parser) match(s *siblings, el *xml.Element) {
	m := &match{wants: map[*schema.Node][]schema.Value{}}
	for _, n := range p.nodes(s.parent, el) {
		if values := p.values(n, el); len(values) > 0 {
			m.wants[n] = values
		}
	}
	s.matches = append(s.matches, m)
	s.never = s.never || len(m.wants) == 0
}

// values returns the values of n that the text of el means: white space around it
// does not count, unless the type takes it for part of the value.
func (p *parser) values(n *schema.Node, el *xml.Element) (values []schema.Value) {
	if n.Kind != schema.Leaf && n.Kind != schema.LeafList {
		return nil
	}
	in := schema.Lexical{Form: schema.XML, Module: n.Module, Root: p.set.Root}
	in.Prefix = func(prefix string) (*schema.Module, bool) {
		space, ok := el.Resolve(prefix)
		m := p.set.ModuleByNamespace(space)
		return m, ok && m != nil
	}
	for _, in.Text = range [...]string{el.TrimmedText(), el.Text} {
		v, err := n.Type.Parse(in)
		if err == nil && (len(values) == 0 || values[0] != v) {
			values = append(values, v)
		}
	}
	return values
}
