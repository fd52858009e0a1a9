package mpk

import (
	"context"
	"errors"
	"fmt"

	"github.com/optical-net/waveguard/enforcement/keys"
)

// pkuThread is a thread whose rights are in PKRU.
//
// A domain is entered before its key is opened, and left after the key is closed:
// package keys relies on it.
type pkuThread struct {
	walls  *pkuWalls
	rights uint32 // what PKRU must hold
	stack  keys.Stack
}

func (p *pkuWalls) NewThread() Thread { return &pkuThread{walls: p, rights: p.outside} }

func (t *pkuThread) Enter(ctx context.Context, to *Domain) error {
	if got := readPKRU(); got != t.rights {
		return &RightsError{Got: got, Want: t.rights, Step: "leave domain"}
	}
	if t.stack.Len() == keys.Depth {
		return fmt.Errorf("enter domain %s: %w", to.name, ErrDepth)
	}
	key, ok := to.holder.TryEnter()
	if !ok {
		var err error
		if key, err = t.obtain(ctx, to); err != nil {
			return fmt.Errorf("enter domain %s: %w", to.name, err)
		}
	}
	before := t.rights
	if err := t.set(t.walls.rightsTo(key), "enter domain"); err != nil {
		err = errors.Join(err, t.set(before, "stay where it was"))
		to.holder.Leave()
		return err
	}
	t.stack.Push(to.holder)
	return nil
}

// obtain enters a domain that has no key.
func (t *pkuThread) obtain(ctx context.Context, to *Domain) (key int, err error) {
	ring := t.walls.ring
	if key, err = ring.Enter(to.holder); !errors.Is(err, keys.ErrBusy) {
		return key, err
	}
	if err = t.Pause(); err != nil {
		return 0, err
	}
	if key, err = ring.Wait(ctx, to.holder); err != nil {
		return 0, errors.Join(err, t.Resume())
	}
	return key, nil
}

func (t *pkuThread) Leave() error {
	if err := t.stayed("leave domain"); err != nil {
		return err
	}
	h, counted := t.stack.Top()
	t.stack.Pop()
	below, belowCounted := t.stack.Top()
	rights := t.walls.outside
	if below != nil && belowCounted {
		rights = t.walls.rightsTo(below.Key())
	}
	if err := t.set(rights, "leave domain"); err != nil {
		return err
	}
	if counted {
		h.Leave()
	}
	return t.Resume()
}

func (t *pkuThread) Pause() error {
	if err := t.stayed("pause"); err != nil {
		return err
	}
	if err := t.set(t.walls.outside, "pause"); err != nil {
		return err
	}
	t.stack.Yield()
	return nil
}

func (t *pkuThread) Resume() error {
	h, counted := t.stack.Top()
	if counted {
		return nil
	}
	key, err := t.walls.ring.Wait(context.Background(), h)
	if err != nil {
		return fmt.Errorf("return to domain: %w", err)
	}
	t.stack.Regain()
	return t.set(t.walls.rightsTo(key), "return to domain")
}

// stayed returns a RightsError if this thread has no rights although it is inside: then
// the goroutine was unlocked and has moved, and another thread has rights that
// nobody will take back.
func (t *pkuThread) stayed(step string) error {
	if got := readPKRU(); got == t.walls.outside && t.rights != got {
		return &RightsError{Got: got, Want: t.rights, Step: step + " on another thread"}
	}
	return nil
}

// rightsTo returns the rights of a thread that has one key open.
func (p *pkuWalls) rightsTo(key int) uint32 { return rightsFor(p.outside, key) }

// set writes the thread's rights, and checks that it has them.
func (t *pkuThread) set(rights uint32, step string) error {
	t.rights = rights
	if got := writePKRU(rights); got != rights {
		return &RightsError{Got: got, Want: rights, Step: step}
	}
	return nil
}
