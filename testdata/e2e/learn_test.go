package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/testdata/e2e/supervise"
)

// learnPolicy is about "waveguard learn": what a permissive domain is seen to do
// becomes its policy, under which it goes on, and nothing else passes.
func learnPolicy(t *testing.T, a *appliance) {
	const source = "dashboard"
	targets := map[string]string{"path-computation": "topology-summary", "performance-monitoring": "power-summary"}
	a.waitWork(t)
	a.load(t, `"domains":{"domain":[{"name":"dashboard","config":{"name":"dashboard","enforcement-mode":"PERMISSIVE"}}]}`)
	a.withdraw(t, source, slices.Sorted(maps.Keys(targets))...)
	a.operator(t, 0, "learn", "--reset")
	refused := a.status(t).refused()[source]
	for target := range targets {
		a.waitObserved(t, source, target, 5)
	}
	if text := a.operator(t, 0, "status"); !strings.Contains(text, `"permissive": [
    "dashboard"`) {
		t.Errorf("status does not tell that the dashboard is permissive:\n%s", text)
	}
	a.operator(t, verdict, "simulate", "--enforcing")

	a.operator(t, 0, "learn", "--domain", source, "--enforce", "--commit", "--yes")
	a.operator(t, 0, "simulate", "--enforcing")
	for target, operation := range targets {
		a.waitEnforced(t, source, target)
		a.operator(t, 0, "explain", source, target, operation)
		a.operator(t, verdict, "explain", source, target, "other")
	}
	a.operator(t, verdict, "explain", source, "key-store")
	a.waitWork(t)
	if now := a.status(t).refused()[source]; now != refused {
		t.Errorf("%d calls of the dashboard were refused", now-refused)
	}

	// It enforces: an operation that is not in the learned list is refused.
	a.load(t, `"transitions":{"transition":[{"source":"dashboard","target":"path-computation","config":{"source":"dashboard","target":"path-computation","operation":["other"]}}]}`)
	m := a.openNcclient(t, admin, a.password)
	m.commit(t, mpkSecurity(`<transitions><transition><source>dashboard</source><target>path-computation</target><config>`+
		`<operation xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete">topology-summary</operation></config></transition></transitions>`))
	a.waitDenied(t, source, "path-computation", 1)
	a.waitRefused(t, source, 1)
	a.operator(t, 0, "config", "rollback", "-2", "--yes")
	a.waitPermitted(t, source, "path-computation")
}

// verdict is the exit status of a command whose answer is that policy refuses.
const verdict = 5

// load loads a part of the configuration.
func (a *appliance) load(t *testing.T, part string) {
	t.Helper()
	a.ask(t, supervise.Request{Op: supervise.Write, Path: a.path("part.json"), Data: []byte(`{"mpk-security:mpk-security":{` + part + `}}`)})
	a.operator(t, 0, "config", "load", "--yes", a.path("part.json"))
}

// withdraw deletes the transitions of a source.
func (a *appliance) withdraw(t *testing.T, source string, targets ...string) {
	t.Helper()
	var entries strings.Builder
	for _, target := range targets {
		fmt.Fprintf(&entries, `<transition nc:operation="delete"><source>%s</source><target>%s</target></transition>`, source, target)
	}
	m := a.openNcclient(t, admin, a.password)
	m.commit(t, mpkSecurity(`<transitions xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">`+entries.String()+`</transitions>`))
}

// waitObserved waits until so many calls between two domains were tolerated.
func (a *appliance) waitObserved(t *testing.T, source, target string, calls uint64) {
	t.Helper()
	path := fmt.Sprintf("/mpk-security/observation/transitions/transition[source=%s][target=%s]/state", source, target)
	a.eventually(t, 20*time.Second, func() error {
		leaves, err := a.gnmi().tryGet(t, path)
		if err != nil {
			return err
		}
		now := below("state/", leaves)["tolerated"]
		if now == "" || number(t, now) < calls {
			return fmt.Errorf("%s → %s: %q calls were tolerated, waiting for %d", source, target, now, calls)
		}
		tell(t, "%s → %s: %s calls tolerated", source, target, now)
		return nil
	})
}

// waitEnforced waits until calls pass under a transition that is new, none of which
// may have been denied or tolerated.
func (a *appliance) waitEnforced(t *testing.T, source, target string) {
	t.Helper()
	a.eventually(t, 20*time.Second, func() error {
		leaves, err := a.gnmi().tryGet(t, countersPath(source, target))
		if err != nil {
			return err // nobody called yet
		}
		counters := below("counters/", leaves)
		if counters["denied"] != "0" || counters["tolerated"] != "0" {
			t.Fatalf("%s → %s: the counters are %v", source, target, counters)
		}
		if counters["permitted"] == "0" {
			return fmt.Errorf("%s → %s: no call was permitted", source, target)
		}
		tell(t, "%s → %s: %s calls permitted, none denied or tolerated", source, target, counters["permitted"])
		return nil
	})
}

// operator runs a command on the appliance, which must end with a status, and
// returns what it says to programs.
func (a *appliance) operator(t *testing.T, status int, args ...string) string {
	t.Helper()
	gnmi := strings.Replace(a.listen.gnmi, "0.0.0.0", "127.0.0.1", 1) // which its certificate names
	command := slices.Concat([]string{a.path("bin/waveguard")}, args,
		[]string{"--data", a.path("state"), "--address", gnmi, "--netconf", a.listen.netconf, "--output", "json"})
	if args[0] == "status" {
		command = slices.DeleteFunc(command, func(s string) bool { return s == "--netconf" || s == a.listen.netconf })
	}
	tell(t, "%s$ %s", a.name, a.shorten(command))
	r := a.ask(t, supervise.Request{Op: supervise.Run, Args: command})
	if r.Status != status {
		t.Fatalf("%v: status %d, want %d: %s%s", args, r.Status, status, r.Output, r.Errors)
	}
	tellBriefly(t, r.Output, 6)
	return r.Output
}
