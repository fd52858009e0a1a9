package appliance

import (
	"context"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The actions of a transition.
const (
	Permit = "PERMIT"
	Deny   = "DENY"
)

// Action returns what a transition is configured to do; the empty string if
// there is no such transition.
func (c *Client) Action(ctx context.Context, source, target string) (string, error) {
	reply, err := c.gnmi.Get(ctx, &gpb.GetRequest{
		Path: []*gpb.Path{transition(source, target, "config", "action")}, Type: gpb.GetRequest_CONFIG, Encoding: gpb.Encoding_PROTO,
	})
	if status.Code(err) == codes.NotFound {
		return "", nil
	}
	if err != nil {
		return "", c.explain(err)
	}
	for _, n := range reply.GetNotification() {
		for _, u := range n.GetUpdate() {
			return u.GetVal().GetStringVal(), nil
		}
	}
	return "", nil
}

// SetAction makes a transition do something, in one transaction. It creates
// the transition if need be, and leaves its limits as they are.
func (c *Client) SetAction(ctx context.Context, source, target, action string) error {
	leaf := func(name, value string) *gpb.Update {
		return &gpb.Update{
			Path: transition(source, target, "config", name),
			Val:  &gpb.TypedValue{Value: &gpb.TypedValue_StringVal{StringVal: value}},
		}
	}
	_, err := c.gnmi.Set(ctx, &gpb.SetRequest{
		Update: []*gpb.Update{leaf("source", source), leaf("target", target), leaf("action", action)},
	})
	return c.explain(err)
}

// SetExecutable says which file may provide services, in one transaction.
func (c *Client) SetExecutable(ctx context.Context, executable string, services []string) error {
	request := new(gpb.SetRequest)
	for _, name := range services {
		request.Update = append(request.Update, &gpb.Update{
			Path: under("services", "service", "name="+name, "config", "executable"),
			Val:  &gpb.TypedValue{Value: &gpb.TypedValue_StringVal{StringVal: executable}},
		})
	}
	_, err := c.gnmi.Set(ctx, request)
	return c.explain(err)
}
