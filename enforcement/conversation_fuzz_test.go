package enforcement_test

import (
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
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
	steps
)

// script is what a process says on one connection.
type script struct {
	rest     []byte
	sequence uint32
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
		all = append(all, wire.Service{Name: names[(i+int(s.octet()))%len(names)], Operations: []string{"read", "write"}[:s.octet()%3]})
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
			Kind: wire.Kind(1 + s.octet()%7), Severity: wire.Severity(1 + s.octet()%4), Service: uint16(s.octet() % 4),
			Source: uint16(s.octet() % 4), Target: uint16(s.octet() % 4), Operation: uint16(s.octet() % 32), Occurrences: 1 + uint32(s.octet())<<24,
		}
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

// play says all of it.
func (s *script) play(conn *net.UnixConn) {
	for len(s.rest) > 0 {
		step := s.octet() % steps
		if step == readOne {
			_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
			_, _ = conn.Read(make([]byte, 4096)) // descriptors are dropped by the kernel
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
		{sayHello, 0, 1, 1, 0, 0, 0, 0, 0, sayReady, sayPing, 1, readOne},
		{sayHello, 0, 1, 1, 0, 0, 1, 0, 2, 1, 2, sayReady, sayViolation, 0, 1, 0, 0, 1, 3, 9, readOne, readOne},
		{sayHello, 255, 2, 3, 15, 7, 3, 0, 0, 0, 0, readOne},
		{sayReady},
		{sayRaw, 3, 1, 2, 3},
		{sayOutOfSequence, 1, 1},
		{sayHello, 0, 1, 1, 0, 0, 0, 0, 0, sayHello, 0, 1, 1, 0, 0, 0, 0, 0},
		{sayHello, 0, 1, 1, 0, 0, 0, 0, 0, sayWithDescriptors, 1},
	} {
		f.Add(seed)
	}
	r := start(f, (*enforcement.Engine).Hurry)
	honest := r.joinReady(hello("vault"))
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
		if err := honest.Send(&wire.Ping{Token: 9}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := honest.Receive(); err != nil {
			t.Fatalf("the honest process lost its connection: %v", err)
		}
	})
}
