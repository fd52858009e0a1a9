package access

import (
	"iter"
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// prune returns what may be read of c, which may be read itself and whose state
// s is: c itself if that is all.
//
// RFC 8341 section 3.2.4: what may not be read is left out with all below it. An
// entry one of whose keys may not be read is left out too: nothing could name it.
func (s *state) prune(c *tree.Container) *tree.Container {
	if s.permitsWhole(c.Schema()).has(Read) {
		return c
	}
	var kids []tree.Node
	same, n := true, 0
	for k := range c.Children() {
		kept := s.pruneChild(k)
		if kept == nil && k.Schema().IsKey() {
			return nil
		}
		if same && kept != k {
			same, kids = false, slices.AppendSeq(make([]tree.Node, 0, c.Len()), first(c, n))
		}
		if n++; !same && kept != nil {
			kids = append(kids, kept)
		}
	}
	if same {
		return c
	}
	return tree.WithMeta(tree.NewContainer(c.Schema(), kids), tree.Meta(c)).(*tree.Container)
}

// first yields the first n children.
func first(c *tree.Container, n int) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		left := n
		for k := range c.Children() {
			if left == 0 || !yield(k) {
				return
			}
			left--
		}
	}
}

// pruneChild returns what may be read of a child, or nil.
func (s *state) pruneChild(n tree.Node) tree.Node {
	if s.keyed(n.Schema()) {
		return s.pruneEach(n)
	}
	to := s.step(n.Schema(), nil)
	switch {
	case !to.permits(n.Schema()).has(Read):
		return nil
	case to.permitsWhole(n.Schema()).has(Read):
		return n
	}
	switch x := n.(type) {
	case *tree.Container:
		if c := to.prune(x); c != nil {
			return c
		}
		return nil
	case *tree.List:
		return pruneList(x, x.All(), func(*tree.Container) *state { return to })
	}
	return n
}

// pruneEach is pruneChild where rules tell entries apart.
func (s *state) pruneEach(n tree.Node) tree.Node {
	switch x := n.(type) {
	case *tree.List:
		return pruneList(x, s.suspects(x), func(entry *tree.Container) *state { return s.step(x.Schema(), entry.Keys()) })
	case *tree.LeafList:
		return s.pruneLeafList(x)
	}
	return n
}

// suspects yields the entries of which something may be hidden: those that rules
// name by all their keys, or all if there are other rules.
func (s *state) suspects(l *tree.List) iter.Seq[*tree.Container] {
	n := l.Schema()
	if !s.step(n, nil).permitsWhole(n).has(Read) {
		return l.All()
	}
	var named []*tree.Container
	for c := range s.choices(n) {
		if !c.whole {
			return l.All()
		}
		for _, one := range c.of {
			if entry := l.Get(one.keys...); entry != nil {
				named = append(named, entry)
			}
		}
	}
	return slices.Values(named)
}

func pruneList(l *tree.List, suspects iter.Seq[*tree.Container], stateOf func(*tree.Container) *state) tree.Node {
	var revised []tree.Revision
	for entry := range suspects {
		var c *tree.Container
		if to := stateOf(entry); to.permits(l.Schema()).has(Read) {
			c = to.prune(entry)
		}
		if c != entry {
			revised = append(revised, tree.Revision{Old: entry, New: c})
		}
	}
	switch {
	case len(revised) == 0:
		return l
	case len(l.Schema().Keys) == 0:
		return rebuilt(l, revised)
	}
	if l = l.Revise(revised); l.Len() == 0 {
		return nil
	}
	return l
}

// rebuilt is Revise for entries without keys; revised is in their order.
func rebuilt(l *tree.List, revised []tree.Revision) tree.Node {
	var kept []*tree.Container
	for entry := range l.All() {
		if len(revised) > 0 && revised[0].Old == entry {
			entry, revised = revised[0].New, revised[1:]
		}
		if entry != nil {
			kept = append(kept, entry)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return tree.NewList(l.Schema(), kept)
}

func (s *state) pruneLeafList(l *tree.LeafList) tree.Node {
	var kept []*tree.Leaf
	for leaf := range l.All() {
		if s.step(l.Schema(), []schema.Value{leaf.Value()}).permits(l.Schema()).has(Read) {
			kept = append(kept, leaf)
		}
	}
	switch len(kept) {
	case l.Len():
		return l
	case 0:
		return nil
	}
	return tree.LeafListOf(l.Schema(), kept)
}
