package channel

import (
	"errors"
	"fmt"
)

var (
	// ErrFull reports that there is no room: a consumer has not taken the message that is in the way.
	ErrFull = errors.New("no room in the channel")
	// ErrEmpty reports that there is no message.
	ErrEmpty = errors.New("no message in the channel")
	// ErrEnded reports a ring in which nothing is sent any more.
	ErrEnded = errors.New("channel ended")
	// ErrTooLarge reports a message of more octets than a slot has.
	ErrTooLarge = errors.New("message too large for the channel")
	// ErrNoLoan reports that nothing was reserved that could be published.
	ErrNoLoan = errors.New("no slot is reserved")
)

// Message is what a consumer receives.
type Message struct {
	// Payload can be used until the consumer's next Receive or Release.
	Payload []byte
	// Sequence counts the messages of one ring, from 0.
	Sequence uint64
	// Lost is how many messages were overwritten before this one, and after the last that
	// Receive returned.
	Lost uint64
}

// Corrupted reports a message that was skipped, because it is not what a producer can
// have sent.
type Corrupted struct {
	Sequence uint64
	Why      string
}

func (e *Corrupted) Error() string {
	return fmt.Sprintf("message %d of the channel is corrupted: %s", e.Sequence, e.Why)
}
