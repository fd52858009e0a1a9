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
	span := t.draw(most)
	for begin := t.host.now(); t.host.now()-begin < span; {
	}
}

// draw returns a time of up to so many nanoseconds, all of them equally likely: of 2^48
// draws for at most 2^16 values, no value has one more than another to within 2^-32.
func (t *Thread) draw(most uint16) time.Duration {
	if t.random == nil {
		var seed [32]byte
		_, _ = crand.Read(seed[:]) // never fails
		t.random = rand.NewChaCha8(seed)
	}
	return time.Duration(((t.random.Uint64() >> 16) * (uint64(most) + 1)) >> 48)
}
