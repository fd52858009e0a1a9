package tree

import (
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
)

// Patch returns the edit that performs changes, as Diff returned them: applied
// to the old version, under the default operation merge or none, it makes the
// new one. It is strict, so that it fails on other versions where it can: what
// was created must not exist and what was deleted must. Deletions stand before
// their siblings, so that choices do not get in the way.
//
// Entries without identity, those of lists without keys and of state leaf-lists,
// cannot be told apart by an edit: changes of them, or in them, are refused. The
// error is an *Error.
func Patch(set *schema.Set, changes []Change) (*Edit, error) {
	p := &patcher{open: []*Edit{NewEdit(set)}}
	for _, c := range changes {
		if err := p.change(c); err != nil {
			return nil, err
		}
	}
	p.close(0)
	p.open[0].deleteFirst()
	return p.open[0], nil
}

// patcher builds an edit from changes in document order: those of one node
// stand side by side.
type patcher struct {
	path Path
	open []*Edit // the edits of the root and of the steps of path
}

func (p *patcher) change(c Change) error {
	s := c.Path.Schema()
	if s.IsKey() {
		return nil // another value of the same identity
	}
	if i := slices.IndexFunc(c.Path, func(step schema.PathStep) bool { return keyless(step.Node) }); i >= 0 {
		return &Error{
			Tag: TagOperationUnsupported, Path: slices.Clone(c.Path[:i+1]),
			Message: "entries without keys cannot be named in an edit; replace the node around them",
		}
	}
	if c.New != nil && c.Old == nil && s.Kind == schema.Container && !s.Presence {
		ed := p.at(c.Path)
		ed.Meta, ed.Children = Meta(c.New), created(c.New.(*Container))
		return nil
	}
	ed := p.at(c.Path)
	switch {
	case c.New == nil:
		ed.Operation = Delete
		ed.Valueless = s.Kind == schema.Leaf
	case c.Moved:
		ed.Operation = Merge
		ed.follow(c.After)
	case c.Old == nil:
		fill(ed, c.New)
		ed.Operation = Create
		ed.follow(c.After)
	default:
		fill(ed, c.New)
		ed.Operation = Replace
	}
	return nil
}

// follow puts a user-ordered entry behind the one with those keys, first when
// there are none.
func (ed *Edit) follow(after []schema.Value) {
	switch {
	case !userOrdered(ed.Schema):
	case after == nil:
		ed.Insert = First
	default:
		ed.Insert, ed.Anchor = After, after
	}
}

// at returns the edit of the node at path, which becomes the open one.
func (p *patcher) at(path Path) *Edit {
	n := 0
	for n < len(path) && n < len(p.path) && sameStep(path[n], p.path[n]) {
		n++
	}
	p.close(n)
	for _, step := range path[n:] {
		ed := &Edit{Schema: step.Node, Keys: step.Keys}
		if step.Value != nil && step.Node.Kind == schema.LeafList {
			ed.Value = *step.Value
		}
		last := p.open[len(p.open)-1]
		last.Children = append(last.Children, ed)
		p.open = append(p.open, ed)
	}
	p.path = path
	return p.open[len(p.open)-1]
}

// close completes all edits below the first n steps.
func (p *patcher) close(n int) {
	for _, ed := range p.open[n+1:] {
		ed.deleteFirst()
	}
	p.open = p.open[:n+1]
}

// deleteFirst puts deletions before their siblings.
func (ed *Edit) deleteFirst() {
	slices.SortStableFunc(ed.Children, func(a, b *Edit) int { return rank(a) - rank(b) })
}

func rank(ed *Edit) int {
	if ed.Operation == Delete {
		return 0
	}
	return 1
}

func sameStep(a, b schema.PathStep) bool {
	switch {
	case a.Node != b.Node || encodeKeys(a.Keys) != encodeKeys(b.Keys):
		return false
	case a.Value != nil && b.Value != nil:
		return encodeKeys([]schema.Value{*a.Value}) == encodeKeys([]schema.Value{*b.Value})
	}
	return a.Value == nil && b.Value == nil
}

// created returns the edits that create the content of a non-presence container,
// of which it is open whether it exists (RFC 7950 section 7.5.8).
func created(c *Container) []*Edit {
	var out []*Edit
	for _, ed := range contentOf(c) {
		if s := ed.Schema; s.Kind == schema.Container && !s.Presence {
			ed.Children = created(c.Child(s).(*Container))
		} else {
			ed.Operation = Create
		}
		out = append(out, ed)
	}
	return out
}

// contentOf returns edits that say what c holds, a list entry's keys left out
// unless they are annotated.
func contentOf(c *Container) []*Edit {
	var out []*Edit
	add := func(n Node) { out = append(out, EditOf(n)) }
	for _, k := range c.kids {
		switch x := k.(type) {
		case *List:
			for entry := range x.All() {
				add(entry)
			}
		case *LeafList:
			for leaf := range x.All() {
				add(leaf)
			}
		default:
			if !k.Schema().IsKey() || notesOf(k).hasAnnotations() {
				add(k)
			}
		}
	}
	return out
}

// EditOf returns the edit that says what n holds, without operations: n is a
// container, an entry of a list or leaf-list, a leaf, or an anydata or anyxml node.
func EditOf(n Node) *Edit {
	ed := &Edit{Schema: n.Schema()}
	fill(ed, n)
	return ed
}

// fill has ed say what n holds.
func fill(ed *Edit, n Node) {
	ed.Meta = Meta(n)
	switch x := n.(type) {
	case *Leaf:
		ed.Value = x.Value()
	case *Any:
		ed.Any = x.content
	case *Container:
		ed.Keys, ed.Children = x.Keys(), contentOf(x)
	}
}
