package endpoints

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/optical-net/waveguard/server/netconf"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

var compiled = sync.OnceValues(func() (*schema.Set, error) {
	return schema.Compile([]fs.FS{models.FS}, schema.Options{Features: netconf.Features})
})

func set(t testing.TB) *schema.Set {
	t.Helper()
	s, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// locate returns the path and the value of a line "path = value".
func locate(t testing.TB, line string) (tree.Path, schema.Value) {
	t.Helper()
	at, value, _ := strings.Cut(line, " = ")
	path, err := set(t).ParsePath(serverPath + at)
	if err != nil { // a leaf-list
		path, err = set(t).ParsePath(serverPath + at + "[.='" + value + "']")
	}
	if err != nil {
		t.Fatal(err)
	}
	v, err := path[len(path)-1].Node.ParseValue(value)
	if err != nil {
		t.Fatal(err)
	}
	return path, v
}

// with returns a configuration with leafs changed, given as "path = value"; a
// leaf-list gets one value more.
func with(t testing.TB, base *tree.Tree, lines ...string) *tree.Tree {
	t.Helper()
	e := base.Edit()
	for _, line := range lines {
		path, v := locate(t, line)
		if err := e.SetLeaf(path, v); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return e.Tree()
}

const (
	odl  = "netconf/call-home/client[name='odl']/"
	e0   = odl + "endpoints/endpoint[name='e0']/config/"
	rule = "tls/client-identities/cert-to-name[id='7']/"
)

// outline says everything that settings hold.
func (s *settings) outline() string {
	var b strings.Builder
	fmt.Fprintln(&b, s.bounds, s.rate, s.tls.timing, s.tls.certFile, s.tls.keyFile)
	for p, spot := range s.places {
		fmt.Fprintln(&b, p, spot.address, spot.transport)
	}
	for _, c := range s.clients {
		fmt.Fprintf(&b, "%+v\n", *c)
	}
	for _, k := range s.keys {
		fmt.Fprintln(&b, k.name, k.algorithm)
	}
	ssh := s.ssh
	fmt.Fprintln(&b, ssh.KeyExchanges, ssh.Ciphers, ssh.MACs, ssh.Signatures, ssh.NoPasswords, ssh.NoKeys,
		ssh.AuthTries, ssh.HandshakeTimeout, ssh.KeepaliveEvery, ssh.KeepaliveTries)
	fmt.Fprintln(&b, s.tls.config.MinVersion, s.tls.config.CipherSuites, s.tls.names.Rules)
	for _, c := range s.tls.names.Authorities {
		fmt.Fprintf(&b, "%x\n", c.Raw)
	}
	return b.String()
}

// everything is a configuration that has every leaf.
func everything(t testing.TB) *tree.Tree {
	t.Helper()
	return with(t, tree.New(set(t)),
		"netconf/listen/endpoint[name='a']/config/name = a", "netconf/listen/endpoint[name='a']/config/port = 830",
		"gnmi/listen/endpoint[name='a']/config/name = a", "gnmi/listen/endpoint[name='a']/config/port = 9339",
		odl+"config/name = odl", e0+"name = e0", e0+"address = 192.0.2.1", odl+"connection/config/type = PERIODIC",
		"ssh/host-keys/host-key[name='k']/config/name = k",
		"tls/client-authorities/client-authority[name='x']/config/name = x",
		"tls/client-authorities/client-authority[name='x']/config/certificate = "+certificate,
		rule+"fingerprint = 04"+strings.Repeat(":00", 32), rule+"map-type = ietf-x509-cert-to-name:specified", rule+"name = odl",
	)
}

// others are values for the leafs of the model, other than everything has.
var others = []string{
	"netconf/config/idle-timeout = 7", "netconf/config/max-sessions = 7", "netconf/config/max-sessions-per-user = 7", "netconf/config/max-connection-rate = 7",
	"netconf/listen/endpoint[name='a']/config/address = 192.0.2.7", "netconf/listen/endpoint[name='a']/config/port = 7",
	"netconf/listen/endpoint[name='a']/config/transport = TLS",
	"gnmi/listen/endpoint[name='a']/config/address = 192.0.2.7", "gnmi/listen/endpoint[name='a']/config/port = 7",
	odl + "config/enabled = false", odl + "config/transport = TLS", e0 + "address = odl.example.net", e0 + "port = 7",
	odl + "connection/config/type = PERSISTENT", odl + "connection/config/period = 7", odl + "connection/config/idle-timeout = 7",
	odl + "connection/config/anchor-time = 2026-11-25T12:00:00Z", odl + "reconnect/config/start-with = RANDOM_SELECTION",
	odl + "reconnect/config/max-wait = 7", odl + "reconnect/config/max-attempts = 7",
	"ssh/config/key-exchange = curve25519-sha256", "ssh/config/cipher = aes128-ctr", "ssh/config/mac = hmac-sha2-256",
	"ssh/config/public-key-signature = ssh-ed25519", "ssh/config/authentication-method = PUBLIC_KEY",
	"ssh/config/max-login-attempts = 7", "ssh/config/login-grace-time = 7", "ssh/config/keepalive-interval = 7", "ssh/config/keepalive-attempts = 7",
	"ssh/host-keys/host-key[name='k']/config/algorithm = RSA_3072",
	"tls/config/certificate-file = /x", "tls/config/private-key-file = /x", "tls/config/minimum-version = TLS_1_3",
	"tls/config/cipher-suite = TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
	"tls/client-authorities/client-authority[name='x']/config/certificate = " + another,
	rule + "fingerprint = 04" + strings.Repeat(":01", 32), rule + "map-type = ietf-x509-cert-to-name:common-name", rule + "name = onos",
}

// TestEveryLeafCounts changes each leaf of the model that is configuration: the
// settings must differ, and no leaf be left out. Names are keys.
func TestEveryLeafCounts(t *testing.T) {
	base := everything(t)
	settings, err := read(base)
	if err != nil {
		t.Fatal(err)
	}
	left := map[*schema.Node]bool{}
	configured(readServer(base).node, left)
	for _, line := range others {
		changed, err := read(with(t, base, line))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if changed.outline() == settings.outline() {
			t.Errorf("%s changes nothing", line)
		}
		path, _ := locate(t, line)
		delete(left, path.Schema())
	}
	for n := range left {
		t.Errorf("nothing says what %s does", n.Path())
	}
}

// configured collects the leafs below n that are configuration, without keys and
// the names they refer to.
func configured(n *schema.Node, leafs map[*schema.Node]bool) {
	for _, c := range n.DataChildren {
		switch {
		case !c.Config:
		case c.Kind == schema.Leaf || c.Kind == schema.LeafList:
			if !c.IsKey() && (c.Name != "name" || n.Name != "config") {
				leafs[c] = true
			}
		default:
			configured(c, leafs)
		}
	}
}

// TestClientEqual holds that a controller is called anew for every difference.
func TestClientEqual(t *testing.T) {
	base := everything(t)
	one := readOdl(t, base)
	if !one.equal(readOdl(t, base)) {
		t.Error("not equal to itself")
	}
	for _, line := range others {
		if strings.HasPrefix(line, odl) && one.equal(readOdl(t, with(t, base, line))) {
			t.Errorf("%s makes no difference", line)
		}
	}
}

func readOdl(t *testing.T, from *tree.Tree) *client {
	t.Helper()
	s, err := read(from)
	if err != nil {
		t.Fatal(err)
	}
	return s.clients["odl"]
}

// TestModelOffersThePolicy holds that the algorithms in the model are those that
// the server offers by itself, in the same order.
func TestModelOffersThePolicy(t *testing.T) {
	policy := netconf.Algorithms()
	var suites []string
	for _, id := range allSuites {
		suites = append(suites, tls.CipherSuiteName(id))
		if slices.ContainsFunc(tls.InsecureCipherSuites(), func(s *tls.CipherSuite) bool { return s.ID == id }) {
			t.Errorf("%s is insecure", tls.CipherSuiteName(id))
		}
	}
	for leaf, want := range map[string][]string{
		"ssh/config/key-exchange": policy.KeyExchanges, "ssh/config/cipher": policy.Ciphers, "ssh/config/mac": policy.MACs,
		"ssh/config/public-key-signature": policy.PublicKeyAuths, "tls/config/cipher-suite": suites,
	} {
		node, err := set(t).Find(serverPath + leaf)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range node.Type.Enums {
			got = append(got, e.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s offers %v, the server %v", leaf, got, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"tls/client-authorities/client-authority[name='x']/config/certificate = AAAA": "not a certificate",
		rule + "fingerprint = 02" + strings.Repeat(":00", 20):                         "no hash that is safe",
	} {
		_, err := read(with(t, everything(t), line))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}

// FuzzAuthority holds that no certificate in the configuration breaks the server.
func FuzzAuthority(f *testing.F) {
	der, _ := base64.StdEncoding.DecodeString(certificate)
	f.Add(der)
	base := everything(f)
	f.Fuzz(func(t *testing.T, der []byte) {
		s, err := read(with(t, base, "tls/client-authorities/client-authority[name='x']/config/certificate = "+base64.StdEncoding.EncodeToString(der)))
		if err == nil {
			s.tls.names.Name([][]*x509.Certificate{{s.tls.names.Authorities[0]}})
		}
	})
}
