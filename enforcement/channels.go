package enforcement

import (
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/policy"
)

// broker gives the ends of channels to the processes that may have them. Memory is made
// by a goroutine of its own, after the commit or the attachment that it is for; what takes
// memory away, by its end, has had effect when the commit is answered.
type broker struct {
	log    *slog.Logger
	create func(channel.Shape, uint64) (*channel.Generation, error)
	record func(from *attachment, v Violation)
	spend  func(service string, bytes int64) bool // of the memory that a service may take
	pause  time.Duration                          // remakePause

	// mu is taken after Engine.commit, and before an attachment's and the engine's.
	mu       sync.Mutex
	conduits map[string]*conduit        // by name: those that are configured or registered
	deserted map[*conduit]bool          // that have a ring which somebody was given who left
	denied   map[string]map[denial]bool // what was reported, by service
	number   uint64                     // of the latest ring
	orders   []*conduit                 // that rings are to be made for
	making   bool
	budget   budget
}

// conduit is a channel.
type conduit struct {
	name    string
	entry   *policy.Channel // nil: it is not configured
	ends    []*end          // registered by processes that are ready
	ring    *ring           // nil: there is none
	former  []*ring         // that consumers still read, oldest first
	failed  error           // why no ring can be made now
	logged  bool            // that none can
	adrift  bool            // the daemon lets go of it: nothing is ended until all ends are gone
	ordered bool            // a ring is to be made

	traffic traffic
}

func newBroker(log *slog.Logger) *broker {
	return &broker{
		log: log, create: channel.NewGeneration, pause: remakePause,
		conduits: map[string]*conduit{}, deserted: map[*conduit]bool{}, denied: map[string]map[denial]bool{},
		// Rings are told apart across restarts of the daemon. Readers of JSON that have numbers of
		// 53 bits alone read these as they are.
		number: rand.Uint64() >> 12,
		budget: newBudget(),
	}
}

// letGo leaves the rings of a process to those that have them.
func (b *broker) letGo(a *attachment) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range a.conduitsLocked(b) {
		c.adrift = true
	}
}

// conduitLocked returns the channel of that name, which may be new.
func (b *broker) conduitLocked(name string) *conduit {
	c := b.conduits[name]
	if c == nil {
		c = &conduit{name: name}
		b.conduits[name] = c
	}
	return c
}

// dropLocked forgets a channel that is neither configured nor registered.
func (b *broker) dropLocked(c *conduit) {
	if c.entry == nil && len(c.ends) == 0 {
		delete(b.conduits, c.name)
		delete(b.deserted, c)
	}
}

// holder returns the end that the policy gives this role, at that place among the
// consumers; nil if nobody has registered it or it may not be opened.
func (c *conduit) holder(role wire.Role, place int) *end {
	for _, e := range c.ends {
		if e.role == role && e.refused == nil && (role == wire.Producer || e.place == place) {
			return e
		}
	}
	return nil
}

func (c *conduit) producer() *end { return c.holder(wire.Producer, 0) }

// settleLocked brings a channel to where it ought to be. A ring stays as long as
// everything stands as it did when it was made; its end has effect at once.
func (b *broker) settleLocked(c *conduit) {
	if c.adrift {
		if len(c.ends) == 0 {
			b.closeAllLocked(c)
			c.adrift = false
		}
		return
	}
	if c.ring != nil && !c.stands() {
		b.retireLocked(c)
	}
	if c.ring == nil && c.producer() != nil && c.failed == nil {
		b.orderLocked(c)
	}
	for _, e := range c.ends {
		e.tell(c.standing(e))
	}
}

// stands says whether the ring may go on.
func (c *conduit) stands() bool {
	r := c.ring
	if c.entry == nil || !r.entry.Equal(c.entry) || r.condemned || r.producer != c.producer() {
		return false
	}
	for place, e := range r.holders {
		if e != nil && e != c.holder(wire.Consumer, place) {
			return false
		}
	}
	return true
}

