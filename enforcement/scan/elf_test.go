package scan_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/enforcement/scan"
)

const page = 4096

// load is a PT_LOAD header, executable unless its flags say otherwise.
func load(offset, address, size uint64) elf.Prog64 {
	return elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Off: offset, Vaddr: address, Filesz: size, Memsz: size, Align: page}
}

// program makes an ELF file of a size, filled with NOPs behind its headers.
func program(size int, segments ...elf.Prog64) []byte {
	h := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1},
		Type:  uint16(elf.ET_DYN), Machine: uint16(elf.EM_X86_64), Version: 1,
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: uint16(len(segments)),
	}
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, h)
	_ = binary.Write(&b, binary.LittleEndian, segments)
	return append(b.Bytes(), bytes.Repeat([]byte{0x90}, max(0, size-b.Len()))...)
}

func scanELF(t *testing.T, file []byte) *scan.Report {
	t.Helper()
	r, err := scan.ELF(t.Context(), "program", bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func addresses(r *scan.Report) (list []scan.Address) {
	for _, h := range r.Hits {
		list = append(list, h.Address)
	}
	return list
}

var wrpkru = []byte{0x0f, 0x01, 0xef}

func TestSegments(t *testing.T) {
	writable := load(page, 0x2000, page)
	writable.Flags |= uint32(elf.PF_W)
	data := load(page, 0x2000, page)
	data.Flags = uint32(elf.PF_R | elf.PF_W)
	early := load(2*page, 0x2fff, 1)
	for _, test := range []struct {
		name     string
		segments []elf.Prog64
		at       int // of the WRPKRU in the file
		want     []scan.Address
		note     string
	}{
		{"in a segment", []elf.Prog64{load(page, 0x2000, page)}, page + 0x10, []scan.Address{0x2010}, ""},
		{"in a segment that is not executable", []elf.Prog64{data}, page + 0x10, nil, ""},
		{"in no segment", []elf.Prog64{load(page, 0x2000, page)}, 3 * page, nil, ""},
		{"behind the segment, in its last page", []elf.Prog64{load(page, 0x2000, 0x20)}, page + 0x800, []scan.Address{0x2800}, ""},
		{"before the segment, in its first page", []elf.Prog64{load(page+0x900, 0x2900, 0x20)}, page + 0x10, []scan.Address{0x2010}, ""},
		{"across two segments", []elf.Prog64{load(page, 0x2000, page), load(2*page, 0x3000, page)}, 2*page - 1, []scan.Address{0x2fff}, ""},
		{"across two segments that lie apart in the file alone", []elf.Prog64{load(2*page, 0x2000, page), load(page, 0x4000, page)}, 2*page - 1, nil, ""},
		{"in a segment that a later one covers", []elf.Prog64{load(page, 0x2000, page), load(3*page, 0x2000, page)}, page + 0x10, nil, ""},
		{"in the rest of a segment that a later one covers", []elf.Prog64{load(page, 0x2000, 2*page), load(3*page, 0x2000, page)}, 2*page + 0x10, []scan.Address{0x3010}, ""},
		{"in a writable segment", []elf.Prog64{writable}, page + 0x10, []scan.Address{0x2010}, "writable and executable"},
		{"in a segment of another place in the page", []elf.Prog64{load(page+1, 0x2000, page)}, page + 0x10, []scan.Address{0x200f}, "cannot be mapped"},
		{"in a segment that ends behind the file", []elf.Prog64{load(page, 0x2000, 1<<40)}, page + 0x10, []scan.Address{0x2010}, "behind the end"},
		{"in a segment that begins behind the file", []elf.Prog64{load(1<<40, 0x2000, page)}, page + 0x10, nil, "behind the end"},
		{"at the very end of a page before the segment", []elf.Prog64{load(page, 0x2000, page), early}, page + 0xfff, []scan.Address{}, "cannot be mapped"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := program(4*page, test.segments...)
			copy(file[test.at:], wrpkru)
			r := scanELF(t, file)
			if got := addresses(r); !slices.Equal(got, test.want) {
				t.Errorf("hits at %v, want %v", got, test.want)
			}
			if !strings.Contains(strings.Join(r.Notes, "\n"), test.note) {
				t.Errorf("notes %q, want one with %q", r.Notes, test.note)
			}
			for _, h := range r.Hits {
				if test.note != "cannot be mapped" && int(h.Offset) != test.at {
					t.Errorf("offset %v, want %#x", h.Offset, test.at)
				}
			}
		})
	}
}

// TestSplit: the halves of a sequence come from segments that are next to one
// another in memory and not in the file.
func TestSplit(t *testing.T) {
	file := program(5*page, load(3*page, 0x2000, page), load(page, 0x3000, page))
	file[4*page-1] = wrpkru[0]
	copy(file[page:], wrpkru[1:])
	r := scanELF(t, file)
	if got := addresses(r); !slices.Equal(got, []scan.Address{0x2fff}) {
		t.Fatalf("hits at %v", got)
	}
	if h := r.Hits[0]; h.In != "segment 0 and segment 1" || !strings.Contains(h.Place, "begins in segment 0 and ends in segment 1") {
		t.Errorf("in %s: %s", h.In, h.Place)
	}
}

// TestWritableCode: nothing is proven of code that can be replaced, and all that
// can be of other code next to it.
func TestWritableCode(t *testing.T) {
	writable := load(2*page, 0x3000, page)
	writable.Flags |= uint32(elf.PF_W)
	checked := []byte{0x0f, 0x01, 0xef, 0x90, 0x0f, 0x0b}
	for _, test := range []struct {
		at   int
		want scan.Class
	}{
		{page + 0x10, scan.Proven},
		{2*page - len(checked), scan.Proven},
		{2*page - len(checked) + 1, scan.Open},
		{2*page - len(checked) + 3, scan.Open},
		{2*page - 1, scan.Open},
		{2*page + 0x10, scan.Open},
	} {
		file := program(4*page, load(page, 0x2000, page), writable)
		copy(file[test.at:], checked)
		if r := scanELF(t, file); r.Hits[0].Class != test.want {
			t.Errorf("at %#x: %s, %s", test.at, r.Hits[0].Class, r.Hits[0].Claim)
		}
	}
}

func TestRefusedFiles(t *testing.T) {
	good := program(2*page, load(0, 0, page))
	change := func(at int, to ...byte) []byte {
		file := slices.Clone(good)
		copy(file[at:], to)
		return file
	}
	for _, test := range []struct {
		name string
		file []byte
		want error
		says string
	}{
		{"empty", nil, scan.ErrForeign, "does not begin"},
		{"a script", []byte("#!/bin/sh\n"), scan.ErrForeign, "does not begin"},
		{"big-endian", change(elf.EI_DATA, byte(elf.ELFDATA2MSB)), scan.ErrForeign, "ELFDATA2MSB"},
		{"ARM", change(18, byte(elf.EM_AARCH64)), scan.ErrForeign, "EM_AARCH64"},
		{"cut in its header", good[:40], scan.ErrFormat, "ends before the ELF header at 0x0"},
		{"cut in its program headers", good[:70], scan.ErrFormat, "program header 0: it has 70 bytes, and ends before the header at 0x40"},
		{"headers of another size", change(54, 32), scan.ErrFormat, "32 bytes each, want 56"},
		{"many headers", change(56, 0xff, 0xff), scan.ErrFormat, "65535 program headers"},
		{"headers far away", change(32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), scan.ErrFormat, "ends before"},
		{"a huge segment", change(64+32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), scan.ErrFormat, "out of range"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := scan.ELF(t.Context(), "program", bytes.NewReader(test.file), int64(len(test.file)))
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want %v with %q", err, test.want, test.says)
			}
		})
	}
}

