package mpk

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// pkuWalls gives each domain a hardware key. Assignment is static: a domain
// keeps its key until it is closed.
type pkuWalls struct {
	outside uint32 // rights of a thread in no domain
	keys    int

	mu   sync.Mutex
	free []int
}

var processPKU = sync.OnceValues(openPKU)

func openPKU() (Backend, error) {
	if !hasOSPKE() {
		return nil, fmt.Errorf("open protection keys: processor or kernel has none (no ospke in /proc/cpuinfo): %w", ErrUnsupported)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	outside := readPKRU()
	if open := openKeys(outside); len(open) > 0 || outside&pkruKeyMask != 0 {
		return nil, fmt.Errorf("open protection keys: threads start with PKRU %#08x, want %#08x (boot without init_pkru): %w",
			outside, pkruAllDenied, ErrUnsupported)
	}
	keys, err := takeKeys()
	if err != nil {
		return nil, fmt.Errorf("open protection keys: %w", err)
	}
	p := &pkuWalls{outside: outside, keys: len(keys), free: keys}
	if err := p.try(); err != nil {
		return nil, errors.Join(fmt.Errorf("open protection keys: %w", err), freeKeys(keys))
	}
	return p, nil
}

func (p *pkuWalls) Kind() Kind         { return KindPKU }
func (p *pkuWalls) Strength() Strength { return HardwareRegion }
func (p *pkuWalls) Keys() int          { return p.keys }

func (p *pkuWalls) NewDomain(name string) (*Domain, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) == 0 {
		return nil, fmt.Errorf("assign a key to domain %s, all %d have domains: %w", name, p.keys, ErrNoKeys)
	}
	key := p.free[0]
	p.free = p.free[1:]
	return &Domain{name: name, wall: p, key: key, pkru: rightsFor(p.outside, key)}, nil
}

func (p *pkuWalls) Switch(from, to *Domain) error {
	if got, want := readPKRU(), p.rights(from); got != want {
		return &RightsError{Got: got, Want: want, Step: "leave domain"}
	}
	return p.Restore(from, to)
}

func (p *pkuWalls) Restore(_, to *Domain) error {
	want := p.rights(to)
	if got := writePKRU(want); got != want {
		return &RightsError{Got: got, Want: want, Step: "enter domain"}
	}
	return nil
}

func (p *pkuWalls) rights(d *Domain) uint32 {
	if d == nil {
		return p.outside
	}
	return d.pkru
}

func (p *pkuWalls) protect(d *Domain, memory []byte) error {
	return pkeyProtect(memory, d.key)
}

func (p *pkuWalls) release(d *Domain) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, d.key)
}

// try proves on one page that the walls stand and that a thread inside gets
// through.
func (p *pkuWalls) try() (err error) {
	d, err := p.NewDomain("trial")
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
	if err := p.Switch(nil, d); err != nil {
		return err
	}
	open := readable(r.Bytes())
	if err := p.Restore(d, nil); err != nil {
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
