package command

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/control"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/gnmitest"
)

// until is a writer that calls stop when it has seen a text.
type until struct {
	text string
	stop func()

	mu     sync.Mutex
	buffer bytes.Buffer
}

func (u *until) Write(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	n, err := u.buffer.Write(p)
	if strings.Contains(u.buffer.String(), u.text) {
		u.stop()
	}
	return n, err
}

// watchUntil runs watch until it says a text, and returns all it said.
func watchUntil(t *testing.T, text string, args ...string) string {
	t.Helper()
	g := startTarget(t, &gnmitest.Server{Stream: gnmitest.Happening()})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, stderr := &until{text: text, stop: cancel}, new(bytes.Buffer)
	args = append([]string{"--address", g.address, "--data", g.data, "watch"}, args...)
	code := Run(ctx, args, Environment{Stdout: out, Stderr: stderr, Getenv: func(string) string { return "" }})
	if code != exitDone || stderr.Len() > 0 {
		t.Fatalf("exit status %d: %s", code, stderr)
	}
	return out.buffer.String()
}

func TestWatchForPeople(t *testing.T) {
	want := `Watching. Refusals and violations show as they happen, other counters every 1m0s; ^C ends.
12:00:00.250  dashboard → performance-monitoring  denied 7 (+3)
12:00:00.250  dashboard  protection-key-fault against key-store at 7f:00
12:00:00.250  dashboard → key-store  permitted 14 (+4)
`
	if got := watchUntil(t, "(+4)", "--interval", "1m"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWatchForPrograms(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(watchUntil(t, `"value":14`, "--output", "json")), "\n")
	if len(lines) != 10 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	for i, want := range map[int]string{
		0: `{"time":"2026-11-23T12:00:00.25Z","event":"on-change","path":"/mpk-security/transitions/transition[source=dashboard][target=performance-monitoring]/state/counters/denied","value":4}`,
		5: `{"time":"2026-11-23T12:00:00.25Z","event":"on-change","path":"/mpk-security/services/service[name=dashboard]/state/last-violation/kind","value":"protection-key-fault"}`,
		9: `{"time":"2026-11-23T12:00:00.25Z","event":"sample","path":"/mpk-security/transitions/transition[source=dashboard][target=key-store]/state/counters/permitted","value":14}`,
	} {
		if lines[i] != want {
			t.Errorf("line %d is\n%s\nwant\n%s", i, lines[i], want)
		}
	}
	var event struct {
		Event string `json:"event"`
	}
	if err := json.Unmarshal([]byte(lines[2]), &event); err != nil || event.Event != "synchronized" {
		t.Errorf("line 2 is %s, %v", lines[2], err)
	}
}

func TestUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := target{listener.Addr().String(), t.TempDir()}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"status", "watch"} {
		_, stderr, code := g.run(t.Context(), command)
		if code != exitUnreachable || !strings.Contains(stderr, "waveguardd --data DATA") {
			t.Errorf("%s: status %d: %s", command, code, stderr)
		}
	}
}

func TestWrongPassword(t *testing.T) {
	g := startTarget(t, new(gnmitest.Server))
	file := filepath.Join(g.data, "wrong")
	if err := os.WriteFile(file, []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"status", "watch"} {
		_, stderr, code := g.run(t.Context(), command, "--password-file", file)
		if code != exitRefused || !strings.Contains(stderr, "DATA/wrong") || !strings.Contains(stderr, "admin-password") {
			t.Errorf("%s: status %d: %s", command, code, stderr)
		}
	}
}

func TestEnvironment(t *testing.T) {
	g := startTarget(t, &gnmitest.Server{Data: gnmitest.Sample()})
	environment := map[string]string{
		"WAVEGUARD_ADDRESS": g.address, "WAVEGUARD_USER": gnmitest.User,
		"WAVEGUARD_PASSWORD_FILE": filepath.Join(g.data, "admin-password"),
	}
	var out, stderr bytes.Buffer
	code := Run(t.Context(), []string{"status", "--ca", filepath.Join(g.data, "tls", "cert.pem"), "--data", t.TempDir()},
		Environment{Stdout: &out, Stderr: &stderr, Getenv: func(name string) string { return environment[name] }})
	if code != exitDone || !strings.Contains(out.String(), "waveguard at "+g.address) {
		t.Errorf("status %d: %s%s", code, &out, &stderr)
	}
}

