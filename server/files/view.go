package files

import (
	"strconv"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// view reads a container of the policy, defaults in use included.
type view struct {
	schema *schema.Node
	node   *tree.Container // nil: nothing was set
}

// filesIn returns the container of the policy; nil when the schema has none.
func filesIn(t *tree.Tree) *view {
	v := &view{t.Schema().Root, t.Root()}
	for _, step := range [][2]string{{"mpk-security", "mpk-security"}, {"mpk-security", "system"}, {module, "files"}} {
		if v = v.step(step[0], step[1]); v == nil {
			return nil
		}
	}
	return v
}

func (v *view) step(in, name string) *view {
	s := v.schema.Child(in, name)
	if s == nil {
		return nil
	}
	next := &view{schema: s}
	if v.node != nil {
		next.node, _ = v.node.Child(s).(*tree.Container)
	}
	return next
}

func (v *view) child(name string) *view { return v.step(module, name) }

// entries returns the entries of a list.
func (v *view) entries(name string) (all []*view) {
	s := v.schema.Child(module, name)
	if v.node == nil {
		return nil
	}
	if l, ok := v.node.Child(s).(*tree.List); ok {
		for e := range l.All() {
			all = append(all, &view{s, e})
		}
	}
	return all
}

// text returns the value of a leaf, or its default, or "".
func (v *view) text(name string) string {
	s := v.schema.Child(module, name)
	if v.node != nil {
		if l, ok := v.node.Child(s).(*tree.Leaf); ok {
			return l.Value().String()
		}
	}
	if len(s.Defaults) > 0 {
		return s.Defaults[0].String()
	}
	return ""
}

// number is text of a leaf with a range, whose values all fit.
func (v *view) number(name string) int64 {
	n, _ := strconv.ParseInt(v.text(name), 10, 64)
	return n
}

func (v *view) texts(name string) (all []string) {
	if v.node == nil {
		return nil
	}
	if l, ok := v.node.Child(v.schema.Child(module, name)).(*tree.LeafList); ok {
		for leaf := range l.All() {
			all = append(all, leaf.Value().String())
		}
	}
	return all
}
