package access

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// issuer signs certificates.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func (i *issuer) issue(t testing.TB, c *x509.Certificate) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(1), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
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
	return &issuer{cert, key}
}

func newIssuer(t testing.TB) *issuer {
	return (*issuer)(nil).issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "Root"}, IsCA: true, BasicConstraintsValid: true})
}

// alternatives is an extension with names of all kinds, in an order of its own.
func alternatives(names ...asn1.RawValue) []pkix.Extension {
	der, err := asn1.Marshal(names)
	if err != nil {
		panic(err)
	}
	return []pkix.Extension{{Id: subjectAltName, Value: der}}
}

func alternative(tag int, content string) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, Bytes: []byte(content)}
}

func TestCertificateNames(t *testing.T) {
	root := newIssuer(t)
	leaf := root.issue(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "controller-1"},
		ExtraExtensions: alternatives(
			alternative(6, "https://controller.example"), alternative(tagDomain, "Controller.Example.NET"), alternative(tagMail, "Ops@Example.COM"),
			alternative(tagAddress, string(net.ParseIP("2001:db8::7"))), alternative(tagAddress, "\xc0\x00\x02\x07"),
		),
	}).cert
	bare := root.issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "bare"}}).cert
	other := newIssuer(t).cert
	rule := func(of *x509.Certificate, kind, name string) CertRule {
		return CertRule{CertificateFingerprint(of), kind, name}
	}
	for name, test := range map[string]struct {
		rules []CertRule
		leaf  *x509.Certificate
		want  string
	}{
		"no rule":                      {nil, leaf, ""},
		"specified":                    {[]CertRule{rule(leaf, "specified", "odl")}, leaf, "odl"},
		"of an authority":              {[]CertRule{rule(root.cert, "common-name", "")}, leaf, "controller-1"},
		"mail":                         {[]CertRule{rule(leaf, "san-rfc822-name", "")}, leaf, "Ops@example.com"},
		"domain":                       {[]CertRule{rule(leaf, "san-dns-name", "")}, leaf, "controller.example.net"},
		"address":                      {[]CertRule{rule(leaf, "san-ip-address", "")}, leaf, "20010db8000000000000000000000007"},
		"first of any kind":            {[]CertRule{rule(leaf, "san-any", "")}, leaf, "controller.example.net"},
		"another certificate's":        {[]CertRule{rule(other, "specified", "odl")}, leaf, ""},
		"the first that fits":          {[]CertRule{rule(other, "specified", "x"), rule(root.cert, "specified", "a"), rule(leaf, "specified", "b")}, leaf, "a"},
		"no such name, so the next":    {[]CertRule{rule(root.cert, "san-any", ""), rule(root.cert, "common-name", "")}, bare, "bare"},
		"a kind that nobody knows":     {[]CertRule{rule(root.cert, "palm-reading", "x")}, leaf, ""},
		"a fingerprint without a hash": {[]CertRule{{MapType: "specified", Name: "x"}}, leaf, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := CertMap{Rules: test.rules, Authorities: []*x509.Certificate{root.cert}}
			got, ok := m.Name([][]*x509.Certificate{{test.leaf, root.cert}})
			if got != test.want || ok != (test.want != "") {
				t.Errorf("name %q %v, want %q", got, ok, test.want)
			}
		})
	}
}

// TestCertificateNamesTrustOwnCopies holds that a rule for an authority needs a
// copy of it here: a client can show whatever it likes in between.
func TestCertificateNamesTrustOwnCopies(t *testing.T) {
	root := newIssuer(t)
	between := root.issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "between"}, IsCA: true, BasicConstraintsValid: true})
	leaf := between.issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "controller-1"}}).cert
	m := CertMap{
		Rules:       []CertRule{{CertificateFingerprint(between.cert), "common-name", ""}},
		Authorities: []*x509.Certificate{root.cert},
	}
	chains := [][]*x509.Certificate{{leaf, between.cert, root.cert}}
	if name, ok := m.Name(chains); ok {
		t.Errorf("the name is %s", name)
	}
	m.Authorities = append(m.Authorities, between.cert)
	if name, _ := m.Name(chains); name != "controller-1" {
		t.Errorf("the name is %q", name)
	}
	if _, ok := m.Name([][]*x509.Certificate{{}}); ok {
		t.Error("an empty chain has a name")
	}
}

func TestParseFingerprint(t *testing.T) {
	sha256 := "04" + strings.Repeat(":aB", 32)
	f, err := ParseFingerprint(sha256)
	if err != nil || f.String() != strings.ToLower(sha256) {
		t.Errorf("%v, %v", f, err)
	}
	for text, want := range map[string]string{
		"":                               "hexadecimal octets",
		"04:x":                           "hexadecimal octets",
		"04":                             "32 octets of SHA-256",
		"02" + strings.Repeat(":ab", 20): "no hash that is safe",
		"01" + strings.Repeat(":ab", 16): "no hash that is safe",
		"04" + strings.Repeat(":ab", 31): "but has 31",
	} {
		if _, err := ParseFingerprint(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
}

// FuzzFingerprint holds that what is read is written alike.
func TestShortRSAKeysStandForNobody(t *testing.T) {
	for bits, want := range map[uint]bool{1024: false, 2047: false, 2048: true} {
		c := &x509.Certificate{Raw: []byte("certificate"), PublicKey: &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), bits-1), E: 65537}}
		m := &CertMap{Rules: []CertRule{{Fingerprint: CertificateFingerprint(c), MapType: "specified", Name: "admin"}}}
		if _, ok := m.Name([][]*x509.Certificate{{c}}); ok != want {
			t.Errorf("%d bits: %v", bits, ok)
		}
	}
}

func FuzzFingerprint(f *testing.F) {
	f.Add("04" + strings.Repeat(":ab", 32))
	f.Add("05" + strings.Repeat(":00", 48))
	f.Add("::")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseFingerprint(text)
		if err != nil {
			return
		}
		if again, err := ParseFingerprint(p.String()); err != nil || again != p {
			t.Errorf("%s becomes %v, %v", text, again, err)
		}
	})
}

// FuzzAlternativeNames holds that no certificate breaks the server, and that no
// name is empty.
func FuzzAlternativeNames(f *testing.F) {
	for _, e := range [][]pkix.Extension{
		alternatives(alternative(tagMail, "a@B"), alternative(tagDomain, "C"), alternative(tagAddress, "\x7f\x00\x00\x01")),
		alternatives(alternative(tagMail, "@"), alternative(tagAddress, "\x7f")),
		alternatives(),
	} {
		f.Add(e[0].Value)
	}
	f.Add([]byte("\x30\x80\x81\x01"))
	f.Fuzz(func(t *testing.T, der []byte) {
		c := &x509.Certificate{Extensions: []pkix.Extension{{Id: subjectAltName, Value: der}}}
		for tag, content := range alternativeNames(c) {
			if name, ok := alternativeName(tag, content); ok && name == "" {
				t.Errorf("tag %d, content %q: an empty name", tag, content)
			}
		}
	})
}
