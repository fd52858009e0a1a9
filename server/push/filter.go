package push

import (
	"fmt"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/subtree"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
	"github.com/optical-net/waveguard/yang/xpath"
)

// EventFilter says whether an event is wanted; nil wants all.
type EventFilter func(notify.Notification) bool

// SubtreeEvents wants the events of which a subtree filter selects anything (RFC
// 5277 section 3.6).
func SubtreeEvents(f *subtree.Filter) EventFilter {
	return func(n notify.Notification) bool { return f.SelectWithin(n.At, n.Content) != nil }
}

// The bounds on the nodes that an expression visits: in one event, and in a
// datastore, where it is a second's work or so.
const (
	eventVisits = 1 << 20
	dataVisits  = 5_000_000
)

// XPathEvents wants the events for which an expression is true, in a document of
// which the event is the one child.
func XPathEvents(set *schema.Set, expr *xpath.Expr) EventFilter {
	empty := tree.New(set)
	return func(n notify.Notification) bool {
		data := empty
		if len(n.At) > 0 {
			data = tree.FromRoot(set, tree.NewContainer(set.Root, []tree.Node{chain(n.At)}))
		}
		at := tree.OperationCursor(data, n.At, n.Content)
		for at.Up() != nil {
			at = at.Up()
		}
		yes, err := expr.Bool(xpath.Context{Node: at, MaxVisits: eventVisits})
		return err == nil && yes
	}
}

// chain returns the nodes of a path, with their keys.
func chain(path tree.Path) tree.Node {
	step := path[0]
	var kids []tree.Node
	for i, v := range step.Keys {
		kids = append(kids, tree.NewLeaf(step.Node.Keys[i], v))
	}
	if len(path) > 1 {
		kids = append(kids, chain(path[1:]))
	}
	c := tree.NewContainer(step.Node, kids)
	if step.Node.Kind == schema.List {
		return tree.NewList(step.Node, []*tree.Container{c})
	}
	return c
}

// selection returns the part of a datastore that is wanted.
type selection func(*tree.Tree) (*tree.Tree, error)

func everything(t *tree.Tree) (*tree.Tree, error) { return t, nil }

// eventFilter compiles a filter of events: the anydata or the leaf that holds it,
// nil for none.
func eventFilter(set *schema.Set, n tree.Node) (EventFilter, error) {
	switch x := n.(type) {
	case *tree.Any:
		f, err := subtreeIn(set, x)
		return SubtreeEvents(f), err
	case *tree.Leaf:
		expr, err := expressionIn(x)
		return XPathEvents(set, expr), err
	}
	return nil, nil
}

// selectionIn compiles a selection likewise.
func selectionIn(set *schema.Set, n tree.Node) (selection, error) {
	switch x := n.(type) {
	case *tree.Any:
		f, err := subtreeIn(set, x)
		return func(t *tree.Tree) (*tree.Tree, error) { return tree.FromRoot(set, f.Apply(t.Root())), nil }, err
	case *tree.Leaf:
		expr, err := expressionIn(x)
		return func(t *tree.Tree) (*tree.Tree, error) {
			nodes, err := expr.Nodes(xpath.Context{Node: tree.NewCursor(t, tree.ConfigAndState), MaxVisits: dataVisits})
			if err != nil {
				return nil, err
			}
			return tree.Project(t, nodes), nil
		}, err
	}
	return everything, nil
}

// maxFilter is how many octets a subtree filter may have, as many as an expression: a
// receiver has many subscriptions, and each keeps its own, compiled.
const maxFilter = 64 << 10

// subtreeIn compiles the subtree filter in an anydata node.
func subtreeIn(set *schema.Set, a *tree.Any) (*subtree.Filter, error) {
	text := a.XML()
	if text == "" {
		return nil, &refusal{reason: unchangingSelection, message: "the filter is empty, so that it selects nothing; leave it out to select everything"}
	}
	if len(text) > maxFilter {
		return nil, &refusal{reason: insufficientResources, message: fmt.Sprintf("the filter has %d octets, at most %d are taken; select more with less, or with several subscriptions", len(text), maxFilter)}
	}
	el, err := xml.Parse([]byte("<filter>"+text+"</filter>"), xml.Limits{})
	if err != nil {
		return nil, badFilter(err)
	}
	f, err := subtree.Parse(set, el)
	if err != nil {
		return nil, badFilter(err)
	}
	return f, nil
}

// expressionIn compiles the expression in a leaf, whose prefixes are module names
// by now. Names without prefix are of any module: clients leave prefixes out.
func expressionIn(l *tree.Leaf) (*xpath.Expr, error) {
	expr, err := xpath.Parse(l.Value().String(), func(prefix string) (string, error) { return prefix, nil })
	if err != nil {
		return nil, badFilter(fmt.Errorf("%s: %w", l.Schema().Name, err))
	}
	return expr, nil
}
