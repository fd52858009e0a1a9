package netconf

import (
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/netconf/framing"
)

// channel is a NETCONF session in an SSH channel, with its ends at hand.
type channel struct {
	*client
	in io.WriteCloser
}

// openChannel is subsystem with the input at hand.
func openChannel(t *testing.T, c *ssh.Client) channel {
	t.Helper()
	s := must(c.NewSession())(t)
	in, out := must(s.StdinPipe())(t), must(s.StdoutPipe())(t)
	if err := s.RequestSubsystem("netconf"); err != nil {
		t.Fatal(err)
	}
	n := channel{&client{t: t, Framer: framing.New(struct {
		io.Reader
		io.Writer
	}{out, in}, 64<<20)}, in}
	n.receive()
	n.send(hello11)
	n.Upgrade()
	return n
}

// rpcOf wraps an operation, after what may stand before the element.
func rpcOf(before, operation string) string {
	return before + `<rpc message-id="1" xmlns="` + nsBase + `">` + operation + `</rpc>`
}

// TestHostileMessages holds that each of these is answered with the right error, over
// SSH, that nothing is expanded or fetched, and that the session goes on.
func TestHostileMessages(t *testing.T) {
	const laughs = `<!DOCTYPE rpc [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>`
	filter := func(inside string) string {
		return "<get-config><source><running/></source><filter>" + inside + "</filter></get-config>"
	}
	c := openChannel(t, login(t, newRig(t, Limits{}).listen()))
	for _, test := range []struct{ name, message, tag string }{
		{"document type", rpcOf("<!DOCTYPE rpc>", getDomains), "malformed-message"},
		{"external entity", rpcOf(`<!DOCTYPE rpc [<!ENTITY x SYSTEM "file:///etc/passwd">]>`, filter("<a>&x;</a>")), "malformed-message"},
		{"external subset", rpcOf(`<!DOCTYPE rpc SYSTEM "http://192.0.2.1/x.dtd">`, getDomains), "malformed-message"},
		{"billion laughs", rpcOf(laughs, filter("<a>&c;</a>")), "malformed-message"},
		{"unknown entity", rpcOf("", filter("<a>&nbsp;</a>")), "malformed-message"},
		{"reference to NUL", rpcOf("", filter("<a>&#0;</a>")), "malformed-message"},
		{"reference to a surrogate", rpcOf("", filter("<a>&#xD800;</a>")), "malformed-message"},
		{"reference beyond Unicode", rpcOf("", filter("<a>&#x110000;</a>")), "malformed-message"},
		{"endless reference", rpcOf("", filter("<a>&#"+strings.Repeat("1", 1<<16)+";</a>")), "malformed-message"},
		{"NUL", rpcOf("", filter("<a>\x00</a>")), "malformed-message"},
		{"control character", rpcOf("", filter("<a>\x01</a>")), "malformed-message"},
		{"invalid UTF-8", rpcOf("", filter("<a>\xff\xfe</a>")), "malformed-message"},
		{"overlong UTF-8", rpcOf("", filter("<a>\xc0\xaf</a>")), "malformed-message"},
		{"UTF-16", "\xff\xfe<\x00r\x00p\x00c\x00/\x00>\x00", "malformed-message"},
		{"another encoding", rpcOf(`<?xml version="1.0" encoding="ISO-8859-1"?>`, getDomains), "malformed-message"},
		{"processing instruction inside", rpcOf("", "<?php x?>"), "missing-element"},
		{"unclosed", `<rpc message-id="1" xmlns="` + nsBase + `"><get>`, "malformed-message"},
		{"two roots", rpcOf("", getDomains) + "<x/>", "malformed-message"},
		{"unbound prefix", rpcOf("", "<x:get/>"), "malformed-message"},
		{"attribute twice", `<rpc message-id="1" message-id="2" xmlns="` + nsBase + `"><get/></rpc>`, "malformed-message"},
		{"unknown namespace of the message", `<rpc message-id="1" xmlns="urn:nobody"><get/></rpc>`, "malformed-message"},
		{"unknown namespace of the operation", rpcOf("", `<get xmlns="urn:nobody"/>`), "operation-not-supported"},
		{"unknown namespace of data", rpcOf("", `<edit-config><target><candidate/></target><config><x xmlns="urn:nobody"/></config></edit-config>`), "unknown-namespace"},
		{"deep nesting", rpcOf("", filter(strings.Repeat("<a>", 100_000)+strings.Repeat("</a>", 100_000))), "too-big"},
		{"many attributes", rpcOf("", filter("<a"+strings.Repeat(` b="1"`, 100_000)+"/>")), "too-big"},
		{"many namespaces", rpcOf("", filter("<a"+manyNamespaces(10_000)+"/>")), "too-big"},
		{"many elements", rpcOf("", filter(strings.Repeat("<a/>", 1<<20))), "too-big"},
		{"no message", " ", "malformed-message"},
	} {
		c.send(test.message)
		if reply := c.receive(); !strings.Contains(reply, "<error-tag>"+test.tag+"</error-tag>") {
			t.Errorf("%s: %.600s", test.name, reply)
		} else if strings.Contains(reply, "root:") || strings.Contains(reply, "haha") {
			t.Errorf("%s: something was expanded: %.600s", test.name, reply)
		}
	}
	if reply := c.rpc(getDomains); !strings.Contains(reply, "key-store") {
		t.Errorf("reply %s", reply)
	}
}

