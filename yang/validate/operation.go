package validate

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// operationRule is a constraint within an operation, and the way to it.
type operationRule struct {
	*constraint
	steps []*schema.Node
}

// CheckOperation validates the content of an rpc's or action's input or output,
// or of a notification, as the decoders read it: everything the schema demands
// within it, with references and conditions that look at data, which is the
// running configuration and the state (RFC 7950 section 6.4.1). For an action or
// a nested notification, parent is the path of the instance that it belongs to;
// it is empty for others. It returns every violation found, in document order;
// paths lead through the operation's node, not its input or output.
//
// A parent that does not exist is the one violation data-missing. Defaults are
// in use without being stored, as everywhere in trees.
func (v *Validator) CheckOperation(data *tree.Tree, parent tree.Path, op *tree.Container) []*tree.Error {
	at := tree.OperationCursor(data, parent, op)
	if at == nil {
		return []*tree.Error{{
			Tag: tree.TagDataMissing, Path: parent,
			Message: fmt.Sprintf("there is no such instance to which %s belongs; name one that exists", operationName(op.Schema())),
		}}
	}
	return v.checkAlone(at)
}

// CheckDocument is CheckOperation for what is no part of a datastore, the content
// of a structure (RFC 8791) or of yang-data (RFC 8040 section 8): it sees nothing
// but itself.
func (v *Validator) CheckDocument(content *tree.Container) []*tree.Error {
	at := tree.DocumentCursor(content)
	if at == nil {
		return []*tree.Error{{
			Tag:     tree.TagOperationFailed,
			Message: fmt.Sprintf("%s is neither a structure nor yang-data", content.Schema().Path()),
		}}
	}
	return v.checkAlone(at)
}

// checkAlone checks what is checked as a whole.
func (v *Validator) checkAlone(at *tree.Cursor) []*tree.Error {
	s := at.Node().Schema()
	r := newRun(v, nil, tree.New(v.set))
	r.checkBelow(at)
	for _, rule := range v.operations[s] {
		each(at, rule.steps, func(c *tree.Cursor) { r.evaluate(rule.constraint, c) })
	}
	return r.sorted()
}

func operationName(s *schema.Node) string {
	if s.Kind == schema.Input || s.Kind == schema.Output {
		s = s.Parent
	}
	return s.Name
}

// planAlone plans everything that is checked as a whole.
func (v *Validator) planAlone() {
	v.planOperations(v.set.Root)
	for _, m := range v.set.Modules {
		for _, s := range m.Structures {
			v.planOperation(s)
		}
	}
}

// planOperations plans every operation and notification below n.
func (v *Validator) planOperations(n *schema.Node) {
	for _, k := range n.Children {
		switch k.Kind {
		case schema.Input, schema.Output, schema.Notification:
			v.planOperation(k)
		default:
			v.planOperations(k)
		}
	}
}

// planOperation plans what no index serves here: an operation is checked once,
// as a whole.
func (v *Validator) planOperation(op *schema.Node) {
	v.planStructure(op)
	add := func(c *constraint) {
		v.operations[op] = append(v.operations[op], operationRule{c, chain(op, c.at)})
	}
	for _, m := range op.Musts {
		add(&constraint{at: op, must: m})
	}
	v.walk(op, func(n *schema.Node) {
		for _, m := range n.Musts {
			add(&constraint{at: n, must: m})
		}
		for _, w := range n.Whens {
			add(&constraint{at: n, when: w})
		}
		if n.Type != nil && mustRefer(n.Type) {
			add(&constraint{at: n, ref: n.Type})
		}
		for _, tags := range n.Unique {
			add(&constraint{at: n.DataParent, unique: &uniqueRule{list: n, tags: tags}})
		}
	})
}

// mustRefer says whether a value of the type can be refused for referring to
// nothing.
func mustRefer(t *schema.Type) bool {
	for _, m := range t.Members {
		if mustRefer(m) {
			return true
		}
	}
	return (t.Base == schema.Leafref || t.Base == schema.InstanceIdentifier) && t.RequireInstance
}

// inOperation says whether n is content of an operation or notification, or of a
// document that is no datastore's.
func inOperation(n *schema.Node) bool {
	for ; n != nil; n = n.Parent {
		switch n.Kind {
		case schema.Input, schema.Output, schema.Notification, schema.Structure, schema.YangData:
			return true
		}
	}
	return false
}
