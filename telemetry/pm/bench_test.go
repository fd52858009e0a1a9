package pm

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

// large returns a rig with 300 services, as many domains and 600 transitions,
// 5,707 measurements in all.
func large(b *testing.B) *rig {
	b.Helper()
	var lines []string
	r := newRig(b, monday, new(memory))
	zero := func() *uint64 { return ygot.Uint64(0) }
	for i := range 300 {
		service, domain := fmt.Sprint("s", i), fmt.Sprint("d", i)
		lines = append(lines, viewtest.Domain(domain, i+10)...)
		lines = append(lines, viewtest.Service(service, domain, 7)...)
		r.state.Service[service] = &gen.MpkSecurity_Service{Counters: &gen.MpkSecurity_Service_Counters{
			CallsPermitted: zero(), CallsDenied: zero(), RateLimited: zero(), DwellExceeded: zero(),
			ProtectionKeyFaults: zero(), Violations: zero(), LostReports: zero(),
		}}
		r.state.Domain[domain] = &gen.MpkSecurity_Domain{Counters: &gen.MpkSecurity_Domain_Counters{
			EntriesPermitted: zero(), EntriesDenied: zero(), UnmatchedDenied: zero(), ProtectionKeyFaults: zero(),
		}}
		for _, to := range []int{i + 1, i + 2} {
			k := view.TransitionKey{Source: domain, Target: fmt.Sprint("d", to%300)}
			lines = append(lines, viewtest.Transition(k.Source, k.Target, "PERMIT")...)
			r.state.Transition[k] = &gen.MpkSecurity_Transition{Counters: &gen.MpkSecurity_Transition_Counters{
				Permitted: zero(), Denied: zero(), RateLimited: zero(), DwellExceeded: zero(),
			}}
		}
	}
	r.running = viewtest.Edit(b, r.running, lines...)
	r.round()
	return r
}

// work counts what busy services do: one counter each of a service, a domain and
// a transition.
func (r *rig) work() {
	for _, s := range r.state.Service {
		*s.Counters.CallsPermitted += 10
	}
	for _, d := range r.state.Domain {
		*d.Counters.EntriesPermitted += 10
	}
	for _, t := range r.state.Transition {
		*t.Counters.Permitted += 10
	}
}

// BenchmarkRound is a collection in which 1,201 counters have moved: without and
// with writing the bins under way.
func BenchmarkRound(b *testing.B) {
	for name, step := range map[string]time.Duration{"observe": 0, "write": Pace} {
		b.Run(name, func(b *testing.B) {
			r := large(b)
			for b.Loop() {
				r.work()
				r.now.Uptime += step
				r.Observe(r.running, r.state)
				e := r.shown.Edit()
				if err := r.Write(e); err != nil {
					b.Fatal(err)
				}
				r.shown = e.Tree()
				r.Written()
				r.Tell()
			}
		})
	}
}

// BenchmarkEndOfBin is the collection in which a quarter of an hour ends.
func BenchmarkEndOfBin(b *testing.B) {
	r := large(b)
	for b.Loop() {
		r.work()
		r.now = Reading{r.now.Wall.Add(15 * time.Minute), r.now.Uptime + 15*time.Minute}
		r.round()
	}
}

// BenchmarkMemory tells what the bins and the tree that shows them take after a
// week in which 1,201 measurements never rested, and what is stored.
func BenchmarkMemory(b *testing.B) {
	r := large(b)
	for b.Loop() {
		for range 8 * 96 {
			r.work()
			r.now = Reading{r.now.Wall.Add(15 * time.Minute), r.now.Uptime + 15*time.Minute}
			r.round()
		}
	}
	r.save()
	with := heap()
	r.shown = tree.New(viewtest.Set(b))
	without := heap()
	b.ReportMetric(float64(with-without)/1e6, "tree-MB")
	r.Bins.all = nil
	b.ReportMetric(float64(without-heap())/1e6, "bins-MB")
	b.ReportMetric(float64(len(r.memory.text))/1e6, "file-MB")
	runtime.KeepAlive(r)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkThresholds is a collection in which 300 services have counted, each
// under 1,000 thresholds that none of them crosses.
func BenchmarkThresholds(b *testing.B) {
	r := large(b)
	var lines []string
	for i := range 1000 {
		at := fmt.Sprintf("mpk-security-anomaly:thresholds/threshold[name='t%d']/config/", i)
		lines = append(lines, at+fmt.Sprint("name = t", i), at+"measurement = CALLS_PERMITTED", at+"high-value = 18446744073709551615")
	}
	r.running = viewtest.Edit(b, r.running, lines...)
	r.round()
	for b.Loop() {
		r.work()
		r.Observe(r.running, r.state)
	}
}
