package policy

import (
	"errors"
	"sync"
	"sync/atomic"
)

// ErrDigestUnknown says that a digest has not been read yet. Who depends on it is not
// admitted until it is.
var ErrDigestUnknown = errors.New("the digest of its executable is not known yet; it is being computed")

// Digest is the SHA-256, in lower-case hexadecimal, of the file that a process runs. It is safe for
// concurrent use.
type Digest struct {
	read  func() (string, error)
	known atomic.Pointer[outcome]
}

type outcome struct {
	sum string
	err error
}

// NewDigest returns the digest that read computes, which is called once at most: when the digest is read
// first.
func NewDigest(read func() (string, error)) *Digest {
	return &Digest{read: sync.OnceValues(read)}
}

// Read returns the digest, or why there is none. The first time it takes as long as
// reading the file.
func (d *Digest) Read() (string, error) {
	sum, err := d.read()
	d.known.Store(&outcome{sum, err})
	return sum, err
}

// Known returns at once what Read returned; [ErrDigestUnknown] if it has not returned yet. Of
// no digest nothing will ever be known.
func (d *Digest) Known() (string, error) {
	if d == nil {
		return "", errors.New("it has no digest")
	}
	if o := d.known.Load(); o != nil {
		return o.sum, o.err
	}
	return "", ErrDigestUnknown
}
