package patch

import (
	"slices"
	"strconv"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Between returns the edits that lead from old to new, which follow the same schema,
// numbered from 1. What both versions share is not looked at: the cost is that of the
// difference.
//
// Deletions stand first, so that the cases of a choice do not get in each other's
// way; all else is in document order, in which user-ordered entries find what they
// are put behind.
func Between(old, new *tree.Tree) []Edit {
	b := &builder{old: old, new: new}
	for _, c := range tree.Diff(old, new) {
		b.change(c)
	}
	all := append(b.deletions, b.others...)
	for i := range all {
		all[i].ID = strconv.Itoa(i + 1)
	}
	return all
}

// builder gathers the edits of changes in document order.
type builder struct {
	old, new          *tree.Tree
	deletions, others []Edit
	replaced          *schema.Node // the list without identity handled last
	above             tree.Path    // and the path of the node around it
}

func (b *builder) change(c tree.Change) {
	if c.Path.Schema().IsKey() {
		return // another value of the same identity
	}
	if i := slices.IndexFunc(c.Path, func(s schema.PathStep) bool { return !hasIdentity(s.Node) }); i >= 0 {
		b.whole(c.Path[:i:i], c.Path[i].Node)
		return
	}
	ed := Edit{Target: c.Path, Value: c.New, Source: c.Old}
	switch {
	case c.New == nil:
		ed.Operation = Delete
	case c.Moved:
		ed.Operation, ed.Value = Move, nil
		ed.follow(c.After)
	case c.Old == nil && c.Path.Schema().OrderedByUser:
		ed.Operation = Insert
		ed.follow(c.After)
	case c.Old == nil:
		ed.Operation = Create
	default:
		ed.Operation = Replace
	}
	b.add(ed)
}

func (b *builder) add(ed Edit) {
	if ed.Operation == Delete {
		b.deletions = append(b.deletions, ed)
	} else {
		b.others = append(b.others, ed)
	}
}

// whole says once what the list or leaf-list s without identity, below the node at
// path, has become.
func (b *builder) whole(path tree.Path, s *schema.Node) {
	if b.replaced == s && FormatTarget(b.above) == FormatTarget(path) {
		return
	}
	b.replaced, b.above = s, path
	target := append(slices.Clone(path), schema.PathStep{Node: s})
	ed := Edit{Operation: Replace, Target: target, Value: b.new.Find(target), Source: b.old.Find(target)}
	switch {
	case ed.Value == nil:
		ed.Operation = Delete
	case ed.Source == nil:
		ed.Operation = Create
	}
	b.add(ed)
}

// follow puts the target behind the entry with those keys, first when there are none.
func (ed *Edit) follow(after []schema.Value) {
	if ed.Where = First; after == nil {
		return
	}
	ed.Where = After
	ed.Point = slices.Clone(ed.Target)
	last := &ed.Point[len(ed.Point)-1]
	if last.Node.Kind == schema.LeafList {
		last.Value = &after[0]
	} else {
		last.Keys = after
	}
}
