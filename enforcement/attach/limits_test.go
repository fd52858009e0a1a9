package attach

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestLobbyKeepsUsersApart(t *testing.T) {
	var l lobby
	for range maxWaiting {
		if !l.enter(7) {
			t.Fatal("refused too early")
		}
	}
	if l.enter(7) {
		t.Error("one too many entered")
	}
	if !l.enter(8) {
		t.Error("another user was kept out")
	}
	l.leave(7)
	if !l.enter(7) {
		t.Error("no room again after one left")
	}
	for range maxWaiting {
		l.leave(7)
	}
	l.leave(8)
	if len(l.waiting) != 0 {
		t.Errorf("users are kept: %v", l.waiting)
	}
}

func TestPacer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		start := time.Now()
		for i := range 3*messagesPerSecond + 1 {
			if err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			if want := time.Duration(i/messagesPerSecond) * time.Second; time.Since(start) != want {
				t.Fatalf("message %d came after %v, want %v", i, time.Since(start), want)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := pacer{since: time.Now(), sent: messagesPerSecond}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := p.wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("wait returned %v", err)
		}
	})
}
