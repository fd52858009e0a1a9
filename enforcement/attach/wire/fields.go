package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode"
	"unicode/utf8"
)

// encoder appends fields. Values too large for their count are cut there;
// the check that follows every encoding finds them.
type encoder struct{ buffer []byte }

func (e *encoder) u8(v uint8)   { e.buffer = append(e.buffer, v) }
func (e *encoder) u16(v uint16) { e.buffer = binary.LittleEndian.AppendUint16(e.buffer, v) }
func (e *encoder) u32(v uint32) { e.buffer = binary.LittleEndian.AppendUint32(e.buffer, v) }
func (e *encoder) u64(v uint64) { e.buffer = binary.LittleEndian.AppendUint64(e.buffer, v) }
func (e *encoder) count(n int)  { e.u16(uint16(min(n, math.MaxUint16))) }

func (e *encoder) text(s string) {
	e.count(len(s))
	e.buffer = append(e.buffer, s...)
}

// decoder takes fields off a packet. After the first error every field is
// zero and every count is 0, so that decoding ends by itself.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) failf(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
	}
}

func (d *decoder) take(n int) []byte {
	if d.err == nil && n > len(d.rest) {
		d.failf("packet ends %d bytes into a field of %d", len(d.rest), n)
	}
	if d.err != nil {
		return nil
	}
	field := d.rest[:n]
	d.rest = d.rest[n:]
	return field
}

func (d *decoder) number(size int) (v uint64) {
	for i, b := range d.take(size) {
		v |= uint64(b) << (8 * i)
	}
	return v
}

func (d *decoder) u8() uint8   { return uint8(d.number(1)) }
func (d *decoder) u16() uint16 { return uint16(d.number(2)) }
func (d *decoder) u32() uint32 { return uint32(d.number(4)) }
func (d *decoder) u64() uint64 { return d.number(8) }

func (d *decoder) bounded(v uint64, low, high int, what string) uint64 {
	if v < uint64(low) || v > uint64(high) {
		d.failf("%s is %d, want %d..%d", what, v, low, high)
	}
	return v
}

func (d *decoder) count(low, high int, what string) int {
	n := d.bounded(uint64(d.u16()), low, high, "count of "+what)
	if d.err != nil {
		return 0
	}
	return int(n)
}

func (d *decoder) text(limit int, what string) string {
	n := d.count(1, limit, "bytes of "+what)
	s := string(d.take(n))
	if !utf8.ValidString(s) {
		d.failf("%s %q is not UTF-8", what, s)
	}
	return s
}

func (d *decoder) name(what string) string {
	s := d.text(MaxName, what+" name")
	for _, r := range s {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			d.failf("%s name %q has a character that names do not", what, s)
		}
	}
	return s
}

func (d *decoder) uniqueName(seen map[string]bool, what string) string {
	s := d.name(what)
	if seen[s] {
		d.failf("%s %q is named twice", what, s)
	}
	seen[s] = true
	return s
}
