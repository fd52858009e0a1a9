package schema

import (
	"fmt"
	"strings"
)

// Find returns the node of a schema path in the form of Node.Path, without
// keys: the module stands before the first name and where it changes. Operations
// and notifications are found by name where they stand. "/" is the root.
func (s *Set) Find(path string) (*Node, error) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return nil, fmt.Errorf("path %q does not start with /", path)
	}
	at, module := s.Root, ""
	if rest == "" {
		return at, nil
	}
	for _, step := range strings.Split(rest, "/") {
		prefix, name := splitPrefix(step)
		if prefix != "" {
			module = prefix
		}
		if module == "" {
			return nil, fmt.Errorf("path %q lacks the module of its first node", path)
		}
		next := at.Child(module, name)
		if next == nil {
			next = at.nested(module, name)
		}
		if next == nil {
			return nil, fmt.Errorf("there is no node %q at %s", step, at.Path())
		}
		at = next
	}
	return at, nil
}

// nested finds an operation or notification among the children, choices looked through.
func (n *Node) nested(module, name string) *Node {
	for _, c := range n.Children {
		switch c.Kind {
		case Choice, Case:
			if found := c.nested(module, name); found != nil {
				return found
			}
		case RPC, Action, Notification:
			if c.Name == name && c.Module.Name == module {
				return c
			}
		}
	}
	return nil
}

// RPC returns the operation of that name in the module with that namespace or
// name, or nil.
func (s *Set) RPC(namespaceOrModule, name string) *Node {
	m := s.byNamespace[namespaceOrModule]
	if m == nil {
		m = s.byName[namespaceOrModule]
	}
	if m == nil {
		return nil
	}
	return named(m.RPCs, name)
}

// Notification returns the notification of that name at the top of a module, or nil.
func (s *Set) Notification(module, name string) *Node {
	if m := s.byName[module]; m != nil {
		return named(m.Notifications, name)
	}
	return nil
}

func named(all []*Node, name string) *Node {
	for _, n := range all {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// Identity returns the identity of that name in that module, or nil.
func (s *Set) Identity(module, name string) *Identity {
	if m := s.byName[module]; m != nil {
		return m.Identities[name]
	}
	return nil
}
