package datastore

import "sync"

// Watcher is told that running or the operational tree has changed. What has
// changed it finds by comparing versions (tree.Diff).
type Watcher struct {
	// C has a token when something changed since the last one was taken.
	C <-chan struct{}

	c   chan struct{}
	set *watchers
}

// Watch returns a watcher, which the caller closes.
func (s *Store) Watch() *Watcher { return s.WatchInto(make(chan struct{}, 1)) }

// WatchInto is Watch with the tokens put into c, which has room for one and may
// have other sources too.
func (s *Store) WatchInto(c chan struct{}) *Watcher {
	w := &Watcher{C: c, c: c, set: &s.watchers}
	s.watchers.add(w)
	return w
}

// Close ends the watch. C stays open. Closing twice is harmless.
func (w *Watcher) Close() { w.set.remove(w) }

type watchers struct {
	mu  sync.Mutex
	all map[*Watcher]struct{}
}

func (ws *watchers) add(w *Watcher) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.all == nil {
		ws.all = make(map[*Watcher]struct{})
	}
	ws.all[w] = struct{}{}
}

func (ws *watchers) remove(w *Watcher) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.all, w)
}

// tell never waits for a watcher.
func (ws *watchers) tell() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.all {
		select {
		case w.c <- struct{}{}:
		default:
		}
	}
}
