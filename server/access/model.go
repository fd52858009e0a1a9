package access

import (
	"iter"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

const module = "mpk-security"

// model holds the schema nodes that decisions and look-ups are about.
type model struct {
	set *schema.Set

	// The way down to the users.
	top, system, users, user, name, config *schema.Node

	role, passwordHash, authorizedKey *schema.Node

	nacm  *schema.Node             // nil where ietf-netconf-acm is not implemented
	marks map[*schema.Node]actions // for decisions only
}

// newModel finds the nodes. A schema without them is a broken invariant: the
// modules are built into the program.
func newModel(set *schema.Set) *model {
	m := &model{set: set}
	m.top = child(set.Root, "mpk-security")
	m.system = child(m.top, "system")
	m.users = child(m.system, "users")
	m.user = child(m.users, "user")
	m.name = child(m.user, "name")
	m.config = child(m.user, "config")
	m.role = child(m.config, "role")
	m.passwordHash = child(m.config, "password-hash")
	m.authorizedKey = child(m.config, "authorized-key")
	m.nacm = set.Root.Child("ietf-netconf-acm", "nacm")
	return m
}

func child(n *schema.Node, name string) *schema.Node {
	c := n.Child(module, name)
	if c == nil {
		panic("access: the schema has no " + name + " below " + n.Path())
	}
	return c
}

// usersIn returns the users container below root, or nil.
func (m *model) usersIn(root *tree.Container) *tree.Container {
	for _, s := range []*schema.Node{m.top, m.system, m.users} {
		if root == nil {
			return nil
		}
		root, _ = root.Child(s).(*tree.Container)
	}
	return root
}

// all yields the entries of a users container, which may be nil.
func (m *model) all(users *tree.Container) iter.Seq[*tree.Container] {
	if users != nil {
		if l, ok := users.Child(m.user).(*tree.List); ok {
			return l.All()
		}
	}
	return func(func(*tree.Container) bool) {}
}

// configOf returns the config container of the user of that name, or nil.
func (m *model) configOf(users *tree.Container, name string) *tree.Container {
	if users == nil {
		return nil
	}
	l, ok := users.Child(m.user).(*tree.List)
	if !ok {
		return nil
	}
	key, err := m.name.ParseValue(name)
	if err != nil {
		return nil // no name that a user could have
	}
	if entry := l.Get(key); entry != nil {
		config, _ := entry.Child(m.config).(*tree.Container)
		return config
	}
	return nil
}

// nacmIn returns the container /nacm below root, or nil.
func (m *model) nacmIn(root *tree.Container) *tree.Container {
	if m.nacm == nil {
		return nil
	}
	nacm, _ := root.Child(m.nacm).(*tree.Container)
	return nacm
}

// roleOf returns the role of the user of that name.
func (m *model) roleOf(users *tree.Container, name string) Role {
	config := m.configOf(users, name)
	if config == nil {
		return Nobody
	}
	role, ok := config.Child(m.role).(*tree.Leaf)
	if !ok {
		return Nobody
	}
	return parseRole(role.Value().String())
}
