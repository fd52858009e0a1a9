package scan

import (
	"errors"
	"io"
	"slices"
)

// part is executable memory that one segment or one mapping put there.
type part struct {
	start, end uint64      // addresses; end is behind the last
	source     io.ReaderAt // of its bytes
	offset     int64       // of the first in source
	name       string      // of the segment or the mapping
	writable   bool
	object     object // whose code it is; nil if nobody can tell
}

// size is in bytes.
func (p *part) size() uint64 { return p.end - p.start }

// span is parts that follow one another without a gap: to a processor, one
// piece of code.
type span struct {
	parts  []part
	masked uint64 // bytes that were read to try claims of that class
}

// join makes spans of parts, which must not overlap.
func join(parts []part) []*span {
	parts = slices.Clone(parts)
	slices.SortFunc(parts, func(a, b part) int {
		if a.start < b.start {
			return -1
		}
		return 1
	})
	var spans []*span
	for _, p := range parts {
		if n := len(spans); n > 0 && spans[n-1].end() == p.start {
			spans[n-1].parts = append(spans[n-1].parts, p)
			continue
		}
		spans = append(spans, &span{parts: []part{p}})
	}
	return spans
}

func (s *span) start() uint64 { return s.parts[0].start }
func (s *span) end() uint64   { return s.parts[len(s.parts)-1].end }

// at returns the part that an address of the span is in.
func (s *span) at(address uint64) *part {
	i, _ := slices.BinarySearchFunc(s.parts, address, func(p part, address uint64) int {
		switch {
		case address >= p.end:
			return -1
		case address < p.start:
			return 1
		}
		return 0
	})
	return &s.parts[min(i, len(s.parts)-1)]
}

// read fills b with what is at an address and returns how many bytes there are.
// An error is about the byte behind those.
func (s *span) read(b []byte, address uint64) (n int, err error) {
	for n < len(b) && address >= s.start() && address < s.end() {
		p := s.at(address)
		want := min(uint64(len(b)-n), p.end-address)
		got, err := p.source.ReadAt(b[n:n+int(want)], p.offset+int64(address-p.start))
		n += got
		address += uint64(got)
		if uint64(got) < want {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
	}
	return n, nil
}
