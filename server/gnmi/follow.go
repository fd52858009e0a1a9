package gnmi

import (
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// follow serves a STREAM until the client ends it.
func (st *stream) follow() error {
	wake := st.store.Watch() // before the first look, so that no change is missed
	defer wake.Close()
	if err := st.first(); err != nil {
		return err
	}
	changed := wake.C
	if !st.hasOnChange() {
		changed = nil
	}
	requests := st.requests()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		due := st.arm(timer)
		select {
		case <-changed:
			if err := st.changed(); err != nil {
				return err
			}
		case <-due:
			if err := st.due(); err != nil {
				return err
			}
		case r := <-requests:
			if r.err != io.EOF {
				return extra(r)
			}
			requests = nil // the client has no more to say; it goes on listening
		case <-st.ctx.Done():
			return status.FromContextError(st.ctx.Err()).Err()
		case <-st.stopping.Done():
			return errStopping
		}
	}
}

// extra is the error for a request that may not follow.
func extra(r request) error {
	if r.err != nil {
		return r.err
	}
	return status.Error(codes.InvalidArgument, "nothing can follow in a STREAM subscription; use another call for other subscriptions")
}

// first sends all values and says that it did; when the client wants changes
// only, it just says so.
func (st *stream) first() error {
	now, data, err := st.present()
	if err != nil {
		return err
	}
	for _, w := range st.watches {
		w.start(now)
		switch {
		case !st.silent:
			st.everything(w, now, data)
		case w.onChange:
			w.sent = data
		}
	}
	return st.sync()
}

func (st *stream) hasOnChange() bool {
	for _, w := range st.watches {
		if w.onChange {
			return true
		}
	}
	return false
}

// arm sets the timer to the first deadline; without one it returns nil.
func (st *stream) arm(timer *time.Timer) <-chan time.Time {
	var first time.Time
	for _, w := range st.watches {
		if t := w.next(); !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if first.IsZero() {
		return nil
	}
	timer.Reset(time.Until(first))
	return timer.C
}

// changed sends what has changed to the watches that want it at once.
func (st *stream) changed() error {
	now, data, err := st.present()
	if err != nil {
		return err
	}
	for _, w := range st.watches {
		if w.onChange {
			st.difference(w, now, data)
		}
	}
	return st.flush()
}

// due serves the watches whose time has come.
func (st *stream) due() error {
	now, data, err := st.present()
	if err != nil {
		return err
	}
	for _, w := range st.watches {
		sample, beat := passed(&w.nextSample, w.interval, now), passed(&w.nextBeat, w.beat, now)
		switch {
		case beat || sample && !w.suppress:
			st.gone(w, now, data)
			st.everything(w, now, data)
		case sample:
			st.difference(w, now, data)
		}
	}
	return st.flush()
}
