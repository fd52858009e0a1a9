package endpoints

import (
	"net"
	"sync"
	"time"
)

// maxSources bounds the addresses that a rate remembers.
const maxSources = 10_000

// rate bounds the connections that each address makes: a bucket that a minute
// fills. Its methods may be called by any number of goroutines.
type rate struct {
	mu      sync.Mutex
	buckets map[string]bucket
}

// bucket is what an address has left.
type bucket struct {
	left float64 // connections
	at   time.Time
}

// admit counts a connection, and says whether it is within perMinute; zero has
// no bound.
func (r *rate) admit(from net.Addr, perMinute int, now time.Time) bool {
	if perMinute == 0 {
		return true
	}
	source, _, err := net.SplitHostPort(from.String())
	if err != nil {
		source = from.String()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	most := float64(perMinute)
	b, known := r.buckets[source]
	if !known {
		r.makeRoom(most, now)
		b = bucket{most, now}
	}
	b.left, b.at = min(most, b.left+now.Sub(b.at).Minutes()*most), now
	if b.left >= 1 {
		b.left--
		r.buckets[source] = b
		return true
	}
	r.buckets[source] = b
	return false
}

// makeRoom forgets addresses whose buckets are full again, and all if none is.
//
// Preconditions: r.mu is held.
func (r *rate) makeRoom(most float64, now time.Time) {
	if len(r.buckets) < maxSources && r.buckets != nil {
		return
	}
	for source, b := range r.buckets {
		if b.left+now.Sub(b.at).Minutes()*most >= most {
			delete(r.buckets, source)
		}
	}
	if len(r.buckets) >= maxSources || r.buckets == nil {
		r.buckets = map[string]bucket{}
	}
}
