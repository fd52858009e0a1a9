package waveguard_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

// The ends of the channel "levels" in the tests, in the order of Hello: the key store sends.
const (
	fromKeyStore = iota
	toMonitoring
	toDashboard
	consumers = 2
)

var blocks = channel.Shape{Consumers: consumers, Slots: 4, SlotSize: 64}

// startLevels is startNodeOn with the channel, of which nothing is open yet, and whose ends
// poll for so long.
func startLevels(t testing.TB, backend mpk.Backend, poll time.Duration) *node {
	t.Helper()
	d := startDaemon(t, nodeDomains)
	d.publish(permitAll(nodeHosts))
	n := &node{daemon: d}
	config := waveguard.Config{Socket: d.path, Backend: backend, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
	for _, name := range []string{"key-store", "monitoring", "dashboard"} {
		role := waveguard.Consumer
		if name == "key-store" {
			role = waveguard.Producer
		}
		config.Services = append(config.Services, waveguard.ServiceSpec{
			Name: name, Channels: []waveguard.ChannelSpec{{Name: "levels", Role: role, Poll: poll}},
		})
	}
	host, err := waveguard.Attach(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	n.Host, n.first = host, d.session(0)
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return n
}

// newRing makes a generation and opens all its ends.
func newRing(t testing.TB, s *session, shape channel.Shape, number uint64) *channel.Generation {
	t.Helper()
	g, err := channel.NewGeneration(shape, number)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	s.open(t, g, fromKeyStore)
	s.open(t, g, toMonitoring)
	s.open(t, g, toDashboard)
	return g
}

// open offers an end and waits until it is mapped.
func (s *session) open(t testing.TB, g *channel.Generation, end int) {
	t.Helper()
	m := &wire.Channel{End: uint16(end), Role: wire.Producer, Consumers: uint8(g.Shape().Consumers), Generation: g.Number()}
	files := g.ProducerFiles()
	if end != fromKeyStore {
		m.Role, m.Place = wire.Consumer, uint8(end-toMonitoring)
		files = g.ConsumerFiles(int(m.Place))
	}
	s.offer(t, m, files)
	if end == fromKeyStore {
		if err := g.Seal(); err != nil {
			t.Fatal(err)
		}
		return
	}
	g.Activate(int(m.Place), true)
}

// offer hands an end over and waits until it is mapped.
func (s *session) offer(t testing.TB, m *wire.Channel, files wire.Files) {
	t.Helper()
	if err := s.conn.SendFiles(m, files); err != nil {
		t.Fatal(err)
	}
	if got, ok := s.message(t).(*wire.Mapped); !ok || got.End != m.End || got.Generation != m.Generation {
		t.Fatalf("the answer to %+v is %+v", m, got)
	}
}

func (s *session) withhold(t testing.TB, end int, code wire.WithheldCode) {
	t.Helper()
	if err := s.conn.Send(&wire.Withheld{End: uint16(end), Code: code, Message: "because the test wants it"}); err != nil {
		t.Fatal(err)
	}
}

func (n *node) sender(t testing.TB) *waveguard.Sender {
	t.Helper()
	s, err := n.Service("key-store").Sender("levels")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (n *node) receiver(t testing.TB, service string) *waveguard.Receiver {
	t.Helper()
	r, err := n.Service(service).Receiver("levels")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// send sends numbers in order.
func (n *node) send(t testing.TB, numbers ...int) {
	t.Helper()
	s := n.sender(t)
	n.run(t, "key-store", func(th *waveguard.Thread) error {
		for _, i := range numbers {
			if err := s.Send(th, fmt.Append(nil, i)); err != nil {
				return err
			}
		}
		return nil
	})
}

// receive wants numbers in order.
func (n *node) receive(t testing.TB, service string, numbers ...int) {
	t.Helper()
	r := n.receiver(t, service)
	n.run(t, service, func(th *waveguard.Thread) error {
		for _, i := range numbers {
			m, err := r.Receive(th)
			if err != nil {
				return err
			}
			if string(m.Payload) != fmt.Sprint(i) || m.Lost != 0 {
				return fmt.Errorf("received %q, %d lost, want %d", m.Payload, m.Lost, i)
			}
		}
		return r.Release(th)
	})
}

// forEachBackend runs a test with every wall of this machine.
func forEachBackend(t *testing.T, test func(t *testing.T, b mpk.Backend)) {
	for _, kind := range []mpk.Kind{mpk.KindNone, mpk.KindMprotect, mpk.KindPKU} {
		t.Run(kind.String(), func(t *testing.T) {
			if kind == mpk.KindPKU {
				needPKU(t)
			}
			b, err := mpk.Open(kind)
			if err != nil {
				t.Fatal(err)
			}
			test(t, b)
		})
	}
}

func TestChannel(t *testing.T) {
	forEachBackend(t, func(t *testing.T, b mpk.Backend) {
		for _, shape := range []channel.Shape{
			blocks,
			{Consumers: consumers, Slots: 4, SlotSize: 64, Integrity: channel.CRC32C},
			{Consumers: consumers, Slots: 4, SlotSize: 64, Integrity: channel.HMACSHA256, Overflow: channel.DropOldest},
		} {
			n := startLevels(t, b, 0)
			g := newRing(t, n.first, shape, 1)
			n.send(t, 0, 1, 2)
			n.receive(t, "monitoring", 0, 1, 2)
			n.receive(t, "dashboard", 0, 1)
			n.send(t, 3, 4)
			n.receive(t, "dashboard", 2, 3, 4)
			n.receive(t, "monitoring", 3, 4)
			if got := g.Received(1); got.Messages != 5 || got.Next != 5 {
				t.Errorf("the daemon reads %+v", got)
			}
		}
	})
}

func TestLoanedMessage(t *testing.T) {
	n := startLevels(t, nil, 0)
	newRing(t, n.first, blocks, 1)
	s := n.sender(t)
	n.run(t, "key-store", func(th *waveguard.Thread) error {
		if err := s.Publish(th); !errors.Is(err, waveguard.ErrNoLoan) {
			t.Errorf("publish without a loan: %v", err)
		}
		if _, err := s.Loan(th, 65); !errors.Is(err, waveguard.ErrTooLarge) {
			t.Errorf("a loan of 65 octets: %v", err)
		}
		if _, err := s.Loan(th, 64); err != nil {
			return err
		}
		if err := s.Discard(th); err != nil {
			return err
		}
		m, err := s.Loan(th, 1)
		if err != nil {
			return err
		}
		m[0] = '7'
		return s.Publish(th)
	})
	n.receive(t, "monitoring", 7)
}

// TestLoansThatAreNotPublished: a fault, a panic or the end of Run gives them back.
func TestLoansThatAreNotPublished(t *testing.T) {
	n := startLevels(t, nil, 0)
	newRing(t, n.first, blocks, 1)
	s, foreign := n.sender(t), newRegion(t, n, "dashboard", 8)
	for name, end := range map[string]func(*waveguard.Thread) error{
		"Run ends": func(th *waveguard.Thread) error {
			_, err := s.Loan(th, 1)
			if other := s.Send(th, nil); !errors.Is(other, waveguard.ErrLoaned) {
				t.Errorf("send with a loan: %v", other)
			}
			return err
		},
		"a panic": func(th *waveguard.Thread) error {
			_, _ = s.Loan(th, 1)
			panic(1)
		},
		"a fault": func(th *waveguard.Thread) error { return s.Send(th, foreign.Bytes()) },
		"a fault with a loan": func(th *waveguard.Thread) error {
			m, err := s.Loan(th, 8)
			copy(m, foreign.Bytes())
			return err
		},
	} {
		func() {
			defer func() { _ = recover() }()
			err := n.Service("key-store").Run(t.Context(), end)
			var fault *waveguard.Fault
			if errors.As(err, &fault) != strings.Contains(name, "fault") {
				t.Errorf("%s: %v", name, err)
			}
		}()
		n.send(t, 1)
		n.receive(t, "monitoring", 1)
		n.receive(t, "dashboard", 1)
	}
}

// TestChannelIsClosedToOthers: another domain of the process touches the ring and the consumer's
// private copy, and threads of others use the ends.
func TestChannelIsClosedToOthers(t *testing.T) {
	forEachBackend(t, func(t *testing.T, b mpk.Backend) {
		n := startLevels(t, b, 0)
		newRing(t, n.first, channel.Shape{Consumers: consumers, Slots: 4, SlotSize: 64, Integrity: channel.HMACSHA256}, 1)
		s, r := n.sender(t), n.receiver(t, "monitoring")
		var slot, copied []byte
		n.run(t, "key-store", func(th *waveguard.Thread) (err error) {
			if slot, err = s.Loan(th, 8); err != nil {
				return err
			}
			return s.Publish(th)
		})
		n.run(t, "monitoring", func(th *waveguard.Thread) error {
			m, err := r.Receive(th)
			copied = m.Payload
			return err
		})
		for name, memory := range map[string][]byte{"ring": slot, "private copy": copied} {
			err := n.Service("dashboard").Run(t.Context(), func(*waveguard.Thread) error {
				sink = memory[0]
				return nil
			})
			var fault *waveguard.Fault
			if walls := b.Kind() != mpk.KindNone; errors.As(err, &fault) != walls || !walls && err != nil {
				t.Errorf("%s, touched from another domain: %v; there are walls: %v", name, err, walls)
			}
		}
		n.run(t, "dashboard", func(th *waveguard.Thread) error {
			if err := s.Send(th, nil); !errors.Is(err, mpk.ErrRights) {
				t.Errorf("send from another domain: %v", err)
			}
			if _, err := r.Receive(th); !errors.Is(err, mpk.ErrRights) {
				t.Errorf("receive in another domain: %v", err)
			}
			return nil
		})
		n.run(t, "key-store", func(th *waveguard.Thread) error {
			done := make(chan error)
			for name, use := range map[string]func() error{
				"send":    func() error { return s.Send(th, nil) },
				"loan":    func() error { _, err := s.Loan(th, 1); return err },
				"publish": func() error { return s.Publish(th) },
			} {
				go func() { done <- use() }()
				if err := <-done; !errors.Is(err, mpk.ErrRights) {
					t.Errorf("%s on another goroutine: %v", name, err)
				}
			}
			return nil
		})
	})
}

// TestConsumerCannotWriteTheRing although it reads it where it is.
func TestConsumerCannotWriteTheRing(t *testing.T) {
	forEachBackend(t, func(t *testing.T, b mpk.Backend) {
		n := startLevels(t, b, 0)
		newRing(t, n.first, blocks, 1)
		n.send(t, 1)
		r := n.receiver(t, "monitoring")
		err := n.Service("monitoring").Run(t.Context(), func(th *waveguard.Thread) error {
			m, err := r.Receive(th)
			if err == nil {
				m.Payload[0]++
			}
			return err
		})
		var fault *waveguard.Fault
		if !errors.As(err, &fault) {
			t.Errorf("%v, want a *Fault", err)
		}
		n.receive(t, "dashboard", 1)
	})
}

func TestSendWaitsForRoom(t *testing.T) {
	forEachBackend(t, func(t *testing.T, b mpk.Backend) {
		n := startLevels(t, b, 0)
		g := newRing(t, n.first, blocks, 1)
		n.send(t, 0, 1, 2, 3)
		s := n.sender(t)
		n.run(t, "key-store", func(th *waveguard.Thread) error {
			if err := s.TrySend(th, nil); !errors.Is(err, waveguard.ErrFull) {
				t.Errorf("a fifth message: %v", err)
			}
			return nil
		})
		var group sync.WaitGroup
		group.Go(func() { n.send(t, 4, 5) })
		eventually(t, "the sender to wait", func() bool { return g.Sent().Refused == 2 })
		for _, service := range []string{"monitoring", "dashboard"} {
			group.Go(func() { n.receive(t, service, 0, 1, 2, 3, 4, 5) })
		}
		group.Wait()
	})
}

// TestPolling: nobody waits for a bell, and whoever looks sees messages, room, newer rings and the
// end of its context.
func TestPolling(t *testing.T) {
	n := startLevels(t, nil, waveguard.PollForever)
	g := newRing(t, n.first, blocks, 1)
	g.Activate(1, false)
	var group sync.WaitGroup
	group.Go(func() { n.receive(t, "monitoring", 0, 1, 2, 3, 4, 5, 6, 7) })
	n.send(t, 0, 1, 2, 3, 4, 5)
	newer := newRing(t, n.first, blocks, 2)
	g.End()
	n.send(t, 6, 7)
	group.Wait()
	if got := newer.Sent().Messages; got != 2 {
		t.Errorf("%d messages are in the newer ring, want 2", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	polling := make(chan struct{})
	group.Go(func() {
		err := n.Service("monitoring").Run(ctx, func(th *waveguard.Thread) error {
			close(polling)
			_, err := n.receiver(t, "monitoring").Receive(th)
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("polling, with its context ended: %v", err)
		}
	})
	<-polling
	cancel()
	group.Wait()
}

// TestManyThreadsAtOneEnd: they take turns, and of the messages none is lost or received twice.
func TestManyThreadsAtOneEnd(t *testing.T) {
	const threads, each = 4, 200
	forEachBackend(t, func(t *testing.T, b mpk.Backend) {
		n := startLevels(t, b, 0)
		g := newRing(t, n.first, blocks, 1)
		g.Activate(1, false)
		r := n.receiver(t, "monitoring")
		var group sync.WaitGroup
		var times [threads * each]atomic.Int32 // that a message was received
		for i := range threads {
			group.Go(func() {
				for j := range each {
					n.send(t, i*each+j)
				}
			})
			group.Go(func() {
				n.run(t, "monitoring", func(th *waveguard.Thread) error {
					for range each {
						m, err := r.Receive(th)
						if err != nil {
							return err
						}
						times[m.Sequence].Add(1)
					}
					return nil
				})
			})
		}
		group.Wait()
		for i := range times {
			if got := times[i].Load(); got != 1 {
				t.Errorf("message %d was received %d times", i, got)
			}
		}
		if got := g.Received(0); got.Messages != threads*each || got.Lost != 0 {
			t.Errorf("the daemon reads %+v", got)
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	n := startLevels(t, nil, 0)
	newRing(t, n.first, blocks, 1)
	n.send(t, 0, 1, 2, 3)
	why := errors.New("enough")
	for name, wait := range map[string]func(*waveguard.Thread) error{
		"key-store": func(th *waveguard.Thread) error { return n.sender(t).Send(th, nil) },
		"monitoring": func(th *waveguard.Thread) error {
			for {
				if _, err := n.receiver(t, "monitoring").Receive(th); err != nil {
					return err
				}
			}
		},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		var group sync.WaitGroup
		for range 2 { // the second waits for its turn
			group.Go(func() {
				if err := n.Service(name).Run(ctx, wait); !errors.Is(err, why) && !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		cancel(why)
		group.Wait()
	}
}

// TestCorruptedMessage: it is told, counted and skipped, and the daemon is asked to look.
func TestCorruptedMessage(t *testing.T) {
	n := startLevels(t, nil, 0)
	g := newRing(t, n.first, channel.Shape{Consumers: consumers, Slots: 4, SlotSize: 64, Integrity: channel.CRC32C}, 1)
	s, r := n.sender(t), n.receiver(t, "monitoring")
	n.run(t, "key-store", func(th *waveguard.Thread) error {
		m, err := s.Loan(th, 3)
		if err != nil {
			return err
		}
		copy(m, "abc")
		err = s.Publish(th)
		m[0] = 'z'
		return err
	})
	n.send(t, 1)
	n.run(t, "monitoring", func(th *waveguard.Thread) error {
		_, err := r.Receive(th)
		var corrupted *waveguard.Corrupted
		if !errors.As(err, &corrupted) || corrupted.Sequence != 0 {
			t.Errorf("%v, want a *Corrupted", err)
		}
		return nil
	})
	n.first.rung(t)
	n.receive(t, "monitoring", 1)
	if got := g.Received(0); got.Corrupted != 1 || got.Messages != 1 {
		t.Errorf("the daemon reads %+v", got)
	}
}

func TestChannelsDoNotAllocate(t *testing.T) {
	for name, shape := range map[string]channel.Shape{
		"NONE": blocks, "HMAC": {Consumers: consumers, Slots: 4, SlotSize: 64, Integrity: channel.HMACSHA256, Overflow: channel.DropOldest},
	} {
		n := startLevels(t, nil, 0)
		g := newRing(t, n.first, shape, 1)
		g.Activate(0, false)
		g.Activate(1, false)
		s, r := n.sender(t), n.receiver(t, "monitoring")
		payload := make([]byte, 64)
		n.run(t, "key-store", func(th *waveguard.Thread) error {
			if a := testing.AllocsPerRun(100, func() {
				if err := s.Send(th, payload); err != nil {
					t.Error(err)
				}
			}); a != 0 {
				t.Errorf("%s: sending allocates %v times", name, a)
			}
			return nil
		})
		n.run(t, "monitoring", func(th *waveguard.Thread) error {
			if a := testing.AllocsPerRun(2, func() {
				if _, err := r.Receive(th); err != nil {
					t.Error(err)
				}
			}); a != 0 {
				t.Errorf("%s: receiving allocates %v times", name, a)
			}
			return nil
		})
	}
}
