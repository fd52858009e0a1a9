package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/testdata/e2e/supervise"
)

// appliance is a daemon and a demonstration node, attached to it, on a machine.
type appliance struct {
	*machine
	authority *authority // whose client certificates the daemon accepts
	password  string     // of admin
	node      int        // process
}

const admin = "admin"

// services are those of the demonstration node.
var services = []string{"dashboard", "key-store", "path-computation", "performance-monitoring", "wavelength-assignment"}

// bringUp starts an appliance on embedded defaults, and the node.
func bringUp(t *testing.T, p place) *appliance {
	t.Helper()
	a := &appliance{machine: boot(t, p), authority: newAuthority(t)}
	a.ask(t, supervise.Request{Op: supervise.Write, Path: a.path("clients.pem"), Data: a.authority.pem})
	a.startDaemon(t)
	a.password = strings.TrimSpace(string(a.read(t, "state/admin-password")))
	writeFile(t, a.certificate(), a.read(t, "state/tls/cert.pem"))
	a.node = a.start(t, node, a.path("bin/waveguard"), "demo", "node", "--quiet",
		"--socket", a.path("state/attach.sock"), "--control", a.path("control.sock"))
	a.eventually(t, 20*time.Second, func() error {
		a.look(t, node)
		_, err := a.tryStatus(t)
		return err
	})
	a.waitAttached(t)
	return a
}

var ready = regexp.MustCompile(`NETCONF over SSH on (\S+), gNMI over TLS on (\S+)\n(?s:.*)\nready\n`)

// startDaemon starts the daemon, or starts it again, and waits until it serves.
func (a *appliance) startDaemon(t *testing.T) {
	t.Helper()
	a.start(t, daemon, a.path("bin/waveguardd"), "--data", a.path("state"),
		"--netconf", a.listen.netconf, "--gnmi", a.listen.gnmi, "--gnmi-client-ca", a.path("clients.pem"))
	var said string
	a.eventually(t, 30*time.Second, func() error {
		said = a.look(t, daemon).Output
		if !ready.MatchString(said) {
			return fmt.Errorf("the daemon is not ready; it said:\n%s", said)
		}
		return nil
	})
	if a.reach == (addresses{}) {
		a.reach = a.listen
	}
	tell(t, "%s", said)
}

// kill ends a process as kill -9 does.
func (a *appliance) kill(t *testing.T, name string) {
	t.Helper()
	tell(t, "%s$ kill -9 %d  # %s", a.name, a.look(t, name).PID, name)
	r := a.ask(t, supervise.Request{Op: supervise.Kill, Name: name, Signal: int(unix.SIGKILL)})
	if r.Status != 128+int(unix.SIGKILL) {
		t.Fatalf("%s ended with status %d", name, r.Status)
	}
}

// gnmi is gnmi_cli, signed in as the administrator.
func (a *appliance) gnmi() gnmi { return gnmi{m: a.machine, user: admin, password: a.password} }

// demoStatus is what "waveguard demo status --output json" says.
type demoStatus struct {
	ProcessID int    `json:"process-id"`
	Attached  bool   `json:"attached"`
	Strength  string `json:"isolation-strength"`
	Keys      int    `json:"hardware-keys"`
	Services  []struct {
		Name    string            `json:"name"`
		Work    map[string]uint64 `json:"work"`
		Refused uint64            `json:"refused-calls"`
		Faults  uint64            `json:"faults"`
		Trouble string            `json:"trouble"`
	} `json:"services"`
}

func (a *appliance) tryStatus(t *testing.T) (s demoStatus, err error) {
	t.Helper()
	r := a.ask(t, supervise.Request{Op: supervise.Run, Args: a.waveguard("demo", "status")})
	if r.Status != 0 {
		return s, fmt.Errorf("demo status: status %d: %s%s", r.Status, r.Output, r.Errors)
	}
	return s, json.Unmarshal([]byte(r.Output), &s)
}

