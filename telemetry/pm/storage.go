package pm

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Storage keeps bins over a restart of the process.
type Storage interface {
	// Load returns what was stored last; nil if nothing was.
	Load() ([]byte, error)
	// Store replaces what is stored, whole or not at all, whatever happens
	// meanwhile.
	Store([]byte) error
}

// SaveInterval is how often bins that changed are stored; when one ends or is
// cleared, they are stored at once. A crash costs what was counted since.
const SaveInterval = time.Minute

// version tells whether there is something to be stored.
type version struct {
	dirty bool
	now   chan struct{} // has a token when it should not wait
	err   error         // of the last time
}

func newVersion() version { return version{now: make(chan struct{}, 1)} }

func (v *version) changed() { v.dirty = true }

func (v *version) turned() {
	v.dirty = true
	select {
	case v.now <- struct{}{}:
	default:
	}
}

// Keep stores bins until ctx ends, and then a last time.
func (b *Bins) Keep(ctx context.Context) {
	tick := time.NewTicker(SaveInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			b.save()
			return
		case <-tick.C:
		case <-b.stored.now:
		}
		b.save()
	}
}

// Stored returns why bins could not be stored the last time; nil if they were.
func (b *Bins) Stored() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stored.err
}

func (b *Bins) save() {
	b.mu.Lock()
	if !b.stored.dirty || b.cfg.Storage == nil {
		b.mu.Unlock()
		return
	}
	b.stored.dirty = false
	snapshot := b.snapshot()
	b.mu.Unlock()

	text, err := encode(snapshot)
	if err == nil {
		err = b.cfg.Storage.Store(text)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.stored.dirty = true
		if b.stored.err == nil {
			b.cfg.Logger.Warn("store the bins of performance monitoring; a restart would lose them", "err", err)
		}
	}
	b.stored.err = err
}

// errDamaged says that what was stored is not what was written.
var errDamaged = errors.New("the file is damaged")

// restore goes on from what the storage has. The bins under way were not
// observed while the process did not run; nor is it known what was lost if they
// cannot be read.
func (b *Bins) restore() {
	if b.cfg.Storage == nil {
		return
	}
	text, err := b.cfg.Storage.Load()
	if err == nil && text == nil {
		return
	}
	var was *snapshot
	if err == nil {
		was, err = decode(text)
	}
	if err == nil {
		err = b.resume(was)
	}
	if err != nil {
		b.cfg.Logger.Warn("the bins of performance monitoring are dropped and begin anew", "err", err)
		b.start(suspect)
	}
}

// resume takes over a snapshot, then lets the time pass that has passed since.
func (b *Bins) resume(was *snapshot) error {
	now := b.now
	for g, f := range was.Frames {
		b.frames[g] = frame{f.Begin, f.Since, f.Flaw}
		for _, e := range was.Ends[g] {
			slot := granularity(g).slot(e.Begin)
			b.ends[g][slot] = end{e.Begin, e.Flaw}
			b.pending.end(granularity(g), slot)
		}
	}
	for i := range was.Series {
		if err := b.resumeSeries(&was.Series[i]); err != nil {
			return err
		}
	}
	for _, c := range was.Crossed {
		g, ok := granularityOf(c.Granularity)
		if !ok {
			return fmt.Errorf("%w: a threshold has the granularity %q", errDamaged, c.Granularity)
		}
		b.thresholds.crossed[at{c.Threshold, key{c.Resource, c.Measurement}}] = &standing{c.Crossing, g, c.Now}
	}
	for g := range granularities {
		b.doubt(g)
	}
	b.now = Reading{was.Saved, now.Uptime - now.Wall.Sub(was.Saved)}
	b.turn(now)
	b.now = now
	return nil
}
