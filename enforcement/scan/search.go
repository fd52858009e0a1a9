package scan

import (
	"bytes"
	"cmp"
	"slices"
)

// found is a place where an instruction begins, in the bytes that were searched.
type found struct {
	offset, length int // length is of the bytes that make it one
	instruction    Instruction
}

// search appends the places in code, in order, to list. It looks for the rarer
// byte of each sequence.
func search(list []found, code []byte) []found {
	from := len(list)
	list = searchFor(list, code, wrpkruLast, wrpkruEnds)
	list = searchFor(list, code, group15, group15Has)
	slices.SortFunc(list[from:], func(a, b found) int { return cmp.Compare(a.offset, b.offset) })
	return list
}

func searchFor(list []found, code []byte, rare byte, look func(code []byte, at int) (found, bool)) []found {
	for at := 0; ; at++ {
		next := bytes.IndexByte(code[at:], rare)
		if next < 0 {
			return list
		}
		at += next
		if f, ok := look(code, at); ok {
			list = append(list, f)
		}
	}
}
