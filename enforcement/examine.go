package enforcement

import (
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

// maxExaminations bounds how many processes are looked at at once: what that
// costs, the process decides by how many mappings it has.
const maxExaminations = 2

// examine looks at a process that is about to obey its pages, in its own time: no
// lock is held. A refusal ends the attachment.
func (a *attachment) examine() *wire.Refused {
	a.engine.examinations <- struct{}{}
	defer func() { <-a.engine.examinations }()
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
