package netconf

import (
	"slices"

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
// defaults is shared with t.
//
// RFC 6243 section 3.3: the mode explicit shows all of the state, defaults too.
func (d *defaultsIndex) fill(t *tree.Tree, mode xml.Defaults, scope tree.Scope) *tree.Tree {
	return d.fillMarked(t, mode, scope, nil)
}

// fillMarked is fill that gives marks to the defaults of configuration.
func (d *defaultsIndex) fillMarked(t *tree.Tree, mode xml.Defaults, scope tree.Scope, marks []tree.Annotation) *tree.Tree {
	f := &filler{where: d.any, mode: mode, marks: marks}
	if mode == xml.Explicit {
		f.where = d.state
	}
	if !mode.Walks(scope) || !f.where[t.Schema().Root] {
		return t
	}
	return tree.FromRoot(t.Schema(), f.container(tree.NewCursor(t, scope)))
}

// filler stores defaults.
type filler struct {
	where map[*schema.Node]bool
	mode  xml.Defaults
	marks []tree.Annotation
}

func (f *filler) container(c *tree.Cursor) *tree.Container {
	x := c.Node().(*tree.Container)
	var kids []tree.Node
	for _, s := range x.Schema().DataChildren {
		stored := x.Child(s)
		switch {
		case f.where[s]:
			kids = f.child(kids, c, s)
		case stored != nil:
			kids = append(kids, stored)
		}
	}
	return tree.WithMeta(tree.NewContainer(x.Schema(), kids), tree.Meta(x)).(*tree.Container)
}

// child appends what there is of s below c, in use without being stored too.
func (f *filler) child(kids []tree.Node, c *tree.Cursor, s *schema.Node) []tree.Node {
	var entries []*tree.Container
	var leafs []*tree.Leaf
	c.Children(s.Module.Name, s.Name, func(n xpath.Node) bool {
		k := n.(*tree.Cursor)
		switch x := k.Node().(type) {
		case *tree.Container:
			entries = append(entries, f.container(k))
		case *tree.Leaf:
			if leaf := f.leaf(k, x); leaf != nil {
				leafs = append(leafs, leaf)
			}
		default:
			kids = append(kids, x)
		}
		return true
	})
	switch {
	case s.Kind == schema.List:
		return append(kids, tree.NewList(s, entries))
	case s.Kind == schema.LeafList:
		return append(kids, tree.LeafListOf(s, leafs))
	case len(entries) > 0:
		return append(kids, entries[0])
	case len(leafs) > 0:
		return append(kids, leafs[0])
	}
	return kids
}

// leaf returns the leaf or leaf-list entry as the reply holds it, or nil.
func (f *filler) leaf(c *tree.Cursor, x *tree.Leaf) *tree.Leaf {
	switch {
	case !c.IsDefault():
		return x
	case f.mode == xml.Explicit && x.Schema().Config:
		return nil
	}
	var marks []tree.Annotation
	if x.Schema().Config {
		marks = f.marks
	}
	if f.mode == xml.ReportAllTagged {
		marks = slices.Concat(marks, tagged)
	}
	return tree.WithMeta(x, marks).(*tree.Leaf)
}

// tagged is the attribute of RFC 6243 section 6.
var tagged = []tree.Annotation{{
	Schema: &schema.Annotation{Name: "default", Module: &schema.Module{Name: "ietf-netconf-with-defaults", Prefix: "wd", Namespace: xml.WithDefaultsNamespace}},
	Value:  (&schema.Type{Base: schema.Boolean}).Unchecked("true"),
}}
