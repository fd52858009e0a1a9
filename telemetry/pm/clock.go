package pm

import "time"

// Reading is what clocks say at one moment.
type Reading struct {
	Wall   time.Time     // may be set, forth or back
	Uptime time.Duration // only grows, as fast as time does
}

// SystemClock reads the clocks of the machine.
func SystemClock() Reading {
	now := time.Now()
	return Reading{now.Round(0).UTC(), now.Sub(started)}
}

var started = time.Now()

const (
	// clockTolerance is how far the two clocks may drift apart between two
	// readings before the wall clock counts as set.
	clockTolerance = 5 * time.Second
	// longestGap is how long nobody may look at the counters around the end of
	// a bin.
	longestGap = 30 * time.Second
)

// jumped says whether the wall clock was set between two readings.
func jumped(from, to Reading) bool {
	d := to.Wall.Sub(from.Wall) - (to.Uptime - from.Uptime)
	return d.Abs() > clockTolerance
}
