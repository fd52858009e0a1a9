package node

import "time"

// A reading in memory: sequence uint64, time in Unix nanoseconds uint64,
// power and OSNR as binary64, link uint32, generation uint32, tag. What comes
// before the generation is signed.
const (
	signedBytes  = 36
	tagBytes     = 32
	readingBytes = signedBytes + 4 + tagBytes
	maxReadings  = 1024
)

// reading is one measurement of a link.
type reading struct {
	sequence    uint64 // from 1 on
	time        time.Time
	power, osnr float64 // dBm of a channel, dB in 0.1 nm
	link        int
	signature   signature
}

// signature is what the key store says of a reading.
type signature struct {
	generation uint32 // of the link's key; 0 if there is no signature
	tag        [tagBytes]byte
}

// signed is the part of a reading that a signature covers.
type signed [signedBytes]byte

func (r reading) encode(b block) {
	b.setUint64(0, r.sequence)
	b.setUint64(8, uint64(r.time.UnixNano()))
	b.setFloat(16, r.power)
	b.setFloat(24, r.osnr)
	b.setUint32(32, uint32(r.link))
	b.setUint32(36, r.signature.generation)
	copy(b[40:], r.signature.tag[:])
}

func decodeReading(b block) reading {
	r := reading{
		sequence:  b.uint64(0),
		time:      time.Unix(0, int64(b.uint64(8))),
		power:     b.float(16),
		osnr:      b.float(24),
		link:      int(b.uint32(32)),
		signature: signature{generation: b.uint32(36)},
	}
	copy(r.signature.tag[:], b[40:])
	return r
}

// toSign is on the heap: the key store can't see performance-monitoring's
// memory.
func (r reading) toSign() (s signed) {
	var whole [readingBytes]byte
	r.encode(whole[:])
	copy(s[:], whole[:])
	return s
}

// ring keeps the latest readings: their number so far as uint64, then a place
// for each, the one for sequence s at s modulo their number.
type ring struct{ block }

const ringBytes = 8 + maxReadings*readingBytes

// add gives the reading its sequence number.
func (r ring) add(one reading) uint64 {
	one.sequence = r.written() + 1
	one.encode(r.place(one.sequence))
	r.setUint64(0, one.sequence)
	return one.sequence
}

// written returns how many readings there were.
func (r ring) written() uint64 { return r.uint64(0) }

// find returns false if the reading has been overwritten, or never was.
func (r ring) find(sequence uint64) (reading, bool) {
	written := r.written()
	if sequence == 0 || sequence > written || written-sequence >= maxReadings {
		return reading{}, false
	}
	return decodeReading(r.place(sequence)), true
}

// oldest returns the sequence number of the oldest reading kept.
func (r ring) oldest() uint64 {
	if written := r.written(); written > maxReadings {
		return written - maxReadings + 1
	}
	return 1
}

func (r ring) place(sequence uint64) block {
	return r.slice(8+int(sequence%maxReadings)*readingBytes, readingBytes)
}
