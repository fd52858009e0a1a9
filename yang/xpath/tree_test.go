package xpath

import (
	"cmp"
	"errors"
	"strings"
	"testing"
)

// memNode is a node of the tests' tree.
type memNode struct {
	module, local string
	kind          Kind
	value         string
	keys          []string // of a list entry
	parent        *memNode
	kids          []*memNode
	place         int // in document order
	use           *usage

	// Types.
	refers   func() ([]Node, error)
	identity []string // module:name of the value, then of its bases
	enum     int64
	isEnum   bool
	bits     []string
}

// usage is shared by a tree; it counts what the engine asks for.
type usage struct {
	lookups, scans int
	noIndex        bool
}

func (n *memNode) Kind() Kind                   { return n.kind }
func (n *memNode) Name() (module, local string) { return n.module, n.local }
func (n *memNode) Same(o Node) bool             { return n == o.(*memNode) }
func (n *memNode) Compare(o Node) int           { return cmp.Compare(n.place, o.(*memNode).place) }
func (n *memNode) Namespace() string            { return "urn:" + n.module }

func (n *memNode) Parent() Node {
	if n.parent == nil {
		return nil
	}
	return n.parent
}

func (n *memNode) Children(module, local string, yield func(Node) bool) {
	if n.kind == Leaf {
		panic("Children of a leaf")
	}
	n.use.scans++
	for _, k := range n.kids {
		if (module == "" || module == k.module) && (local == "" || local == k.local) && !yield(k) {
			return
		}
	}
}

func (n *memNode) Lookup(module, local string, keys map[string]string) (Node, bool) {
	if n.use.noIndex {
		return nil, false
	}
	answered := false
	for _, k := range n.kids {
		if k.local != local || module != "" && module != k.module {
			continue
		}
		if !k.hasKeys(keys) {
			return nil, false
		}
		if !answered {
			answered = true
			n.use.lookups++
		}
		if k.matchesKeys(keys) {
			return k, true
		}
	}
	return nil, answered
}

func (n *memNode) hasKeys(keys map[string]string) bool {
	for _, key := range n.keys {
		if _, ok := keys[key]; !ok {
			return false
		}
	}
	return len(n.keys) > 0 && len(keys) == len(n.keys)
}

func (n *memNode) matchesKeys(keys map[string]string) bool {
	for name, want := range keys {
		if name == "." && n.value != want || name != "." && n.leaf(name).value != want {
			return false
		}
	}
	return true
}

func (n *memNode) leaf(local string) *memNode {
	for _, k := range n.kids {
		if k.local == local {
			return k
		}
	}
	panic("no leaf " + local)
}

func (n *memNode) Value() string {
	if n.kind == Leaf {
		return n.value
	}
	var b strings.Builder
	for _, k := range n.kids {
		b.WriteString(k.Value())
	}
	return b.String()
}

func (n *memNode) Deref() ([]Node, error) {
	if n.refers == nil {
		return nil, nil
	}
	return n.refers()
}

func (n *memNode) DerivedFrom(module, identity string, orSelf bool) bool {
	for i, id := range n.identity {
		m, name, _ := strings.Cut(id, ":")
		if (i > 0 || orSelf) && name == identity && (module == "" || module == m) {
			return true
		}
	}
	return false
}

func (n *memNode) EnumValue() (int64, bool) { return n.enum, n.isEnum }
func (n *memNode) BitSet(name string) bool {
	for _, b := range n.bits {
		if b == name {
			return true
		}
	}
	return false
}

func container(name string, kids ...*memNode) *memNode {
	module, local, _ := strings.Cut(name, ":")
	return &memNode{module: module, local: local, kind: Element, kids: kids}
}

func entry(name, keys string, kids ...*memNode) *memNode {
	n := container(name, kids...)
	n.keys = strings.Fields(keys)
	return n
}

func leaf(name, value string) *memNode {
	n := container(name)
	n.kind, n.value = Leaf, value
	return n
}

