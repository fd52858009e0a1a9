package notify

import (
	"errors"
	"time"
)

// Forget erases the log, in memory and on disk, which goes on with what is published
// from now on. Subscriptions keep what is queued at them. The error is that of the
// directory; then memory alone has forgotten.
func (h *Hub) Forget() error {
	if h.disk == nil {
		return nil
	}
	done := make(chan error, 1)
	select {
	case h.disk.forgets <- done:
		return <-done
	case <-h.disk.done:
		return errors.New("erase the log of notifications: it is closed")
	}
}

// forget is Forget in the writer's goroutine.
func (w *writer) forget() error {
	w.hub.mu.Lock()
	w.hub.past.forget()
	w.hub.mu.Unlock()
	return w.rewrite()
}

// forget lets go of all records, as if there had been none.
func (h *history) forget() {
	h.first, h.kept, h.bytes = h.last()+1, nil, 0
	h.LogInfo = LogInfo{Created: time.Now()}
}
