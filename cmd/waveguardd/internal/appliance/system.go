package appliance

import (
	"time"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/gen"
)

// host is what this machine can do, found out once.
type host struct {
	version  string
	boot     time.Time
	backend  mpk.Kind
	strength mpk.Strength
	keys     int
	// missing says in words what keeps the isolation from being stronger.
	missing string
}

func detectHost() host {
	h := host{version: Version, boot: time.Now()}
	b, err := mpk.Detect()
	if err != nil {
		h.missing = "no memory isolation works here: " + err.Error()
		return h
	}
	h.backend, h.strength, h.keys = b.Kind(), b.Strength(), b.Keys()
	if h.backend != mpk.KindPKU {
		_, err := mpk.Open(mpk.KindPKU)
		h.missing = "protection keys do not work here (" + err.Error() + "): walls are process-wide and for development only"
	}
	return h
}

// source adds what is known of the machine to what enforcement knows.
type source struct {
	*enforcement.Engine
	host host
}

func (s source) State() *gen.MpkSecurity {
	state := s.Engine.State()
	sys := state.System
	sys.Version = ygot.String(s.host.version)
	sys.BootTime = ygot.String(s.host.boot.UTC().Format("2006-01-02T15:04:05Z"))
	sys.Backend = backends[s.host.backend]
	sys.IsolationStrength = enforcement.Strength(s.host.strength)
	sys.HardwareKeys = ygot.Uint8(uint8(s.host.keys))
	return state
}

var backends = map[mpk.Kind]gen.E_MpkSecurityTypes_IsolationBackend{
	mpk.KindNone:     gen.MpkSecurityTypes_IsolationBackend_NONE,
	mpk.KindMprotect: gen.MpkSecurityTypes_IsolationBackend_MPROTECT,
	mpk.KindPKU:      gen.MpkSecurityTypes_IsolationBackend_PKU,
}
