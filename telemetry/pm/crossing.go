package pm

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/telemetry/model"
	"github.com/optical-net/waveguard/yang/tree"
)

// Crossing is a threshold that was crossed.
type Crossing struct {
	Threshold   string
	Resource    model.Resource
	Measurement string
	Granularity string
	Kind        string // HIGH or LOW
	Limit       uint64 // the value that was crossed
	Value       uint64 // of the bin when the crossing was seen
	Severity    string
	Begin       time.Time // of the bin
	Time        time.Time
	Alarm       bool // whether it is to raise one
}

// Crossed returns the crossings that stand, in no order.
func (b *Bins) Crossed() []Crossing {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]Crossing, 0, len(b.thresholds.crossed))
	for _, st := range b.thresholds.crossed {
		all = append(all, st.Crossing)
	}
	return all
}

// content returns the notification threshold-crossing.
func (n *nodes) content(c Crossing) *tree.Container {
	m := model.Of(n.crossing)
	m.Leaf("threshold", c.Threshold)
	m.Leaf("resource-type", c.Resource.Type)
	m.Leaf("resource", c.Resource.Name)
	m.Leaf("measurement", c.Measurement)
	m.Leaf("granularity", c.Granularity)
	m.Leaf("threshold-type", c.Kind)
	m.Count("threshold-value", c.Limit)
	m.Count("value", c.Value)
	m.Leaf("severity", c.Severity)
	m.Leaf("bin-start-time", model.Timestamp(c.Begin))
	m.Leaf("raise-time", model.Timestamp(c.Time))
	return m.Container()
}

// writeCrossings shows how often each threshold was crossed.
func (b *Bins) writeCrossings(e *tree.Editor) error {
	if b.thresholds.shown {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(b.thresholds.all)) {
		path := b.nodes.crossingsOf(name)
		if e.Find(path[:len(path)-2]) == nil {
			continue
		}
		n := strconv.FormatUint(b.thresholds.crossings[name], 10)
		if err := e.SetLeaf(path, path.Schema().Type.Unchecked(n)); err != nil {
			return err
		}
	}
	return nil
}
