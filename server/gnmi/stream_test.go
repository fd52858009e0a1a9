package gnmi

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	ext "github.com/openconfig/gnmi/proto/gnmi_ext"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestSubscribeRefuses(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.Subscriptions = 3 })
	one := []*gpb.Subscription{subscription("/", onChange)}
	short := subscription("/", sampled)
	short.SampleInterval = 1
	long := subscription("/", sampled)
	long.SampleInterval = 1 << 63
	chosen := subscription("/", 0)
	chosen.SampleInterval = uint64(time.Second)
	for _, test := range []struct {
		name string
		list *gpb.SubscriptionList
		code codes.Code
		want string
	}{
		{"nothing", &gpb.SubscriptionList{}, codes.InvalidArgument, "empty"},
		{"too many", &gpb.SubscriptionList{Subscription: []*gpb.Subscription{{}, {}, {}, {}}}, codes.InvalidArgument, "at most 3"},
		{"encoding", &gpb.SubscriptionList{Subscription: one, Encoding: gpb.Encoding_BYTES}, codes.Unimplemented, "BYTES"},
		{"mode", &gpb.SubscriptionList{Subscription: one, Mode: 9}, codes.InvalidArgument, "mode"},
		{"mode of a subscription", &gpb.SubscriptionList{Subscription: []*gpb.Subscription{subscription("/", 9)}}, codes.InvalidArgument, "mode"},
		{"path", &gpb.SubscriptionList{Subscription: []*gpb.Subscription{subscription(top+"/doors", onChange)}}, codes.Unimplemented, "doors"},
		{"key", &gpb.SubscriptionList{Subscription: []*gpb.Subscription{subscription(top+"/domains/domain[x=y]", onChange)}}, codes.InvalidArgument, "no key"},
		{"short interval", &gpb.SubscriptionList{Subscription: []*gpb.Subscription{short}}, codes.InvalidArgument, "the least is 100ms"},
		{"long interval", &gpb.SubscriptionList{Subscription: []*gpb.Subscription{long}}, codes.InvalidArgument, "too long"},
		{"interval for the target to choose", &gpb.SubscriptionList{Subscription: []*gpb.Subscription{chosen}}, codes.InvalidArgument, "TARGET_DEFINED"},
		{"unreadable", &gpb.SubscriptionList{Subscription: []*gpb.Subscription{subscription(top+"/system/users/user/config/password-hash", onChange)}}, codes.PermissionDenied, "cannot be read"},
		{"model", &gpb.SubscriptionList{Subscription: one, UseModels: []*gpb.ModelData{{Name: "x"}}}, codes.InvalidArgument, "use_models"},
	} {
		if err := r.subscribe("guest", test.list).fails(); status.Code(err) != test.code || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %v with %q", test.name, err, test.code, test.want)
		}
	}
}

func TestRequestsThatCannotFollow(t *testing.T) {
	r := newRig(t, nil)
	again := &gpb.SubscribeRequest{Request: &gpb.SubscribeRequest_Subscribe{Subscribe: &gpb.SubscriptionList{}}}
	for _, mode := range []gpb.SubscriptionList_Mode{gpb.SubscriptionList_STREAM, gpb.SubscriptionList_POLL} {
		l := r.subscribe("guest", &gpb.SubscriptionList{Mode: mode, Subscription: []*gpb.Subscription{subscription(counters, onChange)}})
		l.synced()
		l.send(again)
		if err := l.fails(); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%v: a second list: %v", mode, err)
		}
	}
	l := r.subscribe("guest", nil)
	if err := l.fails(); status.Code(err) != codes.InvalidArgument {
		t.Errorf("no list: %v", err)
	}
	rpc := must(r.dial().Subscribe(r.as("guest")))(t)
	req := &gpb.SubscribeRequest{
		Request:   &gpb.SubscribeRequest_Subscribe{Subscribe: &gpb.SubscriptionList{Subscription: []*gpb.Subscription{{}}}},
		Extension: []*ext.Extension{{Ext: &ext.Extension_ConfigSubscription{}}},
	}
	(&listener{t: t, rpc: rpc}).send(req)
	if _, err := rpc.Recv(); status.Code(err) != codes.Unimplemented {
		t.Errorf("config_subscription: %v", err)
	}
}

func TestStreamGoesOnAfterHalfClose(t *testing.T) {
	r := newRig(t, nil)
	l := r.subscribe("guest", &gpb.SubscriptionList{Encoding: gpb.Encoding_PROTO, Subscription: []*gpb.Subscription{subscription(counters, onChange)}})
	l.synced()
	if err := l.rpc.CloseSend(); err != nil {
		t.Fatal(err)
	}
	r.put(stateCounters+"/denied", "1")
	l.wants(counters + "/denied uint 1")
}

func TestStreamQuota(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.UserStreams = 2 })
	list := &gpb.SubscriptionList{Subscription: []*gpb.Subscription{subscription(counters, onChange)}}
	first := r.subscribe("guest", list)
	first.synced()
	r.subscribe("guest", list).synced()
	if err := r.subscribe("guest", list).fails(); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("the third: %v", err)
	}
	r.subscribe("op", list).synced()
	first.end()
	for {
		l := r.subscribe("guest", list)
		resp, err := l.rpc.Recv()
		if status.Code(err) == codes.ResourceExhausted {
			continue // the server has not heard of the end yet
		}
		if err != nil || !resp.GetSyncResponse() {
			t.Errorf("after one ended: %v, %v", resp, err)
		}
		return
	}
}

func TestStreamEndsWithTheUser(t *testing.T) {
	r := newRig(t, nil)
	l := r.subscribe("guest", &gpb.SubscriptionList{Subscription: []*gpb.Subscription{subscription(top+"/system", onChange)}})
	l.synced()
	if _, err := r.dial().Set(r.as("admin"), &gpb.SetRequest{Delete: []*gpb.Path{path(top + "/system/users/user[name=guest]")}}); err != nil {
		t.Fatal(err)
	}
	if err := l.fails(); status.Code(err) != codes.Unauthenticated {
		t.Errorf("got %v", err)
	}
}

func TestStreamEndsWithTheServer(t *testing.T) {
	r := newRig(t, nil)
	l := r.subscribe("guest", &gpb.SubscriptionList{Subscription: []*gpb.Subscription{subscription(counters, onChange)}})
	l.synced()
	r.stop()
	if err := l.fails(); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v", err)
	}
}

// TestSlowSubscriber has a client that takes nothing while values change, until
// far more than any buffer holds has passed. Nobody else may wait for it, and in
// the end it must have the last value.
func TestSlowSubscriber(t *testing.T) {
	r := newRig(t, nil)
	big := strings.Repeat("x", 250)
	domain := "/domains/domain[name='dashboard']/state/description"
	slow := r.subscribe("guest", &gpb.SubscriptionList{Encoding: gpb.Encoding_PROTO, Subscription: []*gpb.Subscription{subscription(top+"/domains", onChange)}})
	const versions = 4000
	for i := range versions {
		r.put(domain, fmt.Sprint(big, i))
	}
	last := fmt.Sprintf("%q", fmt.Sprint(big, versions-1))
	for n := 1; ; n++ {
		resp := slow.recv()
		if slices.ContainsFunc(lines(resp.GetUpdate()), func(s string) bool { return strings.HasSuffix(s, last) }) {
			t.Logf("%d messages for %d versions", n, versions)
			return
		}
	}
}