func (a *appliance) status(t *testing.T) demoStatus {
	t.Helper()
	s, err := a.tryStatus(t)
	if err != nil {
		t.Fatal(err)
	}
	if s.ProcessID != a.node {
		t.Fatalf("the node is process %d; it was started as %d", s.ProcessID, a.node)
	}
	return s
}

// waveguard is a command of the demonstration, with output for programs.
func (a *appliance) waveguard(command ...string) []string {
	return slices.Concat([]string{a.path("bin/waveguard")}, command,
		[]string{"--control", a.path("control.sock"), "--output", "json"})
}

// refused returns how many calls of each service gates have refused.
func (s demoStatus) refused() map[string]uint64 {
	m := map[string]uint64{}
	for _, service := range s.Services {
		m[service.Name] = service.Refused
	}
	return m
}

// waitWork waits until each service has done work since now.
func (a *appliance) waitWork(t *testing.T) {
	t.Helper()
	before := a.status(t)
	a.eventually(t, 20*time.Second, func() error {
		var idle []string
		for i, s := range a.status(t).Services {
			if s.Trouble != "" {
				return fmt.Errorf("%s: %s", s.Name, s.Trouble)
			}
			if !worked(before.Services[i].Work, s.Work) {
				idle = append(idle, s.Name)
			}
		}
		if len(idle) > 0 {
			return fmt.Errorf("%v did no work", idle)
		}
		return nil
	})
	tell(t, "all five services go on working")
}

// worked says whether any of a service's counters has grown.
func worked(before, after map[string]uint64) bool {
	for name, n := range after {
		if n > before[name] {
			return true
		}
	}
	return false
}

// waitRefused waits until gates have refused so many more calls of a service
// than they have now.
func (a *appliance) waitRefused(t *testing.T, service string, more uint64) {
	t.Helper()
	was := a.status(t).refused()[service]
	a.eventually(t, 20*time.Second, func() error {
		now := a.status(t).refused()[service]
		if now < was+more {
			return fmt.Errorf("%s had %d calls refused and has %d", service, was, now)
		}
		tell(t, "waveguard demo status: %s had %d calls refused", service, now)
		return nil
	})
}

// serviceState is the state of one service, from gNMI, by name of the leaf
// below its state container.
func (a *appliance) serviceState(t *testing.T, name string) map[string]string {
	t.Helper()
	return below("state/", a.gnmi().get(t, "/mpk-security/services/service[name="+name+"]/state"))
}

// counters are those of one transition.
func (a *appliance) counters(t *testing.T, source, target string) (permitted, denied uint64) {
	t.Helper()
	leaves := below("counters/", a.gnmi().get(t, countersPath(source, target)))
	return number(t, leaves["permitted"]), number(t, leaves["denied"])
}

func countersPath(source, target string) string {
	return fmt.Sprintf("/mpk-security/transitions/transition[source=%s][target=%s]/state/counters", source, target)
}

// below cuts the paths of leaves after a step.
func below(step string, leaves map[string]string) map[string]string {
	m := map[string]string{}
	for path, value := range leaves {
		if _, rest, found := strings.Cut(path, "/"+step); found {
			m[rest] = value
		}
	}
	return m
}

// waitAttached waits until the daemon says that the node provides all services.
func (a *appliance) waitAttached(t *testing.T) {
	t.Helper()
	pid := strconv.Itoa(a.node)
	a.eventually(t, 20*time.Second, func() error {
		leaves, err := a.gnmi().tryGet(t, "/mpk-security/services/service[name=*]/state")
		if err != nil {
			return err
		}
		for _, name := range services {
			at := "mpk-security/services/service/" + name + "/state/"
			if leaves[at+"attached"] != "true" || leaves[at+"process-id"] != pid {
				return fmt.Errorf("%s: attached %q, process %q; the node is process %s (leaves %v)",
					name, leaves[at+"attached"], leaves[at+"process-id"], pid, slices.Sorted(maps.Keys(leaves)))
			}
		}
		return nil
	})
	tell(t, "all five services are attached, in process %s", pid)
}
