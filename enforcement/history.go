package enforcement

import (
	"slices"
	"time"

	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/policy"
)

// counts are the counters of one source and target, as the process writes them.
type counts [page.Counters]uint64

// cell is what was taken in of one source and target.
type cell struct {
	counts counts
	// ahead is how many calls were counted as tolerated and not yet for their
	// reason: gates count in this order, and may be read in between.
	ahead uint64
	seen  page.Seen
}

// calls are those that were added to a cell.
type calls struct {
	counts
	denied uint64 // refused: those that were tolerated left out
}

// implausible is what no process counts between two looks at it.
const implausible = 1 << 40

// advance takes in what the counters are now and returns what was added. A
// counter of an honest gate never falls and never leaps: what a liar's does is
// not counted, and it counts again only beyond where it was.
func (c *cell) advance(now counts) (added calls, grew bool) {
	for i := range now {
		if now[i] <= c.counts[i] {
			continue
		}
		if d := now[i] - c.counts[i]; d < implausible {
			added.counts[i], grew = d, true
		}
		c.counts[i] = now[i]
	}
	forbidden := added.counts[page.Denied] + added.counts[page.OperationDenied] + added.counts[page.RateLimited]
	tolerated := c.ahead + added.counts[page.Tolerated]
	c.ahead = tolerated - min(tolerated, forbidden)
	added.denied = forbidden - min(tolerated, forbidden) + added.counts[page.OutOfServiceCalls]
	return added, grew
}

// unmatched returns how many calls were refused for want of a transition, of
// those between domains that have none.
func (c *calls) unmatched() uint64 {
	return min(c.counts[page.Denied], c.denied-min(c.denied, c.counts[page.OutOfServiceCalls]))
}

// history is what was accounted of a process. Its pages count since it
// started, whatever attachments there were: each goes on from the former's.
type history struct {
	attachment uint64
	process    policy.Identity
	domains    []string // hosted, by local index
	cells      []cell   // by source and target local index
	lost       uint64
}

// maxDepartedCells bounds the memory that histories of ended attachments take.
const maxDepartedCells = 1 << 16

// clone returns a copy to go on from in another attachment.
func (h *history) clone() *history {
	c := *h
	c.cells = slices.Clone(h.cells)
	return &c
}

// blankLocked returns the history of a process that counted nothing yet.
func (a *attachment) blankLocked() *history {
	return &history{
		attachment: a.id, process: a.identity, domains: a.domains(),
		cells: make([]cell, len(a.hosted)*len(a.hosted)),
	}
}

func (a *attachment) domains() []string {
	names := make([]string, len(a.hosted))
	for i, h := range a.hosted {
		names[i] = h.Domain
	}
	return names
}

// beginLocked decides from where this attachment counts: where the predecessor
// was; from what the page says now if only a former daemon knew that one; from
// zero if there was none.
func (a *attachment) beginLocked() {
	if a.seen != nil {
		return
	}
	a.seen = a.blankLocked()
	if a.continues {
		a.readPageLocked(func(i, j int, now counts) { a.seen.cells[i*len(a.hosted)+j].counts = now })
		a.seen.lost = a.stats.LostReports()
	}
}

func (a *attachment) readPageLocked(take func(i, j int, now counts)) {
	for i := range a.hosted {
		for j := range a.hosted {
			take(i, j, a.stats.Cell(i, j))
		}
	}
}

// sample takes in what the gates of the process counted since the last time.
func (a *attachment) sample() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sampleLocked()
}

// sampleSparingly does the same for a report, unless it was done so lately that a
// process which reports all the time would have the daemon do little else.
func (a *attachment) sampleSparingly() {
	start := time.Now()
	if start.Sub(a.sampled) < (doorbellShare-1)*a.sampling {
		return
	}
	a.sample()
	a.sampled = time.Now()
	a.sampling = a.sampled.Sub(start)
}

func (a *attachment) sampleLocked() {
	if a.stats == nil || !a.ready || a.handed {
		return
	}
	a.readPageLocked(func(i, j int, now counts) {
		if now == (counts{}) {
			return
		}
		c := &a.seen.cells[i*len(a.hosted)+j]
		added, grew := c.advance(now)
		if grew {
			a.engine.account(a, i, j, added)
		}
		if seen := a.stats.Seen(i, j); grew || seen != c.seen {
			a.engine.observe(a, i, j, added, c, seen)
		}
	})
	if lost := a.stats.LostReports(); lost > a.seen.lost {
		if lost-a.seen.lost < implausible {
			a.engine.accountLost(a, lost-a.seen.lost)
		}
		a.seen.lost = lost
	}
}

// historyLocked returns what was accounted so far, for a successor; nil if
// nobody can know where to go on from.
func (a *attachment) historyLocked() *history {
	switch {
	case a.seen != nil:
		h := a.seen.clone()
		h.attachment = a.id
		return h
	case a.continues:
		return nil
	}
	return a.blankLocked()
}

// handOver ends counting here, because the successor's page has it all.
func (a *attachment) handOver() *history {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sampleLocked()
	a.handed = true
	return a.historyLocked()
}

// inherit gives a the history of the attachment that it continues, if it is
// known and was of the same process with the same domains.
//
// Preconditions: e.commit is held, so that a is not in use yet and the other
// does not leave.
func (e *Engine) inherit(a *attachment, from uint64) {
	h := e.historyOf(from, a.identity)
	if h != nil && slices.Equal(a.domains(), h.domains) {
		a.seen = h
	}
}

func (e *Engine) historyOf(attachment uint64, process policy.Identity) *history {
	if a := e.attachments[attachment]; a != nil && a.identity.Is(process) {
		return a.handOver()
	}
	for i := range e.departed {
		if h := e.departed[i]; h.attachment == attachment && h.process.Is(process) {
			return h.clone()
		}
	}
	return nil
}

// depart keeps the history of an attachment that ended, in case that its
// process comes back. The oldest give way.
//
// Preconditions: e.commit is held.
func (e *Engine) depart(h *history) {
	if h == nil {
		return
	}
	e.departed = append(e.departed, h)
	cells := 0
	for i := len(e.departed) - 1; i >= 0; i-- {
		if cells += len(e.departed[i].cells); cells > maxDepartedCells {
			e.departed = slices.Clone(e.departed[i+1:])
			return
		}
	}
}
