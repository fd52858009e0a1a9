package alarm_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/telemetry/alarm"
	"github.com/optical-net/waveguard/telemetry/model"
	"github.com/optical-net/waveguard/yang/tree"
)

// rig drives a list by conditions and a clock that the test moves.
type rig struct {
	*alarm.List
	t     testing.TB
	now   alarm.Moment
	gone  map[model.Resource]bool
	shown *tree.Tree
}

func newRig(t testing.TB) *rig {
	return &rig{
		List: alarm.New(viewtest.Set(t)), t: t, gone: map[model.Resource]bool{}, shown: tree.New(viewtest.Set(t)),
		now: alarm.Moment{Wall: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Uptime: time.Hour},
	}
}

// after observes what holds, so much later, and returns what was told: severity
// and identifier of each.
func (r *rig) after(d time.Duration, holds ...alarm.Condition) (told []string) {
	r.t.Helper()
	r.now = alarm.Moment{Wall: r.now.Wall.Add(d), Uptime: r.now.Uptime + d}
	r.Observe(r.now, holds, func(resource model.Resource) bool { return !r.gone[resource] })
	e := r.shown.Edit()
	if err := r.Write(e); err != nil {
		r.t.Fatal(err)
	}
	r.shown = e.Tree()
	for _, c := range r.Tell() {
		told = append(told, value(c, "severity")+" "+value(c, "id"))
	}
	slices.Sort(told)
	return told
}

func value(c *tree.Container, name string) string {
	v, _ := c.Leaf(name)
	return v.String()
}

func (r *rig) want(got []string, want ...string) {
	r.t.Helper()
	if !slices.Equal(got, want) {
		r.t.Errorf("%s: told was %q, want %q", r.now.Wall.Format("15:04:05"), got, want)
	}
}

// leaf returns a leaf below /mpk-security/alarms; "" if it is not there.
func (r *rig) leaf(path string) string {
	r.t.Helper()
	leaf, ok := r.shown.Find(viewtest.Path(r.t, "mpk-security-alarms:alarms/"+path)).(*tree.Leaf)
	if !ok {
		return ""
	}
	return leaf.Value().String()
}

var dashboard = model.Resource{Type: model.Service, Name: "dashboard"}

const (
	lostID = "service:dashboard:loss-of-service"
	at     = "active-alarms/active-alarm[id='" + lostID + "']/"
)

// lost is a condition with both delays.
func lost() alarm.Condition {
	return alarm.Condition{
		Resource: dashboard, Cause: "loss-of-service", Severity: alarm.Major, Location: "NEAR_END",
		Detail: "no process provides the service", Action: "start it", Raise: 5 * time.Second, Clear: 60 * time.Second,
	}
}

