package e2e

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/testdata/e2e/supervise"
	"github.com/optical-net/waveguard/testdata/pkuvm/guest"
)

// Names of the supervised processes.
const (
	daemon = "daemon"
	node   = "node"
)

// place is a kind of machine.
type place struct {
	name string
	// strength is what the place gives, and backend what gives it; empty means
	// that it depends on the processor.
	strength, backend string
	// patience multiplies every deadline.
	patience time.Duration
	boot     func(*testing.T, *machine)
}

var (
	thisHost       = place{name: "host", patience: 3, boot: bootHost}
	virtualMachine = place{name: "vm", strength: "HARDWARE_REGION", backend: "PKU", patience: 6, boot: bootVirtual}
)

// machine has an appliance and a supervisor, which does there what is asked.
type machine struct {
	place
	t          *testing.T // of the machine's whole life
	dir        string     // of bin and state, there
	files      string     // a folder here, of what clients need
	supervisor string     // its address, here
	// listen and reach are the addresses of NETCONF and gNMI: as the daemon is
	// to listen, and as clients here reach it.
	listen, reach addresses
}

type addresses struct{ netconf, gnmi string }

// boot starts a machine of the kind, which is there until the test ends.
func boot(t *testing.T, p place) *machine {
	t.Helper()
	needBinaries(t)
	m := &machine{place: p, t: t, files: t.TempDir()}
	p.boot(t, m)
	return m
}

var listens = regexp.MustCompile(`^supervisor listens on (\S+)$`)

func bootHost(t *testing.T, m *machine) {
	t.Helper()
	m.dir = t.TempDir()
	copyProgram(t, "waveguardd", filepath.Join(m.dir, "bin"))
	copyProgram(t, "waveguard", filepath.Join(m.dir, "bin"))
	s := startChild(t, nil, program("supervisor"), "127.0.0.1:0")
	line, err := s.line(m.within(10 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	found := listens.FindStringSubmatch(line)
	if found == nil {
		t.Fatalf("supervisor said %q", line)
	}
	m.supervisor = found[1]
	// Not port 0: after a restart another flag would be a change of the configuration.
	ports := freePorts(t, 2)
	m.listen = addresses{loopback(ports[0]), loopback(ports[1])}
	t.Cleanup(func() { m.quit(s) })
}

// Ports in the virtual machine.
const (
	guestNETCONF    = 8830
	guestGNMI       = 9339
	guestSupervisor = 7000
)

func bootVirtual(t *testing.T, m *machine) {
	t.Helper()
	needTools(t, "qemu-system-x86 busybox-static", "qemu-system-x86_64", "busybox", "dpkg")
	m.dir = guest.Home
	m.listen = addresses{fmt.Sprintf("0.0.0.0:%d", guestNETCONF), fmt.Sprintf("0.0.0.0:%d", guestGNMI)}
	var err error
	// A port that was free can be taken before QEMU has it.
	for range 3 {
		ports := freePorts(t, 3)
		m.reach = addresses{loopback(ports[0]), loopback(ports[1])}
		m.supervisor = loopback(ports[2])
		vm := startChild(t, nil, program("pkuvm"), "-timeout", "8m",
			"-file", program("waveguardd")+":"+m.path("bin/waveguardd"),
			"-file", program("waveguard")+":"+m.path("bin/waveguard"),
			"-forward", fmt.Sprintf("%d:%d", ports[0], guestNETCONF),
			"-forward", fmt.Sprintf("%d:%d", ports[1], guestGNMI),
			"-forward", fmt.Sprintf("%d:%d", ports[2], guestSupervisor),
			"--", program("supervisor"), fmt.Sprintf("0.0.0.0:%d", guestSupervisor))
		// Beyond booting, the first run fetches the machine's kernel.
		if _, err = vm.line(3 * time.Minute); err == nil {
			t.Cleanup(func() { m.quit(vm) })
			return
		}
		vm.stop()
	}
	t.Fatal(err)
}

// quit ends the machine, whose supervisor runs in the given process.
func (m *machine) quit(supervisor *child) {
	if m.t.Failed() {
		m.postMortem()
	}
	_, err := supervise.Ask(context.Background(), m.supervisor, supervise.Request{Op: supervise.Quit})
	if err == nil {
		_, err = supervisor.status(m.within(10 * time.Second))
	}
	if err != nil {
		m.t.Errorf("end the machine: %v", err)
	}
}

// postMortem shows what the processes said, after a failure.
func (m *machine) postMortem() {
	for _, name := range []string{daemon, node} {
		r, err := supervise.Ask(context.Background(), m.supervisor, supervise.Request{Op: supervise.Look, Name: name})
		if err != nil {
			r.Output = err.Error()
		}
		m.t.Logf("%s (running: %v, status %d) said:\n%s", name, r.Running, r.Status, tail(r.Output, 60))
	}
}

// within stretches a deadline to what the machine needs.
func (m *machine) within(d time.Duration) time.Duration { return d * m.patience }

// path is a file of the machine's folder.
func (m *machine) path(name string) string { return filepath.Join(m.dir, name) }

// ask has the supervisor do something, which must not fail.
func (m *machine) ask(t *testing.T, r supervise.Request) supervise.Reply {
	t.Helper()
	r.Within = m.within(20 * time.Second)
	reply, err := supervise.Ask(t.Context(), m.supervisor, r)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// read returns a file of the machine's folder.
func (m *machine) read(t *testing.T, name string) []byte {
	t.Helper()
	return m.ask(t, supervise.Request{Op: supervise.Read, Path: m.path(name)}).Data
}

// start starts a process of the machine.
func (m *machine) start(t *testing.T, name string, args ...string) (pid int) {
	t.Helper()
	tell(t, "%s$ %s &", m.name, m.shorten(args))
	return m.ask(t, supervise.Request{Op: supervise.Start, Name: name, Args: args}).PID
}

// look tells about a process that must be running.
func (m *machine) look(t *testing.T, name string) supervise.Reply {
	t.Helper()
	r := m.ask(t, supervise.Request{Op: supervise.Look, Name: name})
	if !r.Running {
		t.Fatalf("%s has ended with status %d; it said:\n%s", name, r.Status, r.Output)
	}
	return r
}

// run runs a command on the machine, which must succeed, and returns its output.
func (m *machine) run(t *testing.T, args ...string) string {
	t.Helper()
	r := m.ask(t, supervise.Request{Op: supervise.Run, Args: args})
	if r.Status != 0 {
		t.Fatalf("%s: status %d\n%s%s", m.shorten(args), r.Status, r.Output, r.Errors)
	}
	return r.Output
}

// shorten words a command as one would type it in the machine's folder.
func (m *machine) shorten(args []string) string {
	return strings.ReplaceAll(strings.Join(args, " "), m.dir+"/", "")
}

// eventually tries until there is no error; the last one it reports.
func (m *machine) eventually(t *testing.T, within time.Duration, try func() error) {
	t.Helper()
	deadline := time.Now().Add(m.within(within))
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still not so after %v: %v", m.within(within), err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", fmt.Sprint(port)) }

// freePorts returns ports of the loopback address that nobody has now.
func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}
