package mpk

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/optical-net/waveguard/enforcement/keys"
)

// Domain is a protection domain inside this process. Create one with
// [Backend.NewDomain].
type Domain struct {
	name   string
	wall   wall
	holder *keys.Holder // of its hardware key; nil without PKU

	mu      sync.Mutex
	tag     int // hardware key that the regions are under; PKU only
	inside  int // threads inside; counted by MPROTECT only
	regions []*Region
	closed  bool
	seals   bool // its regions are sealed when they are made
	sealed  bool // one was
}

// wall is what differs between backends in the life of a domain.
type wall interface {
	// protect closes a fresh region to everybody outside d.
	// It is called with d.mu held.
	protect(d *Domain, r *Region) error
	// change treats d otherwise when keys are scarce.
	change(d *Domain, o keys.Options) error
	// release takes back what NewDomain assigned to d, whose regions are
	// unmapped; again it does nothing.
	release(d *Domain)
}

// Name returns the name that the domain was created with.
func (d *Domain) Name() string { return d.name }

// Key returns the domain's own hardware key, 0 if it has none at present. While a
// thread is inside it does not change.
func (d *Domain) Key() int {
	if d.holder == nil {
		return 0
	}
	return d.holder.Key()
}

// Change treats the domain otherwise from now on when keys are scarce. It returns
// keys.ErrBusy when it is to be pinned and too many are, with the rest of the options
// in force; and ErrSealed when it is not to be pinned any more but must be.
func (d *Domain) Change(o keys.Options) error {
	if err := d.wall.change(d, o); err != nil {
		return fmt.Errorf("treat domain %s otherwise: %w", d.name, err)
	}
	return nil
}

// Sealed reports whether the domain has regions that the kernel keeps as they are
// until the process ends, or will when it has any. It is one that was pinned when
// it was made, with protection keys, on a kernel that has mseal(2).
func (d *Domain) Sealed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seals || d.sealed
}

// NewRegion maps zeroed memory of at least size bytes that only threads
// inside the domain can touch. It returns ErrClosed after Close, or the error
// of the system call that was refused.
func (d *Domain) NewRegion(size int) (*Region, error) {
	return d.add(func() (*Region, error) { return mapRegion(size) }, (*Domain).sealRegion)
}

// NewUnsealedRegion is NewRegion for memory that is given back before the process ends:
// it is never sealed, whatever the domain is. Only seccomp then keeps others in the process
// from unmapping or replacing it.
func (d *Domain) NewUnsealedRegion(size int) (*Region, error) {
	return d.add(func() (*Region, error) { return mapRegion(size) }, keepUnsealed)
}

// MapShared maps the first size bytes of a file, which stays the caller's, shared with
// whoever else maps it, so that in this process only threads inside the domain can touch them.
// It is never sealed, as NewUnsealedRegion's. The errors are those of NewRegion.
//
// Preconditions: the file is at least that long for ever, as a memfd with F_SEAL_SHRINK is.
func (d *Domain) MapShared(file *os.File, size int, how Access) (*Region, error) {
	return d.add(func() (*Region, error) { return mapShared(file, size, how) }, keepUnsealed)
}

// add makes a region the domain's; seal is called when it is closed to others.
func (d *Domain) add(make func() (*Region, error), seal func(*Domain, *Region) error) (*Region, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, fmt.Errorf("map region of domain %s: %w", d.name, ErrClosed)
	}
	r, err := make()
	if err != nil {
		return nil, fmt.Errorf("map region of domain %s: %w", d.name, err)
	}
	if err := d.wall.protect(d, r); err != nil {
		return nil, errors.Join(fmt.Errorf("protect region of domain %s: %w", d.name, err), r.unmap())
	}
	if err := seal(d, r); err != nil {
		return nil, errors.Join(fmt.Errorf("seal region of domain %s: %w", d.name, err), r.unmap())
	}
	r.domain = d
	d.regions = append(d.regions, r)
	return r, nil
}

func keepUnsealed(*Domain, *Region) error { return nil }

// sealRegion seals a region if the domain is one whose regions are.
//
// Preconditions: d.mu is held.
func (d *Domain) sealRegion(r *Region) error {
	if !d.seals {
		return nil
	}
	err := r.seal()
	d.sealed = d.sealed || err == nil
	return err
}

// Close unmaps the domain's regions and gives back its hardware key. The key
// may get a new owner at once. Regions that are sealed stay, and the key with them:
// nobody gets it any more.
//
// Preconditions: no thread is inside the domain, nor will enter it.
func (d *Domain) Close() error {
	err := d.unmapAll()
	d.wall.release(d) // without d.mu, which is taken inside the key ring
	return err
}

func (d *Domain) unmapAll() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	var errs []error
	for _, r := range d.regions {
		errs = append(errs, r.unmap())
	}
	d.regions = nil
	return errors.Join(errs...)
}

// closeRegion unmaps r and forgets it; the second time it does nothing.
func (d *Domain) closeRegion(r *Region) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.Index(d.regions, r)
	if i < 0 {
		return nil
	}
	d.regions = slices.Delete(d.regions, i, i+1)
	return r.unmap()
}
