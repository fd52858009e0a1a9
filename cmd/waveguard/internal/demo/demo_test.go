package demo

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/control"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/gnmitest"
)

const patienceOfTests = 30 * time.Second

// The test binary plays the daemon and the node, under their names.
func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var err error
	switch filepath.Base(os.Args[0]) {
	case "waveguardd":
		err = playDaemon(ctx)
	case "waveguard":
		err = playNode(ctx)
	case hostName:
		err = playHost(ctx)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// firstWords is what a daemon says first.
const firstWords = "waveguardd 0: NETCONF over SSH on %s, gNMI over TLS on %s\n"

func playDaemon(ctx context.Context) error {
	flags := flag.NewFlagSet("waveguardd", flag.ExitOnError)
	data := flags.String("data", "", "")
	gnmi, netconf := flags.String("gnmi", "", ""), flags.String("netconf", "", "")
	for _, name := range []string{"attach", "init-user"} {
		flags.String(name, "", "")
	}
	if err := flags.Parse(os.Args[1:]); err != nil {
		return err
	}
	if os.Getenv("FAKE_DAEMON_DIES") != "" {
		return errors.New("journal is from the future")
	}
	if moved := os.Getenv("FAKE_DAEMON_MOVED"); moved != "" {
		*gnmi = moved
	}
	if *gnmi == noAddress {
		fmt.Printf(firstWords, *netconf, *gnmi)
		<-ctx.Done()
		return nil
	}
	listener, err := gnmitest.Listen(*data, *gnmi)
	if err != nil {
		return err
	}
	fmt.Printf(firstWords, *netconf, listener.Addr())
	fmt.Println("ready")
	return new(gnmitest.Server).Serve(ctx, listener)
}

// playNode is attached while there is no file "detached" beside its socket.
func playNode(ctx context.Context) error {
	if os.Getenv("FAKE_NODE_DIES") != "" {
		return errors.New("attach: not welcome")
	}
	socket := os.Args[len(os.Args)-1]
	listener, err := control.Listen(socket)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "node is up")
	return control.Serve(ctx, listener, func(context.Context, control.Request) control.Reply {
		_, err := os.Stat(filepath.Join(filepath.Dir(socket), "detached"))
		return control.Reply{Status: &control.Status{
			Attached: err != nil, Backend: "MPROTECT", Strength: "MPROTECT", Epoch: 7,
			Services: []control.Service{
				{Name: "path-computation", Work: map[string]uint64{"paths-computed": 30, "lightpaths-up": 4}},
				{Name: "dashboard", Refused: 2, Faults: 1},
			},
		}}
	})
}

// output is what a demonstration says, read while it runs.
type output struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.String()
}

// rehearsal is a demonstration with actors.
type rehearsal struct {
	t    *testing.T
	out  *output
	data string
	gnmi string
	stop context.CancelFunc
	done chan error
}

func config(t *testing.T, out *output) Config {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	for _, name := range []string{"waveguard", "waveguardd"} {
		if err := os.Symlink(self, filepath.Join(directory, name)); err != nil {
			t.Fatal(err)
		}
	}
	return Config{
		Executable: filepath.Join(directory, "waveguard"), Data: filepath.Join(directory, "state"),
		NETCONF: freeAddress(t), GNMI: freeAddress(t), User: gnmitest.User,
		Interval: 20 * time.Millisecond, Out: out,
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func rehearse(t *testing.T) *rehearsal {
	t.Helper()
	r := &rehearsal{t: t, out: new(output), done: make(chan error, 1)}
	c := config(t, r.out)
	r.data, r.gnmi = c.Data, c.GNMI
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	go func() { r.done <- Run(ctx, c) }()
	t.Cleanup(r.stop)
	return r
}

func (r *rehearsal) eventually(says string) {
	r.t.Helper()
	for deadline := time.Now().Add(patienceOfTests); !strings.Contains(r.out.String(), says); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("never said %q in\n%s", says, r.out)
		}
	}
}

func (r *rehearsal) end() error {
	r.t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(patienceOfTests):
		r.t.Fatalf("does not end; said\n%s", r.out)
		return nil
	}
}

// process returns the number that was told of a process.
func (r *rehearsal) process(name string) int {
	r.t.Helper()
	_, after, _ := strings.Cut(r.out.String(), "\n  "+name)
	var pid int
	if _, err := fmt.Sscanf(strings.TrimSpace(after), "process %d,", &pid); err != nil {
		r.t.Fatalf("no process %s in\n%s", name, r.out)
	}
	return pid
}

