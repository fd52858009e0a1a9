package xpath

// textNode is the text() child of a leaf.
type textNode struct{ leaf Node }

func (t textNode) Kind() Kind                                           { return Text }
func (t textNode) Name() (module, local string)                         { return "", "" }
func (t textNode) Parent() Node                                         { return t.leaf }
func (t textNode) Children(_, _ string, _ func(Node) bool)              {}
func (t textNode) Value() string                                        { return t.leaf.Value() }
func (t textNode) Same(n Node) bool                                     { return sameNode(t, n) }
func (t textNode) Compare(n Node) int                                   { return compareNodes(t, n) }
func (t textNode) Lookup(_, _ string, _ map[string]string) (Node, bool) { return nil, false }

// owner returns the node of the caller's tree that holds n, and whether n is
// its text.
func owner(n Node) (held Node, text bool) {
	if t, ok := n.(textNode); ok {
		return t.leaf, true
	}
	return n, false
}

func sameNode(a, b Node) bool {
	ownerA, textA := owner(a)
	ownerB, textB := owner(b)
	return textA == textB && ownerA.Same(ownerB)
}

// compareNodes is document order; a text follows its leaf.
func compareNodes(a, b Node) int {
	ownerA, textA := owner(a)
	ownerB, textB := owner(b)
	if c := ownerA.Compare(ownerB); c != 0 || textA == textB {
		return c
	}
	if textB {
		return -1
	}
	return 1
}
