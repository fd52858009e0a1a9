package telemetry_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/telemetry"
	"github.com/optical-net/waveguard/telemetry/model"
	"github.com/optical-net/waveguard/telemetry/pm"
	"github.com/optical-net/waveguard/yang/tree"
)

// told keeps what a supervisor publishes.
type told struct {
	news []string
}

func (p *told) Publish(_ time.Time, c *tree.Container) {
	text := func(name string) string { v, _ := c.Leaf(name); return v.String() }
	if c.Schema().Name == "alarm-notification" {
		p.news = append(p.news, text("severity")+" "+text("id"))
		return
	}
	p.news = append(p.news, text("threshold")+" "+text("resource")+" "+text("threshold-type"))
}

// watch is a collector with a supervisor, whose clock and counters the test moves.
type watch struct {
	*telemetry.Collector
	*told
	t     testing.TB
	store *store
	from  *source
	now   pm.Reading
	fault error // of the one check
}

const alarmsConfig = "mpk-security-alarms:alarms/config/"

func newWatch(t testing.TB, lines ...string) *watch {
	t.Helper()
	w := &watch{
		told: &told{}, t: t, from: &source{state: working()},
		now: pm.Reading{Wall: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Uptime: time.Hour},
	}
	w.store = openStore(t, slices.Concat(node(), lines)...)
	clock := func() pm.Reading { return w.now }
	w.Collector = collector(w.store, w.from)
	w.Supervisor = telemetry.NewSupervisor(telemetry.Supervision{
		Schema: viewtest.Set(t), Publisher: w.told, Clock: clock,
		Bins:   pm.New(pm.Config{Schema: viewtest.Set(t), Clock: clock}),
		Checks: []telemetry.Check{{Cause: "configuration-not-stored", Action: "make room", Probe: func() error { return w.fault }}},
	})
	return w
}

// working is the state of node when nothing is wrong.
func working() *gen.MpkSecurity {
	s := counted(0)
	s.System.IsolationStrength = gen.MpkSecurityTypes_IsolationStrength_HARDWARE_REGION
	s.Service["s"].OperationalState = gen.MpkSecurityTypes_OperationalState_IN_SERVICE
	s.Service["s"].IsolationStrength = gen.MpkSecurityTypes_IsolationStrength_HARDWARE_REGION
	return s
}

// after collects so much later, in steps of a second, and wants to be told this.
func (w *watch) after(d time.Duration, want ...string) {
	w.t.Helper()
	collect(w.t, w.Collector)
	for range d / time.Second {
		w.now = pm.Reading{Wall: w.now.Wall.Add(time.Second), Uptime: w.now.Uptime + time.Second}
		collect(w.t, w.Collector)
	}
	slices.Sort(w.news)
	if !slices.Equal(w.news, want) {
		w.t.Errorf("%s: told was %q, want %q", w.now.Wall.Format("15:04:05"), w.news, want)
	}
	w.news = nil
}

func (w *watch) commit(lines ...string) {
	w.t.Helper()
	for _, line := range lines {
		if path, is := strings.CutPrefix(line, "- "); is {
			w.store.remove(path)
			continue
		}
		w.store.create(line)
	}
}

func (w *watch) wantAlarm(id, leaf, value string) {
	w.t.Helper()
	path := viewtest.Path(w.t, "mpk-security-alarms:alarms/active-alarms/active-alarm[id='"+id+"']/"+leaf)
	got := ""
	if l, ok := w.store.Operational().Find(path).(*tree.Leaf); ok {
		got = l.Value().String()
	}
	if !strings.Contains(got, value) || got == "" {
		w.t.Errorf("%s of %s is %q, want %q", leaf, id, got, value)
	}
}

const (
	lost        = "service:s:loss-of-service"
	serviceLine = "services/service[name='s']/config/"
)

