package netconf

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
)

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
// notifications, that what is lost is the oldest, and that the client is told
// how many.
func TestNotificationFlood(t *testing.T) {
	const n = 2000
	r := newRig(t, Limits{QueuedNotification: 100})
	c := r.open("admin")
	c.rpc(`<create-subscription xmlns="` + nsNotification + `"/>`)
	for i := range n {
		r.publish(strings.Replace(violation, ">1<", fmt.Sprintf(">%d<", i+1), 1), noon)
	}
	c.send(`<rpc message-id="7" xmlns="` + nsBase + `"><discard-changes/></rpc>`)
	replied, last, seen, lost := false, "", 0, 0
	for !replied || !strings.Contains(last, fmt.Sprintf("<occurrences>%d<", n)) {
		m := c.receive()
		switch _, count, told := strings.Cut(m, "<lost>"); {
		case strings.Contains(m, "<rpc-reply"):
			replied = true
		case told:
			count, _, _ = strings.Cut(count, "<")
			lost += must(strconv.Atoi(count))(t)
		default:
			seen++
			last = m
		}
	}
	if seen+lost != n {
		t.Errorf("%d came and %d were told lost, of %d", seen, lost, n)
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
