package notify_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/notify"
)

// event tells notifications apart by their time.
func event(i int) notify.Notification { return notify.Notification{Time: time.Unix(int64(i), 0)} }

func drain(s *notify.Subscription) []int {
	var got []int
	for {
		n, ok := s.TryNext()
		if !ok {
			return got
		}
		got = append(got, int(n.Time.Unix()))
	}
}

func publish(h *notify.Hub, from, to int) {
	for i := from; i < to; i++ {
		h.Publish(event(i))
	}
}

func TestOverflowDropsTheOldestAndCounts(t *testing.T) {
	tests := []struct {
		name      string
		bound     int
		published int
		want      []int
		dropped   uint64
	}{
		{"room for all", 8, 3, []int{0, 1, 2}, 0},
		{"exactly full", 3, 3, []int{0, 1, 2}, 0},
		{"overflow", 3, 10, []int{7, 8, 9}, 7},
		{"bound below one counts as one", 0, 2, []int{1}, 1},
		{"beyond the first growth", 20, 40, []int{20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39}, 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var h notify.Hub
			s := h.Subscribe(tt.bound)
			defer s.Close()
			publish(&h, 0, tt.published)
			if got := drain(s); !slices.Equal(got, tt.want) {
				t.Errorf("read %v, want %v", got, tt.want)
			}
			if s.Dropped() != tt.dropped {
				t.Errorf("dropped %d, want %d", s.Dropped(), tt.dropped)
			}
		})
	}
}

func TestQueueKeepsOrderWhileItWraps(t *testing.T) {
	var h notify.Hub
	s := h.Subscribe(100)
	defer s.Close()
	var got []int
	for i := range 50 {
		publish(&h, 3*i, 3*i+3)
		for range 2 {
			n, _ := s.TryNext()
			got = append(got, int(n.Time.Unix()))
		}
	}
	got = append(got, drain(s)...)
	if !slices.IsSorted(got) || len(got) != 150 {
		t.Errorf("read %d notifications, sorted: %t; want all 150 in order", len(got), slices.IsSorted(got))
	}
}

func TestSlowReaderHarmsOnlyItself(t *testing.T) {
	var h notify.Hub
	slow, quick := h.Subscribe(1), h.Subscribe(1000)
	defer slow.Close()
	defer quick.Close()
	publish(&h, 0, 1000)
	if got := drain(quick); len(got) != 1000 || quick.Dropped() != 0 {
		t.Errorf("quick reader got %d and lost %d", len(got), quick.Dropped())
	}
	if got := drain(slow); !slices.Equal(got, []int{999}) || slow.Dropped() != 999 {
		t.Errorf("slow reader got %v and lost %d", got, slow.Dropped())
	}
}

func TestNextWaitsAndEnds(t *testing.T) {
	var h notify.Hub
	s := h.Subscribe(4)
	go h.Publish(event(7))
	n, err := s.Next(t.Context())
	if err != nil || n.Time.Unix() != 7 {
		t.Fatalf("Next = %v, %v", n, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Next under a cancelled context: %v", err)
	}

	h.Publish(event(8))
	s.Close()
	s.Close()
	h.Publish(event(9))
	if n, err := s.Next(t.Context()); err != nil || n.Time.Unix() != 8 {
		t.Errorf("what was queued before Close is lost: %v, %v", n, err)
	}
	if _, err := s.Next(t.Context()); !errors.Is(err, notify.ErrClosed) {
		t.Errorf("Next after Close: %v", err)
	}
}

func TestManyPublishersAndReaders(t *testing.T) {
	const publishers, each = 4, 500
	var h notify.Hub
	var readers, writers sync.WaitGroup
	subs := make([]*notify.Subscription, 3)
	counts := make([]int, len(subs))
	for i := range subs {
		subs[i] = h.Subscribe(publishers * each)
		readers.Go(func() {
			for {
				if _, err := subs[i].Next(t.Context()); err != nil {
					return
				}
				counts[i]++
			}
		})
	}
	for range publishers {
		writers.Go(func() { publish(&h, 0, each) })
	}
	writers.Wait()
	for _, s := range subs {
		s.Close()
	}
	readers.Wait()
	for i, n := range counts {
		if n != publishers*each {
			t.Errorf("reader %d got %d of %d", i, n, publishers*each)
		}
	}
}
