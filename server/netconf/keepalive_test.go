package netconf

import (
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/datastore"
)

// TestSSHKeepalive holds that a peer which answers probes stays, that one which
// is gone without a word is dropped, and that its lock is given back.
func TestSSHKeepalive(t *testing.T) {
	r := newRig(t, Limits{})
	transport := &SSH{HostKeys: must(EnsureHostKeys(t.TempDir()))(t), KeepaliveEvery: 100 * time.Millisecond, KeepaliveTries: 2}
	here, there := streamPair(t)
	wire := &stuck{Conn: here, end: t.Context().Done()}
	done := make(chan error, 1)
	go func() { done <- r.Accept(t.Context(), &Link{Conn: there, Transport: transport}) }()
	conn, channels, requests, err := ssh.NewClientConn(wire, "server", &ssh.ClientConfig{
		User: "admin", Auth: []ssh.AuthMethod{ssh.Password(password)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	probes := make(chan *ssh.Request)
	go func() {
		for q := range requests {
			probes <- q
			_ = q.Reply(false, nil)
		}
	}()
	c := subsystem(t, ssh.NewClient(conn, channels, nil))
	c.rpc("<lock><target><running/></target></lock>")
	for range 4 {
		if q := <-probes; q.Type != "keepalive@openssh.com" {
			t.Errorf("request %s", q.Type)
		}
	}
	c.rpc(getDomains)
	wire.deaf.Store(true)
	go func() {
		for range probes { // the one that is under way
		}
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("the connection may stay")
	}
	if _, locked := r.store.LockedBy(datastore.Running); locked {
		t.Error("the lock is still held")
	}
}
