package netconf

import (
	"context"
	_ "embed"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/netconf/framing"
	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

//go:embed testdata/initial.xml
var initialXML string

// password is every test user's.
const password = "correct horse"

var (
	compiled = sync.OnceValues(func() (*schema.Set, error) {
		return schema.Compile([]fs.FS{models.FS}, schema.Options{Implement: models.Served(), Features: Features})
	})
	hashed = sync.OnceValues(func() (string, error) { return access.HashPassword(password) })
)

// rig is a server with everything around it.
type rig struct {
	*Server
	t      testing.TB
	store  *datastore.Store
	hub    *notify.Hub
	users  *access.Authority
	engine *engine
	files  *shelf
	set    *schema.Set
	starts *notify.Subscription // tells when a session has begun
}

func newRig(t testing.TB, limits Limits) *rig {
	t.Helper()
	return newRigFor(t, must(compiled())(t), limits)
}

// newRigFor is newRig with another schema.
func newRigFor(t testing.TB, set *schema.Set, limits Limits, operations ...Operation) *rig {
	t.Helper()
	r := &rig{t: t, engine: new(engine), files: newShelf(), set: set}
	r.engine.violation = func() { r.publish(violation, noon) }
	r.hub = must(notify.Open(notify.Config{Dir: t.TempDir(), Schema: r.set, Logger: quiet(t)}))(t)
	t.Cleanup(func() { r.hub.Close() })
	r.store = must(datastore.Open(datastore.Config{Dir: t.TempDir(), Schema: r.set, Engine: r.engine, Initial: r.initial, Logger: quiet(t)}))(t)
	t.Cleanup(func() { r.store.Close() })
	r.users = access.New(r.store.Running)
	r.Server = must(New(Config{Schema: r.set, Store: r.store, Access: r.users, Hub: r.hub, Limits: limits, Logger: quiet(t), State: []StateProvider{r.users.State}, Operations: operations, Files: r.files}))(t)
	t.Cleanup(func() { r.Shutdown(context.Background()) })
	r.starts = r.hub.Subscribe(1 << 16)
	t.Cleanup(r.starts.Close)
	return r
}

// begun waits until a session that was opened has begun.
func (r *rig) begun() error {
	for {
		n, err := r.starts.Next(r.t.Context())
		if err != nil || n.Content.Schema().Name == "netconf-session-start" {
			return err
		}
	}
}

// must unwraps a result; the second call names the test to fail.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (r *rig) initial() (*tree.Tree, error) {
	hash, err := hashed()
	if err != nil {
		return nil, err
	}
	return xml.Decode(r.set, []byte(strings.ReplaceAll(initialXML, "HASH", hash)), xml.DecodeOptions{})
}

const violation = `<violation xmlns="https://mpk-security.optical.net/yang/mpk-security-telemetry"
	xmlns:t="https://mpk-security.optical.net/yang/mpk-security-types">
	<kind>t:transition-denied</kind><severity>MODERATE</severity><service>dashboard</service>
	<target-domain>key-store</target-domain><occurrences>1</occurrences></violation>`

// noon is when the notifications of tests are published, unless they say else.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// publish sends a notification, given in XML, to all who subscribed.
func (r *rig) publish(text string, at time.Time) {
	r.t.Helper()
	e := must(xml.Parse([]byte(text), xml.Limits{}))(r.t)
	for _, s := range r.set.ModuleByNamespace(e.Name.Space).Notifications {
		if s.Name == e.Name.Local {
			content := must(xml.DecodeInput(r.set, s, e))(r.t)
			r.hub.Publish(notify.Notification{Time: at, Content: content})
			return
		}
	}
	r.t.Fatalf("no notification %s", e.Name.Local)
}

// quiet logs to the test's log, which shows when the test fails.
func quiet(t testing.TB) *slog.Logger {
	if _, test := t.(*testing.T); !test { // A fuzz target has no log, a benchmark's would hide the figures.
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(&testLog{t: t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type testLog struct {
	mu sync.Mutex
	t  testing.TB
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.t.Context().Err() == nil { // The test log is closed once the test ends.
		l.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

// engine refuses configurations with the word "unenforceable", sees a
// violation when the word "provoke" is enforced, and ponders the word "ponder".
type engine struct{ violation, ponder func() }

func (e *engine) Prepare(_ context.Context, c datastore.Change) (commit, abort func(), err error) {
	words := ""
	for _, change := range c.Changes {
		if leaf, ok := change.New.(*tree.Leaf); ok {
			words += leaf.Value().String() + " "
		}
	}
	if strings.Contains(words, "unenforceable") {
		return nil, nil, errors.New("allocate keys: none is left")
	}
	if strings.Contains(words, "ponder") {
		e.ponder()
	}
	return func() {
		if strings.Contains(words, "provoke") {
			e.violation()
		}
	}, func() {}, nil
}

// client is the other end of a session.
type client struct {
	t    testing.TB
	conn net.Conn
	*framing.Framer
	done chan error // what ServeSession returned
}

// connect starts a session for a user without exchanging hellos.
func (r *rig) connect(user string) *client {
	r.t.Helper()
	here, there := streamPair(r.t)
	u := must(r.users.AuthenticateCert(user))(r.t)
	c := &client{r.t, here, framing.New(here, 64<<20), make(chan error, 1)}
	go func() {
		c.done <- r.ServeSession(context.Background(), there, Peer{u, "netconf-ssh", "192.0.2.1"})
	}()
	r.t.Cleanup(func() { here.Close() })
	return c
}

// streamPair returns two ends of a buffered stream.
func streamPair(t testing.TB) (client, server net.Conn) {
	t.Helper()
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer listener.Close()
	client = must(net.Dial("tcp", listener.Addr().String()))(t)
	server = must(listener.Accept())(t)
	client.SetDeadline(time.Now().Add(time.Minute))
	server.(*net.TCPConn).SetWriteBuffer(1 << 16) // soon full when the client does not read
	return client, server
}

const (
	hello10 = `<hello xmlns="` + nsBase + `"><capabilities><capability>` + capBase10 + `</capability></capabilities></hello>`
	hello11 = `<hello xmlns="` + nsBase + `"><capabilities><capability>` + capBase10 + `</capability><capability>` + capBase11 + `</capability></capabilities></hello>`
)

// open connects and exchanges hellos; the session speaks base:1.1.
func (r *rig) open(user string) *client {
	r.t.Helper()
	c := r.connect(user)
	c.receive()
	c.send(hello11)
	c.Upgrade()
	if err := r.begun(); err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (c *client) send(message string) {
	c.t.Helper()
	if err := c.WriteMessage([]byte(message)); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

func (c *client) receive() string {
	c.t.Helper()
	message, err := c.ReadMessage()
	if err != nil {
		c.t.Fatalf("receive: %v", err)
	}
	return string(message)
}

// rpc sends one operation and returns its reply.
func (c *client) rpc(operation string) string {
	c.t.Helper()
	c.send(`<rpc message-id="1" xmlns="` + nsBase + `">` + operation + `</rpc>`)
	return c.receive()
}

// ended waits for the server's side of the session to end, and says why it did.
func (c *client) ended() error {
	c.t.Helper()
	select {
	case err := <-c.done:
		return err
	case <-time.After(30 * time.Second):
		c.t.Fatal("the session goes on")
		return nil
	}
}