func TestRunTellsWhatRuns(t *testing.T) {
	r := rehearse(t)
	r.eventually("paths 30  lightpaths up 4")
	for _, says := range []string{
		"ready", "node is up", "MPROTECT (backend MPROTECT, 0 hardware keys)", "stop no\n", "protection keys: this CPU has none",
		"admin-password", "demo violate dashboard key-store --data " + r.data, "--address " + r.gnmi,
		fmt.Sprint("kill -9 ", r.process("daemon")), "refused calls 2  faults caught 1  |  attached, epoch 7", "until ^C",
	} {
		if !strings.Contains(r.out.String(), says) {
			t.Errorf("does not say %q", says)
		}
	}
	if strings.Contains(r.out.String(), "@") && strings.Contains(strings.ReplaceAll(r.out.String(), "admin@127", ""), "@") {
		t.Errorf("the script is not filled in:\n%s", r.out)
	}
	daemon, node := r.process("daemon"), r.process("node")
	r.stop()
	if err := r.end(); err != nil {
		t.Errorf("end: %v", err)
	}
	for name, pid := range map[string]int{"daemon": daemon, "node": node} {
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("the %s (process %d) lives on: %v", name, pid, err)
		}
	}
}

// TestRunWhereItIsConfigured holds that a daemon is found where its configuration
// has it listen, whatever the flags say and whoever has the ports that a new
// daemon would take.
func TestRunWhereItIsConfigured(t *testing.T) {
	t.Setenv("FAKE_DAEMON_MOVED", "127.0.0.1:0")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	r := &rehearsal{t: t, out: new(output), done: make(chan error, 1)}
	c := config(t, r.out)
	c.GNMI = taken.Addr().String()
	if err := os.MkdirAll(filepath.Join(c.Data, "config"), 0o700); err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	defer r.stop()
	go func() { r.done <- Run(ctx, c) }()
	r.eventually("attached, epoch 7")
	words := greeted.FindStringSubmatch(r.out.String())
	if words == nil || !strings.Contains(r.out.String(), "--address "+words[2]) {
		t.Errorf("does not say where it listens:\n%s", r.out)
	}
}

// TestRunWithoutGNMI holds that a daemon that cannot be asked is told at once.
func TestRunWithoutGNMI(t *testing.T) {
	t.Setenv("FAKE_DAEMON_MOVED", noAddress)
	if err := Run(t.Context(), config(t, new(output))); err == nil || !strings.Contains(err.Error(), "--gnmi HOST:PORT") {
		t.Errorf("error %v", err)
	}
}

func TestDialable(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:830": "127.0.0.1:830", "[::]:830": "localhost:830", "0.0.0.0:830": "localhost:830", ":830": "localhost:830",
		"[::1]:830": "[::1]:830", noAddress: noAddress,
	} {
		if got := dialable(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestRunForAWhile(t *testing.T) {
	out := new(output)
	c := config(t, out)
	c.Duration = 500 * time.Millisecond
	if err := Run(t.Context(), c); err != nil {
		t.Errorf("%v; said\n%s", err, out)
	}
}

func TestDaemonDies(t *testing.T) {
	r := rehearse(t)
	r.eventually("attached, epoch 7")
	if err := os.WriteFile(filepath.Join(r.data, "detached"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(r.process("daemon"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r.eventually("The daemon is gone")
	r.eventually("go on under the last policy. To start the daemon again")
	r.eventually("no daemon, epoch 7")
	if err := os.Remove(filepath.Join(r.data, "detached")); err != nil {
		t.Fatal(err)
	}
	r.eventually("attached to the daemon again")
	r.stop()
	if err := r.end(); err != nil {
		t.Errorf("end: %v", err)
	}
}

func TestNodeDies(t *testing.T) {
	r := rehearse(t)
	r.eventually("attached, epoch 7")
	if err := syscall.Kill(r.process("node"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	err := r.end()
	if err == nil || !strings.Contains(err.Error(), "killed") || !strings.Contains(err.Error(), "node is up") {
		t.Errorf("end: %v, want the node's last words", err)
	}
}

func TestChildDiesAtStart(t *testing.T) {
	for variable, words := range map[string]string{
		"FAKE_DAEMON_DIES": "journal is from the future", "FAKE_NODE_DIES": "not welcome",
	} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, "yes")
			if err := Run(t.Context(), config(t, new(output))); err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("error %v, want %q", err, words)
			}
		})
	}
}

func TestRunRefusesToStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, test := range []struct {
		name   string
		change func(*Config)
		says   string
	}{
		{"NETCONF port taken", func(c *Config) { c.NETCONF = taken.Addr().String() }, "--netconf"},
		{"gNMI port taken", func(c *Config) { c.GNMI = taken.Addr().String() }, "--gnmi"},
		{"no daemon", func(c *Config) { c.Executable = filepath.Join(c.Data, "waveguard") }, "make build"},
		{"long path", func(c *Config) { c.Data = filepath.Join(c.Data, strings.Repeat("x", 100)) }, "too long"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := new(output)
			c := config(t, out)
			test.change(&c)
			if err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v, want %q", err, test.says)
			}
		})
	}
}

func TestCommandLine(t *testing.T) {
	if got, want := commandLine("/a/b", "plain", "two words", "it's"), `/a/b plain 'two words' 'it'\''s'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTail(t *testing.T) {
	var words tail
	for i := range 2000 {
		fmt.Fprintf(&words, "line %d\n", i)
	}
	lines := strings.Split(words.String(), "\n")
	if len(lines) != tailLines || lines[tailLines-1] != "  line 1999" {
		t.Errorf("last words %q", lines)
	}
}
