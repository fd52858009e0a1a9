package enforcement

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/policy"
)

const (
	// maxScanners bounds how many processes are looked at at the same time.
	maxScanners = 2
	// longestScan is when a look is given up. One that does not come back even then,
	// because the process keeps the kernel from reading its memory (userfaultfd(2),
	// FUSE), blocks its own process's looks alone.
	longestScan = 10 * time.Second
	// longestJoin is how long an attachment waits for a scan that it needs; after
	// that it is granted, and isolated until another one ends.
	longestJoin = 3 * time.Second
	// maxStuck bounds the looks that do not come back, of the processes of one service and
	// besides those under way: each keeps a thread of the daemon. When there are as many, processes that were
	// never scanned are not.
	maxStuck = 4
	// fullScanEvery is when what looked the same is scanned again.
	fullScanEvery = time.Minute
	// scanShare bounds the time spent on one process: one part in so many.
	scanShare = 10
)

// readCode scans the code of a process that claims a service which requires it, while
// no commit waits. Who does not match is not scanned.
func (e *Engine) readCode(id policy.Identity, h *wire.Hello) *code {
	service := e.requiresCode(id, h)
	if service == "" {
		return followCode(id.PID, h.Services[0].Name)
	}
	c := followCode(id.PID, service)
	if c.follower == nil {
		return c
	}
	ctx, cancel := context.WithTimeout(context.Background(), e.longestJoin)
	scanned := make(chan struct{})
	go func() {
		defer close(scanned)
		defer cancel()
		c.look(ctx, e, func() {})
	}()
	<-ctx.Done()
	select {
	case <-scanned:
		return c
	case <-time.After(e.longestJoin / scanShare):
	}
	// The look, which ends now or is stuck, has the follower: another one goes on from here.
	go func() { <-scanned; c.close() }()
	return followCode(id.PID, service)
}

// requiresCode returns a service that is claimed and requires a scan; "" if there is none.
func (e *Engine) requiresCode(id policy.Identity, h *wire.Hello) string {
	e.commit.Lock()
	defer e.commit.Unlock()
	reader := e.config.Reader()
	for _, s := range h.Services {
		service := reader.Service(s.Name)
		if service != nil && policy.CodeScanOf(service).Required && policy.MatchOf(service).Check(id) == nil {
			return s.Name
		}
	}
	return ""
}

// refuseCode refuses an attachment whose code was scanned and is not what one of its
// services requires. One that was attached before is isolated instead: refused, it would go
// on under the policy that it had, and no commit would reach it.
func (a *attachment) refuseCode(r policy.Reader) *refusal {
	if a.continues {
		return nil
	}
	for _, s := range a.services {
		err := a.code.admits(policy.CodeScanOf(r.Service(s.name)))
		if err == nil || errors.Is(err, errNotScanned) {
			continue
		}
		return &refusal{
			Refused: refusef(wire.RefusedIdentity, "process %d may not claim service %q: %s", a.identity.PID, s.name, printable(err.Error())),
			service: s.name, code: true,
		}
	}
	return nil
}

