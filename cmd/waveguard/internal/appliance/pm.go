package appliance

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Measurement is what is measured of a resource, in its bins under way or in
// those that ended.
type Measurement struct {
	ResourceType string `json:"resource-type"`
	Resource     string `json:"resource"`
	Type         string `json:"type"`
	Bins         []Bin  `json:"measurement"`
}

// Bin is what was measured in a time.
type Bin struct {
	Granularity string     `json:"granularity"`
	Number      int        `json:"bin-number,omitempty"` // 0: under way
	Value       Count      `json:"value"`
	Validity    string     `json:"validity"`
	Start       *time.Time `json:"start-time,omitempty"`      // of one under way
	Completion  *time.Time `json:"completion-time,omitempty"` // of one that ended
}

// Bin returns the bin under way of that granularity; nil if there is none.
func (m *Measurement) Bin(granularity string) *Bin {
	for i := range m.Bins {
		if m.Bins[i].Granularity == granularity {
			return &m.Bins[i]
		}
	}
	return nil
}

// CurrentPM reads the bins under way of all measurements.
func (c *Client) CurrentPM(ctx context.Context) (Sample[[]Measurement], error) {
	return c.measurements(ctx, "current-pm-list", "current-pm")
}

// HistoricalPM reads the bins that ended and are not zero, the oldest first in
// each measurement.
func (c *Client) HistoricalPM(ctx context.Context) (Sample[[]Measurement], error) {
	return c.measurements(ctx, "historical-pm-list", "historical-pm")
}

// resourceTypes, from the whole to its parts.
var resourceTypes = []string{"SYSTEM", "DOMAIN", "SERVICE", "TRANSITION"}

// measurements reads a list of them, by resource and type.
func (c *Client) measurements(ctx context.Context, container, list string) (s Sample[[]Measurement], err error) {
	text, taken, err := c.get(ctx, under("performance-monitoring", container))
	if err != nil {
		return s, err
	}
	var lists struct {
		Current    []Measurement `json:"current-pm"`
		Historical []Measurement `json:"historical-pm"`
	}
	if err := decodePlain(text, &lists); err != nil {
		return s, misread(err)
	}
	all := append([]Measurement{}, lists.Current...)
	if list == "historical-pm" {
		all = append([]Measurement{}, lists.Historical...)
	}
	slices.SortFunc(all, func(a, b Measurement) int {
		return cmp.Or(
			cmp.Compare(slices.Index(resourceTypes, a.ResourceType), slices.Index(resourceTypes, b.ResourceType)),
			cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Type, b.Type))
	})
	for _, m := range all {
		slices.SortFunc(m.Bins, func(a, b Bin) int {
			return cmp.Or(cmp.Compare(a.Granularity, b.Granularity), compareTimes(a.Completion, b.Completion))
		})
	}
	return Sample[[]Measurement]{taken, all}, nil
}
