package telemetry

import (
	"context"
	"errors"
	"time"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Violation is something the policy forbids that was tried.
type Violation struct {
	Time time.Time
	// Leafs has the leafs of the notification violation of
	// mpk-security-telemetry by name, in canonical form.
	Leafs map[string]string
}

// Publisher takes notifications: the hub of the protocols.
type Publisher interface {
	Publish(at time.Time, content *tree.Container)
}

// Notifier turns violations into notifications.
type Notifier struct {
	publisher Publisher
	schema    *schema.Node
	// Heard, if it is set, gets every violation after it is published.
	Heard func(Violation)
}

// NewNotifier returns a notifier for a schema that has the violation
// notification; it returns an error for one that has not.
func NewNotifier(set *schema.Set, p Publisher) (*Notifier, error) {
	if m := set.Module("mpk-security-telemetry"); m != nil {
		for _, n := range m.Notifications {
			if n.Name == "violation" {
				return &Notifier{publisher: p, schema: n}, nil
			}
		}
	}
	return nil, errors.New("the schema has no notification mpk-security-telemetry:violation")
}

// Run publishes what arrives until ctx ends.
func (n *Notifier) Run(ctx context.Context, violations <-chan Violation) {
	for {
		select {
		case <-ctx.Done():
			return
		case v := <-violations:
			n.publisher.Publish(v.Time, n.content(v))
			if n.Heard != nil {
				n.Heard(v)
			}
		}
	}
}

// content makes the notification. Names in a violation may be what a process
// called itself: those that the model does not admit are left out.
func (n *Notifier) content(v Violation) *tree.Container {
	var leafs []tree.Node
	for _, s := range n.schema.DataChildren {
		text, ok := v.Leafs[s.Name]
		if !ok {
			continue
		}
		value, err := s.ParseValue(text)
		if err == nil {
			leafs = append(leafs, tree.NewLeaf(s, value))
		}
	}
	return tree.NewContainer(n.schema, leafs)
}
