package netconf

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/netconf/framing"
)

func dialSSH(addr, user string, methods ...ssh.AuthMethod) (*ssh.Client, error) {
	return ssh.Dial("tcp", addr, &ssh.ClientConfig{
		User: user, Auth: methods, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 30 * time.Second,
	})
}

func login(t *testing.T, addr string) *ssh.Client {
	t.Helper()
	c := must(dialSSH(addr, "admin", ssh.Password(password)))(t)
	t.Cleanup(func() { c.Close() })
	return c
}

// subsystem starts a NETCONF session in a new channel.
func subsystem(t *testing.T, c *ssh.Client) *client {
	t.Helper()
	s := must(c.NewSession())(t)
	stream := struct {
		io.Reader
		io.Writer
	}{must(s.StdoutPipe())(t), must(s.StdinPipe())(t)}
	if err := s.RequestSubsystem("netconf"); err != nil {
		t.Fatal(err)
	}
	n := &client{t: t, Framer: framing.New(stream, 64<<20)}
	n.receive()
	n.send(hello11)
	n.Upgrade()
	return n
}

const getDomains = `<get-config><source><running/></source><filter><mpk-security><domains/></mpk-security></filter></get-config>`

func TestSSHSessions(t *testing.T) {
	r := newRig(t, Limits{SessionsPerConn: 2})
	c := login(t, r.listen())
	first, second := subsystem(t, c), subsystem(t, c)
	for _, n := range []*client{first, second, first} {
		if reply := n.rpc(getDomains); !strings.Contains(reply, "key-store") {
			t.Errorf("reply %s", reply)
		}
	}
	if _, err := c.NewSession(); err == nil || !strings.Contains(err.Error(), "too many sessions") {
		t.Errorf("a third channel: %v", err)
	}
	first.rpc("<close-session/>")
	if _, err := first.ReadMessage(); err != io.EOF {
		t.Errorf("after close-session: %v", err)
	}
	subsystem(t, c).rpc(getDomains)
}

func TestSSHPublicKey(t *testing.T) {
	r := newRig(t, Limits{})
	addr := r.listen()
	_, private, _ := ed25519.GenerateKey(rand.Reader)
	signer := must(ssh.NewSignerFromSigner(private))(t)
	if _, err := dialSSH(addr, "admin", ssh.PublicKeys(signer)); err == nil {
		t.Fatal("a key nobody has was accepted")
	}
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
	subsystem(t, login(t, addr)).rpc(`<edit-config><target><running/></target><config>
		<mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><system><users><user><name>viewer</name>
		<config><authorized-key>` + line + `</authorized-key></config></user></users></system></mpk-security></config></edit-config>`)
	c, err := dialSSH(addr, "viewer", ssh.PublicKeys(signer))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if reply := subsystem(t, c).rpc("<commit/>"); !strings.Contains(reply, "access-denied") {
		t.Errorf("a viewer's commit: %s", reply)
	}
}

func TestSSHRefuses(t *testing.T) {
	addr := newRig(t, Limits{}).listen()
	for name, method := range map[string]ssh.AuthMethod{
		"wrong password": ssh.Password("wrong"),
		"no method":      nil,
	} {
		methods := []ssh.AuthMethod{method}
		if method == nil {
			methods = nil
		}
		if _, err := dialSSH(addr, "admin", methods...); err == nil {
			t.Errorf("%s: logged in", name)
		}
	}
	c := login(t, addr)
	if _, _, err := c.OpenChannel("direct-tcpip", nil); err == nil {
		t.Error("a forwarding channel was opened")
	}
	for _, run := range []func(*ssh.Session) error{
		func(s *ssh.Session) error { return s.Run("id") },
		func(s *ssh.Session) error { return s.Shell() },
		func(s *ssh.Session) error { return s.RequestSubsystem("sftp") },
		func(s *ssh.Session) error { return s.RequestPty("vt100", 24, 80, nil) },
	} {
		s := must(c.NewSession())(t)
		if err := run(s); err == nil {
			t.Error("something that isn't NETCONF was started")
		}
		s.Close()
	}
	subsystem(t, c).rpc(getDomains) // refusals end nothing
}

// TestSSHKeepsStrangersOut holds that connections which don't log in are
// limited in number and time.
func TestSSHKeepsStrangersOut(t *testing.T) {
	r := newRig(t, Limits{Unauthenticated: 1, HandshakeTimeout: 200 * time.Millisecond})
	addr := r.listen()
	stranger := must(net.Dial("tcp", addr))(t)
	defer stranger.Close()
	stranger.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.ReadFull(stranger, make([]byte, 8)); err != nil {
		t.Fatal(err) // the server's version line: the place is taken
	}
	second := must(net.Dial("tcp", addr))(t)
	defer second.Close()
	second.SetDeadline(time.Now().Add(30 * time.Second))
	if text, err := io.ReadAll(second); len(text) > 0 || err != nil && strings.Contains(err.Error(), "timeout") {
		t.Errorf("the second stranger got %q, %v", text, err)
	}
	if _, err := io.ReadAll(stranger); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Errorf("the stranger may stay: %v", err)
	}
	for deadline := time.Now().Add(30 * time.Second); !greeted(t, addr); {
		if time.Now().After(deadline) {
			t.Fatal("the place is still taken")
		}
	}
}

// greeted says whether the server talks to a new connection.
func greeted(t *testing.T, addr string) bool {
	c := must(net.Dial("tcp", addr))(t)
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Second))
	_, err := io.ReadFull(c, make([]byte, 8))
	return err == nil
}

// TestServeEnds holds that Serve closes all and returns when its context ends.
func TestServeEnds(t *testing.T) {
	r := newRig(t, Limits{})
	r.config.HostKeys = must(EnsureHostKeys(t.TempDir()))(t)
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- r.Serve(ctx, listener) }()
	n := subsystem(t, login(t, listener.Addr().String()))
	n.rpc(`<lock><target><running/></target></lock>`)
	cancel()
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
	if _, err := n.ReadMessage(); err == nil {
		t.Error("the session goes on")
	}
	if _, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		t.Error("the listener goes on")
	}
}
