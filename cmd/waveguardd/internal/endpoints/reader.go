package endpoints

import (
	"fmt"
	"iter"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

const (
	topModule = "mpk-security"
	module    = "mpk-security-server"
)

// reader reads one container of configuration, which need not exist: what is
// absent has the model's default.
type reader struct {
	node *schema.Node
	data *tree.Container // nil: absent
	path tree.Path
}

// readServer returns the reader of /mpk-security/server.
func readServer(t *tree.Tree) reader {
	root := reader{node: t.Schema().Root, data: t.Root()}
	return root.child(topModule, "mpk-security").child(module, "server")
}

func (r reader) child(module, name string) reader {
	n := r.node.Child(module, name)
	if n == nil {
		panic("endpoints: the schema has no " + name + " below " + r.node.Path())
	}
	sub := reader{node: n, path: append(r.path[:len(r.path):len(r.path)], schema.PathStep{Node: n})}
	if r.data != nil {
		sub.data, _ = r.data.Child(n).(*tree.Container)
	}
	return sub
}

// in returns the reader of a container below.
func (r reader) in(names ...string) reader {
	for _, name := range names {
		r = r.child(module, name)
	}
	return r
}

// entries yields the entries of a list by their first key.
func (r reader) entries(name string) iter.Seq2[string, reader] {
	return func(yield func(string, reader) bool) {
		sub := r.child(module, name)
		if r.data == nil {
			return
		}
		list, ok := r.data.Child(sub.node).(*tree.List)
		if !ok {
			return
		}
		for e := range list.All() {
			at := append(r.path[:len(r.path):len(r.path)], schema.PathStep{Node: sub.node, Keys: e.Keys()})
			if !yield(e.Keys()[0].String(), reader{sub.node, e, at}) {
				return
			}
		}
	}
}

// value returns a leaf's value or default; ok is false where there is neither.
func (r reader) value(name string) (v schema.Value, ok bool) {
	sub := r.child(module, name)
	if r.data != nil {
		if leaf, ok := r.data.Child(sub.node).(*tree.Leaf); ok {
			return leaf.Value(), true
		}
	}
	if len(sub.node.Defaults) == 0 {
		return v, false
	}
	return sub.node.Defaults[0], true
}

func (r reader) text(name string) string {
	v, ok := r.value(name)
	if !ok {
		return ""
	}
	return v.String()
}

func (r reader) number(name string) int {
	v, _ := r.value(name)
	n, _ := v.Uint()
	return int(n)
}

func (r reader) flag(name string) bool {
	v, _ := r.value(name)
	b, _ := v.Bool()
	return b
}

// all returns the values of a leaf-list, nil for none.
func (r reader) all(name string) (values []string) {
	sub := r.child(module, name)
	if r.data == nil {
		return nil
	}
	if list, ok := r.data.Child(sub.node).(*tree.LeafList); ok {
		for leaf := range list.All() {
			values = append(values, leaf.Value().String())
		}
	}
	return values
}

// wrong returns an error at a leaf.
func (r reader) wrong(name, format string, args ...any) error {
	return &tree.Error{Tag: tree.TagInvalidValue, Path: r.child(module, name).path, Message: fmt.Sprintf(format, args...)}
}
