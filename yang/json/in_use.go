package json

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// membersInUse writes the members of c, defaults included, and returns how many.
func (e *encoder) membersInUse(c *tree.Cursor, module *schema.Module) int {
	n, entries := 0, 0
	var open *schema.Node // the list or leaf-list whose array is being written
	closeArray := func() {
		if open != nil {
			e.depth--
			e.end(']', entries)
			open, entries = nil, 0
		}
	}
	c.Children("", "", func(x xpath.Node) bool {
		k := x.(*tree.Cursor)
		s := k.Node().Schema()
		if s != open {
			closeArray()
		}
		repeated := s.Kind == schema.List || s.Kind == schema.LeafList
		switch {
		case !repeated:
			n += e.memberInUse(k, module, n)
			return e.err == nil
		case open == nil:
			e.name(s, module, n)
			e.buf = append(e.buf, '[')
			e.depth++
			n++
			open = s
		}
		e.item(entries)
		entries++
		e.valueInUse(k)
		e.flushIfFull()
		return e.err == nil
	})
	closeArray()
	return n
}

// memberInUse writes one member, the n-th, and returns 1; or returns 0 when it is
// an implied container with nothing to show.
func (e *encoder) memberInUse(c *tree.Cursor, module *schema.Module, n int) int {
	s, start := c.Node().Schema(), len(e.buf)
	e.name(s, module, n)
	if e.valueInUse(c) == 0 && s.Kind == schema.Container && !s.Presence {
		e.buf = e.buf[:start]
		return 0
	}
	return 1
}

// valueInUse writes a value and returns how many members it has if it is an object.
func (e *encoder) valueInUse(c *tree.Cursor) int {
	s := c.Node().Schema()
	if _, ok := c.Node().(*tree.Container); !ok {
		e.value(c.Node(), s.Module)
		return 0
	}
	e.buf = append(e.buf, '{')
	e.depth++
	n := e.membersInUse(c, s.Module)
	e.depth--
	e.end('}', n)
	return n
}
