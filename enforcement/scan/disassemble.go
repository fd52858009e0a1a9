package scan

import (
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/arch/x86/x86asm"

	"github.com/optical-net/waveguard/enforcement/scan/internal/x86"
)

// describe returns the first instruction of code in the syntax of GNU's tools.
func describe(code []byte, at uint64, mode x86.Mode) string {
	inst, err := x86.Decode(code, mode)
	if err != nil {
		return "(no instruction)"
	}
	code = code[:inst.Len]
	if name := unknownToOthers(&inst); name != "" {
		return name
	}
	known, err := x86asm.Decode(code, int(mode))
	if err != nil || known.Len != inst.Len {
		return fmt.Sprintf("(instruction of %d bytes)", inst.Len)
	}
	return strings.TrimSpace(x86asm.GNUSyntax(known, at, nil))
}

// unknownToOthers names those instructions that x86asm does not know and that
// matter here; "" is any other.
func unknownToOthers(inst *x86.Inst) string {
	if inst.Map != x86.TwoByte || inst.Rep != 0 || inst.Size16 {
		return ""
	}
	switch {
	case inst.Opcode == 0x01 && inst.ModRM == 0xef:
		return "wrpkru"
	case inst.Opcode == 0x01 && inst.ModRM == 0xee:
		return "rdpkru"
	}
	return ""
}

// line disassembles the first instruction of code.
func line(code []byte, at uint64, mode x86.Mode) Line {
	n := 1
	if inst, err := x86.Decode(code, mode); err == nil {
		n = inst.Len
	}
	return Line{Address: Address(at), Bytes: hex.EncodeToString(code[:n]), Text: describe(code, at, mode)}
}

// Of the code around a hit this many instructions are shown.
const (
	linesBefore = 4
	linesAfter  = 4
	linesHidden = 2
)

// listing disassembles the code around a hit; boundary is where the instruction
// begins that the hit begins in.
func (e *examiner) listing(hit located, boundaries []uint64) []Line {
	var lines []Line
	i := max(0, len(boundaries)-1-linesBefore)
	for ; i < len(boundaries); i++ {
		lines = append(lines, line(e.code(boundaries[i]), boundaries[i], e.mode))
	}
	last := len(lines) - 1
	lines[last].Mark = Here
	next := boundaries[len(boundaries)-1] + uint64(len(lines[last].Bytes)/2)
	lines = e.more(lines, next, linesAfter)
	if uint64(lines[last].Address) == hit.address {
		return lines
	}
	hidden := e.more(nil, hit.address, linesHidden)
	for i := range hidden {
		hidden[i].Mark = Hidden
	}
	return append(lines, hidden...)
}

// more appends the instructions at an address.
func (e *examiner) more(lines []Line, at uint64, n int) []Line {
	for range n {
		code := e.code(at)
		if len(code) == 0 {
			break
		}
		l := line(code, at, e.mode)
		lines = append(lines, l)
		at += uint64(len(l.Bytes) / 2)
	}
	return lines
}
