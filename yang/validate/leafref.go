package validate

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// local is a leafref to be looked at in place: below one instance of the anchor.
type local struct {
	group  *refGroup
	anchor tree.Path
}

func (r *run) noteLocal(g *refGroup, anchor tree.Path) {
	key := string(indexKey(g.id, anchor))
	if _, ok := r.locals[key]; !ok {
		r.locals[key] = local{g, append(tree.Path(nil), anchor...)}
	}
}

func (r *run) settleLocals() {
	for _, l := range r.locals {
		at := r.cursor.At(l.anchor)
		if at == nil {
			continue
		}
		for _, n := range l.group.referrers {
			r.each(at, chain(l.group.anchor, n), func(c *tree.Cursor) { r.checkReference(c, l.group) })
		}
	}
}

func (r *run) checkReference(c *tree.Cursor, g *refGroup) {
	nodes, err := c.Deref()
	if err == nil && len(nodes) > 0 {
		return
	}
	leaf := c.Node().(*tree.Leaf)
	r.report(dangling(c.Path(), leaf.Value(), g.target))
}

// danglers finds and reports the leafs that refer to a value no target has.
func (r *run) danglers(t *touch) {
	at := r.cursor.At(t.anchor)
	if at == nil {
		return
	}
	for _, n := range t.group.referrers {
		r.each(at, chain(t.group.anchor, n), func(c *tree.Cursor) {
			if c.Value() == t.value.String() {
				r.report(dangling(c.Path(), t.value, t.group.target))
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

// each calls visit for the cursors of all instances below at that the schema
// path leads to, implied ones included.
func (r *run) each(at *tree.Cursor, path []*schema.Node, visit func(*tree.Cursor)) {
	if len(path) == 0 {
		visit(at)
		return
	}
	at.Children(path[0].Module.Name, path[0].Name, func(n xpath.Node) bool {
		r.each(n.(*tree.Cursor), path[1:], visit)
		return true
	})
}

// settleInstanceIDs checks instance-identifiers: all of them after a deletion,
// since nothing says what they point to, the changed ones else.
func (r *run) settleInstanceIDs() {
	for _, n := range r.instanceIDs {
		r.each(r.cursor, chain(r.set.Root, n), func(c *tree.Cursor) {
			if nodes, err := c.Deref(); err == nil && len(nodes) > 0 {
				return
			}
			r.report(&tree.Error{
				Tag: tree.TagDataMissing, AppTag: "instance-required", Path: c.Path(),
				Message: fmt.Sprintf("%q identifies nothing that exists", c.Value()),
			})
		})
	}
}
