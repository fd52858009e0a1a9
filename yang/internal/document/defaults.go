package document

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Defaults says how default values are reported (RFC 6243 section 3).
type Defaults uint8

// The modes.
const (
	Explicit  Defaults = iota // what was set, even to the default value
	ReportAll                 // what is in use, set or not
	Trim                      // what was set to something else
)

// Trimmed says whether the mode Trim leaves n out.
func Trimmed(n tree.Node) bool {
	s := n.Schema()
	switch x := n.(type) {
	case *tree.Leaf:
		return !s.IsKey() && len(s.Defaults) == 1 && x.Value().String() == s.Defaults[0].String()
	case *tree.LeafList:
		return allDefault(x)
	case *tree.Container:
		if s.Kind != schema.Container || s.Presence {
			return false
		}
		for k := range x.Children() {
			if !Trimmed(k) {
				return false
			}
		}
		return true
	}
	return false
}

func allDefault(l *tree.LeafList) bool {
	defaults := l.Schema().Defaults
	if l.Len() != len(defaults) {
		return false
	}
	i := 0
	for leaf := range l.All() {
		if leaf.Value().String() != defaults[i].String() {
			return false
		}
		i++
	}
	return true
}

// Root returns the root of the schema that n belongs to, or nil.
func Root(n *schema.Node) *schema.Node {
	for n != nil && n.Kind != schema.Root {
		n = n.Parent
	}
	return n
}
