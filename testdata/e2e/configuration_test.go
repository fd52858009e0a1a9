package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/testdata/e2e/supervise"
)

// goBack is about "waveguard config": what an operator loads is in force in the
// services that run, and so is what it goes back to.
func goBack(t *testing.T, a *appliance) {
	const source, target = "dashboard", "path-computation"
	a.waitPermitted(t, source, target)
	saved := a.path("saved.json")
	a.config(t, "save", saved)
	policy := fmt.Sprintf(`{"mpk-security:mpk-security":{"transitions":{"transition":[{"source":"%s","target":"%s","config":{"source":"%[1]s","target":"%[2]s","action":"DENY"}}]}}}`, source, target)
	a.ask(t, supervise.Request{Op: supervise.Write, Path: a.path("deny.json"), Data: []byte(policy)})

	var changed struct {
		Differences []struct{ Path string }
		PersistID   string `json:"persist-id"`
	}
	said := a.config(t, "load", "--yes", "--confirm", "1h", a.path("deny.json"))
	if err := json.Unmarshal([]byte(said), &changed); err != nil || len(changed.Differences) != 1 || changed.PersistID == "" {
		t.Fatalf("load: %v: %s", err, said)
	}
	a.waitDenied(t, source, target, 1)
	a.config(t, "confirm", "--persist-id", changed.PersistID)
	a.config(t, "rollback", "-1", "--yes")
	a.waitPermitted(t, source, target)
	a.config(t, "rollback", "-1", "--yes")
	a.waitDenied(t, source, target, 1)
	a.config(t, "load", "--yes", "--replace", saved)
	a.waitPermitted(t, source, target)
	a.goBackWithNcclient(t, source, target)

	history := a.config(t, "history", "--limit", "6")
	for _, comment := range []string{"and forth", "back", "load saved.json", "rollback to ", "load deny.json"} {
		if !strings.Contains(history, `"comment": "`+comment) {
			t.Errorf("the history does not tell %q:\n%s", comment, history)
		}
	}
	a.waitWork(t)
}

// goBackWithNcclient has a client that knows nothing of our modules do the same.
func (a *appliance) goBackWithNcclient(t *testing.T, source, target string) {
	t.Helper()
	m := a.openNcclient(t, admin, a.password)
	const space = `xmlns="https://mpk-security.optical.net/yang/mpk-security-history"`
	past := call[string](t, m, "dispatch", args{"operation": `<get-revision ` + space + `><back>1</back></get-revision>`})
	if !strings.Contains(past, "<action>DENY</action>") {
		t.Errorf("the revision before is %s", past)
	}
	m.do(t, "dispatch", args{"operation": `<rollback ` + space + `><back>1</back><comment>back</comment></rollback>`})
	a.waitDenied(t, source, target, 1)
	m.do(t, "dispatch", args{"operation": `<rollback ` + space + `><back>1</back><comment>and forth</comment></rollback>`})
	a.waitPermitted(t, source, target)
}

// config runs "waveguard config" on the appliance and returns what it says.
func (a *appliance) config(t *testing.T, args ...string) string {
	t.Helper()
	return a.operator(t, 0, append([]string{"config"}, args...)...)
}
