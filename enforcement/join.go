package enforcement

import (
	"errors"
	"syscall"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/enforcement/shm"
)

var (
	_ attach.Authority = (*Engine)(nil)
	_ attach.Session   = (*attachment)(nil)
)

// leaveGrace is how long a claim waits for the process that holds a service to
// leave: one that restarts may be back before its end was dealt with.
const leaveGrace = 2 * time.Second

// Join implements attach.Authority.
func (e *Engine) Join(id policy.Identity, h *wire.Hello) (attach.Session, *wire.Refused) {
	e.awaitHolders(id, h)
	e.readDigest(id, h)
	code := e.readCode(id, h)
	e.commit.Lock()
	defer e.commit.Unlock()
	a, refused := e.admit(id, h)
	if refused == nil {
		a.code = code
		refused = a.refuseCode(e.config.Reader())
	}
	if refused != nil {
		code.close()
		e.refuse(id, refused)
		return nil, refused.Refused
	}
	doorbell, err := a.open()
	if err != nil {
		code.close()
		e.log.Error("attach a process", "pid", id.PID, "err", err)
		return nil, refusef(wire.RefusedInternal, "the daemon cannot make the pages: %v", err)
	}
	e.inherit(a, h.Continues)
	a.obey(a.compile(e.config.Reader()))
	for _, s := range a.services {
		if old := e.holder(s.name); old != nil {
			e.exit(old)
		}
	}
	e.register(a)
	go a.listen(doorbell)
	a.watchCode()
	return a, nil
}

func (e *Engine) awaitHolders(id policy.Identity, h *wire.Hello) {
	timeout := time.After(e.grace)
	for _, s := range h.Services {
		holder := e.holder(s.Name)
		if holder == nil || holder.continuedBy(id, h) {
			continue
		}
		select {
		case <-holder.left:
		case <-timeout:
			return
		}
	}
}

// refuse reports a refused claim as the violation it may be.
//
// Preconditions: e.commit is held.
func (e *Engine) refuse(id policy.Identity, r *refusal) {
	switch r.Code {
	case wire.RefusedUnknown, wire.RefusedIdentity, wire.RefusedClaimed, wire.RefusedStrength:
	default:
		return
	}
	v := Violation{
		Time: time.Now(), Kind: r.kind(), Severity: r.kind().Severity(),
		Service: r.service, PID: id.PID, Occurrences: 1,
	}
	key := refusalKey{uid: id.UID, kind: v.Kind}
	if s := e.config.Reader().Service(r.service); s != nil {
		v.Target, key.service = s.GetDomain(), r.service
	}
	e.refusals.add(key, v)
}

func (e *Engine) holder(service string) *attachment {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.claims[service]
}

// open makes the pages and the doorbell.
func (a *attachment) open() (doorbell syscall.RawConn, err error) {
	if a.policy, err = page.NewPolicy(len(a.hosted)); err != nil {
		return nil, err
	}
	if a.stats, err = page.NewStats(len(a.hosted)); err != nil {
		return nil, errors.Join(err, a.policy.Close())
	}
	if a.doorbell, err = shm.NewBell("doorbell"); err != nil {
		return nil, errors.Join(err, a.policy.Close(), a.stats.Close())
	}
	return a.doorbell.SyscallConn()
}

// register makes the attachment known; one that it continues gives way.
func (e *Engine) register(a *attachment) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.attachments[a.id] = a
	for _, s := range a.services {
		if old := e.claims[s.name]; old != nil {
			old.giveWay()
		}
		e.claims[s.name] = a
		e.serviceLocked(s.name).attaches++
	}
}

// giveWay tells the connection of a continued attachment to end.
//
// Preconditions: Engine.mu is held.
func (a *attachment) giveWay() {
	select {
	case <-a.replaced:
	default:
		close(a.replaced)
	}
}
