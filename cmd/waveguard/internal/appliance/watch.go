package appliance

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
)

// EventKind says how an Event came about.
type EventKind string

// The kinds of events.
const (
	OnChange     EventKind = "on-change"    // a leaf that is told when it changes
	Sampled      EventKind = "sample"       // a leaf that is told now and then
	Deleted      EventKind = "deleted"      // a node that is there no more
	Synchronized EventKind = "synchronized" // all that was there before has been told
)

// Event is one thing that the appliance tells.
type Event struct {
	Time  time.Time         `json:"time"` // by the appliance's clock
	Kind  EventKind         `json:"event"`
	Path  string            `json:"path,omitempty"`
	Value any               `json:"value,omitempty"` // a string, number, boolean or list of these
	Keys  map[string]string `json:"-"`               // of the list entry that the path is in
	Leaf  string            `json:"-"`               // the last name in the path
}

// changing are the leaves to be told when they change, sampled those to be
// told at intervals.
var (
	changing = []*gpb.Path{
		transition("*", "*", "config", "action"),
		transition("*", "*", "state", "counters", "denied"),
		under("domains", "domain", "name=*", "state", "counters", "calls-tolerated"),
		under("services", "service", "name=*", "state", "attached"),
		under("services", "service", "name=*", "state", "counters", "violations"),
		under("services", "service", "name=*", "state", "last-violation"),
	}
	sampled = []*gpb.Path{
		transition("*", "*", "state", "counters", "permitted"),
		transition("*", "*", "state", "counters", "rate-limited"),
		transition("*", "*", "state", "counters", "dwell-exceeded"),
		under("services", "service", "name=*", "state", "counters", "protection-key-faults"),
		under("domains", "domain", "name=*", "state", "counters", "entries-denied"),
		under("domains", "domain", "name=*", "state", "counters", "unmatched-denied"),
	}
)

// Watch tells what happens until the context ends, which is no error, or tell
// returns one. Events that the appliance tells together come together.
// Counters that change all the time are sampled at the interval.
func (c *Client) Watch(ctx context.Context, interval time.Duration, tell func([]Event) error) error {
	stream, err := c.gnmi.Subscribe(ctx)
	if err != nil {
		return c.ending(ctx, err)
	}
	// An error of Send is io.EOF; Recv has the cause.
	if err := stream.Send(subscription(interval)); err != nil && !errors.Is(err, io.EOF) {
		return c.ending(ctx, err)
	}
	for {
		reply, err := stream.Recv()
		if err != nil {
			return c.ending(ctx, err)
		}
		if err := tell(events(reply)); err != nil {
			return err
		}
	}
}

// ending is the error of a stream that ended, nil if that was wanted.
func (c *Client) ending(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return &Error{Kind: ErrUnreachable, Message: "the appliance ended the subscription"}
	}
	return c.explain(err)
}

func subscription(interval time.Duration) *gpb.SubscribeRequest {
	list := &gpb.SubscriptionList{Mode: gpb.SubscriptionList_STREAM, Encoding: gpb.Encoding_PROTO}
	for _, path := range changing {
		list.Subscription = append(list.Subscription, &gpb.Subscription{Path: path, Mode: gpb.SubscriptionMode_ON_CHANGE})
	}
	for _, path := range sampled {
		list.Subscription = append(list.Subscription, &gpb.Subscription{
			Path: path, Mode: gpb.SubscriptionMode_SAMPLE, SampleInterval: uint64(interval),
		})
	}
	return &gpb.SubscribeRequest{Request: &gpb.SubscribeRequest_Subscribe{Subscribe: list}}
}

func events(reply *gpb.SubscribeResponse) (all []Event) {
	if reply.GetSyncResponse() {
		return []Event{{Time: time.Now(), Kind: Synchronized}}
	}
	n := reply.GetUpdate()
	taken := time.Unix(0, n.GetTimestamp())
	for _, path := range n.GetDelete() {
		all = append(all, event(taken, Deleted, n.GetPrefix(), path))
	}
	for _, update := range n.GetUpdate() {
		e := event(taken, OnChange, n.GetPrefix(), update.GetPath())
		if isSampled(n.GetPrefix(), update.GetPath()) {
			e.Kind = Sampled
		}
		e.Value = plain(update.GetVal())
		if e.Leaf == "kind" { // an identity
			if identity, ok := e.Value.(string); ok {
				e.Value = local(identity)
			}
		}
		all = append(all, e)
	}
	return all
}

func event(taken time.Time, kind EventKind, prefix, path *gpb.Path) Event {
	e := Event{Time: taken, Kind: kind, Path: format(prefix, path), Keys: make(map[string]string)}
	for _, element := range slices.Concat(prefix.GetElem(), path.GetElem()) {
		e.Leaf = local(element.GetName())
		for name, value := range element.GetKey() {
			e.Keys[name] = value
		}
	}
	return e
}

// isSampled compares names from the end: that is where leaves differ.
func isSampled(prefix, path *gpb.Path) bool {
	elements := slices.Concat(prefix.GetElem(), path.GetElem())
	return slices.ContainsFunc(sampled, func(candidate *gpb.Path) bool {
		return slices.EqualFunc(candidate.GetElem(), elements, func(a, b *gpb.PathElem) bool {
			return a.GetName() == local(b.GetName())
		})
	})
}

// plain is a value as JSON has it.
func plain(v *gpb.TypedValue) any {
	switch v := v.GetValue().(type) {
	case *gpb.TypedValue_StringVal:
		return v.StringVal
	case *gpb.TypedValue_UintVal:
		return v.UintVal
	case *gpb.TypedValue_IntVal:
		return v.IntVal
	case *gpb.TypedValue_BoolVal:
		return v.BoolVal
	case *gpb.TypedValue_DoubleVal:
		return v.DoubleVal
	case *gpb.TypedValue_BytesVal:
		return v.BytesVal
	case *gpb.TypedValue_LeaflistVal:
		values := make([]any, 0, len(v.LeaflistVal.GetElement()))
		for _, element := range v.LeaflistVal.GetElement() {
			values = append(values, plain(element))
		}
		return values
	default:
		return nil
	}
}
