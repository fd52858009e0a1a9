package json

import (
	"github.com/optical-net/waveguard/yang/internal/document"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// marks writes the metadata object of a node (RFC 7952 section 5.2.1).
func (e *encoder) marks(m document.Marks) {
	e.buf = append(e.buf, '{')
	e.depth++
	n := 0
	if m.Default {
		e.mark(document.WithDefaultsModule, "default", n)
		e.buf = append(e.buf, "true"...)
		n++
	}
	for _, a := range m.Annotations {
		e.mark(a.Schema.Module.Name, a.Schema.Name, n)
		e.buf = appendValue(e.buf, a.Value, false)
		n++
	}
	e.depth--
	e.end('}', n)
}

// mark begins the n-th annotation of an object.
func (e *encoder) mark(module, name string, n int) {
	e.item(n)
	e.buf = append(append(append(e.buf, '"'), module...), ':')
	e.buf = append(e.buf, name...)
	e.colon()
}

// marksBeside writes the annotations of a leaf or anyxml behind its member (RFC
// 7952 section 5.2.3).
func (e *encoder) marksBeside(n tree.Node, module *schema.Module, o *openObject) {
	marks, origin := e.marker.Enter(n)
	e.marker.Leave(origin)
	if marks.None() || e.opt.Plain {
		return
	}
	e.name("@", n.Schema(), module, o)
	e.marks(marks)
}

// marksIn returns the marks of a leaf-list's entries, up to the last that has any.
func (e *encoder) marksIn(l *tree.LeafList) (all []document.Marks) {
	i := 0
	for leaf := range l.All() {
		all = e.gather(all, i, leaf)
		i++
	}
	return all
}

// gather adds the marks of the i-th entry of a leaf-list to those of the entries
// before it, up to the last that has any.
func (e *encoder) gather(all []document.Marks, i int, n tree.Node) []document.Marks {
	if e.marker.Unmarked(n) {
		return all
	}
	marks, origin := e.marker.Enter(n)
	e.marker.Leave(origin)
	if marks.None() {
		return all
	}
	for len(all) < i {
		all = append(all, document.Marks{})
	}
	return append(all, marks)
}

// marksOfEntries writes the annotations of a leaf-list's entries, with null for
// those that have none (RFC 7952 section 5.2.4).
func (e *encoder) marksOfEntries(s *schema.Node, module *schema.Module, all []document.Marks, o *openObject) {
	if len(all) == 0 || e.opt.Plain {
		return
	}
	e.name("@", s, module, o)
	e.buf = append(e.buf, '[')
	e.depth++
	for i, m := range all {
		if e.item(i); m.None() {
			e.buf = append(e.buf, "null"...)
		} else {
			e.marks(m)
		}
	}
	e.depth--
	e.end(']', len(all))
}
