package telemetry

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// severities of violations, from least to most.
var severities = []string{"MINOR", "MODERATE", "SEVERE", "CRITICAL"}

// severityOf is the rank of a severity, that of the least for an unknown one.
func severityOf(name string) int { return max(slices.Index(severities, name), 0) }

// offence is what goes on of one service: violations that follow one another.
type offence struct {
	severity int    // of the gravest
	kind     string // of that
	detail   string // of that
	count    uint64
	last     time.Duration // by uptime
}

// offences are those of services by name; "" is for what nobody is known to have
// done.
type offences struct {
	going map[string]*offence // as of the last collection

	mu    sync.Mutex
	heard map[string]map[kindOfOffence]*offence // since the last collection
}

// kindOfOffence is what offences of a service are kept apart by until it is known
// which count.
type kindOfOffence struct {
	severity int
	excuse   string // the domain that is said to be permissive, "" if it was stopped
}

func newOffences() *offences {
	return &offences{going: map[string]*offence{}, heard: map[string]map[kindOfOffence]*offence{}}
}

// maxOffenders is how many names are kept apart between two collections:
// processes call themselves what they like.
const maxOffenders = 1024

func (o *offences) hear(v Violation) {
	n, err := strconv.ParseUint(v.Leafs["occurrences"], 10, 32)
	if err != nil {
		n = 1
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	name := v.Leafs["service"]
	if o.heard[name] == nil && len(o.heard) >= maxOffenders {
		name = ""
	}
	if o.heard[name] == nil {
		o.heard[name] = map[kindOfOffence]*offence{}
	}
	kind := kindOfOffence{severity: severityOf(v.Leafs["severity"])}
	if v.Leafs["outcome"] == "TOLERATED" {
		kind.excuse = v.Leafs["source-domain"]
	}
	one := o.heard[name][kind]
	if one == nil {
		one = &offence{severity: kind.severity}
		o.heard[name][kind] = one
	}
	one.count += n
	_, one.kind, _ = strings.Cut(v.Leafs["kind"], ":")
	one.detail = describe(v)
}

// describe says in words what was tried.
func describe(v Violation) string {
	_, text, _ := strings.Cut(v.Leafs["kind"], ":")
	for _, part := range []struct{ before, leaf string }{
		{" out of domain ", "source-domain"},
		{" into domain ", "target-domain"},
		{", operation ", "operation"},
		{", process ", "process-id"},
		{", address ", "address"},
	} {
		if value := v.Leafs[part.leaf]; value != "" {
			text += part.before + value
		}
	}
	return text
}

// collect takes in what was heard of the severities that count, and lets go of
// what has ended for that long. What a domain was forgiven does not count if it
// is permissive: that is an alarm of its own.
func (o *offences) collect(now time.Duration, r *rules) {
	o.mu.Lock()
	heard := o.heard
	o.heard = map[string]map[kindOfOffence]*offence{}
	o.mu.Unlock()
	for name, byKind := range heard {
		if r.services[name] == nil {
			name = ""
		}
		for kind, one := range byKind {
			if kind.severity >= r.least && !r.permissive[kind.excuse] {
				o.take(now, name, one)
			}
		}
	}
	for name, going := range o.going {
		if now-going.last >= max(r.clear, 1) || going.severity < r.least || name != "" && r.services[name] == nil {
			delete(o.going, name)
		}
	}
}

func (o *offences) take(now time.Duration, name string, one *offence) {
	going := o.going[name]
	if going == nil {
		going = &offence{severity: -1}
		o.going[name] = going
	}
	going.count += one.count
	going.last = now
	if one.severity > going.severity {
		going.severity, going.kind, going.detail = one.severity, one.kind, one.detail
	}
}
