package scan

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// layout returns the executable memory that loading the file makes, and notes
// what limits the scan. Segments are loaded in order, in whole pages: what the
// file holds around a segment in its first and last page is executable with it,
// and a later segment covers an earlier one (Linux fs/binfmt_elf.c; glibc
// elf/dl-map-segments.h).
func (m *image) layout(r *Report) []part {
	if m.kind == elf.ET_REL {
		r.note("it is not linked yet: linking changes its bytes")
		return m.sectionParts()
	}
	var parts []part
	stack := false
	for i := range m.segments {
		s := &m.segments[i]
		switch s.kind {
		case elf.PT_LOAD:
			parts = m.load(parts, s, r)
		case elf.PT_GNU_STACK:
			stack = true
			if s.executable() {
				r.note("it asks for an executable stack: what it writes there can be executed")
			}
		case elf.PT_DYNAMIC:
			if m.relocatesText(s) {
				r.note("it has text relocations: loading changes its code, scan the running process")
			}
		case elf.PT_INTERP:
			r.note("it is linked dynamically: scan the loader and the libraries too, or the running process")
		}
	}
	if !stack && m.kind == elf.ET_EXEC {
		r.note("it has no PT_GNU_STACK header: its stack is executable")
	}
	return parts
}

// maxDynamic bounds the entries of a dynamic section that are read.
const maxDynamic = 4096

// relocatesText says whether the dynamic section asks to write to code (DT_TEXTREL,
// or DF_TEXTREL of DT_FLAGS).
func (m *image) relocatesText(s *segment) bool {
	for i := range uint64(maxDynamic) {
		d, err := m.dynamic(s.offset, i)
		switch tag := elf.DynTag(d.Tag); {
		case err != nil, tag == elf.DT_NULL:
			return false
		case tag == elf.DT_TEXTREL, tag == elf.DT_FLAGS && elf.DynFlag(d.Val)&elf.DF_TEXTREL != 0:
			return true
		}
	}
	return false
}

// dynamic reads an entry of the dynamic section at an offset.
func (m *image) dynamic(offset, index uint64) (d elf.Dyn64, err error) {
	if m.class == elf.ELFCLASS64 {
		err = m.decode(&d, offset+index*uint64(binary.Size(d)), "the dynamic section")
		return d, err
	}
	var narrow elf.Dyn32
	err = m.decode(&narrow, offset+index*uint64(binary.Size(narrow)), "the dynamic section")
	return elf.Dyn64{Tag: int64(narrow.Tag), Val: uint64(narrow.Val)}, err
}

// maxTimes is how often a file may map its own bytes as code.
const maxTimes = 16

// sane refuses files that map themselves over and over, whose scan would not
// end.
func (m *image) sane(parts []part) error {
	size := uint64(0)
	for i := range parts {
		size += parts[i].size()
	}
	if size > maxTimes*uint64(m.size) {
		return fmt.Errorf("its segments map %d bytes of code from a file of %d: %w", size, m.size, ErrFormat)
	}
	return nil
}

// load puts a segment over the parts that are there.
func (m *image) load(parts []part, s *segment, r *Report) []part {
	begin, end := s.address&^(pageSize-1), pageUp(s.address+max(s.size, s.fileSize))
	parts = cover(parts, begin, end)
	if !s.executable() {
		return parts
	}
	writable := s.flags&elf.PF_W != 0
	if writable {
		r.note("segment %d is writable and executable: its code can be replaced", s.index)
	}
	p := part{
		start: begin, end: pageUp(s.address + s.fileSize), offset: int64(s.offset) - int64(s.address-begin),
		source: m.r, name: fmt.Sprintf("segment %d", s.index), writable: writable, object: m,
	}
	if s.offset%pageSize != s.address%pageSize {
		r.note("segment %d cannot be mapped: its offset and its address differ within the page", s.index)
		p.start, p.end, p.offset = s.address, s.address+s.fileSize, int64(s.offset)
	}
	if p.offset >= m.size {
		r.note("segment %d begins behind the end of the file", s.index)
		return parts
	}
	if left := uint64(m.size - p.offset); p.size() > left {
		if s.offset+s.fileSize > uint64(m.size) {
			r.note("segment %d goes on behind the end of the file", s.index)
		}
		p.end = p.start + left
	}
	if p.start >= p.end {
		return parts
	}
	return append(parts, p)
}

func pageUp(address uint64) uint64 { return (address + pageSize - 1) &^ (pageSize - 1) }

// cover takes the addresses from begin to end out of the parts.
func cover(parts []part, begin, end uint64) []part {
	left := make([]part, 0, len(parts)+1)
	for _, p := range parts {
		before, after := p, p
		before.end = min(p.end, begin)
		if end > p.start {
			after.start = max(p.start, end)
			after.offset += int64(after.start - p.start)
		}
		if begin >= p.end || end <= p.start {
			left = append(left, p)
			continue
		}
		if before.start < before.end {
			left = append(left, before)
		}
		if after.start < after.end {
			left = append(left, after)
		}
	}
	return left
}

// sectionParts returns the code of a file that is not linked, each section in
// a place of its own.
func (m *image) sectionParts() []part {
	var parts []part
	sections, err := m.sectionHeaders()
	if err != nil {
		return nil
	}
	for _, s := range sections {
		if s.Flags&uint64(elf.SHF_EXECINSTR) == 0 || s.Type == uint32(elf.SHT_NOBITS) || s.Size == 0 ||
			s.Off >= uint64(m.size) || s.Size > uint64(m.size)-s.Off {
			continue
		}
		parts = append(cover(parts, s.Off, s.Off+s.Size), part{
			start: s.Off, end: s.Off + s.Size, offset: int64(s.Off), source: m.r, name: "section " + m.name(sections, s.Name),
		})
	}
	return parts
}