// look brings what is known up to date. It says whether anything is new. If it does
// not come back in time, what is known changes all the same, and stuck is called.
func (c *code) look(ctx context.Context, e *Engine, stuck func()) (changed bool) {
	select {
	case e.scanners <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	release := sync.OnceFunc(func() { <-e.scanners })
	defer release()
	if p, _ := c.read(); p == nil && !e.mayLook(c.service) {
		return c.set(nil, errStuck)
	}
	late := time.AfterFunc(e.longest+e.longest/scanShare, func() {
		e.noteStuck(c.service, 1)
		p, _ := c.read()
		c.set(p, errors.New("reading its memory does not come to an end"))
		release()
		stuck()
	})
	limited, cancel := context.WithTimeout(ctx, e.longest)
	defer cancel()
	p, err := c.follower.Look(limited)
	if !late.Stop() {
		e.noteStuck(c.service, -1)
	}
	if ctx.Err() != nil {
		return false
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("there is so much of it that a scan takes longer than %v", e.longest)
	}
	if err != nil {
		p, _ = c.read()
	}
	return c.set(p, err)
}

var errStuck = errors.New("reading the memory of other processes that provide the service does not come to an end; end those")

func (e *Engine) mayLook(service string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stuck[service] < maxStuck
}

// noteStuck counts the looks that do not come back.
func (e *Engine) noteStuck(service string, more int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stuck[service] += more; e.stuck[service] == 0 {
		delete(e.stuck, service)
	}
}

// watchCode has the code of the process looked at now, and in the rounds until it leaves.
func (a *attachment) watchCode() {
	c := a.code
	if c.follower == nil {
		return
	}
	c.full = time.Now()
	c.turn.Lock()
	go a.lookAtCode()
	c.leave = a.engine.codeRounds.Join(a.visitCode)
}

// visitCode has the code looked at if there may be anything new in it. Those that come
// after it in the round wait meanwhile.
func (a *attachment) visitCode() {
	c := a.code
	if !c.turn.TryLock() {
		return
	}
	start := time.Now()
	if start.Before(c.rest) || !a.wanted(func(s policy.CodeScan) bool { return s.On }) {
		c.turn.Unlock()
		return
	}
	if c.unchanged() {
		c.restAfter(start) // a process can have tens of thousands of executable mappings
		c.turn.Unlock()
		return
	}
	go a.lookAtCode()
}

// restAfter has the process left alone for long enough after something that began at start.
//
// Preconditions: c.turn is held.
func (c *code) restAfter(start time.Time) {
	c.rest = time.Now().Add((scanShare - 1) * time.Since(start))
}

// unchanged says that a look would find what is known.
//
// Preconditions: c.turn is held.
func (c *code) unchanged() bool {
	p, problem := c.read()
	return p != nil && problem == nil && c.scanned && time.Since(c.full) <= fullScanEvery && c.follower.Unchanged()
}

// lookAtCode looks at the code once, and sets when that may be done again.
//
// Preconditions: a.code.turn is held; lookAtCode gives it up.
func (a *attachment) lookAtCode() {
	c := a.code
	defer c.turn.Unlock()
	start := time.Now()
	defer c.restAfter(start)
	if !a.wanted(func(s policy.CodeScan) bool { return s.On }) {
		return
	}
	if start.Sub(c.full) > fullScanEvery {
		c.follower.Forget()
		c.full = start
	}
	if (c.look(c.present, a.engine, a.enforceCode) || !c.scanned) && c.present.Err() == nil {
		when := later
		if !c.scanned {
			when = first
		}
		c.scanned = a.codeChanged(when)
	}
}

// longestFarewell is how long an attachment that ends waits for a look to end; one that
// does not come back goes on alone.
const longestFarewell = time.Second

// unwatch ends the looks, and waits until nobody looks any more.
func (a *attachment) unwatch() {
	c := a.code
	if c.follower == nil {
		return
	}
	c.leave()
	c.end()
	over := make(chan struct{})
	go func() {
		c.turn.Lock() // for good: nobody looks again
		c.close()
		close(over)
	}()
	late := time.NewTimer(longestFarewell)
	defer late.Stop()
	select {
	case <-over:
	case <-late.C:
	}
}

// wanted says whether a service asks for what is.
func (a *attachment) wanted(is func(policy.CodeScan) bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.scans {
		if is(s) {
			return true
		}
	}
	return false
}

// codeChanged draws the consequences of what a look found. What the first scan finds
// was there when the process attached, and is no act. It says whether anything has been
// scanned.
func (a *attachment) codeChanged(when occasion) bool {
	a.enforceCode()
	a.mu.Lock()
	scans := a.scans
	a.mu.Unlock()
	for _, s := range a.services {
		a.tellCode(s, scans[s.name], when)
	}
	p, _ := a.code.read()
	return when == later || p != nil
}

// enforceCode puts in force which services keep their claim.
func (a *attachment) enforceCode() {
	e := a.engine
	defer e.signal()
	if a.wanted(func(s policy.CodeScan) bool { return s.Required }) {
		a.enforce(func(p plan) bool { return !sameKeys(p.revoked, a.revokedNow()) })
	}
}

// enforce puts the policy in force for what is known now, if the process is still there and
// that is necessary.
func (a *attachment) enforce(necessary func(plan) bool) {
	e := a.engine
	e.commit.Lock()
	defer e.commit.Unlock()
	e.mu.Lock()
	here := e.attachments[a.id] == a
	e.mu.Unlock()
	if !here {
		return
	}
	if p := a.compile(e.config.Reader()); necessary(p) {
		a.obey(p)
		e.reviewChannelsOf(a)
	}
}

func (a *attachment) revokedNow() map[string]error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.revoked
}

func sameKeys(a, b map[string]error) bool {
	same := func(error, error) bool { return true }
	return maps.EqualFunc(a, b, same)
}

// tellCode reports what is new and not accepted by a service.
func (a *attachment) tellCode(s hostedService, asked policy.CodeScan, when occasion) {
	p, _ := a.code.read()
	if p == nil || !asked.On {
		return
	}
	key := toldKey{pid: a.identity.PID, start: a.identity.Start, stack: a.identity.Stack, service: s.name}
	n := a.engine.told.take(key, p, asked, when)
	if n.more <= 0 {
		return
	}
	a.engine.log.Warn("unproven code", "service", s.name, "pid", a.identity.PID, "findings", n.more, "at attach", when == first, "err", unproven(p, classes(asked)))
	if !n.report {
		return
	}
	v := Violation{
		Time: p.Time, Kind: wire.UnprovenCode, Severity: wire.UnprovenCode.Severity(),
		Service: s.name, Source: s.domain, PID: a.identity.PID, Occurrences: uint32(n.more), Strength: a.strength,
	}
	if len(n.fresh) > 0 && n.fresh[0].hit != nil {
		v.Address = uint64(n.fresh[0].hit.Address)
	}
	a.engine.record(v)
}
