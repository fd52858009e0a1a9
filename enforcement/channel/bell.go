package channel

import (
	"os"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// ring rings a bell that others hold, without waiting for any of them. If only a write
// is left to do that with, it has a goroutine of its own, which who fills the bell can hold up.
func ring(bell *os.File) {
	if !mpk.Signal(bell) {
		go shm.Ring(bell)
	}
}
