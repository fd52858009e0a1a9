package validate

import (
	"fmt"
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// local looks at a leafref in place, below the one instance of the anchor that
// both its ends are in.
func (c *collector) local(role role, l *tree.Leaf) {
	g := role.group
	inside := g.depth >= c.base // the anchor came or went as well
	switch {
	case c.sign < 0 && (inside || !role.target), role.target && inside:
		return // nothing refers from here, or its referrers are visited themselves
	}
	anchor, ok := c.next.Find(c.path[:g.depth]).(*tree.Container)
	if g.depth == 0 {
		anchor, ok = c.next.Root(), true
	}
	if !ok {
		return
	}
	if !role.target {
		c.compare(g, anchor, c.path, l.Value())
		return
	}
	for _, n := range g.referrers {
		steps := chain(g.anchor, n)
		if v, ok := leafBelow(anchor, steps); ok {
			c.compare(g, anchor, extend(c.path[:g.depth], steps), v)
		}
	}
}

// compare reports a referrer at path whose value is not that of the target.
func (r *run) compare(g *refGroup, anchor *tree.Container, path tree.Path, v schema.Value) {
	if target, ok := leafBelow(anchor, g.toTarget); !ok || target.String() != v.String() {
		r.report(dangling(slices.Clone(path), v, g.target))
	}
}

// extend returns the path that goes on from path by the schema nodes given.
func extend(path tree.Path, steps []*schema.Node) tree.Path {
	full := slices.Clone(path)
	for _, s := range steps {
		full = append(full, schema.PathStep{Node: s})
	}
	return full
}

// checkReference looks at a reference that no index keeps.
func (r *run) checkReference(c *tree.Cursor, t *schema.Type) {
	if !c.Dangles() {
		return
	}
	leaf := c.Node().(*tree.Leaf)
	if t.Base == schema.Leafref {
		r.report(dangling(c.Path(), leaf.Value(), t.Target))
		return
	}
	r.report(&tree.Error{
		Tag: tree.TagDataMissing, AppTag: "instance-required", Path: c.Path(),
		Message: fmt.Sprintf("%q refers to nothing, and is no other value that %s takes; create what it refers to first", leaf.Value(), leaf.Schema().Name),
	})
}

// danglers finds and reports the leafs below one anchor that refer to values
// which no target has.
func (r *run) danglers(g *refGroup, anchor tree.Path, missing map[string]bool) {
	at := r.cursor.At(anchor)
	if at == nil {
		return
	}
	for _, n := range g.referrers {
		each(at, chain(g.anchor, n), func(c *tree.Cursor) {
			if leaf, ok := c.Node().(*tree.Leaf); ok && missing[leaf.Value().String()] {
				r.report(dangling(c.Path(), leaf.Value(), g.target))
			}
		})
	}
}

// dangling is the error of RFC 7950 section 15.5.
func dangling(path tree.Path, v schema.Value, target *schema.Node) *tree.Error {
	return &tree.Error{
		Tag: tree.TagDataMissing, AppTag: "instance-required", Path: path,
		Message: fmt.Sprintf("%q refers to nothing: no %s has this value; create it first, or name one that exists", v, target.Path()),
	}
}
