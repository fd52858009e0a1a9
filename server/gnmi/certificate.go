package gnmi

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// The files of EnsureCertificate in its directory.
const (
	certificateFile = "cert.pem"
	keyFile         = "key.pem"
)

// validity is how long a certificate that the server makes for itself is valid.
const validity = 10 * 365 * 24 * time.Hour

// maxFileBytes bounds a file with a certificate or key.
const maxFileBytes = 1 << 20

// Certificate is a certificate and its key in two files. When the files change,
// new connections get the new certificate. Its methods may be called by any
// number of goroutines.
type Certificate struct {
	CertFile, KeyFile string // PEM

	mu      sync.Mutex
	loaded  *tls.Certificate
	changed [2]time.Time // of the files when they were loaded
}

// EnsureCertificate returns the certificate in the files cert.pem and key.pem of
// dir. If there is none it makes one: self-signed, so that clients take cert.pem
// as the authority's certificate too, with an ECDSA key on P-256, for
// localhost, its addresses, the host name, and the names and addresses given.
// The key file has mode 0600; one that others may read is refused.
func EnsureCertificate(dir string, names ...string) (*Certificate, error) {
	c := &Certificate{CertFile: filepath.Join(dir, certificateFile), KeyFile: filepath.Join(dir, keyFile)}
	_, err := os.Stat(c.KeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		if err := c.generate(names); err != nil {
			return nil, fmt.Errorf("make the TLS certificate: %w", err)
		}
	}
	if err := c.load(); err != nil {
		return nil, fmt.Errorf("%w; mend the files in %s, or remove both to get new ones", err, dir)
	}
	return c, nil
}

// LoadCertificate returns the certificate in two PEM files.
func LoadCertificate(certFile, keyFile string) (*Certificate, error) {
	c := &Certificate{CertFile: certFile, KeyFile: keyFile}
	if err := c.load(); err != nil {
		return nil, fmt.Errorf("%w; mend the files, or configure others", err)
	}
	return c, nil
}

// AwaitCertificate is LoadCertificate for files that may be of no use yet: until
// they are, another certificate takes their place.
func AwaitCertificate(certFile, keyFile string, until *Certificate) *Certificate {
	instead, _ := until.Get() // the one before, where the new is of no use
	return &Certificate{CertFile: certFile, KeyFile: keyFile, loaded: instead}
}

// Get returns the certificate for a handshake: the present one if the files do
// not make a new one. Beside an error it returns the one before.
func (c *Certificate) Get() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now, err := c.times(); err != nil || now == c.changed {
		return c.loaded, nil
	}
	err := c.loadLocked()
	return c.loaded, err
}

func (c *Certificate) load() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.loadLocked()
}

// loadLocked reads the files; on an error the certificate stays as it was.
//
// Preconditions: c.mu is held.
func (c *Certificate) loadLocked() error {
	info, err := os.Stat(c.KeyFile)
	if err != nil {
		return fmt.Errorf("read the TLS key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("TLS key %s has mode %04o and may be known to others: run chmod 0600 on it", c.KeyFile, mode)
	}
	changed, err := c.times()
	if err != nil {
		return fmt.Errorf("read the TLS certificate: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return fmt.Errorf("read the TLS certificate %s with its key %s: %w", c.CertFile, c.KeyFile, err)
	}
	c.loaded, c.changed = &pair, changed
	return nil
}

func (c *Certificate) times() (t [2]time.Time, err error) {
	for i, name := range []string{c.CertFile, c.KeyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return t, err
		}
		if !info.Mode().IsRegular() || info.Size() > maxFileBytes { // reading would last
			return t, fmt.Errorf("%s is not a file, or longer than %d bytes", name, maxFileBytes)
		}
		t[i] = info.ModTime()
	}
	return t, nil
}

// generate makes both files; the key last, because it says that both are there.
func (c *Certificate) generate(names []string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	cert, err := selfSigned(key, names)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writeWhole(c.CertFile, 0o644, &pem.Block{Type: "CERTIFICATE", Bytes: cert}); err != nil {
		return err
	}
	return writeWhole(c.KeyFile, 0o600, &pem.Block{Type: "PRIVATE KEY", Bytes: private})
}

func selfSigned(key *ecdsa.PrivateKey, names []string) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "localhost"
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"Waveguard"}, CommonName: host},
		NotBefore:    now.Add(-time.Hour), NotAfter: now.Add(validity), // clocks differ
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
	}
	for _, name := range append([]string{"localhost", "127.0.0.1", "::1", host}, names...) {
		addName(template, name)
	}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}

func addName(c *x509.Certificate, name string) {
	if ip := net.ParseIP(name); ip != nil {
		c.IPAddresses = append(c.IPAddresses, ip)
	} else if !slices.Contains(c.DNSNames, name) {
		c.DNSNames = append(c.DNSNames, name)
	}
}

// writeWhole makes the file whole or not at all.
func writeWhole(path string, mode fs.FileMode, block *pem.Block) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tls_*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = pem.Encode(f, block)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
