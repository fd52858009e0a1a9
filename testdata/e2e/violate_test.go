package e2e

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// violate is step 4: a service reads another's region without a gate.
func violate(t *testing.T, a *appliance) {
	// So that the dashboard's next violation is the one of this step.
	m := a.openNcclient(t, admin, a.password)
	m.commit(t, transition("dashboard", "performance-monitoring", "PERMIT"))
	a.waitPermitted(t, "dashboard", "performance-monitoring")

	m.do(t, "create_subscription", nil)
	tell(t, ">>> m.create_subscription()\n<ok/>")
	stream := a.gnmi().stream(t, "ON_CHANGE", "/mpk-security/services/service[name=dashboard]/state",
		"/mpk-security/domains/domain[name=key-store]/state/counters")
	next(t, a.machine, stream, "dashboard/state/attached")
	address := a.trespass(t)

	t.Run("notification", func(t *testing.T) {
		n := waitFault(t, m)
		want := violation{
			Kind: "protection-key-fault", Service: "dashboard", Source: "dashboard", Target: "key-store",
			Address: address, Strength: a.expectedStrength(),
		}
		want.Severity, want.Process = n.Severity, fmt.Sprint(a.node)
		if n != want || n.Severity == "" {
			t.Errorf("notification %+v; want %+v", n, want)
		}
	})
	t.Run("streamed", func(t *testing.T) {
		for _, suffix := range []string{"/dashboard/state/counters/protection-key-faults", "/key-store/state/counters/protection-key-faults"} {
			for next(t, a.machine, stream, suffix).value != "1" {
			}
			tell(t, "streamed: %s, 1", suffix[1:])
		}
	})
	t.Run("attributed", func(t *testing.T) { a.checkLastViolation(t, address) })
	a.waitWork(t)
	for _, s := range a.status(t).Services {
		if want := map[string]uint64{"dashboard": 1}[s.Name]; s.Faults != want {
			t.Errorf("%s had %d faults; want %d", s.Name, s.Faults, want)
		}
	}
}

// trespass has the dashboard read the key store's memory, and returns where it
// was caught.
func (a *appliance) trespass(t *testing.T) (address string) {
	t.Helper()
	command := a.waveguard("demo", "violate", "dashboard", "key-store")
	tell(t, "%s$ %s", a.name, a.shorten(command))
	out := a.run(t, command...)
	tell(t, "%s", out)
	var v struct {
		Caught   bool   `json:"caught"`
		Address  string `json:"address"`
		Strength string `json:"isolation-strength"`
	}
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("read %q: %v", out, err)
	}
	if !v.Caught || !strings.HasPrefix(v.Address, "0x") || v.Strength != a.expectedStrength() {
		t.Fatalf("violation: %+v; want it caught, at strength %s", v, a.expectedStrength())
	}
	return v.Address
}

// expectedStrength is what the machine's processor can give.
func (a *appliance) expectedStrength() string {
	if a.strength != "" {
		return a.strength
	}
	if cpu, err := os.ReadFile("/proc/cpuinfo"); err == nil && strings.Contains(string(cpu), " ospke") {
		return "HARDWARE_REGION"
	}
	return "MPROTECT"
}

// violation is what a notification says.
type violation struct {
	Kind     string `xml:"violation>kind"`
	Severity string `xml:"violation>severity"`
	Service  string `xml:"violation>service"`
	Source   string `xml:"violation>source-domain"`
	Target   string `xml:"violation>target-domain"`
	Address  string `xml:"violation>address"`
	Process  string `xml:"violation>process-id"`
	Strength string `xml:"violation>isolation-strength"`
}

// waitFault takes notifications until one is of a protection-key fault.
func waitFault(t *testing.T, m *ncclient) violation {
	t.Helper()
	deadline := time.Now().Add(m.m.within(20 * time.Second))
	for time.Now().Before(deadline) {
		text := call[string](t, m, "take_notification", args{"timeout": time.Until(deadline).Seconds()})
		var v violation
		if text == "" {
			continue
		}
		if err := xml.Unmarshal([]byte(text), &v); err != nil {
			t.Fatalf("read %s: %v", text, err)
		}
		_, v.Kind, _ = strings.Cut(v.Kind, ":")
		v.Address = shortAddress(v.Address)
		if v.Kind == "protection-key-fault" {
			tell(t, ">>> m.take_notification()\n%s", pretty(text))
			return v
		}
	}
	t.Fatal("no notification of a protection-key fault came")
	return violation{}
}

// shortAddress takes the model's form of an address, octets with colons, for
// the usual one.
func shortAddress(octets string) string {
	return "0x" + strings.TrimLeft(strings.ReplaceAll(octets, ":", ""), "0")
}

func (a *appliance) checkLastViolation(t *testing.T, address string) {
	t.Helper()
	a.eventually(t, 10*time.Second, func() error {
		last := below("last-violation/", a.gnmi().get(t, "/mpk-security/services/service[name=dashboard]/state/last-violation"))
		kind := last["kind"][strings.LastIndex(last["kind"], ":")+1:]
		if kind != "protection-key-fault" || last["target-domain"] != "key-store" || shortAddress(last["address"]) != address {
			return fmt.Errorf("the dashboard's last violation is %v; want a fault in key-store at %s", last, address)
		}
		tell(t, "last violation of the dashboard: %s in %s at %s", kind, last["target-domain"], address)
		return nil
	})
}
