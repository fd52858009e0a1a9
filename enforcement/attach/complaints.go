package attach

import (
	"log/slog"
	"sync"
	"time"
)

// complaintsPerSecond bounds what strangers can have logged.
const complaintsPerSecond = 20

// complaints logs what is wrong with those who connect, as long as they are not
// too many, and else how many.
type complaints struct {
	mu     sync.Mutex
	since  time.Time
	said   int
	unsaid int
}

func (c *complaints) warn(log *slog.Logger, message string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.since) >= time.Second {
		c.since, c.said = now, 0
	}
	if c.said == complaintsPerSecond {
		c.unsaid++
		return
	}
	c.said++
	if c.unsaid > 0 {
		args = append(args, "others not logged", c.unsaid)
		c.unsaid = 0
	}
	log.Warn(message, args...)
}
