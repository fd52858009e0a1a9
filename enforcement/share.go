package enforcement

import "time"

// shareOfReports is how many reports one source adds in a second when the backlog
// is half full: the other half is for those that are quiet.
const shareOfReports = 16

// share is what one source of reports added lately.
type share struct {
	added int
	since time.Time
}

// take returns false if the source has had its share.
func (s *share) take(now time.Time) bool {
	if now.Sub(s.since) >= time.Second {
		s.added, s.since = 0, now
	}
	s.added++
	return s.added <= shareOfReports
}
