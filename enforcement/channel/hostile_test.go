package channel

import (
	"errors"
	"reflect"
	"testing"

	"github.com/optical-net/waveguard/enforcement/mpk"
)

// TestLyingProducers changes the ring, not by the rules, after "a" and "b" were sent.
func TestLyingProducers(t *testing.T) {
	for name, test := range map[string]struct {
		forge func(p *Producer)
		why   string // of the corruption; "" if messages count as lost
	}{
		"a length beyond the slot": {func(p *Producer) {
			mpk.Uint32At(p.slot(p.parts.ring, 0), slotLength).Store(101)
		}, "it says that it has 101 octets, a slot has 100"},
		"the longest length": {func(p *Producer) {
			mpk.Uint32At(p.slot(p.parts.ring, 0), slotLength).Store(1<<32 - 1)
		}, "it says that it has 4294967295 octets, a slot has 100"},
		"another payload":   {func(p *Producer) { p.slot(p.parts.ring, 0)[slotHeader]++ }, "its check does not hold"},
		"another length":    {func(p *Producer) { p.slot(p.parts.ring, 0)[slotLength]++ }, "its check does not hold"},
		"another tag":       {func(p *Producer) { p.slot(p.parts.ring, 0)[slotTag+31]++ }, "its check does not hold"},
		"a turn of another": {func(p *Producer) { p.slot(p.parts.ring, 0)[slotTurn]++ }, ""},
		"a message replayed": {func(p *Producer) {
			to, from := p.slot(p.parts.ring, 0), p.slot(p.parts.ring, 1)
			copy(to[slotTurn+8:], from[slotTurn+8:])
		}, "its check does not hold"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGeneration(t, Shape{Consumers: 1, Slots: 8, SlotSize: 100, Integrity: HMACSHA256})
			p, c := ends(t, g)
			send(t, p, "a", "b")
			test.forge(p)
			m, err := c[0].Receive()
			if test.why == "" {
				if err != nil || string(m.Payload) != "b" || m.Lost != 1 {
					t.Fatalf("received %q, %d lost, %v; want b and one lost", m.Payload, m.Lost, err)
				}
				return
			}
			var corrupted *Corrupted
			if !errors.As(err, &corrupted) || corrupted.Why != test.why || m.Payload != nil {
				t.Fatalf("received %q, %v; want %q", m.Payload, err, test.why)
			}
			if got := g.Received(0); got.Corrupted != 1 || got.Messages != 0 {
				t.Errorf("the daemon reads %+v", got)
			}
			receive(t, c[0], "b", 0) // and it goes on
		})
	}
}

func TestHeadThatGoesBack(t *testing.T) {
	g := newGeneration(t, Shape{Consumers: 1, Slots: 8, SlotSize: 100})
	p, c := ends(t, g)
	send(t, p, "a", "b", "c")
	receive(t, c[0], "a", 0)
	receive(t, c[0], "b", 0)
	receive(t, c[0], "c", 0)
	p.head.Store(1)
	nothing(t, c[0], ErrEmpty) // and "b" not once more
	p.head.Store(3)
	send(t, p, "d")
	receive(t, c[0], "d", 0)
}

// TestWithoutACheckAForgeryArrives: it is the check that finds it.
func TestWithoutACheckAForgeryArrives(t *testing.T) {
	g := newGeneration(t, Shape{Consumers: 1, Slots: 8, SlotSize: 100})
	p, c := ends(t, g)
	send(t, p, "a")
	p.slot(p.parts.ring, 0)[slotHeader]++
	receive(t, c[0], "b", 0)
}

// TestWhoLacksTheKeyCannotForge computes the CRC of what it changes, and would its HMAC if it
// had the key.
func TestWhoLacksTheKeyCannotForge(t *testing.T) {
	for integrity, caught := range map[Integrity]bool{CRC32C: false, HMACSHA256: true} {
		g := newGeneration(t, Shape{Consumers: 1, Slots: 8, SlotSize: 100, Integrity: integrity})
		p, c := ends(t, g)
		send(t, p, "genuine")
		if integrity == HMACSHA256 {
			p.desk.setKey(make([]byte, keySize))
		}
		slot := p.slot(p.parts.ring, 0)
		payload := slot[slotHeader : slotHeader+7]
		copy(payload, "forgery")
		p.desk.sign(integrity, slot, Message{Payload: payload})
		m, err := c[0].Receive()
		var corrupted *Corrupted
		if got := errors.As(err, &corrupted); got != caught {
			t.Errorf("integrity %d: %q, %v", integrity, m.Payload, err)
		}
	}
}

