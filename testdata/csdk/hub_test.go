package csdk_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// hub is the daemon's end of the attachments of any processes, with channels and without an engine. Each service
// is in a domain of its own.
type hub struct {
	t    testing.TB
	path string

	listener *net.UnixListener
	served   sync.WaitGroup

	mu     sync.Mutex
	lines  map[string]*line
	seats  []*seat
	stats  []*page.StatsReader
	opened map[*wire.Conn]bool // and not closed yet
	number uint64              // of the last generation
	ready  int                 // processes that said so
}

// line is a channel.
type line struct {
	consumers  []string // services, by place
	shape      channel.Shape
	generation *channel.Generation
	all        []*channel.Generation
	ring       []byte // as a producer has it
	isRaw      bool   // the test is the producer
}

// seat is an end that a process has announced.
type seat struct {
	conn    *wire.Conn
	end     uint16
	service string
	wire.End
	mapped uint64 // generation
}

func newHub(t testing.TB) *hub {
	t.Helper()
	h := &hub{t: t, path: filepath.Join(t.TempDir(), "s"), lines: map[string]*line{}}
	h.listen()
	t.Cleanup(func() {
		h.halt()
		for _, l := range h.lines {
			for _, g := range l.all {
				g.Close()
			}
		}
	})
	return h
}

func (h *hub) listen() {
	h.t.Helper()
	listener, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: h.path, Net: "unixpacket"})
	if err != nil {
		h.t.Fatal(err)
	}
	h.listener, h.opened = listener, map[*wire.Conn]bool{}
	h.served.Go(func() {
		for {
			socket, err := listener.AcceptUnix()
			if err != nil {
				return
			}
			h.mu.Lock()
			c := wire.NewConn(socket)
			h.opened[c] = true
			h.mu.Unlock()
			h.served.Go(func() { h.serve(c) })
		}
	})
}

// halt ends the daemon. What it gave stays with those who have it.
func (h *hub) halt() {
	h.listener.Close()
	h.mu.Lock()
	for c := range h.opened {
		c.Close()
	}
	h.mu.Unlock()
	h.served.Wait()
}

// line makes a channel to those consumers.
func (h *hub) line(name string, shape channel.Shape, consumers ...string) *line {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	shape.Consumers = len(consumers)
	l := &line{consumers: consumers, shape: shape}
	h.lines[name] = l
	h.generate(l)
	return l
}

func (h *hub) generate(l *line) {
	h.number++
	g, err := channel.NewGeneration(l.shape, h.number)
	if err != nil {
		h.t.Error(err)
		return
	}
	l.generation, l.all = g, append(l.all, g)
	l.ring = mapFile(h.t, g.ProducerFiles()[1], l.shape.RingSize(), shm.ReadWrite)
	if l.isRaw {
		if err := g.Seal(); err != nil {
			h.t.Error(err)
		}
	}
}

// rawLine is a channel whose producer is the test.
func (h *hub) rawLine(name string, shape channel.Shape, consumers ...string) *line {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	shape.Consumers = len(consumers)
	l := &line{consumers: consumers, shape: shape, isRaw: true}
	h.lines[name] = l
	h.generate(l)
	return l
}

func mapFile(t testing.TB, f *os.File, size int, how shm.Access) []byte {
	t.Helper()
	m, err := shm.Map(f, size, how)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shm.Unmap(m) })
	return m
}

func (h *hub) serve(c *wire.Conn) {
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.opened, c)
		h.seats = slices.DeleteFunc(h.seats, func(s *seat) bool { return s.conn == c })
		c.Close()
	}()
	m, _, err := c.Receive()
	hello, is := m.(*wire.Hello)
	if err != nil || !is || h.welcome(c, hello) != nil {
		h.t.Errorf("hello: %+v, %v", m, err)
		return
	}
	for {
		m, _, err := c.Receive()
		if err != nil {
			return
		}
		h.mu.Lock()
		switch m := m.(type) {
		case *wire.Ready:
			h.seatAll(c, hello)
		case *wire.Mapped:
			h.hear(c, m)
		}
		h.mu.Unlock()
	}
}

func (h *hub) welcome(c *wire.Conn, hello *wire.Hello) error {
	n := len(hello.Services)
	policy, err := page.NewPolicy(n)
	if err != nil {
		return err
	}
	defer policy.Close()
	stats, err := page.NewStats(n)
	if err != nil {
		return err
	}
	h.t.Cleanup(func() { stats.Close() })
	bell, err := shm.NewBell("doorbell")
	if err != nil {
		return err
	}
	defer bell.Close()
	var hosted []wire.Hosted
	var table page.Table
	for i, s := range hello.Services {
		hosted = append(hosted, wire.Hosted{Service: s.Name, Domain: "of-" + s.Name, DomainID: uint16(i + 1), Level: 2})
		table = append(table, page.Domain{ID: uint16(i + 1), Level: 2, State: page.InService})
	}
	if _, err := policy.Publish(table); err != nil {
		return err
	}
	h.mu.Lock()
	h.stats = append(h.stats, stats)
	h.mu.Unlock()
	return c.SendFiles(&wire.Welcome{Attachment: 1, Hosted: hosted}, wire.Files{policy.File(), stats.File(), bell})
}

