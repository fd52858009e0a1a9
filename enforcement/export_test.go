package enforcement

import (
	"log/slog"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/enforcement/scan"
	"github.com/optical-net/waveguard/gen/view"
)

// What TestCheckWalls and TestHasKeyed test.
var (
	CheckWalls = checkWalls
	HasKeyed   = hasKeyed
	IsMapped   = isMapped
	Occupy     = occupy
)

// SupposeKeys has the engine suppose that the host has protection keys.
func (e *Engine) SupposeKeys() { e.hostHasKeys = true }

// Claimed says whether a process claims the service, ready or not.
func (e *Engine) Claimed(service string) bool { return e.holder(service) != nil }

// Holder returns the attachment that holds a service.
func (e *Engine) Holder(service string) uint64 { return e.holder(service).id }

// Hurry has the engine wait for nobody to leave.
func (e *Engine) Hurry() { e.grace = 0 }

// CountExaminations has the engine suppose that the host has protection keys, and
// count how often it looks for a process's.
func (e *Engine) CountExaminations() *int {
	n := new(int)
	e.hostHasKeys = true
	e.checkKeys = func(int) error { *n++; return nil }
	return n
}

// Refill gives every service its allowance back.
func (e *Engine) Refill() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.ledger.services {
		c.allowance = allowance{}
	}
}

// AwaitDigestsFor sets how long a commit waits for the digests that it asks for.
func (e *Engine) AwaitDigestsFor(d time.Duration) { e.longestDigest = d }

// Believe has the engine take processes at their word, as a daemon does that does
// not look.
func (e *Engine) Believe() {
	e.hostHasKeys = true
	e.checkKeys = func(int) error { return nil }
	e.checkMapped = func(int, *os.File) error { return nil }
}

// DepartedCells returns how many cells the histories of ended attachments have.
func (e *Engine) DepartedCells() (n int) {
	e.commit.Lock()
	defer e.commit.Unlock()
	for _, h := range e.departed {
		n += len(h.cells)
	}
	return n
}

// MaxObserved is how many pairs of domains are observed.
const MaxObserved = maxObserved

// FillObservations adds pairs of domains until so many are observed, of two calls each, in
// the room of an owner.
func (e *Engine) FillObservations(owner string, n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	o := &e.ledger.observed
	for i := 0; len(o.pairs) < n; i++ {
		o.put(view.TransitionKey{Source: "x", Target: strconv.Itoa(i)}, &observed{owner: owner, permitted: 1, denied: 1})
	}
}

// LookEvery sets the time between two looks at the code of a process, until a commit
// changes it.
func (e *Engine) LookEvery(d time.Duration) { e.codeRounds.Every(d) }

// CodeAdmits says whether a service that requires clean code takes that of a
// process, which was not scanned.
func CodeAdmits(pid int) error {
	c := followCode(pid, "")
	defer c.close()
	return c.admits(policy.CodeScan{On: true, Required: true})
}

// LookFor sets when a look at the code of a process is given up. It is called before
// anything attaches.
func (e *Engine) LookFor(d time.Duration) { e.longest = d }

// JoinWithin sets how long an attachment waits for the scan that it needs. It is called
// before anything attaches.
func (e *Engine) JoinWithin(d time.Duration) { e.longestJoin = d }

// OccupyScanners leaves none to look at code with, until they are freed.
func (e *Engine) OccupyScanners() (free func()) {
	for range cap(e.scanners) {
		e.scanners <- struct{}{}
	}
	return func() {
		for range cap(e.scanners) {
			<-e.scanners
		}
	}
}

// MaxTold is how many findings are remembered.
const MaxTold = maxTold

// TellMany tells of so many processes, each with so many findings, and returns how many of them are
// remembered, and of the last process.
func TellMany(processes, findings int) (all, latest int) {
	var t told
	p := &scan.Picture{Counts: map[scan.Class]int{scan.Open: findings}}
	for i := range findings {
		p.Hits = append(p.Hits, scan.Hit{Address: scan.Address(i), Class: scan.Open})
	}
	for pid := range processes {
		t.take(toldKey{pid: pid}, p, policy.CodeScan{On: true}, later)
	}
	for _, of := range t.of {
		all += len(of.findings)
	}
	return all, len(t.of[toldKey{pid: processes - 1}].findings)
}

// How many looks at the code of a service's processes may be stuck, and what comes on top
// when several are under way.
const (
	MaxStuck = maxStuck
	UnderWay = maxScanners - 1
)

// Stuck returns how many are.
func (e *Engine) Stuck(service string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stuck[service]
}

// VisitCode has the code of the process that provides a service visited, as in a round. It says
// whether that looked at it, and whether it is left alone afterwards.
func (e *Engine) VisitCode(service string) (looked, rests bool) {
	a := e.holder(service)
	c := a.code
	c.turn.Lock()
	c.rest = time.Time{}
	c.turn.Unlock()
	looks := func() uint64 { c.mu.Lock(); defer c.mu.Unlock(); return c.looks }
	was, start := looks(), time.Now()
	a.visitCode()
	c.turn.Lock()
	defer c.turn.Unlock()
	return looks() != was, c.rest.After(start)
}

// CountRings has the engine count the rings that it makes.
func (e *Engine) CountRings() (made func() int) {
	var n atomic.Int64
	e.MakeRings(remakePause, func(s channel.Shape, number uint64) (*channel.Generation, error) {
		n.Add(1)
		return channel.NewGeneration(s, number)
	})
	return func() int { return int(n.Load()) }
}

// Spend takes memory off the allowance of a service.
func (e *Engine) Spend(service string, bytes int64) { e.spendOf(service, bytes) }

// MakeRings has the engine make rings so, and try again after that time.
func (e *Engine) MakeRings(again time.Duration, create func(channel.Shape, uint64) (*channel.Generation, error)) {
	e.channels.mu.Lock()
	defer e.channels.mu.Unlock()
	e.channels.create, e.channels.pause = create, again
}

// LimitRings has the engine make rings of so many descriptors.
func (e *Engine) LimitRings(files int) {
	e.channels.mu.Lock()
	defer e.channels.mu.Unlock()
	e.channels.budget.left.Files = files
}

// LogTo has the engine say there what becomes of channels.
func (e *Engine) LogTo(log *slog.Logger) {
	e.channels.mu.Lock()
	defer e.channels.mu.Unlock()
	e.channels.log = log
}

// Settled says whether no ring is to be made now.
func (e *Engine) Settled() bool {
	e.channels.mu.Lock()
	defer e.channels.mu.Unlock()
	return !e.channels.making
}
