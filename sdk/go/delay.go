package waveguard

import (
	crand "crypto/rand"
	"math/rand/v2"
	"time"
)

// delay keeps the thread busy for a time that is drawn anew, of up to so many
// nanoseconds: who measures calls learns less from how long they take. It does not
// sleep, which takes longer and shows in the scheduler.
func (t *Thread) delay(most uint16) {
	if most == 0 {
		return
	}
	if t.random == nil {
		var seed [32]byte
		_, _ = crand.Read(seed[:]) // never fails
		t.random = rand.NewChaCha8(seed)
	}
	// The product of 2^64 draws and a span of 2^16 is even to within 2^-48.
	span := ((t.random.Uint64() >> 16) * (uint64(most) + 1)) >> 48
	for begin := t.host.now(); t.host.now()-begin < time.Duration(span); {
	}
}
