package scan

import (
	"debug/elf"
	"fmt"
	"sort"
	"strings"
)

// maxNamed is how many sections are looked through for one by its name.
const maxNamed = 256

// goTable is the table of functions that a Go program has for its own use, with
// or without symbols (Go's runtime/symtab.go, since Go 1.18).
type goTable struct {
	image          *image
	section        elf.Section64
	functions      uint64 // how many
	entries, names uint64 // offsets in the file
	text           uint64 // the address that entries count from
}

// goHeader is how the table begins.
type goHeader struct {
	Magic                                   uint32
	_                                       [2]byte
	Quantum, Pointer                        byte
	Functions, Files, Text                  uint64
	Names, Units, FileNames, Lines, Entries uint64
}

// goFunctions returns the table of a Go program. Where its code begins is not in
// the table any more: that the program's entry is a function by the name that it
// must have is the proof of the guess.
func (m *image) goFunctions(sections []elf.Section64) (*goTable, bool) {
	for _, s := range sections[:min(len(sections), maxNamed)] {
		if m.name(sections, s.Name) != ".gopclntab" {
			continue
		}
		var h goHeader
		const go118, go120 = 0xfffffff0, 0xfffffff1
		if m.decode(&h, s.Off, "the table of Go's functions") != nil || h.Magic != go118 && h.Magic != go120 || h.Pointer != 8 {
			return nil, false
		}
		t := &goTable{m, s, h.Functions, s.Off + h.Entries, s.Off + h.Names, h.Text}
		if t.text == 0 {
			t.text = m.textAddress(sections)
		}
		start, name, ok := t.find(m.entry)
		return t, ok && start == m.entry && strings.HasPrefix(name, "_rt0_")
	}
	return nil, false
}

func (m *image) textAddress(sections []elf.Section64) uint64 {
	for _, s := range sections[:min(len(sections), maxNamed)] {
		if m.name(sections, s.Name) == ".text" {
			return s.Addr
		}
	}
	return 0
}

// find returns the function that an address is in.
func (t *goTable) find(address uint64) (start uint64, name string, ok bool) {
	const entry = 8
	if t.functions > uint64(t.image.size)/entry || address < t.text {
		return 0, "", false
	}
	var e struct{ Start, Function uint32 }
	failed := false
	after := sort.Search(int(t.functions), func(i int) bool {
		failed = failed || t.image.decode(&e, t.entries+uint64(i)*entry, "a Go function") != nil
		return uint64(e.Start) > address-t.text
	})
	if failed || after == 0 || t.image.decode(&e, t.entries+uint64(after-1)*entry, "a Go function") != nil {
		return 0, "", false
	}
	var f struct{ Start, Name uint32 }
	if t.image.decode(&f, t.entries+uint64(e.Function), "a Go function") != nil || f.Start != e.Start {
		return 0, "", false
	}
	names := elf.Section64{Off: t.names, Size: uint64(t.image.size)}
	return t.text + uint64(f.Start), t.image.text(names, f.Name), true
}

// nameGo names the functions of addresses that no symbol has.
func (m *image) nameGo(sections []elf.Section64, addresses []uint64, positions []position) {
	t, ok := m.goFunctions(sections)
	if !ok {
		return
	}
	for i, address := range addresses {
		if positions[i].certainly {
			continue
		}
		if start, name, ok := t.find(address); ok {
			positions[i].symbol = fmt.Sprintf("%s+%#x", name, address-start)
			positions[i].begin, positions[i].certainly = start, true
		}
	}
}
