package netconf

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
	"github.com/optical-net/waveguard/yang/xpath"
)

// withDefaults are the values of the parameter with-defaults (RFC 6243 section
// 3); the basic mode first.
var withDefaults = []choice[xml.Defaults]{
	{"explicit", xml.Explicit},
	{"report-all", xml.ReportAll},
	{"report-all-tagged", xml.ReportAllTagged},
	{"trim", xml.Trim},
}

// defaultsIndex knows where a schema has default values, so that nobody looks
// for them elsewhere. A node is in a set when it, or one below it, has one.
type defaultsIndex struct {
	any   map[*schema.Node]bool
	state map[*schema.Node]bool // of state alone
}

func newDefaultsIndex(root *schema.Node) *defaultsIndex {
	d := &defaultsIndex{map[*schema.Node]bool{}, map[*schema.Node]bool{}}
	d.visit(root)
	return d
}

func (d *defaultsIndex) visit(n *schema.Node) {
	own := len(n.Defaults) > 0
	d.any[n] = own
	d.state[n] = own && !n.Config
	for _, k := range n.DataChildren {
		if !k.IsData() {
			continue
		}
		d.visit(k)
		d.any[n] = d.any[n] || d.any[k]
		d.state[n] = d.state[n] || d.state[k]
	}
}

// fill returns t with the defaults that a reply in this mode holds stored in
// it: a filter then selects among them as among all others. What has no
// defaults is shared with t. Within is the part of t that matters, as
// [subtree.Filter.Reach] tells it; all that is stored elsewhere is left out.
//
// RFC 6243 section 3.3: the mode explicit shows all of the state, defaults too.
func (d *defaultsIndex) fill(t *tree.Tree, within *tree.Container, as reporting) *tree.Tree {
	f := &filler{where: d.any, mode: as.mode}
	if as.mode == xml.Explicit {
		f.where = d.state
	}
	if !as.mode.Walks(as.scope) || !f.where[t.Schema().Root] {
		return t
	}
	return tree.FromRoot(t.Schema(), f.container(tree.NewCursor(t, as.scope), within))
}

// reporting is a mode, and what it is about.
type reporting struct {
	mode  xml.Defaults
	scope tree.Scope
}

// filler stores defaults.
type filler struct {
	where map[*schema.Node]bool
	mode  xml.Defaults
}

// container returns the container at c filled; within is the part of it that
// matters.
func (f *filler) container(c *tree.Cursor, within *tree.Container) *tree.Container {
	x := c.Node().(*tree.Container)
	var kids []tree.Node
	for _, s := range x.Schema().DataChildren {
		stored, matters := x.Child(s), within.Child(s)
		switch {
		case stored == nil && f.where[s]:
			kids = f.implied(kids, c, s)
		case stored == nil:
		case f.where[s]:
			kids = f.stored(kids, c.Down(stored), matters)
		case matters != nil:
			kids = append(kids, stored)
		}
	}
	return tree.WithMeta(tree.NewContainer(x.Schema(), kids), tree.Meta(x)).(*tree.Container)
}

// stored appends the node at c filled. What nothing is selected of in a container is
// no reason to leave the container out: there may be defaults in it.
func (f *filler) stored(kids []tree.Node, c *tree.Cursor, matters tree.Node) []tree.Node {
	switch x := c.Node().(type) {
	case *tree.Container:
		within, ok := matters.(*tree.Container)
		if !ok {
			within = tree.NewContainer(x.Schema(), nil)
		}
		return append(kids, f.container(c, within))
	case *tree.List:
		if within, ok := matters.(*tree.List); ok {
			return append(kids, f.list(c.Up(), x, within))
		}
		return kids
	}
	return append(kids, c.Node())
}

func (f *filler) list(c *tree.Cursor, l, within *tree.List) *tree.List {
	entries := make([]*tree.Container, 0, within.Len())
	if len(l.Schema().Keys) == 0 { // no entry can be told from another
		within = l
	}
	for part := range within.All() {
		entry := part
		if within != l {
			entry = l.Get(part.Keys()...)
		}
		entries = append(entries, f.container(c.Down(entry), part))
	}
	return tree.NewList(l.Schema(), entries)
}

// implied appends what is in use of s below c without being stored.
func (f *filler) implied(kids []tree.Node, c *tree.Cursor, s *schema.Node) []tree.Node {
	var leafs []*tree.Leaf
	c.Children(s.Module.Name, s.Name, func(n xpath.Node) bool {
		k := n.(*tree.Cursor)
		switch x := k.Node().(type) {
		case *tree.Container:
			kids = append(kids, f.container(k, x))
		case *tree.Leaf:
			if leaf := f.leaf(x); leaf != nil {
				leafs = append(leafs, leaf)
			}
		}
		return true
	})
	switch {
	case len(leafs) == 0:
		return kids
	case s.Kind == schema.LeafList:
		return append(kids, tree.LeafListOf(s, leafs))
	}
	return append(kids, leafs[0])
}

// leaf returns a default as the reply holds it, or nil.
func (f *filler) leaf(x *tree.Leaf) *tree.Leaf {
	switch {
	case f.mode == xml.Explicit && x.Schema().Config:
		return nil
	case f.mode == xml.ReportAllTagged:
		return tree.WithMeta(x, tagged).(*tree.Leaf)
	}
	return x
}

// tagged is the attribute of RFC 6243 section 6.
var tagged = []tree.Annotation{{
	Schema: &schema.Annotation{Name: "default", Module: &schema.Module{Name: "ietf-netconf-with-defaults", Prefix: "wd", Namespace: xml.WithDefaultsNamespace}},
	Value:  (&schema.Type{Base: schema.Boolean}).Unchecked("true"),
}}
