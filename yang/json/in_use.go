package json

import (
	"github.com/optical-net/waveguard/yang/internal/document"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// membersInUse writes the members of c, defaults included.
func (e *encoder) membersInUse(c *tree.Cursor, module *schema.Module, o *openObject) {
	var a openArray
	c.Children("", "", func(x xpath.Node) bool {
		k := x.(*tree.Cursor)
		if e.opt.Defaults.Hides(k) {
			return true
		}
		s := k.Node().Schema()
		if s != a.schema {
			e.closeArray(&a, module, o)
		}
		if s.Kind == schema.List || s.Kind == schema.LeafList {
			e.entryInUse(k, &a, module, o)
		} else {
			e.memberInUse(k, module, o)
		}
		return e.err == nil
	})
	e.closeArray(&a, module, o)
}

// openArray is the list or leaf-list whose array is being written, if any.
type openArray struct {
	schema  *schema.Node
	entries int
	marks   []document.Marks // of a leaf-list's entries
}

// entryInUse writes an entry of a, which it opens when need be.
func (e *encoder) entryInUse(c *tree.Cursor, a *openArray, module *schema.Module, o *openObject) {
	if s := c.Node().Schema(); a.schema == nil {
		e.name("", s, module, o)
		e.buf = append(e.buf, '[')
		e.depth++
		a.schema = s
	}
	e.item(a.entries)
	e.valueInUse(c)
	if a.schema.Kind == schema.LeafList {
		e.marker.Approach(c)
		a.marks = e.gather(a.marks, a.entries, c.Node())
	}
	a.entries++
	e.flushIfFull()
}

func (e *encoder) closeArray(a *openArray, module *schema.Module, o *openObject) {
	if a.schema == nil {
		return
	}
	e.depth--
	e.end(']', a.entries)
	e.marksOfEntries(a.schema, module, a.marks, o)
	*a = openArray{}
}

// memberInUse writes one member, but for an implied container with nothing to show.
func (e *encoder) memberInUse(c *tree.Cursor, module *schema.Module, o *openObject) {
	s, start := c.Node().Schema(), len(e.buf)
	if s.Kind != schema.Container {
		e.marker.Approach(c)
		e.member(c.Node(), module, o)
		return
	}
	e.name("", s, module, o)
	if e.valueInUse(c) == 0 && !s.Presence {
		e.buf = e.buf[:start]
		o.members--
	}
}

// valueInUse writes a value and returns how many members it has if it is an object.
func (e *encoder) valueInUse(c *tree.Cursor) int {
	s := c.Node().Schema()
	k, ok := c.Node().(*tree.Container)
	if !ok {
		e.value(c.Node(), s.Module)
		return 0
	}
	o := e.begin(k)
	e.membersInUse(c, s.Module, &o)
	e.finish(o)
	return o.members
}
