package appliance

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// server wraps configuration of the endpoints in an edit of running or candidate.
func serverEdit(target, content string) string {
	return `<edit-config><target><` + target + `/></target><config><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security">` +
		`<server xmlns="https://mpk-security.optical.net/yang/mpk-security-server" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">` +
		content + `</server></mpk-security></config></edit-config>`
}

func endpoint(name, config string) string {
	return `<endpoint><name>` + name + `</name><config><name>` + name + `</name>` + config + `</config></endpoint>`
}

func netconfAt(name, config string) string {
	return `<netconf><listen>` + endpoint(name, config) + `</listen></netconf>`
}

// serverState returns what gNMI and NETCONF tell of the endpoints.
func (c *client) serverState() string {
	return string(c.call(`<get><filter><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security">` +
		`<server xmlns="https://mpk-security.optical.net/yang/mpk-security-server"/></mpk-security></filter></get>`))
}

// freePort returns a port that nobody listens at.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func portConfig(port int) string {
	return fmt.Sprintf("<address>127.0.0.1</address><port>%d</port>", port)
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

func reachable(address string) bool {
	conn, err := ssh.Dial("tcp", address, sshClient())
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// TestPortMoves holds that another port is listened at when the commit is
// answered, and that the session which moved it lives on.
func TestPortMoves(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, before, port := dial(t, a), a.NETCONFAddr().String(), freePort(t)
	c.call(serverEdit("running", netconfAt("default", portConfig(port))))
	if want := fmt.Sprintf("127.0.0.1:%d", port); a.NETCONFAddr().String() != want || !reachable(want) {
		t.Errorf("listens at %v, want %s", a.NETCONFAddr(), want)
	}
	if reachable(before) {
		t.Error("the old port is still listened at")
	}
	eventually(t, "the state has the port", func() bool {
		return strings.Contains(c.serverState(), fmt.Sprintf("<bound-port>%d</bound-port>", port))
	})
}

// TestPortTaken holds that a commit is refused for a port that another process
// has, and changes nothing.
func TestPortTaken(t *testing.T) {
	t.Parallel()
	a := start(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	c, before := dial(t, a), a.NETCONFAddr().String()
	c.call(serverEdit("candidate", netconfAt("default", portConfig(taken.Addr().(*net.TCPAddr).Port))+
		`<ssh><host-keys><host-key><name>next</name><config><name>next</name></config></host-key></host-keys></ssh>`))
	c.send("<commit/>")
	reply := string(c.read())
	for _, want := range []string{"<error-tag>resource-denied<", "address already in use", "endpoint[", "/port</error-path>"} {
		if !strings.Contains(strings.ReplaceAll(reply, "mpk-srv:", ""), want) && !strings.Contains(reply, want) {
			t.Errorf("no %q in %s", want, reply)
		}
	}
	if a.NETCONFAddr().String() != before || !reachable(before) {
		t.Error("the endpoint changed")
	}
	if state := c.serverState(); strings.Contains(state, "next") {
		t.Errorf("the key is there: %s", state)
	}
}

// TestAddressNarrows holds that an endpoint can go from all addresses to one on
// the same port, though the two cannot be bound beside each other.
func TestAddressNarrows(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, port := dial(t, a), freePort(t)
	c.call(serverEdit("running", netconfAt("wide", fmt.Sprintf("<port>%d</port>", port))))
	wide := fmt.Sprintf("127.0.0.1:%d", port)
	if !reachable(wide) {
		t.Fatal("cannot reach the wide endpoint")
	}
	c.call(serverEdit("running", netconfAt("wide", portConfig(port))))
	if !reachable(wide) {
		t.Error("cannot reach the narrow endpoint")
	}
	c.call(serverEdit("running", netconfAt("wide", `<address nc:operation="delete"/>`)))
	if !reachable(wide) {
		t.Error("cannot reach the wide endpoint again")
	}
	if l, err := net.Listen("tcp", wide); err == nil {
		l.Close()
		t.Error("the port can be shared by others")
	}
}

// TestEndpointsChangeHands holds that a port can go from one endpoint to another
// in one commit, and back: renamed, and swapped.
func TestEndpointsChangeHands(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, one, other := dial(t, a), freePort(t), freePort(t)
	both := func(first, second string, one, other int) string {
		return `<netconf><listen>` + endpoint(first, portConfig(one)) + endpoint(second, portConfig(other)) + `</listen></netconf>`
	}
	for _, edit := range []string{
		both("a", "b", one, other),
		both("a", "b", other, one),
		`<netconf><listen><endpoint nc:operation="delete"><name>a</name></endpoint>` + endpoint("c", portConfig(other)) + `</listen></netconf>`,
	} {
		c.call(serverEdit("running", edit))
		for _, port := range []int{one, other} {
			if !reachable(fmt.Sprintf("127.0.0.1:%d", port)) {
				t.Errorf("cannot reach port %d after %s", port, edit)
			}
		}
	}
}

// TestEndpointsOverlap holds that two endpoints cannot have one port: the next
// start could not open both.
func TestEndpointsOverlap(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, port := dial(t, a), freePort(t)
	c.call(serverEdit("running", netconfAt("one", portConfig(port))))
	for _, edit := range []string{
		netconfAt("two", portConfig(port)),
		netconfAt("two", fmt.Sprintf("<port>%d</port>", port)),
		`<gnmi><listen>` + endpoint("two", portConfig(port)) + `</listen></gnmi>`,
	} {
		c.send(serverEdit("running", edit))
		if reply := string(c.read()); !strings.Contains(reply, "choose another port or address") {
			t.Errorf("%s: %s", edit, reply)
		}
	}
}

// TestPortComesBack holds that a confirmed commit which cut the client off is
// undone when nobody confirms it.
func TestPortComesBack(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, before, port := dial(t, a), a.NETCONFAddr().String(), freePort(t)
	c.call(serverEdit("candidate", netconfAt("default", portConfig(port))))
	c.call("<commit><confirmed/><confirm-timeout>1</confirm-timeout></commit>")
	if reachable(before) || !reachable(fmt.Sprintf("127.0.0.1:%d", port)) {
		t.Fatal("the endpoint did not move")
	}
	// The port was a free one of the host's, so another one comes back.
	eventually(t, "the endpoint comes back", func() bool {
		addr := a.NETCONFAddr().String()
		return addr != fmt.Sprintf("127.0.0.1:%d", port) && reachable(addr)
	})
	if reachable(fmt.Sprintf("127.0.0.1:%d", port)) {
		t.Error("the port that was not confirmed is still listened at")
	}
	c.call(`<get-config><source><running/></source><filter/></get-config>`)
}

// TestRollbackWithoutItsPort holds that a confirmed commit is undone even if the
// port to return to was taken meanwhile, and that the port is had when it is free.
func TestRollbackWithoutItsPort(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, before, after := dial(t, a), freePort(t), freePort(t)
	c.call(serverEdit("running", netconfAt("default", portConfig(before))))
	c.call(serverEdit("candidate", netconfAt("default", portConfig(after))))
	c.edit("<system><config><name>undone</name></config></system>")
	c.call("<commit><confirmed/><confirm-timeout>1</confirm-timeout></commit>")
	taken, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", before))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	eventually(t, "the rollback", func() bool {
		return !strings.Contains(string(c.call(`<get-config><source><running/></source></get-config>`)), "<name>undone</name>")
	})
	eventually(t, "the error is told", func() bool { return strings.Contains(c.serverState(), "address already in use") })
	c.call(serverEdit("running", `<netconf><config><idle-timeout>600</idle-timeout></config></netconf>`))
	taken.Close()
	eventually(t, "the endpoint is back", func() bool { return reachable(fmt.Sprintf("127.0.0.1:%d", before)) })
	eventually(t, "no error is told", func() bool { return !strings.Contains(c.serverState(), "<last-error>") })
}

