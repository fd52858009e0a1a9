package waveguard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// maxComing bounds the rings that are kept for an end that nobody uses.
const maxComing = 4

// offer is what the daemon says of an end.
type offer struct {
	conn    *wire.Conn // to answer
	message wire.Message
	files   wire.Files
}

// accept takes what the daemon says of an end over, to be opened in due time: that may have to
// wait for a hardware key, and the daemon must not.
func (h *Host) accept(conn *wire.Conn, m wire.Message, files wire.Files) error {
	select {
	case h.offers <- offer{conn, m, files}:
		return nil
	case <-h.stop:
		return errors.Join(ErrClosed, files.Close())
	}
}

// openEnds does what the daemon says of ends, in order, until Close.
func (h *Host) openEnds() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	h.background.Go(func() {
		<-h.stop
		cancel()
	})
	for {
		select {
		case o := <-h.offers:
			h.consider(ctx, o)
		case <-h.stop:
			for len(h.offers) > 0 {
				_ = (<-h.offers).files.Close()
			}
			return
		}
	}
}

func (h *Host) consider(ctx context.Context, o offer) {
	switch m := o.message.(type) {
	case *wire.Withheld:
		if e := h.end(m.End); e != nil {
			e.withhold(m)
		}
	case *wire.Channel:
		err := h.open(ctx, m, o.files)
		if err == nil {
			err = o.conn.Send(&wire.Mapped{End: m.End, Generation: m.Generation})
		}
		if err != nil && !h.stopped() {
			h.logger.Warn("open an end of a channel", "channel", h.nameOf(m.End), "role", m.Role.String(), "generation", m.Generation, "error", err)
		}
	}
}

// end returns an end by its number, nil if there is none.
func (h *Host) end(number uint16) *end {
	if int(number) >= len(h.ends) {
		h.logger.Warn("the daemon speaks of an end of a channel that nobody registered", "end", number)
		return nil
	}
	return h.ends[number]
}

func (h *Host) nameOf(end uint16) string {
	if int(end) >= len(h.ends) {
		return fmt.Sprintf("of end %d", end)
	}
	return h.ends[end].spec.Name
}

// open maps a ring and takes the files over.
func (h *Host) open(ctx context.Context, m *wire.Channel, files wire.Files) error {
	e := h.end(m.End)
	if e == nil || e.spec.Role != m.Role {
		return errors.Join(fmt.Errorf("%w: end %d is not that of a %v", wire.ErrFormat, m.End, m.Role), files.Close())
	}
	if e.has(m.Generation) {
		return files.Close()
	}
	r, err := e.open(ctx, files)
	if err == nil && r.number() != m.Generation {
		err = errors.Join(fmt.Errorf("%w: generation %d, want %d", channel.ErrFormat, r.number(), m.Generation), r.close())
	}
	if err != nil {
		e.alter(func() { e.trouble, e.withheld = err, nil })
		return err
	}
	h.logger.Info("a channel is open", "channel", e.spec.Name, "role", e.spec.Role.String(), "service", e.service.name, "generation", m.Generation)
	old := e.offer(r)
	if len(old) == 0 {
		return nil
	}
	return errors.Join(h.inside(ctx, e.service.domain, func() error { return finish(old) }), closeRings(old))
}

// has reports whether the end has the ring of a generation, which it then may use again.
func (e *end) has(generation uint64) (known bool) {
	e.mu.Lock()
	known = e.using == generation
	for _, r := range e.coming {
		known = known || r.number() == generation
	}
	e.mu.Unlock()
	if known {
		e.alter(func() { e.before, e.withheld = true, nil })
	}
	return known
}

// offer gives the end a ring, and returns those that are too many: a producer needs the
// newest alone.
func (e *end) offer(r *ring) (old []*ring) {
	e.alter(func() {
		keep := maxComing
		if e.spec.Role == Producer {
			keep = 0
		}
		if extra := len(e.coming) - keep; extra > 0 {
			old, e.coming, e.pressed = e.coming[:extra:extra], e.coming[extra:], true
		}
		e.coming = append(e.coming, r)
		e.before, e.withheld, e.trouble = true, nil, nil
	})
	return old
}

