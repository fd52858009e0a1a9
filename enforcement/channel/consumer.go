package channel

import (
	"fmt"
	"sync/atomic"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// Start is where a consumer begins in a ring in which its place was never open.
type Start int

// The starts.
const (
	AtHead  Start = iota // with what is sent from now on
	AtFirst              // with the first message: it had the channel open in another ring, or waited for this one
)

// Consumer receives the messages of a ring at one of its places. It is used by one goroutine
// at a time, which may read the memory, and write the cursor, except for Close, Number and Bell.
type Consumer struct {
	description
	parts *Parts
	desk  desk // nil if messages are used where they are

	state, producerWaits, closed, waiting *atomic.Uint32
	head, cursor                          *atomic.Uint64

	received, octets, lost, corrupted *atomic.Uint64

	next  uint64 // sequence of the message to take
	known uint64 // head, when it was looked at last: all before it are there, or were overwritten
	since uint64 // messages lost since the last that was received
	held  bool   // message next is in use where it is
	proof proof  // of the message on the desk
}

// NewConsumer takes over what MapConsumer mapped, as NewProducer does.
func NewConsumer(parts *Parts, from Start, private func(size int) ([]byte, error)) (*Consumer, error) {
	d, err := parts.describe()
	if err != nil {
		return nil, fmt.Errorf("open the end of a consumer: %w", err)
	}
	cursor := parts.cursors[0]
	c := &Consumer{
		description: d, parts: parts,
		state: mpk.Uint32At(parts.control, controlState), closed: mpk.Uint32At(parts.ring, ringClosed),
		producerWaits: mpk.Uint32At(parts.ring, ringWaiting), waiting: mpk.Uint32At(cursor, cursorWaiting),
		head: mpk.Uint64At(parts.ring, ringHead), cursor: mpk.Uint64At(cursor, cursorNext),
		received: mpk.Uint64At(cursor, cursorReceived), octets: mpk.Uint64At(cursor, cursorOctets),
		lost: mpk.Uint64At(cursor, cursorLost), corrupted: mpk.Uint64At(cursor, cursorCorrupted),
	}
	if size := deskSize(d.Shape); size > 0 {
		memory, err := private(size)
		if err != nil {
			return nil, fmt.Errorf("open the end of a consumer: %w", err)
		}
		c.desk = newDesk(memory, &c.description, parts.control)
	}
	c.start(from, mpk.Uint64At(cursor, cursorStarted))
	return c, nil
}

// start finds the first message to take.
func (c *Consumer) start(from Start, started *atomic.Uint64) {
	switch head := c.head.Load(); {
	case started.Load() == c.number:
		c.next = min(c.cursor.Load(), head)
	case from == AtHead:
		c.next = head
	}
	c.cursor.Store(c.next)
	started.Store(c.number)
}

// Number tells the generation of the ring from all others.
func (c *Consumer) Number() uint64 { return c.number }

// Shape returns what the ring was made with.
func (c *Consumer) Shape() Shape { return c.description.Shape }

// Receive takes the next message, and is done with the one before. It returns ErrEmpty if
// there is none now, ErrEnded if there will be none, or a *Corrupted, behind which it goes on.
func (c *Consumer) Receive() (Message, error) {
	c.Release()
	if int64(c.known-c.next) > 0 {
		if m, taken, err := c.take(); taken {
			return m, err
		}
	}
	over := c.Over() // before the look at head: what was sent before the end is received
	c.known = c.head.Load()
	behind := int64(c.known - c.next) // negative: a head that is made up
	if behind > int64(c.Slots) {
		c.lose(uint64(behind) - uint64(c.Slots))
	}
	for ; behind > 0 && c.next != c.known; c.lose(1) {
		if m, taken, err := c.take(); taken {
			return m, err
		}
	}
	if over {
		return Message{}, ErrEnded
	}
	return Message{}, ErrEmpty
}

// lose skips messages that were overwritten.
func (c *Consumer) lose(messages uint64) {
	c.since += messages
	c.lost.Store(c.lost.Load() + messages)
	c.goOn(c.next + messages)
}

// spoilt skips the next message, which no producer can have sent.
func (c *Consumer) spoilt(why string) (Message, error) {
	c.corrupted.Store(c.corrupted.Load() + 1)
	err := &Corrupted{c.next, why}
	c.goOn(c.next + 1)
	return Message{}, err
}

// goOn gives up everything before a message.
func (c *Consumer) goOn(next uint64) {
	c.next = next
	c.cursor.Store(next) // before the look at who waits: the producer looks again after saying so
	if c.producerWaits.Load() != 0 {
		c.parts.room.Ring()
	}
}

// take receives the message that is in the slot of the next one, unless it was overwritten.
func (c *Consumer) take() (m Message, taken bool, err error) {
	slot, sequence := c.slot(c.parts.ring, c.next), c.next
	turn := mpk.Uint64At(slot, slotTurn)
	if turn.Load() != sequence+1 {
		return m, false, nil
	}
	length := mpk.Uint32At(slot, slotLength).Load()
	if length > uint32(c.SlotSize) {
		if turn.Load() != sequence+1 {
			return m, false, nil
		}
		m, err = c.spoilt(fmt.Sprintf("it says that it has %d octets, a slot has %d", length, c.SlotSize))
		return m, true, err
	}
	m = Message{Sequence: sequence, Lost: c.since}
	end := slotHeader + int(length)
	if m.Payload = slot[slotHeader:end:end]; c.desk == nil {
		c.held = true
		c.count(&m)
		return m, true, nil
	}
	to := c.desk.payload(int(length))
	copy(to, m.Payload)
	m.Payload = to
	c.proof.take(slot)
	if turn.Load() != sequence+1 {
		return m, false, nil
	}
	if !c.desk.holds(c.Integrity, &c.proof, m) {
		m, err = c.spoilt("its check does not hold")
		return m, true, err
	}
	c.count(&m)
	c.goOn(sequence + 1)
	return m, true, nil
}

func (c *Consumer) count(m *Message) {
	c.since = 0
	mpk.StoreRelease(c.received, c.received.Load()+1)
	mpk.StoreRelease(c.octets, c.octets.Load()+uint64(len(m.Payload)))
}

// Release is done with the message that Receive returned, if it is used where it is: the
// producer gets its room.
func (c *Consumer) Release() {
	if c.held {
		c.held = false
		c.goOn(c.next + 1)
	}
}

// Held reports whether a message is in use where it is.
func (c *Consumer) Held() bool { return c.held }

// Pending reports whether there may be a message. It looks at head alone: who looked at the slot
// would take its cache line from the producer, who is about to write it.
func (c *Consumer) Pending() bool {
	next := c.next
	if c.held {
		next++
	}
	if c.desk == nil && mpk.Uint64At(c.slot(c.parts.ring, next), slotTurn).Load() == next+1 {
		c.known = next + 1
		return true
	}
	return int64(c.head.Load()-next) > 0 || c.Over()
}

// Over reports whether nothing is sent any more in this ring.
func (c *Consumer) Over() bool { return c.state.Load() != stateOpen || c.closed.Load() != 0 }

// Stirs reports whether anything was sent in this ring.
func (c *Consumer) Stirs() bool { return c.head.Load() != 0 }

// Ended reports whether the daemon ended the ring.
func (c *Consumer) Ended() bool { return c.state.Load() != stateOpen }

// Listen says that the consumer waits for news, or that it does not any more. Who waits
// looks again after saying so, and then waits for the bell.
func (c *Consumer) Listen(on bool) { c.waiting.Store(oneIf(on)) }

// Bell is rung when there may be a message, and when the channel ends.
func (c *Consumer) Bell() *shm.Bell { return c.parts.news[0] }

// Close closes the bells. It touches no memory.
func (c *Consumer) Close() error { return c.parts.Close() }
