package netconf

import (
	"fmt"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// part is which nodes get-data wants, whatever their place: config-filter and
// the origin filters of RFC 8526 section 3.1.1. Ancestors and keys come along.
type part struct {
	config, state bool
	origins       []*schema.Identity // nil: any
	negated       bool               // the origins are those not wanted
}

// partOf reads the parameters.
func (s *Session) partOf(p *params) (part, error) {
	w := part{config: true, state: true}
	text, err := p.text("config-filter", "")
	switch {
	case err != nil:
		return w, err
	case text == "true":
		w.state = false
	case text == "false":
		w.config = false
	case p.get("config-filter") != nil:
		return w, protocolError(tagInvalidValue, fmt.Sprintf("config-filter is %q, it can be true or false", text), "bad-element", "config-filter")
	}
	if p.get("origin-filter") != nil && p.get("negated-origin-filter") != nil {
		return w, protocolError(tagBadElement, "origin-filter and negated-origin-filter exclude each other", "bad-element", "negated-origin-filter")
	}
	w.negated = p.get("negated-origin-filter") != nil
	for _, e := range p.op.Children {
		if name := e.Name.Local; name != "origin-filter" && name != "negated-origin-filter" {
			continue
		}
		prefix, local, _ := strings.Cut(e.TrimmedText(), ":")
		space, _ := e.Resolve(prefix)
		id := identityIn(s.server.schema, space, local)
		if id == nil {
			return w, protocolError(tagInvalidValue, fmt.Sprintf("%s is %q, no origin that the server knows", e.Name.Local, e.TrimmedText()), "bad-element", e.Name.Local)
		}
		w.origins = append(w.origins, id)
	}
	return w, nil
}

// identityIn returns the origin of that name in a namespace, or nil.
func identityIn(set *schema.Set, space, name string) *schema.Identity {
	base := set.Identity("ietf-origin", "origin")
	m := set.ModuleByNamespace(space)
	if m == nil || base == nil {
		return nil
	}
	if id := m.Identities[name]; id != nil && (id == base || id.DerivedFrom(base)) {
		return id
	}
	return nil
}

// wants says whether configuration of that origin is wanted.
func (w part) wants(origin *schema.Identity) bool {
	if !w.config || w.origins == nil {
		return w.config
	}
	for _, o := range w.origins {
		if origin != nil && (origin == o || origin.DerivedFrom(o)) {
			return !w.negated
		}
	}
	return w.negated
}

// of returns the wanted part of all that is below root.
func (w part) of(root *tree.Container) *tree.Container {
	if w.config && w.state && w.origins == nil {
		return root
	}
	return w.below(root, nil)
}

func originOf(n tree.Node, above *schema.Identity) *schema.Identity {
	if own := tree.OwnOrigin(n); own != nil {
		return own
	}
	return above
}

func (w part) below(c *tree.Container, origin *schema.Identity) *tree.Container {
	var kids []tree.Node
	for k := range c.Children() {
		if k = w.node(k, originOf(k, origin)); k != nil {
			kids = append(kids, k)
		}
	}
	return tree.WithMeta(tree.NewContainer(c.Schema(), kids), tree.Meta(c)).(*tree.Container)
}

// node returns the wanted part of n, or nil.
func (w part) node(n tree.Node, origin *schema.Identity) tree.Node {
	if !n.Schema().Config {
		if !w.state {
			return nil
		}
		return n
	}
	switch x := n.(type) {
	case *tree.Container:
		if x.Len() == 0 && w.wants(origin) { // with presence, or cut off by max-depth
			return x
		}
		if c := w.below(x, origin); c.Len() > 0 || x.Schema().Presence && w.wants(origin) {
			return c
		}
		return nil
	case *tree.List:
		return w.list(x, origin)
	case *tree.LeafList:
		return w.leafList(x, origin)
	}
	if n.Schema().IsKey() || w.wants(origin) {
		return n
	}
	return nil
}

func (w part) list(l *tree.List, origin *schema.Identity) tree.Node {
	var entries []*tree.Container
	for e := range l.All() {
		own := originOf(e, origin)
		if c := w.below(e, own); c.Len() > len(l.Schema().Keys) || w.wants(own) {
			entries = append(entries, c)
		}
	}
	if entries == nil {
		return nil
	}
	return tree.NewList(l.Schema(), entries)
}

func (w part) leafList(l *tree.LeafList, origin *schema.Identity) tree.Node {
	var leafs []*tree.Leaf
	for leaf := range l.All() {
		if w.wants(originOf(leaf, origin)) {
			leafs = append(leafs, leaf)
		}
	}
	if leafs == nil {
		return nil
	}
	return tree.LeafListOf(l.Schema(), leafs)
}
