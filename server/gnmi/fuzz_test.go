package gnmi

import (
	"context"
	"testing"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// asAdmin is the context of a call by the administrator.
func (r *rig) asAdmin() context.Context {
	user := must(r.access.AuthenticateCert("admin"))(r.t)
	return context.WithValue(context.Background(), clientKey{}, client{User: user})
}

// FuzzGet holds that any request is answered, or refused as the client's fault.
func FuzzGet(f *testing.F) {
	for _, req := range []*gpb.GetRequest{
		{},
		{Encoding: gpb.Encoding_JSON_IETF, Path: []*gpb.Path{path(top)}},
		{Encoding: gpb.Encoding_PROTO, Prefix: path(top), Path: []*gpb.Path{path("/domains/domain[name=*]"), path("/*/...")}},
		{Encoding: gpb.Encoding_ASCII, Type: gpb.GetRequest_OPERATIONAL, Path: []*gpb.Path{{Origin: "nowhere"}}},
	} {
		f.Add(must(proto.Marshal(req))(f))
	}
	r := newRig(f, nil)
	ctx := r.asAdmin()
	f.Fuzz(func(t *testing.T, raw []byte) {
		req := &gpb.GetRequest{}
		if proto.Unmarshal(raw, req) != nil {
			return
		}
		_, err := r.Get(ctx, req)
		clientsFault(t, err)
	})
}

// FuzzSubscribe does the same for the first request of a Subscribe call.
func FuzzSubscribe(f *testing.F) {
	list := func(mode gpb.SubscriptionList_Mode, subs ...*gpb.Subscription) *gpb.SubscribeRequest {
		return &gpb.SubscribeRequest{Request: &gpb.SubscribeRequest_Subscribe{Subscribe: &gpb.SubscriptionList{Mode: mode, Subscription: subs}}}
	}
	for _, req := range []*gpb.SubscribeRequest{
		{},
		{Request: &gpb.SubscribeRequest_Poll{}},
		list(gpb.SubscriptionList_ONCE, &gpb.Subscription{Path: path(top)}),
		list(gpb.SubscriptionList_STREAM, &gpb.Subscription{Path: path(top + "/domains/domain[name=*]"), Mode: gpb.SubscriptionMode_SAMPLE, SampleInterval: 1, SuppressRedundant: true, HeartbeatInterval: 1 << 63}),
		list(gpb.SubscriptionList_STREAM, &gpb.Subscription{Path: path("/..."), Mode: gpb.SubscriptionMode_ON_CHANGE}),
	} {
		f.Add(must(proto.Marshal(req))(f))
	}
	r := newRig(f, nil)
	call := deafCall{ctx: r.asAdmin()}
	f.Fuzz(func(t *testing.T, raw []byte) {
		req := &gpb.SubscribeRequest{}
		if proto.Unmarshal(raw, req) != nil {
			return
		}
		st, err := r.Server.subscribe(call, req)
		clientsFault(t, err)
		if err == nil && st.mode == gpb.SubscriptionList_ONCE {
			clientsFault(t, st.run())
		}
	})
}

// deafCall is a Subscribe call whose client takes everything.
type deafCall struct {
	grpc.BidiStreamingServer[gpb.SubscribeRequest, gpb.SubscribeResponse]
	ctx context.Context
}

func (c deafCall) Context() context.Context           { return c.ctx }
func (deafCall) Send(*gpb.SubscribeResponse) error    { return nil }
func (deafCall) Recv() (*gpb.SubscribeRequest, error) { return nil, context.Canceled }

func clientsFault(t *testing.T, err error) {
	t.Helper()
	if code := status.Code(err); code == codes.Unknown || code == codes.Internal {
		t.Fatal(err)
	}
}
