package attach

import (
	"context"
	"time"
)

// pacer makes a process wait that sends more than messagesPerSecond: its own
// messages queue up in its socket then, nobody else's.
type pacer struct {
	sent  int
	since time.Time
}

// wait returns when the next message may be taken, or the context's error.
func (p *pacer) wait(ctx context.Context) error {
	if now := time.Now(); now.Sub(p.since) >= time.Second {
		p.sent, p.since = 0, now
	}
	if p.sent++; p.sent <= messagesPerSecond {
		return nil
	}
	p.sent = 1
	err := sleep(ctx, time.Until(p.since.Add(time.Second)))
	p.since = time.Now()
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
