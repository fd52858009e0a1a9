package waveguard

import (
	"sync"
	"sync/atomic"

	"github.com/optical-net/waveguard/enforcement/keys"
	"github.com/optical-net/waveguard/enforcement/page"
)

// followed is which policy the hold of domains on their hardware keys is from.
type followed struct {
	last atomic.Pointer[publication]

	mu       sync.Mutex
	unpinned []string // domains that policy pins, for which there was no key to spare
}

type publication struct {
	attachment *attachment
	epoch      uint64
}

// keyOptions are what policy says of a domain's hold on its key.
func keyOptions(w page.Wall) keys.Options {
	return keys.Options{Pinned: w.Manner&page.Pinned != 0, Priority: int(w.Priority)}
}

// follow brings the domains' hold on hardware keys up to the policy in force. Gates
// come here when they ask the policy page, so it is soon after a commit, in a process
// in which anybody calls.
//
// Preconditions: the caller has a reference to the attachment.
func (h *Host) follow(a *attachment) {
	epoch := a.policy.Epoch()
	if last := h.followed.last.Load(); last != nil && *last == (publication{a, epoch}) {
		return
	}
	h.followed.mu.Lock()
	defer h.followed.mu.Unlock()
	h.followed.last.Store(&publication{a, epoch})
	h.followed.unpinned = nil
	for _, pinned := range []bool{false, true} { // who gives a key up first
		for _, d := range h.domains {
			if o := keyOptions(a.policy.Wall(d.index)); o.Pinned == pinned {
				h.hold(d, o)
			}
		}
	}
}

// hold treats a domain otherwise when keys are scarce.
//
// Preconditions: followed.mu is held.
func (h *Host) hold(d *domain, o keys.Options) {
	if d.options == o {
		return
	}
	err := d.wall.Change(o)
	if err == nil {
		d.options = o
		h.logger.Info("a domain's hold on its hardware key follows policy", "domain", d.name, "pinned", o.Pinned, "priority", o.Priority)
		return
	}
	if o.Pinned {
		h.followed.unpinned = append(h.followed.unpinned, d.name)
	}
	h.logger.Warn("a domain's hold on its hardware key cannot be as policy says", "domain", d.name, "error", err)
}

// unpinned returns the domains that policy pins and that are not.
func (h *Host) unpinned() []string {
	h.followed.mu.Lock()
	defer h.followed.mu.Unlock()
	return append([]string(nil), h.followed.unpinned...)
}

// sealed returns the domains whose regions are sealed.
func (h *Host) sealed() (names []string) {
	for _, d := range h.domains {
		if d.wall.Sealed() {
			names = append(names, d.name)
		}
	}
	return names
}
