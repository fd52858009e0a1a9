package enforcement

import (
	"strconv"
	"time"

	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/gen/view"
)

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

// FillObservations adds pairs of domains until so many are observed.
func (e *Engine) FillObservations(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	o := &e.ledger.observed
	for i := 0; len(o.pairs) < n; i++ {
		o.pairs[view.TransitionKey{Source: "x", Target: strconv.Itoa(i)}] = &observed{}
	}
}

// LookEvery sets the time between two looks at the code of a process, until a commit
// changes it.
func (e *Engine) LookEvery(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.codeEvery = d
}

// CodeAdmits says whether a service that requires clean code takes that of a
// process, which was not scanned.
func CodeAdmits(pid int) error {
	c := followCode(pid)
	defer c.close()
	return c.admits(policy.CodeScan{On: true, Required: true})
}
