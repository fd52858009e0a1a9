package appliance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/access"
)

// identity is a certificate with its key.
type identity struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issue makes a certificate, by default one for a client for a day; a nil
// identity signs with the certificate's own key.
func (i *identity) issue(t testing.TB, c *x509.Certificate) *identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore = big.NewInt(time.Now().UnixNano()), time.Now().Add(-2*time.Hour)
	if c.NotAfter.IsZero() {
		c.NotAfter = time.Now().Add(24 * time.Hour)
	}
	if !c.IsCA {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	parent, signer := c, key
	if i != nil {
		parent, signer = i.cert, i.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &identity{cert, key}
}

func named(name string) pkix.Name { return pkix.Name{CommonName: name} }

func newAuthority(t testing.TB, name string) *identity {
	return (*identity)(nil).issue(t, &x509.Certificate{Subject: named(name), IsCA: true, BasicConstraintsValid: true})
}

func (i *identity) pair() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{i.cert.Raw}, PrivateKey: i.key}
}

// files writes the certificate and its key in PEM form.
func (i *identity) files(t testing.TB) (cert, key string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(i.key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: i.cert.Raw}, key: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// trust is the configuration by which an authority vouches for clients.
func trust(name string, authority *identity) string {
	return `<client-authorities><client-authority><name>` + name + `</name><config><name>` + name + `</name><certificate>` +
		base64.StdEncoding.EncodeToString(authority.cert.Raw) + `</certificate></config></client-authority></client-authorities>`
}

// rule is an entry of cert-to-name.
func rule(id int, of *identity, kind, name string) string {
	if name != "" {
		name = "<name>" + name + "</name>"
	}
	return fmt.Sprintf(`<cert-to-name><id>%d</id><fingerprint>%v</fingerprint>`+
		`<map-type xmlns:x="urn:ietf:params:xml:ns:yang:ietf-x509-cert-to-name">x:%s</map-type>%s</cert-to-name>`,
		id, access.CertificateFingerprint(of.cert), kind, name)
}
