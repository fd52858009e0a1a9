package appliance

import "github.com/optical-net/waveguard/server/gnmi"

func (a *Appliance) openGNMI() error {
	a.gnmi = gnmi.New(gnmi.Config{
		Schema: a.schema, Store: a.store, Access: a.access,
		TLS: a.endpoints.TLS, NameOf: a.endpoints.NameOf, Logger: a.cfg.Logger,
	})
	return nil
}
