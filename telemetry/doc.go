// Package telemetry carries what enforcement counts and reports to where the
// protocols serve it: counters and states into the operational tree, violations
// out as notifications.
//
// Counters travel one way. Nothing polls a service: a gate that refuses rings,
// and what is merely frequent is read from shared pages now and then.
package telemetry
