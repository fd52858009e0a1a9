package mpk

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/optical-net/waveguard/enforcement/keys"
)

// pkuWalls lends hardware keys to the domains that threads are in.
type pkuWalls struct {
	outside uint32 // rights of a thread in no domain
	keys    int
	ring    *keys.Ring
}

var processPKU = sync.OnceValues(openPKU)

func openPKU() (Backend, error) {
	if !hasOSPKE() {
		return nil, fmt.Errorf("open protection keys: processor or kernel has none (no ospke in /proc/cpuinfo): %w", ErrUnsupported)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if outside := readPKRU(); outside != pkruAllDenied {
		return nil, fmt.Errorf("open protection keys: threads start with PKRU %#08x, want %#08x (boot without init_pkru): %w",
			outside, pkruAllDenied, ErrUnsupported)
	}
	all, err := takeKeys()
	if err != nil {
		return nil, fmt.Errorf("open protection keys: %w", err)
	}
	p := &pkuWalls{outside: pkruAllDenied, keys: len(all)}
	if p.ring, err = newRing(all); err == nil {
		err = p.try()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open protection keys: %w", err), freeKeys(all))
	}
	return p, plantWitness(all[0])
}

// newRing lends all keys but the first, which must be the one that no thread can
// be made to open.
func newRing(all []int) (*keys.Ring, error) {
	if all[0] != pkruParking {
		return nil, fmt.Errorf("other code of the process has protection key %d, attach before it takes one: %w", pkruParking, ErrUnsupported)
	}
	return keys.New(all)
}

func (p *pkuWalls) Kind() Kind         { return KindPKU }
func (p *pkuWalls) Strength() Strength { return HardwareRegion }
func (p *pkuWalls) Keys() int          { return p.keys }

func (p *pkuWalls) NewDomain(name string, o keys.Options) (*Domain, error) {
	d := &Domain{name: name, wall: p}
	h, err := p.ring.Add(tagged{d}, o)
	if err != nil {
		return nil, fmt.Errorf("make domain %s: %w", name, err)
	}
	d.holder, d.seals = h, o.Pinned && canSeal()
	return d, nil
}

// KeyStats returns how the hardware keys were lent so far.
func (p *pkuWalls) KeyStats() keys.Stats { return p.ring.Stats() }

func (p *pkuWalls) protect(d *Domain, r *Region) error {
	return pkeyProtect(r, d.tag)
}

func (p *pkuWalls) release(d *Domain) {
	if d.sealed {
		p.ring.Abandon(d.holder)
		return
	}
	p.ring.Remove(d.holder)
}

func (p *pkuWalls) change(d *Domain, o keys.Options) error {
	if err := d.keepPin(o); err != nil {
		return err
	}
	return p.ring.Change(d.holder, o)
}

// keepPin stops sealing the regions of a domain that is not to be pinned any more,
// or refuses because some are.
func (d *Domain) keepPin(o keys.Options) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o.Pinned {
		return nil
	}
	if d.sealed {
		return ErrSealed
	}
	d.seals = false
	return nil
}

// tagged is the memory of a domain as the key ring sees it.
type tagged struct{ *Domain }

// Tag implements keys.Memory. A region made meanwhile waits for it.
func (t tagged) Tag(key int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, r := range t.regions {
		if err := pkeyProtect(r, key); err != nil {
			return t.undo(t.regions[:i+1], err)
		}
	}
	t.tag = key
	return nil
}

// undo puts regions under the key again that they had.
func (t tagged) undo(regions []*Region, why error) error {
	for _, r := range regions {
		if err := pkeyProtect(r, t.tag); err != nil {
			return errors.Join(why, err, keys.ErrTorn)
		}
	}
	return why
}

// try proves on one page that the walls stand and that a thread inside gets
// through.
func (p *pkuWalls) try() (err error) {
	d, err := p.NewDomain("trial", keys.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	r, err := d.NewRegion(4)
	if err != nil {
		return err
	}
	if readable(r.Bytes()) {
		return errors.New("read of a page with a denied key was not refused")
	}
	thread := p.NewThread()
	if err := thread.Enter(context.Background(), d); err != nil {
		return err
	}
	open := readable(r.Bytes())
	if err := thread.Leave(); err != nil {
		return err
	}
	if !open {
		return errors.New("read of a page with an allowed key was refused")
	}
	return nil
}

// readable reports whether the calling thread can read memory.
func readable(memory []byte) (ok bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { ok = recover() == nil }()
	_ = Uint32At(memory[:4:4], 0).Load()
	return
}
