package netconf

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/xml"
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
		r.publish(violation, noon)
		if reply := other.rpc(getDomains); !strings.Contains(reply, "key-store") {
			t.Fatalf("reply %s", reply)
		}
	}
	if err := deaf.ended(); !errors.Is(err, errDeaf) {
		t.Errorf("ended with %v", err)
	}
	if reply := other.rpc("<lock><target><running/></target></lock>"); !strings.Contains(reply, "<ok/>") {
		t.Errorf("the lock is still held: %s", reply)
	}
}

// TestIdle holds that an idle session ends unless it is subscribed.
func TestIdle(t *testing.T) {
	r := newRig(t, Limits{IdleTimeout: 150 * time.Millisecond})
	idle, subscribed, pushed := r.open("admin"), r.open("admin2"), r.open("viewer")
	subscribed.rpc(`<create-subscription xmlns="` + nsNotification + `"><filter><nothing xmlns="urn:nothing"/></filter></create-subscription>`)
	pushed.rpc(watchTransitions + withoutSync)
	if err := idle.ended(); !errors.Is(err, errIdle) {
		t.Errorf("ended with %v", err)
	}
	time.Sleep(200 * time.Millisecond)
	for _, c := range []*client{subscribed, pushed} {
		if reply := c.rpc(getDomains); !strings.Contains(reply, "key-store") {
			t.Errorf("reply %s", reply)
		}
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

// TestSessionLimitOfUsers holds that a user who has all the sessions that one may have keeps
// nobody else out, and gets another one when one of his has ended.
func TestSessionLimitOfUsers(t *testing.T) {
	r := newRig(t, Limits{Sessions: 4, UserSessions: 2})
	first := r.open("admin")
	r.open("admin")
	err := r.connect("admin").ended()
	if !errors.Is(err, ErrTooManySessions) || !strings.Contains(err.Error(), "user admin has 2, which is the most of one user") {
		t.Errorf("ended with %v", err)
	}
	r.open("viewer").rpc(getDomains)
	first.rpc("<close-session/>")
	first.ended()
	r.open("admin").rpc(getDomains)
	r.Bound(Bounds{Sessions: 4, UserSessions: 3, IdleTimeout: -1})
	r.open("admin").rpc(getDomains)
	if err := r.connect("admin2").ended(); !errors.Is(err, ErrTooManySessions) || !strings.Contains(err.Error(), "the most of all users") {
		t.Errorf("ended with %v", err)
	}
}

// TestDeafSubscriber holds that who asks for notifications and reads none is dropped
// too.
func TestDeafSubscriber(t *testing.T) {
	r := newRig(t, Limits{WriteTimeout: 300 * time.Millisecond, QueuedNotification: 8})
	deaf := r.open("admin")
	deaf.rpc(`<create-subscription xmlns="` + nsNotification + `"/>`)
	content := must(xml.Parse([]byte(violation), xml.Limits{}))(t)
	kind := r.set.ModuleByNamespace(content.Name.Space).Notifications[0]
	event := notify.Notification{Time: noon, Content: must(xml.DecodeInput(r.set, kind, content))(t)}
	until(t, "the deaf subscriber is dropped", func() bool {
		for range 500 { // More than the buffers between here and there hold, in the end.
			r.hub.Publish(event)
		}
		return len(r.live()) == 0
	})
	if err := deaf.ended(); err == nil || errors.Is(err, errClosed) {
		t.Errorf("ended with %v", err)
	}
}
