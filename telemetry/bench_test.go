package telemetry_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/telemetry/pm"
)

// BenchmarkIdle is a collection in which nothing has changed, of 1,000 services
// that nobody provides.
func BenchmarkIdle(b *testing.B) {
	var lines []string
	for i := range 1000 {
		lines = append(lines, viewtest.Service(fmt.Sprint("v", i), "a", 7)...)
	}
	w := newWatch(b, lines...)
	for i := range 1000 {
		s := *w.from.state.Service["s"]
		s.Attached, s.OperationalState = nil, gen.MpkSecurityTypes_OperationalState_OUT_OF_SERVICE
		s.Counters = &gen.MpkSecurity_Service_Counters{
			CallsPermitted: new(uint64), CallsDenied: new(uint64), RateLimited: new(uint64), DwellExceeded: new(uint64),
			ProtectionKeyFaults: new(uint64), Violations: new(uint64), LostReports: new(uint64),
		}
		w.from.state.Service[fmt.Sprint("v", i)] = &s
	}
	collect(b, w.Collector)
	w.now = pm.Reading{Wall: w.now.Wall.Add(time.Minute), Uptime: w.now.Uptime + time.Minute}
	collect(b, w.Collector)
	b.ReportAllocs()
	for b.Loop() {
		collect(b, w.Collector)
	}
}

// BenchmarkObserved is a collection of 10,000 pairs of domains that made calls, one
// of which made another in between.
func BenchmarkObserved(b *testing.B) {
	const n = 10_000
	var pairs []*gen.MpkSecurity_Observation_Transition
	for i := range n {
		pairs = append(pairs, observed("a", fmt.Sprint("t", i), 1, "read", "write"))
	}
	w := newWatch(b)
	w.from.state = observing(pairs...)
	collect(b, w.Collector)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		pairs[i%n] = observed("a", fmt.Sprint("t", i%n), uint64(i+2), "read", "write")
		w.from.state = observing(pairs...)
		collect(b, w.Collector)
	}
}
