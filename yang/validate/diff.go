package validate

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// diff returns what leads from old to next in what is validated. Entries that nothing but their place
// tells apart, those of lists without keys and of leaf-lists in state, make one
// change together, at the path of the list.
func (v *Validator) diff(old, next *tree.Tree) []tree.Change {
	changes := tree.Diff(old, next)
	kept := changes[:0]
	var last nodeID
	for _, c := range changes {
		if !v.sees(c.Path.Schema()) {
			continue
		}
		path := anonymousPart(c.Path)
		if path == nil {
			kept, last = append(kept, c), nodeID{}
			continue
		}
		if id := idOf(path); id != last {
			kept, last = append(kept, tree.Change{Path: path, Old: old.Find(path), New: next.Find(path)}), id
		}
	}
	return kept
}

// anonymousPart returns the path down to the first list or leaf-list whose
// entries have no identity, without what would select one of them; nil when
// there is none.
func anonymousPart(path tree.Path) tree.Path {
	for i, s := range path {
		if s.Node.Kind == schema.List && len(s.Node.Keys) == 0 || s.Node.Kind == schema.LeafList && !s.Node.Config {
			return append(path[:i:i], schema.PathStep{Node: s.Node})
		}
	}
	return nil
}

// anonymous says whether the path ends at a list or leaf-list as a whole.
func anonymous(path tree.Path) bool {
	s := path[len(path)-1]
	return (s.Node.Kind == schema.List || s.Node.Kind == schema.LeafList) &&
		len(s.Keys) == 0 && s.Value == nil && s.Position == 0
}
