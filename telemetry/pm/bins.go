package pm

import (
	"log/slog"
	"sync"
	"time"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/telemetry/model"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Config is what bins are made from.
type Config struct {
	Schema  *schema.Set
	Clock   func() Reading // nil: SystemClock
	Storage Storage        // nil: a restart loses all bins
	Logger  *slog.Logger   // nil: slog.Default
}

// MaxHistories is how many measurements have bins that ended, first come, first
// served.
const MaxHistories = 4096

// Bins are the bins of all measurements, and the thresholds on them. Observe,
// Write and Written until there is no more, and Tell are called in this order, by
// one goroutine at a time; Clear between such rounds.
type Bins struct {
	cfg   Config
	nodes *nodes

	mu         sync.Mutex
	running    *tree.Tree
	now        Reading // of the last look
	looked     bool
	frames     [granularities]frame
	ends       [timed][]end // by slot
	all        map[key]*series
	histories  int
	without    map[*series]bool // have no history, for want of room
	thresholds thresholds
	pending    pending
	stored     version
}

// frame is the bin under way, for all measurements.
type frame struct {
	begin time.Time
	since time.Time // from when on it was observed
	flaw  validity
}

// end is a bin that ended, for all measurements.
type end struct {
	begin time.Time // zero: there is none
	flaw  validity
}

// New returns bins that go on from what the storage has. What is there but
// cannot be read is dropped, which is logged.
func New(c Config) *Bins {
	if c.Clock == nil {
		c.Clock = SystemClock
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	b := &Bins{
		cfg: c, nodes: newNodes(c.Schema),
		stored: newVersion(),
	}
	b.now = c.Clock()
	b.start(partial)
	b.restore()
	b.stored.turned() // so that the next process knows of this one
	return b
}

// start begins with nothing at this moment. Only the first moment of a bin has
// not missed a part of it.
func (b *Bins) start(flaw validity) {
	b.all, b.histories, b.without = map[key]*series{}, 0, map[*series]bool{}
	b.thresholds, b.pending = newThresholds(), newPending()
	for g := range b.ends {
		b.ends[g] = make([]end, depth[g])
	}
	for g := range b.frames {
		begin := granularity(g).begin(b.now.Wall)
		b.frames[g] = frame{begin, b.now.Wall, flaw}
		if begin.Equal(b.now.Wall) && flaw == partial {
			b.frames[g].flaw = complete
		}
	}
	for _, kind := range ofSystem {
		b.all[key{model.Appliance, kind}] = b.newSeries(key{model.Appliance, kind})
	}
}

// newSeries returns a measurement that begins now, as its resource does. What is
// there at the first look was there all the time, and a transition, which has
// counters from its first use only, was zero before.
func (b *Bins) newSeries(k key) *series {
	s := &series{key: k, rewrite: true}
	for g, f := range b.frames {
		switch {
		case k.Type == model.Transition || !b.looked:
			s.current[g] = bin{start: f.since, flaw: f.flaw}
		case g == int(untimed):
			s.current[g] = bin{start: b.now.Wall}
		default:
			s.current[g] = bin{start: b.now.Wall, flaw: partial}
		}
	}
	b.pending.touch(s)
	return s
}

// Observe takes in what the counters are, under the configuration in force.
func (b *Bins) Observe(running *tree.Tree, state *gen.MpkSecurity) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.cfg.Clock()
	b.turn(now)
	b.now = now
	if running != b.running {
		b.reconfigure(running)
	}
	measure(state, func(k key, n *uint64) {
		if n == nil {
			return
		}
		if s := b.series(k); s != nil {
			b.count(s, s.rise(*n))
		}
	})
	b.looked = true
}

// count counts in the bins of a measurement, and in those of the sum it is in.
func (b *Bins) count(s *series, n uint64) {
	if n == 0 {
		return
	}
	s.add(n)
	b.pending.touch(s)
	b.stored.changed()
	for g := range granularities {
		b.watchHigh(s, g)
	}
	if s.Type == model.Service {
		if sum := b.all[key{model.Appliance, s.kind}]; sum != nil {
			b.count(sum, n)
		}
	}
}

// series returns the measurement, or nil if its resource is not configured:
// state alone never makes one.
func (b *Bins) series(k key) *series {
	s := b.all[k]
	if s == nil && b.running.Find(k.Path(b.cfg.Schema)) != nil {
		s = b.newSeries(k)
		b.all[k] = s
	}
	return s
}

// reconfigure takes in another configuration: measurements of what is gone go,
// and other thresholds hold, for the bins under way too.
func (b *Bins) reconfigure(running *tree.Tree) {
	if b.running == nil || removes(tree.Diff(b.running, running)) {
		for k, s := range b.all {
			if running.Find(k.Path(b.cfg.Schema)) == nil && k.Resource != model.Appliance {
				b.remove(s)
			}
		}
	}
	b.running = running
	b.configureThresholds(running)
}

func removes(changes []tree.Change) bool {
	for _, c := range changes {
		if c.New == nil {
			return true
		}
	}
	return false
}

func (b *Bins) remove(s *series) {
	delete(b.all, s.key)
	delete(b.without, s)
	if s.past != nil {
		b.histories--
	}
	b.pending.remove(s)
	b.thresholds.forget(s.key)
	b.stored.changed()
}
