package netconf

import (
	"fmt"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// monitor makes the server's own operational data: /netconf-state of RFC 6022
// and /netconf/streams of RFC 5277. What never changes is made once.
type monitor struct {
	server   *Server
	netconf  *schema.Node // /ietf-netconf-monitoring:netconf-state
	texts    []schemaText
	fixed    []tree.Node  // below netconf-state
	eventing *schema.Node // /nc-notifications:netconf
}

// newMonitor fails when the schema lacks the two modules.
func newMonitor(s *Server) (*monitor, error) {
	state := s.schema.Root.Child("ietf-netconf-monitoring", "netconf-state")
	events := s.schema.Root.Child("nc-notifications", "netconf")
	if state == nil || events == nil {
		return nil, fmt.Errorf("the schema must implement ietf-netconf-monitoring and nc-notifications")
	}
	m := &monitor{server: s, netconf: state, texts: schemaTexts(s.schema), eventing: events}
	m.fixed = []tree.Node{m.schemas(&nodes{of: state})}
	return m, nil
}

func (m *monitor) capabilities(root *nodes) tree.Node {
	caps := root.below("capabilities")
	caps.leafList("capability", m.server.announced())
	return caps.container()
}

func (m *monitor) schemas(root *nodes) tree.Node {
	all := root.below("schemas")
	all.add(list(all, "schema", m.texts, func(n *nodes, t schemaText) {
		n.leaf("identifier", t.name)
		n.leaf("version", t.revision)
		n.leaf("format", "ietf-netconf-monitoring:yang")
		n.leaf("namespace", t.namespace)
		n.leafList("location", []string{"NETCONF"})
	}))
	return all.container()
}

// state returns /netconf-state as it is now.
func (m *monitor) state() tree.Node {
	root := &nodes{of: m.netconf}
	root.add(m.fixed...)
	root.add(m.capabilities(root), m.datastores(root), m.sessions(root), m.statistics(root))
	return root.container()
}

func (m *monitor) datastores(root *nodes) tree.Node {
	all := root.below("datastores")
	all.add(list(all, "datastore", []datastore.Name{datastore.Running, datastore.Candidate}, func(n *nodes, name datastore.Name) {
		n.leaf("name", name.String())
		if lock, locked := m.server.store.LockedBy(name); locked {
			locks := n.below("locks")
			global := locks.below("global-lock")
			global.number("locked-by-session", lock.Session)
			global.time("locked-time", lock.Since)
			locks.add(global.container())
			n.add(locks.container())
		} else if name == datastore.Running {
			m.partialLocks(n)
		}
	}))
	return all.container()
}

func (m *monitor) sessions(root *nodes) tree.Node {
	all := root.below("sessions")
	all.add(list(all, "session", m.server.live(), func(n *nodes, s *Session) {
		n.number("session-id", s.id)
		n.leaf("transport", "ietf-netconf-monitoring:"+s.peer.Transport)
		n.leaf("username", s.peer.User.Name)
		if s.peer.Source != "" {
			n.leaf("source-host", s.peer.Source)
		}
		n.time("login-time", s.login)
		n.counters(&s.counters)
	}))
	return all.container()
}

func (m *monitor) statistics(root *nodes) tree.Node {
	s, n := &m.server.stats, root.below("statistics")
	n.time("netconf-start-time", m.server.started)
	n.number("in-bad-hellos", s.inBadHellos.Load())
	n.number("in-sessions", s.inSessions.Load())
	n.number("dropped-sessions", s.droppedSessions.Load())
	n.counters(&s.counters)
	return n.container()
}

func (n *nodes) counters(c *counters) {
	n.number("in-rpcs", c.inRPCs.Load())
	n.number("in-bad-rpcs", c.inBadRPCs.Load())
	n.number("out-rpc-errors", c.outRPCErrors.Load())
	n.number("out-notifications", c.outNotifications.Load())
}

// State returns the providers of the server's monitoring data, for other protocols
// to serve the same. Subscriptions are not among it: to tell of them changes them.
func (s *Server) State() []StateProvider {
	all := []StateProvider{s.monitor.state, s.monitor.streams}
	if s.library != nil {
		all = append(all, func() tree.Node { return s.library.modules }, func() tree.Node { return s.library.old })
	}
	return all
}
