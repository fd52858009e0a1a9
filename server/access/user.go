package access

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Role is what a user is allowed.
type Role uint8

// The roles. Nobody is the role of users that do not exist, or do no longer.
const (
	Nobody Role = iota
	Viewer
	Operator
	Administrator
)

var roleNames = [...]string{"NOBODY", "VIEWER", "OPERATOR", "ADMINISTRATOR"}

// String returns the name the model gives the role.
func (r Role) String() string { return roleNames[r] }

func parseRole(name string) Role {
	for r := Viewer; r <= Administrator; r++ {
		if roleNames[r] == name {
			return r
		}
	}
	return Nobody
}

// User is somebody who signed in. The zero User may do nothing.
type User struct {
	Name      string
	authority *Authority
}

func (a *Authority) user(name string) User { return User{name, a} }

// Role returns the role that the user has in the running configuration now.
func (u User) Role() Role {
	if u.authority == nil {
		return Nobody
	}
	return u.authority.model().roleOf(u.authority.users(), u.Name)
}

// readingOperations are those that viewers run: they only read.
var readingOperations = map[string]bool{
	"get": true, "get-config": true, "get-data": true, "get-schema": true, "get-revision": true, "compare": true, "close-session": true,
	"create-subscription": true, "establish-subscription": true, "modify-subscription": true, "delete-subscription": true,
	"resync-subscription": true,
}

// CheckEdit is Authority.CheckEdit for this user.
func (u User) CheckEdit(ed *tree.Edit) error {
	if u.authority == nil {
		return u.denied(nil, "nobody is signed in")
	}
	return u.authority.CheckEdit(u, ed)
}

// CheckChanges is Authority.CheckChanges for this user.
func (u User) CheckChanges(changes []tree.Change) error {
	if u.authority == nil {
		return u.denied(nil, "nobody is signed in")
	}
	return u.authority.CheckChanges(u, changes)
}

// TagAccessDenied is the error-tag of a refusal (RFC 6241 Appendix A).
const TagAccessDenied tree.Tag = "access-denied"

func (u User) denied(path tree.Path, format string, args ...any) *tree.Error {
	return &tree.Error{Tag: TagAccessDenied, Path: path, Message: fmt.Sprintf(format, args...)}
}

func step(ed *tree.Edit) schema.PathStep {
	s := schema.PathStep{Node: ed.Schema, Keys: ed.Keys}
	if ed.Schema.Kind == schema.LeafList && !ed.Valueless {
		s.Value = &ed.Value
	}
	return s
}