// TestPrivateCopyStays: what was checked cannot be changed afterwards, other than what is
// used where it is.
func TestPrivateCopyStays(t *testing.T) {
	for name, shape := range shapes(4, 100) {
		p, c := ends(t, newGeneration(t, shape))
		send(t, p, "a")
		m, err := c[0].Receive()
		if err != nil {
			t.Fatal(err)
		}
		p.slot(p.parts.ring, 0)[slotHeader] = 'z'
		if inPlace := shape.Integrity == NoIntegrity && shape.Overflow == Block; (m.Payload[0] == 'z') != inPlace {
			t.Errorf("%s: %q after the producer changed its ring", name, m.Payload)
		}
	}
}

// TestLyingConsumers: one beyond the producer has no say, one that goes back takes the
// producer's pace and nothing else.
func TestLyingConsumers(t *testing.T) {
	g := newGeneration(t, Shape{Consumers: 2, Slots: 4, SlotSize: 8})
	p, c := ends(t, g)
	c[1].cursor.Store(1 << 63)
	for range 10 {
		send(t, p, "a")
		receive(t, c[0], "a", 0)
		c[0].Release()
	}
	c[1].cursor.Store(3)
	p.limit = 0
	wantError(t, p.Send(nil), ErrFull)
	g.Activate(1, false)
	send(t, p, "b")
}

// FuzzReceive has a producer write anything anywhere in the ring, between receptions.
func FuzzReceive(f *testing.F) {
	f.Add(uint8(0), []byte{0, 0, 1, 64, 0, 1, 72, 0, 5})
	f.Add(uint8(2), []byte{0, 0, 255, 1, 0, 255, 2, 0, 255, 64, 16, 1, 72, 16, 255, 75, 16, 255})
	f.Add(uint8(5), []byte{7, 0, 255, 0, 0, 9, 64, 0x10, 2, 0, 0, 1, 68, 0, 1})
	f.Add(uint8(3), []byte{0, 0, 3, 64, 16, 1, 64, 16, 2, 72, 16, 100, 72, 16, 101})
	f.Fuzz(func(t *testing.T, kind uint8, script []byte) {
		shape := Shape{Consumers: 1, Slots: 4, SlotSize: 100, Integrity: Integrity(kind % 3), Overflow: Overflow(kind / 3 % 2)}
		g := newGeneration(t, shape)
		p, consumers := ends(t, g)
		c := consumers[0]
		for ; len(script) >= 3; script = script[3:] {
			at := int(script[0]) | int(script[1])<<8
			p.parts.ring[at%len(p.parts.ring)] = script[2]
			if script[2]%4 == 0 {
				_ = p.Send(script[:min(len(script), 100)])
			}
			m, err := c.Receive()
			var corrupted *Corrupted
			if err != nil && !errors.Is(err, ErrEmpty) && !errors.Is(err, ErrEnded) && !errors.As(err, &corrupted) {
				t.Fatal(err)
			}
			if len(m.Payload) > shape.SlotSize || cap(m.Payload) != len(m.Payload) || !lies(m.Payload, c) {
				t.Fatalf("handed out %d octets, with room for %d", len(m.Payload), cap(m.Payload))
			}
			for _, b := range m.Payload {
				_ = b // all of it is there
			}
			c.Pending()
		}
	})
}

// lies reports whether a payload lies in a slot or on the desk.
func lies(payload []byte, c *Consumer) bool {
	if len(payload) == 0 {
		return true
	}
	at := reflect.ValueOf(payload).Pointer()
	for _, memory := range [][]byte{c.parts.ring[ringHeader:], c.desk} {
		if len(memory) > 0 {
			begin := reflect.ValueOf(memory).Pointer()
			if at >= begin && at+uintptr(len(payload)) <= begin+uintptr(len(memory)) {
				return true
			}
		}
	}
	return false
}

// FuzzSend has consumers say anything of where they are, between messages.
func FuzzSend(f *testing.F) {
	f.Add([]byte{0, 0, 1, 1, 7, 255, 8, 0, 4, 0, 0, 2})
	f.Add([]byte{0, 0, 255, 0, 1, 255, 0, 7, 255, 1, 64, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		g := newGeneration(t, Shape{Consumers: 2, Slots: 4, SlotSize: 100, Integrity: CRC32C})
		p, consumers := ends(t, g)
		for ; len(script) >= 3; script = script[3:] {
			c := consumers[script[0]%2]
			c.parts.cursors[0][int(script[1])%192] = script[2]
			before := p.next
			switch err := p.Send(script[:min(len(script), 100)]); {
			case err == nil && p.next != before+1, err != nil && (!errors.Is(err, ErrFull) || p.next != before):
				t.Fatalf("message %d: %v, the next is %d", before, err, p.next)
			}
			g.Activate(int(script[2]%2), script[2]%3 == 0)
		}
	})
}
