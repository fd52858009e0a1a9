package gnmi

import (
	"slices"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// deletion is one path of a Set's delete field.
type deletion struct {
	selectors []selector
	wild      bool // the path has wildcards for names
}

// searches says whether nodes have to be looked for to delete them.
func (d deletion) searches() bool {
	return d.wild || slices.ContainsFunc(d.selectors, func(s selector) bool { return slices.ContainsFunc(s, func(step selStep) bool { return !step.exact() }) })
}

func (e editor) deletion(path *gpb.Path) (deletion, error) {
	all, err := e.resolver.resolve(path)
	if err != nil {
		return deletion{}, err
	}
	d := deletion{wild: e.resolver.wild(path)}
	for _, s := range all {
		n := s.end(e.set.Root)
		switch {
		case n.Kind != schema.Root && !n.Config && !d.wild:
			return d, status.Errorf(codes.InvalidArgument, "%s is state, which cannot be deleted", n.Path())
		case n.Kind != schema.Root && !n.Config, n.IsKey() && d.wild:
			continue // a wildcard takes what can be deleted
		}
		d.selectors = append(d.selectors, s)
	}
	return d, nil
}

// paths returns the topmost nodes of the tree that the deletions remove, a whole
// list as one path without keys. What does not exist is not among them (gNMI
// specification section 3.4.6).
func paths(t *tree.Tree, all []deletion) []tree.Path {
	found := map[string]tree.Path{}
	for _, d := range all {
		for _, s := range d.selectors {
			s.stored(t, func(p tree.Path) { found[p.String()] = p })
		}
	}
	var top []tree.Path
	for _, p := range found {
		if !covered(p, found) {
			top = append(top, p)
		}
	}
	slices.SortFunc(top, func(a, b tree.Path) int { return slices.Compare([]byte(a.String()), []byte(b.String())) })
	return top
}

// covered says whether a path above p, or the whole list p is an entry of, is
// among the paths.
func covered(p tree.Path, all map[string]tree.Path) bool {
	for n := range len(p) {
		if _, ok := all[p[:n].String()]; ok {
			return true
		}
		list := append(slices.Clone(p[:n]), schema.PathStep{Node: p[n].Node})
		if q, ok := all[list.String()]; ok && (n < len(p)-1 || len(q[n].Keys) < len(p[n].Keys)) {
			return true
		}
	}
	return false
}

// stored calls f with the path of every node in the tree that s selects; with
// that of the list when it selects all entries.
func (s selector) stored(t *tree.Tree, f func(tree.Path)) {
	above, last := s, selStep{}
	if n := s.end(nil); n != nil && n.Kind == schema.List && !slices.ContainsFunc(s[len(s)-1].keys, isGiven) {
		above, last = s[:len(s)-1], s[len(s)-1]
	}
	above.match(tree.NewCursor(t, tree.ConfigOnly), func(c *tree.Cursor) {
		p := c.Path()
		if last.node != nil {
			p = append(p, schema.PathStep{Node: last.node})
		}
		if len(p) == 0 || t.Find(p) != nil {
			f(p)
		}
	})
}

func isGiven(v schema.Value) bool { return !v.IsZero() }

// remove returns the edit that removes the node at path, which exists.
func remove(set *schema.Set, path tree.Path) *tree.Edit {
	root := tree.NewEdit(set)
	if len(path) == 0 {
		root.Operation = tree.Remove
		return root
	}
	ed := root
	for i := range path {
		ed = ed.At(path[i : i+1])
		ed.Operation = tree.None // above the node nothing is made
	}
	ed.Operation, ed.Valueless = tree.Remove, true
	return root
}
