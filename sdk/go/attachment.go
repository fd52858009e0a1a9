package waveguard

import (
	"errors"
	"os"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// attachment is the pair of pages that came with one Welcome. It is shared by
// the threads that found it current, and unmapped when the last has moved on.
type attachment struct {
	id       uint64
	policy   *page.PolicyReader
	stats    *page.Stats
	doorbell *os.File

	// Guarded by Host.mu.
	references int
	carried    [][page.Counters]uint64 // what later pages already hold, by cell
	lost       uint64                  // the same of the lost reports
}

// openAttachment maps the pages and takes the doorbell; it closes the rest.
func openAttachment(id uint64, f wire.PageFiles) (*attachment, error) {
	policy, err := page.OpenPolicy(f.Policy)
	if err != nil {
		return nil, errors.Join(err, f.Files().Close())
	}
	stats, err := page.OpenStats(f.Stats)
	if err != nil {
		return nil, errors.Join(err, policy.Close(), f.Files().Close())
	}
	a := &attachment{id: id, policy: policy, stats: stats, doorbell: f.Doorbell}
	if err := errors.Join(f.Policy.Close(), f.Stats.Close()); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// close unmaps the pages; of a nil attachment there are none.
func (a *attachment) close() error {
	if a == nil {
		return nil
	}
	return errors.Join(a.policy.Close(), a.stats.Close(), a.doorbell.Close())
}

// ring wakes the daemon, unless it is about to look anyway.
func (a *attachment) ring() {
	if a.stats.Ring() {
		shm.Ring(a.doorbell)
	}
}

// carryTo adds to b what was counted here since the last time.
//
// Preconditions: Host.mu is held; both have the same hosted domains.
func (a *attachment) carryTo(b *attachment) {
	hosted := a.stats.Hosted()
	if a.carried == nil {
		a.carried = make([][page.Counters]uint64, hosted*hosted)
	}
	for i := range a.carried {
		source, target := i/hosted, i%hosted
		carryCell(a.stats.Cell(source, target), b.stats.Cell(source, target), &a.carried[i])
	}
	lost := a.stats.LostReports()
	b.stats.Lost(lost - a.lost)
	a.lost = lost
}

// carryCell keeps the order in which gates count: what is tolerated is read last and
// written first, so that it is never less than its reasons.
func carryCell(from, to page.Cell, carried *[page.Counters]uint64) {
	var now [page.Counters]uint64
	for c := range page.Counter(page.Counters) {
		now[c] = from.Load(c)
	}
	for c := page.Counter(page.Counters) - 1; c >= 0; c-- {
		if now[c] != carried[c] {
			to.AddN(c, now[c]-carried[c])
		}
	}
	*carried = now
	to.See(from.Seen())
}

// adopt makes a the current attachment. Threads move to it at their next gate
// that is not on the fast path.
func (h *Host) adopt(a *attachment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a.references = 1 // that of being current
	old := h.attachment.Load()
	if old != nil {
		old.carryTo(a)
	}
	h.attachment.Store(a)
	if old != nil {
		h.releaseLocked(old)
	}
}

// acquire returns the current attachment with a reference to it, nil when the
// host has been taken down. A thread in Run keeps that from happening.
func (h *Host) acquire() *attachment {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.users == 0 {
		return nil
	}
	a := h.attachment.Load()
	a.references++
	return a
}

func (h *Host) release(a *attachment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.releaseLocked(a)
}

func (h *Host) releaseLocked(a *attachment) {
	a.references--
	if a.references > 0 {
		return
	}
	if current := h.attachment.Load(); current != a {
		a.carryTo(current)
	}
	if err := a.close(); err != nil {
		h.logger.Warn("close pages", "attachment", a.id, "error", err)
	}
}
