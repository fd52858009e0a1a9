package enforcement

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"

	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
)

// Engine makes commits effective in the attached processes.
type Engine struct {
	log *slog.Logger

	// commit serialises what changes policy or attachments: it is held from
	// Prepare to its commit or abort, and while a process joins or leaves.
	commit sync.Mutex
	config *policy.Config
	nextID uint64

	// mu guards what readers see. An attachment's mu is taken before it.
	mu          sync.Mutex
	attachments map[uint64]*attachment
	claims      map[string]*attachment // by service
	departed    map[uint64]*attachment // ended, not yet continued
	epoch       uint64
	minimum     gen.E_MpkSecurityTypes_IsolationStrength
	outline     outline
	ledger      *ledger

	changed    chan struct{}
	violations chan Violation
	lost       uint64 // violations that the channel had no room for
}

// violationBacklog is how many reports may wait for telemetry.
const violationBacklog = 4096

// New returns an engine under which everything is denied.
func New(log *slog.Logger) *Engine {
	return &Engine{
		log: log, config: policy.NewConfig(),
		// Attachments are told apart across restarts of the daemon.
		nextID:      rand.Uint64() >> 1,
		attachments: map[uint64]*attachment{}, claims: map[string]*attachment{},
		departed: map[uint64]*attachment{},
		ledger:   newLedger(),
		outline:  outline{services: map[string]string{}, domains: map[string]bool{}},
		changed:  make(chan struct{}, 1), violations: make(chan Violation, violationBacklog),
	}
}

// Prepare compiles what the delta changes for every attached process. Exactly
// one of commit and abort must be called, soon: nothing joins or leaves
// meanwhile. Neither can fail. Prepare returns the context's error only.
func (e *Engine) Prepare(ctx context.Context, d *view.Delta) (commit, abort func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	e.commit.Lock()
	tables := e.compile(d)
	return func() { e.put(d, tables) }, e.commit.Unlock, nil
}

// compile returns the new pages of the processes that the delta concerns.
func (e *Engine) compile(d *view.Delta) map[*attachment]page.Table {
	reader := e.config.With(d)
	tables := map[*attachment]page.Table{}
	for _, a := range e.attachments {
		if a.concerned(d) {
			tables[a] = a.compile(reader)
		}
	}
	return tables
}

func (e *Engine) put(d *view.Delta, tables map[*attachment]page.Table) {
	defer e.commit.Unlock()
	e.config.Apply(d)
	for a, t := range tables {
		e.publish(a, t)
	}
	e.mu.Lock()
	if !d.Empty() {
		e.epoch++
	}
	e.minimum = e.config.Reader().System().GetMinimumIsolationStrength()
	e.outline.apply(d)
	e.mu.Unlock()
	e.signal()
}

func (e *Engine) publish(a *attachment, t page.Table) {
	if _, err := a.policy.Publish(t); err != nil {
		e.log.Error("publish policy", "attachment", a.id, "err", err)
	}
}

// Changed is signalled, coalesced, whenever Snapshot has news that should not
// wait: a violation was counted, a process joined or left, policy changed.
func (e *Engine) Changed() <-chan struct{} { return e.changed }

// Violations delivers what was reported, oldest first. When nobody receives,
// the newest are dropped and counted in Snapshot.
func (e *Engine) Violations() <-chan Violation { return e.violations }

func (e *Engine) signal() {
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

func (e *Engine) deliver(v Violation) {
	select {
	case e.violations <- v:
	default:
		e.mu.Lock()
		e.lost++
		e.mu.Unlock()
	}
}
