package pm

import "time"

// granularity is the length of bins, by place in arrays.
type granularity uint8

const (
	quarter granularity = iota // 15 minutes
	day
	untimed
	granularities
)

const timed = 2 // the first granularities have bins that end

// depth is how many bins that ended are kept.
var depth = [timed]int{96, 7}

var lengths = [timed]time.Duration{15 * time.Minute, 24 * time.Hour}

var granularityNames = [granularities]string{"15MIN", "24H", "UNTIMED"}

// String returns the name the model gives it.
func (g granularity) String() string { return granularityNames[g] }

// granularityOf returns the granularity of that name.
func granularityOf(name string) (granularity, bool) {
	for g, n := range granularityNames {
		if n == name {
			return granularity(g), true
		}
	}
	return 0, false
}

// begin returns when the bin that t is in began.
func (g granularity) begin(t time.Time) time.Time {
	if g == untimed {
		return t
	}
	return t.UTC().Truncate(lengths[g])
}

// slot returns the place of the bin that began then: its bin-number less one.
// Bins of a day are counted by the weekday, from Monday.
func (g granularity) slot(start time.Time) int {
	if g == day {
		return (int(start.UTC().Weekday()) + 6) % depth[day]
	}
	start = start.UTC()
	return start.Hour()*4 + start.Minute()/15
}

// validity is how far a bin can be relied on, the better the less.
type validity uint8

const (
	complete validity = iota
	partial
	suspect
)

var validityNames = [...]string{"COMPLETE", "PARTIAL", "SUSPECT"}

// String returns the name the model gives it.
func (v validity) String() string { return validityNames[v] }
