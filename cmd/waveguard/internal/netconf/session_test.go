package netconf

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/server/netconf/framing"
	"github.com/optical-net/waveguard/yang/xml"
)

// peer is the server's end of a session, which a test plays.
type peer struct {
	t *testing.T
	*framing.Framer
	conn net.Conn
}

func (p *peer) say(message string) {
	p.t.Helper()
	if err := p.WriteMessage([]byte(message)); err != nil {
		p.t.Errorf("the client does not listen: %v", err)
	}
}

func (p *peer) hear() string {
	p.t.Helper()
	b, err := p.ReadMessage()
	if err != nil {
		p.t.Errorf("the client is silent: %v", err)
	}
	return string(b)
}

const (
	space      = ` xmlns="` + xml.BaseNamespace + `"`
	serverTail = `</capabilities><session-id>7</session-id></hello>`
	serverHead = `<hello` + space + `><capabilities>`
	hello10    = serverHead + `<capability>` + base10 + `</capability>` + serverTail
	hello11    = serverHead + `<capability> ` + base11 + ` </capability><capability>urn:x?module=x</capability>` + serverTail
)

// openTo opens a session to a peer that says hello and then plays.
func openTo(t *testing.T, hello string, notify func(*xml.Element), play func(*peer)) (*Session, error) {
	t.Helper()
	client, server := net.Pipe()
	t.Cleanup(func() { client.Close() })
	played := make(chan struct{})
	t.Cleanup(func() { <-played })
	go func() {
		defer close(played)
		p := &peer{t, framing.New(server, 1<<20), server}
		p.hear()
		p.say(hello)
		if strings.Contains(hello, base11) {
			p.Upgrade()
		}
		if play != nil {
			play(p)
		}
		server.Close()
	}()
	return Open(t.Context(), client, notify)
}

func reply(id int, content string) string {
	return fmt.Sprintf(`<rpc-reply%s message-id="%d">%s</rpc-reply>`, space, id, content)
}

// TestFramings holds that both framings carry requests and replies.
func TestFramings(t *testing.T) {
	for name, hello := range map[string]string{"base:1.0": hello10, "base:1.1": hello11} {
		t.Run(name, func(t *testing.T) {
			s, err := openTo(t, hello, nil, func(p *peer) {
				if got := p.hear(); !strings.Contains(got, `message-id="1"`) || !strings.Contains(got, "<get/>") {
					t.Errorf("asked %s", got)
				}
				p.say(reply(1, "<data>&lt;]]&gt;]]&gt;</data>"))
			})
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.Call(t.Context(), "<get/>")
			if err != nil || r.Children[0].Text != "<]]>]]>" {
				t.Errorf("%v, %v", r, err)
			}
			if s.ID() != 7 || s.Has("urn:x") != (hello == hello11) {
				t.Errorf("session %d", s.ID())
			}
		})
	}
}

// TestHellosRefused holds that no session is opened with who greets wrongly.
func TestHellosRefused(t *testing.T) {
	for hello, want := range map[string]string{
		`<rpc` + space + `/>`: "begins with <hello>",
		`<hello`:              "",
		`<hello` + space + `><session-id>1</session-id></hello>`:                                                 "neither",
		serverHead + `<capability>` + base10 + `</capability></capabilities></hello>`:                            "no session-id",
		serverHead + `<capability>` + base10 + `</capability></capabilities><session-id>0</session-id></hello>`:  "not a number above 0",
		serverHead + `<capability>` + base10 + `</capability></capabilities><session-id>x</session-id></hello>`:  "not a number above 0",
		serverHead + `<capability>urn:ietf:params:netconf:base:2.0</capability>` + serverTail:                    "neither",
		`<hello xmlns="urn:x"><capabilities/></hello>`:                                                           "begins with",
		serverHead + `<capability>` + base10 + `</capability></capabilities><session-id>1</session-id></hello>x`: "",
	} {
		if _, err := openTo(t, hello, nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", hello, err, want)
		}
	}
}

