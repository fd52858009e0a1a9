package channel

import (
	"errors"
	"fmt"
)

// ErrFormat reports memory that is not that of a channel of this version.
var ErrFormat = errors.New("not a channel of this version")

// Integrity is what each message carries by which consumers check it.
type Integrity uint8

// The kinds of integrity.
const (
	NoIntegrity Integrity = iota // messages are read in place, if nothing can overwrite them
	CRC32C                       // against accidents
	HMACSHA256                   // against tampering by who does not have the key
)

// Overflow is what becomes of a message for which there is no room.
type Overflow uint8

// The kinds of overflow.
const (
	Block      Overflow = iota // the producer waits, or is told
	DropOldest                 // the oldest message is overwritten
)

// Shape is what is the same for all rings of a channel as it is configured.
type Shape struct {
	Consumers int // places
	Slots     int // messages that the ring has room for, a power of 2
	SlotSize  int // most octets of a message
	Integrity Integrity
	Overflow  Overflow
}

// Stride returns the octets from one slot to the next.
func (s Shape) Stride() int { return (slotHeader + s.SlotSize + 63) &^ 63 }

// RingSize returns the octets of a ring.
func (s Shape) RingSize() int { return ringHeader + s.Slots*s.Stride() }

// Cost is what a Generation takes of what a process has only so many of.
type Cost struct{ Files, Mappings int }

// Cost returns that of a ring.
func (s Shape) Cost() Cost { return Cost{Files: 4 + 3*s.Consumers, Mappings: 2 + s.Consumers} }

// check returns ErrFormat for a shape that no channel can have.
func (s Shape) check() error {
	switch {
	case s.Consumers < 1 || s.Consumers > MaxConsumers:
		return fmt.Errorf("%w: %d consumers, want 1..%d", ErrFormat, s.Consumers, MaxConsumers)
	case s.Slots < 2 || s.Slots > MaxSlots || s.Slots&(s.Slots-1) != 0:
		return fmt.Errorf("%w: %d slots, want a power of 2 in 2..%d", ErrFormat, s.Slots, MaxSlots)
	case s.SlotSize < 1 || s.SlotSize > MaxSlotSize:
		return fmt.Errorf("%w: slots of %d octets, want 1..%d", ErrFormat, s.SlotSize, MaxSlotSize)
	case s.RingSize() > maxRingSize:
		return fmt.Errorf("%w: a ring of %d octets, at most %d", ErrFormat, s.RingSize(), maxRingSize)
	case s.Integrity > HMACSHA256 || s.Overflow > DropOldest:
		return fmt.Errorf("%w: integrity %d and overflow %d", ErrFormat, s.Integrity, s.Overflow)
	}
	return nil
}
