package telemetry

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/telemetry/pm"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Source is what counts: enforcement.
type Source interface {
	// State returns the operational state as it is now. It may have entries
	// that the configuration lacks.
	State() *gen.MpkSecurity
	// Changed is signalled, coalesced, when State has news that should not wait.
	Changed() <-chan struct{}
}

// Store is where state is served from: the datastore.
type Store interface {
	// Running returns the configuration in force.
	Running() *tree.Tree
	// UpdateState edits the config false part of the operational tree.
	UpdateState(func(*tree.Editor) error) error
}

// Interval is how old a counter can be that nothing rang for.
const Interval = 250 * time.Millisecond

// restShare is how many times as long as it worked a collector rests, however
// much rings: who rings all the time costs one part in five, no more.
const restShare = 4

// Collector keeps the operational tree up to date.
type Collector struct {
	Source Source
	Store  Store
	Schema *schema.Set
	Logger *slog.Logger
	// Supervisor makes alarms and performance monitoring of it; nil: nobody does.
	Supervisor *Supervisor

	mu      sync.Mutex // held while collecting
	prev    *gen.MpkSecurity
	written observation
	ends    map[string][]string // consumers that are written, by channel
	running *tree.Tree
	paths   *paths
}

// Run collects until ctx ends.
func (c *Collector) Run(ctx context.Context) {
	for {
		start := time.Now()
		if err := c.Collect(); err != nil {
			c.Logger.Error("update the operational state", "err", err)
		}
		if !rest(ctx, restShare*time.Since(start), nil) || !rest(ctx, Interval, c.Source.Changed()) {
			return
		}
	}
}

// rest waits for d, or until woken; it returns false when ctx ends.
func rest(ctx context.Context, d time.Duration, woken <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-woken:
	case <-t.C:
	}
	return true
}

// Collect brings the operational tree up to date once.
func (c *Collector) Collect() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.collect()
}

// ClearPM begins bins of performance monitoring anew; the operational tree shows
// it when it returns. Everything counted until now is before that. There must be
// a supervisor. The error is that of [pm.Bins.Clear], or the datastore's.
func (c *Collector) ClearPM(sel pm.Selection) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.collect(); err != nil {
		return err
	}
	if err := c.Supervisor.Bins.Clear(sel); err != nil {
		return err
	}
	return c.collect()
}

// collect is Collect.
//
// Preconditions: c.mu is held.
func (c *Collector) collect() error {
	if c.paths == nil {
		c.paths = newPaths(c.Schema)
	}
	if running := c.Store.Running(); running != c.running {
		// Entries may have come back without their state: write all of it.
		c.prev, c.running = &gen.MpkSecurity{}, running
	}
	next := c.Source.State()
	if c.Supervisor != nil {
		if err := c.Supervisor.observe(c.running, next); err != nil {
			return err
		}
	}
	if err := c.Store.UpdateState(func(e *tree.Editor) error { return c.write(e, next) }); err != nil {
		c.prev, c.written, c.ends = &gen.MpkSecurity{}, nil, nil
		return err
	}
	c.prev = next
	if c.Supervisor == nil {
		return nil
	}
	for c.Supervisor.Bins.Written() { // in pieces: nobody waits long for the tree
		if err := c.Store.UpdateState(c.Supervisor.Bins.Write); err != nil {
			return err
		}
	}
	c.Supervisor.tell()
	return nil
}

func (c *Collector) write(e *tree.Editor, next *gen.MpkSecurity) error {
	if err := view.Write(e, c.paths.system, c.prev.System, next.System); err != nil {
		return err
	}
	if err := writeEntries(e, c.paths.domain, c.prev.Domain, next.Domain); err != nil {
		return err
	}
	if err := writeEntries(e, c.paths.service, c.prev.Service, next.Service); err != nil {
		return err
	}
	if err := writeEntries(e, c.paths.transition, c.prev.Transition, next.Transition); err != nil {
		return err
	}
	if err := c.writeChannels(e, next.Channel); err != nil {
		return err
	}
	if err := c.writeObservation(e, next.Observation); err != nil || c.Supervisor == nil {
		return err
	}
	return c.Supervisor.write(e)
}

// writeEntries writes the entries that the configuration has; state alone never
// makes one.
func writeEntries[K comparable, V any](e *tree.Editor, path func(K) tree.Path, prev, next map[K]*V) error {
	for k, v := range next {
		at := path(k)
		if e.Find(at) == nil {
			continue
		}
		if err := view.Write(e, at, prev[k], v); err != nil {
			return err
		}
	}
	return nil
}
