package pm

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

// rig drives bins by a clock and counters that the test moves.
type rig struct {
	*Bins
	t       testing.TB
	now     Reading
	running *tree.Tree
	state   *gen.MpkSecurity
	shown   *tree.Tree
	told    []string
	memory  *memory
}

// memory is a storage that outlives a rig.
type memory struct {
	mu   sync.Mutex
	text []byte
	err  error
}

func (m *memory) Load() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text, m.err
}

// taken says whether something was stored since the last time.
func (m *memory) taken() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.text != nil
	m.text = nil
	return was
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

func (m *memory) Store(text []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.text = text
	}
	return m.err
}

// monday is the beginning of a day and a week.
var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// newRig returns a rig at that time with a service, two domains and a
// transition, and more lines of configuration.
func newRig(t testing.TB, at time.Time, m *memory, lines ...string) *rig {
	t.Helper()
	r := &rig{t: t, now: Reading{at, time.Hour}, memory: m, shown: tree.New(viewtest.Set(t))}
	r.running = viewtest.Config(t, slices.Concat(
		viewtest.Domain("a", 1), viewtest.Domain("b", 2), viewtest.Service("s", "a", 7), viewtest.Transition("a", "b", "PERMIT"), lines)...)
	r.state = counters()
	c := Config{Schema: viewtest.Set(t), Clock: func() Reading { return r.now }, Logger: slog.New(slog.DiscardHandler)}
	if m != nil {
		c.Storage = m
	}
	r.Bins = New(c)
	return r
}

func counters() *gen.MpkSecurity {
	zero := func() *uint64 { return ygot.Uint64(0) }
	service := func() *gen.MpkSecurity_Service {
		return &gen.MpkSecurity_Service{Counters: &gen.MpkSecurity_Service_Counters{
			CallsPermitted: zero(), CallsDenied: zero(), RateLimited: zero(), DwellExceeded: zero(),
			ProtectionKeyFaults: zero(), Violations: zero(), LostReports: zero(),
		}}
	}
	return &gen.MpkSecurity{
		Service: map[string]*gen.MpkSecurity_Service{"s": service(), "ghost": service()},
		Domain: map[string]*gen.MpkSecurity_Domain{"a": {Counters: &gen.MpkSecurity_Domain_Counters{
			EntriesPermitted: zero(), EntriesDenied: zero(), UnmatchedDenied: zero(), ProtectionKeyFaults: zero(),
		}}},
		Transition: map[view.TransitionKey]*gen.MpkSecurity_Transition{},
	}
}

// violate counts violations of the service.
func (r *rig) violate(n uint64) { *r.state.Service["s"].Counters.Violations += n }

// round is what the collector does.
func (r *rig) round() {
	r.t.Helper()
	r.Observe(r.running, r.state)
	for more := true; more; {
		e := r.shown.Edit()
		if err := r.Write(e); err != nil {
			r.t.Fatal(err)
		}
		r.shown = e.Tree()
		more = r.Written()
	}
	for _, c := range r.Tell() {
		text := c.Schema().Name
		for k := range c.Children() {
			text += " " + k.(*tree.Leaf).Value().String()
		}
		r.told = append(r.told, text)
	}
}

// pass lets time pass, looking every ten seconds.
func (r *rig) pass(d time.Duration) {
	r.t.Helper()
	for left := d; left > 0; left -= 10 * time.Second {
		step := min(left, 10*time.Second)
		r.now = Reading{r.now.Wall.Add(step), r.now.Uptime + step}
		r.round()
	}
}

// to lets time pass until then.
func (r *rig) to(hour, minute int) {
	r.t.Helper()
	r.pass(time.Date(2026, 11, 23, hour, minute, 0, 0, time.UTC).Sub(r.now.Wall))
}

const violationsOf = "[resource-type='SERVICE'][resource='s'][type='VIOLATIONS']"

// leaf returns a leaf below performance-monitoring; "" if it is not there.
func (r *rig) leaf(path string) string {
	r.t.Helper()
	leaf, ok := r.shown.Find(viewtest.Path(r.t, "mpk-security-pm:performance-monitoring/"+path)).(*tree.Leaf)
	if !ok {
		return ""
	}
	return leaf.Value().String()
}

// current returns value, validity and start of the service's violations under way.
func (r *rig) current(granularity string) string {
	r.t.Helper()
	at := "current-pm-list/current-pm" + violationsOf + "/measurement[granularity='" + granularity + "']/"
	return strings.TrimSpace(r.leaf(at+"value") + " " + r.leaf(at+"validity") + " " + strings.TrimPrefix(r.leaf(at+"start-time"), "2026-11-"))
}

// ended returns value, validity and completion of a bin that ended.
func (r *rig) ended(granularity string, number int) string {
	r.t.Helper()
	at := fmt.Sprintf("historical-pm-list/historical-pm%s/measurement[granularity='%s'][bin-number='%d']/", violationsOf, granularity, number)
	return strings.TrimSpace(r.leaf(at+"value") + " " + r.leaf(at+"validity") + " " + strings.TrimPrefix(r.leaf(at+"completion-time"), "2026-11-"))
}

// bin returns validity and start of a bin that ended, for all measurements.
func (r *rig) bin(granularity string, number int) string {
	r.t.Helper()
	at := fmt.Sprintf("historical-pm-list/bin[granularity='%s'][bin-number='%d']/", granularity, number)
	return strings.TrimSpace(r.leaf(at+"validity") + " " + strings.TrimPrefix(r.leaf(at+"start-time"), "2026-11-"))
}

func (r *rig) want(what, got, want string) {
	r.t.Helper()
	if got != want {
		r.t.Errorf("%s: %s is %q, want %q", r.now.Wall.Format("02T15:04:05"), what, got, want)
	}
}

// wantTold wants these notifications since it was last asked.
func (r *rig) wantTold(want ...string) {
	r.t.Helper()
	if !slices.Equal(r.told, want) {
		r.t.Errorf("%s: told was %q, want %q", r.now.Wall.Format("02T15:04:05"), r.told, want)
	}
	r.told = nil
}

// keys are the measurements that are listed.
func (r *rig) listed() (keys []string) {
	for k := range maps.Keys(r.all) {
		keys = append(keys, k.Type+" "+k.Name+" "+k.kind)
	}
	slices.Sort(keys)
	return keys
}
