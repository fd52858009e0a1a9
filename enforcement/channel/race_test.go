package channel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// TestManyConsumersAtOnce has a producer and its consumers run as they like. Every message says which
// it is, and all of its octets follow from that: one that is torn, exchanged or received twice shows.
// (The race detector does not watch mapped memory, in which all of this happens; a seqlock's copy
// is a race by design.)
func TestManyConsumersAtOnce(t *testing.T) {
	messages := uint64(20000)
	if testing.Short() {
		messages = 3000
	}
	for name, shape := range shapes(8, 256) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGeneration(t, shape)
			p, consumers := ends(t, g)
			var all sync.WaitGroup
			for i, c := range consumers {
				all.Go(func() { drain(t, c, g, i, messages) })
			}
			all.Go(func() { pour(t, p, messages) })
			all.Wait()
		})
	}
}

// messageOf is message s: its length and all of it follow from s.
func messageOf(buffer []byte, s uint64) []byte {
	m := buffer[:8+s*7%200]
	binary.LittleEndian.PutUint64(m, s)
	for i := 8; i < len(m); i++ {
		m[i] = byte(s) ^ byte(i)
	}
	return m
}

func pour(t *testing.T, p *Producer, messages uint64) {
	defer p.Finish()
	random := rand.New(rand.NewPCG(1, 2))
	var buffer [256]byte
	for s := uint64(0); s < messages; {
		if random.Uint32()%64 == 0 {
			runtime.Gosched()
		}
		switch err := p.Send(messageOf(buffer[:], s)); {
		case err == nil:
			s++
		case errors.Is(err, ErrFull):
			p.Listen(true)
			if !p.Room() {
				if err := p.Bell().Wait(); err != nil {
					t.Error(err)
					return
				}
			}
			p.Listen(false)
		default:
			t.Error(err)
			return
		}
	}
}

func drain(t *testing.T, c *Consumer, g *Generation, place int, messages uint64) {
	random := rand.New(rand.NewPCG(3, uint64(place)))
	var want [256]byte
	var next, lost uint64
	for {
		if random.Uint32()%64 == 0 {
			runtime.Gosched()
		}
		m, err := c.Receive()
		switch {
		case err == nil:
			lost += m.Lost
			if m.Sequence != next+m.Lost || !bytes.Equal(m.Payload, messageOf(want[:], m.Sequence)) {
				t.Errorf("message %d after %d, %d lost, is %x", m.Sequence, next, m.Lost, m.Payload)
				return
			}
			next = m.Sequence + 1
		case errors.Is(err, ErrEmpty):
			c.Listen(true)
			if !c.Pending() {
				if err := c.Bell().Wait(); err != nil {
					t.Error(err)
					return
				}
			}
			c.Listen(false)
		default:
			if got := g.Received(place); !errors.Is(err, ErrEnded) || got.Messages+got.Lost != messages || got.Corrupted != 0 {
				t.Errorf("at the end %v; the daemon reads %+v", err, got)
			}
			if c.Overflow == Block && lost > 0 {
				t.Errorf("%d messages were lost in a channel that blocks", lost)
			}
			return
		}
	}
}

// TestTornMessagesWithoutTheSecondLook: without it, as in a consumer that takes messages where
// they are out of a ring that drops, some are torn.
func TestTornMessagesWithoutTheSecondLook(t *testing.T) {
	g := newGeneration(t, Shape{Consumers: 1, Slots: 2, SlotSize: 1 << 16, Overflow: DropOldest})
	p, consumers := ends(t, g)
	c := consumers[0]
	c.desk = nil
	var torn atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		payload := make([]byte, 1<<16)
		for i := 0; !torn.Load() && i < 1<<20; i++ {
			for j := range payload {
				payload[j] = byte(i)
			}
			if err := p.Send(payload); err != nil {
				t.Error(err)
				return
			}
		}
		p.Finish()
	}()
	for !torn.Load() {
		m, err := c.Receive()
		if errors.Is(err, ErrEnded) {
			t.Fatal("no message was torn")
		}
		for _, b := range m.Payload {
			if b != m.Payload[0] {
				torn.Store(true)
			}
		}
	}
	<-done
}
