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

// watchCode looks at the code of the process until it leaves.
func (a *attachment) watchCode() {
	defer close(a.code.watched)
	defer a.code.close()
	if a.code.follower == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { <-a.left; cancel() }()
	first, full := true, time.Now()
	for {
		start := time.Now()
		if a.wanted(func(s policy.CodeScan) bool { return s.On }) {
			if start.Sub(full) > fullScanEvery {
				a.code.follower.Forget()
				full = start
			}
			if (a.code.look(ctx, a.engine, a.enforceCode) || first) && ctx.Err() == nil {
				first = a.codeChanged(first)
			}
		}
		if !a.restFromCode(ctx, start, (scanShare-1)*time.Since(start)) {
			return
		}
	}
}

// restFromCode waits until it is time for the next look, and at least for a time. It
// returns false when ctx ends. A shorter interval counts within a second.
func (a *attachment) restFromCode(ctx context.Context, start time.Time, least time.Duration) bool {
	begin := time.Now()
	for {
		left := max(a.engine.codeInterval()-time.Since(start), least-time.Since(begin))
		if left <= 0 {
			return ctx.Err() == nil
		}
		t := time.NewTimer(min(left, time.Second))
		select {
		case <-ctx.Done():
			t.Stop()
			return false
		case <-t.C:
		}
	}
}

// longestFarewell is how long an attachment that ends waits for a look to end; one that
// does not come back goes on alone.
const longestFarewell = time.Second

// unwatch waits until nobody looks any more.
//
// Preconditions: a.left is closed.
func (a *attachment) unwatch() {
	late := time.NewTimer(longestFarewell)
	defer late.Stop()
	select {
	case <-a.code.watched:
	case <-late.C:
	}
}

func (e *Engine) codeInterval() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.codeEvery
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
// was there when the process attached, and is no act. It says whether that is yet
// to come.
func (a *attachment) codeChanged(first bool) bool {
	a.enforceCode()
	a.mu.Lock()
	scans := a.scans
	a.mu.Unlock()
	told := map[finding]bool{}
	for _, s := range a.services {
		a.tellCode(s, scans[s.name], first, told)
	}
	a.code.told = told
	p, _ := a.code.read()
	return first && p == nil
}

// enforceCode puts in force which services keep their claim.
func (a *attachment) enforceCode() {
	e := a.engine
	defer e.signal()
	if !a.wanted(func(s policy.CodeScan) bool { return s.Required }) {
		return
	}
	e.commit.Lock()
	defer e.commit.Unlock()
	e.mu.Lock()
	here := e.attachments[a.id] == a
	e.mu.Unlock()
	if !here {
		return
	}
	p := a.compile(e.config.Reader())
	if !sameKeys(p.revoked, a.revokedNow()) {
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
func (a *attachment) tellCode(s hostedService, asked policy.CodeScan, first bool, told map[finding]bool) {
	p, _ := a.code.read()
	if p == nil || !asked.On {
		return
	}
	var fresh []flaw
	for _, f := range refused(p, classes(asked)) {
		if told[f.finding] = true; !a.code.told[f.finding] {
			fresh = append(fresh, f)
		}
	}
	n := p.Refused(classes(asked)...)
	more := max(len(fresh), n-a.code.counted[s.name])
	a.code.counted[s.name] = n
	if more <= 0 {
		return
	}
	a.engine.log.Warn("unproven code", "service", s.name, "pid", a.identity.PID, "findings", more, "at attach", first, "err", unproven(p, classes(asked)))
	if first && !asked.Required {
		return
	}
	v := Violation{
		Time: p.Time, Kind: wire.UnprovenCode, Severity: wire.UnprovenCode.Severity(),
		Service: s.name, Source: s.domain, PID: a.identity.PID, Occurrences: uint32(more), Strength: a.strength,
	}
	if len(fresh) > 0 && fresh[0].hit != nil {
		v.Address = uint64(fresh[0].hit.Address)
	}
	a.engine.record(v)
}
