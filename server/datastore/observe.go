package datastore

import "sync"

// Observe has f called with every change of running from now on, once it is in
// force and before the request that made it is answered: in order, one at a
// time, and with the store held, so f must be quick and must not write to it.
// stop ends that.
func (s *Store) Observe(f func(Change)) (stop func()) { return s.observers.add(f) }

type observers struct {
	mu  sync.Mutex
	all map[*func(Change)]struct{}
}

func (o *observers) add(f func(Change)) (remove func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil {
		o.all = make(map[*func(Change)]struct{})
	}
	o.all[&f] = struct{}{}
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.all, &f)
	}
}

func (o *observers) tell(c Change) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for f := range o.all {
		(*f)(c)
	}
}
