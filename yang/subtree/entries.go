package subtree

import (
	"iter"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// entries returns the list with those entries, or parts of them, that the
// alternatives select.
func entries(l *tree.List, alternatives []*siblings) tree.Node {
	var out []*tree.Container
	same := true
	for entry, relevant := range candidates(l, alternatives) {
		c := within(entry, relevant)
		same = same && c == entry
		if c != nil {
			out = append(out, c)
		}
	}
	switch {
	case len(out) == 0:
		return nil
	case same && len(out) == l.Len():
		return l
	}
	return tree.NewList(l.Schema(), out)
}

// candidates yields the entries that may be selected, each with the alternatives
// that may select it: by key where every alternative names all keys.
func candidates(l *tree.List, alternatives []*siblings) iter.Seq2[*tree.Container, []*siblings] {
	groups, keyed := byKeys(l.Schema(), alternatives)
	switch {
	case keyed && (len(groups) == 1 || !l.Schema().OrderedByUser):
		return found(l, groups)
	case keyed:
		return inOrder(l, groups)
	}
	all := l.All()
	if keys := alternatives[0].leadingKeys(l.Schema()); len(alternatives) == 1 && len(keys) > 0 && !l.Schema().OrderedByUser {
		all = l.WithFirstKeys(keys...)
	}
	return func(yield func(*tree.Container, []*siblings) bool) {
		for entry := range all {
			if !yield(entry, alternatives) {
				return
			}
		}
	}
}

// group is the alternatives that name one entry.
type group struct {
	keys         []schema.Value
	alternatives []*siblings
}

// byKeys groups the alternatives by the entry they name; ok says that each names one.
func byKeys(list *schema.Node, alternatives []*siblings) (groups map[string]*group, ok bool) {
	groups = make(map[string]*group, len(alternatives))
	for _, s := range alternatives {
		keys := s.leadingKeys(list)
		if len(keys) == 0 || len(keys) < len(list.Keys) {
			return nil, false
		}
		id := identity(keys)
		if groups[id] == nil {
			groups[id] = &group{keys: keys}
		}
		groups[id].alternatives = append(groups[id].alternatives, s)
	}
	return groups, true
}

func identity(keys []schema.Value) string {
	var id []byte
	for _, k := range keys {
		id = k.AppendKey(id)
	}
	return string(id)
}

// found looks the entries up.
func found(l *tree.List, groups map[string]*group) iter.Seq2[*tree.Container, []*siblings] {
	return func(yield func(*tree.Container, []*siblings) bool) {
		for _, g := range groups {
			if entry := l.Get(g.keys...); entry != nil && !yield(entry, g.alternatives) {
				return
			}
		}
	}
}

// inOrder goes through all entries, so that those found keep the user's order.
func inOrder(l *tree.List, groups map[string]*group) iter.Seq2[*tree.Container, []*siblings] {
	return func(yield func(*tree.Container, []*siblings) bool) {
		for entry := range l.All() {
			if g := groups[identity(entry.Keys())]; g != nil && !yield(entry, g.alternatives) {
				return
			}
		}
	}
}

// leadingKeys returns the values that the content matches demand of the first
// keys of a list, as far as they demand one.
func (s *siblings) leadingKeys(list *schema.Node) (keys []schema.Value) {
	for _, k := range list.Keys {
		v, ok := s.only(k)
		if !ok {
			break
		}
		keys = append(keys, v)
	}
	return keys
}

// only returns the one value that the content matches demand of n.
func (s *siblings) only(n *schema.Node) (schema.Value, bool) {
	for _, m := range s.matches {
		if v := m.wants[n]; len(m.wants) == 1 && len(v) == 1 {
			return v[0], true
		}
	}
	return schema.Value{}, false
}
