package appliance

import (
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
)

// since returns when the observation began, as clients are told.
func (c *client) since() string {
	c.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		reply := string(c.call(`<get><filter type="xpath" select="/mpk-security/observation/state/since"/></get>`))
		if _, after, found := strings.Cut(reply, "<since>"); found {
			since, _, _ := strings.Cut(after, "<")
			return since
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("nothing says since when: %s", reply)
		}
	}
}

// TestResetObservations holds that it is done when it is answered, of all domains or
// of some, and that what makes no sense is refused.
func TestResetObservations(t *testing.T) {
	c := dial(t, start(t))
	reset := func(input string) string {
		return string(c.ask(`<reset-observations xmlns="` + ours + `-telemetry">` + input + `</reset-observations>`))
	}
	before := c.since()
	if reply := reset("<domain>dashboard</domain><domain>key-store</domain>"); !strings.Contains(reply, "<ok/>") || c.since() != before {
		t.Errorf("of two domains: %s, observed since %s and not %s", reply, c.since(), before)
	}
	if reply := reset("<domain>Not A Domain</domain>"); !strings.Contains(reply, "<error-tag>invalid-value<") || c.since() != before {
		t.Errorf("of what is no domain: %s", reply)
	}
	if reply := reset(""); !strings.Contains(reply, "<ok/>") || c.since() == before {
		t.Errorf("of all: %s, observed since %s as before", reply, c.since())
	}
}

// TestOutcomeIsTold holds that a notification says what came of a violation.
func TestOutcomeIsTold(t *testing.T) {
	for outcome, want := range map[wire.Outcome]string{wire.Stopped: "STOPPED", wire.Tolerated: "TOLERATED"} {
		if got := leafs(enforcement.Violation{Kind: wire.TransitionDenied, Outcome: outcome}).Leafs["outcome"]; got != want {
			t.Errorf("outcome %d is told as %q", outcome, got)
		}
	}
}
