package channel

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/shm"
)

// shapes are a channel of each kind.
func shapes(slots, slotSize int) map[string]Shape {
	all := map[string]Shape{}
	for i, integrity := range []string{"NONE", "CRC32C", "HMAC_SHA256"} {
		for o, overflow := range []string{"BLOCK", "DROP_OLDEST"} {
			all[integrity+"/"+overflow] = Shape{Consumers: 3, Slots: slots, SlotSize: slotSize, Integrity: Integrity(i), Overflow: Overflow(o)}
		}
	}
	return all
}

// sent are copies of files, as another process gets them.
func sent(t testing.TB, files []*os.File) (copies []*os.File) {
	t.Helper()
	for _, f := range files {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		copies = append(copies, os.NewFile(uintptr(fd), f.Name()))
	}
	return copies
}

func mapFor(t testing.TB) Mapper {
	return func(file *os.File, size int, how shm.Access) ([]byte, error) {
		m, err := shm.Map(file, size, how)
		if err == nil {
			t.Cleanup(func() { _ = shm.Unmap(m) })
		}
		return m, err
	}
}

func private(size int) ([]byte, error) { return make([]byte, size), nil }

// ends opens a producer, and a consumer at each place, which is then active.
func ends(t testing.TB, g *Generation) (*Producer, []*Consumer) {
	t.Helper()
	p := producerOf(t, g)
	if err := g.Seal(); err != nil {
		t.Fatal(err)
	}
	var all []*Consumer
	for i := range g.Shape().Consumers {
		all = append(all, consumerAt(t, g, i, AtHead))
		g.Activate(i, true)
	}
	return p, all
}

