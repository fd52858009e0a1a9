package enforcement

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/enforcement/rounds"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
)

// Engine makes commits effective in the attached processes.
type Engine struct {
	log *slog.Logger

	// commit serialises what changes policy or attachments: it is held from
	// Prepare to its commit or abort, and while a process joins or leaves.
	commit   sync.Mutex
	config   *policy.Config
	nextID   uint64
	departed []*history // of attachments that ended and may be continued, oldest first

	// mu guards what readers see; attachments is also read under commit alone.
	// The locks are taken in this order: commit, an attachment's mu, mu.
	mu          sync.Mutex
	attachments map[uint64]*attachment
	claims      map[string]*attachment // by service
	epoch       uint64
	minimum     gen.E_MpkSecurityTypes_IsolationStrength
	outline     outline
	ledger      *ledger
	findings    share // of the reports that are the daemon's own
	refusals    refusals
	channels    *broker
	told        told           // of unproven code
	stuck       map[string]int // looks at code that do not come back, by service

	// bells is held by the one process whose doorbell is answered: however many
	// ring, that takes one processor at most.
	bells sync.Mutex

	codeRounds  rounds.Rounds // in which the code of processes is looked at
	scanners    chan struct{} // has an element for each process that is looked at
	longest     time.Duration // longestScan
	longestJoin time.Duration
	changed     chan struct{}
	violations  chan Violation

	examinations chan struct{} // a place for each that goes on
	digesting    chan struct{} // a place for each executable that is read for a claim
	hostHasKeys  bool
	checkKeys    func(pid int) error
	checkMapped  func(pid int, page *os.File) error
	grace        time.Duration // leaveGrace

	longestDigest time.Duration // longestDigest
}

// violationBacklog is how many reports may wait for telemetry.
const violationBacklog = 4096

// New returns an engine under which everything is denied.
func New(log *slog.Logger) *Engine {
	e := &Engine{
		log: log, config: policy.NewConfig(),
		// Attachments are told apart across restarts of the daemon.
		nextID:      rand.Uint64() >> 1,
		attachments: map[uint64]*attachment{}, claims: map[string]*attachment{},
		ledger: newLedger(), channels: newBroker(log),
		scanners: make(chan struct{}, maxScanners), longest: longestScan,
		longestJoin: longestJoin, stuck: map[string]int{},
		outline: outline{services: map[string]struct{}{}, domains: map[string]bool{}},
		changed: make(chan struct{}, 1), violations: make(chan Violation, violationBacklog),
		examinations: make(chan struct{}, maxExaminations), digesting: make(chan struct{}, maxExaminations),
		hostHasKeys: mpk.HostHasKeys(), checkKeys: checkKeys, checkMapped: checkMapped, grace: leaveGrace,
		longestDigest: longestDigest,
	}
	e.refusals.record = e.record
	e.channels.record = func(from *attachment, v Violation) { e.recordOf(&from.reports, v) }
	e.channels.spend = e.spendOf
	return e
}

// Prepare compiles what the delta changes for every attached process. Exactly
// one of commit and abort must be called, soon: nothing joins or leaves
// meanwhile. Neither can fail. Prepare returns the context's error only.
func (e *Engine) Prepare(ctx context.Context, d *view.Delta) (commit, abort func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	e.awaitDigests(ctx, d)
	e.commit.Lock()
	plans := e.compile(d)
	return func() { e.put(d, plans) }, e.commit.Unlock, nil
}

// compile returns the new plans of the processes that the delta concerns.
func (e *Engine) compile(d *view.Delta) map[*attachment]plan {
	reader := e.config.With(d)
	plans := map[*attachment]plan{}
	for _, a := range e.attachments {
		if a.concerned(d) {
			plans[a] = a.compile(reader)
		}
	}
	return plans
}

func (e *Engine) put(d *view.Delta, plans map[*attachment]plan) {
	defer e.commit.Unlock()
	e.config.Apply(d)
	for a, p := range plans {
		a.obey(p)
	}
	e.reviewChannels(d, plans)
	e.mu.Lock()
	defer e.mu.Unlock()
	if !d.Empty() {
		e.epoch++
	}
	e.minimum = e.config.Reader().System().GetMinimumIsolationStrength()
	if d.System != nil {
		e.codeRounds.Every(policy.CodeScanInterval(e.config.Reader()))
	}
	e.outline.apply(d)
	e.ledger.forget(d)
	e.signal()
}

// Changed is signalled, coalesced, whenever State has news that should not
// wait: a violation was counted, a process joined or left, policy changed.
func (e *Engine) Changed() <-chan struct{} { return e.changed }

// Violations delivers what was reported, oldest first. When nobody receives,
// the newest are dropped and counted as lost reports of their service.
func (e *Engine) Violations() <-chan Violation { return e.violations }

func (e *Engine) signal() {
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

// deliverLocked returns false if there is no room for the violation, or none for
// more of that source's.
//
// Preconditions: e.mu is held.
func (e *Engine) deliverLocked(v Violation, from *share) bool {
	if len(e.violations) >= violationBacklog/2 && !from.take(v.Time) {
		return false
	}
	select {
	case e.violations <- v:
		return true
	default:
		return false
	}
}
