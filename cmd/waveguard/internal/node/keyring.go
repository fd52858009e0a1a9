package node

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

const (
	keyBytes     = 32           // AES-256
	linkKeyBytes = 8 + keyBytes // generation uint32, zero uint32, key
	slotBytes    = linkKeyBytes // lightpath uint32, zero uint32, key
)

// keyring has the key of each link, one after another.
type keyring struct{ block }

func (r keyring) key(link int) block { return r.slice(link*linkKeyBytes+8, keyBytes) }

// generation counts the keys a link has had, from 1 on.
func (r keyring) generation(link int) uint32 { return r.uint32(link * linkKeyBytes) }

func (r keyring) setGeneration(link int, generation uint32) {
	r.setUint32(link*linkKeyBytes, generation)
}

// rotate makes the next key from the present one, which is gone then.
func (r keyring) rotate(link int) {
	generation := r.generation(link) + 1
	mac := hmac.New(sha256.New, r.key(link))
	mac.Write([]byte("rotate"))
	mac.Write(binary.LittleEndian.AppendUint32(nil, generation))
	next := mac.Sum(nil)
	copy(r.key(link), next)
	clear(next)
	r.setGeneration(link, generation)
}

// tag authenticates a reading of a link.
func (r keyring) tag(link int, what signed) (tag [tagBytes]byte) {
	mac := hmac.New(sha256.New, r.key(link))
	mac.Write([]byte("reading"))
	mac.Write(what[:])
	mac.Sum(tag[:0])
	return tag
}

// keySlots has the keys of lightpaths; a free slot is all zeros.
type keySlots struct{ block }

func (s keySlots) slot(i int) block { return s.slice(i*slotBytes, slotBytes) }

// find returns the slot of a lightpath, of 0 a free one, nil if there is
// none.
func (s keySlots) find(lightpath uint32) block {
	for i := range maxLightpaths {
		if slot := s.slot(i); slot.uint32(0) == lightpath {
			return slot
		}
	}
	return nil
}

// put returns false if there is no room.
func (s keySlots) put(lightpath uint32, key []byte) bool {
	slot := s.find(lightpath)
	if slot == nil {
		slot = s.find(0)
	}
	if slot == nil {
		return false
	}
	slot.setUint32(0, lightpath)
	copy(slot[8:], key)
	return true
}

// drop returns false if the lightpath has no key.
func (s keySlots) drop(lightpath uint32) bool {
	slot := s.find(lightpath)
	if slot == nil || lightpath == 0 {
		return false
	}
	clear(slot)
	return true
}

func (s keySlots) held() (count uint64) {
	for i := range maxLightpaths {
		if s.slot(i).uint32(0) != 0 {
			count++
		}
	}
	return count
}
