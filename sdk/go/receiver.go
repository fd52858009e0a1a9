package waveguard

import (
	"errors"

	"github.com/optical-net/waveguard/enforcement/channel"
)

// Receiver is a consumer's end of a channel. Its methods may be called by all threads inside the
// service's domain; a message can be used until the next call of any of them. On other
// threads they return mpk.ErrRights, on a thread outside its Run ErrClosed.
type Receiver struct{ *end }

// Receive returns the next message, and waits for one as long as the thread's context lasts. In
// a channel without integrity that blocks, the payload is where the producer wrote it, and
// can change while it is read, if the producer does not keep to the rules; in all others it
// is a copy that was checked.
//
// It returns the context's cause, a *Corrupted, or ErrNotOpen if the daemon refuses the channel to
// the service.
func (r *Receiver) Receive(t *Thread) (Message, error) {
	if err := r.take(t); err != nil {
		return Message{}, err
	}
	defer r.lock.release()
	for {
		m, wait, err := r.try(t)
		if !wait {
			return m, err
		}
		var ring watched
		if r.current != nil {
			ring = inbox{r.current.consumer}
		}
		if err := r.await(t, ring); err != nil {
			return Message{}, err
		}
	}
}

// TryReceive is Receive that does not wait: it returns ErrEmpty, or ErrNotOpen.
func (r *Receiver) TryReceive(t *Thread) (Message, error) {
	if err := r.take(t); err != nil {
		return Message{}, err
	}
	defer r.lock.release()
	m, _, err := r.try(t)
	return m, err
}

// Release says that the message that was received last is not used any more: in a channel that
// blocks its room may be the producer's, before the next call.
func (r *Receiver) Release(t *Thread) error {
	if err := r.take(t); err != nil {
		return err
	}
	defer r.lock.release()
	if r.current != nil {
		r.current.consumer.Release()
	}
	return nil
}

// try takes a message out of the oldest ring in which there can be one; if there is none, it says
// whether to wait for it.
func (r *Receiver) try(t *Thread) (m Message, wait bool, err error) {
	for {
		if r.current == nil || r.changed() {
			r.follow()
		}
		if r.current == nil {
			err, wait := r.notOpen()
			return m, wait, err
		}
		next := r.newer && r.stirsNext() // before the last look: its producer came after that of this one
		m, err = r.current.consumer.Receive()
		switch {
		case err == nil:
			return m, false, nil
		case errors.Is(err, channel.ErrEnded), next && errors.Is(err, channel.ErrEmpty):
			r.leave()
		case errors.Is(err, channel.ErrEmpty):
			return m, true, err
		default:
			t.tellOfCorruption()
			return m, false, err
		}
	}
}

// stirsNext reports whether there were messages in the next ring.
func (r *Receiver) stirsNext() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.coming) > 0 && r.coming[0].consumer.Stirs()
}

// leave gives up a ring in which nothing comes any more.
func (r *Receiver) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.retire()
	r.obey()
}

// follow does what the daemon said since the last time. What was sent before a channel ended is
// still received.
func (r *Receiver) follow() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = r.version.Load()
	r.newer = len(r.coming) > 0
	if r.current == nil {
		r.retire()
	}
	r.obey()
}

// obey gives up rings that are closed to this consumer although they go on for others.
//
// Preconditions: mu is held.
func (r *Receiver) obey() {
	for closed(r.withheld) && r.current != nil && !r.current.consumer.Ended() {
		r.retire()
	}
}

// tellOfCorruption has the daemon look at the counters of cursors.
func (t *Thread) tellOfCorruption() {
	t.attachment = t.host.refresh(t.attachment)
	t.attachment.ring()
}

// inbox is a ring in which a consumer waits for a message.
type inbox struct{ *channel.Consumer }

func (i inbox) stirs() bool { return i.Pending() }
