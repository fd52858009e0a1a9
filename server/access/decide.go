package access

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Target is what an action is about: a data node, an action or a notification
// at a path, or an operation by the module that defines it and its name.
type Target struct {
	Path              tree.Path
	Module, Operation string
}

// Decide says whether a user may do something: nil, or an *Error of yang/tree
// with the tag access-denied and the path that was asked for. Keys that a path
// lacks stand for all instances: rules for some of them do not count.
//
// What a user reads or runs, the nodes above must be readable too (RFC 8341
// sections 3.2.4 and 3.4.4). Operations that are refused are counted.
func (a *Authority) Decide(u User, action Action, target Target) error {
	r := a.rights(u)
	if r.role == Administrator || r.role != Nobody && r.allows(action, target) {
		return nil
	}
	if action == Exec {
		a.counters.operations.Add(1)
	}
	return r.refusal(u, action, target)
}

// rights returns what a user may do now.
func (a *Authority) rights(u User) *rights {
	if u.authority == nil {
		return &rights{}
	}
	return a.policy().of(u.Name)
}

func (r *rights) allows(action Action, target Target) bool {
	if len(target.Path) == 0 && action == Exec {
		op := r.model.set.RPC(target.Module, target.Operation)
		return op != nil && r.runs(op)
	}
	s := r.start
	for i, step := range target.Path {
		s = s.step(step.Node, keysOf(step))
		last := i == len(target.Path)-1
		switch {
		case last && step.Node.Kind == schema.Notification:
			return r.receives(s, step.Node)
		case last && step.Node.Kind == schema.Action:
			return r.acts(s, step.Node)
		case last:
			return s.permits(step.Node).has(action)
		case (action == Read || action == Exec) && !s.permits(step.Node).has(Read):
			return false
		}
	}
	return s.permits(r.model.set.Root).has(action)
}

// receives decides on a notification whose state s is: rules for notifications
// and for data can both be about it.
func (r *rights) receives(s *state, n *schema.Node) bool {
	number, permit := r.firstOf(notificationRule, n, Read)
	if number < s.verdict(n).first[Read] {
		return permit
	}
	return s.permits(n).has(Read)
}

// acts decides on an action of a data node, whose state s is.
func (r *rights) acts(s *state, n *schema.Node) bool {
	if v := s.verdict(n); v.decided.has(Exec) {
		return v.permit.has(Exec)
	}
	return r.runsByDefault(n)
}

// refusal says what was refused. Of the rules it says nothing: they are not
// everybody's to read.
func (r *rights) refusal(u User, action Action, target Target) *tree.Error {
	who := "with the role " + r.role.String()
	if r.grouped {
		who = "by this user"
	}
	switch {
	case r.role == Nobody:
		return u.denied(target.Path, "user %q does not exist any more", u.Name)
	case len(target.Path) == 0 && action == Exec && r.grouped:
		return u.denied(nil, "operation %s is not for this user", target.Operation)
	case len(target.Path) == 0 && action == Exec:
		return u.denied(nil, "operation %s is not for users with the role %v", target.Operation, r.role)
	case action == Exec:
		return u.denied(target.Path, "it cannot be run %s", who)
	case action == Read:
		return u.denied(target.Path, "it cannot be read %s", who)
	}
	return u.denied(target.Path, "it cannot be changed %s", who)
}

// Readable returns what of root, which holds data of any datastore, the user
// may read. It shares with root all that it keeps, and is root if that is all.
func (a *Authority) Readable(u User, root *tree.Container) *tree.Container {
	switch r := a.rights(u); r.role {
	case Administrator:
		return root
	case Nobody:
		return tree.New(a.model().set).Root()
	default:
		return r.readable(root)
	}
}

// Receives says whether the user may receive a notification, whose node the path
// ends at. Those that are kept from a user are counted.
func (a *Authority) Receives(u User, path tree.Path) bool {
	n := path.Schema()
	if alwaysReceived(n) || a.Decide(u, Read, Target{Path: path}) == nil {
		return true
	}
	a.counters.notifications.Add(1)
	return false
}

// alwaysReceived says whether a notification tells of the subscription itself
// (RFC 8341 section 3.4.6 step 4).
func alwaysReceived(n *schema.Node) bool {
	return n.Module.Name == "nc-notifications" && (n.Name == "replayComplete" || n.Name == "notificationComplete")
}
