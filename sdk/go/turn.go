package waveguard

import (
	"context"
	"sync/atomic"
)

// turn is a lock that a thread waits for outside every domain, and no longer than its
// context. The zero value with free set is unlocked.
type turn struct {
	taken   atomic.Bool
	waiting atomic.Int32
	free    chan struct{} // holds one token: somebody may look again
}

func (l *turn) try() bool { return l.taken.CompareAndSwap(false, true) }

// wait takes the lock when it is free. It returns the cause of the context's end.
func (l *turn) wait(ctx context.Context) error {
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	for !l.try() {
		select {
		case <-l.free:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// release gives the lock back. Who waits said so before its last look, or sees it free.
func (l *turn) release() {
	l.taken.Store(false)
	if l.waiting.Load() == 0 {
		return
	}
	select {
	case l.free <- struct{}{}:
	default:
	}
}
