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
