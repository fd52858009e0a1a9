package enforcement

import (
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
)

// maxObserved bounds how many pairs of domains are observed.
const maxObserved = 1 << 16

// operationName is what a configuration can call an operation: operation-name of
// mpk-security-types.
var operationName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,62}$`)

// observations are the calls that were seen, over all processes, whether policy
// has an entry for them or not. Both domains of each are configured.
type observations struct {
	since   time.Time
	pairs   map[view.TransitionKey]*observed
	room    room
	omitted uint64 // calls of pairs that found no room, or gave theirs up

	shown *gen.MpkSecurity_Observation // the latest state
}

// observed is what was seen of the calls of one domain into another.
type observed struct {
	owner string // whose room it takes

	permitted, denied, tolerated uint64

	operations  []string // by name
	more        bool     // operations were seen that are not listed
	longest     time.Duration
	busiest     uint64 // calls in a second
	first, last time.Time

	state *gen.MpkSecurity_Observation_Transition // nil since it changed
}

func newObservations(since time.Time) observations {
	return observations{since: since, pairs: map[view.TransitionKey]*observed{}, room: room{}}
}

// forget drops the pairs of domains that were removed from the configuration.
func (o *observations) forget(d *view.Delta) {
	gone := func(name string) bool { v, is := d.Domains[name]; return is && v == nil }
	if !slices.Contains(slices.Collect(maps.Values(d.Domains)), nil) {
		return
	}
	o.remove(func(k view.TransitionKey) bool { return gone(k.Source) || gone(k.Target) })
}

// observe takes in the calls from domain i of a process into j that were added
// to its cell, and what was seen of them.
//
// Preconditions: a.mu is held; it is taken before e.mu everywhere.
func (e *Engine) observe(a *attachment, i, j int, d calls, c *cell, seen page.Seen) {
	made := d.counts[page.Permitted] + d.denied + d.counts[page.Tolerated]
	if i == j {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	pair := e.pairLocked(a.owner(), view.TransitionKey{Source: a.hosted[i].Domain, Target: a.hosted[j].Domain}, made)
	if pair == nil {
		return // what was seen is taken in with the first call that is
	}
	c.seen = seen
	pair.add(d, made)
	pair.see(seen, a.hosted[j].Operations)
}

// pairLocked returns what is observed of two domains, which an owner's process made so
// many more calls between. It is nil for a pair that nothing is known of: nobody calls, a domain
// is not configured, or there is no room.
//
// Preconditions: e.mu is held.
func (e *Engine) pairLocked(owner string, key view.TransitionKey, made uint64) *observed {
	o := &e.ledger.observed
	if pair := o.pairs[key]; pair != nil || made == 0 {
		return pair
	}
	_, source := e.outline.domains[key.Source]
	_, target := e.outline.domains[key.Target]
	switch {
	case !source || !target:
		return nil
	case len(o.pairs) == maxObserved && !o.displace(owner):
		o.omitted += made
		return nil
	}
	pair := &observed{owner: owner, first: time.Now()}
	o.put(key, pair)
	return pair
}

func (o *observed) add(d calls, made uint64) {
	o.permitted += d.counts[page.Permitted]
	o.denied += d.denied
	o.tolerated += d.counts[page.Tolerated]
	if made > 0 {
		o.last, o.state = time.Now(), nil
	}
}

// see takes in what a process saw, which names the operations of the target by
// their place.
func (o *observed) see(s page.Seen, operations []string) {
	for i, name := range operations {
		if s.Operations>>i&1 != 0 {
			o.use(name)
		}
	}
	if s.Longest > o.longest {
		o.longest, o.state = s.Longest, nil
	}
	if s.Busiest > o.busiest {
		o.busiest, o.state = s.Busiest, nil
	}
}

func (o *observed) use(operation string) {
	at, known := slices.BinarySearch(o.operations, operation)
	switch {
	case known:
		return
	case len(o.operations) == page.MaxOperations || !operationName.MatchString(operation):
		if o.more {
			return
		}
		o.more = true
	default:
		o.operations = slices.Insert(slices.Clone(o.operations), at, operation)
	}
	o.state = nil
}

// state returns what was observed. Entries that did not change are the same as
// before, and so is all of it if none did.
func (o *observations) state() *gen.MpkSecurity_Observation {
	changed := o.shown == nil || len(o.shown.Transition) != len(o.pairs) || o.shown.GetOmitted() != o.omitted
	for key, pair := range o.pairs {
		if pair.state == nil {
			pair.state, changed = pair.show(key), true
		}
	}
	if changed {
		o.shown = o.show()
	}
	return o.shown
}

func (o *observations) show() *gen.MpkSecurity_Observation {
	s := &gen.MpkSecurity_Observation{
		Since: timestamp(o.since), Omitted: ygot.Uint64(o.omitted),
		Transition: make(map[gen.MpkSecurity_Observation_Transition_Key]*gen.MpkSecurity_Observation_Transition, len(o.pairs)),
	}
	for key, pair := range o.pairs {
		s.Transition[gen.MpkSecurity_Observation_Transition_Key(key)] = pair.state
	}
	return s
}

func (o *observed) show(key view.TransitionKey) *gen.MpkSecurity_Observation_Transition {
	t := &gen.MpkSecurity_Observation_Transition{
		Source: ygot.String(key.Source), Target: ygot.String(key.Target),
		Permitted: ygot.Uint64(o.permitted), Denied: ygot.Uint64(o.denied), Tolerated: ygot.Uint64(o.tolerated),
		Operation: o.operations, MoreOperations: ygot.Bool(o.more),
		FirstSeen: timestamp(o.first), LastSeen: timestamp(o.last),
	}
	if o.longest > 0 {
		t.LongestDwellTime = ygot.Uint64(uint64((o.longest + time.Microsecond - 1) / time.Microsecond))
	}
	if o.busiest > 0 {
		t.PeakRate = ygot.Uint64(o.busiest)
	}
	return t
}

// ResetObservations forgets the calls that were observed of these domains, or of
// all if there are none. Gates look at the policy anew, so that they tell again
// what they have told.
func (e *Engine) ResetObservations(sources []string) {
	e.commit.Lock()
	defer e.commit.Unlock()
	concerns := func(source string) bool { return len(sources) == 0 || slices.Contains(sources, source) }
	for _, a := range e.attachments {
		a.forgetSeen(concerns)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(sources) == 0 {
		e.ledger.observed = newObservations(time.Now())
	}
	e.ledger.observed.remove(func(k view.TransitionKey) bool { return concerns(k.Source) })
	e.signal()
}

// forgetSeen begins what the process saw anew, for sources that are concerned.
// What it counted until now is taken in before.
//
// Preconditions: Engine.commit is held.
func (a *attachment) forgetSeen(concerns func(source string) bool) {
	a.mu.Lock()
	a.sampleLocked()
	for i, source := range a.hosted {
		if a.stats == nil || a.seen == nil || a.handed || !concerns(source.Domain) {
			continue
		}
		for j := range a.hosted {
			a.stats.Forget(i, j)
			a.seen.cells[i*len(a.hosted)+j].seen = page.Seen{}
		}
	}
	a.mu.Unlock()
	a.obey(a.compile(a.engine.config.Reader()))
}
