package access

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Action is what somebody wants to do.
type Action uint8

// The actions: Read and Write data, Exec an operation.
const (
	Read Action = iota
	Write
	Exec
)

// Target is what an action is about: a data node for Read and Write, the name
// of an operation for Exec.
type Target struct {
	Path      tree.Path
	Operation string
}

// viewerOperations are the operations that only read, of every protocol.
var viewerOperations = map[string]bool{
	"get": true, "get-config": true, "get-data": true, "get-schema": true,
	"create-subscription": true, "close-session": true,
	"capabilities": true, "subscribe": true,
}

// Decide says whether a user may do something: nil, or an *Error of yang/tree
// with the tag access-denied and the path that was asked for.
func (a *Authority) Decide(u User, action Action, target Target) error {
	role := u.Role()
	if a.allows(role, action, target) {
		return nil
	}
	switch {
	case role == Nobody:
		return u.denied(target.Path, "user %q does not exist any more", u.Name)
	case action == Exec:
		return u.denied(nil, "operation %s is not for users with the role %v", target.Operation, role)
	case action == Read:
		return u.denied(target.Path, "it cannot be read with the role %v", role)
	}
	return u.denied(target.Path, "it cannot be changed with the role %v", role)
}

func (a *Authority) allows(role Role, action Action, target Target) bool {
	switch role {
	case Administrator:
		return true
	case Operator:
		return a.operatorMay(action, target)
	case Viewer:
		return a.viewerMay(action, target)
	}
	return false
}

func (a *Authority) operatorMay(action Action, target Target) bool {
	switch action {
	case Read:
		return a.readable(target.Path.Schema())
	case Write:
		return a.writable(target.Path.Schema())
	}
	return target.Operation != "kill-session"
}

func (a *Authority) viewerMay(action Action, target Target) bool {
	switch action {
	case Read:
		return a.readable(target.Path.Schema())
	case Exec:
		return viewerOperations[target.Operation]
	}
	return false
}

// readable and writable hold for everybody but administrators.
func (a *Authority) readable(n *schema.Node) bool { return n != a.model().passwordHash }
func (a *Authority) writable(n *schema.Node) bool { return !within(n, a.model().users) }

// CheckEdit says whether the user may ask for an edit: nil, or the refusal with
// the path of the first node that is not the user's to change. What an edit
// does to nodes that it does not name, CheckChanges finds.
func (a *Authority) CheckEdit(u User, ed *tree.Edit) error {
	role := u.Role()
	if role == Administrator {
		return nil
	}
	return a.checkEdit(u, role, ed, nil)
}

func (a *Authority) checkEdit(u User, role Role, ed *tree.Edit, path tree.Path) error {
	if ed.Schema.Kind != schema.Root {
		path = append(path, step(ed))
	}
	asks := len(ed.Children) == 0 || ed.Operation != tree.Inherit && ed.Operation != tree.None
	if asks && len(path) > 0 && !a.allows(role, Write, Target{Path: path}) {
		return a.Decide(u, Write, Target{Path: path})
	}
	if role == Operator && !leads(ed.Schema, a.model().users) && !within(ed.Schema, a.model().users) {
		return nil // nothing below can be refused
	}
	for _, k := range ed.Children {
		if err := a.checkEdit(u, role, k, path); err != nil {
			return err
		}
	}
	return nil
}

// CheckChanges says whether the user may bring about changes: nil, or the
// refusal with the path of the first node that is not the user's to change.
func (a *Authority) CheckChanges(u User, changes []tree.Change) error {
	role := u.Role()
	if role == Administrator {
		return nil
	}
	for _, c := range changes {
		if !a.allows(role, Write, Target{Path: c.Path}) {
			return a.Decide(u, Write, Target{Path: c.Path})
		}
		if path := a.usersWithin(c); path != nil && role == Operator {
			return a.Decide(u, Write, Target{Path: path})
		}
	}
	return nil
}

// usersWithin returns the path of the users if they come or go as a part of c.
func (a *Authority) usersWithin(c tree.Change) tree.Path {
	m := a.model()
	if !leads(c.Path.Schema(), m.users) {
		return nil
	}
	for _, n := range []tree.Node{c.Old, c.New} {
		path := append(tree.Path(nil), c.Path...)
		for n != nil && n.Schema() != m.users {
			n = towards(n, m)
			if n != nil {
				path = append(path, schema.PathStep{Node: n.Schema()})
			}
		}
		if n != nil {
			return path
		}
	}
	return nil
}

// towards returns the child of n on the way to the users, or nil.
func towards(n tree.Node, m *model) tree.Node {
	c, ok := n.(*tree.Container)
	if !ok {
		return nil
	}
	for _, s := range []*schema.Node{m.system, m.users} {
		if s.DataParent == c.Schema() {
			return c.Child(s)
		}
	}
	return nil
}

// Readable returns what of root, which holds data of any datastore, the user
// may read. It shares with root all that it keeps.
func (a *Authority) Readable(u User, root *tree.Container) *tree.Container {
	m := a.model()
	switch u.Role() {
	case Administrator:
		return root
	case Nobody:
		return tree.New(m.set).Root()
	}
	ed := tree.FromRoot(m.set, root).Edit()
	hidden := false
	for entry := range m.all(m.usersIn(root)) {
		config, ok := entry.Child(m.config).(*tree.Container)
		if !ok || config.Child(m.passwordHash) == nil {
			continue
		}
		hidden = true
		if _, err := ed.DeletePath(m.hashPath(entry)); err != nil {
			panic("access: hide a password hash: " + err.Error()) // a leaf that is there can be removed
		}
	}
	if !hidden {
		return root
	}
	return ed.Tree().Root()
}

func (m *model) hashPath(user *tree.Container) tree.Path {
	return tree.Path{
		{Node: m.top},
		{Node: m.system},
		{Node: m.users},
		{Node: m.user, Keys: user.Keys()},
		{Node: m.config},
		{Node: m.passwordHash},
	}
}
