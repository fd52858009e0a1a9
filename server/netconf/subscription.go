package netconf

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/server/push"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// The bounds on how many notifications go out, and how long that takes, before
// requests have their turn again.
const (
	forwardAtOnce = 64
	forwardFor    = 100 * time.Millisecond
)

// createSubscription starts notifications (RFC 5277 section 2.1.1). They begin
// after the reply, because the same goroutine sends both.
func (s *Session) createSubscription(_ context.Context, p *params) (body, error) {
	switch {
	case s.receiver.Classic():
		return nil, protocolError(tagOperationFailed, "this session has a subscription already; open another session")
	case s.receiver.Active(): // RFC 8640 section 5
		return nil, protocolError(tagOperationNotSupported, "this session has subscriptions of RFC 8639; use establish-subscription, or open another session")
	}
	if err := mustBeStream(p); err != nil {
		return nil, err
	}
	period, err := s.periodOf(p)
	if err != nil {
		return nil, err
	}
	filter, err := s.eventFilter(p)
	if err != nil {
		return nil, err
	}
	s.receiver.Create(push.Classic{Filter: filter, Start: period.start, Stop: period.stop})
	return nil, nil
}

// subscribing are the operations of RFC 8639 and RFC 8641.
var subscribing = []struct {
	module, name string
	run          func(*Session, *tree.Container) (*tree.Container, error)
}{
	{"ietf-subscribed-notifications", "establish-subscription", (*Session).establishSubscription},
	{"ietf-subscribed-notifications", "modify-subscription", func(s *Session, in *tree.Container) (*tree.Container, error) { return nil, s.receiver.Modify(in) }},
	{"ietf-subscribed-notifications", "delete-subscription", func(s *Session, in *tree.Container) (*tree.Container, error) { return nil, s.receiver.Delete(in) }},
	{"ietf-subscribed-notifications", "kill-subscription", (*Session).killSubscription},
	{"ietf-yang-push", "resync-subscription", func(s *Session, in *tree.Container) (*tree.Container, error) { return nil, s.receiver.Resync(in) }},
}

// subscribingOperations returns those of the operations that the schema has.
func subscribingOperations(set *schema.Set) (all []Operation) {
	for _, op := range subscribing {
		if m := set.Module(op.module); m == nil || !m.Implemented {
			return nil
		}
		if node := set.RPC(op.module, op.name); node != nil {
			all = append(all, Operation{node, func(_ context.Context, c Call) (*tree.Container, error) { return op.run(c.session, c.Input) }})
		}
	}
	return all
}

func (s *Session) establishSubscription(input *tree.Container) (*tree.Container, error) {
	if s.receiver.Classic() { // RFC 8640 section 5
		return nil, protocolError(tagOperationNotSupported, "this session has a subscription of RFC 5277; open another session")
	}
	return s.receiver.Establish(input)
}

func (s *Session) killSubscription(input *tree.Container) (*tree.Container, error) {
	v, _ := input.Leaf("id")
	id, err := strconv.ParseUint(v.String(), 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read the number of the subscription: %w", err)
	}
	return nil, s.server.publisher.Kill(uint32(id))
}

// forward sends waiting notifications.
func (s *Session) forward() {
	began := time.Now()
	for range forwardAtOnce {
		n, ok := s.receiver.Next()
		if !ok {
			return
		}
		s.send(n)
		if s.ctx.Err() != nil || time.Since(began) > forwardFor {
			return
		}
	}
}

func (s *Session) send(n notify.Notification) {
	var b bytes.Buffer
	b.WriteString(xmlHeader + `<notification xmlns="` + nsNotification + `">`)
	writeElement(&b, "eventTime", n.Time.UTC().Format(time.RFC3339Nano))
	if err := xml.EncodeWithin(&b, n.At, n.Content, xml.EncodeOptions{Root: s.server.schema.Root}); err != nil {
		s.log.Error("encode notification", "notification", n.Content.Schema().Name, "error", err)
		return
	}
	b.WriteString("</notification>")
	if s.out.send(s.ctx, b.Bytes()) {
		s.count(outNotifications)
	}
}