func item(name, value string) *memNode {
	n := leaf(name, value)
	n.keys = []string{"."}
	return n
}

// plant completes the links of a tree and returns its root.
func plant(kids ...*memNode) *memNode {
	root := &memNode{kind: Root, kids: kids}
	use, place := &usage{}, 0
	var visit func(n, parent *memNode)
	visit = func(n, parent *memNode) {
		n.parent, n.use, n.place = parent, use, place
		place++
		for _, k := range n.kids {
			visit(k, n)
		}
	}
	visit(root, nil)
	return root
}

// nodes returns the tree below n, with n, in document order.
func (n *memNode) nodes() []*memNode {
	all := []*memNode{n}
	for _, k := range n.kids {
		all = append(all, k.nodes()...)
	}
	return all
}

// sample is the tree most tests use. Module m is the current one, x augments
// it.
func sample() *memNode {
	oper := leaf("m:state", "up")
	oper.enum, oper.isEnum = 1, true
	flags := leaf("m:flags", "fast quiet")
	flags.bits = []string{"fast", "quiet"}
	kind := leaf("m:type", "x:optical")
	kind.identity = []string{"x:optical", "m:ethernet", "m:link"}
	parent := leaf("m:parent", "eth0")
	broken := leaf("m:broken", "none")
	root := plant(
		container("m:ports",
			entry("m:port", "name",
				leaf("m:name", "eth0"), leaf("m:mtu", "1500"), kind, oper,
				item("m:tag", "red"), item("m:tag", "blue"),
				leaf("x:name", "augmented")),
			entry("m:port", "name",
				leaf("m:name", "eth1"), leaf("m:mtu", "9000"), parent, flags,
				item("m:tag", "blue"), leaf("m:empty", "")),
			entry("m:port", "name",
				leaf("m:name", "eth2"), leaf("m:mtu", "-1.50"), broken)),
		container("m:links",
			entry("m:link", "from to", leaf("m:from", "eth0"), leaf("m:to", "eth1"), leaf("m:cost", "10")),
			entry("m:link", "from to", leaf("m:from", "eth0"), leaf("m:to", "eth2"), leaf("m:cost", "20")),
			entry("m:link", "from to", leaf("m:from", "eth1"), leaf("m:to", "eth2"), leaf("m:cost", "x")),
			leaf("m:best", "eth2"),
			leaf("m:div", "divided"), leaf("m:and", "conjoined")),
		leaf("x:and", "top"),
	)
	names := []Node{root.kids[0].kids[0].kids[0]}
	parent.refers = func() ([]Node, error) { return append(names, names...), nil }
	broken.refers = func() ([]Node, error) { return nil, errors.New("no such port") }
	return root
}

// prefixes resolves as a module m that imports x would.
func prefixes(prefix string) (string, error) {
	switch prefix {
	case "", "m":
		return "m", nil
	case "x":
		return "x", nil
	}
	return "", errors.New("prefix " + prefix + " is not declared")
}

func mustParse(t testing.TB, src string) *Expr {
	t.Helper()
	e, err := Parse(src, prefixes)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// show writes a node as its local name and, for leafs, value.
func show(n Node) string {
	module, local := n.Name()
	switch {
	case n.Kind() == Root:
		return "/"
	case n.Kind() == Text:
		return "text=" + n.Value()
	case n.Kind() == Leaf:
		return local + "=" + n.Value()
	case module == "m" && (local == "port" || local == "link"):
		return local + "(" + strings.Join(keyValuesOf(n.(*memNode)), ",") + ")"
	}
	return local
}

func keyValuesOf(n *memNode) []string {
	var values []string
	for _, k := range n.keys {
		values = append(values, n.leaf(k).value)
	}
	return values
}

func showAll(nodes []Node) string {
	var texts []string
	for _, n := range nodes {
		texts = append(texts, show(n))
	}
	return strings.Join(texts, " ")
}
