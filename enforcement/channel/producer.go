package channel

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"sync/atomic"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// Producer sends messages into a ring. It is used by one goroutine at a time, which may
// read and write the memory, except for Close, Number and Bell.
type Producer struct {
	description
	parts *Parts
	desk  desk

	state, active, waiting, closed *atomic.Uint32
	head, octets, refused          *atomic.Uint64
	cursors                        []reader

	next    uint64 // sequence of the message to send; nobody else writes the ring
	limit   uint64 // there is room for all before this one
	limitOf uint32 // for those who were active
	loan    []byte // slot of the message to send
	length  int    // of its payload
}

// reader is what a producer reads of a cursor.
type reader struct {
	next    *atomic.Uint64
	waiting *atomic.Uint32
}

// NewProducer takes over what MapProducer mapped. The memory that private returns, zeroed and
// of so many octets, is touched by nobody else; it is not asked for 0. NewProducer returns
// ErrFormat for memory that is not that of a channel, and the error of private.
//
// Preconditions: as those of the methods.
func NewProducer(parts *Parts, private func(size int) ([]byte, error)) (*Producer, error) {
	d, err := parts.describe()
	if err == nil && len(parts.cursors) != d.Consumers {
		err = fmt.Errorf("%w: %d cursors, want %d", ErrFormat, len(parts.cursors), d.Consumers)
	}
	if err != nil {
		return nil, fmt.Errorf("open the end of a producer: %w", err)
	}
	p := &Producer{
		description: d, parts: parts,
		state: mpk.Uint32At(parts.control, controlState), active: mpk.Uint32At(parts.control, controlActive),
		waiting: mpk.Uint32At(parts.ring, ringWaiting), closed: mpk.Uint32At(parts.ring, ringClosed),
		head: mpk.Uint64At(parts.ring, ringHead), octets: mpk.Uint64At(parts.ring, ringOctets),
		refused: mpk.Uint64At(parts.ring, ringRefused),
	}
	for _, c := range parts.cursors {
		p.cursors = append(p.cursors, reader{mpk.Uint64At(c, cursorNext), mpk.Uint32At(c, cursorWaiting)})
	}
	p.next = p.head.Load()
	if size := producersDesk(d.Shape); size > 0 {
		memory, err := private(size)
		if err != nil {
			return nil, fmt.Errorf("open the end of a producer: %w", err)
		}
		p.desk = newDesk(memory, &p.description, parts.control)
	}
	return p, nil
}

// producersDesk is deskSize for who only signs.
func producersDesk(s Shape) int {
	switch s.Integrity {
	case CRC32C:
		return deskPayload
	case HMACSHA256:
		return deskSize(s)
	default:
		return 0
	}
}

// Number tells the generation of the ring from all others.
func (p *Producer) Number() uint64 { return p.number }

// Shape returns what the ring was made with.
func (p *Producer) Shape() Shape { return p.description.Shape }

// Reserve lends the slot of the next message, for length octets that are not set. It becomes a
// message with Publish; another Reserve takes its place. It returns ErrTooLarge, ErrEnded, or
// ErrFull in a channel that blocks, and counts that.
func (p *Producer) Reserve(length int) ([]byte, error) {
	if length < 0 || length > p.SlotSize {
		return nil, fmt.Errorf("send %d octets, at most %d: %w", length, p.SlotSize, ErrTooLarge)
	}
	if p.Ended() {
		return nil, ErrEnded
	}
	if !p.Room() {
		p.refused.Store(p.refused.Load() + 1)
		return nil, ErrFull
	}
	p.loan, p.length = p.slot(p.parts.ring, p.next), length
	mpk.StoreRelease(mpk.Uint64At(p.loan, slotTurn), 0)
	return p.payload(), nil
}

func (p *Producer) payload() []byte {
	end := slotHeader + p.length
	return p.loan[slotHeader:end:end]
}

// Publish sends what was written to the slot that Reserve lent. It returns ErrNoLoan if there
// is none, and ErrEnded.
func (p *Producer) Publish() error {
	if p.loan == nil {
		return ErrNoLoan
	}
	if p.Ended() {
		p.loan = nil
		return ErrEnded
	}
	binary.NativeEndian.PutUint32(p.loan[slotLength:], uint32(p.length))
	p.desk.sign(p.Integrity, p.loan, Message{Payload: p.payload(), Sequence: p.next})
	p.next++
	mpk.StoreRelease(mpk.Uint64At(p.loan, slotTurn), p.next)
	mpk.StoreRelease(p.octets, p.octets.Load()+uint64(p.length))
	p.head.Store(p.next) // before the look at who waits: each of them looks again after saying so
	p.loan = nil
	for of := p.active.Load(); of != 0; of &= of - 1 {
		if i := bits.TrailingZeros32(of); i < len(p.cursors) && p.cursors[i].waiting.Load() != 0 {
			p.parts.news[i].Ring()
		}
	}
	return nil
}

// Discard gives back what Reserve lent.
func (p *Producer) Discard() { p.loan = nil }

// Send is Reserve and Publish of a copy.
func (p *Producer) Send(payload []byte) error {
	to, err := p.Reserve(len(payload))
	if err != nil {
		return err
	}
	copy(to, payload)
	return p.Publish()
}

// Room reports whether Reserve finds room for a message.
func (p *Producer) Room() bool {
	if p.Overflow != Block {
		return true
	}
	active := p.active.Load()
	if active == p.limitOf && p.next < p.limit {
		return true
	}
	p.limitOf, p.limit = active, p.next+uint64(p.Slots)
	for of := active; of != 0; of &= of - 1 {
		i := bits.TrailingZeros32(of)
		if i >= len(p.cursors) {
			break
		}
		if n := p.cursors[i].next.Load(); n <= p.next { // one beyond has no say
			p.limit = min(p.limit, n+uint64(p.Slots))
		}
	}
	return p.next < p.limit
}

// Ended reports whether nothing can be sent any more.
func (p *Producer) Ended() bool { return p.state.Load() != stateOpen }

// Active returns how many consumers have the channel open.
func (p *Producer) Active() int { return bits.OnesCount32(p.active.Load()) }

// Listen says that the producer waits for room, or that it does not any more. Who waits looks
// for room again after saying so, and then waits for the bell.
func (p *Producer) Listen(on bool) { p.waiting.Store(oneIf(on)) }

func oneIf(on bool) (word uint32) {
	if on {
		word = 1
	}
	return word
}

// Bell is rung when there may be room, and when the channel ends.
func (p *Producer) Bell() *shm.Bell { return p.parts.room }

// Finish says that nothing is sent any more in this ring.
func (p *Producer) Finish() {
	p.loan = nil
	p.closed.Store(1)
	for _, b := range p.parts.news {
		b.Ring()
	}
}

// Close closes the bells. It touches no memory.
func (p *Producer) Close() error { return p.parts.Close() }