// crowded is a program that is nothing but hits, with as many sections as its header can
// name: each is a table of symbols, all in the same place, with names out of it.
func crowded(sections int) []byte {
	file := program(2*page, load(page, 0x2000, page))
	copy(file[page:], bytes.Repeat(wrpkru, page/len(wrpkru)))
	binary.LittleEndian.PutUint64(file[40:], uint64(len(file))) // e_shoff
	binary.LittleEndian.PutUint16(file[58:], 64)                // e_shentsize
	binary.LittleEndian.PutUint16(file[60:], uint16(sections))  // e_shnum
	binary.LittleEndian.PutUint16(file[62:], uint16(sections-1))
	s := elf.Section64{
		Type: uint32(elf.SHT_SYMTAB), Flags: uint64(elf.SHF_ALLOC), Off: uint64(len(file)), Size: uint64(64 * sections),
		Link: uint32(sections - 1), Entsize: elf.Sym64Size,
	}
	var b bytes.Buffer
	for i := range sections {
		s.Addr = 0x2000 + uint64(i)
		_ = binary.Write(&b, binary.LittleEndian, s)
	}
	return append(file, b.Bytes()...)
}

// TestCrowded: a file that makes explaining its hits as hard as can be is scanned to
// its end.
func TestCrowded(t *testing.T) {
	const most = 0xffff
	r := scanELF(t, crowded(most))
	if r.Total != page/len(wrpkru) || len(r.Hits) != scan.MaxHits || r.Bytes != page {
		t.Errorf("%d hits, %d explained, %d bytes", r.Total, len(r.Hits), r.Bytes)
	}
}

func FuzzELF(f *testing.F) {
	f.Add(crowded(8))
	f.Add(program(2*page, load(0, 0, 2*page)))
	f.Add(program(4*page, load(page, 0x2000, page), load(2*page, 0x3000, page)))
	f.Add(program(4*page, load(page, 0x2000, 2*page), load(3*page, 0x2000, page), load(1, 0x8000, 3*page)))
	f.Add(program(0, elf.Prog64{Type: uint32(elf.PT_GNU_EH_FRAME), Off: 64}, load(0, 0, 0x400)))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := scan.ELF(t.Context(), "program", bytes.NewReader(file), int64(len(file)))
		if err != nil {
			if !errors.Is(err, scan.ErrFormat) && !errors.Is(err, scan.ErrForeign) {
				t.Errorf("%v wraps neither error", err)
			}
			return
		}
		if r.Bytes > int64(len(file))*int64(len(file)) || len(r.Hits) > r.Total {
			t.Errorf("%d bytes of %d searched, %d hits of %d", r.Bytes, len(file), len(r.Hits), r.Total)
		}
	})
}
