package csdk_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

var demonstration = []string{"path-computation", "wavelength-assignment", "key-store", "performance-monitoring", "dashboard"}

// demonstrationConfig is the policy of the daemon's first start, for whoever runs the test.
func demonstrationConfig() (config []string) {
	for i, name := range demonstration {
		config = slices.Concat(config, viewtest.Domain(name, i+1), viewtest.Service(name, name, os.Getuid()))
	}
	for _, t := range [][2]string{
		{"path-computation", "wavelength-assignment"},
		{"path-computation", "performance-monitoring"},
		{"path-computation", "key-store"},
		{"performance-monitoring", "key-store"},
		{"dashboard", "performance-monitoring"},
		{"dashboard", "path-computation"},
	} {
		config = append(config, viewtest.Transition(t[0], t[1], "PERMIT")...)
	}
	return config
}

// controlReply is what the dashboard answers, as the operator's command understands it.
type controlReply struct {
	Error  string
	Status *struct {
		Attached bool
		Strength string `json:"isolation-strength"`
		Services []struct {
			Name, Last, Trouble string
			Work                map[string]int
			Refused             int `json:"refused-calls"`
		}
	}
	Violation *struct {
		Caught bool
		Reads  int `json:"reads-that-succeeded"`
	}
}

func (c *controlReply) work(service, name string) int {
	if c.Status != nil {
		for _, s := range c.Status.Services {
			if s.Name == service {
				return s.Work[name]
			}
		}
	}
	return 0
}

// ask asks the dashboard; an empty reply while it does not listen yet.
func ask(t *testing.T, socket, request string) *controlReply {
	t.Helper()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return &controlReply{}
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(conn, request); err != nil {
		t.Fatal(err)
	}
	reply := new(controlReply)
	if err := json.NewDecoder(conn).Decode(reply); err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	return reply
}

// notAttached is the exit status of a host that the daemon did not welcome.
const notAttached = 4

const (
	askStatus  = `{"command":"status"}`
	askViolate = `{"command":"violate","source":"dashboard","target":"key-store"}`
)

// TestDemonstrationInCompartments: the demonstration's control plane, each service in C and in a compartment.
func TestDemonstrationInCompartments(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		r := start(t, demonstrationConfig())
		words := []string{"--after-fault", "go-on"}
		for _, name := range demonstration {
			words = append(words, name+"=demo/"+name+".so")
		}
		socket := filepath.Join(t.TempDir(), "control")
		var cmd *exec.Cmd
		var ended chan struct{}
		begin := func() {
			cmd, ended = r.hostCommand(backend, words...), make(chan struct{})
			cmd.Env = append(os.Environ(), "WAVEGUARD_DEMO_CONTROL="+socket, "WAVEGUARD_DEMO_PERIOD=5")
			cmd.Stderr = t.Output()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			go func(cmd *exec.Cmd, ended chan struct{}) { _ = cmd.Wait(); close(ended) }(cmd, ended)
		}
		begin()
		defer func() { _ = cmd.Process.Kill(); <-ended }()
		working := func() bool {
			s := ask(t, socket, askStatus)
			return s.work("path-computation", "lightpaths-set-up") > 3 && s.work("path-computation", "lightpaths-released") > 0 &&
				s.work("performance-monitoring", "readings-verified") > 2 && s.work("dashboard", "summaries") > 3
		}
		r.eventually("all services to work", func() bool {
			select {
			case <-ended:
				if got := cmd.ProcessState.ExitCode(); got != notAttached { // a slow machine's daemon can be later than it waits
					t.Fatalf("the host ended with %v", cmd.ProcessState)
				}
				begin()
			default:
			}
			return working()
		})
		if n := ask(t, socket, askStatus).work("performance-monitoring", "readings-rejected"); n != 0 {
			t.Errorf("%d readings rejected", n)
		}

		r.commit(viewtest.Entry("transition", "dashboard", "performance-monitoring") + "/config/action = DENY")
		r.eventually("the refusal", func() bool {
			s := ask(t, socket, askStatus).Status
			return s != nil && slices.ContainsFunc(s.Services, func(s struct {
				Name, Last, Trouble string
				Work                map[string]int
				Refused             int `json:"refused-calls"`
			},
			) bool {
				return s.Name == "dashboard" && s.Refused > 0 && strings.HasSuffix(s.Last, "power unknown")
			})
		})
		r.commit(viewtest.Entry("transition", "dashboard", "performance-monitoring") + "/config/action = PERMIT")
		r.eventually("all services to work", working)
		trespassOnKeys(t, r, socket, backend)
		r.eventually("all services to go on", working)
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		if want := map[bool]int{true: 0, false: 5}[backend == "none"]; cmd.ProcessState.ExitCode() != want {
			t.Errorf("the host ended with %v, want exit status %d", cmd.ProcessState, want)
		}
	})
}

// trespassOnKeys has the dashboard read what is the key store's.
func trespassOnKeys(t *testing.T, r *rig, socket, backend string) {
	t.Helper()
	v := ask(t, socket, askViolate).Violation
	if backend == "mprotect" { // whose walls have gaps, when somebody is inside by right
		r.eventually("the dashboard to be caught", func() bool {
			v = ask(t, socket, askViolate).Violation
			return v == nil || v.Caught
		})
	}
	if v == nil || v.Caught != (backend != "none") || backend == "none" && v.Reads == 0 || backend == "pku" && v.Reads != 0 {
		t.Fatalf("violation %+v", v)
	}
	for backend != "none" {
		if v := r.violation(); v.Kind == wire.ProtectionKeyFault {
			if v.Source != "dashboard" || v.Target != "key-store" {
				t.Errorf("violation %+v", v)
			}
			break
		}
	}
	for _, nonsense := range []string{
		`{"command":"violate","source":"key-store","target":"dashboard"}`, `{"command":"violate","source":"dashboard","target":"nobody"}`,
		`{"command":"violate","source":"dashboard","target":"dashboard"}`, `{"command":"dance"}`, `nonsense`, `{"command":"status`,
	} {
		if got := ask(t, socket, nonsense); got.Error == "" {
			t.Errorf("%s: %+v, want an error", nonsense, got)
		}
	}
}

// TestDigests holds the demonstration's SHA-256 and HMAC against the standard library's.
func TestDigests(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the virtual machine has no sanitizers")
	}
	message, key := make([]byte, 300), make([]byte, 32)
	for i := range message {
		message[i] = byte(7 * i)
	}
	for i := range key {
		key[i] = byte(i)
	}
	var want bytes.Buffer
	for n := range len(message) + 1 {
		fmt.Fprintf(&want, "%x\n", sha256.Sum256(message[:n]))
		if n <= 64 {
			mac := hmac.New(sha256.New, key)
			mac.Write(message[:n])
			fmt.Fprintf(&want, "%x\n", mac.Sum(nil))
		}
	}
	cmd := exec.Command(program(t, "sha256"))
	cmd.Stdin = bytes.NewReader(message)
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Equal(out, want.Bytes()) {
		t.Errorf("%v, digests differ: %.200s", err, out)
	}
}
