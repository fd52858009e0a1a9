package datastore

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// rebase brings the changes from base to mine onto theirs, which base became
// elsewhere.
//
// A conflict is a node that both changed, each in another way, or that one removed
// while the other changed something in it: a leaf, a value of a leaf-list, a list
// entry, a presence container, the order of what the user orders, the case of a
// choice (draft-ietf-netconf-privcand section 4.7.1). Who says the same is not in
// conflict. The cost is that of the changes from base to mine.
type rebase struct {
	base, mine, theirs *tree.Tree

	kept      []tree.Change
	conflicts regions
	choices   regions // nodes of the choices that are in conflict
	// reordered are the user-ordered lists and leaf-lists whose order is to be settled,
	// by the text of their paths too.
	reordered []tree.Path
	noted     map[string]bool
}

func newRebase(base, mine, theirs *tree.Tree) *rebase {
	r := &rebase{base: base, mine: mine, theirs: theirs, noted: map[string]bool{}}
	for _, c := range tree.Diff(base, mine) {
		r.judge(c)
	}
	for _, list := range r.reordered {
		if !r.settles(list) {
			r.conflicts.add(list)
		}
	}
	return r
}

// judge finds out what becomes of one change of mine.
func (r *rebase) judge(c tree.Change) {
	if at := r.removedAbove(c.Path); at != nil {
		r.conflict(at)
		return
	}
	theirs := r.theirs.Find(c.Path)
	switch {
	case c.Moved && theirs == nil:
		r.conflict(c.Path)
	case c.Moved:
		r.reorder(c.Path)
	case same(theirs, c.Old):
		r.keep(c)
	case same(theirs, c.New):
		if c.Path.Schema().OrderedByUser && c.Old == nil {
			r.reorder(c.Path) // both made it, but where?
		}
	case folds(c.Path.Schema()):
		for _, part := range unfolded(c) {
			r.judge(part)
		}
	default:
		r.conflict(c.Path)
	}
}

// keep takes a change over, unless it takes a case of a choice in which they have
// taken another one.
func (r *rebase) keep(c tree.Change) {
	if at, choice := r.otherCase(c); at != nil {
		r.conflict(at)
		r.wholeChoice(at, choice)
		return
	}
	if c.Path.Schema().OrderedByUser && c.Old == nil {
		r.reorder(c.Path)
		c.After = nil // until the order is settled
	}
	r.kept = append(r.kept, c)
}

// conflict notes a conflict about the node at path.
func (r *rebase) conflict(at tree.Path) {
	r.conflicts.add(at)
	if at.Schema().OrderedByUser {
		r.reorder(at)
	}
}

// reorder notes that the order of the list around the entry at path is to be settled.
func (r *rebase) reorder(entry tree.Path) {
	list := listOf(entry)
	if text := list.String(); !r.noted[text] {
		r.noted[text] = true
		r.reordered = append(r.reordered, list)
	}
}

// removedAbove returns the path of the topmost entry or presence container above
// path that they have removed, or nil.
func (r *rebase) removedAbove(path tree.Path) tree.Path {
	for i := 1; i < len(path); i++ {
		at := path[:i]
		if !folds(at.Schema()) && r.base.Find(at) != nil && r.theirs.Find(at) == nil {
			return at
		}
	}
	return nil
}

// wholeChoice notes all nodes of a choice, one of which is at path: one side wins all.
func (r *rebase) wholeChoice(at tree.Path, choice *schema.Node) {
	for _, n := range at.Schema().DataParent.DataChildren {
		if isIn(n, choice) {
			r.choices.add(append(parent(at), schema.PathStep{Node: n}))
		}
	}
}

// otherCase returns the path of the node by which c takes a case of a choice in
// which they have changed another one, or nil.
func (r *rebase) otherCase(c tree.Change) (tree.Path, *schema.Node) {
	if c.New == nil {
		return nil, nil
	}
	for i, step := range c.Path {
		for n := step.Node.Parent; n != nil && n != step.Node.DataParent; n = n.Parent {
			if n.Kind == schema.Case && r.tookAnother(c.Path[:i], n) {
				return c.Path[:i+1], n.Parent
			}
		}
	}
	return nil, nil
}

// tookAnother says whether in their node at path another case than mine is in use,
// and not just what was there before.
func (r *rebase) tookAnother(at tree.Path, mine *schema.Node) bool {
	theirs := container(r.theirs, at)
	if theirs == nil {
		return false
	}
	if took := tree.ChosenCase(theirs, mine.Parent); took == nil || took == mine {
		return false
	}
	base := container(r.base, at)
	for _, k := range theirs.Schema().DataChildren {
		if isIn(k, mine.Parent) && !same(child(base, k), theirs.Child(k)) {
			return true
		}
	}
	return false
}

func isIn(n, choice *schema.Node) bool {
	for p := n.Parent; p != nil && p != n.DataParent; p = p.Parent {
		if p == choice {
			return true
		}
	}
	return false
}

// unfolded returns the changes of what a container holds that exists by itself.
func unfolded(c tree.Change) []tree.Change {
	empty := tree.NewContainer(c.Path.Schema(), nil)
	old, now := empty, empty
	if c.Old != nil {
		old = c.Old.(*tree.Container)
	}
	if c.New != nil {
		now = c.New.(*tree.Container)
	}
	return tree.DiffNodes(c.Path, old, now)
}

// folds says whether an instance means nothing but what it holds.
func folds(n *schema.Node) bool { return n.Kind == schema.Container && !n.Presence }

// container returns the container or entry at path, or nil.
func container(t *tree.Tree, path tree.Path) *tree.Container {
	if len(path) == 0 {
		return t.Root()
	}
	c, _ := t.Find(path).(*tree.Container)
	return c
}

func child(c *tree.Container, n *schema.Node) tree.Node {
	if c == nil {
		return nil
	}
	return c.Child(n)
}

// same says whether two versions of one node, nil for none, say the same.
func same(a, b tree.Node) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	switch x := a.(type) {
	case *tree.Container:
		return len(tree.DiffNodes(nil, x, b.(*tree.Container))) == 0
	case *tree.Leaf:
		return x.Value() == b.(*tree.Leaf).Value()
	case *tree.Any:
		return x.Content() == b.(*tree.Any).Content()
	}
	holder := func(n tree.Node) *tree.Container { return tree.NewContainer(n.Schema().DataParent, []tree.Node{n}) }
	return len(tree.DiffNodes(nil, holder(a), holder(b))) == 0
}

// listOf returns the path of the whole list or leaf-list of the entry at path.
func listOf(path tree.Path) tree.Path {
	return append(parent(path), schema.PathStep{Node: path.Schema()})
}
