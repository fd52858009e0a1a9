package appliance

import (
	"context"

	"github.com/optical-net/waveguard/server/netconf"
	"github.com/optical-net/waveguard/yang/tree"
)

// resetObservations is the operation reset-observations. The operational tree
// shows it when it is answered.
func (a *Appliance) resetObservations() netconf.Operation {
	return netconf.Operation{Node: a.schema.RPC("mpk-security-telemetry", "reset-observations"), Run: func(_ context.Context, c netconf.Call) (*tree.Container, error) {
		var sources []string
		if c.Input != nil {
			if l, ok := c.Input.Child(c.Input.Schema().Child("", "domain")).(*tree.LeafList); ok {
				for e := range l.All() {
					sources = append(sources, e.Value().String())
				}
			}
		}
		a.engine.ResetObservations(sources)
		return nil, a.collector.Collect()
	}}
}
