package enforcement_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
)

// client is a host process that speaks the protocol by hand.
type client struct {
	t testing.TB
	*wire.Conn
	welcome *wire.Welcome
	policy  *page.PolicyReader
	stats   *page.Stats
	bell    *os.File
}

func hello(services ...string) *wire.Hello {
	h := &wire.Hello{ABI: page.ABI, Backend: mpk.KindMprotect, Strength: mpk.Mprotect}
	for _, name := range services {
		h.Services = append(h.Services, wire.Service{Name: name})
	}
	return h
}

// walled is hello with walls of that strength.
func walled(s mpk.Strength, services ...string) *wire.Hello {
	h := hello(services...)
	h.Strength = s
	if s > mpk.Mprotect {
		h.Backend, h.Keys = mpk.KindPKU, 15
	}
	return h
}

// say connects and says Hello.
func say(path string, h *wire.Hello) (*wire.Conn, wire.Message, wire.Files, error) {
	conn, err := wire.Dial(context.Background(), path)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := conn.Send(h); err != nil {
		_ = conn.Close()
		return nil, nil, nil, err
	}
	m, files, err := conn.Receive()
	return conn, m, files, err
}

// join attaches by hand; the caller says Ready.
func (r *rig) join(h *wire.Hello) *client {
	r.t.Helper()
	conn, m, files, err := say(r.path, h)
	if err != nil {
		r.t.Fatal(err)
	}
	w, ok := m.(*wire.Welcome)
	if !ok {
		r.t.Fatalf("the daemon answered %+v", m)
	}
	return r.settle(conn, w, files)
}

// settle takes over what came with a welcome.
func (r *rig) settle(conn *wire.Conn, w *wire.Welcome, files wire.Files) *client {
	r.t.Helper()
	pages := files.Pages()
	c := &client{t: r.t, Conn: conn, welcome: w, bell: pages.Doorbell}
	var err error
	if c.policy, err = page.OpenPolicy(pages.Policy); err != nil {
		r.t.Fatal(err)
	}
	if c.stats, err = page.OpenStats(pages.Stats); err != nil {
		r.t.Fatal(err)
	}
	_, _ = pages.Policy.Close(), pages.Stats.Close()
	r.t.Cleanup(c.leave)
	return c
}

// joinReady attaches by hand and is ready.
func (r *rig) joinReady(h *wire.Hello) *client {
	r.t.Helper()
	c := r.join(h)
	if err := c.Send(&wire.Ready{}); err != nil {
		r.t.Fatal(err)
	}
	name := h.Services[0].Name
	r.eventually(name+" to be attached", func() bool { return r.service(name).GetAttached() })
	return c
}

// leave ends the connection; leaving twice does nothing.
func (c *client) leave() {
	if c.policy == nil {
		return
	}
	_, _, _, _ = c.Close(), c.policy.Close(), c.stats.Close(), c.bell.Close()
	c.policy = nil
}

// wantClosed requires that the daemon ends the connection.
func (c *client) wantClosed() {
	c.t.Helper()
	wantClosed(c.t, c.Conn)
}

func wantClosed(t testing.TB, c *wire.Conn) {
	t.Helper()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if m, _, err := c.Receive(); err == nil {
		t.Errorf("received %+v, want the end of the connection", m)
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the daemon did not end the connection")
	}
}
