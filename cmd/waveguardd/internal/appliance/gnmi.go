package appliance

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"

	"github.com/optical-net/waveguard/server/gnmi"
)

func (a *Appliance) openGNMI() error {
	dir := filepath.Join(a.cfg.Dir, "tls")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the TLS certificate: %w", err)
	}
	certificate, err := gnmi.EnsureCertificate(dir)
	if err != nil {
		return fmt.Errorf("prepare the TLS certificate: %w", err)
	}
	authorities, err := readAuthorities(a.cfg.ClientCA)
	if err != nil {
		return err
	}
	a.gnmi = gnmi.New(gnmi.Config{
		Schema: a.schema, Store: a.store, Access: a.access,
		Certificate: certificate, ClientCAs: authorities, Logger: a.cfg.Logger,
	})
	return nil
}

// readAuthorities returns the certificates in a PEM file; nil for no file.
func readAuthorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the authorities of client certificates: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%s has no certificate in PEM form; give --gnmi-client-ca a file that has", path)
	}
	return pool, nil
}
