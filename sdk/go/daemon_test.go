package waveguard_test

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// daemon plays the daemon's part over a real socket with real pages.
type daemon struct {
	t        testing.TB
	path     string
	domains  map[string]wire.Hosted // by service
	listener *net.UnixListener
	group    sync.WaitGroup

	mu       sync.Mutex
	table    page.Table
	refusal  *wire.Refused
	sessions []*session
	next     uint64 // attachment id
}

// session is one attachment as the daemon sees it.
type session struct {
	hello      *wire.Hello
	conn       *wire.Conn
	policy     *page.Policy
	stats      *page.StatsReader
	doorbell   *os.File
	ready      chan struct{}
	ended      chan struct{}
	messages   chan wire.Message // after Ready
	attachment uint64
}

// startDaemon serves until the end of the test.
func startDaemon(t testing.TB, domains map[string]string) *daemon {
	d := &daemon{t: t, path: filepath.Join(t.TempDir(), "attach.sock"), domains: map[string]wire.Hosted{}, next: 100}
	ids := map[string]uint16{}
	for service, domain := range domains {
		if ids[domain] == 0 {
			ids[domain] = uint16(len(ids) + 1)
		}
		d.domains[service] = wire.Hosted{Service: service, Domain: domain, DomainID: ids[domain], Level: 2}
	}
	d.listen()
	t.Cleanup(func() {
		d.kill()
		for _, s := range d.sessions {
			s.stats.Close()
		}
	})
	return d
}

func (d *daemon) listen() {
	listener, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: d.path, Net: "unixpacket"})
	if err != nil {
		d.t.Fatal(err)
	}
	d.listener = listener
	d.group.Go(func() {
		for {
			socket, err := listener.AcceptUnix()
			if err != nil {
				return
			}
			d.group.Go(func() { d.serve(wire.NewConn(socket)) })
		}
	})
}

// kill takes the daemon away without a word, as SIGKILL would.
func (d *daemon) kill() {
	d.listener.Close()
	d.mu.Lock()
	for _, s := range d.sessions {
		s.conn.Close()
	}
	d.mu.Unlock()
	d.group.Wait()
}

func (d *daemon) serve(conn *wire.Conn) {
	defer conn.Close()
	m, _, err := conn.Receive()
	if err != nil {
		return
	}
	s, refusal := d.admit(conn, m.(*wire.Hello))
	if refusal != nil {
		_ = conn.Send(refusal)
		return
	}
	defer close(s.ended)
	defer func() { _ = errors.Join(s.policy.Close(), s.doorbell.Close()) }() // stats stay for the test
	w := &wire.Welcome{Attachment: s.attachment}
	for _, service := range s.hello.Services {
		w.Hosted = append(w.Hosted, d.domains[service.Name])
	}
	if err := conn.SendFiles(w, wire.Files{s.policy.File(), s.stats.File(), s.doorbell}); err != nil {
		return
	}
	if m, _, err := conn.Receive(); err != nil || m == nil {
		return
	}
	close(s.ready)
	for {
		m, _, err := conn.Receive()
		if err != nil {
			return
		}
		select {
		case s.messages <- m:
		default:
			d.t.Errorf("more messages than any test wants; dropped %+v", m)
		}
	}
}

func (d *daemon) admit(conn *wire.Conn, hello *wire.Hello) (*session, *wire.Refused) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refusal != nil {
		return nil, d.refusal
	}
	seen := map[string]bool{}
	for _, s := range hello.Services {
		h, known := d.domains[s.Name]
		if !known {
			return nil, &wire.Refused{Code: wire.RefusedUnknown, Message: "service " + s.Name + " is not configured"}
		}
		seen[h.Domain] = true
	}
	policy, err1 := page.NewPolicy(len(seen))
	stats, err2 := page.NewStats(len(seen))
	doorbell, err3 := shm.NewBell("doorbell")
	if err := errors.Join(err1, err2, err3); err != nil {
		d.t.Error(err)
		return nil, &wire.Refused{Code: wire.RefusedInternal, Message: err.Error()}
	}
	d.next++
	s := &session{
		hello: hello, conn: conn, policy: policy, stats: stats, doorbell: doorbell, attachment: d.next,
		ready: make(chan struct{}), ended: make(chan struct{}), messages: make(chan wire.Message, 4096),
	}
	if d.table != nil {
		if _, err := policy.Publish(d.table); err != nil {
			d.t.Error(err)
		}
	}
	d.sessions = append(d.sessions, s)
	return s, nil
}

