package access

import (
	"bytes"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
)

// fakeConn is a connection from an address that remembers whether it was closed.
type fakeConn struct {
	net.Conn
	from   string
	closed bool
}

func (f *fakeConn) RemoteAddr() net.Addr { return fakeAddr(f.from) }
func (f *fakeConn) Close() error         { f.closed = true; return nil }

type fakeAddr string

func (fakeAddr) Network() string  { return "tcp" }
func (a fakeAddr) String() string { return string(a) }

func TestLobbyDisplaces(t *testing.T) {
	for _, test := range []struct {
		name   string
		places int
		came   string // sources in the order of coming
		closed []int  // which of them had to go
	}{
		{"room for all", 4, "a b c a", nil},
		{"one source", 2, "a a a a", []int{0, 1}},
		{"the busiest", 3, "u a a a a", []int{1, 2}},
		{"a user comes into a crowd", 3, "a a a u", []int{0}},
		{"all alike: who came first", 3, "a b c d", []int{0}},
		{"at least one place", 0, "a b", []int{0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := NewLobby(test.places, slog.New(slog.DiscardHandler))
			var conns []*fakeConn
			for _, source := range strings.Fields(test.came) {
				c := &fakeConn{from: source + ":1"}
				conns = append(conns, c)
				l.Enter(c)
			}
			var closed []int
			for i, c := range conns {
				if c.closed {
					closed = append(closed, i)
				}
			}
			if !slices.Equal(closed, test.closed) {
				t.Errorf("closed %v, want %v", closed, test.closed)
			}
		})
	}
}

func TestLobbyLeave(t *testing.T) {
	l := NewLobby(1, slog.New(slog.DiscardHandler))
	user, next := &fakeConn{from: "u:1"}, &fakeConn{from: "a:1"}
	g := l.Enter(user)
	g.Leave()
	g.Leave()
	l.Enter(next)
	if user.closed || next.closed {
		t.Error("a connection whose peer is known was closed")
	}
}

func TestLobbyLogsACrowdOnce(t *testing.T) {
	var log bytes.Buffer
	l := NewLobby(4, slog.New(slog.NewTextHandler(&log, nil)))
	crowd := func() (all []*Guest) {
		for range 8 {
			all = append(all, l.Enter(&fakeConn{from: "192.0.2.1:5"}))
		}
		return all
	}
	guests := crowd()
	crowd()
	if n := strings.Count(log.String(), "source=192.0.2.1\n"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, log.String())
	}
	for _, g := range append(guests, l.guests...) {
		g.Leave()
	}
	crowd()
	if n := strings.Count(log.String(), "\n"); n != 2 {
		t.Errorf("the next crowd: logged %d times", n)
	}
}
