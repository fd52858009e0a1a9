package appliance

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	waveguard "github.com/optical-net/waveguard/sdk/go"
)

// node attaches two services of the default policy that run in this process.
func node(b *testing.B, a *Appliance) *waveguard.Host {
	b.Helper()
	host, err := waveguard.Attach(b.Context(), waveguard.Config{
		Socket: a.cfg.attachSocket(),
		Logger: a.cfg.Logger,
		Services: []waveguard.ServiceSpec{
			{Name: "performance-monitoring", Operations: []waveguard.Operation{{
				Name: "read-power", Handler: func(*waveguard.Thread, any) (any, error) { return nil, nil },
			}}},
			{Name: "dashboard"},
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = host.Close() })
	return host
}

func action(action string) string {
	return `<transitions><transition><source>dashboard</source><target>performance-monitoring</target><config><source>dashboard</source>` +
		`<target>performance-monitoring</target><action>` + action + `</action></config></transition></transitions>`
}

// BenchmarkCommitToGate is the time from a commit's answer, as the NETCONF
// client reads it, to the first call that a gate refuses. The gate may obey
// before the answer has arrived: that counts as zero.
func BenchmarkCommitToGate(b *testing.B) {
	a := start(b)
	c := dial(b, a)
	host := node(b, a)
	refused := make(chan time.Time)
	var permitted, stop atomic.Bool
	done := make(chan error, 1)
	go func() {
		done <- host.Service("dashboard").Run(b.Context(), func(t *waveguard.Thread) error {
			for !stop.Load() {
				_, err := t.Call("performance-monitoring", "read-power", nil)
				if errors.Is(err, waveguard.ErrDenied) && permitted.CompareAndSwap(true, false) {
					refused <- time.Now()
				}
			}
			return nil
		})
	}()
	var late []time.Duration
	for b.Loop() {
		c.edit(action("PERMIT"))
		c.call("<commit/>")
		permitted.Store(true)
		c.edit(action("DENY"))
		c.call("<commit/>")
		answered := time.Now()
		late = append(late, max(0, (<-refused).Sub(answered)))
	}
	stop.Store(true)
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	report(b, late)
}

// dialGNMI returns a gNMI client until the test ends, and the context that
// carries the administrator's password.
func dialGNMI(t testing.TB, a *Appliance) (gpb.GNMIClient, context.Context) {
	t.Helper()
	pem, err := os.ReadFile(filepath.Join(a.cfg.Dir, "tls", "cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	conn, err := grpc.NewClient(a.GNMIAddr().String(), grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: pool})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return gpb.NewGNMIClient(conn), metadata.AppendToOutgoingContext(t.Context(), "username", "admin", "password", password)
}

// subscribe opens an on-change subscription to the refusals of one transition.
func subscribe(b *testing.B, a *Appliance) gpb.GNMI_SubscribeClient {
	b.Helper()
	target, ctx := dialGNMI(b, a)
	stream, err := target.Subscribe(ctx)
	if err != nil {
		b.Fatal(err)
	}
	elem := func(name string) *gpb.PathElem { return &gpb.PathElem{Name: name} }
	err = stream.Send(&gpb.SubscribeRequest{Request: &gpb.SubscribeRequest_Subscribe{Subscribe: &gpb.SubscriptionList{
		Mode: gpb.SubscriptionList_STREAM, Encoding: gpb.Encoding_PROTO,
		Subscription: []*gpb.Subscription{{Mode: gpb.SubscriptionMode_ON_CHANGE, Path: &gpb.Path{Elem: []*gpb.PathElem{
			elem("mpk-security"), elem("transitions"),
			{Name: "transition", Key: map[string]string{"source": "dashboard", "target": "performance-monitoring"}},
			elem("state"), elem("counters"), elem("denied"),
		}}}},
	}}})
	if err != nil {
		b.Fatal(err)
	}
	return stream
}

// denied waits until the subscription says that so many calls were denied.
func denied(b *testing.B, stream gpb.GNMI_SubscribeClient, want uint64) {
	b.Helper()
	for {
		r, err := stream.Recv()
		if err != nil {
			b.Fatal(err)
		}
		for _, u := range r.GetUpdate().GetUpdate() {
			if u.GetVal().GetUintVal() >= want {
				return
			}
		}
	}
}

// BenchmarkViolationToUpdate is the time from a refused call to the on-change
// update of its counter at a gNMI client.
func BenchmarkViolationToUpdate(b *testing.B) {
	a := start(b)
	c := dial(b, a)
	c.edit(action("DENY"))
	c.call("<commit/>")
	host := node(b, a)
	stream := subscribe(b, a)
	var took []time.Duration
	err := host.Service("dashboard").Run(context.Background(), func(t *waveguard.Thread) error {
		for i := uint64(1); b.Loop(); i++ {
			began := time.Now()
			if _, err := t.Call("performance-monitoring", "read-power", nil); !errors.Is(err, waveguard.ErrDenied) {
				b.Fatalf("the call was not denied: %v", err)
			}
			denied(b, stream, i)
			took = append(took, time.Since(began))
			time.Sleep(time.Millisecond) // alone, not in a burst that is coalesced
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	report(b, took)
}
