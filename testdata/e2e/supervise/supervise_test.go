package supervise

import (
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serve runs a supervisor and returns how to ask it.
func serve(t *testing.T) (ask func(Request) (Reply, error), ended <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- new(Supervisor).Serve(l) }()
	ask = func(r Request) (Reply, error) { return Ask(t.Context(), l.Addr().String(), r) }
	t.Cleanup(func() { l.Close() })
	return ask, done
}

func TestProcess(t *testing.T) {
	ask, ended := serve(t)
	do := func(r Request) Reply {
		t.Helper()
		reply, err := ask(r)
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	do(Request{Op: Ping})
	shell := []string{"/bin/sh", "-c", "echo started; echo trouble >&2; exec sleep 1000"}
	pid := do(Request{Op: Start, Name: "p", Args: shell}).PID
	if _, err := ask(Request{Op: Start, Name: "p", Args: shell}); err == nil || !strings.Contains(err.Error(), "running already") {
		t.Errorf("second start: %v", err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		r := do(Request{Op: Look, Name: "p"})
		if r.Running && r.PID == pid && r.Output == "started\ntrouble\n" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the process: %+v", r)
		}
	}
	if r := do(Request{Op: Kill, Name: "p", Signal: int(syscall.SIGKILL)}); r.Running || r.Status != 128+9 {
		t.Errorf("killed process: %+v", r)
	}
	if _, err := ask(Request{Op: Kill, Name: "p", Signal: int(syscall.SIGKILL)}); err == nil {
		t.Error("a dead process was killed")
	}
	again := do(Request{Op: Start, Name: "p", Args: shell}).PID
	if _, err := ask(Request{Op: Quit}); err != nil {
		t.Errorf("quit: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the supervisor ended with %v", err)
	}
	if err := syscall.Kill(again, 0); err != syscall.ESRCH {
		t.Errorf("a process outlives the supervisor: %v", err)
	}
}

func TestRun(t *testing.T) {
	ask, _ := serve(t)
	r, err := ask(Request{Op: Run, Args: []string{"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}})
	if err != nil || r.Status != 3 || r.Output != "out\n" || r.Errors != "err\n" {
		t.Errorf("command: %+v, %v", r, err)
	}
	r, err = ask(Request{Op: Run, Args: []string{"/bin/sleep", "1000"}, Within: 100 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "in time") {
		t.Errorf("endless command: %+v, %v", r, err)
	}
}

func TestFiles(t *testing.T) {
	ask, _ := serve(t)
	path := filepath.Join(t.TempDir(), "f")
	if _, err := ask(Request{Op: Read, Path: path}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("read what isn't there: %v", err)
	}
	if _, err := ask(Request{Op: Write, Path: path, Data: []byte{0, 255}}); err != nil {
		t.Fatal(err)
	}
	if r, err := ask(Request{Op: Read, Path: path}); err != nil || string(r.Data) != "\x00\xff" {
		t.Errorf("read back %q, %v", r.Data, err)
	}
}

func TestRefusals(t *testing.T) {
	ask, _ := serve(t)
	for _, r := range []Request{
		{Op: "dance"},
		{Op: Look, Name: "nobody"},
		{Op: Kill, Name: "nobody"},
		{Op: Start, Name: "p"},
		{Op: Run},
		{Op: Start, Name: "p", Args: []string{"/nowhere"}},
		{Op: Run, Args: []string{"/nowhere"}},
	} {
		if _, err := ask(r); err == nil {
			t.Errorf("%+v was done", r)
		}
	}
}
