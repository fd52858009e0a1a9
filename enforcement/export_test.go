package enforcement

import (
	"strconv"

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

// FillObservations takes all room for pairs of domains.
func (e *Engine) FillObservations() {
	e.mu.Lock()
	defer e.mu.Unlock()
	o := &e.ledger.observed
	for i := 0; len(o.pairs) < maxObserved; i++ {
		o.pairs[view.TransitionKey{Source: "x", Target: strconv.Itoa(i)}] = &observed{}
	}
}
