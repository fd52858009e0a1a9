package netconf

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/datastore"
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

// stranger connects and waits for the server's version line.
func stranger(t *testing.T, addr string) net.Conn {
	t.Helper()
	c := must(net.Dial("tcp", addr))(t)
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.ReadFull(c, make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	return c
}

// closed waits until the server closes a connection.
func closed(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := io.ReadAll(c); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Errorf("the connection may stay: %v", err)
	}
}

// TestSSHStrangersMayNotStay holds that who does not log in is dropped.
func TestSSHStrangersMayNotStay(t *testing.T) {
	r := newRig(t, Limits{HandshakeTimeout: 200 * time.Millisecond})
	closed(t, stranger(t, r.listen()))
}

// TestSSHStrangersKeepNobodyOut holds that connections which don't log in are
// limited in number, and that users log in beside them.
func TestSSHStrangersKeepNobodyOut(t *testing.T) {
	r := newRig(t, Limits{Unauthenticated: 2, HandshakeTimeout: time.Minute})
	addr := r.listen()
	first := stranger(t, addr)
	stranger(t, addr)
	stranger(t, addr)
	closed(t, first)
	subsystem(t, login(t, addr)).rpc(getDomains)
}

// stuck is a client's connection that can stop reading.
type stuck struct {
	net.Conn
	deaf atomic.Bool
	end  <-chan struct{}
}

func (s *stuck) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if s.deaf.Load() {
		<-s.end
	}
	return n, err
}

// deafSession locks running and then asks for more than it reads. It returns
// the session when that is stuck.
func (r *rig) deafSession(addr string) *Session {
	r.t.Helper()
	wire := &stuck{Conn: must(net.Dial("tcp", addr))(r.t), end: r.t.Context().Done()}
	conn, channels, requests, err := ssh.NewClientConn(wire, addr, &ssh.ClientConfig{
		User: "admin", Auth: []ssh.AuthMethod{ssh.Password(password)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	c := subsystem(r.t.(*testing.T), ssh.NewClient(conn, channels, requests))
	c.rpc("<lock><target><running/></target></lock>")
	wire.deaf.Store(true)
	for range 500 { // The replies exceed the window of the channel, the requests don't.
		c.send(`<rpc message-id="1" xmlns="` + nsBase + `"><get-schema xmlns="` + nsMonitoring + `"><identifier>mpk-security</identifier></get-schema></rpc>`)
	}
	lock, _ := r.store.LockedBy(datastore.Running)
	s := r.session(lock.Session)
	for len(s.out.queue) < cap(s.out.queue) {
		time.Sleep(time.Millisecond)
	}
	return s
}

// TestSSHDeafClient holds that a session is over when it is killed, and the
// server when it shuts down, though the client takes nothing off the network,
// not even the end of its session.
func TestSSHDeafClient(t *testing.T) {
	r := newRig(t, Limits{CloseTimeout: 100 * time.Millisecond, KeepaliveEvery: -1, ShutdownTimeout: 100 * time.Millisecond})
	addr := r.listen()
	killer, deaf := subsystem(t, login(t, addr)), r.deafSession(addr)
	kill := fmt.Sprintf("<kill-session><session-id>%d</session-id></kill-session>", deaf.id)
	for _, operation := range []string{kill, "<lock><target><running/></target></lock>", "<unlock><target><running/></target></unlock>"} {
		if reply := killer.rpc(operation); !strings.Contains(reply, "<ok/>") {
			t.Errorf("%s: %s", operation, reply)
		}
	}
	r.deafSession(addr)
	r.Shutdown(t.Context())
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
