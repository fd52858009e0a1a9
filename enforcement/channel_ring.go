package enforcement

import (
	"errors"
	"slices"
	"time"

	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/policy"
)

const (
	// remakePause is when it is tried again to make a ring that could not be made.
	remakePause = time.Second
	// maxFormer is how many rings of a channel that ended are kept for counting.
	maxFormer = 2
	// generationBytes is what the daemon and the kernel have of a ring besides its pages,
	// and placeBytes the same of each consumer.
	generationBytes = 16 << 10
	placeBytes      = 12 << 10
)

// ring is the memory of a channel that is or was in use. The broker's mu guards what
// is not the generation's own.
type ring struct {
	*channel.Generation
	entry    *policy.Channel
	producer *end
	sealed   bool // the producer has mapped it

	holders   []*end          // by place: who was given it, nil once left
	deserters []hostedService // whose processes left with it
	condemned bool            // such a one may have lost its right
	tally

	users  int // deliveries that go on
	closed bool
}

func newRing(g *channel.Generation, c *policy.Channel, producer *end) *ring {
	n := g.Shape().Consumers
	return &ring{Generation: g, entry: c, producer: producer, holders: make([]*end, n), tally: tally{received: make([]channel.Received, n)}}
}

func (r *ring) give(e *end) { r.holders[e.place] = e }

// leave takes a consumer that leaves out; it says whether the ring goes on with it mapped
// elsewhere.
func (r *ring) leave(e *end) bool {
	if e == r.producer || e.place < 0 || e.place >= len(r.holders) || r.holders[e.place] != e {
		return false
	}
	r.holders[e.place] = nil
	if !slices.Contains(r.deserters, e.service) {
		r.deserters = append(r.deserters, e.service)
	}
	r.Activate(e.place, false)
	return true
}

// orderLocked has a ring made soon.
func (b *broker) orderLocked(c *conduit) {
	if c.ordered {
		return
	}
	c.ordered = true
	b.orders = append(b.orders, c)
	if !b.making {
		b.making = true
		go b.make()
	}
}

// make makes rings until all that are wanted are there.
func (b *broker) make() {
	for {
		o, more := b.nextOrder()
		if !more {
			return
		}
		if o != nil {
			o.generation, o.err = o.create(o.entry.Shape, o.number)
			b.install(o)
		}
	}
}

// order is a ring to be made, and then what came of it.
type order struct {
	channel  *conduit
	entry    *policy.Channel
	producer *end
	number   uint64
	create   func(channel.Shape, uint64) (*channel.Generation, error)

	generation *channel.Generation
	err        error
}

// nextOrder returns the next ring that is to be made, nil if it is not wanted any more; more
// is false when there is none.
func (b *broker) nextOrder() (o *order, more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.orders) == 0 {
		b.making = false
		return nil, false
	}
	c := b.orders[0]
	b.orders, c.ordered = b.orders[1:], false
	producer := c.producer()
	if c.ring != nil || c.failed != nil || producer == nil {
		return nil, true
	}
	switch {
	case !b.budget.has(c.entry.Shape):
		b.discardFormerLocked()
		b.failLocked(c, errBudget)
		return nil, true
	case !b.paid(producer, c.entry.Shape):
		b.failLocked(c, errAllowance)
		return nil, true
	}
	b.budget.take(c.entry.Shape)
	b.number++
	return &order{channel: c, entry: c.entry, producer: producer, number: b.number, create: b.create}, true
}

var errAllowance = errors.New("its producer attaches so often that the memory of its channels is used up; wait, and find out why")

// paid takes the memory of a ring off the allowance of the producer's service, if it is the
// first since that attached: what the configuration costs is the operator's.
func (b *broker) paid(producer *end, s channel.Shape) bool {
	if producer.paid {
		return true
	}
	producer.paid = b.spend(producer.service.name, int64(generationBytes+s.Consumers*placeBytes))
	return producer.paid
}

// install puts a new ring in use, if it is the one that is wanted still.
func (b *broker) install(o *order) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := o.channel
	if o.err != nil {
		b.budget.give(o.entry.Shape)
	}
	wanted := c.ring == nil && c.entry != nil && c.producer() == o.producer && c.entry.Equal(o.entry)
	switch {
	case o.err != nil && wanted:
		b.failLocked(c, o.err)
		return
	case o.err != nil:
	case wanted:
		c.ring, c.logged = newRing(o.generation, o.entry, o.producer), false
	default:
		go b.close(o.generation)
	}
	b.settleLocked(c)
}

// failLocked takes in that a ring could not be made. It is tried again after a while.
func (b *broker) failLocked(c *conduit, err error) {
	if !c.logged {
		b.log.Error("make a channel, will try again", "channel", c.name, "err", err)
		c.logged = true
	}
	if c.ring != nil {
		b.retireLocked(c)
	}
	c.failed = err
	b.settleLocked(c)
	time.AfterFunc(b.pause, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if c.failed == err && b.conduits[c.name] == c {
			c.failed = nil
			b.settleLocked(c)
		}
	})
}

// retireLocked ends the ring in use. Consumers take what is in it.
func (b *broker) retireLocked(c *conduit) {
	r := c.ring
	r.End()
	b.countLocked(c, r)
	c.ring = nil
	for _, e := range c.ends {
		e.open = false
	}
	c.former = append(c.former, r)
	if len(c.former) > maxFormer {
		b.discardLocked(c.former[0])
		c.former = c.former[1:]
	}
}

// closeAllLocked lets go of the rings of a channel.
func (b *broker) closeAllLocked(c *conduit) {
	rings := c.former
	if c.ring != nil {
		rings = append(rings, c.ring)
	}
	for _, r := range rings {
		b.discardLocked(r)
	}
	c.ring, c.former = nil, nil
}

// discardLocked lets go of a ring that ended, as soon as nobody sends its files.
func (b *broker) discardLocked(r *ring) {
	r.closed = true
	if r.users == 0 {
		go b.close(r.Generation)
	}
}

// release ends the use of a ring's files.
func (b *broker) release(r *ring) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.releaseLocked(r)
}

func (b *broker) releaseLocked(r *ring) {
	r.users--
	if r.closed && r.users == 0 {
		go b.close(r.Generation)
	}
}

// close lets go of memory, which takes long if there is much of it and nobody else has it.
func (b *broker) close(g *channel.Generation) {
	if err := g.Close(); err != nil {
		b.log.Error("close a channel", "generation", g.Number(), "err", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.budget.give(g.Shape())
}
