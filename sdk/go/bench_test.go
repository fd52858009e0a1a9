package waveguard_test

import (
	"testing"

	waveguard "github.com/optical-net/waveguard/sdk/go"

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
