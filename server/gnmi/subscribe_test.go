package gnmi

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc"
)

// listener is a client's side of a Subscribe call.
type listener struct {
	t   testing.TB
	rpc grpc.BidiStreamingClient[gpb.SubscribeRequest, gpb.SubscribeResponse]
	end context.CancelFunc
}

func (r *rig) subscribe(user string, list *gpb.SubscriptionList) *listener {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.as(user))
	r.t.Cleanup(cancel)
	l := &listener{r.t, must(r.dial().Subscribe(ctx))(r.t), cancel}
	l.send(&gpb.SubscribeRequest{Request: &gpb.SubscribeRequest_Subscribe{Subscribe: list}})
	return l
}

func (l *listener) send(req *gpb.SubscribeRequest) {
	l.t.Helper()
	if err := l.rpc.Send(req); err != nil && err != io.EOF {
		l.t.Fatal(err)
	}
}

func (l *listener) recv() *gpb.SubscribeResponse {
	l.t.Helper()
	return must(l.rpc.Recv())(l.t)
}

// synced returns the values up to the sync.
func (l *listener) synced() (all []string) {
	l.t.Helper()
	for {
		resp := l.recv()
		if resp.GetSyncResponse() {
			return all
		}
		all = append(all, lines(resp.GetUpdate())...)
	}
}

// update returns the values of the next notification.
func (l *listener) update() []string {
	l.t.Helper()
	resp := l.recv()
	if resp.GetUpdate() == nil {
		l.t.Fatalf("not an update: %v", resp)
	}
	return lines(resp.GetUpdate())
}

func (l *listener) wants(want ...string) {
	l.t.Helper()
	if got := l.update(); !slices.Equal(got, want) {
		l.t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// fails returns why the call ended.
func (l *listener) fails() error {
	l.t.Helper()
	for {
		if _, err := l.rpc.Recv(); err != nil {
			return err
		}
	}
}

func subscription(p string, mode gpb.SubscriptionMode) *gpb.Subscription {
	return &gpb.Subscription{Path: path(p), Mode: mode}
}

const (
	onChange = gpb.SubscriptionMode_ON_CHANGE
	sampled  = gpb.SubscriptionMode_SAMPLE

	counters      = monitoring + "/state/counters"
	stateCounters = "/transitions/transition[source='dashboard'][target='performance-monitoring']/state/mpk-security-telemetry:counters"
)

func TestOnce(t *testing.T) {
	r := newRig(t, nil)
	r.put(stateCounters+"/denied", "3")
	for encoding, want := range map[gpb.Encoding]string{gpb.Encoding_PROTO: "uint 3", gpb.Encoding_JSON: "JSON 3", gpb.Encoding_JSON_IETF: `JSON_IETF "3"`} {
		l := r.subscribe("guest", &gpb.SubscriptionList{Mode: gpb.SubscriptionList_ONCE, Encoding: encoding, Subscription: []*gpb.Subscription{
			subscription(counters, 0), subscription(top+"/services/service[name=none]", 0),
		}})
		if got := l.synced(); !slices.Equal(got, []string{counters + "/denied " + want}) {
			t.Errorf("%v: got %q", encoding, got)
		}
		if _, err := l.rpc.Recv(); err != io.EOF {
			t.Errorf("after the sync: %v", err)
		}
	}
}

func TestOnceEverything(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.UpdatesPerMessage = 4 })
	l := r.subscribe("guest", &gpb.SubscriptionList{
		Mode: gpb.SubscriptionList_ONCE, Encoding: gpb.Encoding_PROTO,
		Prefix: &gpb.Path{Target: "node-1"}, Subscription: []*gpb.Subscription{subscription("/", 0)},
	})
	values := 0
	for {
		resp := l.recv()
		if resp.GetSyncResponse() {
			break
		}
		n := resp.GetUpdate()
		if len(n.GetUpdate()) > 4 || n.GetPrefix().GetTarget() != "node-1" || n.GetTimestamp() == 0 {
			t.Fatalf("got %v", n)
		}
		for _, line := range lines(n) {
			if strings.Contains(line, "argon2id") || strings.Contains(line, "*") {
				t.Error(line)
			}
			values++
		}
	}
	if values < 50 {
		t.Errorf("%d values", values)
	}
}

