package appliance

import (
	"context"

	"github.com/optical-net/waveguard/server/history"
	"github.com/optical-net/waveguard/server/netconf"
	"github.com/optical-net/waveguard/yang/tree"
)

func (a *Appliance) openHistory() (err error) {
	a.history, err = history.New(a.schema, a.store, a.access)
	return err
}

// historyOperations shows the history to NETCONF.
func (a *Appliance) historyOperations() []netconf.Operation {
	get, back := a.history.RPCs()
	return []netconf.Operation{
		{Node: get, Run: func(_ context.Context, c netconf.Call) (*tree.Container, error) {
			return a.history.GetRevision(c.User, c.Input)
		}},
		{Node: back, Run: func(ctx context.Context, c netconf.Call) (*tree.Container, error) {
			return a.history.Rollback(ctx, c.Actor, c.Input)
		}},
	}
}