// TestRollbackWithoutItsKey holds that a confirmed commit is undone even if the
// file of a host key was damaged meanwhile, and that the key goes on.
func TestRollbackWithoutItsKey(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, before, after := dial(t, a), freePort(t), freePort(t)
	c.call(serverEdit("running", netconfAt("default", portConfig(before))))
	c.call(serverEdit("candidate", netconfAt("default", portConfig(after))))
	c.call("<commit><confirmed/><confirm-timeout>1</confirm-timeout></commit>")
	key := filepath.Join(a.cfg.Dir, "ssh", "ssh_host_ed25519_key")
	if err := os.WriteFile(key, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the endpoint comes back", func() bool { return reachable(fmt.Sprintf("127.0.0.1:%d", before)) })
	if state := c.serverState(); !strings.Contains(state, ">ssh-ed25519 ") {
		t.Errorf("the key is gone: %s", state)
	}
}

// TestConnectionRate holds that an address which connects too often is put off.
func TestConnectionRate(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, addr := dial(t, a), a.NETCONFAddr().String()
	c.call(serverEdit("running", `<netconf><config><max-connection-rate>2</max-connection-rate></config></netconf>`))
	for range 2 {
		if !reachable(addr) {
			t.Error("put off too early")
		}
	}
	if reachable(addr) {
		t.Error("not put off")
	}
	c.call(serverEdit("running", `<netconf><config><max-connection-rate nc:operation="delete"/></config></netconf>`))
	if !reachable(addr) {
		t.Error("put off for ever")
	}
}

// TestLastEndpointGoes holds that sessions live on though nobody listens any more.
func TestLastEndpointGoes(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, before := dial(t, a), a.NETCONFAddr().String()
	c.call(serverEdit("running", `<netconf nc:operation="delete"/><gnmi nc:operation="delete"/>`))
	if a.NETCONFAddr() != nil || a.GNMIAddr() != nil || reachable(before) {
		t.Errorf("listens at %v and %v", a.NETCONFAddr(), a.GNMIAddr())
	}
	c.call(serverEdit("running", netconfAt("back", portConfig(0))))
	if !reachable(a.NETCONFAddr().String()) {
		t.Error("the new endpoint cannot be reached")
	}
}

// hostKey returns the fingerprint of the key that a server shows for an algorithm.
func hostKey(addr, algorithm string) (string, error) {
	config, shown := sshClient(), ""
	config.HostKeyAlgorithms = []string{algorithm}
	config.HostKeyCallback = func(_ string, _ net.Addr, key ssh.PublicKey) error {
		shown = ssh.FingerprintSHA256(key)
		return nil
	}
	conn, err := ssh.Dial("tcp", addr, config)
	if err != nil {
		return "", err
	}
	return shown, conn.Close()
}

// TestHostKeyRotates holds that a new host key is made, told and shown, and that
// the old one is not shown any more, while sessions live on.
func TestHostKeyRotates(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, addr := dial(t, a), a.NETCONFAddr().String()
	old, err := hostKey(addr, ssh.KeyAlgoED25519)
	if err != nil {
		t.Fatal(err)
	}
	key := func(attributes, name, config string) string {
		return `<host-key` + attributes + `><name>` + name + `</name><config><name>` + name + `</name>` + config + `</config></host-key>`
	}
	c.call(serverEdit("running", `<ssh><host-keys>`+key("", "y2027", "")+key("", "long", "<algorithm>RSA_3072</algorithm>")+
		key(` nc:operation="delete"`, "ed25519", "")+`</host-keys></ssh>`))
	shown, err := hostKey(addr, ssh.KeyAlgoED25519)
	if err != nil || shown == old {
		t.Errorf("key %s, %v; the old one was %s", shown, err, old)
	}
	eventually(t, "the fingerprint is told", func() bool {
		state := c.serverState()
		return strings.Contains(state, "<fingerprint>"+shown+"</fingerprint>") && !strings.Contains(state, old)
	})
	if _, err := hostKey(addr, ssh.KeyAlgoRSASHA512); err != nil {
		t.Errorf("RSA with SHA-2: %v", err)
	}
	if _, err := hostKey(addr, ssh.KeyAlgoRSA); err == nil {
		t.Error("RSA with SHA-1 is offered")
	}
	c.send(serverEdit("running", `<ssh><host-keys>`+key("", "long", "<algorithm>ED25519</algorithm>")+`</host-keys></ssh>`))
	if reply := string(c.read()); !strings.Contains(reply, "never replaced") {
		t.Errorf("a key is replaced: %s", reply)
	}
	c.send(serverEdit("running", `<ssh><host-keys nc:operation="delete"/></ssh>`))
	if reply := string(c.read()); !strings.Contains(reply, "needs a host key") {
		t.Errorf("all keys go: %s", reply)
	}
}

// TestSSHSettings holds that what is configured of SSH holds for those who
// connect after.
func TestSSHSettings(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, addr := dial(t, a), a.NETCONFAddr().String()
	c.call(serverEdit("running", `<ssh><config><cipher>aes256-gcm@openssh.com</cipher></config></ssh>`))
	config := sshClient()
	config.Ciphers = []string{ssh.CipherAES128CTR}
	if _, err := ssh.Dial("tcp", addr, config); err == nil || !strings.Contains(err.Error(), "no common algorithm") {
		t.Errorf("a cipher that is not allowed: %v", err)
	}
	if !reachable(addr) {
		t.Error("a cipher that is allowed is refused")
	}
	c.call(serverEdit("running", `<ssh><config><authentication-method>PUBLIC_KEY</authentication-method></config></ssh>`))
	if reachable(addr) {
		t.Error("a password is taken")
	}
	c.call(serverEdit("running", `<ssh nc:operation="merge"><config><authentication-method nc:operation="delete">PUBLIC_KEY</authentication-method></config></ssh>`+
		`<netconf><config><max-sessions>1</max-sessions></config></netconf>`))
	conn, err := ssh.Dial("tcp", addr, sshClient())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s, err := conn.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, _ := s.StdoutPipe()
	_ = s.RequestSubsystem("netconf")
	why, _ := s.StderrPipe()
	if text, _ := io.ReadAll(out); len(text) > 0 {
		t.Errorf("a session beyond the bound: %s", text)
	}
	if text, _ := io.ReadAll(why); !strings.Contains(string(text), "too many sessions: there are 1, which is the most of all users") {
		t.Errorf("the client is told %q", text)
	}
}