func TestUpdatesOnlyOnce(t *testing.T) {
	r := newRig(t, nil)
	l := r.subscribe("guest", &gpb.SubscriptionList{Mode: gpb.SubscriptionList_ONCE, UpdatesOnly: true, Subscription: []*gpb.Subscription{subscription("/", 0)}})
	if got := l.synced(); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestPoll(t *testing.T) {
	r := newRig(t, nil)
	r.put(stateCounters+"/denied", "1")
	l := r.subscribe("guest", &gpb.SubscriptionList{Mode: gpb.SubscriptionList_POLL, Encoding: gpb.Encoding_PROTO, Subscription: []*gpb.Subscription{subscription(counters, 0)}})
	poll := &gpb.SubscribeRequest{Request: &gpb.SubscribeRequest_Poll{Poll: &gpb.Poll{}}}
	for i := 1; i < 4; i++ {
		if got := l.synced(); !slices.Equal(got, []string{fmt.Sprintf("%s/denied uint %d", counters, i)}) {
			t.Fatalf("poll %d: %q", i, got)
		}
		r.put(stateCounters+"/denied", fmt.Sprint(i+1))
		l.send(poll)
	}
	l.synced()
	if err := l.rpc.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if err := l.fails(); err != io.EOF {
		t.Errorf("after the client closed: %v", err)
	}
}

func TestOnChange(t *testing.T) {
	r := newRig(t, nil)
	c := r.dial()
	set := func(req *gpb.SetRequest) {
		t.Helper()
		if _, err := c.Set(r.as("admin"), req); err != nil {
			t.Fatal(err)
		}
	}
	l := r.subscribe("guest", &gpb.SubscriptionList{Encoding: gpb.Encoding_PROTO, Subscription: []*gpb.Subscription{
		subscription(counters, onChange),
		subscription(top+"/domains/domain[name=*]/config", onChange),
		subscription(top+"/transitions/transition[target=key-store]/config/fast-path", onChange),
		subscription(top+"/system/config", onChange),
		subscription(monitoring+"/config/operation", onChange),
		subscription(top+"/services/service[name=later]", onChange),
	}})
	if got := l.synced(); len(got) != 4*8+1+1+3+1 {
		t.Errorf("%d values at first: %q", len(got), got)
	}

	r.put(stateCounters+"/denied", "1")
	l.wants(counters + "/denied uint 1")
	r.put(stateCounters+"/denied", "2", stateCounters+"/permitted", "9")
	l.wants(counters+"/permitted uint 9", counters+"/denied uint 2")

	// What nobody subscribed to is not sent; a value that comes is.
	set(&gpb.SetRequest{Update: []*gpb.Update{update(monitoring+"/config/max-rate", unsigned(5))}})
	set(&gpb.SetRequest{Update: []*gpb.Update{update(top+"/domains/domain[name=dashboard]/config/description", text("walls"))}})
	l.wants(top + `/domains/domain[name=dashboard]/config/description "walls"`)
	set(&gpb.SetRequest{Delete: []*gpb.Path{path(top + "/domains/domain[name=dashboard]/config/description")}})
	l.wants("- " + top + "/domains/domain[name=dashboard]/config/description")

	// Going back to the default is an update.
	set(&gpb.SetRequest{Update: []*gpb.Update{update(top+"/system/config/name", text("node-1"))}})
	l.wants(top + `/system/config/name "node-1"`)
	set(&gpb.SetRequest{Delete: []*gpb.Path{path(top + "/system/config/name")}})
	l.wants(top + `/system/config/name "waveguard"`)
	set(&gpb.SetRequest{Delete: []*gpb.Path{path(top + "/transitions/transition[target=key-store]/config/fast-path")}})
	l.wants(top + "/transitions/transition[source=performance-monitoring][target=key-store]/config/fast-path true")

	// A leaf-list is one value.
	set(&gpb.SetRequest{Update: []*gpb.Update{update(monitoring+"/config/operation", ietf(`["a","z"]`))}})
	l.wants(monitoring + `/config/operation ["a" "list" "read" "z"]`)
	set(&gpb.SetRequest{Delete: []*gpb.Path{path(monitoring + "/config/operation")}})
	l.wants("- " + monitoring + "/config/operation")

	// What did not exist comes, and goes, with all below.
	set(&gpb.SetRequest{Update: []*gpb.Update{update(top+"/services/service[name=later]", plain(`{"config":{"name":"later","domain":"dashboard","uid":7}}`))}})
	l.wants(top+`/services/service[name=later]/name "later"`, top+`/services/service[name=later]/config/name "later"`,
		top+`/services/service[name=later]/config/domain "dashboard"`, top+`/services/service[name=later]/config/uid uint 7`,
		top+`/services/service[name=later]/config/administrative-state "IN_SERVICE"`, top+`/services/service[name=later]/config/lifecycle-state "DEPLOYED"`,
		top+`/services/service[name=later]/config/code-scan-mode "REPORT"`,
		top+`/services/service[name=later]/state/name "later"`, top+`/services/service[name=later]/state/domain "dashboard"`,
		top+`/services/service[name=later]/state/uid uint 7`,
		top+`/services/service[name=later]/state/administrative-state "IN_SERVICE"`, top+`/services/service[name=later]/state/lifecycle-state "DEPLOYED"`,
		top+`/services/service[name=later]/state/code-scan-mode "REPORT"`)
	set(&gpb.SetRequest{Delete: []*gpb.Path{path(top + "/services")}})
	l.wants("- " + top + "/services/service[name=later]")
	set(&gpb.SetRequest{Delete: []*gpb.Path{path(top + "/transitions")}})
	l.wants("- " + counters)
	l.wants("- " + top + "/transitions/transition[source=performance-monitoring][target=key-store]/config/fast-path")
}

func TestUpdatesOnly(t *testing.T) {
	r := newRig(t, nil)
	r.put(stateCounters+"/denied", "1")
	l := r.subscribe("guest", &gpb.SubscriptionList{Encoding: gpb.Encoding_PROTO, UpdatesOnly: true, Subscription: []*gpb.Subscription{subscription(counters, onChange)}})
	if got := l.synced(); len(got) != 0 {
		t.Errorf("before the sync: %q", got)
	}
	r.put(stateCounters+"/permitted", "1")
	l.wants(counters + "/permitted uint 1")
}

func TestSample(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.SampleInterval = 5 * time.Millisecond })
	r.put(stateCounters+"/denied", "1", stateCounters+"/permitted", "1")
	l := r.subscribe("guest", &gpb.SubscriptionList{Encoding: gpb.Encoding_PROTO, Subscription: []*gpb.Subscription{subscription(counters, sampled)}})
	both := []string{counters + "/permitted uint 1", counters + "/denied uint 1"}
	if got := l.synced(); !slices.Equal(got, both) {
		t.Errorf("at first: %q", got)
	}
	for range 3 {
		l.wants(both...)
	}
	r.remove(stateCounters + "/permitted")
	for {
		got := l.update()
		if slices.Equal(got, both) {
			continue // taken before
		}
		if !slices.Equal(got, []string{"- " + counters + "/permitted"}) {
			t.Errorf("after it went: %q", got)
		}
		break
	}
	l.wants(counters + "/denied uint 1")
}