func manyNamespaces(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` xmlns:p%d="urn:%d"`, i, i)
	}
	return b.String()
}

// TestHostileChunks holds that framing which promises or breaks too much ends its
// session alone: RFC 6242 section 4.2.
func TestHostileChunks(t *testing.T) {
	r := newRig(t, Limits{})
	addr := r.listen()
	other := subsystem(t, login(t, addr))
	for raw, tooBig := range map[string]bool{
		"\n#4294967295\n<rpc>":             true,
		"\n#16777217\nx":                   true,
		"\n#4294967296\n":                  false,
		"\n#" + strings.Repeat("9", 1<<16): false,
		"\n#-1\n":                          false,
		"GET / HTTP/1.1\r\n":               false,
	} {
		c := openChannel(t, login(t, addr))
		if _, err := io.WriteString(c.in, raw); err != nil && err != io.EOF { // which is the end that is wanted, early
			t.Fatal(err)
		}
		if tooBig {
			if reply := c.receive(); !strings.Contains(reply, "<error-tag>too-big</error-tag>") {
				t.Errorf("%.20q: %s", raw, reply)
			}
		}
		if m, err := c.ReadMessage(); err != io.EOF {
			t.Errorf("%.20q: the session goes on: %s, %v", raw, m, err)
		}
		if reply := other.rpc(getDomains); !strings.Contains(reply, "key-store") {
			t.Errorf("after %.20q: %s", raw, reply)
		}
	}
}

// TestHalfClosed holds that who has said all, and closes only that direction, gets
// all answers.
func TestHalfClosed(t *testing.T) {
	r := newRig(t, Limits{})
	overSSH := openChannel(t, login(t, r.listen()))
	overTCP := r.open("admin")
	for name, c := range map[string]struct {
		*client
		half func() error
	}{
		"SSH": {overSSH.client, overSSH.in.Close},
		"TCP": {overTCP, overTCP.conn.(*net.TCPConn).CloseWrite},
	} {
		const n = 20
		for range n {
			c.send(rpcOf("", getDomains))
		}
		if err := c.half(); err != nil {
			t.Fatal(err)
		}
		for range n {
			if reply := c.receive(); !strings.Contains(reply, "key-store") {
				t.Errorf("%s: %s", name, reply)
			}
		}
		if m, err := c.ReadMessage(); err != io.EOF {
			t.Errorf("%s: after the last: %s, %v", name, m, err)
		}
	}
}