// fakeNode answers as a node would, in words that a transcript can hold.
func fakeNode(t *testing.T, g target, reply control.Reply) {
	t.Helper()
	listener, err := control.Listen(filepath.Join(g.data, "demo.sock"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- control.Serve(ctx, listener, func(context.Context, control.Request) control.Reply { return reply })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// TestDemo compares what is said of a node's answers.
func TestDemo(t *testing.T) {
	none := &control.Violation{Source: "dashboard", Target: "key-store", Reads: 40, Backend: "NONE", Strength: "NONE"}
	caught := &control.Violation{
		Source: "dashboard", Target: "key-store", Caught: true, Address: "0x7f0000001000", Reads: 2, Backend: "MPROTECT", Strength: "MPROTECT",
	}
	status := &control.Status{
		ProcessID: 4711, Uptime: 61.4, LastError: "EOF", Backend: "PKU", Strength: "HARDWARE_REGION", Keys: 15, Epoch: 3,
		Services: []control.Service{
			{Name: "key-store", Domain: "key-store", Work: map[string]uint64{"rotations": 4, "keys-derived": 2}, Last: "link 3"},
			{Name: "dashboard", Domain: "dashboard", Work: map[string]uint64{"summaries": 9}, Refused: 3, Faults: 1, Trouble: "isolated"},
		},
	}
	for _, test := range []struct {
		name  string
		args  string
		reply control.Reply
		code  int
	}{
		{"violate-none", "demo violate dashboard key-store", control.Reply{Violation: none}, exitFailed},
		{"violate-caught", "demo violate dashboard key-store", control.Reply{Violation: caught}, exitDone},
		{"violate-json", "demo violate --output json dashboard key-store", control.Reply{Violation: caught}, exitDone},
		{"violate-unknown", "demo violate dashboard nobody", control.Reply{Error: "no service nobody; there are a, b"}, exitFailed},
		{"demo-status", "demo status", control.Reply{Status: status}, exitDone},
		{"demo-status-json", "demo status --output json", control.Reply{Status: status}, exitDone},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := target{"127.0.0.1:1", t.TempDir()}
			fakeNode(t, g, test.reply)
			stdout, stderr, code := g.run(t.Context(), strings.Fields(test.args)...)
			if code != test.code {
				t.Errorf("exit status %d, want %d", code, test.code)
			}
			compareSaid(t, filepath.Join("testdata", "node", test.name+".txtar"), stdout, stderr)
		})
	}
}

func compareSaid(t *testing.T, file, stdout, stderr string) {
	t.Helper()
	got := &txtar.Archive{Files: []txtar.File{{Name: "stdout", Data: []byte(stdout)}, {Name: "stderr", Data: []byte(stderr)}}}
	if *rewrite {
		if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; run the test with -update", err)
	}
	if !bytes.Equal(txtar.Format(got), want) {
		t.Errorf("got\n%s\nwant\n%s", txtar.Format(got), want)
	}
}

func TestVersion(t *testing.T) {
	g := target{"127.0.0.1:1", t.TempDir()}
	stdout, _, code := g.run(t.Context(), "version", "--output", "json")
	var v version
	if err := json.Unmarshal([]byte(stdout), &v); err != nil || code != exitDone || v.Go == "" || v.Version == "" {
		t.Errorf("status %d, %+v, %v", code, v, err)
	}
}

// Every command explains itself, with examples.
func TestHelpIsWhole(t *testing.T) {
	var visit func(*command)
	visit = func(c *command) {
		if c.summary == "" || len(c.examples) == 0 {
			t.Errorf("%s has no summary or no examples", c.path())
		}
		if (c.run == nil) == (len(c.commands) == 0) {
			t.Errorf("%s neither runs nor has commands, or both", c.path())
		}
		for _, sub := range c.commands {
			visit(sub)
		}
	}
	visit(table())
}
