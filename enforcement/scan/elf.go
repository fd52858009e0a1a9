package scan

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/optical-net/waveguard/enforcement/scan/internal/x86"
)

// ErrForeign is wrapped by errors about files that are no ELF files, or not for
// x86 processors.
var ErrForeign = errors.New("no ELF file for x86")

// ErrFormat is wrapped by errors about damaged ELF files.
var ErrFormat = errors.New("damaged ELF file")

// pageSize is what the kernel and the dynamic loader round segments to.
const pageSize = 4096

// maxHeaders bounds the program headers; the kernel takes 64 KiB of them.
const maxHeaders = 65536

// segment is a program header.
type segment struct {
	index           int
	kind            elf.ProgType
	flags           elf.ProgFlag
	offset, address uint64
	fileSize, size  uint64
}

func (s *segment) executable() bool { return s.flags&elf.PF_X != 0 }

// image is an ELF file, as the kernel and the dynamic loader see it: they go by
// the program headers. Sections only give names.
type image struct {
	r        io.ReaderAt
	size     int64
	class    elf.Class
	machine  elf.Machine
	kind     elf.Type
	entry    uint64 // where a program starts; 0 if nowhere
	segments []segment
	sections sectionTable

	symbolReads int64 // bytes
}

// sectionTable is where the section headers are.
type sectionTable struct {
	offset  uint64
	number  int
	strings int // the index of the section with the names
}

// openImage reads the headers. An error wraps ErrForeign or
// ErrFormat, or is of r.
func openImage(r io.ReaderAt, size int64) (*image, error) {
	m := &image{r: r, size: size}
	ident := make([]byte, elf.EI_NIDENT)
	if n, err := r.ReadAt(ident[:min(size, elf.EI_NIDENT)], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read its first %d bytes: %w", len(ident), err)
	} else if !bytes.HasPrefix(ident[:n], []byte(elf.ELFMAG)) {
		return nil, fmt.Errorf("it does not begin with 7f 45 4c 46: %w", ErrForeign)
	}
	m.class = elf.Class(ident[elf.EI_CLASS])
	if ident[elf.EI_DATA] != byte(elf.ELFDATA2LSB) || m.class != elf.ELFCLASS32 && m.class != elf.ELFCLASS64 {
		return nil, fmt.Errorf("it is %v, %v: %w", m.class, elf.Data(ident[elf.EI_DATA]), ErrForeign)
	}
	headers, err := m.header()
	if err != nil {
		return nil, err
	}
	return m, m.programHeaders(headers)
}

// mode is how the code of the file runs.
func (m *image) mode() x86.Mode {
	if m.machine == elf.EM_386 {
		return x86.Mode32
	}
	return x86.Mode64
}

// read fills b; what says what is there.
func (m *image) read(b []byte, offset uint64, what string) error {
	if offset > math.MaxInt64 || int64(offset) > m.size || int64(len(b)) > m.size-int64(offset) {
		return fmt.Errorf("it has %d bytes, and ends before %s at %#x: %w", m.size, what, offset, ErrFormat)
	}
	if _, err := m.r.ReadAt(b, int64(offset)); err != nil {
		return fmt.Errorf("read %s at %#x: %w", what, offset, err)
	}
	return nil
}

// decode reads a struct of the file.
func (m *image) decode(v any, offset uint64, what string) error {
	b := make([]byte, binary.Size(v))
	if err := m.read(b, offset, what); err != nil {
		return err
	}
	_, err := binary.Decode(b, binary.LittleEndian, v)
	return err
}

// headerTable is where the program headers are.
type headerTable struct {
	offset         uint64
	number, stride int
}

func (m *image) header() (t headerTable, err error) {
	var machine, kind uint16
	if m.class == elf.ELFCLASS64 {
		var h elf.Header64
		err = m.decode(&h, 0, "the ELF header")
		machine, kind, t = h.Machine, h.Type, headerTable{h.Phoff, int(h.Phnum), int(h.Phentsize)}
		m.entry, m.sections = h.Entry, sectionTable{h.Shoff, int(h.Shnum), int(h.Shstrndx)}
	} else {
		var h elf.Header32
		err = m.decode(&h, 0, "the ELF header")
		machine, kind, t = h.Machine, h.Type, headerTable{uint64(h.Phoff), int(h.Phnum), int(h.Phentsize)}
		m.entry, m.sections = uint64(h.Entry), sectionTable{uint64(h.Shoff), int(h.Shnum), int(h.Shstrndx)}
	}
	if err != nil {
		return t, err
	}
	if m.machine, m.kind = elf.Machine(machine), elf.Type(kind); m.machine != elf.EM_386 && m.machine != elf.EM_X86_64 {
		return t, fmt.Errorf("it is for %v: %w", m.machine, ErrForeign)
	}
	return t, nil
}

func (m *image) programHeaders(t headerTable) error {
	want := binary.Size(elf.Prog32{})
	if m.class == elf.ELFCLASS64 {
		want = binary.Size(elf.Prog64{})
	}
	switch {
	case t.number == 0:
		return nil
	case t.stride != want:
		return fmt.Errorf("its program headers have %d bytes each, want %d: %w", t.stride, want, ErrFormat)
	case t.number*t.stride > maxHeaders:
		return fmt.Errorf("it has %d program headers, more than the kernel takes: %w", t.number, ErrFormat)
	}
	for i := range t.number {
		s, err := m.programHeader(t.offset + uint64(i*t.stride))
		if err != nil {
			return fmt.Errorf("program header %d: %w", i, err)
		}
		s.index = i
		m.segments = append(m.segments, s)
	}
	return nil
}

func (m *image) programHeader(offset uint64) (s segment, err error) {
	if m.class == elf.ELFCLASS64 {
		var h elf.Prog64
		err = m.decode(&h, offset, "the header")
		s = segment{0, elf.ProgType(h.Type), elf.ProgFlag(h.Flags), h.Off, h.Vaddr, h.Filesz, h.Memsz}
	} else {
		var h elf.Prog32
		err = m.decode(&h, offset, "the header")
		s = segment{0, elf.ProgType(h.Type), elf.ProgFlag(h.Flags), uint64(h.Off), uint64(h.Vaddr), uint64(h.Filesz), uint64(h.Memsz)}
	}
	if err != nil || s.kind != elf.PT_LOAD {
		return s, err
	}
	const limit = 1 << 62 // no address of user space comes near it
	if s.address > limit || s.size > limit || s.fileSize > limit || s.offset > limit {
		return s, fmt.Errorf("address %#x, offset %#x, sizes %#x and %#x are out of range: %w", s.address, s.offset, s.fileSize, s.size, ErrFormat)
	}
	return s, nil
}
