package waveguard_test

import (
	"errors"
	"fmt"
	"testing"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
)

// benchmarkGate measures calls of an operation that does nothing. With the
// backend NONE it is the gate without its two WRPKRUs.
func benchmarkGate(b *testing.B, flags page.Flags, call func(*waveguard.Thread, *waveguard.Gate) (any, error)) {
	for _, kind := range []mpk.Kind{mpk.KindNone, mpk.KindMprotect, mpk.KindPKU} {
		b.Run(kind.String(), func(b *testing.B) {
			backend, err := mpk.Open(kind)
			if err != nil {
				b.Skip(err)
			}
			n := startNodeOn(b, backend, handlers{"key-store": {{Name: "nothing", Handler: func(*waveguard.Thread, any) (any, error) {
				return nil, nil
			}}}})
			n.daemon.publish(permitBut(dashboard, keyStore, func(e *page.Entry) { e.Flags = flags }))
			for _, service := range []string{"key-store", "dashboard"} {
				if _, err := n.Service(service).NewRegion(1); err != nil {
					b.Fatal(err)
				}
			}
			gate, err := n.Gate("key-store", "nothing")
			if err != nil {
				b.Fatal(err)
			}
			n.run(b, "dashboard", func(th *waveguard.Thread) error {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := call(th, gate); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}

func enter(t *waveguard.Thread, g *waveguard.Gate) (any, error) { return t.Enter(g, nil) }

// BenchmarkGateFast is a gate whose verdict is remembered.
func BenchmarkGateFast(b *testing.B) {
	benchmarkGate(b, page.Permit|page.FastPath, enter)
}

// BenchmarkGateSlow is a gate that asks the policy page every time.
func BenchmarkGateSlow(b *testing.B) {
	benchmarkGate(b, page.Permit, enter)
}

// BenchmarkCallFast is BenchmarkGateFast found by name.
func BenchmarkCallFast(b *testing.B) {
	benchmarkGate(b, page.Permit|page.FastPath, func(t *waveguard.Thread, _ *waveguard.Gate) (any, error) {
		return t.Call("key-store", "nothing", nil)
	})
}

// benchmarkPolicy measures calls of an operation that does nothing, without walls,
// under a policy.
func benchmarkPolicy(b *testing.B, change func(table page.Table, e *page.Entry)) {
	backend, err := mpk.Open(mpk.KindNone)
	if err != nil {
		b.Fatal(err)
	}
	n := startNodeOn(b, backend, handlers{"key-store": {{Name: "nothing", Handler: func(*waveguard.Thread, any) (any, error) {
		return nil, nil
	}}}})
	var entry *page.Entry
	table := permitBut(dashboard, keyStore, func(e *page.Entry) { entry = e })
	change(table, entry)
	n.daemon.publish(table)
	gate, err := n.Gate("key-store", "nothing")
	if err != nil {
		b.Fatal(err)
	}
	n.run(b, "dashboard", func(th *waveguard.Thread) error {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = th.Enter(gate, nil)
		}
		return nil
	})
}

// BenchmarkGateConstantTime is BenchmarkGateSlow into a domain that wants checks of
// constant time.
func BenchmarkGateConstantTime(b *testing.B) {
	benchmarkPolicy(b, func(table page.Table, _ *page.Entry) { table[keyStore].Wall.Manner = page.ConstantTime })
}

// BenchmarkGateDelay is BenchmarkGateFast with a random delay at each of the two
// crossings, of up to so many nanoseconds.
func BenchmarkGateDelay(b *testing.B) {
	for _, most := range []uint16{1, 100, 1000, 10000} {
		b.Run(fmt.Sprint(most), func(b *testing.B) {
			benchmarkPolicy(b, func(table page.Table, _ *page.Entry) { table[keyStore].Wall.GateDelay = most })
		})
	}
}

// BenchmarkGateDwell is BenchmarkGateFast with a limit to the time inside that is
// never reached.
func BenchmarkGateDwell(b *testing.B) {
	benchmarkPolicy(b, func(_ page.Table, e *page.Entry) { e.MaxDwell = 60_000_000 })
}

// BenchmarkGateRate is BenchmarkGateFast with a rate that is never reached.
func BenchmarkGateRate(b *testing.B) {
	benchmarkPolicy(b, func(_ page.Table, e *page.Entry) { e.MaxRate = 1 << 31 })
}

// BenchmarkGatePermissive is BenchmarkGateFast from a permissive domain, of calls that
// policy permits and of those that it does not.
func BenchmarkGatePermissive(b *testing.B) {
	for name, flags := range map[string]page.Flags{"permitted": page.Permit | page.FastPath, "tolerated": 0} {
		b.Run(name, func(b *testing.B) {
			benchmarkPolicy(b, func(table page.Table, e *page.Entry) {
				table[dashboard].Wall.Manner, e.Flags = page.Permissive, flags
			})
		})
	}
}

// TestFastPathDoesNotAllocate holds what the benchmarks show.
func TestFastPathDoesNotAllocate(t *testing.T) {
	n := startNode(t, handlers{"key-store": {{Name: "nothing", Handler: func(*waveguard.Thread, any) (any, error) {
		return nil, nil
	}}}})
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		allocations := testing.AllocsPerRun(100, func() {
			if _, err := th.Call("key-store", "nothing", nil); err != nil {
				t.Error(err)
			}
		})
		if allocations != 0 {
			t.Errorf("a call allocates %v times", allocations)
		}
		return nil
	})
}

// BenchmarkChannel sends messages of 64 octets and receives them in another domain, a thousand at
// a time and all on one thread: what they take beyond moving between processors, which
// testdata/bench/channels measures.
func BenchmarkChannel(b *testing.B) {
	const batch = 1000
	for name, integrity := range map[string]channel.Integrity{"NONE": channel.NoIntegrity, "CRC32C": channel.CRC32C, "HMAC": channel.HMACSHA256} {
		b.Run(name, func(b *testing.B) {
			backend, err := mpk.Open(mpk.KindNone)
			if err != nil {
				b.Fatal(err)
			}
			n := startLevels(b, backend, 0)
			g := newRing(b, n.first, channel.Shape{Consumers: consumers, Slots: 1024, SlotSize: 64, Integrity: integrity}, 1)
			g.Activate(1, false)
			s, r, payload := n.sender(b), n.receiver(b, "monitoring"), make([]byte, 64)
			send := func(th *waveguard.Thread) (err error) {
				for i := 0; i < batch && err == nil; i++ {
					err = s.Send(th, payload)
				}
				return err
			}
			receive := func(th *waveguard.Thread) (err error) {
				for i := 0; i < batch && err == nil; i++ {
					_, err = r.Receive(th)
				}
				return errors.Join(err, r.Release(th))
			}
			for b.Loop() {
				n.run(b, "key-store", send)
				n.run(b, "monitoring", receive)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/message")
		})
	}
}
