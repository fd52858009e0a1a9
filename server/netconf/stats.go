package netconf

import "sync/atomic"

// counters are the common-counters of RFC 6022 section 2.1.5, which exist for
// each session and for the whole server.
type counters struct {
	inRPCs, inBadRPCs, outRPCErrors, outNotifications atomic.Uint32
}

// statistics are the server's counters (RFC 6022 section 2.1.5).
type statistics struct {
	counters
	inBadHellos, inSessions, droppedSessions atomic.Uint32
}

// count adds one to the same counter of the session and of the server.
func (s *Session) count(which func(*counters) *atomic.Uint32) {
	which(&s.counters).Add(1)
	which(&s.server.stats.counters).Add(1)
}

func inRPCs(c *counters) *atomic.Uint32           { return &c.inRPCs }
func inBadRPCs(c *counters) *atomic.Uint32        { return &c.inBadRPCs }
func outRPCErrors(c *counters) *atomic.Uint32     { return &c.outRPCErrors }
func outNotifications(c *counters) *atomic.Uint32 { return &c.outNotifications }
