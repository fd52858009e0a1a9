package mpk

import (
	"context"
	"fmt"

	"github.com/optical-net/waveguard/enforcement/keys"
)

// mprotectWalls opens a domain's regions to the whole process while at least
// one thread is inside.
type mprotectWalls struct{}

func openMprotect() (Backend, error) {
	r, err := mapRegion(1)
	if err != nil {
		return nil, fmt.Errorf("try mprotect: %w", err)
	}
	if err := r.open(); err != nil {
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

func (w mprotectWalls) NewDomain(name string, _ keys.Options) (*Domain, error) {
	return &Domain{name: name, wall: w}, nil
}

func (mprotectWalls) NewThread() Thread { return new(mprotectThread) }

// mprotectThread opens what it enters before it closes what it leaves: on an
// error it is where it was.
type mprotectThread struct {
	stack  []*Domain
	paused bool // top is not open for this thread
}

func (t *mprotectThread) top() *Domain {
	if len(t.stack) == 0 || t.paused {
		return nil
	}
	return t.stack[len(t.stack)-1]
}

func (t *mprotectThread) Enter(_ context.Context, to *Domain) error {
	if len(t.stack) == keys.Depth {
		return fmt.Errorf("enter domain %s: %w", to.name, ErrDepth)
	}
	if err := move(t.top(), to); err != nil {
		return err
	}
	t.stack = append(t.stack, to)
	return nil
}

func (t *mprotectThread) Leave() error {
	from := t.top()
	t.stack, t.paused = t.stack[:len(t.stack)-1], false
	return move(from, t.top())
}

func (t *mprotectThread) Pause() error {
	from := t.top()
	t.paused = true
	return move(from, nil)
}

func (t *mprotectThread) Resume() error {
	if !t.paused {
		return nil
	}
	t.paused = false
	return move(nil, t.top())
}

func move(from, to *Domain) error {
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

func (mprotectWalls) protect(d *Domain, r *Region) error {
	if d.inside > 0 {
		return r.open()
	}
	return nil
}

func (mprotectWalls) release(*Domain) {}

func (mprotectWalls) change(*Domain, keys.Options) error { return nil }

func (d *Domain) enter() error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inside == 0 {
		if err := d.protectAll((*Region).open); err != nil {
			_ = d.protectAll((*Region).shut)
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
		if err := d.protectAll((*Region).shut); err != nil {
			return fmt.Errorf("close regions of domain %s: %w", d.name, err)
		}
	}
	d.inside--
	return nil
}

func (d *Domain) protectAll(change func(*Region) error) error {
	for _, r := range d.regions {
		if err := change(r); err != nil {
			return err
		}
	}
	return nil
}
