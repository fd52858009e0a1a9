package attach

import (
	"context"
	"time"
)

// pacer makes a process wait that sends more than messagesPerSecond, or messages
// that take more time than its share: its own messages queue up in its socket
// then, nobody else's.
type pacer struct {
	sent  int
	busy  time.Duration // spent on them
	since time.Time
}

// worked accounts for the time that a message took.
func (p *pacer) worked(d time.Duration) { p.busy += d }

// wait returns when the next message may be taken, or the context's error.
func (p *pacer) wait(ctx context.Context) error {
	if now := time.Now(); now.Sub(p.since) >= max(time.Second, workShare*p.busy) {
		p.sent, p.busy, p.since = 0, 0, now
	}
	if p.sent++; p.sent <= messagesPerSecond && workShare*p.busy < time.Second {
		return nil
	}
	err := sleep(ctx, time.Until(p.since.Add(max(time.Second, workShare*p.busy))))
	p.sent, p.busy, p.since = 1, 0, time.Now()
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
