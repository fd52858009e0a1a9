package netconf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// TestSlowHello holds that a peer which trickles its hello is dropped.
func TestSlowHello(t *testing.T) {
	r := newRig(t, Limits{HelloTimeout: 100 * time.Millisecond})
	c := r.connect("admin")
	c.receive()
	for _, b := range []byte(hello11)[:20] {
		if _, err := c.conn.Write([]byte{b}); err != nil {
			break // The server has closed already.
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := c.ended(); err == nil || !strings.Contains(err.Error(), "no hello in time") {
		t.Errorf("ended with %v", err)
	}
}

// TestTooBig holds that an oversized message is answered and the session ends.
func TestTooBig(t *testing.T) {
	r := newRig(t, Limits{MessageBytes: 4096})
	c := r.open("admin")
	if reply := c.rpc("<get-config><!--" + strings.Repeat("x", 5000) + "--></get-config>"); !strings.Contains(reply, "<error-tag>too-big</error-tag>") {
		t.Errorf("reply %s", reply)
	}
	if _, err := c.ReadMessage(); err == nil {
		t.Error("the session goes on")
	}
	if r.stats.inBadRPCs.Load() != 1 {
		t.Error("not counted as a bad rpc")
	}
}

// TestDeafClient holds that a client which doesn't read is dropped, its locks
// with it, while others work and publishers don't wait.
func TestDeafClient(t *testing.T) {
	r := newRig(t, Limits{WriteTimeout: 300 * time.Millisecond, QueuedNotification: 8})
	deaf, other := r.open("admin"), r.open("admin2")
	deaf.rpc("<lock><target><running/></target></lock>")
	deaf.rpc(`<create-subscription xmlns="` + nsNotification + `"/>`)
	go func() {
		for range 5000 { // Far more than the buffers between here and there hold.
			request := `<rpc message-id="1" xmlns="` + nsBase + `"><get-schema xmlns="` + nsMonitoring + `"><identifier>mpk-security</identifier></get-schema></rpc>`
			if deaf.WriteMessage([]byte(request)) != nil {
				return
			}
		}
	}()
	for range 100 {
		r.publish(violation)
		if reply := other.rpc(getDomains); !strings.Contains(reply, "key-store") {
			t.Fatalf("reply %s", reply)
		}
	}
	if err := deaf.ended(); err == nil || errors.Is(err, errClosed) {
		t.Errorf("ended with %v", err)
	}
	if reply := other.rpc("<lock><target><running/></target></lock>"); !strings.Contains(reply, "<ok/>") {
		t.Errorf("the lock is still held: %s", reply)
	}
}

// TestIdle holds that an idle session ends unless it is subscribed.
func TestIdle(t *testing.T) {
	r := newRig(t, Limits{IdleTimeout: 150 * time.Millisecond})
	idle, subscribed := r.open("admin"), r.open("admin2")
	subscribed.rpc(`<create-subscription xmlns="` + nsNotification + `"/>`)
	if err := idle.ended(); !errors.Is(err, errIdle) {
		t.Errorf("ended with %v", err)
	}
	time.Sleep(200 * time.Millisecond)
	if reply := subscribed.rpc(getDomains); !strings.Contains(reply, "key-store") {
		t.Errorf("reply %s", reply)
	}
	if dropped := r.stats.droppedSessions.Load(); dropped != 1 {
		t.Errorf("%d sessions dropped, want 1", dropped)
	}
}

// TestSessionLimit holds that a session too many is closed at once and that a
// place gets free again.
func TestSessionLimit(t *testing.T) {
	r := newRig(t, Limits{Sessions: 1})
	first, second := r.open("admin"), r.connect("admin")
	if err := second.ended(); !errors.Is(err, ErrTooManySessions) {
		t.Errorf("ended with %v", err)
	}
	first.rpc("<close-session/>")
	first.ended()
	r.open("admin").rpc(getDomains)
}

// TestPipelining sends a thousand requests before it reads a reply.
func TestPipelining(t *testing.T) {
	c := newRig(t, Limits{}).open("admin")
	const n = 1000
	go func() {
		for i := range n {
			if c.WriteMessage(fmt.Appendf(nil, `<rpc message-id="%d" xmlns="%s"><discard-changes/></rpc>`, i, nsBase)) != nil {
				return
			}
		}
	}()
	for i := range n {
		if reply := c.receive(); !strings.Contains(reply, fmt.Sprintf(`message-id="%d"`, i)) {
			t.Fatalf("reply %d: %s", i, reply)
		}
	}
}

// TestNotificationFlood holds that requests are answered under a flood of
// notifications, and that what is lost is the oldest.
func TestNotificationFlood(t *testing.T) {
	r := newRig(t, Limits{QueuedNotification: 100})
	c := r.open("admin")
	c.rpc(`<create-subscription xmlns="` + nsNotification + `"/>`)
	for i := range 2000 {
		r.publish(strings.Replace(violation, ">1<", fmt.Sprintf(">%d<", i+1), 1))
	}
	c.send(`<rpc message-id="7" xmlns="` + nsBase + `"><discard-changes/></rpc>`)
	replied, last := false, ""
	for !replied || !strings.Contains(last, "<occurrences>2000<") {
		if m := c.receive(); strings.Contains(m, "<rpc-reply") {
			replied = true
		} else {
			last = m
		}
	}
}

// TestShutdown holds that the request at work is answered before the end.
func TestShutdown(t *testing.T) {
	r := newRig(t, Limits{})
	c := r.open("admin")
	entered, leave := make(chan struct{}), make(chan struct{})
	r.engine.violation = func() { close(entered); <-leave }
	c.send(`<rpc message-id="1" xmlns="` + nsBase + `"><edit-config><target><running/></target><config>
		<mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><domains><domain><name>key-store</name>
		<config><description>provoke</description></config></domain></domains></mpk-security></config></edit-config></rpc>`)
	<-entered
	done := make(chan struct{})
	go func() { r.Shutdown(context.Background()); close(done) }()
	<-r.stopping.Done()
	close(leave)
	if reply := c.receive(); !strings.Contains(reply, "<ok/>") {
		t.Errorf("reply %s", reply)
	}
	if _, err := c.ReadMessage(); err != io.EOF {
		t.Errorf("after shutdown: %v", err)
	}
	<-done
	if err := r.connect("admin").ended(); err == nil {
		t.Error("a session was started after shutdown")
	}
}

// FuzzHandle holds that no message harms the server: each is answered by
// well-formed XML or ends the session.
func FuzzHandle(f *testing.F) {
	for _, op := range []string{
		getDomains, "<get/>", "<get><filter type='subtree'/></get>", "<commit/>", "<kill-session><session-id>3</session-id></kill-session>",
		"<edit-config><target><candidate/></target><config/></edit-config>", "<validate><source><config/></source></validate>",
		`<get-schema xmlns="` + nsMonitoring + `"><identifier>x</identifier></get-schema>`,
		`<create-subscription xmlns="` + nsNotification + `"><filter/></create-subscription>`,
	} {
		f.Add([]byte(`<rpc message-id="1" xmlns="` + nsBase + `">` + op + `</rpc>`))
	}
	f.Add([]byte(hello11))
	f.Add([]byte(`<a:rpc xmlns:a="` + nsBase + `" a:b="c" message-id="&#9;"/>`))
	r := newRig(f, Limits{})
	f.Fuzz(func(t *testing.T, message []byte) {
		here, there := streamPair(t)
		defer here.Close()
		user, err := r.users.AuthenticateCert("admin")
		if err != nil {
			t.Fatal(err)
		}
		s, err := r.add(context.Background(), there, Peer{User: user, Transport: "netconf-ssh"})
		if err != nil {
			t.Fatal(err)
		}
		defer s.end(errClosed)
		s.base11 = true
		if s.handle(message) != nil {
			return
		}
		if _, err := layOut(string(<-s.out.queue)); err != nil {
			t.Errorf("reply to %q: %v", message, err)
		}
	})
}
