package enforcement

import (
	"context"
	"errors"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/gen/view"
)

// longestDigest is how long a commit waits for the digests that it newly asks for. A service
// whose digest takes longer is isolated until it is known: others commit meanwhile.
const longestDigest = 250 * time.Millisecond

// readDigest has the digest of an executable computed, if it will be asked
// for, while no commit waits.
func (e *Engine) readDigest(id policy.Identity, h *wire.Hello) {
	for _, m := range e.matches(h) {
		if errors.Is(m.Check(id), policy.ErrDigestUnknown) {
			e.compute(id.Digest)
		}
	}
}

// compute reads a digest, when its turn comes. Who must know it asks again.
func (e *Engine) compute(d *policy.Digest) {
	defer occupy(e.digesting)()
	_, _ = d.Read()
}

func (e *Engine) matches(h *wire.Hello) (matches []*policy.Match) {
	e.commit.Lock()
	defer e.commit.Unlock()
	reader := e.config.Reader()
	for _, s := range h.Services {
		if service := reader.Service(s.Name); service != nil && service.ExecutableSha256 != nil {
			matches = append(matches, policy.MatchOf(service))
		}
	}
	return matches
}

// awaitDigests gives the digests that a change asks for, of processes that are attached, a
// moment to be known, so that most services are not isolated for want of them.
func (e *Engine) awaitDigests(ctx context.Context, d *view.Delta) {
	var wanted []*policy.Digest
	for name, s := range d.Services {
		if s == nil || s.ExecutableSha256 == nil {
			continue
		}
		if a := e.holder(name); a != nil && errors.Is(policy.MatchOf(s).Check(a.identity), policy.ErrDigestUnknown) {
			wanted = append(wanted, a.identity.Digest)
		}
	}
	if len(wanted) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, e.longestDigest)
	go func() {
		defer cancel()
		for _, digest := range wanted {
			if ctx.Err() != nil {
				return // who is isolated for it has it computed
			}
			e.compute(digest)
		}
	}()
	<-ctx.Done()
}

// proveLocked has the digest computed that a service is isolated for, and the policy put in
// force again once it is known.
//
// Preconditions: a.mu is held.
func (a *attachment) proveLocked() {
	for _, err := range a.revoked {
		if errors.Is(err, policy.ErrDigestUnknown) && !a.proving {
			a.proving = true
			go func() {
				a.engine.compute(a.identity.Digest)
				a.enforce(func(plan) bool { return true })
				a.engine.signal()
			}()
		}
	}
}
