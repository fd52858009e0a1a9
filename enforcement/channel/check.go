package channel

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"hash/crc32"

	"github.com/optical-net/waveguard/enforcement/mpk"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Where things are in a desk. What a check is of lies in one piece.
const (
	deskOuter   = 0 // the outer block of RFC 2104, and the inner hash
	deskInner   = deskPrefix - sha256.BlockSize
	deskPrefix  = deskPayload - prefixSize
	deskPayload = 192

	prefixSize = 8 + 8 + 4 // generation, sequence, length
)

// desk is memory of the end's domain that no other end can touch: here a message is
// copied before it is believed, and here the key is. Hash states on the heap would have in them what
// messages and the key consist of.
type desk []byte

// deskSize returns the octets that an end needs, 0 for none.
func deskSize(s Shape) int {
	if s.Integrity == NoIntegrity && s.Overflow == Block {
		return 0
	}
	return deskPayload + s.SlotSize
}

// newDesk prepares memory for messages of a generation.
func newDesk(memory []byte, d *description, control []byte) desk {
	if len(memory) == 0 {
		return nil
	}
	k := desk(memory)
	binary.NativeEndian.PutUint64(k[deskPrefix:], d.number)
	if d.Integrity == HMACSHA256 {
		k.setKey(control[controlKey : controlKey+keySize])
	}
	return k
}

// setKey implements the two pads of RFC 2104, section 2.
func (k desk) setKey(key []byte) {
	inner, outer := k[deskInner:deskInner+sha256.BlockSize], k[deskOuter:deskOuter+sha256.BlockSize]
	for i := range sha256.BlockSize {
		inner[i], outer[i] = 0x36, 0x5c
	}
	for i, b := range key {
		inner[i] ^= b
		outer[i] ^= b
	}
}

// payload returns where a message is copied to.
func (k desk) payload(length int) []byte {
	return k[deskPayload : deskPayload+length : deskPayload+length]
}

func (k desk) name(sequence uint64, length int) {
	binary.NativeEndian.PutUint64(k[deskPrefix+8:], sequence)
	binary.NativeEndian.PutUint32(k[deskPrefix+16:], uint32(length))
}

// crc returns the CRC32C of a message that name was told of.
func (k desk) crc(payload []byte) uint32 {
	return crc32.Update(crc32.Checksum(k[deskPrefix:deskPayload], castagnoli), castagnoli, payload)
}

// tag returns the HMAC of a message that name was told of, and whose payload is on the desk.
func (k desk) tag(length int) [sha256.Size]byte {
	inner := sha256.Sum256(k[deskInner : deskPayload+length])
	outer := k[deskOuter : deskOuter+sha256.BlockSize+sha256.Size]
	copy(outer[sha256.BlockSize:], inner[:])
	return sha256.Sum256(outer)
}

// sign gives the message in a slot what it is checked by.
func (k desk) sign(how Integrity, slot []byte, m Message) {
	switch how {
	case CRC32C:
		k.name(m.Sequence, len(m.Payload))
		binary.NativeEndian.PutUint32(slot[slotCRC:], k.crc(m.Payload))
	case HMACSHA256:
		k.name(m.Sequence, len(m.Payload))
		copy(k.payload(len(m.Payload)), m.Payload)
		tag := k.tag(len(m.Payload))
		copy(slot[slotTag:slotTag+sha256.Size], tag[:])
	}
}

// proof is a copy of what a message is checked by.
type proof struct {
	crc uint32
	tag [sha256.Size]byte
}

func (p *proof) take(slot []byte) {
	p.crc = mpk.Uint32At(slot, slotCRC).Load()
	copy(p.tag[:], slot[slotTag:])
}

// holds checks a message that is on the desk.
func (k desk) holds(how Integrity, p *proof, m Message) bool {
	switch how {
	case CRC32C:
		k.name(m.Sequence, len(m.Payload))
		return k.crc(m.Payload) == p.crc
	case HMACSHA256:
		k.name(m.Sequence, len(m.Payload))
		tag := k.tag(len(m.Payload))
		return subtle.ConstantTimeCompare(tag[:], p.tag[:]) == 1
	default:
		return true
	}
}
