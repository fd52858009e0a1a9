package scan

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// candidate is the symbol that comes nearest before an address.
type candidate struct {
	start, size uint64
	name        uint32
	strings     elf.Section64
}

// nameSymbols finds the functions that addresses, which are in order, are in. It
// reads the symbol tables once, a piece at a time.
func (m *image) nameSymbols(sections []elf.Section64, addresses []uint64, positions []position) {
	best := make([]candidate, len(addresses))
	for _, s := range sections {
		kind := elf.SectionType(s.Type)
		compressed := s.Flags&uint64(elf.SHF_COMPRESSED) != 0
		if kind != elf.SHT_SYMTAB && kind != elf.SHT_DYNSYM || compressed || int(s.Link) >= len(sections) {
			continue
		}
		m.eachSymbol(s, func(c candidate) {
			c.strings = sections[s.Link]
			i, _ := slices.BinarySearch(addresses, c.start)
			if i < len(best) && (c.start > best[i].start || c.start == best[i].start && c.size > best[i].size) {
				best[i] = c
			}
		})
	}
	for i, address := range addresses {
		if i > 0 && best[i].start < best[i-1].start {
			best[i] = best[i-1]
		}
		c := best[i]
		if c.start == 0 || c.size > 0 && address-c.start >= c.size {
			continue
		}
		positions[i].symbol = fmt.Sprintf("%s+%#x", m.text(c.strings, c.name), address-c.start)
		positions[i].begin, positions[i].certainly = c.start, true
	}
}

// maxSymbolReads is how often the bytes of a file may be read for symbols: a
// hostile file has many tables, which overlap.
const maxSymbolReads = 8

// eachSymbol calls each for the functions of a symbol table.
func (m *image) eachSymbol(s elf.Section64, each func(candidate)) {
	entry := elf.Sym64Size
	if m.class == elf.ELFCLASS32 {
		entry = elf.Sym32Size
	}
	if s.Off > uint64(m.size) || m.symbolReads > maxSymbolReads*m.size {
		return
	}
	r := io.NewSectionReader(m.r, int64(s.Off), int64(min(s.Size, uint64(m.size)-s.Off)))
	const pieces = 4096
	for b := make([]byte, pieces*entry); ; {
		if m.symbolReads += int64(len(b)); m.symbolReads > maxSymbolReads*m.size+int64(len(b)) {
			return
		}
		n, err := io.ReadFull(r, b)
		for at := 0; at+entry <= n; at += entry {
			if c, kind := symbolOf(b[at:at+entry], m.class); kind == elf.STT_FUNC || kind == elf.STT_GNU_IFUNC || kind == elf.STT_NOTYPE {
				each(c)
			}
		}
		if err != nil {
			return
		}
	}
}

// symbolOf reads an entry of a symbol table. Those without a section have the
// type section, which is of no function.
func symbolOf(b []byte, class elf.Class) (candidate, elf.SymType) {
	little := binary.LittleEndian
	name, info, section := little.Uint32(b), b[4], little.Uint16(b[6:])
	c := candidate{name: name}
	if class == elf.ELFCLASS64 {
		c.start, c.size = little.Uint64(b[8:]), little.Uint64(b[16:])
	} else {
		c.start, c.size = uint64(little.Uint32(b[4:])), uint64(little.Uint32(b[8:]))
		info, section = b[12], little.Uint16(b[14:])
	}
	if elf.SectionIndex(section) == elf.SHN_UNDEF || name == 0 {
		return c, elf.STT_SECTION
	}
	return c, elf.ST_TYPE(info)
}
