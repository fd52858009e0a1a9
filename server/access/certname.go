package access

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes of fingerprints
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fingerprint identifies a certificate by its hash (RFC 6353, SnmpTLSFingerprint).
// Fingerprints can be compared.
type Fingerprint struct {
	hash crypto.Hash
	sum  string
}

// fingerprintHashes are the hashes of fingerprints by their numbers in TLS 1.2
// (RFC 5246 section 7.4.1.4.1). MD5 and SHA-1 are left out: certificates that
// have the same can be made.
var fingerprintHashes = map[byte]crypto.Hash{3: crypto.SHA224, 4: crypto.SHA256, 5: crypto.SHA384, 6: crypto.SHA512}

// ParseFingerprint reads the form of RFC 7407: octets in hexadecimal with colons
// between them, the first of which says which hash follows.
func ParseFingerprint(text string) (Fingerprint, error) {
	octets, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil || len(octets) == 0 {
		return Fingerprint{}, errors.New("a fingerprint is hexadecimal octets with colons between them")
	}
	hash, known := fingerprintHashes[octets[0]]
	if !known {
		return Fingerprint{}, fmt.Errorf("a fingerprint that starts with %02x is of no hash that is safe; use SHA-256, which starts with 04", octets[0])
	}
	if got := len(octets) - 1; got != hash.Size() {
		return Fingerprint{}, fmt.Errorf("a fingerprint that starts with %02x goes on with the %d octets of %v, but has %d", octets[0], hash.Size(), hash, got)
	}
	return Fingerprint{hash, string(octets[1:])}, nil
}

// CertificateFingerprint returns the SHA-256 fingerprint of a certificate.
func CertificateFingerprint(c *x509.Certificate) Fingerprint {
	return Fingerprint{crypto.SHA256, sumOf(crypto.SHA256, c)}
}

// String returns the form of RFC 7407.
func (f Fingerprint) String() string {
	var b strings.Builder
	for number, hash := range fingerprintHashes {
		if hash == f.hash {
			fmt.Fprintf(&b, "%02x", number)
		}
	}
	for _, octet := range []byte(f.sum) {
		fmt.Fprintf(&b, ":%02x", octet)
	}
	return b.String()
}

func (f Fingerprint) of(c *x509.Certificate) bool {
	return f.hash != 0 && sumOf(f.hash, c) == f.sum
}

func sumOf(hash crypto.Hash, c *x509.Certificate) string {
	h := hash.New()
	h.Write(c.Raw)
	return string(h.Sum(nil))
}

// CertRule is an entry of the list cert-to-name (RFC 7407).
type CertRule struct {
	Fingerprint Fingerprint
	MapType     string // an identity's name, such as "san-dns-name"
	Name        string // for "specified"
}

// CertMap finds the names that client certificates stand for (RFC 7589 section
// 7). It does not change while it is used.
type CertMap struct {
	Rules       []CertRule // in the order of their ids
	Authorities []*x509.Certificate
}

// leastRSABits is the length of the shortest RSA key that counts (RFC 9325 section
// 4.5), as for users' keys in SSH.
const leastRSABits = 2048

func isShort(c *x509.Certificate) bool {
	key, ok := c.PublicKey.(*rsa.PublicKey)
	return ok && key.N.BitLen() < leastRSABits
}

// Name returns the name that a certificate stands for, which is the first of
// each chain; all chains were verified. The name need not be a user's. One with an
// RSA key below 2048 bits stands for nobody.
func (m *CertMap) Name(chains [][]*x509.Certificate) (name string, ok bool) {
	for _, rule := range m.Rules {
		for _, chain := range chains {
			if !m.fits(rule, chain) || isShort(chain[0]) {
				continue
			}
			// RFC 7407: a rule for whose kind the certificate has no name is passed over.
			if name, ok := rule.name(chain[0]); ok {
				return name, true
			}
		}
	}
	return "", false
}

// fits says whether the rule is for the certificate, or for an authority on the
// way that is known here: what only the client showed does not count.
func (m *CertMap) fits(rule CertRule, chain []*x509.Certificate) bool {
	if len(chain) == 0 {
		return false
	}
	return rule.Fingerprint.of(chain[0]) || slices.ContainsFunc(chain[1:], func(c *x509.Certificate) bool {
		return rule.Fingerprint.of(c) && slices.ContainsFunc(m.Authorities, c.Equal)
	})
}

func (r CertRule) name(c *x509.Certificate) (string, bool) {
	if r.MapType == "specified" {
		return r.Name, r.Name != ""
	}
	if r.MapType == "common-name" {
		return c.Subject.CommonName, c.Subject.CommonName != ""
	}
	wanted := alternativeTags[r.MapType]
	for tag, content := range alternativeNames(c) {
		if slices.Contains(wanted, tag) {
			if name, ok := alternativeName(tag, content); ok {
				return name, true
			}
		}
	}
	return "", false
}