func producerOf(t testing.TB, g *Generation) *Producer {
	t.Helper()
	parts, err := MapProducer(sent(t, g.ProducerFiles()), mapFor(t))
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewProducer(parts, private)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func consumerAt(t testing.TB, g *Generation, place int, from Start) *Consumer {
	t.Helper()
	parts, err := MapConsumer(sent(t, g.ConsumerFiles(place)), mapFor(t))
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewConsumer(parts, from, private)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func send(t testing.TB, p *Producer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err := p.Send([]byte(text)); err != nil {
			t.Fatalf("send %q: %v", text, err)
		}
	}
}

// receive wants a message, and how many were lost before it.
func receive(t testing.TB, c *Consumer, text string, lost uint64) {
	t.Helper()
	m, err := c.Receive()
	if err != nil || string(m.Payload) != text || m.Lost != lost || cap(m.Payload) != len(text) {
		t.Fatalf("received %q (%d lost, room for %d), %v; want %q and %d lost", m.Payload, m.Lost, cap(m.Payload), err, text, lost)
	}
}

func wantError(t testing.TB, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
}

func nothing(t testing.TB, c *Consumer, want error) {
	t.Helper()
	m, err := c.Receive()
	if !errors.Is(err, want) {
		t.Fatalf("received %q, %v; want %v", m.Payload, err, want)
	}
}

func TestMessagesArriveInOrder(t *testing.T) {
	for name, shape := range shapes(4, 100) {
		t.Run(name, func(t *testing.T) {
			g := newGeneration(t, shape)
			p, consumers := ends(t, g)
			for i := range 20 {
				text := fmt.Sprintf("%*d", i%8*12, i)
				send(t, p, text, "")
				for _, c := range consumers {
					receive(t, c, text, 0)
					receive(t, c, "", 0)
				}
			}
			for i, c := range consumers {
				nothing(t, c, ErrEmpty)
				if got := g.Received(i); got.Messages != 40 || got.Next != 40 || got.Octets != g.Sent().Octets || got.Lost+got.Corrupted != 0 {
					t.Errorf("the daemon reads %+v", got)
				}
			}
			if got := g.Sent(); got.Messages != 40 || got.Refused != 0 {
				t.Errorf("the daemon reads %+v", got)
			}
		})
	}
}

func TestBlockWaitsForTheSlowest(t *testing.T) {
	g := newGeneration(t, Shape{Consumers: 3, Slots: 4, SlotSize: 8})
	p, c := ends(t, g)
	send(t, p, "a", "b", "c", "d")
	receive(t, c[0], "a", 0)
	receive(t, c[1], "a", 0)
	wantError(t, p.Send(nil), ErrFull)
	receive(t, c[2], "a", 0)
	wantError(t, p.Send(nil), ErrFull) // the message is in use where it is
	for _, c := range c {
		c.Release()
	}
	send(t, p, "e")
	wantError(t, p.Send(nil), ErrFull)
	receive(t, c[0], "b", 0)
	receive(t, c[1], "b", 0)
	c[0].Release()
	c[1].Release()
	g.Activate(2, false) // nobody waits for it any more
	send(t, p, "f")
	if got := g.Sent().Refused; got != 3 {
		t.Errorf("refused %d times, want 3", got)
	}
	for i, want := range []string{"c", "d"} {
		receive(t, c[2], want, uint64(1-i)) // of "b" the slot was taken
	}
}

func TestDropOldestOverwrites(t *testing.T) {
	g := newGeneration(t, Shape{Consumers: 2, Slots: 4, SlotSize: 8, Overflow: DropOldest})
	p, c := ends(t, g)
	send(t, p, "a", "b")
	receive(t, c[0], "a", 0)
	send(t, p, "c", "d", "e", "f", "g")
	receive(t, c[0], "d", 2)
	if _, err := p.Reserve(1); err != nil { // takes the slot of "d", and overwrites it some time
		t.Fatal(err)
	}
	receive(t, c[1], "e", 4)
	p.Discard()
	receive(t, c[1], "f", 0)
	receive(t, c[1], "g", 0)
	nothing(t, c[1], ErrEmpty)
	if got := g.Received(1); got.Lost != 4 || got.Messages != 3 {
		t.Errorf("the daemon reads %+v, want 4 lost and 3 received", got)
	}
}

func TestLoan(t *testing.T) {
	g := newGeneration(t, Shape{Consumers: 1, Slots: 2, SlotSize: 8, Integrity: CRC32C})
	p, c := ends(t, g)
	wantError(t, p.Publish(), ErrNoLoan)
	_, err := p.Reserve(9)
	wantError(t, err, ErrTooLarge)
	_, err = p.Reserve(-1)
	wantError(t, err, ErrTooLarge)
	for range 2 { // the second takes the place of the first
		m, err := p.Reserve(3)
		if err != nil || cap(m) != 3 {
			t.Fatalf("room for %d, %v", cap(m), err)
		}
		copy(m, "abc")
	}
	nothing(t, c[0], ErrEmpty)
	if err := p.Publish(); err != nil {
		t.Fatal(err)
	}
	receive(t, c[0], "abc", 0)
	if _, err := p.Reserve(3); err != nil {
		t.Fatal(err)
	}
	g.End()
	wantError(t, p.Publish(), ErrEnded)
}

func TestEnd(t *testing.T) {
	for name, end := range map[string]func(*Generation, *Producer){
		"by the daemon":   func(g *Generation, _ *Producer) { g.End() },
		"by the producer": func(_ *Generation, p *Producer) { p.Finish() },
	} {
		t.Run(name, func(t *testing.T) {
			g := newGeneration(t, small)
			p, c := ends(t, g)
			send(t, p, "a", "b")
			end(g, p)
			if err := c[0].Bell().Wait(); err != nil {
				t.Fatal(err)
			}
			receive(t, c[0], "a", 0)
			receive(t, c[0], "b", 0)
			nothing(t, c[0], ErrEnded)
		})
	}
}

// TestStart: who opens its place again goes on where it stopped, who comes from another ring
// begins with the first message, and who is new with the next one.
func TestStart(t *testing.T) {
	g := newGeneration(t, Shape{Consumers: 3, Slots: 4, SlotSize: 8})
	p, c := ends(t, g)
	send(t, p, "a", "b")
	receive(t, c[0], "a", 0)
	c[0].Release()
	again := consumerAt(t, g, 0, AtHead)
	receive(t, again, "b", 0)

	other := newGeneration(t, Shape{Consumers: 2, Slots: 4, SlotSize: 8})
	p = producerOf(t, other)
	if err := other.Seal(); err != nil {
		t.Fatal(err)
	}
	send(t, p, "x", "y")
	first, head := consumerAt(t, other, 0, AtFirst), consumerAt(t, other, 1, AtHead)
	receive(t, first, "x", 0)
	nothing(t, head, ErrEmpty)
	send(t, p, "z")
	receive(t, head, "z", 0)
}

// TestChecksAreThoseOfTheContract computes them as channel.h says, by other means.
func TestChecksAreThoseOfTheContract(t *testing.T) {
	for name, shape := range shapes(2, 100) {
		t.Run(name, func(t *testing.T) {
			g := newGeneration(t, shape)
			p, _ := ends(t, g)
			send(t, p, "first", "second")
			slot := p.slot(p.parts.ring, 1)
			text := binary.LittleEndian.AppendUint64(nil, 7)
			text = binary.LittleEndian.AppendUint64(text, 1)
			text = binary.LittleEndian.AppendUint32(text, 6)
			text = append(text, "second"...)
			crc := binary.LittleEndian.Uint32(slot[slotCRC:])
			if want := crc32.Checksum(text, crc32.MakeTable(crc32.Castagnoli)); shape.Integrity == CRC32C && crc != want {
				t.Errorf("CRC32C is %#x, want %#x", crc, want)
			}
			mac := hmac.New(sha256.New, g.memory[controlKey:controlKey+keySize])
			mac.Write(text)
			if tag := slot[slotTag : slotTag+32]; shape.Integrity == HMACSHA256 && !hmac.Equal(tag, mac.Sum(nil)) {
				t.Errorf("HMAC is %x", tag)
			}
		})
	}
}

// TestWakeUps: each side rings only for who says that it waits.
func TestWakeUps(t *testing.T) {
	g := newGeneration(t, Shape{Consumers: 2, Slots: 2, SlotSize: 8})
	p, c := ends(t, g)
	c[1].Listen(true)
	send(t, p, "a", "b")
	if rang(t, g.places[0].news) || !rang(t, g.places[1].news) {
		t.Error("the wrong bells rang")
	}
	c[1].Listen(false)
	p.Listen(true)
	receive(t, c[0], "a", 0)
	if rang(t, g.room) {
		t.Error("the bell for room rang for a message that is still in use")
	}
	c[0].Release()
	if !rang(t, g.room) {
		t.Error("the bell for room did not ring")
	}
	p.Listen(false)
	receive(t, c[1], "a", 0)
	c[1].Release()
	if rang(t, g.room) {
		t.Error("the bell for room rang for nobody")
	}
}

// rang reads a bell.
func rang(t testing.TB, bell *os.File) bool {
	t.Helper()
	_, err := unix.Read(int(bell.Fd()), make([]byte, 8))
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		t.Fatal(err)
	}
	return err == nil
}

