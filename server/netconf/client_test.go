package netconf

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	junos "github.com/Juniper/go-netconf/netconf"
)

// listen serves SSH on loopback until the test ends, and returns the address.
func (r *rig) listen() string {
	r.t.Helper()
	r.config.HostKeys = must(EnsureHostKeys(r.t.TempDir()))(r.t)
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(r.t)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- r.Serve(ctx, listener) }()
	r.t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			r.t.Errorf("serve: %v", err)
		}
	})
	return listener.Addr().String()
}

// TestNcclient runs testdata/controller.py, the Python client most people use.
func TestNcclient(t *testing.T) {
	python := pythonWithNcclient(t)
	host, port, _ := net.SplitHostPort(newRig(t, Limits{}).listen())
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, "testdata/controller.py", host, port, "admin")
	cmd.Env = append(os.Environ(), "NETCONF_PASSWORD="+password)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "ok\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

// pythonWithNcclient returns an interpreter that has ncclient: the system's
// own, or the one on the path.
func pythonWithNcclient(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import ncclient").Run() == nil {
			return python
		}
	}
	const missing = "no Python with ncclient: install python3-ncclient"
	if os.Getenv("CI") != "" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// TestGoNetconf uses a client that knows base:1.0 alone.
func TestGoNetconf(t *testing.T) {
	addr := newRig(t, Limits{}).listen()
	s, err := junos.DialSSH(addr, junos.SSHConfigPassword("admin", password))
	if err != nil {
		t.Fatal(err)
	}
	if s.SessionID != 1 || len(s.ServerCapabilities) < len(protocolCapabilities) {
		t.Errorf("session %d with %d capabilities", s.SessionID, len(s.ServerCapabilities))
	}
	reply, err := s.Exec(junos.MethodGetConfig("running"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(reply.Data, "<name>key-store</name>") {
		t.Errorf("get-config: %s", reply.Data)
	}
	if _, err := s.Exec(junos.MethodLock("candidate")); err != nil {
		t.Errorf("lock: %v", err)
	}
	_, err = s.Exec(junos.RawMethod("<lock><target><startup/></target></lock>"))
	if refusal, ok := errors.AsType[*junos.RPCError](err); !ok || refusal.Tag != "unknown-element" {
		t.Errorf("lock startup: %v", err)
	}
	if _, err := s.Exec(junos.RawMethod("<close-session/>")); err != nil {
		t.Errorf("close-session: %v", err)
	}
	s.Close()
}
