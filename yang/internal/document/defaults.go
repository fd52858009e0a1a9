package document

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Defaults says how default values are reported (RFC 6243 section 3).
type Defaults uint8

// The modes.
const (
	Explicit        Defaults = iota // what was set, even to the default value
	ReportAll                       // what is in use, set or not
	Trim                            // what was set to something else
	ReportAllTagged                 // what is in use, defaults that nobody set marked as such
)

// Walks says whether a mode shows nodes that no tree holds: those in use or,
// where state is in scope, its defaults, which RFC 6243 section 3.3 demands.
func (d Defaults) Walks(scope tree.Scope) bool {
	return d == ReportAll || d == ReportAllTagged || d == Explicit && scope == tree.ConfigAndState
}

// Hides says whether the mode leaves out the node of a walk.
func (d Defaults) Hides(c *tree.Cursor) bool {
	return d == Explicit && c.Node().Schema().Config && c.IsDefault()
}

// The attribute of RFC 6243 section 6: its namespace, and the module that stands
// for it in JSON (RFC 8040 section 4.8.9).
const (
	WithDefaultsNamespace = "urn:ietf:params:xml:ns:netconf:default:1.0"
	WithDefaultsModule    = "ietf-netconf-with-defaults"
)

// ModuleDefaultsNamespace is the namespace of that module, in which libyang writes
// the attribute.
const ModuleDefaultsNamespace = "urn:ietf:params:xml:ns:yang:" + WithDefaultsModule

// SetDefault notes that the value of ed is marked as the default, which it must be
// (RFC 6243 section 4.5.2). Its error, nil when all is well, lacks the path.
func SetDefault(ed *tree.Edit) *tree.Error {
	if ed.Default = true; ed.Valueless {
		return nil
	}
	for _, d := range ed.Schema.Defaults {
		if d.String() == ed.Value.String() {
			return nil
		}
	}
	return &tree.Error{
		Tag:     tree.TagInvalidValue,
		Message: fmt.Sprintf("%q is marked as the default of %q, which it is not", ed.Value, ed.Schema.Name),
	}
}

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