func TestSampleWithoutRedundant(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.SampleInterval = 5 * time.Millisecond })
	r.put(stateCounters+"/denied", "1", stateCounters+"/permitted", "1")
	sub := subscription(counters, sampled)
	sub.SuppressRedundant = true
	l := r.subscribe("guest", &gpb.SubscriptionList{Encoding: gpb.Encoding_PROTO, Subscription: []*gpb.Subscription{sub}})
	l.synced()
	for i := 2; i < 5; i++ {
		r.put(stateCounters+"/denied", fmt.Sprint(i))
		l.wants(fmt.Sprintf("%s/denied uint %d", counters, i))
	}
}

func TestHeartbeat(t *testing.T) {
	for _, mode := range []gpb.SubscriptionMode{onChange, sampled} {
		r := newRig(t, func(c *Config) { c.Limits.SampleInterval = 5 * time.Millisecond })
		r.put(stateCounters+"/denied", "1")
		sub := subscription(counters, mode)
		sub.SuppressRedundant, sub.HeartbeatInterval = mode == sampled, uint64(20*time.Millisecond)
		l := r.subscribe("guest", &gpb.SubscriptionList{Encoding: gpb.Encoding_PROTO, Subscription: []*gpb.Subscription{sub}})
		l.synced()
		for range 3 {
			l.wants(counters + "/denied uint 1")
		}
	}
}

func TestTargetDefined(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.CounterInterval = time.Hour })
	r.put(stateCounters+"/denied", "1")
	l := r.subscribe("guest", &gpb.SubscriptionList{Encoding: gpb.Encoding_PROTO, Subscription: []*gpb.Subscription{subscription(counters, 0)}})
	if got := l.synced(); !slices.Equal(got, []string{counters + "/denied uint 1"}) {
		t.Errorf("at first: %q", got)
	}
	// The counter waits for its sample, the time is sent at once.
	r.put(stateCounters+"/denied", "2", stateCounters+"/last-denied", "2026-11-23T00:00:00Z")
	l.wants(counters + `/last-denied "2026-11-23T00:00:00Z"`)
}

func TestTargetDefinedSamplesCounters(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.CounterInterval = 5 * time.Millisecond })
	r.put(stateCounters+"/denied", "1", stateCounters+"/last-denied", "2026-11-23T00:00:00Z")
	l := r.subscribe("guest", &gpb.SubscriptionList{Encoding: gpb.Encoding_PROTO, Subscription: []*gpb.Subscription{subscription(counters, 0)}})
	l.synced()
	for range 3 {
		l.wants(counters + "/denied uint 1")
	}
}