// TestPipelined holds that all requests are on their way before the first reply, that
// replies are told apart in whatever order, and that notifications are kept apart.
func TestPipelined(t *testing.T) {
	var told []string
	s, err := openTo(t, hello11, func(el *xml.Element) { told = append(told, el.Children[0].Name.Local) }, func(p *peer) {
		for range 3 {
			p.hear()
		}
		p.say(`<notification xmlns="` + notificationSpace + `"><a/></notification>`)
		p.say(reply(3, "<ok>3</ok>"))
		p.say(`<notification xmlns="` + notificationSpace + `"><b/></notification>`)
		p.say(reply(1, "<ok>1</ok>"))
		p.say(reply(2, "<ok>2</ok>"))
	})
	if err != nil {
		t.Fatal(err)
	}
	replies, err := s.Calls(t.Context(), "<a/>", "<b/>", "<c/>")
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range replies {
		if got := r.Children[0].Text; got != fmt.Sprint(i+1) {
			t.Errorf("reply %d is %s", i+1, got)
		}
	}
	if got := strings.Join(told, ""); got != "ab" {
		t.Errorf("told %q", got)
	}
}

// TestRefusals holds that what the server says of an error arrives whole.
func TestRefusals(t *testing.T) {
	const denied = `<rpc-error><error-type>application</error-type><error-tag>access-denied</error-tag><error-severity>error</error-severity>` +
		`<error-app-tag>x:y</error-app-tag><error-path xmlns:m="urn:m">/m:a</error-path><error-message xml:lang="en">no</error-message></rpc-error>`
	const locked = `<rpc-error><error-type>protocol</error-type><error-tag>lock-denied</error-tag><error-severity>error</error-severity>` +
		`<error-info><session-id>4</session-id></error-info></rpc-error>`
	const warning = `<rpc-error><error-tag>x</error-tag><error-severity>warning</error-severity></rpc-error>`
	s, err := openTo(t, hello11, nil, func(p *peer) {
		for i, content := range []string{denied, denied + locked, warning + "<data/>", "<rpc-error/>"} {
			p.hear()
			p.say(reply(i+1, content))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Call(t.Context(), "<a/>")
	var e *RPCError
	if !errors.As(err, &e) || !errors.Is(err, appliance.ErrRefused) {
		t.Fatalf("%v", err)
	}
	if e.Tag != "access-denied" || e.AppTag != "x:y" || e.Path != "/m:a" || e.Message != "no" || e.Type != "application" {
		t.Errorf("%+v", e)
	}
	if got := err.Error(); got != "no\n  at /m:a (access-denied)" {
		t.Errorf("%q", got)
	}
	_, err = s.Call(t.Context(), "<a/>")
	if !strings.Contains(err.Error(), "no\n") || !strings.Contains(err.Error(), "lock-denied") {
		t.Errorf("%v", err)
	}
	if _, err = s.Call(t.Context(), "<a/>"); err != nil {
		t.Errorf("a warning: %v", err)
	}
	if _, err = s.Call(t.Context(), "<a/>"); !errors.Is(err, appliance.ErrFailed) {
		t.Errorf("an error without content: %v", err)
	}
}

// TestSessionEnds holds that nobody waits for a session that is over, whatever ended it.
func TestSessionEnds(t *testing.T) {
	for name, play := range map[string]func(*peer){
		"closed":  func(p *peer) { p.hear() },
		"unasked": func(p *peer) { p.hear(); p.say(reply(99, "<ok/>")) },
		"no message-id": func(p *peer) {
			p.hear()
			p.say(`<rpc-reply` + space + `><rpc-error><error-message>bad</error-message></rpc-error></rpc-reply>`)
		},
		"no reply": func(p *peer) { p.hear(); p.say(`<rpc` + space + `/>`) },
		"no XML":   func(p *peer) { p.hear(); p.say(`<rpc-reply`) },
		"bad chunk": func(p *peer) {
			p.hear()
			if _, err := p.conn.Write([]byte("\n#0\n")); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := openTo(t, hello11, nil, play)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // and nobody who comes later
				if _, err := s.Call(t.Context(), "<get/>"); !errors.Is(err, appliance.ErrUnreachable) {
					t.Errorf("%v", err)
				}
			}
			<-s.Ended()
		})
	}
}

// TestImpatience holds that a session ends with the patience of its user.
func TestImpatience(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s, err := openTo(t, hello11, nil, func(p *peer) {
		p.hear()
		cancel()
		if _, err := p.ReadMessage(); err == nil {
			t.Error("the client goes on")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Call(ctx, "<get/>"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	late, stop := context.WithTimeout(t.Context(), 1)
	defer stop()
	client, server := net.Pipe()
	defer server.Close()
	if _, err := Open(late, client, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a server that says nothing: %v", err)
	}
}
