package access

import (
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// CheckEdit says whether the user may ask for an edit: nil, or the refusal with
// the path of the first node that the edit creates or deletes by these names and
// that the user may not. Such an edit fails where the node is, or is not: who
// may not do it does not learn which.
//
// RFC 8341 section 3.2.5: all else is judged by what it changes, which
// CheckChanges does.
func (a *Authority) CheckEdit(u User, ed *tree.Edit) error {
	r := a.rights(u)
	if r.role == Administrator || r.role != Nobody && r.start.permitsWhole(ed.Schema)&writes == writes {
		return nil
	}
	return a.refuseWrite(r.checkEdit(u, ed, nil, r.start))
}

// refuseWrite counts a refusal.
func (a *Authority) refuseWrite(refusal *tree.Error) error {
	if refusal == nil {
		return nil
	}
	a.counters.writes.Add(1)
	return refusal
}

func (r *rights) checkEdit(u User, ed *tree.Edit, path tree.Path, s *state) *tree.Error {
	if r.role == Nobody {
		return r.refusal(u, Update, Target{})
	}
	if ed.Schema.Kind != schema.Root {
		at := step(ed)
		path, s = append(path, at), s.step(ed.Schema, keysOf(at))
	}
	if s.permitsWhole(ed.Schema)&writes == writes {
		return nil
	}
	if action, tells := telling(ed.Operation); tells && !exempt(ed.Schema) && !s.permits(ed.Schema).has(action) {
		return r.refusal(u, action, Target{Path: slices.Clone(path)})
	}
	for _, k := range ed.Children {
		if err := r.checkEdit(u, k, path, s); err != nil {
			return err
		}
	}
	return nil
}

// telling says whether an operation succeeds only if the node is not there, or
// only if it is, and what it then does.
func telling(op tree.Operation) (a Action, tells bool) {
	switch op {
	case tree.Create:
		return Create, true
	case tree.Delete:
		return Delete, true
	}
	return 0, false
}

// CheckChanges says whether the user may bring about changes: nil, or the
// refusal with the path of the first node that is not the user's to change.
func (a *Authority) CheckChanges(u User, changes []tree.Change) error {
	r := a.rights(u)
	if len(changes) == 0 && r.role != Nobody {
		return nil
	}
	if r.role == Administrator || r.role != Nobody && r.start.permitsWhole(r.model.set.Root)&writes == writes {
		return nil
	}
	return a.refuseWrite(r.checkChanges(u, changes))
}

func (r *rights) checkChanges(u User, changes []tree.Change) *tree.Error {
	if r.role == Nobody {
		return r.refusal(u, Update, Target{})
	}
	for _, c := range changes {
		s := r.start
		for _, step := range c.Path {
			s = s.step(step.Node, keysOf(step))
		}
		var at tree.Path
		action := Update
		switch {
		case c.Old == nil:
			action = Create
			at = s.without(Create, c.New, c.Path)
		case c.New == nil:
			action = Delete
			at = s.without(Delete, c.Old, c.Path)
		case !s.permits(c.Path.Schema()).has(Update):
			at = c.Path
		}
		if at != nil {
			return r.refuseChange(u, action, at)
		}
	}
	return nil
}

// refuseChange is the refusal of a change at path, which the user may not even
// have named: of what cannot be read it says no more than where it is.
//
// RFC 8341 section 3.2.5: errors expose nothing that is restricted.
func (r *rights) refuseChange(u User, action Action, path tree.Path) *tree.Error {
	shown := r.start.readableWay(path)
	err := r.refusal(u, action, Target{Path: path[:shown]})
	if shown < len(path) {
		err.Message = "something in " + err.Message
	}
	return err
}

// readableWay returns how many steps of a path from s's node on can be read.
func (s *state) readableWay(path tree.Path) int {
	for i, step := range path {
		if s = s.step(step.Node, keysOf(step)); !s.permits(step.Node).has(Read) {
			return i
		}
	}
	return len(path)
}

// without returns the path of the first node at or below n for which the action
// is not permitted, or nil. The state s is that of n, which stands at path.
func (s *state) without(a Action, n tree.Node, path tree.Path) tree.Path {
	if s.permitsWhole(n.Schema()).has(a) {
		return nil
	}
	if !exempt(n.Schema()) && !s.permits(n.Schema()).has(a) {
		return slices.Clone(path)
	}
	if c, ok := n.(*tree.Container); ok {
		for k := range c.Children() {
			if at := s.childWithout(a, k, path); at != nil {
				return at
			}
		}
	}
	return nil
}

// childWithout is without for a child of s's node, each entry of it.
func (s *state) childWithout(a Action, n tree.Node, path tree.Path) tree.Path {
	below := func(n tree.Node, at schema.PathStep) tree.Path {
		return s.step(at.Node, keysOf(at)).without(a, n, append(slices.Clip(path), at))
	}
	switch x := n.(type) {
	case *tree.List:
		for entry := range x.All() {
			if at := below(entry, schema.PathStep{Node: x.Schema(), Keys: entry.Keys()}); at != nil {
				return at
			}
		}
		return nil
	case *tree.LeafList:
		for leaf := range x.All() {
			v := leaf.Value()
			if at := below(leaf, schema.PathStep{Node: x.Schema(), Value: &v}); at != nil {
				return at
			}
		}
		return nil
	}
	return below(n, schema.PathStep{Node: n.Schema()})
}
