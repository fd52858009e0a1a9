package netconf

import (
	"fmt"
	"slices"
	"time"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// streamNames are the event streams (RFC 5277 section 3.2.3), the default
// first. All carry every notification; OpenROADM's controllers ask for theirs.
var streamNames = []string{"NETCONF", "OPENROADM"}

// streams returns /nc-notifications:netconf as it is now.
func (m *monitor) streams() tree.Node {
	log, logged := m.server.hub.Log()
	root := &nodes{of: m.eventing}
	all := root.below("streams")
	all.add(list(all, "stream", streamNames, func(n *nodes, name string) {
		n.leaf("name", name)
		n.leaf("description", "all notifications of the appliance")
		n.leaf("replaySupport", fmt.Sprint(logged))
		if !logged {
			return
		}
		n.time("replayLogCreationTime", log.Created)
		if !log.Aged.IsZero() {
			n.time("replayLogAgedTime", log.Aged)
		}
	}))
	root.add(all.container())
	return root.container()
}

// period is the time a subscription is about (RFC 5277 section 2.1.1). A zero
// time is none.
type period struct{ start, stop time.Time }

// periodOf reads startTime and stopTime. The errors are those that RFC 5277
// section 2.1.1 lists.
func (s *Session) periodOf(p *params) (t period, err error) {
	if t.start, err = timeOf(p, "startTime"); err != nil {
		return t, err
	}
	if t.stop, err = timeOf(p, "stopTime"); err != nil {
		return t, err
	}
	_, logged := s.server.hub.Log()
	switch {
	case t.start.IsZero() && !t.stop.IsZero():
		return t, missingParameter("a stopTime", "startTime")
	case t.start.IsZero():
		return t, nil
	case !logged:
		return t, protocolError(tagOperationFailed, "the stream has no replay; leave startTime out")
	case t.start.After(time.Now()):
		return t, protocolError(tagBadElement, "startTime is in the future", "bad-element", "startTime")
	case !t.stop.IsZero() && t.stop.Before(t.start):
		return t, protocolError(tagBadElement, "stopTime is before startTime", "bad-element", "stopTime")
	}
	return t, nil
}

// timeOf returns the zero time for a parameter that is absent.
func timeOf(p *params, name string) (t time.Time, err error) {
	text, err := p.text(name, "")
	if err != nil || p.get(name) == nil {
		return t, err
	}
	if t, err = time.Parse(time.RFC3339, text); err != nil {
		return t, protocolError(tagInvalidValue, fmt.Sprintf("%s is %q, not a date and time of RFC 3339", name, text), "bad-element", name)
	}
	return t, nil
}

func mustBeStream(p *params) error {
	stream, err := p.text("stream", streamNames[0])
	if err == nil && !slices.Contains(streamNames, stream) {
		err = protocolError(tagInvalidValue, fmt.Sprintf("there is no stream %q; /netconf/streams lists them", stream), "bad-element", "stream")
	}
	return err
}

// notification returns the definition of a notification, or nil.
func notification(set *schema.Set, module, name string) *schema.Node {
	return set.Notification(module, name)
}
