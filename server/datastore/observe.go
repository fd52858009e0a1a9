package datastore

import "sync"

// Observe has f called with every change of running from now on, once it is in
// force and before the request that made it is answered: in order, one at a
// time, and with the store held, so f must be quick and must not write to it.
// A confirmed commit that was undone when the store was opened comes to the
// first observer at once. stop ends that.
func (s *Store) Observe(f func(Change)) (stop func()) { return s.observers.add(f) }

// ObserveConfirmed is Observe for what becomes of confirmed commits; the change of
// running that comes with it is told first.
func (s *Store) ObserveConfirmed(f func(Confirmed)) (stop func()) { return s.confirmed.add(f) }

type observers[T any] struct {
	mu    sync.Mutex
	all   map[*func(T)]struct{}
	early []T  // told before anybody could observe
	keeps bool // what is told is early
}

// keep says whether what is told from now on is early.
func (o *observers[T]) keep(early bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keeps = early
}

func (o *observers[T]) add(f func(T)) (remove func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil {
		o.all = make(map[*func(T)]struct{})
	}
	o.all[&f] = struct{}{}
	for _, what := range o.early {
		f(what)
	}
	o.early = nil
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.all, &f)
	}
}

func (o *observers[T]) tell(what T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.keeps {
		o.early = append(o.early, what)
	}
	for f := range o.all {
		(*f)(what)
	}
}
