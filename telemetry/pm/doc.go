// Package pm is performance monitoring: what counters rose by in bins of 15
// minutes and of 24 hours, and since the bins were cleared, as mpk-security-pm
// describes it; and the thresholds on them of mpk-security-anomaly.
//
// [Bins] is told the counters now and then, and counts what they rose by where
// it sees it. Bins follow the wall clock in UTC. What it cannot vouch for it
// marks as suspect: a bin in which the process did not run, was not asked for
// too long, or in which the clock was set.
//
// Memory is bounded by the configuration: a measurement takes about 200 octets,
// and 0.9 KiB once it has counted something in a bin that ended. No more than
// [MaxHistories] have such a past.
package pm
