package scan

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/optical-net/waveguard/enforcement/scan/internal/x86"
)

// maxFunction is how far before a hit, in bytes, the beginning of its function
// is used; behind that, guessing is as good.
const maxFunction = 64 << 10

// guessFrom is how far before a hit instructions are read from, in bytes, if
// nothing tells where one begins. Within that, the reading falls into step with
// what was meant.
const guessFrom = 128

// examiner explains the hits of a span.
type examiner struct {
	span  *span
	mode  x86.Mode // that the code is meant for
	cache struct {
		start uint64
		code  []byte
	}
}

// examine explains hits of the span, which are in order.
func (s *span) examine(hits []located) []Hit {
	explained := make([]Hit, 0, len(hits))
	for len(hits) > 0 {
		p := s.at(hits[0].address)
		n := 1
		for n < len(hits) && hits[n].address < p.end {
			n++
		}
		explained = append(explained, s.examinePart(p, hits[:n])...)
		hits = hits[n:]
	}
	return explained
}

func (s *span) examinePart(p *part, hits []located) []Hit {
	e := &examiner{span: s, mode: x86.Mode64}
	positions := make([]position, len(hits))
	for i, h := range hits {
		positions[i].offset = p.offset + int64(h.address-p.start)
	}
	if p.object != nil {
		e.mode = p.object.mode()
		addresses := make([]uint64, len(hits))
		for i, h := range hits {
			addresses[i] = h.address
		}
		positions = p.object.locate(addresses)
	}
	explained := make([]Hit, len(hits))
	for i, h := range hits {
		explained[i] = e.examine(h, p, positions[i])
	}
	return explained
}

func (e *examiner) examine(h located, p *part, pos position) Hit {
	boundaries := e.boundaries(h, p, &pos)
	boundary := boundaries[len(boundaries)-1]
	placement, part, place := e.place(h, boundary, pos)
	class, claim := e.classify(h, boundaries, placement)
	in := p.name
	if other := e.span.at(h.address + uint64(h.length) - 1); other != p {
		in += " and " + other.name
		place += "; it begins in " + p.name + " and ends in " + other.name
	}
	return Hit{
		Instruction: h.instruction, Class: class,
		Address: Address(h.address), Offset: Address(pos.offset), In: in, Section: pos.section, Symbol: pos.symbol,
		Bytes:     hex.EncodeToString(e.code(h.address)[:h.length]),
		Placement: placement, Place: place, Claim: claim, Advice: advise(class, placement, part),
		Code: e.listing(h, boundaries),
	}
}

const identityClaim = "PKRU stays as it is, but the thread takes the place of any other for code that knows threads by this base"

// classify proves what it can.
func (e *examiner) classify(h located, boundaries []uint64, placement Placement) (Class, string) {
	if len(e.fixed(h.address)) < h.length {
		return Open, "its memory is writable: the code behind it can be replaced"
	}
	if h.instruction == WRFSBASE || h.instruction == WRGSBASE {
		return Identity, identityClaim
	}
	class, claim := e.prove(h)
	switch {
	case h.instruction == WRPKRU && e.isGate(h.address):
		return Gate, gateClaim
	case class != Open:
		return class, claim
	case h.instruction == XRSTOR && placement == Intended:
		if masked := e.maskedClaim(boundaries); masked != "" {
			return Masked, masked
		}
	}
	return class, claim
}

// prove proves for both modes, and returns what holds in the worse: a thread can
// change from one to the other with a far jump.
func (e *examiner) prove(h located) (Class, string) {
	if h.instruction == XRSTOR && e.shortened(h.address) {
		return Open, "a prefix before it makes it an instruction of another length in 32-bit mode"
	}
	class, claim := prove(e.fixed, e.mode, h)
	other := x86.Mode32
	if e.mode == x86.Mode32 {
		other = x86.Mode64
	}
	otherClass, otherClaim := prove(e.fixed, other, h)
	if slices.Index(Classes(), otherClass) <= slices.Index(Classes(), class) {
		return class, claim
	}
	return otherClass, fmt.Sprintf("%s, for a thread that has changed to %d-bit mode", otherClaim, other)
}

// shortened says whether prefix 67 is among those before an address: with 16-bit
// addressing an operand in memory has another length.
func (e *examiner) shortened(address uint64) bool {
	for n := range uint64(x86.MaxLen) {
		before := address - n - 1
		if before >= address || before < e.span.start() {
			return false
		}
		switch code := e.code(before); {
		case len(code) == 0 || !x86.IsPrefix(code[0]):
			return false
		case code[0] == 0x67:
			return true
		}
	}
	return false
}

// fixed returns what is at an address like code, without what can be written:
// nothing holds of that.
func (e *examiner) fixed(address uint64) []byte {
	code := e.code(address)
	for n := 0; n < len(code); {
		p := e.span.at(address + uint64(n))
		if p.writable {
			return code[:n]
		}
		n = int(min(uint64(len(code)), p.end-address))
	}
	return code
}

// boundaries returns where instructions begin before a hit, the last being that
// which the hit begins in.
func (e *examiner) boundaries(h located, p *part, pos *position) []uint64 {
	from := pos.begin
	if from == 0 || from < e.span.start() || h.address-from > maxFunction {
		pos.certainly = false
		from = max(p.start, h.address-min(h.address, guessFrom))
	}
	return e.readingFrom(from, h.address)
}

// readingFrom returns where instructions begin that are read one after another,
// up to the one that the byte at to is in.
func (e *examiner) readingFrom(from, to uint64) []uint64 {
	list := []uint64{from}
	for {
		at := list[len(list)-1]
		next := at + 1
		if inst, err := x86.Decode(e.code(at), e.mode); err == nil {
			next = at + uint64(inst.Len)
		}
		if next > to {
			return list
		}
		list = append(list, next)
	}
}

// cached is how much code is read at a time, in bytes.
const cached = 4096

// code returns what is at an address, as long as an instruction can be, or less
// if the span ends.
func (e *examiner) code(address uint64) []byte {
	c := &e.cache
	if address < c.start || address+x86.MaxLen > c.start+uint64(len(c.code)) {
		fresh := make([]byte, cached) // what was returned before stays as it is
		n, _ := e.span.read(fresh, address)
		c.start, c.code = address, fresh[:n]
	}
	have := c.code[min(address-c.start, uint64(len(c.code))):]
	return have[:min(len(have), x86.MaxLen)]
}
