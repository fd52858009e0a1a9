package enforcement

import "time"

const (
	// allowanceBytes is what the pages of one service's attachments may come to at
	// once, and allowanceRate what is added to that, in bytes per second. A process
	// can keep the pages of attachments that ended, and nobody can take them away:
	// one that attaches over and over takes memory no faster than this.
	allowanceBytes = 16 << 20
	allowanceRate  = 16 << 10
	// attachmentBytes is what an attachment takes besides.
	attachmentBytes = 16 << 10
)

// allowance is what is left of those bytes. The zero value has all of them.
type allowance struct {
	spent int64
	since time.Time
}

// take returns false if there is not as much left.
func (a *allowance) take(now time.Time, bytes int64) bool {
	earned := int64(min(now.Sub(a.since).Seconds(), allowanceBytes/allowanceRate) * allowanceRate)
	spent := max(0, a.spent-max(0, earned))
	if spent+bytes > allowanceBytes {
		return false
	}
	a.spent, a.since = spent+bytes, now
	return true
}
