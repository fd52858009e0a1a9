package datastore

import (
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// apply returns the operational tree after a change of running.
func (m *mirror) apply(operational *tree.Tree, c Change) *tree.Tree {
	u := &update{mirror: m, Editor: operational.Edit(), config: c.New}
	for _, ch := range placed(c.Changes) {
		u.change(ch)
	}
	return u.Tree()
}

// update brings the changes of running into the operational tree. That cannot
// fail: running was valid, and the operational tree has the same schema.
type update struct {
	*mirror
	*tree.Editor
	config   *tree.Tree // the new running configuration
	repeated tree.Node  // the leaf-list that was repeated last
}

func must(err error) {
	if err != nil {
		panic("datastore: bring running into operational: " + err.Error())
	}
}

func (u *update) change(c tree.Change) {
	switch {
	case c.New == nil:
		u.forget(c.Path, c.Old)
	case c.Moved:
		u.place(c)
	default:
		u.store(c)
	}
}

// parent returns the path of the node above, safe to append to.
func parent(p tree.Path) tree.Path { return slices.Clip(p[:len(p)-1]) }

// store puts in what is new or has another value.
func (u *update) store(c tree.Change) {
	n := u.with(c.New)
	must(u.Merge(parent(c.Path), whole(n)))
	if state := u.stateOf(c.New); state != nil {
		must(u.Merge(parent(c.Path), state))
	}
	u.repeat(c.Path)
}

// whole returns the node as its parent holds it: an entry as a list of one.
func whole(n tree.Node) tree.Node {
	switch s := n.Schema(); s.Kind {
	case schema.List:
		if entry, ok := n.(*tree.Container); ok {
			return tree.NewList(s, []*tree.Container{entry})
		}
	case schema.LeafList:
		if leaf, ok := n.(*tree.Leaf); ok {
			return tree.NewLeafList(s, []schema.Value{leaf.Value()})
		}
	}
	return n
}

// place puts a user-ordered entry where it stands in running.
func (u *update) place(c tree.Change) {
	last := c.Path[len(c.Path)-1]
	ed := &tree.Edit{Schema: last.Node, Keys: last.Keys, Insert: tree.First, Anchor: c.After}
	if last.Value != nil {
		ed.Value = *last.Value
	}
	if c.After != nil {
		ed.Insert = tree.After
	}
	must(u.Apply(chain(u.set, c.Path, ed), tree.Merge))
	u.repeat(c.Path)
}

// forget removes what is gone from running, and the state that went with it:
// all that a list entry or presence container holds, but only the repeated
// leafs of a container that exists by itself.
func (u *update) forget(path tree.Path, n tree.Node) {
	switch x := n.(type) {
	case *tree.Container:
		if x.Schema().Kind == schema.Container && !x.Schema().Presence {
			u.forgetInside(path, x)
			return
		}
	case *tree.List:
		for entry := range x.All() {
			u.drop(append(parent(path), schema.PathStep{Node: x.Schema(), Keys: entry.Keys()}))
		}
		return
	}
	u.drop(path)
	u.repeat(path)
}

func (u *update) forgetInside(path tree.Path, c *tree.Container) {
	for k := range c.Children() {
		u.forget(append(slices.Clip(path), schema.PathStep{Node: k.Schema()}), k)
	}
}

func (u *update) drop(path tree.Path) {
	_, err := u.DeletePath(path)
	must(err)
}

// repeat makes the state leaf or leaf-list that repeats the one at path equal to it.
func (u *update) repeat(path tree.Path) {
	double := u.leafs[path.Schema()]
	if double == nil {
		return
	}
	now := u.config.Find(append(parent(path), schema.PathStep{Node: path.Schema()}))
	if now != nil && now == u.repeated {
		return // once is enough for all entries of a leaf-list
	}
	u.repeated = now
	above := parent(parent(path))
	to := append(above, schema.PathStep{Node: double.DataParent}, schema.PathStep{Node: double})
	if now == nil || double.Kind == schema.LeafList {
		u.drop(to)
	}
	if now != nil {
		state := tree.NewContainer(double.DataParent, []tree.Node{repeated(double, now)})
		must(u.Merge(above, state))
	}
}
