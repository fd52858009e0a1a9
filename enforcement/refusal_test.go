package enforcement_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// self returns what this program is, as the kernel tells a daemon.
func self(t testing.TB) (path, digest string) {
	t.Helper()
	path, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		t.Fatal(err)
	}
	return path, hex.EncodeToString(h.Sum(nil))
}

func TestRefusedClaims(t *testing.T) {
	path, _ := self(t)
	front := viewtest.Entry("service", "front") + "/config/"
	manyOperations := hello("vault", "front")
	for i := range 32 {
		for s := range manyOperations.Services {
			manyOperations.Services[s].Operations = append(manyOperations.Services[s].Operations, fmt.Sprint("op", i))
		}
	}
	for name, test := range map[string]struct {
		lines    []string
		hello    *wire.Hello
		code     wire.RefusalCode
		message  string
		reported bool
	}{
		"unknown service":    {nil, hello("stranger"), wire.RefusedUnknown, "create /mpk-security/services/service[name=stranger] first", true},
		"one unknown":        {nil, hello("front", "stranger"), wire.RefusedUnknown, `service "stranger" is not configured`, true},
		"other user":         {[]string{front + "uid = 4242"}, hello("front"), wire.RefusedIdentity, fmt.Sprintf("it runs as uid %d, the service asks for uid 4242", os.Getuid()), true},
		"other executable":   {[]string{front + "executable = /bin/another"}, hello("front"), wire.RefusedIdentity, "it runs " + path + ", the service asks for /bin/another", true},
		"other digest":       {[]string{front + "executable-sha256 = " + strings.Repeat("0", 64)}, hello("front"), wire.RefusedIdentity, "the service asks for " + strings.Repeat("0", 64), true},
		"out of service":     {[]string{front + "administrative-state = OUT_OF_SERVICE"}, hello("front"), wire.RefusedIdentity, "the service is administratively out of service", true},
		"matches nothing":    {[]string{"- " + front + "uid"}, hello("front"), wire.RefusedIdentity, "configure executable, executable-sha256, cgroup or uid", true},
		"second is refused":  {[]string{front + "uid = 4242"}, hello("vault", "front"), wire.RefusedIdentity, `may not claim service "front"`, true},
		"layout of the page": {nil, &wire.Hello{ABI: 99, Services: hello("front").Services}, wire.RefusedABI, "rebuild it with a matching SDK", false},
		"operations":         {[]string{front + "domain = b"}, manyOperations, wire.RefusedLimit, "register 64 operations in one process, at most 32", false},
		"very long path":     {[]string{front + "executable = /" + strings.Repeat("é", 2000)}, hello("front"), wire.RefusedIdentity, "the service asks for /é", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			r.commit(test.lines...)
			conn, m, _, err := say(r.path, test.hello)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			refused, ok := m.(*wire.Refused)
			if !ok || refused.Code != test.code || !strings.Contains(refused.Message, test.message) {
				t.Fatalf("the daemon answered %+v, want %v with %q", m, test.code, test.message)
			}
			if _, _, err := conn.Receive(); !errors.Is(err, io.EOF) {
				t.Errorf("after the refusal: %v, want the end", err)
			}
			checkReported(t, r, test.hello.Services[len(test.hello.Services)-1].Name, test.reported)
		})
	}
}

// checkReported looks for the violation that a refused claim is.
func checkReported(t *testing.T, r *rig, service string, want bool) {
	t.Helper()
	if !want {
		if n := len(r.engine.Violations()); n != 0 {
			t.Errorf("%d violations were reported", n)
		}
		return
	}
	v := r.violation()
	if v.Kind != wire.AttachRefused || v.Severity != wire.Severe || v.Service != service || v.PID != os.Getpid() ||
		v.Occurrences != 1 || v.Source != "" || v.Time.IsZero() {
		t.Errorf("reported was %+v", v)
	}
	s := r.service(service)
	if service == "stranger" {
		if s != nil {
			t.Errorf("a service that is not configured has the state %+v", s)
		}
		return
	}
	if v.Target != "a" || *s.Counters.Violations != 1 || s.LastViolation.GetTargetDomain() != "a" || s.GetAttached() {
		t.Errorf("target %q, state %+v, counters %+v, last violation %+v", v.Target, s, s.Counters, s.LastViolation)
	}
}

// TestRefusalLeavesNothingHeld: after a refusal of its second service a process
// can have the first.
func TestRefusalLeavesNothingHeld(t *testing.T) {
	r := start(t)
	conn, m, _, err := say(r.path, hello("front", "stranger"))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if _, ok := m.(*wire.Refused); !ok {
		t.Fatalf("the daemon answered %+v", m)
	}
	r.joinReady(hello("front"))
}

func TestEveryCriterionAtOnce(t *testing.T) {
	path, digest := self(t)
	r := start(t)
	front := viewtest.Entry("service", "front") + "/config/"
	r.commit(front+"executable = "+path, front+"executable-sha256 = "+digest)
	r.joinReady(hello("front"))
}

// TestSecondProcess: while one provides a service, another is refused; when the
// first is gone, it is admitted.
func TestSecondProcess(t *testing.T) {
	r := start(t, (*enforcement.Engine).Hurry)
	first := r.joinReady(hello("front"))
	if got := r.otherProcess("front"); got != "*wire.Refused already-attached" {
		t.Errorf("the second process got %s", got)
	}
	if v := r.violation(); v.Kind != wire.AttachRefused || v.Service != "front" || v.PID == os.Getpid() {
		t.Errorf("reported was %+v", v)
	}
	_, err := r.tryAttach()
	var refused *wire.Refused
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), fmt.Sprintf("provided by process %d already; stop that one first", os.Getpid())) {
		t.Errorf("a second host of this process got %v", err)
	}
	first.leave()
	r.eventually("the first to be gone", func() bool { return !r.engine.Claimed("front") })
	if got := r.otherProcess("front"); got != "*wire.Welcome" {
		t.Errorf("with the first gone the other process got %s", got)
	}
}

// identity is this process, for tests that need no socket.
func identity(t testing.TB) policy.Identity {
	t.Helper()
	return policy.Identity{PID: os.Getpid(), UID: uint32(os.Getuid()), Digest: policy.NewDigest(func() (string, error) {
		t.Error("the digest was asked for")
		return "", nil
	})}
}

// TestRefusedWhileOthersCommit: a process that is refused when it is ready is looked up
// in a configuration that commits change. The race detector finds it.
func TestRefusedWhileOthersCommit(t *testing.T) {
	r := start(t)
	id := policy.Identity{PID: os.Getppid(), UID: uint32(os.Getuid())}
	session, refused := r.engine.Join(id, hello("front"))
	if refused != nil {
		t.Fatal(refused)
	}
	defer session.Leave()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 20 {
			if refused := session.Ready(); refused == nil {
				t.Error("a process that has not mapped its page is ready")
			}
		}
	}()
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
			r.commit(viewtest.Service(fmt.Sprint("other", i), "a", os.Getuid())...)
		}
	}
}