// standing returns what the process of an end is to know; nil: nothing yet.
func (c *conduit) standing(e *end) *offer {
	switch r := c.ring; {
	case e.refused != nil:
		return withhold(e, e.refused)
	case e.role == wire.Consumer && c.producer() == nil:
		return withholdf(e, wire.WithheldWaiting, "channel %q has no producer yet: service %q is not attached, or may not open its end; waveguard channels shows which", c.name, c.entry.Producer)
	case c.failed != nil:
		return withholdf(e, wire.WithheldInternal, "the daemon cannot make the memory of channel %q now and will try again: %v", c.name, c.failed)
	case r != nil && (e.role == wire.Producer || r.sealed):
		return &offer{message: &wire.Channel{
			End: e.index, Role: e.role, Consumers: uint8(r.Shape().Consumers), Place: uint8(e.place), Generation: r.Number(),
		}, ring: r}
	case e.role == wire.Consumer:
		return withholdf(e, wire.WithheldWaiting, "the producer of channel %q, service %q, has not mapped its end yet", c.name, c.entry.Producer)
	}
	return nil
}

// enter registers the ends of a process that is ready.
//
// Preconditions: Engine.commit is held.
func (e *Engine) enter(a *attachment) {
	if len(a.registered) == 0 {
		return
	}
	b := e.channels
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, r := range a.registered {
		c := b.conduitLocked(r.Channel)
		one := &end{of: a, index: uint16(i), role: r.Role, service: a.services[r.service], channel: r.Channel}
		a.ends = append(a.ends, one)
		c.ends = append(c.ends, one)
	}
	e.reviewLocked(a.conduitsLocked(b))
}

// exit takes the ends of a process away; what it has mapped it keeps.
//
// Preconditions: Engine.commit is held.
func (e *Engine) exit(a *attachment) {
	if len(a.registered) == 0 {
		return
	}
	b := e.channels
	b.mu.Lock()
	defer b.mu.Unlock()
	touched := a.conduitsLocked(b)
	a.gone = true // from here on nothing is sent or taken
	for _, one := range a.ends {
		c := b.conduits[one.channel]
		c.ends = slices.DeleteFunc(c.ends, func(x *end) bool { return x == one })
		if c.ring == nil {
			continue
		}
		b.countLocked(c, c.ring)
		if !c.adrift && c.ring.leave(one) {
			b.deserted[c] = true
		}
	}
	a.ends, a.outbox = nil, nil
	for c := range touched {
		b.settleLocked(c)
		b.dropLocked(c)
	}
}

func (a *attachment) conduitsLocked(b *broker) map[*conduit]bool {
	all := map[*conduit]bool{}
	for _, e := range a.ends {
		all[b.conduits[e.channel]] = true
	}
	return all
}

// reviewChannels puts in force what a commit means for channels. The processes are those
// that it concerns otherwise.
//
// Preconditions: Engine.commit is held, and the delta is part of Engine.config.
func (e *Engine) reviewChannels(d *delta, processes map[*attachment]plan) {
	b := e.channels
	b.mu.Lock()
	defer b.mu.Unlock()
	touched := map[*conduit]bool{}
	for name, entry := range d.Channels {
		c := b.conduitLocked(name)
		c.entry, c.failed = policy.ChannelOf(entry), nil
		touched[c] = true
	}
	b.forgetDenialsLocked(d)
	for a := range processes {
		maps.Copy(touched, a.conduitsLocked(b))
	}
	for c := range b.deserted {
		if c.ring == nil {
			delete(b.deserted, c)
			continue
		}
		c.ring.condemned = c.ring.condemned || e.deserterChanged(c, d)
		touched[c] = true
	}
	e.reviewLocked(touched)
}

// reviewChannelsOf puts in force what became of the claims of a process.
//
// Preconditions: Engine.commit is held.
func (e *Engine) reviewChannelsOf(a *attachment) {
	e.channels.mu.Lock()
	defer e.channels.mu.Unlock()
	e.reviewLocked(a.conduitsLocked(e.channels))
}

// reviewLocked decides on all ends of these channels anew.
//
// Preconditions: Engine.commit and the broker's mu are held.
func (e *Engine) reviewLocked(touched map[*conduit]bool) {
	for c := range touched {
		for _, one := range c.ends {
			e.judge(c, one)
		}
		e.channels.settleLocked(c)
		c.traffic.forget(c.entry)
		if c.entry == nil {
			e.channels.closeAllLocked(c)
		}
		e.channels.dropLocked(c)
	}
}
