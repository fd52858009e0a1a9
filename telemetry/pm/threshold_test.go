package pm

import (
	"testing"
	"time"

	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

const thresholdPath = "mpk-security-anomaly:thresholds/threshold[name='many']/"

// many is a threshold on violations, with more lines.
func many(lines ...string) []string {
	all := []string{thresholdPath + "config/name = many", thresholdPath + "config/measurement = VIOLATIONS"}
	for _, line := range lines {
		all = append(all, thresholdPath+"config/"+line)
	}
	return all
}

func (r *rig) crossings() string {
	r.t.Helper()
	leaf, ok := r.shown.Find(viewtest.Path(r.t, thresholdPath+"state/crossings")).(*tree.Leaf)
	if !ok {
		return ""
	}
	return leaf.Value().String()
}

// show puts the configuration in the tree that is shown, as the datastore does.
func (r *rig) show() {
	e := r.shown.Edit()
	for n := range r.running.Root().Children() {
		if err := e.Merge(nil, n); err != nil {
			r.t.Fatal(err)
		}
	}
	r.shown = e.Tree()
}

const told = "threshold-crossing many SERVICE s VIOLATIONS 15MIN "

func TestHighThreshold(t *testing.T) {
	r := newRig(t, monday, nil, many("high-value = 5", "raise-alarm = true", "severity = MAJOR")...)
	r.show()
	r.violate(4)
	r.round()
	r.wantTold()
	r.violate(2)
	r.to(0, 5)
	r.wantTold(told + "HIGH 5 6 MAJOR 2026-11-23T00:00:00Z 2026-11-23T00:00:10Z")
	r.want("crossings", r.crossings(), "1")
	r.violate(100)
	r.to(0, 14)
	r.wantTold()
	if c := r.Crossed(); len(c) != 1 || !c[0].Alarm || c[0].Severity != "MAJOR" {
		t.Errorf("crossed are %+v", c)
	}
	r.to(0, 15)
	if len(r.Crossed()) != 1 {
		t.Error("a crossing ended with its own bin")
	}
	r.violate(5)
	r.to(0, 16)
	r.wantTold(told + "HIGH 5 5 MAJOR 2026-11-23T00:15:00Z 2026-11-23T00:15:10Z")
	r.to(0, 30)
	r.violate(4)
	r.to(0, 44)
	if len(r.Crossed()) != 1 {
		t.Error("a crossing ended before the clean bin did")
	}
	r.to(0, 45)
	if len(r.Crossed()) != 0 {
		t.Error("a clean bin did not end the crossing")
	}
	r.want("crossings", r.crossings(), "2")
}

func TestClearValue(t *testing.T) {
	r := newRig(t, monday, nil, many("high-value = 5", "clear-value = 2")...)
	r.violate(5)
	r.to(0, 15)
	r.violate(3)
	r.to(0, 30)
	if len(r.Crossed()) != 1 {
		t.Error("a bin above the clear value ended the crossing")
	}
	r.violate(2)
	r.to(0, 45)
	if len(r.Crossed()) != 0 {
		t.Error("a bin at the clear value did not end the crossing")
	}
}

func TestLowThreshold(t *testing.T) {
	r := newRig(t, monday.Add(5*time.Minute), nil, many("low-value = 3")...)
	r.to(0, 15)
	r.wantTold() // the bin was partial
	r.violate(2)
	r.to(0, 30)
	r.wantTold(told + "LOW 3 2 WARNING 2026-11-23T00:15:00Z 2026-11-23T00:30:00Z")
	r.violate(3)
	r.to(0, 45)
	r.wantTold()
	if len(r.Crossed()) != 0 {
		t.Error("a clean bin did not end the crossing")
	}
	r.now.Wall = r.now.Wall.Add(time.Minute)
	r.to(1, 0)
	r.wantTold() // the bin was suspect
}

// TestThresholdScope: which measurements a threshold watches.
func TestThresholdScope(t *testing.T) {
	for name, test := range map[string]struct {
		lines []string
		want  []string
	}{
		"a service":       {[]string{"resource-type = SERVICE", "resource = s"}, []string{told}},
		"another service": {[]string{"resource-type = SERVICE", "resource = other"}, nil},
		"all services":    {[]string{"resource-type = SERVICE"}, []string{told}},
		"domains":         {[]string{"resource-type = DOMAIN"}, nil},
		"any":             {nil, []string{told}},
		"the system":      {[]string{"resource-type = SYSTEM"}, []string{"threshold-crossing many SYSTEM system VIOLATIONS 15MIN "}},
		"disabled":        {[]string{"enabled = false"}, nil},
		"another measure": {[]string{"measurement = CALLS_DENIED"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, monday, nil, many(append(test.lines, "high-value = 1")...)...)
			r.violate(1)
			r.round()
			for i := range r.told {
				r.told[i] = r.told[i][:len(r.told[i])-len("HIGH 1 1 WARNING 2026-11-23T00:00:00Z 2026-11-23T00:00:00Z")]
			}
			r.wantTold(test.want...)
		})
	}
}

