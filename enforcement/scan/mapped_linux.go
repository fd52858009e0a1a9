package scan

import (
	"debug/elf"
	"fmt"
	"io"
	"os"

	"github.com/optical-net/waveguard/enforcement/scan/internal/x86"
)

// mapped is an ELF file that a process has mapped.
type mapped struct {
	image *image
	bias  uint64 // what addresses in the process have more than in the file
}

func (m *mapped) mode() x86.Mode { return m.image.mode() }

// locate implements object.
func (m *mapped) locate(addresses []uint64) []position {
	own := make([]uint64, len(addresses))
	for i, address := range addresses {
		own[i] = address - m.bias
	}
	positions := m.image.locate(own)
	for i := range positions {
		if positions[i].begin != 0 {
			positions[i].begin += m.bias
		}
	}
	return positions
}

// objects opens the files that a process has mapped, as long as it is scanned.
type objects struct {
	process *process
	files   []*os.File
}

func (o *objects) close() {
	for _, f := range o.files {
		_ = f.Close()
	}
}

// object returns what is known of the code of a mapping; nil if it is of no
// file, or of none that can be opened. It only gives names: what was searched is
// the memory.
func (o *objects) object(m *mapping) object {
	var r io.ReaderAt
	size := int64(m.end - m.start)
	switch {
	case m.name == "[vdso]":
		r = io.NewSectionReader(o.process.memory, int64(m.start), size)
	case m.inode != 0:
		f := o.open(m)
		if f == nil {
			return nil
		}
		info, err := f.Stat()
		if err != nil {
			return nil
		}
		r, size = f, info.Size()
	default:
		return nil
	}
	file, err := openImage(r, size)
	if err != nil {
		return nil
	}
	return file.mappedAt(m)
}

// open opens the file of a mapping, be it deleted; without the right to
// (CAP_CHECKPOINT_RESTORE), by its name if the file there is still the same.
func (o *objects) open(m *mapping) *os.File {
	f, err := o.process.open(fmt.Sprintf("map_files/%x-%x", m.start, m.end))
	if err != nil {
		f, err = o.process.open("root" + m.name)
	}
	if err != nil {
		return nil
	}
	o.files = append(o.files, f)
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || identityOf(info).inode != m.inode {
		return nil
	}
	return f
}

// mappedAt finds the segment of which a mapping shows a piece.
func (m *image) mappedAt(at *mapping) object {
	for i := range m.segments {
		s := &m.segments[i]
		begin := s.offset &^ (pageSize - 1)
		if s.kind == elf.PT_LOAD && s.executable() && uint64(at.offset) >= begin && uint64(at.offset) < s.offset+s.fileSize {
			return &mapped{m, at.start - (s.address - s.offset + uint64(at.offset))}
		}
	}
	return nil
}
