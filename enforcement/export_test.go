package enforcement

import (
	"time"

	"github.com/optical-net/waveguard/enforcement/policy"
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
