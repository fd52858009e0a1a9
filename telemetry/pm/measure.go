package pm

import (
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/telemetry/model"
)

// key names a measurement.
type key struct {
	model.Resource
	kind string // measurement-type of mpk-security-types
}

// The kinds of measurement that more than one type of resource has.
const (
	callsPermitted = "CALLS_PERMITTED"
	callsDenied    = "CALLS_DENIED"
	rateLimited    = "RATE_LIMITED"
	dwellExceeded  = "DWELL_EXCEEDED"
	faults         = "PROTECTION_KEY_FAULTS"
	violations     = "VIOLATIONS"
	lostReports    = "LOST_REPORTS"
)

// ofSystem are the kinds that the system has: what its services sum up to.
var ofSystem = [...]string{callsPermitted, callsDenied, rateLimited, dwellExceeded, faults, violations, lostReports}

// measure hands over every counter of a state. One that is nil is not known.
func measure(state *gen.MpkSecurity, counter func(key, *uint64)) {
	for name, s := range state.Service {
		measureService(model.Resource{Type: model.Service, Name: name}, s.Counters, counter)
	}
	for name, d := range state.Domain {
		measureDomain(model.Resource{Type: model.Domain, Name: name}, d.Counters, counter)
	}
	for k, t := range state.Transition {
		measureTransition(model.TransitionOf(k.Source, k.Target), t.Counters, counter)
	}
}

func measureService(r model.Resource, c *gen.MpkSecurity_Service_Counters, counter func(key, *uint64)) {
	if c == nil {
		return
	}
	counter(key{r, callsPermitted}, c.CallsPermitted)
	counter(key{r, callsDenied}, c.CallsDenied)
	counter(key{r, rateLimited}, c.RateLimited)
	counter(key{r, dwellExceeded}, c.DwellExceeded)
	counter(key{r, faults}, c.ProtectionKeyFaults)
	counter(key{r, violations}, c.Violations)
	counter(key{r, lostReports}, c.LostReports)
}

func measureDomain(r model.Resource, c *gen.MpkSecurity_Domain_Counters, counter func(key, *uint64)) {
	if c == nil {
		return
	}
	counter(key{r, "ENTRIES_PERMITTED"}, c.EntriesPermitted)
	counter(key{r, "ENTRIES_DENIED"}, c.EntriesDenied)
	counter(key{r, "UNMATCHED_DENIED"}, c.UnmatchedDenied)
	counter(key{r, faults}, c.ProtectionKeyFaults)
}

func measureTransition(r model.Resource, c *gen.MpkSecurity_Transition_Counters, counter func(key, *uint64)) {
	if c == nil {
		return
	}
	counter(key{r, callsPermitted}, c.Permitted)
	counter(key{r, callsDenied}, c.Denied)
	counter(key{r, rateLimited}, c.RateLimited)
	counter(key{r, dwellExceeded}, c.DwellExceeded)
}
