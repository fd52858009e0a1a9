package enforcement

import (
	"sync"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

const (
	// maxExaminations bounds how many processes are looked at at once: what that
	// costs, the process decides by how many mappings it has and how large its
	// executable is.
	maxExaminations = 2
	// longestExamination is how long one of them keeps others waiting. What takes
	// longer, such as a file system that does not answer, waits beside them.
	longestExamination = 5 * time.Second
)

// occupy waits for a place and returns what leaves it.
func occupy(places chan struct{}) (leave func()) {
	places <- struct{}{}
	free := sync.OnceFunc(func() { <-places })
	late := time.AfterFunc(longestExamination, free)
	return func() {
		late.Stop()
		free()
	}
}

// examine looks at a process that is about to obey its pages, in its own time: no
// lock is held. A refusal ends the attachment.
func (a *attachment) examine() *wire.Refused {
	defer occupy(a.engine.examinations)()
	if err := a.engine.checkMapped(a.identity.PID, a.policy.File()); err != nil {
		return refusef(wire.RefusedIdentity, "process %d may not provide its services: %v", a.identity.PID, err)
	}
	return a.examineWalls()
}

func (a *attachment) examineWalls() *wire.Refused {
	if a.backend != mpk.KindPKU {
		return nil
	}
	if err := a.engine.checkKeys(a.identity.PID); err != nil {
		return refusef(wire.RefusedStrength, "process %d may not provide its services: %v", a.identity.PID, err)
	}
	return nil
}
