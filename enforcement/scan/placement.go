package scan

import (
	"fmt"

	"github.com/optical-net/waveguard/enforcement/scan/internal/x86"
)

// Placement is how a hit stands in the code that was meant.
type Placement string

// The placements.
const (
	Intended Placement = "instruction"  // the instruction was meant
	Within   Placement = "within"       // bytes of one other instruction
	Across   Placement = "across"       // bytes of several instructions
	Data     Placement = "data"         // in a section that is not code
	Foreign  Placement = "unrecognised" // where no instruction can be read
)

// distance is the immediate of a jump or call.
const distance x86.Part = "distance"

// place tells how the hit stands in the instruction at boundary, and what part
// of it the bytes are.
func (e *examiner) place(hit located, boundary uint64, pos position) (Placement, x86.Part, string) {
	if pos.data {
		return Data, "", "data, in section " + pos.section
	}
	code := e.code(boundary)
	inst, err := x86.Decode(code, e.mode)
	if err != nil {
		return Foreign, "", "bytes in which no instruction can be read"
	}
	first := int(hit.address - boundary)
	last := first + hit.length - 1
	part := inst.PartAt(first)
	if part == x86.Immediate && branchesFar(inst.Opcode) && inst.ImmLen == 4 && (inst.Map == x86.TwoByte || inst.Map == x86.OneByte && inst.Opcode&0xf0 == 0xe0) {
		part = distance
	}
	words := string(part)
	switch {
	case first == 0, first == inst.PrefixLen() && inst.Map == x86.TwoByte && last < inst.Len:
		return Intended, "", "an instruction of its own" + guessed(pos)
	case last >= inst.Len:
		return Across, part, fmt.Sprintf("%s of %s, and what follows it%s", words, describe(code, boundary, e.mode), guessed(pos))
	}
	if end := inst.PartAt(last); end != inst.PartAt(first) {
		words += " to " + string(end)
	}
	return Within, part, fmt.Sprintf("%s of %s%s", words, describe(code, boundary, e.mode), guessed(pos))
}

func guessed(pos position) string {
	if pos.certainly {
		return ""
	}
	return " (guessed: no symbol tells where instructions begin)"
}

// advise says what to do about a hit.
func advise(class Class, placement Placement, part x86.Part) string {
	switch class {
	case Proven:
		return "nothing"
	case Gate:
		return "nothing; code that can be made to jump anywhere opens one domain with it, so keep such code out of the process"
	case Entry:
		return "see that the code it goes on at is meant to run with those keys open"
	case Masked:
		return "link statically, so that the dynamic loader is not there, or accept it where control flow is protected"
	}
	switch placement {
	case Intended:
		return "leave the function out: link statically without what refers to it, or build the library without it"
	case Across:
		return "put a NOP between the two instructions, or let the compiler choose other registers"
	case Data:
		return "keep data out of executable segments: link with -z separate-code"
	case Foreign:
		return "make the memory not executable, or scan the file that its code comes from"
	}
	switch part {
	case distance:
		return "link in another order, so that the distance is another; Go does with -ldflags=-randlayout=NUMBER"
	case x86.Immediate:
		return "build the constant of two"
	case x86.Displacement:
		return "an address in the program: link in another order; an offset in a structure: move the field"
	}
	return "let the compiler choose other registers, or write the instruction in another way"
}
