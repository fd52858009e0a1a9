package scan

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/optical-net/waveguard/enforcement/scan/internal/x86"
)

// maxSteps bounds a proof, in instructions.
const maxSteps = 64

// content is what EAX is known to hold.
type content byte

const (
	anything content = iota
	rights           // the value of PKRU
	mask             // the mask that XRSTOR was given
)

// flags is the comparison that the flags are the outcome of.
type flags byte

const (
	noFlags    flags = iota
	equalMeans       // ZF: PKRU is wanted
	zeroMeans        // ZF: bit 9 of the mask is clear
	carryMeans       // no CF: the same
)

// state is what is known before an instruction. Everything else, registers and
// memory, may be whatever suits an attacker.
type state struct {
	at     uint64
	eax    content
	flags  flags
	wanted uint32
}

// leaf is the end of a path on which the check was passed.
type leaf struct {
	at        uint64
	untouched bool   // PKRU was not written
	pkru      uint32 // otherwise
}

// proof follows every path from the instruction behind a hit. Whoever executes
// the hit, from wherever, goes on there: what stands before it proves nothing,
// because one can jump past it.
type proof struct {
	read   func(address uint64) []byte
	mode   x86.Mode
	hit    located
	seen   map[state]bool
	leaves []leaf
}

// prove says what happens to whoever executes a hit. The reason is why nothing
// is proven, with Open.
func prove(read func(uint64) []byte, mode x86.Mode, hit located) (Class, string) {
	p := &proof{read: read, mode: mode, hit: hit, seen: map[state]bool{}}
	code := read(hit.address)
	inst, err := x86.Decode(code, mode)
	if err != nil {
		return Open, "there is no code behind it, or none that stays as it is"
	}
	first := state{at: hit.address + uint64(inst.Len), eax: rights}
	if hit.instruction == XRSTOR {
		first.eax = mask
	}
	if reason := p.follow(first); reason != "" {
		return Open, reason
	}
	return p.conclude()
}

// follow walks a path until it ends. It returns what stands in the way of the
// proof.
func (p *proof) follow(s state) string {
	for !p.seen[s] {
		if p.seen[s] = true; len(p.seen) > maxSteps {
			return fmt.Sprintf("no check within %d instructions", maxSteps)
		}
		if s.at == p.hit.address {
			return "" // the same again, of which no more was assumed
		}
		code := p.read(s.at)
		inst, err := x86.Decode(code, p.mode)
		if err != nil {
			return fmt.Sprintf("at %#x there is no code, or none that stays as it is", s.at)
		}
		step := &step{inst, code, s, p.mode, s.at + uint64(inst.Len)}
		switch {
		case step.stops():
			return ""
		case step.jumps():
			s.at = step.target()
		case step.branches():
			return p.branch(step)
		default:
			next, ok := step.harmless()
			if !ok {
				return fmt.Sprintf("%s at %#x comes before any check of what was written", describe(code, s.at, p.mode), s.at)
			}
			s = next
		}
	}
	return "" // a loop without end
}

// branch follows both ways; the one on which the check is passed ends there.
func (p *proof) branch(s *step) string {
	passed := s.passes()
	for _, way := range []struct {
		at    uint64
		taken bool
	}{{s.target(), true}, {s.next, false}} {
		if passed != neither && (passed == whenTaken) == way.taken {
			p.leaves = append(p.leaves, leaf{way.at, s.flags != equalMeans, s.wanted})
			continue
		}
		next := s.state
		next.at = way.at
		if reason := p.follow(next); reason != "" {
			return reason
		}
	}
	return ""
}

// conclude turns the leaves into a claim.
func (p *proof) conclude() (Class, string) {
	if len(p.leaves) == 0 {
		return Proven, "whoever executes it gets no further"
	}
	slices.SortFunc(p.leaves, func(a, b leaf) int { return cmp.Compare(a.at, b.at) })
	class, claim := Proven, "whoever executes it gets no further, or"
	for _, l := range slices.Compact(p.leaves) {
		switch open := openKeys(l.pkru); {
		case l.untouched:
			claim += fmt.Sprintf(" goes on at %#x with PKRU as it was,", l.at)
		case len(open) == 0:
			claim += fmt.Sprintf(" goes on at %#x with PKRU %#08x, which opens no key but 0,", l.at, l.pkru)
		default:
			class = Entry
			claim += fmt.Sprintf(" goes on at %#x with PKRU %#08x, which opens keys %v,", l.at, l.pkru, open)
		}
	}
	return class, claim[:len(claim)-1]
}

// openKeys lists the keys above 0 that a value of PKRU lets a thread read.
func openKeys(pkru uint32) (open []int) {
	const keys = 16
	for key := 1; key < keys; key++ {
		if pkru>>(2*key)&1 == 0 {
			open = append(open, key)
		}
	}
	return open
}

// wantedOf is the constant of a comparison.
func wantedOf(inst *x86.Inst, code []byte) uint32 {
	return uint32(inst.Imm(code) & math.MaxUint32)
}
