package rounds_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement/rounds"
)

const (
	short    = 2 * time.Millisecond
	patience = 20 * time.Second
)

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// TestTogether: all members are visited, by one goroutine, again and again until they leave.
func TestTogether(t *testing.T) {
	t.Parallel()
	var r rounds.Rounds
	r.Every(short)
	const members = 10
	var one sync.Mutex
	var visits [members]atomic.Int32
	var leave [members]func()
	for i := range members {
		leave[i] = r.Join(func() {
			if !one.TryLock() {
				t.Error("two are visited at a time")
				return
			}
			defer one.Unlock()
			visits[i].Add(1)
		})
	}
	for i := range members {
		eventually(t, "three visits", func() bool { return visits[i].Load() >= 3 })
	}
	for i := range members {
		leave[i]()
	}
	one.Lock() // no visit is under way, and whoever begins one now says so
	again := r.Join(func() {})
	time.Sleep(3 * short)
	again()
}

// TestAfterAll: rounds begin anew when somebody joins after all have left.
func TestAfterAll(t *testing.T) {
	t.Parallel()
	var r rounds.Rounds
	r.Every(short)
	for range 3 {
		visited := make(chan struct{}, 1)
		leave := r.Join(func() {
			select {
			case visited <- struct{}{}:
			default:
			}
		})
		<-visited
		leave()
	}
}

// TestShorter: a shorter period counts at once.
func TestShorter(t *testing.T) {
	t.Parallel()
	var r rounds.Rounds
	r.Every(24 * time.Hour)
	visited := make(chan struct{}, 1)
	defer r.Join(func() {
		select {
		case visited <- struct{}{}:
		default:
		}
	})()
	r.Every(short)
	select {
	case <-visited:
	case <-time.After(patience):
		t.Fatal("nobody came")
	}
}

// TestOneThatIsStuck: visits that do not come to an end keep nobody else waiting for long,
// and there is never a second one of the same member.
func TestOneThatIsStuck(t *testing.T) {
	t.Parallel()
	var r rounds.Rounds
	r.Every(short)
	var stuck, others atomic.Int32
	free := make(chan struct{})
	for range 3 {
		defer r.Join(func() { stuck.Add(1); <-free })()
	}
	defer r.Join(func() { others.Add(1) })()
	eventually(t, "all to be stuck", func() bool { return stuck.Load() == 3 })
	was := others.Load()
	eventually(t, "the other one to be visited", func() bool { return others.Load() >= was+5 })
	if n := stuck.Load(); n != 3 {
		t.Errorf("three members are visited %d times at once", n)
	}
	close(free)
	eventually(t, "all to be visited again", func() bool { return stuck.Load() > 3 })
}
