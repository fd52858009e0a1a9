package pm

import (
	"github.com/optical-net/waveguard/telemetry/model"
	"github.com/optical-net/waveguard/yang/tree"
)

// readThresholds reads the enabled thresholds of the container, which may be nil.
func (n *nodes) readThresholds(c *tree.Container) map[string]threshold {
	all := map[string]threshold{}
	if c == nil {
		return all
	}
	list, ok := c.Child(n.threshold).(*tree.List)
	if !ok {
		return all
	}
	for entry := range list.All() {
		config, _ := entry.Child(n.thresholdConfig).(*tree.Container)
		if t, enabled := n.readThreshold(config); enabled {
			all[t.name] = t
		}
	}
	return all
}

func (n *nodes) readThreshold(c *tree.Container) (t threshold, enabled bool) {
	value := func(name string) string { return model.Value(n.thresholdConfig, c, name) }
	number := func(name string) (l limit) {
		l.value, l.set = model.Number(n.thresholdConfig, c, name)
		return l
	}
	t = threshold{
		name: value("name"), kind: value("measurement"), severity: value("severity"),
		Resource: model.Resource{Type: value("resource-type"), Name: value("resource")},
		high:     number("high-value"), low: number("low-value"), clear: number("clear-value"),
		alarm: value("raise-alarm") == "true",
	}
	t.granularity, _ = granularityOf(value("granularity"))
	return t, value("enabled") == "true"
}
