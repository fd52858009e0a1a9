package xpath

// Kind tells what a node of the accessible tree is.
type Kind uint8

// The kinds of node. An implementation of Node returns the first three; Text
// marks the nodes that this package makes for text().
const (
	Root    Kind = iota // the document root, parent of the top-level nodes
	Element             // an interior node: container, list entry, ...
	Leaf                // a leaf, or one entry of a leaf-list
	Text                // the text of a leaf; its Parent is that leaf
)

// Node is one node of the accessible tree (RFC 7950 section 6.4.1).
//
// The engine calls it from the evaluating goroutine only, and keeps no node once
// the evaluation has returned.
type Node interface {
	Kind() Kind

	// Name returns the node's module and local name, both empty for the root.
	Name() (module, local string)

	// Parent returns nil for the root.
	Parent() Node

	// Children calls yield for each child whose name matches, in document
	// order, until yield returns false. An empty module or local matches
	// anything. It is not called on a leaf.
	Children(module, local string, yield func(Node) bool)

	// Lookup returns the child list entry named module:local whose key leafs
	// have exactly these canonical values (local key name to value). For a
	// leaf-list the only key is ".". ok is false when no index answers this: a
	// key is missing, a name isn't a key, or an empty module, which matches any,
	// leaves the list ambiguous. The engine then scans. An entry of nil with ok
	// true says that no such entry exists.
	Lookup(module, local string, keys map[string]string) (entry Node, ok bool)

	// Value returns the XPath string-value: the canonical value of a leaf, the
	// concatenation of the values below an interior node.
	Value() string

	// Same tells whether both are the same node of the same tree.
	Same(Node) bool

	// Compare orders two nodes of a tree in document order; it returns 0 only
	// for the same node.
	Compare(Node) int
}

// Typed is implemented by leaf nodes that know their YANG type. A node without
// it has no reference, identity, enum or bits for RFC 7950 section 10.
type Typed interface {
	// Deref returns the nodes that a leafref or instance-identifier points
	// to, in any order; none for other types.
	Deref() ([]Node, error)

	// DerivedFrom tells whether the leaf is an identityref whose value is
	// derived from the identity, or is that very identity where orSelf is
	// true. An empty module means any module.
	DerivedFrom(module, identity string, orSelf bool) bool

	// EnumValue returns the integer assigned to the leaf's enum value.
	EnumValue() (value int64, ok bool)

	// BitSet tells whether the leaf is of type bits and has the bit set.
	BitSet(name string) bool
}

// Searcher is implemented by nodes that know what can stand below them.
type Searcher interface {
	// Search is Children for those children that match, or below which a node
	// that matches may stand. Local is not empty. It is not called on a leaf.
	Search(module, local string, yield func(Node) bool)
}

// Sized is implemented by nodes that know how many children they have.
type Sized interface {
	// Size returns the number of nodes that Children yields for these names,
	// neither empty; ok is false when only Children can tell. It is not called
	// on a leaf.
	Size(module, local string) (n int, ok bool)
}

// Namespaced is implemented by nodes that know their XML namespace; for others
// namespace-uri() gives the module name.
type Namespaced interface {
	Namespace() string
}

// Resolver maps a prefix to a module name. The empty prefix stands for names
// without one. An empty module means any module. Expressions may call it while
// they are evaluated, hence it must be safe for concurrent use.
type Resolver func(prefix string) (module string, err error)
