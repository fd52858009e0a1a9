package datastore

import (
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// side says whose version of a node in conflict is taken.
type side uint8

const (
	theirSide side = iota
	mySide
)

// onto returns theirs with the changes of mine. What is in conflict is as the side
// has it.
func (r *rebase) onto(winner side) (*tree.Tree, error) {
	kept := slices.DeleteFunc(slices.Clone(r.kept), func(c tree.Change) bool { return r.conflicts.cover(c.Path) || r.choices.cover(c.Path) })
	ed, err := tree.Patch(r.theirs.Schema(), kept)
	if err != nil {
		return nil, err
	}
	e := r.theirs.Edit()
	if err := e.Apply(ed, tree.Merge); err != nil {
		return nil, asError("bring the candidate's changes onto running", err)
	}
	if winner == mySide {
		for _, at := range slices.Concat(r.conflicts.topmost(), r.choices.topmost()) {
			if err := put(e, at, r.mine.Find(at)); err != nil {
				return nil, asError("take the candidate's version", err)
			}
		}
	}
	for _, list := range r.reordered {
		if r.conflicts.cover(list) || r.choices.cover(list) {
			continue // whole, and in order
		}
		if err := arrange(e, list, r.order(list)); err != nil {
			return nil, asError("put entries into order", err)
		}
	}
	return e.Tree(), nil
}

// put makes n, nil for nothing, what stands at path.
func put(e *tree.Editor, at tree.Path, n tree.Node) error {
	if _, err := e.DeletePath(at); err != nil || n == nil {
		return err
	}
	return e.Merge(parent(at), whole(n))
}

// identity is what an entry of a list or leaf-list is told from others by.
type identity struct {
	key  string
	step schema.PathStep
}

// sequence returns the entries of a user-ordered list or leaf-list in their order.
func sequence(n tree.Node) (all []identity) {
	switch x := n.(type) {
	case *tree.List:
		for entry := range x.All() {
			var key []byte
			for _, k := range entry.Keys() {
				key = k.AppendKey(key)
			}
			all = append(all, identity{string(key), schema.PathStep{Node: x.Schema(), Keys: entry.Keys()}})
		}
	case *tree.LeafList:
		for leaf := range x.All() {
			v := leaf.Value()
			all = append(all, identity{string(v.AppendKey(nil)), schema.PathStep{Node: x.Schema(), Value: &v}})
		}
	}
	return all
}

// settles says whether the order of a list is no conflict: one side has at most
// removed entries, or both have the same order.
func (r *rebase) settles(list tree.Path) bool {
	base, mine, theirs := sequence(r.base.Find(list)), sequence(r.mine.Find(list)), sequence(r.theirs.Find(list))
	return thinned(base, mine) || thinned(base, theirs) || slices.EqualFunc(mine, theirs, alike)
}

func alike(a, b identity) bool { return a.key == b.key }

// thinned says whether some of all, in their order, is what is left.
func thinned(all, left []identity) bool {
	for _, id := range all {
		if len(left) > 0 && alike(left[0], id) {
			left = left[1:]
		}
	}
	return len(left) == 0
}

// order returns the order a list is to have: mine, unless they have done more than
// removing and I have not.
func (r *rebase) order(list tree.Path) []identity {
	base, mine, theirs := sequence(r.base.Find(list)), sequence(r.mine.Find(list)), sequence(r.theirs.Find(list))
	if thinned(base, mine) && !thinned(base, theirs) {
		return theirs
	}
	return mine
}

// arrange puts the entries of a list into that order, those it does not name last.
func arrange(e *tree.Editor, list tree.Path, order []identity) error {
	now := sequence(e.Find(list))
	there := make(map[string]bool, len(now))
	for _, id := range now {
		there[id.key] = true
	}
	order = slices.DeleteFunc(slices.Clone(order), func(id identity) bool { return !there[id.key] })
	root := tree.NewEdit(list.Schema().Set())
	above := root.At(parent(list))
	for i, id := range order {
		ed := &tree.Edit{Schema: id.step.Node, Keys: id.step.Keys, Insert: tree.First}
		if id.step.Value != nil {
			ed.Value = *id.step.Value
		}
		if i > 0 {
			ed.Insert, ed.Anchor = tree.After, keysOf(order[i-1].step)
		}
		above.Children = append(above.Children, ed)
	}
	return e.Apply(root, tree.Merge)
}

// keysOf returns what identifies an instance: keys, or a leaf-list's value.
func keysOf(step schema.PathStep) []schema.Value {
	if step.Value != nil {
		return []schema.Value{*step.Value}
	}
	return step.Keys
}
