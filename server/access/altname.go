package access

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"iter"
	"net"
	"slices"
	"strings"
)

// The kinds of alternative names that can be a user's (RFC 5280 section 4.2.1.6,
// GeneralName).
const (
	tagMail    = 1
	tagDomain  = 2
	tagAddress = 7
)

// alternativeTags says which kinds a map-type of RFC 7407 takes.
var alternativeTags = map[string][]int{
	"san-rfc822-name": {tagMail},
	"san-dns-name":    {tagDomain},
	"san-ip-address":  {tagAddress},
	"san-any":         {tagMail, tagDomain, tagAddress},
}

var subjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}

// alternativeNames yields the alternative names in the certificate's order,
// which crypto/x509 does not keep, up to one that cannot be read.
func alternativeNames(c *x509.Certificate) iter.Seq2[int, []byte] {
	i := slices.IndexFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(subjectAltName) })
	if i < 0 {
		return func(func(int, []byte) bool) {}
	}
	return generalNames(c.Extensions[i].Value)
}

// generalNames yields the names of the DER form of GeneralNames.
func generalNames(der []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		var all asn1.RawValue
		if rest, err := asn1.Unmarshal(der, &all); err != nil || len(rest) > 0 || all.Tag != asn1.TagSequence || !all.IsCompound {
			return
		}
		for rest := all.Bytes; len(rest) > 0; {
			var one asn1.RawValue
			var err error
			if rest, err = asn1.Unmarshal(rest, &one); err != nil || one.Class == asn1.ClassContextSpecific && !yield(one.Tag, one.Bytes) {
				return
			}
		}
	}
}

// alternativeName returns the user's name that an alternative name stands for
// (RFC 7407, the identities san-rfc822-name, san-dns-name and san-ip-address).
func alternativeName(tag int, content []byte) (string, bool) {
	switch tag {
	case tagMail:
		at := strings.LastIndexByte(string(content), '@')
		return string(content[:at+1]) + strings.ToLower(string(content[at+1:])), at > 0
	case tagDomain:
		return strings.ToLower(string(content)), len(content) > 0
	case tagAddress:
		switch len(content) {
		case net.IPv4len:
			return net.IP(content).String(), true
		case net.IPv6len:
			return hex.EncodeToString(content), true
		}
	}
	return "", false
}
