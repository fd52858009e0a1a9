package node

import (
	"encoding/binary"
	"math"
)

// block is memory with numbers at fixed offsets. Offsets beyond its end are
// broken invariants and panic.
type block []byte

func (b block) uint32(at int) uint32       { return binary.LittleEndian.Uint32(b[at:]) }
func (b block) setUint32(at int, v uint32) { binary.LittleEndian.PutUint32(b[at:], v) }
func (b block) uint64(at int) uint64       { return binary.LittleEndian.Uint64(b[at:]) }
func (b block) setUint64(at int, v uint64) { binary.LittleEndian.PutUint64(b[at:], v) }
func (b block) float(at int) float64       { return math.Float64frombits(b.uint64(at)) }
func (b block) setFloat(at int, v float64) { b.setUint64(at, math.Float64bits(v)) }
func (b block) slice(at, length int) block { return b[at : at+length : at+length] }

// cut takes the first bytes off.
func (b block) cut(length int) (head, rest block) { return b.slice(0, length), b[length:] }

// text is a string in memory: its length as uint32, then its bytes.
type text struct{ block }

// set keeps what fits.
func (t text) set(s string) {
	n := copy(t.block[4:], s)
	t.setUint32(0, uint32(n))
}

func (t text) get() string {
	n := min(int(t.uint32(0)), len(t.block)-4)
	return string(t.block[4 : 4+n])
}

// tally counts, a uint64 for each name in order.
type tally struct {
	block
	names []string
}

func tallyBytes(names []string) int { return 8 * len(names) }

// add counts one more.
func (t tally) add(counter int) { t.setUint64(8*counter, t.uint64(8*counter)+1) }

// counts returns all counts by name, and room for a few more.
func (t tally) counts() map[string]uint64 {
	all := make(map[string]uint64, len(t.names)+4)
	for i, name := range t.names {
		all[name] = t.uint64(8 * i)
	}
	return all
}
