package csdk_test

import (
	"fmt"
	"testing"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
)

func dwelling(t *testing.T, backend, dwell string) (*rig, *process) {
	r := node(t)
	r.commit(transition("max-dwell-time = " + dwell))
	return r, r.spawnProgram("dwell", backend)
}

// TestOverstayIsEnded: a call that does not return is ended, wherever its thread is, and what it
// called with it; locks of the heap stay usable.
func TestOverstayIsEnded(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r, p := dwelling(t, backend, "3000")
		calls := uint64(0)
		for _, operation := range []string{"spin", "sleeps", "goes-outside", "calls-back", "allocates"} {
			for _, n := range []int{1, 4} {
				p.expect(fmt.Sprint(operation, " ", n), fmt.Sprintf("0 %d 0", n))
				calls += uint64(n)
			}
		}
		r.eventually("each to be counted once", func() bool { return r.counters("a", "b").GetDwellExceeded() >= calls })
		if got := r.counters("a", "b").GetDwellExceeded(); got != calls {
			t.Errorf("%d calls overstayed, %d are counted", calls, got)
		}
		p.end()
	})
}

// TestOverstayIsReportedAtOnce: by a call that is still inside. It made itself deaf to the
// signal that would end it, which only a filter of system calls prevents.
func TestOverstayIsReportedAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r, p := dwelling(t, backend, "300000") // in which it has become deaf
		fmt.Fprintln(p.orders, "deaf 1")
		if v := r.violation(); v.Kind != wire.DwellExceeded || v.Source != "a" || v.Target != "b" || v.Operation != "deaf" {
			t.Errorf("violation %+v", v)
		}
		p.expect("go", "1 0 0") // it returned by itself
		r.eventually("the call to be counted", func() bool { return r.counters("a", "b").GetDwellExceeded() == 1 })
		p.end()
	})
}

// TestOverstayStorm: calls through many domains, of which many wait for a key and many are ended.
func TestOverstayStorm(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		out, err := start(t, manyDomains(20, "max-dwell-time = 4000")).run("storm", backend)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Log(out)
	})
}

// TestOverstayRaces: calls that return at about the time when they would be ended do either, and
// none is counted twice or ended in the place of another.
func TestOverstayRaces(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r, p := dwelling(t, backend, "1000")
		const calls = 150
		var returned, ended, other uint64
		if _, err := fmt.Sscan(p.do(fmt.Sprint("nearly ", calls)), &returned, &ended, &other); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d returned, %d were ended", returned, ended)
		if returned+ended != calls || returned == 0 || ended == 0 {
			t.Errorf("%d returned, %d were ended, %d something else", returned, ended, other)
		}
		r.eventually("the calls to be counted", func() bool { return r.counters("a", "b").GetPermitted() == calls })
		if n := r.counters("a", "b").GetDwellExceeded(); n < ended || n > calls {
			t.Errorf("%d of %d calls were ended, %d are counted", ended, calls, n)
		}
		p.end()
	})
}

// TestEndedHoldsNoLock: a service whose code is ended while it takes memory, or remembers what a thread's is, can do both again.
func TestEndedHoldsNoLock(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r := trio(t)
		h := r.host(backend, "--after-fault", "go-on")
		r.commit(transition("max-dwell-time = 2000"))
		for range 12 {
			h.expect("call juggles 1", "-17 0")
		}
		r.commit("- " + transition("max-dwell-time"))
		h.expect("call sum 5", "0 18849")
		h.stop(5)
	})
}
