package waveguard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// recheck is how often who waits in one ring looks at the next one: a receiver whether there are messages, whose
// producer may never have closed the first, and a sender whether its consumers are there.
const recheck = 10 * time.Millisecond

// ring is the memory of an end in one generation of its channel.
type ring struct {
	producer *channel.Producer // nil for a consumer
	consumer *channel.Consumer // nil for a producer
	regions  []*Region
	opened   time.Duration // on the host's clock
}

func (r *ring) number() uint64 {
	if r.producer != nil {
		return r.producer.Number()
	}
	return r.consumer.Number()
}

// close gives the memory back, with nobody in it.
func (r *ring) close() error {
	var errs []error
	if r.producer != nil {
		errs = append(errs, r.producer.Close())
	}
	if r.consumer != nil {
		errs = append(errs, r.consumer.Close())
	}
	for _, region := range r.regions {
		errs = append(errs, region.Close())
	}
	return errors.Join(errs...)
}

// end is what both ends of channels have in common: how rings come and go. The daemon's
// words are put in from outside every domain; the thread that has the turn acts on them.
type end struct {
	host    *Host
	service *Service
	index   int // in Hello
	spec    ChannelSpec

	lock turn

	// Of who has the turn.
	current *ring  // nil while there is none
	seen    uint64 // version that was looked at
	newer   bool   // there are rings after current

	version atomic.Uint64 // grows with every change of what mu guards
	stirred chan struct{} // holds one token: the version grew

	mu       sync.Mutex
	coming   []*ring // opened and not yet used, the oldest first
	using    uint64  // generation of current, 0 for none
	pressed  bool    // a ring that came after current was replaced: the policy is another one by now
	before   bool    // the channel was open or waited for, and nobody closed it
	withheld *wire.Withheld
	trouble  error     // why the newest ring could not be opened
	waitsFor *shm.Bell // of who has the turn
}

// take gives a thread the turn, if it may touch the end's memory.
func (e *end) take(t *Thread) error {
	if mpk.Goroutine() != t.goroutine || t.current != e.service.domain {
		return e.notHere(t)
	}
	if e.lock.try() {
		return nil
	}
	if err := t.Outside(func() error { return e.lock.wait(t.Context()) }); err != nil {
		return fmt.Errorf("%v of channel %s, which another thread uses: %w", e.spec.Role, e.spec.Name, err)
	}
	return nil
}

// notHere says why a thread cannot use the end.
func (e *end) notHere(t *Thread) error {
	text := fmt.Sprintf("%v of channel %s", e.spec.Role, e.spec.Name)
	switch {
	case mpk.Goroutine() != t.goroutine:
		return fmt.Errorf("%s on a goroutine that the thread does not belong to: %w", text, mpk.ErrRights)
	case t.current == nil:
		return fmt.Errorf("%s from a thread outside its Run: %w", text, ErrClosed)
	default:
		return fmt.Errorf("%s, of domain %s, from domain %s: %w", text, e.service.domain.name, t.current.name, mpk.ErrRights)
	}
}

// changed reports whether there is something to follow.
func (e *end) changed() bool { return e.version.Load() != e.seen }

// alter changes what mu guards, and wakes who waits.
func (e *end) alter(change func()) {
	e.mu.Lock()
	change()
	e.version.Add(1)
	bell := e.waitsFor
	e.mu.Unlock()
	bell.Interrupt()
	select {
	case e.stirred <- struct{}{}:
	default:
	}
}

// closed reports whether the daemon closed the end for a reason that does not pass by
// itself: others leave a ring that there is as it is.
func closed(w *wire.Withheld) bool {
	return w != nil && (w.Code == wire.WithheldUnknown || w.Code == wire.WithheldService)
}

// advance uses the oldest of the rings that came, or none.
//
// Preconditions: mu is held.
func (e *end) advance() {
	e.current, e.using = nil, 0
	if len(e.coming) > 0 {
		e.current, e.coming = e.coming[0], e.coming[1:]
		e.using, e.pressed = e.current.number(), false
	}
	e.newer = len(e.coming) > 0
}

// retire closes the current ring and goes to the next.
//
// Preconditions: mu is held.
func (e *end) retire() {
	if e.current != nil {
		e.dispose(e.current)
	}
	e.advance()
}

func (e *end) dispose(r *ring) {
	if err := r.close(); err != nil {
		e.host.logger.Warn("give back the memory of a channel", "channel", e.spec.Name, "error", err)
	}
}

// closeRings closes all rings, when no thread is left that could use one.
func (e *end) closeRings() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.current != nil || len(e.coming) > 0 {
		e.retire()
	}
}

// notOpen says why there is no ring, and whether the caller can wait for one.
func (e *end) notOpen() (err error, wait bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.withheld != nil:
		return fmt.Errorf("%v of channel %s: %w: %w", e.spec.Role, e.spec.Name, ErrNotOpen, e.withheld), !closed(e.withheld)
	case e.trouble != nil:
		return fmt.Errorf("%v of channel %s: %w: %w", e.spec.Role, e.spec.Name, ErrNotOpen, e.trouble), true
	default:
		return fmt.Errorf("%v of channel %s: %w: waiting for the daemon", e.spec.Role, e.spec.Name, ErrNotOpen), true
	}
}

// watched is what a thread waits for: a ring in which there is nothing to do.
type watched interface {
	stirs() bool
	Listen(on bool)
	Bell() *shm.Bell
}

// await waits until there may be something to do in a ring, nil for no ring, or until
// something is to be followed. It returns the cause of the context's end.
func (e *end) await(t *Thread, ring watched) error {
	ctx := t.Context()
	if err := context.Cause(ctx); err != nil {
		return e.gaveUp(err)
	}
	if ring == nil {
		return t.Outside(func() error { return e.awaitRing(ctx) })
	}
	if e.poll(ctx, ring) {
		return nil
	}
	bell := ring.Bell()
	e.waitFor(bell)
	defer e.waitFor(nil)
	ring.Listen(true)
	defer ring.Listen(false)
	if ring.stirs() || e.changed() {
		return nil
	}
	defer context.AfterFunc(ctx, bell.Interrupt)()
	if e.newer {
		defer time.AfterFunc(recheck, bell.Interrupt).Stop()
	}
	return t.Outside(bell.Wait)
}

func (e *end) awaitRing(ctx context.Context) error {
	for !e.changed() {
		select {
		case <-e.stirred:
		case <-ctx.Done():
			return e.gaveUp(context.Cause(ctx))
		}
	}
	return nil
}

func (e *end) gaveUp(cause error) error {
	err := fmt.Errorf("%v of channel %s: %w", e.spec.Role, e.spec.Name, cause)
	if e.current == nil {
		why, _ := e.notOpen()
		err = errors.Join(err, why)
	}
	return err
}

// poll reports whether there is something to do within the time for which to look. The
// clock and the context are looked at now and then.
func (e *end) poll(ctx context.Context, ring watched) bool {
	if e.spec.Poll <= 0 {
		return false
	}
	begin := e.host.now()
	for {
		for range 64 {
			if ring.stirs() || e.changed() {
				return true
			}
		}
		if e.host.now()-begin >= e.spec.Poll || ctx.Err() != nil {
			return false
		}
	}
}

func (e *end) waitFor(bell *shm.Bell) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waitsFor = bell
}
