package validate_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// naive is a validator that visits every node of the accessible tree and asks
// each rule there in turn, with no plan and no index.
type naive struct {
	scope tree.Scope
	found []string
}

func naively(t *tree.Tree, scope tree.Scope) []string {
	n := naive{scope: scope}
	n.node(tree.NewCursor(t, scope))
	slices.Sort(n.found)
	return slices.Compact(n.found)
}

// settleNaively deletes from next what prev had and next left alone, where a
// condition does not hold: round by round over the whole tree.
func settleNaively(prev, next *tree.Tree) *tree.Tree {
	for settled := next; ; {
		e := settled.Edit()
		deleted := false
		everywhere(tree.NewCursor(settled, tree.ConfigOnly), func(c *tree.Cursor) {
			path := c.Path()
			if slices.ContainsFunc(c.Node().Schema().Whens, func(w *schema.When) bool { return !c.Holds(w) }) &&
				untouched(prev.Find(path), next.Find(path)) {
				found, _ := e.DeletePath(path)
				deleted = deleted || found
			}
		})
		if !deleted {
			return settled
		}
		settled = e.Tree()
	}
}

func everywhere(c *tree.Cursor, visit func(*tree.Cursor)) {
	visit(c)
	if _, ok := c.Node().(*tree.Container); !ok {
		return
	}
	c.Children("", "", func(k xpath.Node) bool {
		everywhere(k.(*tree.Cursor), visit)
		return true
	})
}

// untouched says that all that is in a node now was there before.
func untouched(was, is tree.Node) bool {
	switch x := is.(type) {
	case *tree.Leaf:
		y, ok := was.(*tree.Leaf)
		return ok && x.Value() == y.Value()
	case *tree.LeafList:
		y, ok := was.(*tree.LeafList)
		for leaf := range x.All() {
			ok = ok && y.Has(leaf.Value())
		}
		return ok
	case *tree.List:
		y, ok := was.(*tree.List)
		for entry := range x.All() {
			ok = ok && untouched(y.Get(entry.Keys()...), entry)
		}
		return ok
	case *tree.Container:
		y, ok := was.(*tree.Container)
		if !ok || y == nil {
			return false
		}
		for k := range x.Children() {
			if !untouched(y.Child(k.Schema()), k) {
				return false
			}
		}
		return true
	}
	return was != nil
}

func (n *naive) report(tag tree.Tag, appTag string, path tree.Path) {
	n.found = append(n.found, fmt.Sprintf("%s %s %s", tag, appTag, path))
}

func (n *naive) node(c *tree.Cursor) {
	s, all := c.Node().Schema(), c
	if s.Config {
		c = c.In(tree.ConfigOnly)
	}
	for _, m := range s.Musts {
		if ok, err := m.Expr.Bool(xpath.Context{Node: c}); err != nil || !ok {
			appTag := m.ErrorAppTag
			if appTag == "" {
				appTag = "must-violation"
			}
			n.report(tree.TagOperationFailed, appTag, c.Path())
		}
	}
	for _, w := range s.Whens {
		if !c.Holds(w) {
			n.report(tree.TagUnknownElement, "", c.Path())
		}
	}
	if c.Dangles() {
		n.report(tree.TagDataMissing, "instance-required", c.Path())
	}
	if _, ok := c.Node().(*tree.Container); ok {
		n.within(all, s.Children)
		all.Children("", "", func(k xpath.Node) bool {
			n.node(k.(*tree.Cursor))
			return true
		})
	}
}

// within checks what the schema nodes demand of c, choices and cases included.
func (n *naive) within(c *tree.Cursor, kids []*schema.Node) {
	for _, k := range kids {
		switch {
		case k.Kind == schema.Choice:
			n.choice(c, k)
		case k.Kind == schema.Case:
			n.within(c, k.Children)
		case k.IsData() && (k.Config || n.scope == tree.ConfigAndState) && !k.IsKey():
			n.number(c, k)
		}
		for _, tags := range k.Unique {
			n.unique(c, k, tags)
		}
	}
}

func (n *naive) choice(c *tree.Cursor, s *schema.Node) {
	if s.Mandatory && (s.Config || n.scope == tree.ConfigAndState) && c.Admits(s) && tree.ChosenCase(c.Node().(*tree.Container), s) == nil {
		n.report(tree.TagDataMissing, "missing-choice", c.Path())
	}
	n.within(c, s.Children)
}

func (n *naive) number(c *tree.Cursor, s *schema.Node) {
	count := uint64(len(children(c, s)))
	path := append(c.Path(), schema.PathStep{Node: s})
	switch {
	case count == 0 && s.Mandatory && s.Kind != schema.List && s.Kind != schema.LeafList && s.Kind != schema.Container && c.Admits(s):
		tag := tree.TagDataMissing
		if !s.Config && strings.Contains(s.Path(), "/input/") {
			tag = tree.TagMissingElement
		}
		n.report(tag, "", path)
	case count < s.MinElements && c.Admits(s):
		n.report(tree.TagOperationFailed, "too-few-elements", path)
	case s.MaxElements > 0 && count > s.MaxElements:
		n.report(tree.TagOperationFailed, "too-many-elements", path)
	}
}

func (n *naive) unique(c *tree.Cursor, list *schema.Node, tags []*schema.Node) {
	seen := map[string]bool{}
	for _, entry := range children(c, list) {
		tuple, ok := tupleOf(entry, tags)
		if ok && seen[tuple] {
			n.found = append(n.found, fmt.Sprintf("%s data-not-unique %s", tree.TagOperationFailed, list.Path()))
		}
		seen[tuple] = seen[tuple] || ok
	}
}

// tupleOf returns the values in use of the tags; not ok when one has none.
func tupleOf(entry *tree.Cursor, tags []*schema.Node) (string, bool) {
	var tuple []string
	for _, tag := range tags {
		at := []*tree.Cursor{entry}
		for _, s := range pathTo(entry.Node().Schema(), tag) {
			if len(at) > 0 {
				at = children(at[0], s)
			}
		}
		if len(at) == 0 {
			return "", false
		}
		tuple = append(tuple, at[0].Value())
	}
	return strings.Join(tuple, "\x00"), true
}

func pathTo(from, n *schema.Node) []*schema.Node {
	if n == from {
		return nil
	}
	return append(pathTo(from, n.DataParent), n)
}

func children(c *tree.Cursor, s *schema.Node) (kids []*tree.Cursor) {
	c.Children(s.Module.Name, s.Name, func(k xpath.Node) bool {
		kids = append(kids, k.(*tree.Cursor))
		return true
	})
	return kids
}
