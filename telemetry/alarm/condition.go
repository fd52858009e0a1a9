package alarm

import (
	"strings"
	"time"

	"github.com/optical-net/waveguard/telemetry/model"
)

// Condition is something wrong that holds now.
type Condition struct {
	Resource model.Resource
	Cause    string // an identity of mpk-security-alarms
	// Instance tells apart conditions of one cause and resource; "" if there is
	// only one.
	Instance            string
	Extension           string // "" for none
	Location, Direction string // "" for NOT_APPLICABLE
	Severity            string
	Occurrences         uint64 // since it began; 0: not counted
	Detail, Action      string // "" for none

	Raise time.Duration // how long it must hold to be an alarm
	Clear time.Duration // how long it must be gone to be one no longer
}

// id is the identifier of the alarm: the same for the same condition each time.
func (c *Condition) id() string {
	id := strings.ToLower(c.Resource.Type) + ":" + c.Resource.Name + ":" + c.Cause
	if c.Instance != "" {
		id += ":" + c.Instance
	}
	return id
}

// The severities, in the words of alarm-severity of mpk-security-types.
const (
	Critical      = "CRITICAL"
	Major         = "MAJOR"
	Minor         = "MINOR"
	Warning       = "WARNING"
	Indeterminate = "INDETERMINATE"
	cleared       = "CLEAR" // of notifications alone
)
