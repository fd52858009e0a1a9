package gnmi

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// grow gives the appliance n transitions, each with all its counters.
func (r *rig) grow(n int) {
	r.t.Helper()
	side := 1
	for side*(side-1) < n {
		side++
	}
	var domains, transitions []string
	for i := range side {
		domains = append(domains, fmt.Sprintf(`{"name":"d%d","config":{"name":"d%d","id":%d,"privilege-level":"LOW"}}`, i, i, 100+i))
		for j := range side {
			if i != j && len(transitions) < n {
				transitions = append(transitions, fmt.Sprintf(`{"source":"d%d","target":"d%d","config":{"source":"d%d","target":"d%d","action":"PERMIT"}}`, i, j, i, j))
			}
		}
	}
	whole := `{"domains":{"domain":[` + strings.Join(domains, ",") + `]},"transitions":{"transition":[` + strings.Join(transitions, ",") + `]}}`
	if _, err := r.dial().Set(r.as("admin"), &gpb.SetRequest{Update: []*gpb.Update{update(top, plain(whole))}}); err != nil {
		r.t.Fatal(err)
	}
	r.count(1)
}

// count sets all counters of all transitions to a value.
func (r *rig) count(value uint64) {
	r.t.Helper()
	counters := must(r.schema.Find("/mpk-security:mpk-security/transitions/transition/state/mpk-security-telemetry:counters"))(r.t)
	var leaves []*schema.Node
	for _, s := range counters.DataChildren {
		if isCounter(s) {
			leaves = append(leaves, s)
		}
	}
	path := r.instance("/transitions/transition[source='d0'][target='d1']/state/mpk-security-telemetry:counters")
	list := r.store.Operational().Find(path[:2]).(*tree.Container).Child(path[2].Node).(*tree.List)
	err := r.store.UpdateState(func(e *tree.Editor) error {
		for entry := range list.All() {
			at := slices.Clone(path)
			at[2].Keys = entry.Keys()
			for _, s := range leaves {
				if err := e.SetLeaf(append(at, schema.PathStep{Node: s}), s.Type.Unchecked(strconv.FormatUint(value, 10))); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// percentiles reports the median and the 99th percentile.
func percentiles(b *testing.B, all []time.Duration) {
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(all[len(all)*99/100].Nanoseconds()), "p99-ns")
}

// BenchmarkOnChange takes the time from a value's change in the operational tree
// to the update in the client's hands, over TLS, with 10,000 transitions there.
func BenchmarkOnChange(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRig(b, nil)
			r.grow(n)
			const at = "/transitions/transition[source='d0'][target='d1']/state/mpk-security-telemetry:counters/denied"
			l := r.subscribe("guest", &gpb.SubscriptionList{Encoding: gpb.Encoding_PROTO, UpdatesOnly: true, Subscription: []*gpb.Subscription{
				subscription(top+"/transitions/transition[source=*]/state/counters", onChange),
			}})
			l.synced()
			var all []time.Duration
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				r.put(at, strconv.Itoa(i+2))
				l.recv()
				all = append(all, time.Since(start))
			}
			percentiles(b, all)
		})
	}
}

// BenchmarkSetToUpdate takes the time from a Set, which is durable when it is
// answered, to the update in the hands of another client.
func BenchmarkSetToUpdate(b *testing.B) {
	r := newRig(b, nil)
	r.grow(10_000)
	l := r.subscribe("guest", &gpb.SubscriptionList{Encoding: gpb.Encoding_PROTO, UpdatesOnly: true, Subscription: []*gpb.Subscription{
		subscription(top+"/transitions/transition/config", onChange),
	}})
	l.synced()
	c, ctx := r.dial(), r.as("admin")
	var all []time.Duration
	for i := 0; b.Loop(); i++ {
		req := &gpb.SetRequest{Update: []*gpb.Update{update(top+"/transitions/transition[source=d0][target=d1]/config/max-rate", unsigned(uint64(i%1000+1)))}}
		start := time.Now()
		if _, err := c.Set(ctx, req); err != nil {
			b.Fatal(err)
		}
		l.recv()
		all = append(all, time.Since(start))
	}
	percentiles(b, all)
}

// frame is a SubscribeResponse that the client leaves in wire form, so that what
// is measured is the server.
type frame struct{ data []byte }

// updates counts the updates in it; synced says that it is the sync.
func (f *frame) updates(b *testing.B) (n int, synced bool) {
	field, _, size := protowire.ConsumeTag(f.data)
	if field != responseUpdate {
		return 0, true
	}
	note, _ := protowire.ConsumeBytes(f.data[size:])
	for len(note) > 0 {
		field, kind, size := protowire.ConsumeTag(note)
		rest := protowire.ConsumeFieldValue(field, kind, note[size:])
		if size < 0 || rest < 0 {
			b.Fatal("a notification is malformed")
		}
		if field == notificationUpdate {
			n++
		}
		note = note[size+rest:]
	}
	return n, false
}

// frames is the codec of a client that takes frames.
type frames struct{}

func (c frames) Unmarshal(data []byte, v any) error {
	v.(*frame).data = slices.Clone(data)
	return nil
}

func (c frames) Marshal(v any) ([]byte, error) { return proto.Marshal(v.(proto.Message)) }
func (c frames) Name() string                  { return "proto" }

// tap starts a Subscribe call whose responses stay in wire form.
func (r *rig) tap(list *gpb.SubscriptionList) (next func() *frame) {
	b := r.t
	creds := credentials.NewTLS(&tls.Config{RootCAs: r.roots(), ServerName: "localhost"})
	conn := must(grpc.NewClient(r.addr, grpc.WithTransportCredentials(creds), grpc.WithDefaultCallOptions(grpc.ForceCodec(frames{}))))(b)
	b.Cleanup(func() { conn.Close() })
	rpc := must(conn.NewStream(r.as("guest"), &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, "/gnmi.gNMI/Subscribe"))(b)
	if err := rpc.SendMsg(&gpb.SubscribeRequest{Request: &gpb.SubscribeRequest_Subscribe{Subscribe: list}}); err != nil {
		b.Fatal(err)
	}
	f := &frame{}
	return func() *frame {
		if err := rpc.RecvMsg(f); err != nil {
			b.Fatal(err)
		}
		return f
	}
}

// BenchmarkStream changes all counters of 10,000 transitions at a time and has
// one subscriber take them.
func BenchmarkStream(b *testing.B) {
	r := newRig(b, nil)
	r.grow(10_000)
	next := r.tap(&gpb.SubscriptionList{Encoding: gpb.Encoding_PROTO, UpdatesOnly: true, Subscription: []*gpb.Subscription{
		subscription(top+"/transitions", onChange),
	}})
	next()
	const values = 40_000
	var taken time.Duration
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		r.count(uint64(i + 2))
		b.StartTimer()
		start := time.Now()
		for got := 0; got < values; {
			n, _ := next().updates(b)
			got += n
		}
		taken += time.Since(start)
	}
	b.ReportMetric(float64(values*b.N)/taken.Seconds(), "updates/s")
}

// BenchmarkOnce has one client take everything there is, again and again.
func BenchmarkOnce(b *testing.B) {
	r := newRig(b, nil)
	r.grow(10_000)
	total := 0
	for b.Loop() {
		next := r.tap(&gpb.SubscriptionList{Mode: gpb.SubscriptionList_ONCE, Encoding: gpb.Encoding_PROTO, Subscription: []*gpb.Subscription{subscription("/", 0)}})
		for {
			n, synced := next().updates(b)
			if total += n; synced {
				break
			}
		}
	}
	b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "updates/s")
}
