package schema

import (
	"fmt"
	"slices"
	"strings"
)

// leafref is one leafref type of one leaf.
type leafref struct {
	node *Node
	typ  *Type
}

// noteLeafrefs remembers the leafrefs in the type of n.
func (c *compiler) noteLeafrefs(n *Node, t *Type) {
	if t.Base == Leafref {
		c.leafrefs = append(c.leafrefs, leafref{n, t})
	}
	for _, m := range t.Members {
		c.noteLeafrefs(n, m)
	}
}

// resolveLeafrefs finds the target of every leafref (RFC 7950 section 9.9).
func (c *compiler) resolveLeafrefs() {
	for _, r := range c.leafrefs {
		target, err := c.walkPath(r)
		if err != nil {
			c.errs.at(r.typ.path.st, "%s, from %s", err, r.node.Path())
			continue
		}
		if target == nil {
			continue
		}
		if r.node.Config && r.typ.RequireInstance && !target.Config {
			c.errs.at(r.typ.path.st, "configuration %s cannot refer to %s, which is config false", r.node.Path(), target.Path())
		}
		r.typ.Target = target
		if !slices.Contains(c.set.leafrefs[target], r.node) {
			c.set.leafrefs[target] = append(c.set.leafrefs[target], r.node)
		}
	}
	for _, r := range c.leafrefs {
		if r.typ.reaches(r.typ, map[*Type]bool{}) {
			c.errs.at(r.typ.path.st, "refers to itself")
		}
	}
}

// reaches says whether following targets from t leads to the leafref goal.
func (t *Type) reaches(goal *Type, seen map[*Type]bool) bool {
	if seen[t] {
		return t == goal
	}
	seen[t] = true
	if t.Target != nil && t.Target.Type != nil && t.Target.Type.reaches(goal, seen) {
		return true
	}
	return slices.ContainsFunc(t.Members, func(m *Type) bool { return m.reaches(goal, seen) })
}

// walkPath follows a leafref's path over the schema. The target is nil without
// error when a module has to be implemented first.
func (c *compiler) walkPath(r leafref) (*Node, error) {
	steps, absolute, err := pathSteps(r.typ.path.st.arg)
	if err != nil {
		return nil, err
	}
	at := r.node
	if absolute {
		at, steps = c.accessibleRoot(r, steps)
	}
	for _, step := range steps {
		if step == ".." {
			if at = at.up(); at == nil {
				return nil, fmt.Errorf("path leads above the root")
			}
			continue
		}
		m, name, err := r.typ.path.step(step)
		if err != nil {
			return nil, err
		}
		if !c.isImplemented(m) {
			c.implement(m, r.typ.path.st)
			return nil, nil
		}
		next := at.Child(m.name, name)
		if next == nil && at.Kind == Root {
			next = r.node.operation(m.name, name)
		}
		if next == nil {
			return nil, fmt.Errorf("there is no node %q at %s", step, at.Path())
		}
		at = next
	}
	if at.Kind != Leaf && at.Kind != LeafList {
		return nil, fmt.Errorf("%s is neither a leaf nor a leaf-list", at.Path())
	}
	return at, nil
}

// step resolves one name of a path.
func (p prop) step(step string) (*unit, string, error) {
	prefix, name := splitPrefix(step)
	if referenceFault(step) != "" {
		return nil, "", fmt.Errorf("%q is not a step of a path", step)
	}
	if prefix == "" {
		return p.cur, name, nil
	}
	m := p.st.unit.module(prefix)
	if m == nil {
		return nil, "", fmt.Errorf("prefix %q is not imported", prefix)
	}
	return m, name, nil
}

// up returns the parent in the tree XPath sees, where the input or output
// stands for its operation (RFC 7950 section 6.4.1).
func (n *Node) up() *Node {
	if n.Kind == Input || n.Kind == Output {
		n = n.DataParent
	}
	return n.DataParent
}

// operation returns the input, output or notification around n when its
// operation has that name at the top level, else nil.
func (n *Node) operation(module, name string) *Node {
	for ; n != nil; n = n.DataParent {
		op := n
		if n.Kind == Input || n.Kind == Output {
			op = n.DataParent
		} else if n.Kind != Notification {
			continue
		}
		if op.Parent.Kind == Root && op.Module.Name == module && op.Name == name {
			return n
		}
	}
	return nil
}

// pathSteps splits a path argument (RFC 7950 section 9.9.2), predicates left out:
// these are part of the compiled expression.
func pathSteps(arg string) (steps []string, absolute bool, err error) {
	var plain strings.Builder
	depth := 0
	var quote rune
	for _, r := range arg {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case depth > 0 && (r == '\'' || r == '"'):
			quote = r
		case r == '[':
			depth++
		case r == ']':
			depth--
		case depth == 0 && !isSpace(r):
			plain.WriteRune(r)
		}
	}
	if depth != 0 || quote != 0 {
		return nil, false, fmt.Errorf("path has an open predicate")
	}
	text, absolute := strings.CutPrefix(plain.String(), "/")
	if text == "" {
		return nil, false, fmt.Errorf("path is empty")
	}
	steps = strings.Split(text, "/")
	if !absolute && steps[0] != ".." {
		return nil, false, fmt.Errorf("a relative path has to start with \"..\"")
	}
	return steps, absolute, nil
}

// LeafrefsTo returns the leafs and leaf-lists whose type is, or as a union
// has, a leafref to n. The slice is shared: do not change it.
func (s *Set) LeafrefsTo(n *Node) []*Node { return s.leafrefs[n] }