// publish puts a policy in force, now and for later attachments.
func (d *daemon) publish(table page.Table) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.table = table
	if len(d.sessions) == 0 {
		return
	}
	if _, err := d.sessions[len(d.sessions)-1].policy.Publish(table); err != nil {
		d.t.Fatal(err)
	}
}

// prepare sets the policy of later attachments alone.
func (d *daemon) prepare(table page.Table) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.table = table
}

func (d *daemon) refuse(r *wire.Refused) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refusal = r
}

// session waits for the n-th attachment to be ready.
func (d *daemon) session(n int) *session {
	d.t.Helper()
	var s *session
	eventually(d.t, "attachment", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(d.sessions) > n {
			s = d.sessions[n]
		}
		return s != nil
	})
	select {
	case <-s.ready:
	case <-time.After(patience):
		d.t.Fatal("service never became ready")
	}
	return s
}

// message waits for the next one.
func (s *session) message(t testing.TB) wire.Message {
	t.Helper()
	select {
	case m := <-s.messages:
		return m
	case <-time.After(patience):
		t.Fatal("no message came")
		return nil
	}
}

// violation waits for the next report.
func (s *session) violation(t testing.TB) *wire.Violation {
	t.Helper()
	m := s.message(t)
	v, ok := m.(*wire.Violation)
	if !ok {
		t.Fatalf("received %T, want a violation", m)
	}
	return v
}

// rung waits for the doorbell and answers it.
func (s *session) rung(t testing.TB) {
	t.Helper()
	if err := s.doorbell.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.doorbell.Read(make([]byte, 8)); err != nil {
		t.Fatalf("doorbell: %v", err)
	}
	s.stats.Answer()
}

func (s *session) counter(source, target int, c page.Counter) uint64 {
	return s.stats.Cell(source, target)[c]
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// The local indexes of the domains in the tests: services are attached in
// this order, and billing shares the domain of the key store.
const (
	keyStore = iota
	monitoring
	dashboard
)

var nodeDomains = map[string]string{
	"key-store": "vault", "billing": "vault", "monitoring": "monitoring", "dashboard": "dashboard",
}

// nodeHosts is how many domains those are.
const nodeHosts = 3

// permitAll is the policy in which each of so many domains may call every other.
func permitAll(domains int) page.Table {
	table := make(page.Table, domains)
	for i := range table {
		table[i] = page.Domain{ID: uint16(i + 1), Level: 2, State: page.InService}
		for j := range table {
			if i != j {
				table[i].Entries = append(table[i].Entries, page.Entry{
					Target: j, Flags: page.Permit | page.FastPath, Operations: ^uint32(0),
				})
			}
		}
	}
	return table
}

// permitBut is permitAll with one entry changed.
func permitBut(source, target int, change func(*page.Entry)) page.Table {
	table := permitAll(nodeHosts)
	for i := range table[source].Entries {
		if e := &table[source].Entries[i]; e.Target == target {
			change(e)
		}
	}
	return table
}

// node is a host with the services of nodeDomains, and their daemon.
type node struct {
	*waveguard.Host
	daemon *daemon
	first  *session
	seen   chan waveguard.Violation
}

// handlers are the operations of the node's services.
type handlers map[string][]waveguard.Operation

func startNode(t testing.TB, ops handlers) *node {
	t.Helper()
	return startNodeOn(t, nil, ops)
}

func startNodeOn(t testing.TB, backend mpk.Backend, ops handlers) *node {
	t.Helper()
	d := startDaemon(t, nodeDomains)
	d.publish(permitAll(nodeHosts))
	n := &node{daemon: d, seen: make(chan waveguard.Violation, 4096)}
	config := waveguard.Config{
		Socket: d.path, Backend: backend, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		OnViolation: func(v waveguard.Violation) { n.seen <- v },
	}
	for _, name := range []string{"key-store", "monitoring", "dashboard", "billing"} {
		config.Services = append(config.Services, waveguard.ServiceSpec{Name: name, Operations: ops[name]})
	}
	host, err := waveguard.Attach(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	n.Host = host
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	n.first = d.session(0)
	return n
}

// run runs f in a service and fails the test if it does not return nil.
func (n *node) run(t testing.TB, service string, f func(*waveguard.Thread) error) {
	t.Helper()
	if err := n.Service(service).Run(t.Context(), f); err != nil {
		t.Fatalf("run in %s: %v", service, err)
	}
}
