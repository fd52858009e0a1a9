package scan

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"slices"
)

// maxName bounds, in bytes, the names of sections and symbols.
const maxName = 512

// sectionHeaders reads the section headers. They are not needed to load a file:
// an error only takes the names away.
func (m *image) sectionHeaders() ([]elf.Section64, error) {
	t := m.sections
	if t.offset == 0 || t.number == 0 {
		return nil, nil
	}
	if m.class == elf.ELFCLASS64 {
		list := make([]elf.Section64, t.number)
		return list, m.decode(list, t.offset, "the section headers")
	}
	narrow := make([]elf.Section32, t.number)
	if err := m.decode(narrow, t.offset, "the section headers"); err != nil {
		return nil, err
	}
	list := make([]elf.Section64, t.number)
	for i, s := range narrow {
		list[i] = elf.Section64{
			Name: s.Name, Type: s.Type, Flags: uint64(s.Flags), Addr: uint64(s.Addr),
			Off: uint64(s.Off), Size: uint64(s.Size), Link: s.Link,
		}
	}
	return list, nil
}

// name returns the name of a section.
func (m *image) name(sections []elf.Section64, index uint32) string {
	if m.sections.strings >= len(sections) {
		return ""
	}
	return m.text(sections[m.sections.strings], index)
}

// text returns a text of a string table; "" if it is not there.
func (m *image) text(table elf.Section64, at uint32) string {
	if table.Type == uint32(elf.SHT_NOBITS) || uint64(at) >= table.Size || table.Off > uint64(m.size) {
		return ""
	}
	offset := table.Off + uint64(at)
	b := make([]byte, min(maxName, table.Size-uint64(at)))
	n, _ := m.r.ReadAt(b, int64(offset))
	text, _, _ := bytes.Cut(b[:n], []byte{0})
	return string(text)
}

// locate implements object, for addresses in the file's own counting.
func (m *image) locate(addresses []uint64) []position {
	positions := make([]position, len(addresses))
	sections, err := m.sectionHeaders()
	if err != nil {
		sections = nil
	}
	for i, address := range addresses {
		pos := &positions[i]
		pos.offset = m.offsetOf(address)
		if m.entry <= address {
			pos.begin = m.entry
		}
		in := slices.IndexFunc(sections, func(s elf.Section64) bool {
			return s.Flags&uint64(elf.SHF_ALLOC) != 0 && address >= s.Addr && address-s.Addr < s.Size
		})
		if in >= 0 {
			pos.section, pos.data = m.name(sections, sections[in].Name), sections[in].Flags&uint64(elf.SHF_EXECINSTR) == 0
		}
	}
	m.nameSymbols(sections, addresses, positions)
	m.nameGo(sections, addresses, positions)
	m.unwind(addresses, positions)
	return positions
}

// offsetOf returns where in the file the byte of an address is.
func (m *image) offsetOf(address uint64) int64 {
	for i := len(m.segments) - 1; i >= 0; i-- {
		s := &m.segments[i]
		begin := s.address &^ (pageSize - 1)
		if s.kind == elf.PT_LOAD && s.executable() && address >= begin && address < pageUp(s.address+s.fileSize) {
			return int64(s.offset) + int64(address-s.address)
		}
	}
	return 0
}

// unwind finds the beginnings of functions in the table for unwinders that
// PT_GNU_EH_FRAME leads to (Linux Standard Base, section 10.6.2), for addresses
// that no symbol has. The table is sorted: pairs of signed 4-byte distances.
func (m *image) unwind(addresses []uint64, positions []position) {
	for i := range m.segments {
		s := &m.segments[i]
		if s.kind != elf.PT_GNU_EH_FRAME {
			continue
		}
		var h struct {
			Version, Frame, Count, Table byte
			FramePointer                 int32
			Entries                      uint32
		}
		const sdata4, udata4, relative, version = 0x0b, 0x03, 0x30, 1
		if m.decode(&h, s.offset, "the unwind table") != nil || h.Version != version || h.Count != udata4 || h.Table != relative|sdata4 {
			return
		}
		for i := range addresses {
			if !positions[i].certainly {
				m.search(s, h.Entries, addresses[i], &positions[i])
			}
		}
	}
}

// search finds the last entry of the table of a segment at or before an address.
func (m *image) search(s *segment, entries uint32, address uint64, pos *position) {
	const header, entry = 12, 8
	low, high := uint64(0), uint64(entries) // the entry before low is at or before address
	for b := make([]byte, 4); low < high; {
		middle := (low + high) / 2
		if m.read(b, s.offset+header+middle*entry, "the unwind table") != nil {
			return
		}
		start := s.address + uint64(int64(int32(binary.LittleEndian.Uint32(b))))
		if start > address {
			high = middle
			continue
		}
		low = middle + 1
		pos.begin, pos.certainly = start, true
	}
}