// trickle writes a byte at a time until the other side has had enough.
func trickle(w io.Writer, text string) {
	for _, b := range []byte(text) {
		if _, err := w.Write([]byte{b}); err != nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// TestSlowPeers holds that a peer which goes on sending, and never says anything, is
// dropped at each stage, however little it sends at a time.
func TestSlowPeers(t *testing.T) {
	const short = 300 * time.Millisecond
	r := newRig(t, Limits{MessageTimeout: short})
	strangers := newRig(t, Limits{HandshakeTimeout: short}).listen()
	t.Run("version", func(t *testing.T) {
		c := stranger(t, strangers)
		go trickle(c, "SSH-2.0-"+strings.Repeat("x", 240))
		closed(t, c)
	})
	t.Run("key exchange", func(t *testing.T) {
		c := stranger(t, strangers)
		go trickle(c, "SSH-2.0-x\r\n\x00\x00\x05\xdc"+strings.Repeat("\x00", 1000))
		closed(t, c)
	})
	t.Run("channel", func(t *testing.T) {
		c := must(dialSSH(newRig(t, Limits{HelloTimeout: short}).listen(), "admin", ssh.Password(password)))(t)
		defer c.Close()
		if err := c.Wait(); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("a connection without channels ended with %v", err)
		}
	})
	t.Run("message", func(t *testing.T) {
		c := r.open("admin")
		c.send(rpcOf("", getDomains))
		c.receive()
		go trickle(c.conn, "\n#2000\n"+strings.Repeat(" ", 2000))
		if err := c.ended(); !errors.Is(err, errSlow) {
			t.Errorf("ended with %v", err)
		}
	})
	t.Run("quiet", func(t *testing.T) { // Who sends nothing between messages may stay.
		c := r.connect("admin")
		c.receive()
		c.send(hello10)
		if err := r.begun(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c.conn, "\r\n"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(short + short/2)
		if reply := c.rpc(getDomains); !strings.Contains(reply, "key-store") {
			t.Errorf("reply %s", reply)
		}
	})
}

// inUse returns the octets of the heap that are reachable.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestManyUnreadRequests holds that 10,000 requests whose replies nobody reads take
// bounded memory, and are all answered when they are read at last.
func TestManyUnreadRequests(t *testing.T) {
	const n = 10_000
	r := newRig(t, Limits{})
	c := r.open("admin")
	before := inUse()
	sent := make(chan error, 1)
	go func() {
		for range n {
			if err := c.WriteMessage([]byte(rpcOf("", `<get-schema xmlns="`+nsMonitoring+`"><identifier>mpk-security</identifier></get-schema>`))); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	s := r.live()[0]
	until(t, "the replies fill what may wait", func() bool { return len(s.out.queue) == cap(s.out.queue) })
	if grown := int64(inUse()) - int64(before); grown > 16<<20 {
		t.Errorf("unread replies take %d octets", grown)
	}
	if reply := r.open("admin2").rpc(getDomains); !strings.Contains(reply, "key-store") {
		t.Errorf("reply %s", reply)
	}
	for i := range n {
		if m, err := c.ReadMessage(); err != nil || !strings.Contains(string(m), "module mpk-security") {
			t.Fatalf("reply %d: %.200s, %v", i, m, err)
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// TestManyChannels holds that thousands of channels, and requests in them, cost
// nobody but who asks for them.
func TestManyChannels(t *testing.T) {
	r := newRig(t, Limits{SessionsPerConn: 4})
	addr := r.listen()
	other, greedy := subsystem(t, login(t, addr)), login(t, addr)
	before, routines := inUse(), runtime.NumGoroutine()
	opened := 0
	for range 3000 {
		if c, requests, err := greedy.OpenChannel("session", nil); err == nil {
			opened++
			go ssh.DiscardRequests(requests)
			for range 10 { // and nothing that is served
				if ok, _ := c.SendRequest("env", true, []byte(strings.Repeat("x", 1<<14))); ok {
					t.Error("a request for the environment was granted")
				}
			}
		}
	}
	if opened != 4 {
		t.Errorf("%d channels were opened", opened)
	}
	if grown := int64(inUse()) - int64(before); grown > 8<<20 {
		t.Errorf("they take %d octets", grown)
	}
	until(t, "the goroutines of refused channels end", func() bool { return runtime.NumGoroutine() < routines+60 })
	if reply := other.rpc(getDomains); !strings.Contains(reply, "key-store") {
		t.Errorf("reply %s", reply)
	}
}
