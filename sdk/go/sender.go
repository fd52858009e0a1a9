package waveguard

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

// moveWithin is for how long a producer stays in a ring that still works after a newer one came,
// for the sake of consumers that have not opened that one yet.
const moveWithin = 5 * time.Second

// Sender is the producer's end of a channel. Its methods may be called by all threads inside the
// service's domain, one message after another; on other threads they return mpk.ErrRights,
// on a thread outside its Run ErrClosed.
type Sender struct {
	*end
	borrower atomic.Pointer[Thread] // who has a loan, and the turn with it; nil for nobody
}

// take is that of the end for who does not have the turn with a loan.
func (s *Sender) take(t *Thread) error {
	if s.borrower.Load() == t {
		return fmt.Errorf("%v of channel %s: %w, publish or discard it", s.spec.Role, s.spec.Name, ErrLoaned)
	}
	return s.end.take(t)
}

// Send sends a copy of a message. It waits, as long as the thread's context lasts, for room in a
// channel that blocks, and for a channel that is not open yet or for the moment; it does not wait for
// consumers to come, nor look at the context when it has not to wait. It returns the
// context's cause, ErrTooLarge, or ErrNotOpen if the daemon refuses the channel to the service.
func (s *Sender) Send(t *Thread, payload []byte) error {
	if err := s.take(t); err != nil {
		return err
	}
	defer s.lock.release()
	for {
		to, err := s.reserve(t, len(payload))
		if err != nil {
			return err
		}
		copy(to, payload)
		if err := s.current.producer.Publish(); !errors.Is(err, channel.ErrEnded) {
			return err
		}
	}
}

// TrySend is Send that does not wait for room: it returns ErrFull, or ErrNotOpen.
func (s *Sender) TrySend(t *Thread, payload []byte) error {
	if err := s.take(t); err != nil {
		return err
	}
	defer s.lock.release()
	to, _, err := s.tryReserve(len(payload))
	if err != nil {
		return err
	}
	copy(to, payload)
	return s.publish()
}

// Loan returns the memory of the next message, of length octets that are not set, to be written by
// the thread and sent with Publish. Until then, or until Discard or the end of the thread's Run, other
// threads that use the Sender wait, and the thread itself gets ErrLoaned. It waits, and returns
// errors, as Send does.
func (s *Sender) Loan(t *Thread, length int) ([]byte, error) {
	if err := s.take(t); err != nil {
		return nil, err
	}
	to, err := s.reserve(t, length)
	if err != nil {
		s.lock.release()
		return nil, err
	}
	s.borrower.Store(t)
	t.loans = append(t.loans, s)
	return to, nil
}

// Publish sends what the thread wrote to its Loan. It returns ErrNotOpen if the channel ended
// meanwhile, and ErrNoLoan if the thread has none.
func (s *Sender) Publish(t *Thread) error {
	if err := s.giveBack(t); err != nil {
		return err
	}
	defer s.lock.release()
	return s.publish()
}

// Discard gives the thread's Loan back. It returns ErrNoLoan if there is none.
func (s *Sender) Discard(t *Thread) error {
	if err := s.giveBack(t); err != nil {
		return err
	}
	defer s.lock.release()
	s.current.producer.Discard()
	return nil
}

// giveBack ends the loan of a thread, which then has the turn.
func (s *Sender) giveBack(t *Thread) error {
	if mpk.Goroutine() != t.goroutine || t.current != s.service.domain {
		return s.notHere(t)
	}
	if s.borrower.Load() != t {
		return fmt.Errorf("%v of channel %s: %w", s.spec.Role, s.spec.Name, ErrNoLoan)
	}
	t.loans = slices.Delete(t.loans, slices.Index(t.loans, s), slices.Index(t.loans, s)+1)
	s.borrower.Store(nil)
	return nil
}

// forfeit gives back all loans of a thread whose Run ends. It touches no memory of the channels.
func (t *Thread) forfeit() {
	for _, s := range t.loans {
		s.borrower.Store(nil)
		s.current.producer.Discard()
		s.lock.release()
	}
	t.loans = nil
}

func (s *Sender) publish() error {
	err := s.current.producer.Publish()
	if errors.Is(err, channel.ErrEnded) {
		return fmt.Errorf("%v of channel %s: %w: %w, send again", s.spec.Role, s.spec.Name, ErrNotOpen, err)
	}
	return err
}

// reserve waits for a slot.
func (s *Sender) reserve(t *Thread, length int) ([]byte, error) {
	for {
		to, wait, err := s.tryReserve(length)
		if !wait {
			return to, err
		}
		var ring watched
		if s.current != nil {
			ring = s.watch()
		}
		if err := s.await(t, ring); err != nil {
			return nil, err
		}
	}
}

// tryReserve lends a slot of the newest ring; if there is none, it says whether to wait for one.
func (s *Sender) tryReserve(length int) (to []byte, wait bool, err error) {
	for {
		if s.current == nil || s.newer || s.changed() {
			s.follow()
		}
		if s.current == nil {
			err, wait := s.notOpen()
			return nil, wait, err
		}
		to, err := s.current.producer.Reserve(length)
		switch {
		case err == nil:
			return to, false, nil
		case errors.Is(err, channel.ErrEnded) && s.newer: // there it goes on once its consumers are there
			return nil, true, channel.ErrFull
		case errors.Is(err, channel.ErrTooLarge):
			return nil, false, fmt.Errorf("%v of channel %s: %w", s.spec.Role, s.spec.Name, err)
		case !errors.Is(err, channel.ErrEnded):
			return nil, errors.Is(err, channel.ErrFull), err
		case !s.changed():
			s.leave()
		}
	}
}

// leave gives up a ring that ended.
func (s *Sender) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retire()
}

// follow does what the daemon said since the last time.
func (s *Sender) follow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = s.version.Load()
	s.newer = len(s.coming) > 0
	if closed(s.withheld) && s.current != nil {
		s.current.producer.Finish()
		s.retire()
	}
	for s.newer && s.moves(s.coming[0]) {
		if s.current != nil {
			s.current.producer.Finish()
		}
		s.retire()
	}
}

// moves reports whether a producer goes on in the next ring: if as many consumers are there as here,
// or are not likely to come any more. Before, nobody would keep it from overwriting what they have not read. A newer ring that ended or was
// replaced says that policy has changed, of which the daemon of an older one may not know.
func (s *Sender) moves(next *ring) bool {
	if s.current == nil {
		return true
	}
	here, there := s.current.producer.Active(), next.producer.Active()
	all := there == next.producer.Shape().Consumers
	return all || there >= here || s.pressed || next.producer.Ended() || s.host.now()-next.opened > moveWithin
}

// watch returns what to wait for in the ring.
func (s *Sender) watch() watched {
	if s.newer && s.current.producer.Ended() {
		return ended{s.current.producer}
	}
	return room{s.current.producer}
}

// ended is a ring in which there will be nothing to do: the consumers of the next one are waited for.
type ended struct{ *channel.Producer }

func (ended) stirs() bool { return false }

// room is a ring in which a producer waits for room.
type room struct{ *channel.Producer }

func (r room) stirs() bool { return r.Room() || r.Ended() }