func TestLossOfService(t *testing.T) {
	w := newWatch(t)
	w.after(time.Minute)
	s := w.from.state.Service["s"]
	detach := func() {
		s.Attached, s.OperationalState = ygot.Bool(false), gen.MpkSecurityTypes_OperationalState_OUT_OF_SERVICE
	}
	detach()
	w.after(3 * time.Second)
	w.after(5*time.Second, "MAJOR "+lost)
	w.wantAlarm(lost, "additional-detail", "no process provides the service")
	w.commit(serviceLine + "lifecycle-state = MAINTENANCE")
	w.after(time.Second, "INDETERMINATE "+lost)
	w.commit(serviceLine + "lifecycle-state = PLANNED")
	w.after(59 * time.Second)
	w.after(2*time.Second, "CLEAR "+lost)
	w.commit(serviceLine+"lifecycle-state = DEPLOYED", serviceLine+"administrative-state = OUT_OF_SERVICE")
	w.after(time.Minute)
	w.commit(serviceLine + "administrative-state = IN_SERVICE")
	w.after(10*time.Second, "MAJOR "+lost)
	s.Attached, s.ProcessId = ygot.Bool(true), ygot.Uint32(4711)
	w.after(time.Second)
	w.wantAlarm(lost, "additional-detail", "process 4711 is attached, but may no longer claim")
	w.commit(serviceLine + "code-scan-mode = REQUIRE_CLEAN")
	s.CodeScan = &gen.MpkSecurity_Service_CodeScan{Verdict: gen.MpkSecurityTypes_CodeScanVerdict_OPEN}
	w.after(time.Second)
	w.wantAlarm(lost, "additional-detail", "its code is not what code-scan-mode asks for")
	w.wantAlarm(lost, "corrective-action", "code-scan-accept")
	w.commit("- services/service[name='s']")
	w.after(time.Second, "CLEAR "+lost)
}

func TestIsolationInsufficient(t *testing.T) {
	w := newWatch(t)
	w.commit("system/config/minimum-isolation-strength = HARDWARE_COMPARTMENT")
	w.from.state.Service["s"].OperationalState = gen.MpkSecurityTypes_OperationalState_DEGRADED
	w.after(0, "MAJOR system:system:isolation-insufficient")
	w.wantAlarm("system:system:isolation-insufficient", "additional-detail", "asks for walls of HARDWARE_COMPARTMENT at least, this host can give HARDWARE_REGION")
	w.wantAlarm("system:system:isolation-insufficient", "resource-path", "/mpk-security:mpk-security/system")
	w.after(6*time.Second, "MAJOR service:s:isolation-insufficient")
	w.commit("system/config/minimum-isolation-strength = MPROTECT")
	w.from.state.Service["s"].OperationalState = gen.MpkSecurityTypes_OperationalState_IN_SERVICE
	w.after(0, "CLEAR system:system:isolation-insufficient")
	w.after(61*time.Second, "CLEAR service:s:isolation-insufficient")
}

// violate reports a violation, with other leafs.
func (w *watch) violate(other map[string]string) {
	all := maps.Clone(leafs)
	maps.Copy(all, other)
	w.Supervisor.Heard(telemetry.Violation{Time: w.now.Wall, Leafs: all})
}

func TestViolationsRaiseAnAlarm(t *testing.T) {
	const id = "service:s:security-violation"
	w := newWatch(t)
	w.after(0)
	w.violate(map[string]string{"severity": "MODERATE"})
	w.after(0)
	w.violate(nil)
	w.after(0, "MAJOR "+id)
	w.wantAlarm(id, "occurrences", "3")
	w.wantAlarm(id, "probable-cause/extension", "protection-key-fault")
	w.wantAlarm(id, "additional-detail", "protection-key-fault out of domain a into domain b, operation derive-key, process 4711")
	for range 5 {
		w.after(50 * time.Second)
		w.violate(nil)
	}
	w.after(time.Second)
	w.wantAlarm(id, "occurrences", "18")
	w.violate(map[string]string{"severity": "CRITICAL", "occurrences": "1"})
	w.after(time.Second, "CRITICAL "+id)
	w.violate(nil) // less grave: it stands as it is
	w.after(59 * time.Second)
	w.after(2*time.Second, "CLEAR "+id)
	w.commit(alarmsConfig+"violation-severity = MINOR", alarmsConfig+"clear-delay = 5")
	w.after(0)
	w.violate(map[string]string{"severity": "MINOR"})
	w.after(0, "WARNING "+id)
	w.commit(alarmsConfig + "violation-severity = MODERATE")
	w.after(0, "CLEAR "+id)
	w.violate(map[string]string{"service": "whoever", "severity": "SEVERE"})
	w.violate(map[string]string{"service": "another", "severity": "SEVERE"})
	w.after(0, "MAJOR system:system:security-violation")
	w.wantAlarm("system:system:security-violation", "occurrences", "6")
	w.after(5*time.Second, "CLEAR system:system:security-violation")
}

// TestStrangersAreBounded: however many names processes take.
func TestStrangersAreBounded(t *testing.T) {
	w := newWatch(t)
	for i := range 5000 {
		w.violate(map[string]string{"service": "n" + time.Duration(i).String(), "occurrences": "1"})
	}
	w.after(0, "MAJOR system:system:security-violation")
	w.wantAlarm("system:system:security-violation", "occurrences", "5000")
}

func TestReportsLost(t *testing.T) {
	w := newWatch(t)
	w.after(0)
	w.from.state.Service["s"].Counters.LostReports = ygot.Uint64(4)
	w.after(0, "WARNING service:s:reports-lost")
	w.wantAlarm("service:s:reports-lost", "occurrences", "4")
	w.after(59 * time.Second)
	w.after(2*time.Second, "CLEAR service:s:reports-lost")
	w.after(time.Minute)
}