// withhold tells the end that it is closed, or not open yet.
func (e *end) withhold(w *wire.Withheld) {
	var old []*ring
	var was *wire.Withheld
	e.alter(func() {
		was, e.withheld = e.withheld, w
		if closed(w) && e.spec.Role == Producer {
			old, e.coming = e.coming, nil
		}
		e.before = !closed(w) && (e.before || w.Code == wire.WithheldWaiting)
	})
	if was == nil || was.Message != w.Message {
		e.tell(w)
	}
	if err := closeRings(old); err != nil {
		e.host.logger.Warn("give back the memory of a channel", "channel", e.spec.Name, "error", err)
	}
}

// tell logs why the end has no ring: what somebody has to see to as a warning.
func (e *end) tell(w *wire.Withheld) {
	level := slog.LevelWarn
	if w.Code == wire.WithheldWaiting {
		level = slog.LevelInfo
	}
	e.host.logger.Log(context.Background(), level, "a channel is not open", "channel", e.spec.Name, "role", e.spec.Role.String(), "service", e.service.name, "why", w.Message)
}

func closeRings(all []*ring) error {
	var errs []error
	for _, r := range all {
		errs = append(errs, r.close())
	}
	return errors.Join(errs...)
}

// finish closes rings that a producer never used to their consumers.
func finish(all []*ring) error {
	for _, r := range all {
		if r.producer != nil {
			r.producer.Finish()
		}
	}
	return nil
}

// open maps the memory of an end as the domain's, and looks at it from inside.
func (e *end) open(ctx context.Context, files []*os.File) (_ *ring, err error) {
	r := &ring{opened: e.host.now()}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	from := channel.AtHead
	if e.wasOpen() {
		from = channel.AtFirst
	}
	var parts *channel.Parts
	if e.spec.Role == Producer {
		parts, err = channel.MapProducer(files, e.mapper(r))
	} else {
		parts, err = channel.MapConsumer(files, e.mapper(r))
	}
	if err != nil {
		return nil, err
	}
	err = e.host.inside(ctx, e.service.domain, func() (err error) {
		if e.spec.Role == Producer {
			r.producer, err = channel.NewProducer(parts, e.private(r))
		} else {
			r.consumer, err = channel.NewConsumer(parts, from, e.private(r))
		}
		return err
	})
	if err != nil {
		return nil, errors.Join(err, parts.Close())
	}
	return r, nil
}

func (e *end) wasOpen() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.before
}

// mapper maps files for a ring.
func (e *end) mapper(r *ring) channel.Mapper {
	return func(file *os.File, size int, how shm.Access) ([]byte, error) {
		access := mpk.ReadOnly
		if how == shm.ReadWrite {
			access = mpk.ReadWrite
		}
		return e.region(r, func(d *mpk.Domain) (*mpk.Region, error) { return d.MapShared(file, size, access) })
	}
}

// private makes memory for a ring that no other process has.
func (e *end) private(r *ring) func(size int) ([]byte, error) {
	return func(size int) ([]byte, error) {
		return e.region(r, func(d *mpk.Domain) (*mpk.Region, error) { return d.NewUnsealedRegion(size) })
	}
}

func (e *end) region(r *ring, make func(*mpk.Domain) (*mpk.Region, error)) ([]byte, error) {
	memory, err := make(e.service.domain.wall)
	if err != nil {
		return nil, err
	}
	region := &Region{memory: memory, domain: e.service.domain, host: e.host}
	e.host.addRegion(region)
	r.regions = append(r.regions, region)
	return memory.Bytes(), nil
}

// inside runs f in a domain, on a goroutine that is in none, for as short as f is.
func (h *Host) inside(ctx context.Context, d *domain, f func() error) error {
	defer lockThread()()
	walls := h.backend.NewThread()
	if err := walls.Enter(ctx, d.wall); err != nil {
		return err
	}
	defer func() {
		if err := walls.Leave(); err != nil {
			die(fmt.Errorf("restore the rights of a thread: %w", err))
		}
	}()
	return f()
}
