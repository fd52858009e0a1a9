package notify

import (
	stdjson "encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/server/datastore/journal"
)

// writer follows a hub's history to disk, in a goroutine of its own. What the
// history has let go of before its turn came is never written.
//
// A journal record is a batch of lines. When the file is full, its older half
// is dropped.
type writer struct {
	hub     *Hub
	decoder decoder
	logger  *slog.Logger
	bound   int64
	dir     *journal.Dir

	ready   chan struct{} // has a token when there may be something to write
	forgets chan chan error
	quit    chan struct{}
	done    chan struct{}

	log     *journal.Log
	next    uint64    // number of the record to be written next
	stored  []stored  // what the journal has
	aged    time.Time // of what the journal has let go of
	failing bool
	trouble atomic.Pointer[error] // nil while everything can be stored
}

// stored is a batch in the journal.
type stored struct {
	size   int64
	newest time.Time
}

func newWriter(h *Hub, c Config) *writer {
	return &writer{
		hub: h, decoder: decoder{c.Schema}, logger: c.Logger.With("dir", c.Dir), bound: int64(c.Bound),
		ready: make(chan struct{}, 1), forgets: make(chan chan error), quit: make(chan struct{}), done: make(chan struct{}),
	}
}

func (w *writer) wake() {
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// retryAfter is how long a disk that failed is left alone.
const retryAfter = 10 * time.Second

func (w *writer) run() {
	defer close(w.done)
	for {
		select {
		case <-w.quit:
			w.writeAll()
			return
		case done := <-w.forgets:
			done <- w.forget()
			continue
		case <-w.ready:
		}
		if w.writeAll() {
			continue
		}
		select {
		case <-w.quit:
			return
		case done := <-w.forgets:
			done <- w.forget()
			w.wake()
		case <-time.After(retryAfter):
			w.wake()
		}
	}
}

// writeAll says whether all that was there to write is durable.
func (w *writer) writeAll() bool {
	for {
		more, err := w.writeSome()
		if (err != nil) != w.failing {
			w.failing = err != nil
			w.report(err)
		}
		if err != nil || !more {
			return err == nil
		}
	}
}

func (w *writer) writeSome() (more bool, err error) {
	if w.log.Broken() != nil {
		// The disk may have recovered: begin anew, with all that memory has.
		if err := w.rewrite(); err != nil {
			return false, err
		}
	}
	batch, from := w.pending()
	if len(batch) == 0 {
		return false, nil
	}
	if err := w.write(w.fitting(batch)); err != nil {
		return false, err
	}
	w.next = from + uint64(len(batch))
	return true, nil
}

func (w *writer) report(err error) {
	if err != nil {
		w.trouble.Store(&err)
		w.logger.Warn("store the log of notifications; subscribers go on, a restart would lose what is not stored", "error", err)
		return
	}
	w.trouble.Store(nil)
	w.logger.Info("the log of notifications can be stored again")
}

func (w *writer) pending() (batch []record, from uint64) {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	return w.hub.past.since(w.next, int(w.bound/8))
}

// fitting returns those records that are not too big.
func (w *writer) fitting(batch []record) (fit []record) {
	for _, r := range batch {
		if int64(len(r.line)) <= w.bound/8 {
			fit = append(fit, r)
			continue
		}
		w.logger.Warn("a notification is too big to be stored", "octets", len(r.line), "allowed", w.bound/8)
	}
	return fit
}

func (w *writer) write(batch []record) error {
	if len(batch) == 0 {
		return nil
	}
	var text []byte
	for _, r := range batch {
		text = append(append(text, r.line...), '\n')
	}
	now := stored{journal.Record{Payload: text}.Size(), newest(batch)}
	if w.log.Size()+now.size > w.bound {
		if err := w.dropHalf(); err != nil {
			return err
		}
	}
	if err := w.log.Append(text); err != nil {
		return err
	}
	w.stored = append(w.stored, now)
	return nil
}

func newest(batch []record) (t time.Time) {
	for _, r := range batch {
		if r.time.After(t) {
			t = r.time
		}
	}
	return t
}

// dropHalf lets go of the oldest batches until the file is half full at most.
func (w *writer) dropHalf() error {
	var sum int64
	i := len(w.stored)
	for ; i > 0 && sum+w.stored[i-1].size <= w.bound/2; i-- {
		sum += w.stored[i-1].size
	}
	aged := w.aged
	for _, s := range w.stored[:i] {
		if s.newest.After(aged) {
			aged = s.newest
		}
	}
	mark, ok := w.log.MarkAt(w.log.Next() - 1 - uint64(len(w.stored)-i))
	if !ok {
		return errors.New("the log has fewer records than were stored")
	}
	if err := mark.Write(w.head(aged)); err != nil {
		return err
	}
	if err := w.log.Trim(mark); err != nil {
		return err
	}
	w.stored, w.aged = w.stored[i:], aged
	return nil
}

// rewrite starts the file anew; all that the history has is to be written.
func (w *writer) rewrite() error {
	w.hub.mu.Lock()
	aged := w.hub.past.Aged
	w.hub.mu.Unlock()
	if err := w.log.Rewrite(w.head(aged)); err != nil {
		return err
	}
	w.next, w.stored, w.aged = 1, nil, aged
	return nil
}

func (w *writer) head(aged time.Time) []byte {
	text, err := stdjson.Marshal(head{w.hub.past.Created.UTC(), aged.UTC()})
	if err != nil {
		panic("notify: encode the head of the log: " + err.Error()) // Only for years beyond 9999.
	}
	return text
}

// Close writes what is not on disk yet and lets the directory go. A hub without
// a log has nothing to close. Closing twice is harmless.
func (h *Hub) Close() error {
	if h.disk == nil || h.disk.dir == nil {
		return nil
	}
	return h.disk.close()
}

func (w *writer) close() error {
	close(w.quit)
	<-w.done
	err := errors.Join(w.log.Close(), w.dir.Close())
	w.dir = nil
	return err
}
