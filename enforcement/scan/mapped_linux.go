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

// fileKey tells the file of a mapping from all others.
type fileKey struct {
	device string
	inode  uint64
}

// objects opens the files that a process has mapped, as far as they are asked
// for, as long as it is scanned.
type objects struct {
	process *process
	opened  map[fileKey]*os.File // nil for those that cannot be opened
}

// maxOpened bounds the files that are open during a scan; no names are known of
// what is in others.
const maxOpened = 64

func (o *objects) close() {
	for _, f := range o.opened {
		if f != nil {
			_ = f.Close()
		}
	}
}

// code is the object of a mapping, looked up when it is needed. It only gives
// names: what is searched is the memory.
type code struct {
	objects *objects
	mapping *mapping
}

func (c *code) mode() x86.Mode {
	if o := c.objects.object(c.mapping); o != nil {
		return o.mode()
	}
	return x86.Mode64
}

// locate implements object. Where nothing is known, addresses are offsets.
func (c *code) locate(addresses []uint64) []position {
	if o := c.objects.object(c.mapping); o != nil {
		return o.locate(addresses)
	}
	positions := make([]position, len(addresses))
	for i, address := range addresses {
		positions[i].offset = int64(address)
	}
	return positions
}

// object returns what is known of the code of a mapping; nil if it is of no
// file, or of none that can be opened.
func (o *objects) object(m *mapping) object {
	var r io.ReaderAt
	size := int64(m.end - m.start)
	switch {
	case m.name == "[vdso]":
		r = io.NewSectionReader(o.process.memory, int64(m.start), size)
	case m.inode != 0:
		f := o.file(m)
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

// file returns the file of a mapping, opened once.
func (o *objects) file(m *mapping) *os.File {
	key := fileKey{m.device, m.inode}
	f, known := o.opened[key]
	if !known && len(o.opened) < maxOpened {
		f = o.open(m)
		o.opened[key] = f
	}
	return f
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
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || identityOf(info).inode != m.inode {
		_ = f.Close()
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
