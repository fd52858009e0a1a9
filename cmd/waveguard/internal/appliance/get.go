package appliance

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// System reads the appliance as a whole.
func (c *Client) System(ctx context.Context) (s Sample[System], err error) {
	text, taken, err := c.get(ctx, under("system"))
	if err != nil {
		return s, err
	}
	plain, err := withoutModules(text)
	if err != nil {
		return s, misread(err)
	}
	var e entry
	if err := json.Unmarshal(plain, &e); err != nil {
		return s, misread(err)
	}
	if err := e.read(&s.Data); err != nil {
		return s, misread(err)
	}
	s.Time = taken
	return s, nil
}

// Domains reads all domains, by id.
func (c *Client) Domains(ctx context.Context) (Sample[[]Domain], error) {
	s, err := list[Domain](ctx, c, "domains", "domain")
	slices.SortFunc(s.Data, func(a, b Domain) int { return cmp.Compare(a.ID, b.ID) })
	return s, err
}

// Services reads all services, by name.
func (c *Client) Services(ctx context.Context) (Sample[[]Service], error) {
	s, err := list[Service](ctx, c, "services", "service")
	for i := range s.Data {
		if v := s.Data[i].LastViolation; v != nil {
			v.Kind = local(v.Kind)
			if *v == (LastViolation{}) {
				s.Data[i].LastViolation = nil
			}
		}
	}
	slices.SortFunc(s.Data, func(a, b Service) int { return cmp.Compare(a.Name, b.Name) })
	return s, err
}

// Transitions reads all transitions, by source and target.
func (c *Client) Transitions(ctx context.Context) (Sample[[]Transition], error) {
	s, err := list[Transition](ctx, c, "transitions", "transition")
	slices.SortFunc(s.Data, func(a, b Transition) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Target, b.Target))
	})
	return s, err
}

// list reads a container with one list in it. There may be no entry at all.
func list[T any](ctx context.Context, c *Client, container, name string) (s Sample[[]T], err error) {
	text, taken, err := c.get(ctx, under(container))
	if err != nil {
		return s, err
	}
	s.Time = taken
	if s.Data, err = readList[T](text, name); err != nil {
		return s, misread(err)
	}
	return s, nil
}

// get reads one subtree, as JSON; an empty object if there is nothing.
func (c *Client) get(ctx context.Context, path *gpb.Path) ([]byte, time.Time, error) {
	reply, err := c.gnmi.Get(ctx, &gpb.GetRequest{Path: []*gpb.Path{path}, Encoding: gpb.Encoding_JSON_IETF})
	if status.Code(err) == codes.NotFound {
		return []byte("{}"), time.Now(), nil
	}
	if err != nil {
		return nil, time.Time{}, c.explain(err)
	}
	for _, n := range reply.GetNotification() {
		for _, u := range n.GetUpdate() {
			if text := u.GetVal().GetJsonIetfVal(); text != nil {
				return text, time.Unix(0, n.GetTimestamp()), nil
			}
		}
	}
	return nil, time.Time{}, &Error{Kind: ErrFailed, Message: fmt.Sprintf("the appliance answered the request for %s without a value in JSON_IETF", format(path))}
}

func misread(err error) error {
	return &Error{
		ErrFailed, fmt.Sprintf("cannot make sense of the appliance's answer: %v", err),
		"Is this command of the same version as the appliance? Compare waveguard version and waveguard status.",
	}
}
