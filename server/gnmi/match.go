package gnmi

import (
	"iter"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// match calls f with every instance that the selector, which leads on from c,
// selects: stored nodes, and default values and containers that are implied. A
// leaf-list is one instance, and so is a list without keys.
func (s selector) match(c *tree.Cursor, f func(*tree.Cursor)) {
	if len(s) == 0 {
		f(c)
		return
	}
	parent, ok := c.Node().(*tree.Container)
	if !ok {
		return
	}
	switch x := parent.Child(s[0].node).(type) {
	case nil:
		if n := implied(c, s[0].node); n != nil {
			s[1:].match(n, f)
		}
	case *tree.List:
		if len(s[0].node.Keys) == 0 {
			s[1:].match(c.Down(x), f)
			return
		}
		for entry := range s[0].entries(x) {
			s[1:].match(c.Down(entry), f)
		}
	default:
		s[1:].match(c.Down(x), f)
	}
}

// entries yields the entries that the step wants, without visiting the others
// where the list's order allows.
func (s selStep) entries(l *tree.List) iter.Seq[*tree.Container] {
	leading := 0
	for leading < len(s.keys) && !s.keys[leading].IsZero() {
		leading++
	}
	return func(yield func(*tree.Container) bool) {
		switch {
		case leading == len(s.keys):
			if entry := l.Get(s.keys...); entry != nil {
				yield(entry)
			}
			return
		case leading > 0 && !s.node.OrderedByUser:
			filter(l.WithFirstKeys(s.keys[:leading]...), s, yield)
		default:
			filter(l.All(), s, yield)
		}
	}
}

func filter(all iter.Seq[*tree.Container], s selStep, yield func(*tree.Container) bool) {
	for entry := range all {
		if s.admits(entry.Keys()) && !yield(entry) {
			return
		}
	}
}

// implied returns the cursor of s below c when nothing is stored for it but it
// is there all the same: a default value in use, a non-presence container. Nil
// when it is not.
func implied(c *tree.Cursor, s *schema.Node) *tree.Cursor {
	if s.Kind == schema.List || len(s.Defaults) == 0 && (s.Kind != schema.Container || s.Presence) {
		return nil
	}
	var found []*tree.Cursor
	c.Children(s.Module.Name, s.Name, func(n xpath.Node) bool {
		found = append(found, n.(*tree.Cursor))
		return true
	})
	switch {
	case len(found) == 0:
		return nil
	case s.Kind == schema.LeafList:
		values := make([]schema.Value, len(found))
		for i, n := range found {
			values[i] = n.Node().(*tree.Leaf).Value()
		}
		return c.Down(tree.NewLeafList(s, values))
	}
	return found[0]
}

// present returns the cursor of the node at path, stored or implied, or nil.
func present(t *tree.Tree, path tree.Path) *tree.Cursor {
	s := make(selector, len(path))
	for i, step := range path {
		s[i] = selStep{step.Node, step.Keys}
	}
	var found *tree.Cursor
	s.match(tree.NewCursor(t, tree.ConfigAndState), func(c *tree.Cursor) { found = c })
	return found
}
