package telemetry

import (
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/yang/tree"
)

// observation is the calls that were observed, by pair of domains. A source hands
// out the same entry again for as long as it says the same.
type observation = map[gen.MpkSecurity_Observation_Transition_Key]*gen.MpkSecurity_Observation_Transition

// writeObservation writes the calls that were observed. No configuration stands
// behind them: they come and go with the source's word alone.
func (c *Collector) writeObservation(e *tree.Editor, next *gen.MpkSecurity_Observation) error {
	if next == nil {
		return nil
	}
	prev := c.prev.Observation
	if e.Find(c.paths.observation) == nil {
		prev, c.written = nil, nil // it went with all that was configured
	}
	if next == prev {
		return nil
	}
	if err := view.Write(e, c.paths.observation, prev, next); err != nil {
		return err
	}
	at := func(k gen.MpkSecurity_Observation_Transition_Key) tree.Path {
		return entry(c.paths.observed, k.Source, k.Target)
	}
	for k := range c.written {
		if next.Transition[k] != nil {
			continue
		}
		if _, err := e.DeletePath(at(k)); err != nil {
			return err
		}
	}
	for k, v := range next.Transition {
		if v == c.written[k] {
			continue
		}
		if err := view.Write(e, at(k), c.written[k], v); err != nil {
			return err
		}
	}
	c.written = next.Transition
	return nil
}
