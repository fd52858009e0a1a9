package csdk_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// The layout of sdk/include/waveguard/channel.h, as far as the tests write it themselves.
const (
	ringHead   = 0
	firstSlot  = 4096
	slotTurn   = 0
	slotLength = 8
	slotHeader = 64
)

// slot returns where a message is in the ring.
func (l *line) slot(sequence uint64) []byte {
	at := firstSlot + int(sequence%uint64(l.shape.Slots))*l.shape.Stride()
	return l.ring[at : at+l.shape.Stride()]
}

// put sends a message without a check, as a producer that writes what it likes.
func (l *line) put(sequence, turn uint64, length uint32, payload string) {
	slot := l.slot(sequence)
	copy(slot[slotHeader:], payload)
	mpk.Uint32At(slot, slotLength).Store(length)
	mpk.Uint64At(slot, slotTurn).Store(turn)
}

func (l *line) head(n uint64) { mpk.Uint64At(l.ring, ringHead).Store(n) }

// TestCorruptedMessages: a bit that flips on the way is found, and the message skipped and counted.
func TestCorruptedMessages(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		for _, shape := range shapes() {
			if shape.Integrity == channel.NoIntegrity {
				continue
			}
			t.Run(shapeName(shape), func(t *testing.T) {
				_, l, p := pair(t, backend, shape)
				for i, at := range []int{slotHeader, slotHeader + 6, slotLength, 12, 16, 47, -1} { // payload, length, CRC, tag, nothing
					p.expect("front send feed 0 message", "0")
					if at >= 0 {
						l.slot(uint64(i))[at] ^= 4
					}
				}
				// A CRC has no tag, and a tag no CRC.
				want := map[channel.Integrity]string{channel.CRC32C: "0 message #4 lost 0 corrupted 4", channel.HMACSHA256: "0 message #3 lost 0 corrupted 3"}[shape.Integrity]
				p.expect("vault receive feed 0", want)
				var got string
				for range 2 {
					got = p.do("vault receive feed 0")
				}
				if shape.Integrity == channel.CRC32C && got != "0 message #6 lost 0 corrupted 0" || shape.Integrity == channel.HMACSHA256 && got != empty {
					t.Errorf("%q", got)
				}
				r := l.received(0)
				if r.Corrupted+r.Messages != 7 || r.Lost != 0 {
					t.Errorf("%+v", r)
				}
				// Nor does one pass for another, of the same ring.
				p.expect("front send feed 0 first", "0")
				p.expect("front send feed 0 other", "0")
				copy(l.slot(8)[slotLength:], l.slot(7)[slotLength:])
				p.expect("vault receive feed 0", "0 first #7 lost 0 corrupted 0")
				p.expect("vault receive feed 0", empty)
				p.end()
				if got := l.received(0).Corrupted; got != r.Corrupted+1 {
					t.Errorf("%d corrupted, want %d", got, r.Corrupted+1)
				}
			})
		}
	})
}

// TestCheckedIsUsed: what was checked is what is used, though the producer writes on. Without the copy it is not.
func TestCheckedIsUsed(t *testing.T) {
	for _, shape := range shapes() {
		if shape.Integrity == channel.NoIntegrity && shape.Overflow == channel.Block {
			continue // whoever configures that is told
		}
		for name, want := range map[string]string{"channel": "pay ten", "channel-without-copy": "pay all"} {
			t.Run(shapeName(shape)+"/"+name, func(t *testing.T) {
				h := newHub(t)
				l := h.line("feed", shape, "vault")
				p := startProgram(t, program(t, name), h.path, "none", front, vault)
				p.wants("ready")
				h.opens("feed")
				p.expect("front loan feed 0 pay", "0 200")
				copy(l.slot(0)[slotHeader:], "pay ten")
				p.expect("front publish feed 7", "0")
				p.expect("vault receive feed 0", "0 pay ten #0 lost 0 corrupted 0")
				copy(l.slot(0)[slotHeader:], "pay all") // after the check, and before the use
				p.expect("vault again feed", "0 "+want+" #0 lost 0 corrupted 0")
				p.end()
			})
		}
	}
}

// TestHostileProducer: what it makes up it loses, and no more.
func TestHostileProducer(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		for _, shape := range shapes() {
			t.Run(shapeName(shape), func(t *testing.T) {
				h := newHub(t)
				l := h.rawLine("feed", shape, "vault")
				p := h.process(backend, vault)
				h.opens("feed")
				for _, head := range []uint64{1, 16, 17, 1 << 40, math.MaxUint64, 1 << 63, 0, 3, math.MaxUint64/2 + 5} {
					l.head(head)
					for range 20 {
						if got := p.do("vault receive feed 0"); got != empty {
							t.Fatalf("head %d: %q", head, got)
						}
					}
				}
				next := l.generation.Received(0).Next
				lost := l.generation.Received(0).Lost
				for _, length := range []uint32{201, 1 << 31, math.MaxUint32} {
					l.put(next, next+1, length, "x")
					l.head(next + 1)
					p.expect("vault receive feed 0", empty)
					next++
				}
				l.put(next, next, 1, "x") // a turn that is another's
				l.head(next + 1)
				p.expect("vault receive feed 0", empty)
				if got := l.generation.Received(0); got.Corrupted != 3 || got.Lost != lost+1 || got.Messages != 0 {
					t.Errorf("%+v, want 3 corrupted and %d lost", got, lost+1)
				}
				next++
				l.put(next, next+1, 5, "hello")
				l.head(next + 1)
				got := p.do("vault receive feed 0")
				if sound := strings.HasPrefix(got, "0 hello"); sound != (shape.Integrity == channel.NoIntegrity) {
					t.Errorf("a message without a check: %q", got)
				}
				p.end()
			})
		}
	})
}