func TestChecks(t *testing.T) {
	const id = "system:system:configuration-not-stored"
	w := newWatch(t)
	w.fault = errors.New("no space left on device")
	w.after(0, "MAJOR "+id)
	w.wantAlarm(id, "additional-detail", "no space left on device")
	w.fault = nil
	w.after(59 * time.Second)
	w.after(2*time.Second, "CLEAR "+id)
}

func TestThresholdRaisesAnAlarm(t *testing.T) {
	const (
		id = "service:s:threshold-crossed:many:15MIN"
		at = "mpk-security-anomaly:thresholds/threshold[name='many']/"
	)
	w := newWatch(t, at+"config/name = many", at+"config/measurement = VIOLATIONS", at+"config/high-value = 3",
		at+"config/severity = CRITICAL", at+"config/raise-alarm = true")
	w.after(0)
	w.from.state.Service["s"].Counters.Violations = ygot.Uint64(3)
	w.after(0, "CRITICAL "+id, "many s HIGH")
	w.wantAlarm(id, "additional-detail", "VIOLATIONS in a bin of 15MIN reached 3")
	w.store.want(at+"state/crossings", "1")
	w.after(15 * time.Minute)
	w.after(15*time.Minute, "CLEAR "+id)
	w.store.create(viewtest.Domain("c", 3)...) // another commit
	w.after(0)
	w.store.want(at+"state/crossings", "1")
}

func TestClearPM(t *testing.T) {
	const at = "mpk-security-pm:performance-monitoring/current-pm-list/current-pm[resource-type='SERVICE'][resource='s'][type='VIOLATIONS']/measurement[granularity='15MIN']/value"
	w := newWatch(t)
	w.after(0)
	w.from.state.Service["s"].Counters.Violations = ygot.Uint64(3)
	w.after(2 * time.Second)
	w.store.want(at, "3")
	w.from.state.Service["s"].Counters.Violations = ygot.Uint64(5) // not collected yet
	if err := w.ClearPM(pm.Selection{ResourceType: model.Service, Resource: "s"}); err != nil {
		t.Fatal(err)
	}
	w.store.want(at, "0")
	if err := w.ClearPM(pm.Selection{ResourceType: model.Service, Resource: "nobody"}); !errors.Is(err, pm.ErrNoMeasurement) {
		t.Errorf("ClearPM returned %v", err)
	}
}

// TestSupervisorTouchesWhatDiffers: who waits for changes sleeps while there are none,
// whatever stands.
func TestSupervisorTouchesWhatDiffers(t *testing.T) {
	w := newWatch(t)
	w.from.state.Service["s"].OperationalState = gen.MpkSecurityTypes_OperationalState_OUT_OF_SERVICE
	w.from.state.Service["s"].Attached = nil
	w.fault = errors.New("no space left on device")
	w.after(10*time.Second, "MAJOR service:s:loss-of-service", "MAJOR system:system:configuration-not-stored")
	before := w.store.Operational()
	w.after(time.Minute)
	if after := w.store.Operational(); after != before {
		t.Errorf("changed was %v", tree.Diff(before, after))
	}
}

// TestCollectInPieces: between the pieces of what many measurements have, a commit
// finds its turn; what happened is told after the last one.
func TestCollectInPieces(t *testing.T) {
	var lines []string
	for i := range 60 {
		lines = append(lines, viewtest.Service(fmt.Sprint("v", i), "a", 7)...)
	}
	w := newWatch(t, lines...)
	for i := range 60 {
		w.from.state.Service[fmt.Sprint("v", i)] = &gen.MpkSecurity_Service{Counters: &gen.MpkSecurity_Service_Counters{
			CallsPermitted: new(uint64), CallsDenied: new(uint64), RateLimited: new(uint64), DwellExceeded: new(uint64), Violations: new(uint64),
		}}
	}
	updates := 0
	w.Store = &counting{w.store, func() {
		if updates++; len(w.news) > 0 {
			t.Error("told before the last piece")
		}
	}}
	w.fault = errors.New("no space left on device")
	w.after(0, "MAJOR system:system:configuration-not-stored")
	if updates != 2 {
		t.Errorf("%d updates", updates)
	}
	updates = 0
	if w.after(0); updates != 1 {
		t.Errorf("%d updates when there is nothing new", updates)
	}
}

// counting is a store that calls before each update of state.
type counting struct {
	*store
	update func()
}

func (c *counting) UpdateState(change func(*tree.Editor) error) error {
	c.update()
	return c.store.UpdateState(change)
}
