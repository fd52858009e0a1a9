package tree

import (
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xpath"
)

// Lookup implements xpath.Node.
func (c *Cursor) Lookup(module, local string, keys map[string]string) (xpath.Node, bool) {
	k, ok := c.node.(*Container)
	if !ok {
		return nil, false
	}
	s := k.schema.Child(module, local)
	if s == nil || module == "" && ambiguous(k.schema, local) || !c.view.sees(s) {
		return nil, false
	}
	values, ok := lookupKeys(s, keys)
	if !ok {
		return nil, false
	}
	var n Node
	switch x := k.Child(s).(type) {
	case *List:
		n = x.lookup(s, encodeKeys(values))
	case *LeafList:
		n = x.lookup(s, encodeKeys(values))
	case nil:
		if len(s.Defaults) > 0 {
			return nil, false
		}
	}
	if n == nil {
		return nil, true
	}
	return c.Down(n), true
}

func ambiguous(s *schema.Node, local string) bool {
	n := 0
	for _, k := range s.DataChildren {
		if k.Name == local {
			n++
		}
	}
	return n > 1
}

// lookupKeys parses canonical key texts; ok is false unless they are exactly the
// keys and all of them can be values.
func lookupKeys(s *schema.Node, keys map[string]string) ([]schema.Value, bool) {
	if keyless(s) {
		return nil, false
	}
	nodes := s.Keys
	if s.Kind == schema.LeafList {
		if text, ok := keys["."]; ok && len(keys) == 1 {
			return parseKeys([]*schema.Node{s}, []string{text})
		}
		return nil, false
	}
	if len(nodes) != len(keys) {
		return nil, false
	}
	texts := make([]string, len(nodes))
	for i, n := range nodes {
		text, ok := keys[n.Name]
		if !ok {
			return nil, false
		}
		texts[i] = text
	}
	return parseKeys(nodes, texts)
}

func parseKeys(nodes []*schema.Node, texts []string) ([]schema.Value, bool) {
	values := make([]schema.Value, len(nodes))
	for i, n := range nodes {
		if manifold(n.Type) {
			return nil, false
		}
		v, err := n.Type.Parse(schema.Lexical{Text: texts[i], Form: schema.Canonical, Module: n.Module})
		if err != nil || v.String() != texts[i] {
			return nil, false // compared as strings, so not an index question
		}
		values[i] = v
	}
	return values, true
}

// manifold says whether one text can stand for several values: a union's number
// and string.
func manifold(t *schema.Type) bool {
	t = actual(t)
	return t.Base == schema.Union && slices.ContainsFunc(t.Members, func(m *schema.Type) bool {
		return actual(m).Base <= schema.Decimal64 || manifold(m)
	})
}