// TestHostileConsumer: one that makes its place up holds the producer up, or loses its messages. Others get theirs.
func TestHostileConsumer(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		h := newHub(t)
		l := h.line("feed", channel.Shape{Slots: 4, SlotSize: 8}, "vault", "rogue")
		p := h.process(backend, front, vault, "rogue=consumer:feed")
		h.opens("feed")
		next := mpk.Uint64At(mapFile(t, l.generation.ConsumerFiles(1)[3], 4096, shm.ReadWrite), 0)
		sent := 0
		pass := func(n int) {
			t.Helper()
			for range n {
				p.expect(fmt.Sprint("front send feed 0 m", sent), "0")
				p.expect("vault receive feed 0", fmt.Sprintf("0 m%d #%d lost 0 corrupted 0", sent, sent))
				p.expect("vault release feed", "0")
				sent++
			}
		}
		for _, made := range []uint64{math.MaxUint64, 1 << 63, 1000} { // far ahead: it has no say
			next.Store(made)
			pass(6)
		}
		next.Store(0)                         // far behind
		for got := "0"; got != full; sent++ { // it is looked at again when what was seen before is used up
			if got = p.do("front send feed 0 x"); got != "0" && got != full || sent > 18+4 {
				t.Fatalf("message %d: %s", sent, got)
			}
		}
		for sent--; p.do("vault receive feed 0") != empty; {
		}
		next.Store(uint64(sent))
		pass(3)
		p.end()
	})
}

// files returns an end's files once more.
func files(t *testing.T, of []*os.File) (again []*os.File) {
	t.Helper()
	for _, f := range of {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		again = append(again, os.NewFile(uintptr(fd), f.Name()))
	}
	return again
}

func ordinary(size int) ([]byte, error) { return make([]byte, size), nil }

// TestGoAndC sends a stream from C to Go and to C, and one from Go to C.
func TestGoAndC(t *testing.T) {
	n := stream(5000)
	for _, shape := range shapes() {
		t.Run(shapeName(shape), func(t *testing.T) {
			fromC(t, shape, n)
			fromGo(t, shape, n)
		})
	}
}

func fromC(t *testing.T, shape channel.Shape, n int) {
	h := newHub(t)
	l := h.line("feed", shape, "vault", "go")
	p := h.process("none", front, vault)
	(&rig{t: t}).eventually("the producer", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.produced("feed")
	})
	parts, err := channel.MapConsumer(files(t, l.generation.ConsumerFiles(1)), shm.Map)
	if err != nil {
		t.Fatal(err)
	}
	c, err := channel.NewConsumer(parts, channel.AtHead, ordinary)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l.generation.Activate(1, true)
	(&rig{t: t}).eventually("vault", func() bool { return strings.HasPrefix(p.do("vault why feed"), "0") })
	p.expect(fmt.Sprint("+vault consume feed ", n), "started")
	p.expect(fmt.Sprint("+front produce feed ", n), "started")
	for next, lost := uint64(0), uint64(0); next < uint64(n); {
		m, err := c.Receive()
		if errors.Is(err, channel.ErrEmpty) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		at := binary.LittleEndian.Uint64(m.Payload)
		lost = l.generation.Received(1).Lost
		if at < next || at != m.Sequence || shape.Overflow == channel.Block && (at != next || lost != 0) {
			t.Fatalf("message %d after %d, %d lost", at, next, lost)
		}
		next = at + 1
		c.Release()
	}
	if got := p.do("join"); !strings.HasPrefix(got, "consumed lost ") || !strings.HasSuffix(got, " corrupted 0; produced") {
		t.Error(got)
	}
	p.end()
}

func fromGo(t *testing.T, shape channel.Shape, n int) {
	h := newHub(t)
	l := h.rawLine("feed", shape, "vault")
	// The test's own mapping of the ring is older than the seal; the producer maps it likewise.
	parts, err := channel.MapProducer(files(t, l.generation.ProducerFiles()), func(f *os.File, size int, how shm.Access) ([]byte, error) {
		if how == shm.ReadWrite {
			return l.ring, nil
		}
		return shm.Map(f, size, how)
	})
	if err != nil {
		t.Fatal(err)
	}
	producer, err := channel.NewProducer(parts, ordinary)
	if err != nil {
		t.Fatal(err)
	}
	p := h.process("none", vault)
	h.opens("feed")
	p.expect(fmt.Sprint("+vault consume feed ", n), "started")
	for i := range uint64(n) {
		message := make([]byte, 8+i%100)
		for j := range message {
			message[j] = byte(i * 31)
		}
		binary.LittleEndian.PutUint64(message, i)
		for {
			err := producer.Send(message)
			if err == nil {
				break
			}
			if !errors.Is(err, channel.ErrFull) {
				t.Fatal(err)
			}
		}
	}
	if got := p.do("join"); !strings.HasPrefix(got, "consumed lost ") || !strings.HasSuffix(got, " corrupted 0") || shape.Overflow == channel.Block && got != "consumed lost 0 corrupted 0" {
		t.Error(got)
	}
	p.end()
}
