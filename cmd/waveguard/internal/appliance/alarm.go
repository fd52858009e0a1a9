package appliance

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Alarm is something that is wrong now.
type Alarm struct {
	ID           string     `json:"id"`
	ResourceType string     `json:"resource-type"`
	Resource     string     `json:"resource"`
	ResourcePath string     `json:"resource-path,omitempty"`
	Cause        AlarmCause `json:"probable-cause"`
	Severity     string     `json:"severity"`
	RaiseTime    *time.Time `json:"raise-time,omitempty"`
	ChangeTime   *time.Time `json:"change-time,omitempty"`
	Occurrences  Count      `json:"occurrences,omitempty"` // 0: not counted
	Detail       string     `json:"additional-detail,omitempty"`
	Action       string     `json:"corrective-action,omitempty"`
}

// AlarmCause is why there is an alarm.
type AlarmCause struct {
	Cause     string `json:"cause"`
	Extension string `json:"extension,omitempty"`
	Location  string `json:"location,omitempty"`
	Direction string `json:"direction,omitempty"`
}

// severities, the gravest first.
var severities = []string{"CRITICAL", "MAJOR", "MINOR", "WARNING", "INDETERMINATE"}

// Alarms reads the active alarms, the gravest first, then the oldest.
func (c *Client) Alarms(ctx context.Context) (s Sample[[]Alarm], err error) {
	text, taken, err := c.get(ctx, under("alarms", "active-alarms"))
	if err != nil {
		return s, err
	}
	var all struct {
		Alarms []Alarm `json:"active-alarm"`
	}
	if err := decodePlain(text, &all); err != nil {
		return s, misread(err)
	}
	for i := range all.Alarms {
		all.Alarms[i].Cause.Cause = local(all.Alarms[i].Cause.Cause)
	}
	slices.SortFunc(all.Alarms, func(a, b Alarm) int {
		return cmp.Or(
			cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity)),
			compareTimes(a.RaiseTime, b.RaiseTime), cmp.Compare(a.ID, b.ID))
	})
	return Sample[[]Alarm]{taken, append([]Alarm{}, all.Alarms...)}, nil
}

// compareTimes puts what has no time first.
func compareTimes(a, b *time.Time) int {
	var zero time.Time
	if a == nil {
		a = &zero
	}
	if b == nil {
		b = &zero
	}
	return a.Compare(*b)
}

// decodePlain reads JSON whose names have their modules now and then.
func decodePlain(text []byte, into any) error {
	plain, err := withoutModules(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, into)
}