// seatAll notes the ends of a process, and gives producers theirs. Under mu.
func (h *hub) seatAll(c *wire.Conn, hello *wire.Hello) {
	var ends uint16
	h.ready++
	for _, s := range hello.Services {
		for _, e := range s.Channels {
			at := &seat{conn: c, end: ends, service: s.Name, End: e}
			ends++
			h.seats = append(h.seats, at)
			h.invite(at)
		}
	}
}

// invite tells an end where it stands. Under mu.
func (h *hub) invite(s *seat) {
	l := h.lines[s.Channel]
	place := -1
	if l != nil {
		place = slices.Index(l.consumers, s.service)
	}
	switch {
	case l == nil || (s.Role == wire.Consumer && place < 0):
		h.say(s, &wire.Withheld{End: s.end, Code: wire.WithheldUnknown, Message: "no such channel for " + s.service})
	case s.Role == wire.Producer:
		h.send(s, &wire.Channel{End: s.end, Role: s.Role, Consumers: uint8(len(l.consumers)), Generation: l.generation.Number()}, l.generation.ProducerFiles())
	case !h.produced(s.Channel):
		h.say(s, &wire.Withheld{End: s.end, Code: wire.WithheldWaiting, Message: "the producer is not there yet"})
	default:
		m := &wire.Channel{End: s.end, Role: s.Role, Consumers: uint8(len(l.consumers)), Place: uint8(place), Generation: l.generation.Number()}
		h.send(s, m, l.generation.ConsumerFiles(place))
	}
}

func (h *hub) say(s *seat, m wire.Message) {
	if err := s.conn.Send(m); err != nil {
		h.t.Logf("send %T: %v", m, err)
	}
}

func (h *hub) send(s *seat, m *wire.Channel, files wire.Files) {
	if err := s.conn.SendFiles(m, files); err != nil {
		h.t.Logf("send %T: %v", m, err)
	}
}

// produced reports whether the producer has mapped the ring that there is now.
func (h *hub) produced(name string) bool {
	return h.lines[name].isRaw || slices.ContainsFunc(h.seats, func(s *seat) bool {
		return s.Channel == name && s.Role == wire.Producer && s.mapped == h.lines[name].generation.Number()
	})
}

// hear takes what a process says that it has mapped. Under mu.
func (h *hub) hear(c *wire.Conn, m *wire.Mapped) {
	for _, s := range h.seats {
		l := h.lines[s.Channel]
		if s.conn != c || s.end != m.End || l == nil || l.generation.Number() != m.Generation {
			continue
		}
		s.mapped = m.Generation
		if s.Role == wire.Consumer {
			l.generation.Activate(slices.Index(l.consumers, s.service), true)
			continue
		}
		if err := l.generation.Seal(); err != nil {
			h.t.Error(err)
		}
		for _, other := range h.seats {
			if other.Channel == s.Channel && other.Role == wire.Consumer {
				h.invite(other)
			}
		}
	}
}

// renew makes a channel's ring anew. With the old daemon gone nobody ends the old one.
func (h *hub) renew(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.generate(h.lines[name])
	for _, s := range h.seats {
		if s.Channel == name {
			h.invite(s)
		}
	}
}

// replace makes a channel's ring anew, as after a commit.
func (h *hub) replace(name string) {
	h.mu.Lock()
	h.lines[name].generation.End()
	h.mu.Unlock()
	h.renew(name)
}

// withhold closes an end.
func (h *hub) withhold(service, name string, code wire.WithheldCode) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.seats {
		if s.Channel == name && s.service == service {
			h.say(s, &wire.Withheld{End: s.end, Code: code, Message: "closed: " + code.String()})
		}
	}
}

// invite tells a service again where its end stands.
func (h *hub) inviteAgain(service, name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.seats {
		if s.Channel == name && s.service == service {
			h.invite(s)
		}
	}
}

// seated returns how many processes have said that they are ready.
func (h *hub) seated() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ready
}

// opens waits until all ends of a channel have mapped its ring.
func (h *hub) opens(name string) {
	h.t.Helper()
	(&rig{t: h.t}).eventually("all ends of "+name, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		l, mapped := h.lines[name], 0
		for _, s := range h.seats {
			if s.Channel == name && s.mapped == l.generation.Number() {
				mapped++
			}
		}
		if l.isRaw {
			mapped++
		}
		return mapped == len(l.consumers)+1
	})
}

// process starts the program channel with services like "front=producer:feed".
func (h *hub) process(backend string, services ...string) *process {
	h.t.Helper()
	before := h.seated()
	p := startProgram(h.t, program(h.t, "channel"), append([]string{h.path, backend}, services...)...)
	p.wants("ready")
	(&rig{t: h.t}).eventually("the process to be seated", func() bool { return h.seated() > before })
	return p
}

// received returns what the consumers of a channel say of all its rings together.
func (l *line) received(place int) (r channel.Received) {
	for _, g := range l.all {
		one := g.Received(place)
		r.Messages += one.Messages
		r.Octets += one.Octets
		r.Lost += one.Lost
		r.Corrupted += one.Corrupted
	}
	return r
}

func (l *line) sent() (s channel.Sent) {
	for _, g := range l.all {
		one := g.Sent()
		s.Messages += one.Messages
		s.Octets += one.Octets
		s.Refused += one.Refused
	}
	return s
}

func shapeName(s channel.Shape) string {
	return strings.NewReplacer(" ", "").Replace(fmt.Sprintf("integrity-%d/overflow-%d", s.Integrity, s.Overflow))
}