func TestNothingIsAllocated(t *testing.T) {
	for name, shape := range shapes(4, 100) {
		t.Run(name, func(t *testing.T) {
			p, c := ends(t, newGeneration(t, shape))
			payload := bytes.Repeat([]byte("x"), 64)
			c[0].Listen(true) // bells too
			p.Listen(true)
			allocations := testing.AllocsPerRun(100, func() {
				if err := p.Send(payload); err != nil {
					t.Fatal(err)
				}
				for _, c := range c {
					if _, err := c.Receive(); err != nil {
						t.Fatal(err)
					}
					c.Release()
				}
			})
			if allocations != 0 {
				t.Errorf("a message allocates %v times", allocations)
			}
		})
	}
}

// TestForeignMemory opens what is not a channel's.
func TestForeignMemory(t *testing.T) {
	for name, change := range map[string]func(control []byte){
		"magic":      func(c []byte) { c[controlMagic]++ },
		"version":    func(c []byte) { c[controlABI]++ },
		"consumers":  func(c []byte) { c[controlConsumers]++ },
		"generation": func(c []byte) { c[controlGeneration] = 0 },
		"size":       func(c []byte) { c[controlRingSize]++ },
		"slots":      func(c []byte) { c[controlSlots] = 16 },
		"slot size":  func(c []byte) { c[controlSlotSize+1]++ },
		"stride":     func(c []byte) { c[controlStride]++ },
		"integrity":  func(c []byte) { c[controlIntegrity] = 3 },
		"overflow":   func(c []byte) { c[controlOverflow] = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			g := newGeneration(t, small)
			change(g.memory)
			parts, err := MapProducer(sent(t, g.ProducerFiles()), mapFor(t))
			if err != nil {
				t.Fatal(err)
			}
			defer parts.Close()
			if _, err := NewProducer(parts, private); !errors.Is(err, ErrFormat) {
				t.Errorf("%v, want ErrFormat", err)
			}
		})
	}
}

// TestForeignFiles gives ends the wrong files.
func TestForeignFiles(t *testing.T) {
	g := newGeneration(t, small)
	unsealed, err := shm.Create("test", small.RingSize())
	if err != nil {
		t.Fatal(err)
	}
	defer unsealed.Close()
	consumer := sent(t, g.ConsumerFiles(0)) // of a ring that others may still map for writing
	_, err = MapConsumer(consumer, mapFor(t))
	wantError(t, err, ErrFormat)
	if err := g.Seal(); err != nil {
		t.Fatal(err)
	}
	files := g.ProducerFiles()
	for name, wrong := range map[string][]*os.File{
		"none":              nil,
		"too few":           files[:4],
		"no cursor":         files[:3],
		"ring as control":   append([]*os.File{files[1]}, files[1:]...),
		"unsealed control":  append([]*os.File{unsealed}, files[1:]...),
		"bell as ring":      {files[0], files[2], files[2], files[3], files[4]},
		"control as ring":   {files[0], files[0], files[2], files[3], files[4]},
		"a ring as cursor":  {files[0], files[1], files[2], files[1], files[4]},
		"a sealed producer": files, // the ring cannot be mapped for writing any more
	} {
		if _, err := MapProducer(sent(t, wrong), mapFor(t)); err == nil {
			t.Errorf("%s: it was mapped", name)
		}
	}
	wantError(t, func() error { _, err := MapConsumer(sent(t, files[:4]), mapFor(t)); return err }(), ErrFormat)
}
