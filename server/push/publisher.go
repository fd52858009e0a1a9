package push

import (
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Config says what a publisher publishes.
type Config struct {
	Schema *schema.Set
	Store  *datastore.Store
	Access *access.Authority
	Hub    *notify.Hub
	// Operational returns the operational data whole: what the store has, and what
	// is made when it is asked for, of which nobody is told that it changed.
	Operational func() (*tree.Tree, error)
	// Unwatched are the definitions of top-level state whose changes are not told, even
	// where the store has it: such as counts what is sent.
	Unwatched []*schema.Node
	Streams   []string // names of the event streams; all carry every event
	Limits    Limits
	Logger    *slog.Logger // nil: slog.Default
}

// Limits bound what receivers can take. Zero means the default.
type Limits struct {
	Subscriptions int           // of all receivers together; 4096
	PerReceiver   int           // subscriptions of one receiver; 64
	Queue         int           // events that wait for one subscription; 1024
	Period        time.Duration // the shortest of a periodic subscription; 100 ms
	Turn          time.Duration // what one call of Next works, but for the update it is at; 100 ms
}

func (l Limits) withDefaults() Limits {
	for field, value := range map[*int]int{&l.Subscriptions: 4096, &l.PerReceiver: 64, &l.Queue: 1024} {
		if *field == 0 {
			*field = value
		}
	}
	for _, field := range []*time.Duration{&l.Period, &l.Turn} {
		if *field == 0 {
			*field = 100 * time.Millisecond
		}
	}
	return l
}

// Publisher knows all subscriptions. Its methods may be called by any number of
// goroutines.
type Publisher struct {
	Config
	model *model // nil: the schema has not the modules

	mu   sync.Mutex
	subs map[uint32]*subscription // those with a number
	last uint32
}

// New returns a publisher. When the schema lacks ietf-subscribed-notifications or
// ietf-yang-push, it has the subscriptions of RFC 5277 alone.
func New(c Config) *Publisher {
	c.Limits = c.Limits.withDefaults()
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return &Publisher{Config: c, model: newModel(c.Schema), subs: map[uint32]*subscription{}}
}

// enter gives a subscription its number.
func (p *Publisher) enter(s *subscription) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.subs) >= p.Limits.Subscriptions {
		return &refusal{reason: insufficientResources, message: "the server has as many subscriptions as it takes; end one first"}
	}
	for s.id == 0 || p.subs[s.id] != nil {
		p.last++
		s.id = p.last
	}
	p.subs[s.id] = s
	return nil
}

// leave forgets a subscription that is over.
func (p *Publisher) leave(s *subscription) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.subs[s.id] == s {
		delete(p.subs, s.id)
	}
}

// present returns the subscriptions by number.
func (p *Publisher) present() []*subscription {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.SortedFunc(maps.Values(p.subs), func(a, b *subscription) int { return int(int64(a.id) - int64(b.id)) })
}

// Kill ends a subscription of any receiver (RFC 8639 section 2.4.5), which is told.
// The error is an *Error: no-such-subscription.
func (p *Publisher) Kill(id uint32) error {
	p.mu.Lock()
	s := p.subs[id]
	delete(p.subs, id)
	p.mu.Unlock()
	if s == nil {
		return p.model.refuse(deleting, noSuch(id))
	}
	s.killed.Store(true)
	s.owner.signal()
	return nil
}
