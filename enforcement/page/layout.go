package page

import (
	"errors"
	"fmt"
)

// The layout of sdk/include/waveguard/page.h.
const (
	// ABI is the version of the layout of both pages.
	ABI = 2
	// MaxHosted is the most domains that one process can host.
	MaxHosted = 1024
	// MaxOperations is the most operations that one domain can register.
	MaxOperations = 32

	policyMagic = 0x594c4f5044524757
	statsMagic  = 0x5441545344524757

	policyHeaderSize = 64
	policyBank       = 24 // two 4-byte offsets
	policyBankSize   = 32
	policyFlags      = 36
	policyEpoch      = 40

	domainSize      = 16
	domainID        = 0
	domainLevel     = 2
	domainState     = 3
	domainRowOffset = 4
	domainRowCount  = 8
	domainFlags     = 12
	domainPriority  = 13
	domainGateDelay = 14

	entrySize       = 16
	entryTarget     = 0
	entryFlags      = 2
	entryOperations = 4
	entryMaxRate    = 8
	entryMaxDwell   = 12

	statsHeaderSize = 64
	statsDoorbell   = 24
	statsLost       = 32

	cellSize       = 128
	cellOperations = 64
	cellLongest    = 72
	cellBusiest    = 80

	// Both headers begin alike.
	headerMagic  = 0
	headerABI    = 8
	headerHosted = 12
	headerSize   = 16

	flagSuperseded = 1
)

// ErrFormat reports a page that does not have the layout of this version, or
// lacks the seals that make it safe to read.
var ErrFormat = errors.New("not a page of this version")

func bankSize(hosted int) int {
	return (hosted*domainSize + hosted*hosted*entrySize + 63) &^ 63
}

func bankOffset(hosted, bank int) int {
	return policyHeaderSize + bank*bankSize(hosted)
}

func policyPageSize(hosted int) int { return policyHeaderSize + 2*bankSize(hosted) }

func statsPageSize(hosted int) int { return statsHeaderSize + hosted*hosted*cellSize }

// Bytes returns how much memory the pages of a process with so many hosted domains
// take.
func Bytes(hosted int) int { return policyPageSize(hosted) + statsPageSize(hosted) }

func checkHosted(hosted int) error {
	if hosted < 1 || hosted > MaxHosted {
		return fmt.Errorf("%d hosted domains, want 1..%d", hosted, MaxHosted)
	}
	return nil
}

// State is the state of a hosted domain, as the gates obey it.
type State uint8

// The states of a domain. Any other value, the zero value among them, refuses
// every gate.
const (
	InService    State = 1
	OutOfService State = 2 // gates into the domain refuse
	Restricted   State = 3 // in service, with the little that its row leaves
	Isolated     State = 4 // gates into and out of the domain refuse
)

// Enterable reports whether gates into a domain in this state may open.
func (s State) Enterable() bool { return s.among(1<<InService | 1<<Restricted) }

// Leavable reports whether gates out of a domain in this state may open. A
// domain that went out of service finishes what it is doing.
func (s State) Leavable() bool { return s.among(1<<InService | 1<<Restricted | 1<<OutOfService) }

// among reports whether a state is one of a set, with the same work for each.
func (s State) among(set uint64) bool { return 1<<s&set != 0 }

// Manner is how the gates of a domain work beyond what its row says.
type Manner uint8

// The manners of a domain, as bits.
const (
	Permissive   Manner = 1 << 0 // its calls that policy forbids are counted, reported and let through
	Pinned       Manner = 1 << 1 // it keeps its hardware key
	ConstantTime Manner = 1 << 2 // gates into it take the same time whatever policy says
)

// Flags are the flags of an [Entry].
type Flags uint16

// The flags of an entry.
const (
	Permit   Flags = 1 << 0 // without it the entry denies
	FastPath Flags = 1 << 1 // a verdict may be kept until the epoch changes
)

// Entry is the policy for calls of one domain into another.
type Entry struct {
	Target     int    // local index of the domain called
	Flags      Flags  // Permit, FastPath
	Operations uint32 // bit i permits the target's i-th operation
	MaxRate    uint32 // calls per second; 0 is unlimited
	MaxDwell   uint32 // microseconds per call; 0 is unlimited
}

// Domain is what a policy page says of one hosted domain.
type Domain struct {
	ID      uint16 // of the domain in the policy
	Level   uint8  // privilege level
	State   State
	Wall    Wall
	Entries []Entry // calls of this domain, by ascending Target
}

// Wall is how the wall and the gates of a domain work.
type Wall struct {
	Manner    Manner
	Priority  uint8  // in the contest for hardware keys; the lowest gives its key up first
	GateDelay uint16 // nanoseconds, most by which a crossing is delayed at random; 0 is not at all
}

// Table is a whole policy page: the hosted domains by local index.
type Table []Domain

func (t Table) check(hosted int) error {
	if len(t) != hosted {
		return fmt.Errorf("table has %d domains, the page %d", len(t), hosted)
	}
	for i, d := range t {
		previous := -1
		for _, e := range d.Entries {
			if e.Target <= previous || e.Target >= hosted {
				return fmt.Errorf("domain %d: entry for target %d after %d, want ascending below %d",
					i, e.Target, previous, hosted)
			}
			previous = e.Target
		}
	}
	return nil
}
