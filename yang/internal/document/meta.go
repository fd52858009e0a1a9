package document

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Origin says how the annotation origin of ietf-origin is written (RFC 8342
// section 5.3.4).
type Origin uint8

// The ways.
const (
	OriginAsHeld Origin = iota // wherever the tree has it, as any other annotation
	OriginHidden               // nowhere
	OriginShown                // where it is not that of the parent, on configuration alone (RFC 8526 section 3.1.1.2)
)

// Marks are what is written on a node besides its value.
type Marks struct {
	Annotations []tree.Annotation
	Default     bool // tagged as a default that no one set (RFC 6243 section 3.4)
}

// None says whether there is nothing to write.
func (m Marks) None() bool { return len(m.Annotations) == 0 && !m.Default }

// Marker tells the marks of nodes while an encoder walks a tree.
type Marker struct {
	Origin   Origin
	Defaults Defaults

	implied   bool // the node to come is not in the tree
	inherited *schema.Identity
}

// Approach notes whether the node to come, at c, is one that no tree holds.
func (m *Marker) Approach(c *tree.Cursor) {
	m.implied = (m.Defaults == ReportAllTagged || m.Origin == OriginShown) && c.IsDefault()
}

// Unmarked says whether n, the node to come, has no marks: it need not be entered.
func (m *Marker) Unmarked(n tree.Node) bool { return !m.implied && !tree.HasMeta(n) }

// Enter returns the marks of n and the origin to Leave with when the walk is
// through with n and all below it.
func (m *Marker) Enter(n tree.Node) (marks Marks, outer *schema.Identity) {
	outer = m.inherited
	if m.implied {
		m.implied = false
		return Marks{Annotations: m.impliedOrigin(n.Schema()), Default: m.Defaults == ReportAllTagged}, outer
	}
	marks.Annotations = tree.Meta(n)
	for i, a := range marks.Annotations {
		if !a.IsOrigin() {
			continue
		}
		if !m.shows(n, a) {
			marks.Annotations = append(marks.Annotations[:i], marks.Annotations[i+1:]...)
		}
		m.inherited = a.Value.Identity()
		break
	}
	return marks, outer
}

// Inherited returns the origin to Leave a node with that was not entered.
func (m *Marker) Inherited() *schema.Identity { return m.inherited }

// Leave goes back to the parent.
func (m *Marker) Leave(outer *schema.Identity) { m.inherited = outer }

func (m *Marker) shows(n tree.Node, a tree.Annotation) bool {
	switch m.Origin {
	case OriginHidden:
		return false
	case OriginShown:
		return n.Schema().Config && a.Value.Identity() != m.inherited
	}
	return true
}

// impliedOrigin is the origin of a default in use, unless the parent has it too.
func (m *Marker) impliedOrigin(s *schema.Node) []tree.Annotation {
	if m.Origin != OriginShown || !s.Config {
		return nil
	}
	a := s.Set().Annotation("ietf-origin", "origin")
	if a == nil {
		return nil
	}
	v := a.Type.Unchecked("ietf-origin:default")
	if v.Identity() == nil || v.Identity() == m.inherited {
		return nil
	}
	return []tree.Annotation{{Schema: a, Value: v}}
}
