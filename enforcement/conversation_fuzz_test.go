package enforcement_test

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// The steps of a script for a hostile process: an octet says what, those after it
// with which values.
const (
	sayHello = iota
	sayReady
	sayViolation
	sayPing
	sayRaw
	sayWithDescriptors
	sayOutOfSequence
	readOne
	sayMapped
	sayOffer
	steps
)

// script is what a process says on one connection.
type script struct {
	rest     []byte
	sequence uint32
	latest   uint64 // generation that was offered
}

func (s *script) octet() byte {
	if len(s.rest) == 0 {
		return 0
	}
	b := s.rest[0]
	s.rest = s.rest[1:]
	return b
}

// services names some that are configured and some that are not.
func (s *script) services() (all []wire.Service) {
	names := []string{"front", "vault", "stranger", "third"}
	for i := range 1 + int(s.octet()%4) {
		one := wire.Service{Name: names[(i+int(s.octet()))%len(names)], Operations: []string{"read", "write"}[:s.octet()%3]}
		ends := []string{"samples", "other", "Nobody's"}[:s.octet()%4]
		for _, name := range ends {
			one.Channels = append(one.Channels, wire.End{Role: wire.Role(1 + s.octet()%2), Channel: name})
		}
		all = append(all, one)
	}
	return all
}

// packet returns the next thing to say; nil if it is not one.
func (s *script) packet(step byte) []byte {
	var m wire.Message
	switch step {
	case sayHello:
		m = &wire.Hello{
			ABI: hello().ABI + uint32(s.octet()/250), Backend: mpk.Kind(s.octet() % 3), Strength: mpk.Strength(s.octet() % 4), Keys: s.octet() % 16,
			Continues: uint64(s.octet()), Services: s.services(),
		}
	case sayReady:
		m = &wire.Ready{}
	case sayViolation:
		m = &wire.Violation{
			Kind: wire.Kind(1 + s.octet()%10), Severity: wire.Severity(1 + s.octet()%4), Service: uint16(s.octet() % 4),
			Source: uint16(s.octet() % 4), Target: uint16(s.octet() % 4), Operation: uint16(s.octet() % 32), Occurrences: 1 + uint32(s.octet())<<24,
		}
	case sayMapped:
		m = &wire.Mapped{End: uint16(s.octet()), Generation: max(1, s.latest+uint64(s.octet()%4))}
	case sayOffer:
		m = &wire.Channel{End: uint16(s.octet()), Role: wire.Consumer, Consumers: 1, Generation: 1}
	case sayRaw:
		n := min(int(s.octet()), len(s.rest))
		raw := s.rest[:n]
		s.rest = s.rest[n:]
		return raw
	default:
		m = &wire.Ping{Token: uint64(s.octet())}
	}
	s.sequence++
	if step == sayOutOfSequence {
		s.sequence += uint32(s.octet())
	}
	b, _ := wire.Encode(m, s.sequence)
	return b
}

// hear reads a message, whose descriptors the kernel drops.
func (s *script) hear(conn *net.UnixConn) {
	_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	b := make([]byte, 4096)
	n, _ := conn.Read(b)
	if m, _, err := wire.Decode(b[:max(n, 0)]); err == nil {
		if offer, ok := m.(*wire.Channel); ok {
			s.latest = offer.Generation
		}
	}
}

// play says all of it.
func (s *script) play(conn *net.UnixConn) {
	for len(s.rest) > 0 {
		step := s.octet() % steps
		if step == readOne {
			s.hear(conn)
			continue
		}
		b := s.packet(step)
		if len(b) == 0 {
			continue
		}
		var rights []byte
		if step == sayWithDescriptors {
			rights = unix.UnixRights(int(os.Stdin.Fd()))
		}
		if _, _, err := conn.WriteMsgUnix(b, rights, nil); err != nil {
			return
		}
	}
}

// FuzzConversation has a process say anything in any order. Whatever it is, it
// claims and counts nothing that is another's, and when it is gone others have
// what it had.
func FuzzConversation(f *testing.F) {
	for _, seed := range [][]byte{
		{sayHello, 0, 1, 1, 0, 0, 0, 0, 0, 0, sayReady, sayPing, 1, readOne},
		{sayHello, 0, 1, 1, 0, 0, 0, 0, 0, 3, 0, 1, 0, sayReady, readOne, readOne, readOne, readOne, sayMapped, 0, 0, readOne, sayMapped, 0, 0},
		{sayHello, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, sayReady, readOne, readOne, sayMapped, 0, 1},
		{sayHello, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, sayMapped, 200, 1, sayReady, sayMapped, 200, 1},
		{sayHello, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, sayReady, sayOffer, 0},
		{sayHello, 0, 1, 1, 0, 0, 1, 0, 2, 0, 1, 2, 0, sayReady, sayViolation, 0, 1, 0, 0, 1, 3, 9, readOne, readOne},
		{sayHello, 255, 2, 3, 15, 7, 3, 0, 0, 0, 0, readOne},
		{sayReady},
		{sayRaw, 3, 1, 2, 3},
		{sayOutOfSequence, 1, 1},
		{sayHello, 0, 1, 1, 0, 0, 0, 0, 0, 0, sayHello, 0, 1, 1, 0, 0, 0, 0, 0, 0},
		{sayHello, 0, 1, 1, 0, 0, 0, 0, 0, 0, sayWithDescriptors, 1},
	} {
		f.Add(seed)
	}
	r := start(f, (*enforcement.Engine).Hurry)
	r.commit(viewtest.Channel("samples", "front", "vault")...)
	r.commit(viewtest.Channel("other", "vault", "front")...)
	honest := r.joinReady(producing("vault", "other"))
	ring := honest.open()
	f.Fuzz(func(t *testing.T, b []byte) {
		r.engine.Refill()
		conn, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: r.path, Net: "unixpacket"})
		if err != nil {
			t.Fatal(err)
		}
		(&script{rest: b}).play(conn)
		_ = conn.Close()
		for len(r.engine.Violations()) > 0 {
			if v := <-r.engine.Violations(); v.Service == "vault" && v.Kind != wire.AttachRefused {
				t.Errorf("a report of the honest process was made up: %+v", v)
			}
		}
		for deadline := time.Now().Add(patience); r.engine.Claimed("front"); time.Sleep(100 * time.Microsecond) {
			if time.Now().After(deadline) {
				t.Fatal("front is held for ever")
			}
		}
		if err := errors.Join(honest.SetDeadline(time.Now().Add(patience)), honest.Send(&wire.Ping{Token: 9})); err != nil {
			t.Fatal(err)
		}
		if _, _, err := honest.Receive(); err != nil {
			t.Fatalf("the honest process lost its connection: %v", err)
		}
		if ring.state() != 1 {
			t.Fatal("the honest process lost its ring")
		}
	})
}
