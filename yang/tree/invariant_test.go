package tree_test

import (
	"testing"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// wellFormed fails the test unless c keeps what every tree promises: children
// in schema order, nothing empty, entries under the keys they hold, at most one
// case of a choice.
func wellFormed(t testing.TB, c *tree.Container) {
	t.Helper()
	cases := map[*schema.Node]*schema.Node{}
	last := -1
	for k := range c.Children() {
		s := k.Schema()
		if s.Index <= last || s.DataParent != c.Schema() {
			t.Fatalf("%s stands out of place below %s", s.Path(), c.Schema().Path())
		}
		last = s.Index
		for x := s.Parent; x != c.Schema(); x = x.Parent {
			if x.Kind != schema.Case {
				continue
			}
			if other := cases[x.Parent]; other != nil && other != x {
				t.Fatalf("%s has the cases %s and %s", c.Schema().Path(), other.Name, x.Name)
			}
			cases[x.Parent] = x
		}
		wellFormedChild(t, k)
	}
}

func wellFormedChild(t testing.TB, n tree.Node) {
	t.Helper()
	s := n.Schema()
	switch x := n.(type) {
	case *tree.Container:
		if x.Len() == 0 && !s.Presence {
			t.Fatalf("%s is stored although it says nothing", s.Path())
		}
		wellFormed(t, x)
	case *tree.List:
		wellFormedList(t, x)
	case *tree.LeafList:
		n := 0
		for leaf := range x.All() {
			if n++; s.Config && !x.Has(leaf.Value()) {
				t.Fatalf("%s does not find its entry %s", s.Path(), leaf.Value())
			}
		}
		if n == 0 || n != x.Len() {
			t.Fatalf("%s has %d entries and says %d", s.Path(), n, x.Len())
		}
	}
}

func wellFormedList(t testing.TB, l *tree.List) {
	t.Helper()
	n, s := 0, l.Schema()
	for entry := range l.All() {
		n++
		if len(s.Keys) > 0 && l.Get(entry.Keys()...) != entry {
			t.Fatalf("%s does not find its entry %v", s.Path(), entry.Keys())
		}
		for i, v := range entry.Keys() {
			if leaf, ok := entry.Child(s.Keys[i]).(*tree.Leaf); !ok || leaf.Value() != v {
				t.Fatalf("an entry of %s lacks its key", s.Path())
			}
		}
		wellFormed(t, entry)
	}
	if n == 0 || n != l.Len() {
		t.Fatalf("%s has %d entries and says %d", s.Path(), n, l.Len())
	}
}

// replayed returns a with the changes performed one by one.
func replayed(t testing.TB, a *tree.Tree, changes []tree.Change) *tree.Tree {
	t.Helper()
	e := a.Edit()
	for _, c := range changes {
		if err := perform(e, c); err != nil {
			t.Fatalf("change at %s: %v", c.Path, err)
		}
	}
	return e.Tree()
}

func perform(e *tree.Editor, c tree.Change) error {
	last := c.Path[len(c.Path)-1]
	above := c.Path[:len(c.Path)-1]
	if c.New == nil {
		_, err := e.DeletePath(c.Path) // it may be gone: another case was chosen
		return err
	}
	if !c.Moved {
		if err := e.Merge(above, c.New); err != nil {
			return err
		}
	}
	entry := len(last.Keys) > 0 || last.Value != nil
	if !entry || !last.Node.OrderedByUser || !last.Node.Config {
		return nil
	}
	root := &tree.Edit{Schema: e.Tree().Schema().Root}
	ed := root.At(above).At(tree.Path{{Node: last.Node, Keys: last.Keys, Value: last.Value}})
	if ed.Insert = tree.First; c.After != nil {
		ed.Insert, ed.Anchor = tree.After, c.After
	}
	return e.Apply(root, tree.Merge)
}
