package scan

import (
	"bytes"
	"cmp"
	"slices"
)

// found is a place where an instruction begins, in the bytes that were searched.
type found struct {
	offset      int
	instruction Instruction
}

// search appends the places in code, in order, to list. It looks for the rarer
// byte of each sequence.
func search(list []found, code []byte) []found {
	from := len(list)
	list = searchFor(list, code, WRPKRU)
	list = searchFor(list, code, XRSTOR)
	slices.SortFunc(list[from:], func(a, b found) int { return cmp.Compare(a.offset, b.offset) })
	return list
}

func searchFor(list []found, code []byte, instruction Instruction) []found {
	rare, begins := byte(wrpkruLast), wrpkruEnds
	if instruction == XRSTOR {
		rare, begins = xrstorCode, xrstorHas
	}
	for at := 0; ; at++ {
		next := bytes.IndexByte(code[at:], rare)
		if next < 0 {
			return list
		}
		at += next
		if start := begins(code, at); start >= 0 {
			list = append(list, found{start, instruction})
		}
	}
}
