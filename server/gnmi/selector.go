package gnmi

import (
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// selector names data nodes: a way through the schema with the keys wanted of
// each list on it. What it selects are the instances at its end with all below them.
type selector []selStep

// selStep is one step of a selector.
type selStep struct {
	node *schema.Node
	keys []schema.Value // of a list, in key order; the zero Value wants any
}

// exact says that the step leads to one instance at most.
func (s selStep) exact() bool {
	if s.node.Kind != schema.List {
		return true
	}
	return len(s.keys) > 0 && !slices.ContainsFunc(s.keys, schema.Value.IsZero)
}

// admits says whether an entry's key values are wanted.
func (s selStep) admits(keys []schema.Value) bool {
	for i, k := range s.keys {
		if !k.IsZero() && k.String() != keys[i].String() {
			return false
		}
	}
	return true
}

// covers says whether every instance that o selects is one that s selects.
func (s selStep) covers(o selStep) bool {
	if s.node != o.node {
		return false
	}
	for i, k := range s.keys {
		if !k.IsZero() && k.String() != o.keys[i].String() {
			return false
		}
	}
	return true
}

// end returns the definition of what is selected; root for the empty selector.
func (s selector) end(root *schema.Node) *schema.Node {
	if len(s) == 0 {
		return root
	}
	return s[len(s)-1].node
}

// then returns the selector one step longer.
func (s selector) then(step selStep) selector { return append(slices.Clip(s), step) }

// covers says whether all that o selects is at or below something s selects.
func (s selector) covers(o selector) bool {
	if len(s) > len(o) {
		return false
	}
	for i := range s {
		if !s[i].covers(o[i]) {
			return false
		}
	}
	return true
}

// split returns the path of the container or list entry that all selected nodes
// are at or below, and the steps that lead on from there.
func (s selector) split() (head tree.Path, tail selector) {
	n := 0
	for n < len(s) && s[n].exact() && (s[n].node.Kind == schema.Container || s[n].node.Kind == schema.List) {
		head = append(head, schema.PathStep{Node: s[n].node, Keys: s[n].keys})
		n++
	}
	return head, s[n:]
}

// path returns the selector as a path, for messages and decisions: keys that
// are not all known are left out.
func (s selector) path() tree.Path {
	p := make(tree.Path, len(s))
	for i, step := range s {
		p[i].Node = step.node
		if step.exact() {
			p[i].Keys = step.keys
		}
	}
	return p
}

// id returns a text that tells selectors apart.
func (s selector) id() string {
	var b strings.Builder
	for _, step := range s {
		b.WriteString("/" + step.node.Module.Name + ":" + step.node.Name)
		for _, k := range step.keys {
			if k.IsZero() {
				b.WriteString("[*]")
				continue
			}
			b.Write(k.AppendKey([]byte("[=")))
		}
	}
	return b.String()
}

// topmost drops what others cover, and keeps the order.
func topmost(all []selector) []selector {
	byEnd := make(map[*schema.Node][]selector, len(all))
	for _, s := range all {
		end := s.end(nil)
		byEnd[end] = append(byEnd[end], s)
	}
	return slices.DeleteFunc(all, func(s selector) bool {
		for n := range len(s) {
			if slices.ContainsFunc(byEnd[s[:n].end(nil)], func(o selector) bool { return len(o) == n && o.covers(s) }) {
				return true
			}
		}
		return false
	})
}
