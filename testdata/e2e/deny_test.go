package e2e

import (
	"fmt"
	"testing"
	"time"
)

// commitDenies is step 2: a commit changes what the next call of a running
// service may do.
func commitDenies(t *testing.T, a *appliance) {
	a.waitPermitted(t, "dashboard", "performance-monitoring")
	attached := a.serviceState(t, "dashboard")
	m := a.openNcclient(t, admin, a.password)
	m.commit(t, transition("dashboard", "performance-monitoring", "DENY"))
	a.waitRefused(t, "dashboard", 3)
	// One thread makes these calls: after one was refused, none is under way
	// that began before the commit.
	permitted := a.waitDenied(t, "dashboard", "performance-monitoring", 1)
	if now := a.waitDenied(t, "dashboard", "performance-monitoring", 3); now != permitted {
		t.Errorf("%d calls were permitted after the first refused one", now-permitted)
	}
	a.waitPermitted(t, "dashboard", "path-computation")
	a.waitWork(t)
	now := a.serviceState(t, "dashboard")
	for _, same := range []string{"process-id", "attach-time", "counters/attaches"} {
		if now[same] == "" || now[same] != attached[same] {
			t.Errorf("%s of the dashboard was %q and is %q: it attached again", same, attached[same], now[same])
		}
	}
	tell(t, "the dashboard is process %s, attached since %s, as before", now["process-id"], now["attach-time"])
}

// waitPermitted waits until a transition's count of permitted calls grows.
func (a *appliance) waitPermitted(t *testing.T, source, target string) {
	t.Helper()
	was, _ := a.counters(t, source, target)
	a.eventually(t, 20*time.Second, func() error {
		now, denied := a.counters(t, source, target)
		if now <= was {
			return fmt.Errorf("%s → %s: %d calls permitted, as before; %d denied", source, target, now, denied)
		}
		tell(t, "%s → %s: %d calls permitted, %d denied", source, target, now, denied)
		return nil
	})
}

// waitDenied waits until so many more calls were denied than now, and returns
// how many were permitted.
func (a *appliance) waitDenied(t *testing.T, source, target string, more uint64) (permitted uint64) {
	t.Helper()
	_, was := a.counters(t, source, target)
	a.eventually(t, 20*time.Second, func() error {
		p, now := a.counters(t, source, target)
		if now < was+more {
			return fmt.Errorf("%s → %s: %d calls denied, then %d", source, target, was, now)
		}
		permitted = p
		tell(t, "%s → %s: %d calls permitted, %d denied", source, target, p, now)
		return nil
	})
	return permitted
}

// streamCounters is step 3: gNMI tells of the counters, each in its way.
func streamCounters(t *testing.T, a *appliance) {
	t.Run("on-change", func(t *testing.T) {
		s := a.gnmi().stream(t, "ON_CHANGE", countersPath("dashboard", "performance-monitoring"))
		grown(t, a.machine, s, "/dashboard/performance-monitoring/state/counters/denied", 3)
	})
	t.Run("sample", func(t *testing.T) {
		s := a.gnmi().stream(t, "SAMPLE sample_interval: 500000000", countersPath("*", "*"))
		grown(t, a.machine, s, "/dashboard/path-computation/state/counters/permitted", 2)
		grown(t, a.machine, s, "/performance-monitoring/key-store/state/counters/permitted", 2)
	})
}
