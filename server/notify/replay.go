package notify

import "time"

// Replay reads the past that a log has. It is for one goroutine.
type Replay struct {
	from    time.Time
	rest    []record
	decoder decoder
	skipped int
}

// Next returns the next notification, in the order they were published; ok is
// false when there is none left.
func (r *Replay) Next() (n Notification, ok bool) {
	for len(r.rest) > 0 {
		next := r.rest[0]
		r.rest = r.rest[1:]
		if next.time.Before(r.from) {
			continue
		}
		n, err := r.decoder.decode(next)
		if err == nil {
			return n, true
		}
		r.skipped++
	}
	return n, false
}

// Skipped returns how many notifications Next has left out, because the schema
// has changed and they no longer fit it.
func (r *Replay) Skipped() int { return r.skipped }
