package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/optical-net/waveguard/yang/tree"
)

const maxVerified = 1024

// verified remembers passwords that proved right, under a hash keyed by a
// secret of this process, until the users change: gNMI clients send theirs with
// every RPC.
type verified struct {
	key [32]byte

	mu    sync.Mutex
	users *tree.Container // for which the set holds
	set   map[[32]byte]struct{}
}

func newVerified() *verified {
	v := &verified{}
	rand.Read(v.key[:]) // never fails (crypto/rand)
	return v
}

func (v *verified) digest(user, password string) (d [32]byte) {
	h := hmac.New(sha256.New, v.key[:])
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(user)))
	h.Write(n[:]) // keeps the two apart
	h.Write([]byte(user))
	h.Write([]byte(password))
	h.Sum(d[:0])
	return d
}

func (v *verified) has(users *tree.Container, digest [32]byte) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, ok := v.set[digest]
	return ok && v.users == users
}

func (v *verified) add(users *tree.Container, digest [32]byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.users != users || len(v.set) >= maxVerified {
		v.users, v.set = users, make(map[[32]byte]struct{})
	}
	v.set[digest] = struct{}{}
}
