package e2e

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// killDaemon is step 7: without the daemon the last answered commit holds, and
// with a new one everything is as it was.
func killDaemon(t *testing.T, a *appliance) {
	m := a.openNcclient(t, admin, a.password)
	m.commit(t, transition("dashboard", "performance-monitoring", "DENY"))
	denied := configs(t, m).running
	m.commit(t, transition("dashboard", "performance-monitoring", "PERMIT"))
	a.waitPermitted(t, "dashboard", "performance-monitoring")

	m.commit(t, transition("dashboard", "performance-monitoring", "DENY"))
	a.kill(t, daemon)
	a.eventually(t, 10*time.Second, func() error {
		if a.status(t).Attached {
			return errors.New("the node thinks that the daemon is there")
		}
		return nil
	})
	a.waitRefused(t, "dashboard", 3)
	a.waitWork(t)
	a.waitSamples(t)

	a.startDaemon(t)
	a.waitAttached(t)
	m = a.openNcclient(t, admin, a.password)
	if now := configs(t, m); now.running != denied || now.candidate != denied {
		t.Errorf("after the restart running is\n%s\nand was\n%s", now.running, denied)
	}
	tell(t, "the configuration is that of the last commit")
	a.replayCommit(t, m)
	a.waitDenied(t, "dashboard", "performance-monitoring", 3)
	a.waitRefused(t, "dashboard", 1)
	a.waitWork(t)
	a.waitSamples(t)
}

// waitSamples waits until the dashboard has received samples by its channel since now.
func (a *appliance) waitSamples(t *testing.T) {
	t.Helper()
	received := func() uint64 { return a.status(t).received() }
	before := received()
	a.eventually(t, 20*time.Second, func() error {
		if received() <= before {
			return errors.New("the dashboard receives no samples")
		}
		return nil
	})
}

// received returns how many samples the dashboard has received.
func (s demoStatus) received() uint64 {
	for _, service := range s.Services {
		if service.Name == "dashboard" {
			return service.Work["samples-received"]
		}
	}
	return 0
}

// replayCommit reads in the log of notifications what was committed before the
// daemon was killed, up to the mark of its end. The last moment may be missing.
func (a *appliance) replayCommit(t *testing.T, m *ncclient) {
	t.Helper()
	start := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	m.do(t, "create_subscription", args{"stream": "OPENROADM", "start": start})
	tell(t, ">>> m.create_subscription(stream_name='OPENROADM', start_time=%q)", start)
	last := ""
	for {
		text := call[string](t, m, "take_notification", args{"timeout": a.within(20 * time.Second).Seconds()})
		switch {
		case text == "":
			t.Fatal("the replay has no end")
		case strings.Contains(text, "netconf-config-change"):
			last = text
		case strings.Contains(text, "replayComplete"):
			if !strings.Contains(last, "performance-monitoring") || !strings.Contains(last, "<username>"+admin+"</username>") {
				t.Errorf("the last change that was replayed is\n%s", pretty(last))
			}
			return
		}
	}
}