func TestAlarmLives(t *testing.T) {
	r := newRig(t)
	r.want(r.after(0, lost()))
	r.want(r.after(4*time.Second, lost()))
	r.want(r.after(time.Second, lost()), "MAJOR "+lostID)
	for name, want := range map[string]string{
		"resource-type": "SERVICE", "resource": "dashboard", "severity": "MAJOR",
		"resource-path":            "/mpk-security:mpk-security/services/service[name='dashboard']",
		"probable-cause/cause":     "mpk-security-alarms:loss-of-service",
		"probable-cause/location":  "NEAR_END",
		"probable-cause/direction": "", "occurrences": "",
		"raise-time": "2026-11-23T12:00:05Z", "change-time": "2026-11-23T12:00:05Z",
		"additional-detail": "no process provides the service", "corrective-action": "start it",
	} {
		if got := r.leaf(at + name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := r.leaf("state/active"); got != "1" {
		t.Errorf("%s alarms are active", got)
	}
	graver := lost()
	graver.Severity, graver.Action = alarm.Critical, ""
	r.want(r.after(time.Second, graver), "CRITICAL "+lostID)
	if r.leaf(at+"raise-time") != "2026-11-23T12:00:05Z" || r.leaf(at+"change-time") != "2026-11-23T12:00:06Z" || r.leaf(at+"corrective-action") != "" {
		t.Errorf("raised %s, changed %s, %q", r.leaf(at+"raise-time"), r.leaf(at+"change-time"), r.leaf(at+"corrective-action"))
	}
	r.want(r.after(59 * time.Second))
	r.want(r.after(time.Second), "CLEAR "+lostID)
	if r.leaf(at+"id") != "" || r.leaf("state/active") != "0" {
		t.Error("a cleared alarm is listed")
	}
	r.want(r.after(time.Second, lost()))
	r.want(r.after(5*time.Second, lost()), "MAJOR "+lostID)
}

// TestFlapping: what comes and goes faster than the delays is no alarm, or one.
func TestFlapping(t *testing.T) {
	r := newRig(t)
	for range 20 {
		r.want(r.after(2*time.Second, lost()))
		r.want(r.after(2 * time.Second))
	}
	r.want(r.after(time.Second, lost()))
	r.want(r.after(5*time.Second, lost()), "MAJOR "+lostID)
	for range 20 {
		r.want(r.after(50 * time.Second))
		r.want(r.after(time.Second, lost()))
	}
}

// TestQuietUpdates: only a severity is told; the rest can be read.
func TestQuietUpdates(t *testing.T) {
	r := newRig(t)
	c := alarm.Condition{Resource: dashboard, Cause: "security-violation", Severity: alarm.Major, Occurrences: 1, Detail: "a"}
	r.want(r.after(0, c), "MAJOR service:dashboard:security-violation")
	c.Occurrences, c.Detail = 7, "b"
	r.want(r.after(time.Second, c))
	const entry = "active-alarms/active-alarm[id='service:dashboard:security-violation']/"
	if r.leaf(entry+"occurrences") != "7" || r.leaf(entry+"additional-detail") != "b" || r.leaf(entry+"change-time") != "2026-11-23T12:00:00Z" {
		t.Errorf("occurrences %s, detail %s, changed %s", r.leaf(entry+"occurrences"), r.leaf(entry+"additional-detail"), r.leaf(entry+"change-time"))
	}
	before := r.shown
	r.want(r.after(time.Second, c))
	if changes := tree.Diff(before, r.shown); len(changes) > 0 {
		t.Errorf("nothing is new, %v was written", changes)
	}
}

// TestResourceGoes: its alarm goes at once.
func TestResourceGoes(t *testing.T) {
	r := newRig(t)
	c := lost()
	c.Raise = 0
	r.want(r.after(0, c), "MAJOR "+lostID)
	r.gone[dashboard] = true
	r.want(r.after(time.Second), "CLEAR "+lostID)
}

// TestInstances: conditions of one cause are apart by instance.
func TestInstances(t *testing.T) {
	r := newRig(t)
	one := alarm.Condition{Resource: model.TransitionOf("a", "b"), Cause: "threshold-crossed", Instance: "many:15MIN", Severity: alarm.Warning}
	two := one
	two.Instance = "few:24H"
	r.want(r.after(0, one, two), "WARNING transition:a:b:threshold-crossed:few:24H", "WARNING transition:a:b:threshold-crossed:many:15MIN")
	r.want(r.after(0, one, two))
	r.want(r.after(time.Second, one), "CLEAR transition:a:b:threshold-crossed:few:24H")
}

// TestWordsFromOutside: what the model does not admit is cut or left out.
func TestWordsFromOutside(t *testing.T) {
	r := newRig(t)
	c := alarm.Condition{Resource: dashboard, Cause: "loss-of-service", Severity: alarm.Major, Detail: strings.Repeat("é", 2000), Action: "a\x00b", Direction: "UP"}
	r.want(r.after(0, c), "MAJOR "+lostID)
	if n := len(r.leaf(at + "additional-detail")); n == 0 || n > 2000 {
		t.Errorf("the detail has %d octets", n)
	}
	if got := r.leaf(at+"corrective-action") + r.leaf(at+"probable-cause/direction"); got != "" {
		t.Errorf("shown is %q", got)
	}
}

func TestListIsBounded(t *testing.T) {
	r := newRig(t)
	var all []alarm.Condition
	for i := range alarm.MaxOfCause + 3 {
		c := lost()
		c.Raise, c.Instance = 0, strings.Repeat("x", i+1)[:1]+time.Duration(i).String()
		all = append(all, c)
	}
	if got := len(r.after(0, all...)); got != alarm.MaxOfCause {
		t.Errorf("%d alarms are raised", got)
	}
	if r.leaf("state/unlisted") != "3" {
		t.Errorf("%s are not listed", r.leaf("state/unlisted"))
	}
	other := alarm.Condition{Resource: model.Appliance, Cause: "configuration-not-stored", Severity: alarm.Major}
	r.want(r.after(time.Second, append(all, other)...), "MAJOR system:system:configuration-not-stored")
	r.after(time.Hour, all[:3]...)
	r.after(time.Hour, all[:3]...)
	if r.leaf("state/unlisted") != "0" || r.leaf("state/active") != "3" {
		t.Errorf("%s are not listed, %s are", r.leaf("state/unlisted"), r.leaf("state/active"))
	}
}

// TestRefusedWrite: a tree that was not stored gets the alarm the next time.
func TestRefusedWrite(t *testing.T) {
	r := newRig(t)
	c := lost()
	c.Raise = 0
	r.Observe(r.now, []alarm.Condition{c}, func(model.Resource) bool { return true })
	if err := r.Write(r.shown.Edit()); err != nil {
		t.Fatal(err)
	}
	r.want(r.after(time.Second, c), "MAJOR "+lostID)
	if r.leaf(at+"severity") != "MAJOR" {
		t.Error("the alarm is not listed")
	}
}
