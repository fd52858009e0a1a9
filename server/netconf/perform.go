package netconf

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
	"github.com/optical-net/waveguard/yang/xml"
)

// Operation is an rpc or an action (RFC 7950 sections 7.14 and 7.15) of a module
// that is not the protocol's own, and who performs it.
type Operation struct {
	Node *schema.Node // of kind RPC or Action
	// Run performs it, once for each call that is well-formed and permitted.
	// Calls of several sessions run at once; ctx ends with the session. The
	// output is of the operation's node of kind Output, nil for <ok/>. An error
	// reaches the client as rpc-errors: those of yang/tree, alone or joined, as
	// they are, any other as operation-failed.
	Run func(ctx context.Context, c Call) (output *tree.Container, err error)
}

// Call is one call of an operation.
type Call struct {
	Actor   datastore.Actor // who calls; its Access answers for what the call changes
	User    access.User
	At      tree.Path // instance that an action is called on; empty for an rpc
	session *Session

	// Input satisfies all constraints of the schema. Defaults are in use without
	// being in it.
	Input *tree.Container
}

// performers holds the operations that the appliance performs.
type performers struct {
	run       map[*schema.Node]func(context.Context, Call) (*tree.Container, error)
	validator *validate.Validator
}

func newPerformers(set *schema.Set, all []Operation) (*performers, error) {
	p := &performers{run: map[*schema.Node]func(context.Context, Call) (*tree.Container, error){}}
	for _, op := range all {
		switch {
		case op.Node == nil || op.Run == nil:
			return nil, errors.New("an operation has no definition or nobody who performs it")
		case p.run[op.Node] != nil:
			return nil, fmt.Errorf("operation %s is there twice", op.Node.Path())
		}
		p.run[op.Node] = op.Run
	}
	if len(all) > 0 {
		p.validator = validate.NewWithState(set)
	}
	return p, nil
}

// rpc returns the rpc of that name, or nil if nothing performs it.
func (p *performers) rpc(set *schema.Set, name xml.Name) *schema.Node {
	if node := set.RPC(name.Space, name.Local); node != nil && p.run[node] != nil {
		return node
	}
	return nil
}

// action answers a call of an action (RFC 7950 section 7.15.2).
func (s *Session) action(ctx context.Context, el *xml.Element) (body, error) {
	action, call, err := s.server.actionIn(el)
	if err != nil {
		return nil, err
	}
	at, err := s.server.instanceOf(el, call)
	if err != nil {
		return nil, err
	}
	target := access.Target{Path: append(at[:len(at):len(at)], schema.PathStep{Node: action})}
	if err := s.server.access.Decide(s.peer.User, access.Exec, target); err != nil {
		return nil, err
	}
	if s.server.performers.run[action] == nil {
		return nil, &tree.Error{Tag: tagOperationNotSupported, Path: target.Path, Message: "nothing in this appliance performs the action"}
	}
	return s.invoke(ctx, action, call, at)
}

// invoke reads the input of an operation and has it performed.
func (s *Session) invoke(ctx context.Context, op *schema.Node, el *xml.Element, at tree.Path) (body, error) {
	input, err := xml.DecodeInput(s.server.schema, op.Input(), el)
	if err != nil {
		return nil, err
	}
	data, err := s.server.operational()
	if err != nil {
		return nil, err
	}
	if errs := s.server.performers.validator.CheckOperation(data, at, input); len(errs) > 0 {
		return nil, joinedErrors(errs)
	}
	output, err := s.server.performers.run[op](ctx, Call{Actor: s.actor(), User: s.peer.User, At: at, session: s, Input: input})
	if err != nil || output == nil {
		return nil, err
	}
	return func(b *bytes.Buffer) error { return xml.Encode(b, output, xml.EncodeOptions{}) }, nil
}

func joinedErrors(errs []*tree.Error) error {
	all := make([]error, len(errs))
	for i, e := range errs {
		all[i] = e
	}
	return errors.Join(all...)
}

// actionIn returns the action that an <action> element names, and the element
// with its input.
func (s *Server) actionIn(el *xml.Element) (*schema.Node, *xml.Element, error) {
	parent := s.schema.Root
	for {
		next, err := onlyBesideKeys(parent, el)
		if err != nil {
			return nil, nil, err
		}
		module := s.schema.ModuleByNamespace(next.Name.Space)
		if module == nil {
			return nil, nil, protocolError(tagUnknownNamespace, fmt.Sprintf("no module has the namespace %q", next.Name.Space),
				"bad-element", next.Name.Local, "bad-namespace", next.Name.Space)
		}
		if action := parent.Action(module.Name, next.Name.Local); action != nil {
			return action, next, nil
		}
		node := parent.Child(module.Name, next.Name.Local)
		if node == nil || node.Kind != schema.Container && node.Kind != schema.List {
			return nil, nil, protocolError(tagUnknownElement,
				fmt.Sprintf("%s has no action %s, nor a container or list of that name", parent.Path(), next.Name.Local), "bad-element", next.Name.Local)
		}
		parent, el = node, next
	}
}

// onlyBesideKeys returns the one child that an element of an <action> must have
// besides the keys of its list.
func onlyBesideKeys(of *schema.Node, el *xml.Element) (one *xml.Element, err error) {
	for _, c := range el.Children {
		switch {
		case isKeyOf(of, c):
		case one != nil:
			return nil, protocolError(tagBadElement, "an action is one, on one instance", "bad-element", c.Name.Local)
		default:
			one = c
		}
	}
	if one == nil {
		return nil, protocolError(tagMissingElement, fmt.Sprintf("%s names no action", el.Name.Local), "bad-element", el.Name.Local)
	}
	return one, nil
}

func isKeyOf(of *schema.Node, el *xml.Element) bool {
	if of.Kind != schema.List || el.Name.Space != of.Module.Namespace {
		return false
	}
	k := of.Child(of.Module.Name, el.Name.Local)
	return k != nil && k.IsKey()
}

// instanceOf returns the path of the instance in an <action> element that call,
// somewhere in it, is about.
func (s *Server) instanceOf(el, call *xml.Element) (tree.Path, error) {
	ed, err := xml.DecodeEdit(s.schema, without(el, call), xml.DecodeOptions{State: true})
	if err != nil {
		return nil, err
	}
	var path tree.Path
	for len(ed.Children) > 0 {
		ed = ed.Children[0]
		path = append(path, schema.PathStep{Node: ed.Schema, Keys: ed.Keys})
	}
	return path, nil
}

// without returns a copy of el in which one element below is left out.
func without(el, out *xml.Element) *xml.Element {
	c := *el
	c.Children = nil
	for _, kid := range el.Children {
		if kid != out {
			c.Children = append(c.Children, without(kid, out))
		}
	}
	return &c
}
