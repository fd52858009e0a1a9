package netconf

import (
	"errors"
	"fmt"
	"time"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/netconf/framing"
	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/tree"
)

// publish publishes a notification of RFC 6470, if the schema has it.
func (s *Server) publish(name string, fill func(*nodes)) {
	s.publishOf("ietf-netconf-notifications", name, fill)
}

func (s *Server) publishOf(module, name string, fill func(*nodes)) {
	node := notification(s.schema, module, name)
	if node == nil {
		return
	}
	event := &nodes{of: node}
	fill(event)
	s.hub.Publish(notify.Notification{Time: time.Now(), Content: event.container()})
}

// origin is whose doing an event is: common-session-parms of RFC 6470.
type origin struct {
	user    string
	session uint32 // 0: not of NETCONF
	source  string
}

func (n *nodes) origin(o origin) {
	n.leaf("username", o.user)
	n.number("session-id", o.session)
	if o.source != "" {
		n.leaf("source-host", o.source)
	}
}

func (s *Session) origin() origin { return origin{s.peer.User.Name, s.id, s.peer.Source} }

// changedBy says who made a change: a user, or the server of its own accord.
func (n *nodes) changedBy(a datastore.Actor) {
	by := n.below("changed-by")
	if a.User == "" {
		by.empty("server")
	} else {
		by.origin(origin{a.User, a.Session, a.Source})
	}
	n.add(by.container())
}

// maxEdits is how many edits a notification of a change lists. A larger change
// names the top-level nodes it is in: RFC 6470 section 2.2 allows an ancestor.
const maxEdits = 1000

// openroadmModule has what OpenROADM's controllers know under its name.
const openroadmModule = "mpk-security-notifications"

// configChanged tells of a change of running, whatever the protocol: as RFC 6470
// has it, and as OpenROADM's controllers know it.
func (s *Server) configChanged(c datastore.Change) {
	s.publish("netconf-config-change", func(n *nodes) { n.change(c) })
	s.publishOf(openroadmModule, "change-notification", func(n *nodes) {
		n.time("change-time", time.Now())
		n.change(c)
	})
	s.urlsChanged(c.Actor)
}

// change says who changed what. Both notifications have these names for it.
func (n *nodes) change(c datastore.Change) {
	n.changedBy(c.Actor)
	n.leaf("datastore", "running")
	if len(c.Changes) > maxEdits {
		n.add(list(n, "edit", topmost(c.Changes), func(e *nodes, target tree.Path) {
			e.edit(target, tree.Merge)
		}))
		return
	}
	n.add(list(n, "edit", c.Changes, func(e *nodes, c tree.Change) { e.edit(c.Path, operationOfChange(c)) }))
}

// stages are the values of confirm-event (RFC 6470 section 2.2).
var stages = [...]string{
	datastore.Started: "start", datastore.Extended: "extend", datastore.Cancelled: "cancel",
	datastore.TimedOut: "timeout", datastore.Completed: "complete",
}

// confirmedCommit tells what became of a confirmed commit, whatever the protocol.
func (s *Server) confirmedCommit(c datastore.Confirmed) {
	s.publish("netconf-confirmed-commit", func(n *nodes) {
		if c.Stage != datastore.TimedOut {
			n.origin(origin{c.Actor.User, c.Actor.Session, c.Actor.Source})
		}
		n.leaf("confirm-event", stages[c.Stage])
		if c.Timeout > 0 {
			n.number("timeout", uint32(c.Timeout/time.Second))
		}
	})
}

func (n *nodes) edit(target tree.Path, op tree.Operation) {
	s := n.of.Child("", "target")
	n.add(tree.NewLeaf(s, s.Type.Unchecked(target.String())))
	n.leaf("operation", op.String())
}

// operationOfChange names the edit that would have done it.
func operationOfChange(c tree.Change) tree.Operation {
	switch {
	case c.New == nil:
		return tree.Delete
	case c.Old == nil:
		return tree.Create
	case c.Moved:
		return tree.Merge
	}
	return tree.Replace
}

// topmost returns the paths of the top-level nodes that changes are in.
func topmost(changes []tree.Change) (paths []tree.Path) {
	last := ""
	for _, c := range changes { // in document order
		if text := c.Path[:1].String(); text != last {
			paths, last = append(paths, c.Path[:1]), text
		}
	}
	return paths
}

func (s *Session) tellStart() {
	s.server.publish("netconf-session-start", func(n *nodes) { n.origin(s.origin()) })
}

func (s *Session) tellEnd(reason error) {
	s.server.publish("netconf-session-end", func(n *nodes) {
		n.origin(s.origin())
		if by, killed := errors.AsType[killedError](reason); killed {
			n.number("killed-by", by.session)
		}
		n.leaf("termination-reason", termination(reason))
	})
}

// killedError is why a session ended that another one killed.
type killedError struct{ session uint32 }

// Error implements the error interface.
func (e killedError) Error() string { return fmt.Sprintf("killed by session %d", e.session) }

func isKilled(reason error) bool {
	_, is := errors.AsType[killedError](reason)
	return is
}

// termination is the termination-reason of RFC 6470 section 2.2.
func termination(reason error) string {
	switch {
	case isKilled(reason):
		return "killed"
	case reason == errClosed:
		return "closed"
	case errors.Is(reason, errBadHello):
		return "bad-hello"
	case reason == errIdle, reason == errNoHello:
		return "timeout"
	case reason == errShutdown, errors.Is(reason, errMalformed), unreadable(reason):
		return "other"
	}
	return "dropped"
}

// unreadable says whether the server gave up on what the peer sent.
func unreadable(reason error) bool {
	_, syntax := errors.AsType[*framing.SyntaxError](reason)
	return syntax || errors.Is(reason, framing.ErrTooBig)
}
