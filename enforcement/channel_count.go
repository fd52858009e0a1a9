package enforcement

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/policy"
)

// traffic is what was counted of a channel, over all its rings.
type traffic struct {
	sent     channel.Sent
	received map[string]*channel.Received // by consumer; Next is not used
}

// tally is what was taken in of a ring. What its ends write never counts back.
type tally struct {
	sent     channel.Sent
	received []channel.Received // by place
}

// of returns the counters of a consumer.
func (t *traffic) of(consumer string) *channel.Received {
	if t.received == nil {
		t.received = map[string]*channel.Received{}
	}
	if t.received[consumer] == nil {
		t.received[consumer] = &channel.Received{}
	}
	return t.received[consumer]
}

// forget drops the counters of what the entry does not name; all of them if there is none.
func (t *traffic) forget(entry *policy.Channel) {
	if entry == nil {
		*t = traffic{}
		return
	}
	for name := range t.received {
		if !slices.Contains(entry.Consumers, name) {
			delete(t.received, name)
		}
	}
}

// sample takes in what was counted of the channels of a process.
func (b *broker) sample(a *attachment) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range a.conduitsLocked(b) {
		b.countAllLocked(c)
	}
}

// countAllLocked takes in what was counted in all rings of a channel, and lets go of
// those that ended and that nothing comes from any more.
func (b *broker) countAllLocked(c *conduit) {
	if c.ring != nil {
		b.countLocked(c, c.ring)
	}
	c.former = slices.DeleteFunc(c.former, func(r *ring) bool {
		spent := !b.countLocked(c, r) && r.empty()
		if spent {
			b.discardLocked(r)
		}
		return spent
	})
}

// countLocked takes in what was counted in a ring, and says whether anything was. Cursors are
// read first: nobody received what was not sent.
func (b *broker) countLocked(c *conduit, r *ring) (grew bool) {
	if c.entry == nil {
		return false
	}
	now := make([]channel.Received, len(r.tally.received))
	for place := range now {
		now[place] = r.Received(place)
	}
	sent := r.Sent()
	size := uint64(r.Shape().SlotSize)
	for place, n := range now {
		seen := &r.tally.received[place]
		added := channel.Received{
			Messages:  grown(&seen.Messages, n.Messages, sent.Messages),
			Octets:    grown(&seen.Octets, n.Octets, times(sent.Messages, size)),
			Lost:      grown(&seen.Lost, n.Lost, sent.Messages),
			Corrupted: grown(&seen.Corrupted, n.Corrupted, sent.Messages),
		}
		if added == (channel.Received{}) {
			continue
		}
		grew = true
		b.addLocked(c, r, place, added)
	}
	seen := &r.tally.sent
	added := channel.Sent{
		Messages: grown(&seen.Messages, sent.Messages, math.MaxUint64),
		Octets:   grown(&seen.Octets, sent.Octets, times(sent.Messages, size)),
		Refused:  grown(&seen.Refused, sent.Refused, math.MaxUint64),
	}
	t := &c.traffic.sent
	t.Messages, t.Octets, t.Refused = t.Messages+added.Messages, t.Octets+added.Octets, t.Refused+added.Refused
	return grew || added != (channel.Sent{})
}

// addLocked takes in what the consumer of a place counted, and reports what was corrupted.
func (b *broker) addLocked(c *conduit, r *ring, place int, added channel.Received) {
	consumer := r.entry.Consumers[place]
	if !slices.Contains(c.entry.Consumers, consumer) {
		return
	}
	t := c.traffic.of(consumer)
	t.Messages += added.Messages
	t.Octets += added.Octets
	t.Lost += added.Lost
	t.Corrupted += added.Corrupted
	if holder := r.holders[place]; holder != nil && added.Corrupted > 0 {
		b.record(holder.of, Violation{
			Time: time.Now(), Kind: wire.MessageCorrupted, Severity: wire.MessageCorrupted.Severity(), Channel: c.name,
			Service: consumer, Source: r.producer.service.domain, Target: holder.service.domain, PID: holder.of.identity.PID,
			Occurrences: uint32(min(added.Corrupted, math.MaxUint32)), Strength: holder.of.strength,
		})
	}
}

// grown returns by how much a counter grew, which is most at most. One of an honest
// process never falls and never leaps: what a liar's does is not counted.
func grown(seen *uint64, now, most uint64) uint64 {
	now = min(now, most)
	if now <= *seen {
		return 0
	}
	d := now - *seen
	*seen = now
	if d >= implausible {
		return 0
	}
	return d
}

// times is a product, or the greatest number there is.
func times(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	if high != 0 {
		return math.MaxUint64
	}
	return low
}

// backlog returns how many messages the consumer of a place has still to take.
func (r *ring) backlog(place int) uint64 {
	next, head := r.Received(place).Next, r.Sent().Messages
	if r.holders[place] == nil || next > head {
		return 0
	}
	return min(head-next, uint64(r.Shape().Slots))
}

// empty says whether nobody who is attached has anything to take.
func (r *ring) empty() bool {
	for place, e := range r.holders {
		if e != nil && !e.of.gone && r.backlog(place) > 0 {
			return false
		}
	}
	return true
}
