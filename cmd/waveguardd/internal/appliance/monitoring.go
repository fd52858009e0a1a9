package appliance

import (
	"context"
	"time"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
)

// monitoringInterval is how old what gNMI says of NETCONF's sessions can be.
const monitoringInterval = time.Second

// mirrorNETCONF keeps the state of the NETCONF server, which NETCONF makes when
// it is asked, in the operational tree until ctx ends: gNMI serves it from there.
func (a *Appliance) mirrorNETCONF(ctx context.Context) {
	tick := time.NewTicker(monitoringInterval)
	defer tick.Stop()
	for {
		if err := a.store.UpdateState(a.writeNETCONF); err != nil {
			a.cfg.Logger.Error("mirror the state of NETCONF", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (a *Appliance) writeNETCONF(e *tree.Editor) error {
	for _, provide := range append(a.netconf.State(), a.access.State, a.history.State, a.filesState) {
		if err := datastore.MergeState(e, provide()); err != nil { // ended sessions go
			return err
		}
	}
	return nil
}
