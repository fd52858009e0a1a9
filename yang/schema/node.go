package schema

import "github.com/optical-net/waveguard/yang/xpath"

// Kind is the kind of a schema node.
type Kind uint8

// The kinds of schema nodes.
const (
	Root Kind = iota
	Container
	List
	Leaf
	LeafList
	Choice
	Case
	AnyData
	AnyXML
	RPC
	Action
	Input
	Output
	Notification
	Structure // RFC 8791: the root of a tree of its own
	YangData  // RFC 8040 section 8: likewise
)

// Status is the value of a status statement.
type Status uint8

// The statuses (RFC 7950 section 7.21.2).
const (
	Current Status = iota
	Deprecated
	Obsolete
)

// Node is one node of the compiled schema.
//
// Parent and Children form the schema tree, in which choices and cases are
// nodes. DataParent and DataChildren form the data tree's view of it, in which
// they are looked through.
type Node struct {
	Kind   Kind
	Name   string
	Module *Module // whose namespace the node is in

	Parent   *Node
	Children []*Node // statement order; a list's keys come first in DataChildren, not here

	// DataChildren are the nodes that can stand directly below an instance of
	// this node: list keys first, in key order, then the rest in statement order.
	// For an RPC or action they are its input and output.
	DataChildren []*Node
	DataParent   *Node
	// Index is the node's position among its DataParent's DataChildren.
	Index int

	Config      bool   // false below config false, in output, in notifications
	Status      Status // own, or that of the statements around
	Description string
	Reference   string
	Mandatory   bool   // leaf, choice, anydata, anyxml
	Presence    bool   // container with a presence statement
	Units       string // leaf, leaf-list; own or the typedef's
	// IfFeatures are the if-feature expressions of the node and its refines, as
	// they are written; all are true, but in yang-data, where they do not count.
	IfFeatures []string

	Type *Type // leaf, leaf-list

	// Defaults are the default values in use when no instance exists: at most
	// one for a leaf, any number for a leaf-list (RFC 7950 sections 7.6.1, 7.7.2).
	// The typedef's default is already resolved in here.
	Defaults []Value
	// DefaultCase is a choice's default case, or nil.
	DefaultCase *Node

	Keys        []*Node   // list
	Unique      [][]*Node // list: each a set of descendant leafs
	MinElements uint64    // list, leaf-list
	MaxElements uint64    // list, leaf-list; 0 means unbounded
	// OrderedByUser says that a list or leaf-list keeps the order of its entries: the
	// statement means nothing in state, output and notifications (RFC 7950 section 7.7.7).
	OrderedByUser bool

	// Extensions are those in the node's statement and in the refine and
	// deviate statements that change it.
	Extensions Extensions

	Musts []*Must
	// Whens are all conditions for the node to exist: its own, and those of
	// the uses, augment, choice and case statements that brought it here.
	Whens []*When

	// SubtreeDefaults is true when an absent instance of this container, or an
	// instance of this node, can have default descendants, at any depth: also
	// below lists and presence containers inside it.
	SubtreeDefaults bool
	// MandatoryBelow is true when an instance of this node, or its absence if
	// it is a non-presence container, can lack something mandatory below, at any
	// depth: mandatory nodes and min-elements, also below lists inside it.
	MandatoryBelow bool

	byName map[qname]*Node
	below  nameSet // of all data nodes below
	set    *Set    // of a node without parent
}

type qname struct{ module, local string }

// Must is one must statement (RFC 7950 section 7.5.3), its context node is the
// instance of the node that carries it.
type Must struct {
	Expr         *xpath.Expr
	ErrorMessage string
	ErrorAppTag  string
}

// When is one when condition (RFC 7950 section 7.21.5).
type When struct {
	Expr *xpath.Expr
	// Context is the schema node whose instance is the context node: the node
	// itself, or its data ancestor for a condition that came with a uses,
	// augment, choice or case. It is the Root node for top-level augments.
	Context *Node
}

// IsData says whether instances of the node appear in data trees.
func (n *Node) IsData() bool {
	switch n.Kind {
	case Container, List, Leaf, LeafList, AnyData, AnyXML:
		return true
	}
	return false
}

// IsKey says whether the node is a key leaf of its list.
func (n *Node) IsKey() bool {
	return n.Kind == Leaf && n.DataParent != nil && n.DataParent.Kind == List && n.Index < len(n.DataParent.Keys)
}

// Child returns the data child of that name in that module, or nil. An empty
// module matches the first child of that local name.
func (n *Node) Child(module, local string) *Node { return n.byName[qname{module, local}] }

// Action returns the action of that name in that module which instances of the
// node have, or nil (RFC 7950 section 7.15).
func (n *Node) Action(module, local string) *Node { return n.child(Action, module, local) }

// Notification returns the notification of that name in that module which
// instances of the node send, or nil (RFC 7950 section 7.16). Those at the top of
// a module are in [Module.Notifications].
func (n *Node) Notification(module, local string) *Node { return n.child(Notification, module, local) }

func (n *Node) child(kind Kind, module, local string) *Node {
	for _, k := range n.Children {
		if k.Kind == kind && k.Name == local && k.Module.Name == module {
			return k
		}
	}
	return nil
}

// Input returns the input of an RPC or action, which may have no children.
func (n *Node) Input() *Node { return n.part(Input) }

// Output returns the output of an RPC or action, which may have no children.
func (n *Node) Output() *Node { return n.part(Output) }

func (n *Node) part(k Kind) *Node {
	for _, p := range n.DataChildren {
		if p.Kind == k {
			return p
		}
	}
	return nil
}

// Set returns the schema that the node is part of.
func (n *Node) Set() *Set {
	for n.Parent != nil {
		n = n.Parent
	}
	return n.set
}

// ParseValue reads the canonical form of a value of the leaf or leaf-list. The
// error is a *ValueError.
func (n *Node) ParseValue(text string) (Value, error) {
	return n.Type.Parse(Lexical{Text: text, Form: Canonical, Module: n.Module, Root: n.Set().Root})
}

// Path returns the schema path with module names where the namespace changes,
// as in RFC 7951 section 6.11: /module:a/b/other:c. Choices and cases are left out.
func (n *Node) Path() string {
	if n == nil || n.Kind == Root {
		return "/"
	}
	if n.DataParent == nil || n.DataParent.Kind == Root {
		return "/" + n.Module.Name + ":" + n.Name
	}
	if n.Module == n.DataParent.Module {
		return n.DataParent.Path() + "/" + n.Name
	}
	return n.DataParent.Path() + "/" + n.Module.Name + ":" + n.Name
}
