package mpk

import "fmt"

// mprotectWalls opens a domain's regions to the whole process while at least
// one thread is inside.
type mprotectWalls struct{}

func openMprotect() (Backend, error) {
	r, err := mapRegion(1)
	if err != nil {
		return nil, fmt.Errorf("try mprotect: %w", err)
	}
	if err := openMemory(r.usable()); err != nil {
		return nil, fmt.Errorf("try mprotect: %w", err)
	}
	if err := r.unmap(); err != nil {
		return nil, fmt.Errorf("try mprotect: %w", err)
	}
	return mprotectWalls{}, nil
}

func (mprotectWalls) Kind() Kind         { return KindMprotect }
func (mprotectWalls) Strength() Strength { return Mprotect }
func (mprotectWalls) Keys() int          { return 0 }

func (w mprotectWalls) NewDomain(name string) (*Domain, error) {
	return &Domain{name: name, wall: w}, nil
}

// Switch opens before it closes: on an error the thread is still in from.
func (mprotectWalls) Switch(from, to *Domain) error {
	if from == to {
		return nil
	}
	if err := to.enter(); err != nil {
		return err
	}
	if err := from.leave(); err != nil {
		_ = to.leave() // the first error is the one to act on
		return err
	}
	return nil
}

func (w mprotectWalls) Restore(from, to *Domain) error { return w.Switch(from, to) }

func (mprotectWalls) protect(d *Domain, memory []byte) error {
	if d.inside > 0 {
		return openMemory(memory)
	}
	return nil
}

func (mprotectWalls) release(*Domain) {}

func (d *Domain) enter() error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inside == 0 {
		if err := d.protectAll(openMemory); err != nil {
			_ = d.protectAll(closeMemory)
			return fmt.Errorf("open regions of domain %s: %w", d.name, err)
		}
	}
	d.inside++
	return nil
}

func (d *Domain) leave() error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inside == 1 {
		if err := d.protectAll(closeMemory); err != nil {
			return fmt.Errorf("close regions of domain %s: %w", d.name, err)
		}
	}
	d.inside--
	return nil
}

func (d *Domain) protectAll(change func([]byte) error) error {
	for _, r := range d.regions {
		if err := change(r.usable()); err != nil {
			return err
		}
	}
	return nil
}
