package appliance

import (
	"fmt"
	"path/filepath"

	"github.com/optical-net/waveguard/server/gnmi"
)

func (a *Appliance) openGNMI() error {
	tls, err := gnmi.EnsureCertificate(filepath.Join(a.cfg.Dir, "tls"))
	if err != nil {
		return fmt.Errorf("prepare the TLS certificate: %w", err)
	}
	a.gnmi, err = gnmi.New(gnmi.Config{})
	_ = tls
	return err
}
