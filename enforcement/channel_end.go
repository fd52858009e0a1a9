package enforcement

import (
	"fmt"
	"os"
	"slices"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
)

// registration is an end that a process registered.
type registration struct {
	wire.End
	service int // index in attachment.services
}

// end is a registered end of a channel, of a process that is ready. The broker's mu
// guards it.
type end struct {
	of      *attachment
	index   uint16 // in Hello
	role    wire.Role
	service hostedService
	channel string
	place   int // of a consumer; -1 if it has none

	refused *wire.Withheld // nil: it may be opened
	said    wire.Message   // what the process is to know, nil before
	pending *offer         // that is not sent yet
	given   []uint64       // rings that were sent and not answered, oldest first
	open    bool           // the ring is mapped
	paid    bool           // of a producer: its first ring is
}

// maxGiven is how many rings an end is sent that its process has not answered.
const maxGiven = 16

// offer is a message to the process of an end.
type offer struct {
	message wire.Message
	ring    *ring // whose files go with it; nil: none do
}

func withhold(e *end, w *wire.Withheld) *offer {
	return &offer{message: &wire.Withheld{End: e.index, Code: w.Code, Message: w.Message}}
}

func withholdf(e *end, code wire.WithheldCode, format string, args ...any) *offer {
	return &offer{message: withheldf(e.index, code, format, args...)}
}

// tell has the process told, unless it knows. Only the latest message of an end waits, and
// none that does not hold any more. If there is nothing to say, o is nil.
func (e *end) tell(o *offer) {
	if o == nil {
		if e.pending != nil {
			e.said, e.pending = nil, nil
		}
		return
	}
	if e.said != nil && same(e.said, o.message) {
		return
	}
	e.said, e.pending = o.message, o
	if o.ring == nil {
		e.open = false
	}
	e.of.mail(e)
}

func same(a, b wire.Message) bool {
	switch a := a.(type) {
	case *wire.Channel:
		b, ok := b.(*wire.Channel)
		return ok && *a == *b
	case *wire.Withheld:
		b, ok := b.(*wire.Withheld)
		return ok && *a == *b
	}
	return false
}

// mail has an end's message sent, in the order of the first that waits.
func (a *attachment) mail(e *end) {
	if e.pending == nil || len(e.given) >= maxGiven || slices.Contains(a.outbox, e) {
		return
	}
	a.outbox = append(a.outbox, e)
	select {
	case a.news <- struct{}{}:
	default:
	}
}

// News implements attach.Session.
func (a *attachment) News() <-chan struct{} { return a.news }

// Deliver implements attach.Session.
func (a *attachment) Deliver(send func(wire.Message, wire.Files) error) error {
	for {
		o, files := a.collect()
		if o == nil {
			return nil
		}
		err := send(o.message, files)
		if o.ring != nil {
			a.engine.channels.release(o.ring)
		}
		if err != nil {
			return fmt.Errorf("tell of a channel: %w", err)
		}
	}
}

// collect takes the next message out; nil if there is none. Its files stay open until
// the ring is released.
func (a *attachment) collect() (*offer, []*os.File) {
	b := a.engine.channels
	b.mu.Lock()
	defer b.mu.Unlock()
	var e *end
	for e == nil || e.pending == nil {
		if len(a.outbox) == 0 {
			return nil, nil
		}
		e, a.outbox = a.outbox[0], a.outbox[1:]
	}
	o := e.pending
	e.pending = nil
	if o.ring == nil {
		return o, nil
	}
	o.ring.users++
	e.given = append(e.given, o.ring.Number())
	if e.role == wire.Producer {
		return o, o.ring.ProducerFiles()
	}
	o.ring.give(e)
	return o, o.ring.ConsumerFiles(e.place)
}

// Mapped implements attach.Session.
func (a *attachment) Mapped(m *wire.Mapped) error {
	e, r, err := a.answered(m)
	if r == nil {
		return err
	}
	b := a.engine.channels
	if e.role == wire.Producer {
		err = r.Seal() // which no lock waits for
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.releaseLocked(r)
	if c := b.conduits[e.channel]; !a.gone && c.ring == r {
		b.openLocked(c, e, err)
	}
	a.engine.signal()
	return nil
}

// answered takes in that an end was mapped. It returns the ring if it is the one in
// use still; the caller releases it.
func (a *attachment) answered(m *wire.Mapped) (*end, *ring, error) {
	b := a.engine.channels
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.gone {
		return nil, nil, nil
	}
	if int(m.End) >= len(a.ends) {
		return nil, nil, fmt.Errorf("it mapped end %d of its channels, and has %d", m.End, len(a.ends))
	}
	e := a.ends[m.End]
	at := slices.Index(e.given, m.Generation)
	if at < 0 {
		return nil, nil, fmt.Errorf("it mapped ring %d of channel %q, which it was not given or has mapped already", m.Generation, e.channel)
	}
	e.given = slices.Delete(e.given, at, at+1)
	a.mail(e)
	r := b.conduits[e.channel].ring
	if r == nil || r.Number() != m.Generation {
		return nil, nil, nil // there is a newer one by now
	}
	r.users++
	return e, r, nil
}

// openLocked takes in that an end of the ring in use is open, unless it could not be sealed.
func (b *broker) openLocked(c *conduit, e *end, unsealed error) {
	if unsealed != nil {
		b.failLocked(c, unsealed)
		return
	}
	e.open = true
	if e.role == wire.Consumer {
		c.ring.Activate(e.place, true)
		return
	}
	c.ring.sealed = true
	b.settleLocked(c)
}
