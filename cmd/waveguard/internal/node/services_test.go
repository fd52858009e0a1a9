package node

import (
	"errors"
	"testing"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/optical"
)

// wired are the services without walls: calls go straight to operations.
type wired struct {
	services   map[string]service
	operations map[crossing]operation
	refuse     func(crossing) bool
	sent       [][]byte
}

// wire is the caller that one service has.
type wire struct {
	*wired
	source string
}

func (w wire) Call(target, name string, argument any) (any, error) {
	if w.refuse != nil && w.refuse(crossing{w.source, target, name}) {
		return nil, errors.New("refused")
	}
	op, ok := w.operations[crossing{"", target, name}]
	if !ok {
		return nil, errors.New("no such operation")
	}
	return op.handle(argument), nil
}

func (w wire) Send(_ string, message []byte) bool {
	w.wired.sent = append(w.sent, message)
	return true
}

func (w wire) Receive(string) (message []byte, ok bool) {
	if len(w.sent) == 0 {
		return nil, false
	}
	message, w.wired.sent = w.sent[0], w.sent[1:]
	return message, true
}

func newWired(t *testing.T, seed uint64) *wired {
	t.Helper()
	w := &wired{services: map[string]service{}, operations: map[crossing]operation{}}
	for _, s := range allServices(seed) {
		w.services[s.name()] = s
		for _, op := range s.operations() {
			w.operations[crossing{"", s.name(), op.name}] = op
		}
		if err := s.settle(make(block, s.regionBytes())); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// turn lets each service work once.
func (w *wired) turn(now time.Time) {
	for name, s := range w.services {
		s.step(wire{w, name}, now)
	}
}

func (w *wired) work(service string) map[string]uint64 { return w.services[service].report().work }

var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestServicesWork(t *testing.T) {
	w := newWired(t, 1)
	for i := range 200 {
		w.turn(epoch.Add(time.Duration(i) * 250 * time.Millisecond))
	}
	p, a, m, k, d := w.work(pathComputation), w.work(wavelengthAssignment), w.work(performanceMonitoring), w.work(keyStore), w.work(dashboard)
	if p["demands"] != 200 || p["paths-computed"] != 600 || p["demands-unserved"] != 0 {
		t.Errorf("path-computation: %v", p)
	}
	if p["lightpaths-set-up"] == 0 || p["lightpaths-released"] == 0 || p["lightpaths-set-up"]-p["lightpaths-released"] != p["lightpaths-up"] {
		t.Errorf("lightpaths: %v", p)
	}
	if a["assigned"] != p["lightpaths-set-up"] || a["released"] != p["lightpaths-released"] || a["channels-in-use"] < p["lightpaths-up"] {
		t.Errorf("wavelength-assignment: %v", a)
	}
	if m["readings"] != 200*21 || m["readings-signed"] != m["readings"] || m["readings-verified"] == 0 || m["readings-rejected"] != 0 {
		t.Errorf("performance-monitoring: %v", m)
	}
	if k["keys-derived"] != p["lightpaths-set-up"] || k["lightpath-keys-held"] != p["lightpaths-up"] || k["rotations"] != 200 {
		t.Errorf("key-store: %v", k)
	}
	if m["samples-sent"] != m["readings"] || d["samples-received"] < m["readings"]-21 {
		t.Errorf("%d samples are sent and %d received", m["samples-sent"], d["samples-received"])
	}
	if d["summaries"] != 200 || d["summaries-incomplete"] != 0 {
		t.Errorf("dashboard: %v", d)
	}
	for name, s := range w.services {
		if s.report().last == "" {
			t.Errorf("%s has no result to show", name)
		}
	}
}

// Whatever is refused and when, no channel and no key outlives its lightpath
// once calls go through again.
func TestServicesWithRefusals(t *testing.T) {
	for seed := range uint64(20) {
		w := newWired(t, seed)
		state := seed
		w.refuse = func(crossing) bool {
			var number uint64
			number, state = optical.Next(state)
			return number%3 == 0
		}
		now := epoch
		for range 100 {
			now = now.Add(250 * time.Millisecond)
			w.turn(now)
		}
		if w.work(pathComputation)["demands-unserved"] == 0 || w.work(dashboard)["summaries-incomplete"] == 0 {
			t.Fatalf("seed %d: nothing was refused", seed)
		}
		w.refuse = nil
		w.services[pathComputation].(*paths).retire(wire{w, pathComputation}, now.Add(time.Hour))
		if p, a := w.work(pathComputation), w.work(wavelengthAssignment); p["lightpaths-up"] != 0 || a["channels-in-use"] != 0 {
			t.Errorf("seed %d: %d lightpaths and %d channels are left", seed, p["lightpaths-up"], a["channels-in-use"])
		}
	}
}

func TestReadingsThatWereChangedAreRejected(t *testing.T) {
	w := newWired(t, 1)
	m := w.services[performanceMonitoring].(*performance)
	monitoring := wire{w, performanceMonitoring}
	m.step(monitoring, epoch)
	for sequence := uint64(1); sequence <= m.ring.written(); sequence++ {
		r, _ := m.ring.find(sequence)
		r.osnr++
		r.encode(m.ring.place(sequence))
	}
	before := m.report().work["readings-verified"]
	for range 200 {
		m.audit(monitoring)
	}
	if work := m.report().work; work["readings-rejected"] == 0 || work["readings-verified"] != before {
		t.Errorf("forged readings: %v", work)
	}
}

func TestOperationsRefuseWhatIsNotThere(t *testing.T) {
	w := newWired(t, 1)
	any := wire{w, "test"}
	far := []int{0, 99}
	if a, ok := ask[assignment](any, wavelengthAssignment, assignWavelength, claim{1, far}); !ok || a.found {
		t.Errorf("a channel on a link that is not there: %+v", a)
	}
	if l, ok := ask[light](any, performanceMonitoring, readPower, far); !ok || l.known {
		t.Errorf("light on a link that is not there: %+v", l)
	}
	if s, ok := ask[signature](any, keyStore, signReading, claimToSign{link: -1}); !ok || s.generation != 0 {
		t.Errorf("signature for a link that is not there: %+v", s)
	}
	if f, ok := ask[string](any, keyStore, deriveKey, claim{1, far}); !ok || f != "" {
		t.Errorf("key for a link that is not there: %q", f)
	}
	if p, ok := ask[[]optical.Path](any, pathComputation, computePath, demand{0, 99}); !ok || p != nil {
		t.Errorf("path to a node that is not there: %v", p)
	}
}