// TestThresholdIsLive: a commit changes what crosses, in the bins under way too.
func TestThresholdIsLive(t *testing.T) {
	r := newRig(t, monday, nil)
	r.violate(9)
	r.pass(time.Minute)
	without := r.running
	r.running = viewtest.Edit(t, without, many("high-value = 5")...)
	r.show()
	r.round()
	r.wantTold(told + "HIGH 5 9 WARNING 2026-11-23T00:00:00Z 2026-11-23T00:01:00Z")
	r.want("crossings", r.crossings(), "1")
	r.running = viewtest.Edit(t, r.running, thresholdPath+"config/high-value = 10")
	r.round()
	if len(r.Crossed()) != 0 {
		t.Error("what a threshold of before crossed stands")
	}
	r.violate(1)
	r.pass(time.Second)
	r.wantTold(told + "HIGH 10 10 WARNING 2026-11-23T00:00:00Z 2026-11-23T00:01:01Z")
	r.running = without
	r.round()
	if len(r.Crossed()) != 0 {
		t.Error("what a threshold of before crossed stands")
	}
}

// TestUntimedThreshold ends with clear-pm alone, and can be crossed again then.
func TestUntimedThreshold(t *testing.T) {
	r := newRig(t, monday, nil, many("high-value = 2", "granularity = UNTIMED")...)
	r.violate(2)
	r.to(12, 0)
	if len(r.told) != 1 || len(r.Crossed()) != 1 {
		t.Fatalf("told was %q", r.told)
	}
	if err := r.Clear(Selection{Granularity: "UNTIMED"}); err != nil {
		t.Fatal(err)
	}
	if len(r.Crossed()) != 0 {
		t.Error("clearing did not end the crossing")
	}
	r.violate(2)
	r.to(13, 0)
	if len(r.told) != 2 {
		t.Errorf("told was %q", r.told)
	}
}

// TestCrossingOutlivesARestart: the same bin is not told twice.
func TestCrossingOutlivesARestart(t *testing.T) {
	lines := many("high-value = 2", "raise-alarm = true")
	r := newRig(t, monday, new(memory), lines...)
	r.violate(2)
	r.to(0, 1)
	r = r.restart(time.Minute, lines...)
	r.violate(5)
	r.to(0, 5)
	r.wantTold()
	if len(r.Crossed()) != 1 {
		t.Error("the crossing does not stand")
	}
	other := many("high-value = 4", "raise-alarm = true")
	r = r.restart(time.Minute, other...)
	if len(r.told) != 1 {
		t.Errorf("another threshold told %q", r.told)
	}
	r.save()
	without := newRig(t, r.now.Wall, r.memory, other...)
	without.running = viewtest.Edit(t, without.running, "- "+viewtest.Entry("service", "s"))
	if without.round(); len(without.Crossed()) != 0 {
		t.Error("a crossing of a service that is no more stands")
	}
	if r = r.restart(time.Minute); len(r.Crossed()) != 0 {
		t.Error("a crossing of no threshold stands")
	}
}

// TestCrossingGoesWithItsResource, and comes back with it only when crossed again.
func TestCrossingGoesWithItsResource(t *testing.T) {
	r := newRig(t, monday, nil, many("high-value = 2")...)
	r.violate(2)
	r.round()
	with := r.running
	r.running = viewtest.Edit(t, with, "- "+viewtest.Entry("service", "s"))
	if r.round(); len(r.Crossed()) != 0 {
		t.Error("the crossing of a service that is no more stands")
	}
	r.state, r.running = counters(), with
	if r.round(); len(r.Crossed()) != 0 {
		t.Error("a service that came back crossed the threshold")
	}
}
