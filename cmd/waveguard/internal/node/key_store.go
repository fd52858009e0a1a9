package node

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/optical"
)

const keyTextBytes = 96

// What key-store counts.
const (
	keysDerived = iota
	keysForgotten
	keysRotated
	signaturesMade
	signaturesChecked
)

var keyCounters = []string{"keys-derived", "keys-forgotten", "rotations", "readings-signed", "readings-checked"}

// keys is key-store: an AES-256 key for each link, and one for each lightpath
// derived from those of its links. No key leaves it.
type keys struct {
	links int

	mu    sync.Mutex
	tally tally
	ring  keyring
	slots keySlots
	next  block // the link to rotate next, uint32
	last  text
}

// claimToSign asks for the signature of a reading.
type claimToSign struct {
	link int
	what signed
}

// verdict is what the key store finds of a signature.
type verdict int

const (
	unknowable verdict = iota // the key is gone, or there never was one
	genuine
	forged
)

func newKeys() *keys { return &keys{links: len(optical.NSFNET().Links)} }

func (k *keys) name() string { return keyStore }

func (k *keys) regionBytes() int {
	return tallyBytes(keyCounters) + k.links*linkKeyBytes + maxLightpaths*slotBytes + 8 + keyTextBytes
}

func (k *keys) operations() []operation {
	return []operation{
		serve(signReading, k.sign),
		serve(verifyReading, k.verify),
		serve(deriveKey, k.derive),
		serve(forgetKey, k.forget),
	}
}

func (k *keys) settle(memory block) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tally.names = keyCounters
	k.tally.block, memory = memory.cut(tallyBytes(keyCounters))
	k.ring.block, memory = memory.cut(k.links * linkKeyBytes)
	k.slots.block, memory = memory.cut(maxLightpaths * slotBytes)
	k.next, memory = memory.cut(8)
	k.last.block, _ = memory.cut(keyTextBytes)
	for link := range k.links {
		if _, err := rand.Read(k.ring.key(link)); err != nil {
			return fmt.Errorf("make the key of link %d: %w", link, err)
		}
		k.ring.setGeneration(link, 1)
	}
	return nil
}

// step replaces the key of one link by one that does not tell the old one.
func (k *keys) step(caller, time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	link := int(k.next.uint32(0))
	k.next.setUint32(0, uint32((link+1)%k.links))
	k.ring.rotate(link)
	k.tally.add(keysRotated)
	k.last.set(fmt.Sprintf("link %d: key of generation %d, made by HMAC-SHA256 of the one before",
		link, k.ring.generation(link)))
}

func (k *keys) report() report {
	k.mu.Lock()
	defer k.mu.Unlock()
	work := k.tally.counts()
	work["link-keys-held"] = uint64(k.links)
	work["lightpath-keys-held"] = k.slots.held()
	return report{work: work, last: k.last.get()}
}

// sign returns no signature for a link that is not there.
func (k *keys) sign(c claimToSign) signature {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.exists(c.link) {
		return signature{}
	}
	k.tally.add(signaturesMade)
	return signature{generation: k.ring.generation(c.link), tag: k.ring.tag(c.link, c.what)}
}

func (k *keys) verify(p proof) verdict {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.exists(p.link) || p.signature.generation != k.ring.generation(p.link) {
		return unknowable
	}
	k.tally.add(signaturesChecked)
	tag := k.ring.tag(p.link, p.what)
	if !hmac.Equal(tag[:], p.signature.tag[:]) {
		return forged
	}
	return genuine
}

// derive makes a lightpath's key and returns a fingerprint of it; the empty
// string for links that are not there, and when there is no room.
//
// RFC 5869: HKDF-SHA256 of the links' keys, the lightpath in the info.
func (k *keys) derive(c claim) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	secret := make([]byte, 0, len(c.links)*keyBytes)
	defer func() { clear(secret[:cap(secret)]) }()
	for _, link := range c.links {
		if !k.exists(link) {
			return ""
		}
		secret = append(secret, k.ring.key(link)...)
	}
	key, err := hkdf.Key(sha256.New, secret, nil, fmt.Sprint("lightpath ", c.lightpath), keyBytes)
	if err != nil || !k.slots.put(c.lightpath, key) {
		return ""
	}
	defer clear(key)
	k.tally.add(keysDerived)
	return fingerprint(key)
}

// forget returns whether there was a key.
func (k *keys) forget(lightpath uint32) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.slots.drop(lightpath) {
		return false
	}
	k.tally.add(keysForgotten)
	return true
}

func (k *keys) exists(link int) bool { return link >= 0 && link < k.links }

// fingerprint names a key without telling it.
func fingerprint(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("fingerprint"))
	return hex.EncodeToString(mac.Sum(nil)[:4])
}
