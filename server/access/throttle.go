package access

import (
	"sync"
	"time"
)

const (
	freeAttempts = 3                // failures before the first delay
	maxDelay     = 5 * time.Minute  // that failures can add up to
	forgetAfter  = 15 * time.Minute // without a failure
	maxTracked   = 10_000           // pairs of user and source
)

// throttle delays those who fail to sign in: after the third failure in a row
// for one user from one source, attempts are refused for a second, and twice as
// long after each further failure.
type throttle struct {
	mu       sync.Mutex
	failures map[attempt]failure
}

type attempt struct{ user, source string }

type failure struct {
	count int
	last  time.Time
}

func (f failure) delay() time.Duration {
	if f.count < freeAttempts {
		return 0
	}
	return min(time.Second<<min(f.count-freeAttempts, 16), maxDelay)
}

// wait returns how long the next attempt has to wait.
func (t *throttle) wait(a attempt, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.failures[a]
	return max(0, f.last.Add(f.delay()).Sub(now))
}

func (t *throttle) failed(a attempt, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failures == nil {
		t.failures = make(map[attempt]failure)
	}
	if len(t.failures) >= maxTracked {
		t.forget(now)
	}
	t.failures[a] = failure{t.failures[a].count + 1, now}
}

func (t *throttle) succeeded(a attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.failures, a)
}

// forget makes room: it drops what is old, and if nothing is, everything of the
// mildest kind, so that an attacker cannot flush out its own record cheaply.
func (t *throttle) forget(now time.Time) {
	for a, f := range t.failures {
		if now.Sub(f.last) > forgetAfter {
			delete(t.failures, a)
		}
	}
	for count := 1; len(t.failures) >= maxTracked; count++ {
		for a, f := range t.failures {
			if f.count <= count {
				delete(t.failures, a)
			}
		}
	}
}
