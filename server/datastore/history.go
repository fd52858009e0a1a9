package datastore

import (
	"slices"
	"sync"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
)

// Revision is a configuration that was running, and who made it so.
type Revision struct {
	Number uint64    // of its journal record; they grow, with gaps
	Time   time.Time // zero when it is not known any more, or is before the first commit
	Actor  Actor     // without Access
	// Changes is how many nodes differ from the revision before, a subtree that
	// came or went for one.
	Changes int
	Config  *tree.Tree
}

// History returns what was running last, the newest first, which is running now.
// It goes back Config.History commits, across restarts; only a journal that had to
// be begun anew after an error of the disk begins a new history. [Store.Rollback]
// goes back.
func (s *Store) History() []Revision {
	all := s.history.list()
	slices.Reverse(all)
	return all
}

// Keep sets how many commits one can go back from now on; what is older is forgotten.
// More than Config.History are not there after a restart.
func (s *Store) Keep(commits int) { s.history.limit(commits) }

// history holds revisions, the oldest first.
type history struct {
	mu   sync.Mutex
	keep int // besides the one before them
	all  []Revision
}

func (h *history) list() []Revision {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.all)
}

func (h *history) add(r Revision) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, r)
	h.trim()
}

func (h *history) limit(keep int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keep = max(keep, 1)
	h.trim()
}

// trim forgets what is too old.
//
// Preconditions: h.mu is held.
func (h *history) trim() {
	if more := len(h.all) - h.keep - 1; more > 0 {
		h.all = slices.Delete(h.all, 0, more)
	}
}

// oldest returns what a snapshot may stand for: all behind it stays in the journal.
func (h *history) oldest() Revision {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all[0]
}

// revision returns what a record with edits led to.
func (en entry) revision(number uint64, config *tree.Tree) Revision {
	actor := Actor{User: en.User, Protocol: en.Protocol, Session: en.Session, Source: en.Source, Comment: en.Comment}
	return Revision{number, en.Time, actor, en.changes(), config}
}

// changes counts the edits, an entry that was created and placed once.
func (en entry) changes() int {
	n := 0
	for i, ed := range en.Edits {
		if ed.Op != opMove || i == 0 || en.Edits[i-1].Op != opReplace || en.Edits[i-1].Path != ed.Path {
			n++
		}
	}
	return n
}
