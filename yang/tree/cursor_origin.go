package tree

import "github.com/optical-net/waveguard/yang/schema"

const originModule = "ietf-origin"

// Origin returns where the configuration that c stands on comes from (RFC 8342
// section 5.3.4): its own annotation origin of ietf-origin, else what its parent
// says; for a default in use that is the identity default. It returns nil for
// state, for the root, and where nothing is said.
func (c *Cursor) Origin() *schema.Identity {
	s := c.node.Schema()
	if s.Kind == schema.Root || !s.Config {
		return nil
	}
	if own := OwnOrigin(c.node); own != nil {
		return own
	}
	if c.IsDefault() {
		if m := s.Set().Module(originModule); m != nil {
			return m.Identities["default"]
		}
	}
	if c.parent == nil {
		return nil
	}
	return c.parent.Origin()
}

// OwnOrigin returns the value of n's own annotation origin, or nil.
func OwnOrigin(n Node) *schema.Identity {
	for _, a := range Meta(n) {
		if a.IsOrigin() {
			return a.Value.Identity()
		}
	}
	return nil
}

// IsOrigin says whether the annotation is origin of ietf-origin (RFC 8342 section 7).
func (a Annotation) IsOrigin() bool {
	return a.Schema.Name == "origin" && a.Schema.Module.Name == originModule
}

// IsDefault says whether c stands on a leaf or leaf-list entry that no one set.
func (c *Cursor) IsDefault() bool {
	if _, ok := c.node.(*Leaf); !ok || c.parent == nil {
		return false
	}
	k, ok := c.parent.node.(*Container)
	return ok && k.Child(c.node.Schema()) == nil
}
