package endpoints

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/gnmi"
	"github.com/optical-net/waveguard/server/netconf"
	"github.com/optical-net/waveguard/yang/tree"
)

// settings is what a configuration says. It does not change once it is made.
type settings struct {
	bounds  netconf.Bounds
	rate    int // connections per minute and address; zero: no bound
	places  map[place]spot
	clients map[string]*client
	keys    []hostKey
	ssh     *netconf.SSH // without its host keys until they are there
	tls     tlsSettings
}

// place names a place to listen at.
type place struct {
	protocol string // "netconf", "gnmi"
	name     string
}

// spot is what is configured of a place.
type spot struct {
	address   string // host and port
	transport string
	at        tree.Path // of the leaf "port"
}

type hostKey struct {
	name      string
	algorithm netconf.HostKeyAlgorithm
	at        tree.Path
}

func (k hostKey) same(other hostKey) bool {
	return k.name == other.name && k.algorithm == other.algorithm
}

// tlsSettings are what TLS needs of the configuration.
type tlsSettings struct {
	certFile, keyFile string
	at                tree.Path // of the leaf "certificate-file"
	certificate       *gnmi.Certificate
	config            *tls.Config
	names             *access.CertMap
	timing            timing
}

// timing is common to the transports.
type timing struct {
	grace, every time.Duration
	tries        int
}

// read returns what a configuration says. Its errors name the leaf.
func read(t *tree.Tree) (*settings, error) {
	server := readServer(t)
	s := &settings{places: map[place]spot{}, clients: map[string]*client{}}
	s.readNETCONF(server.in("netconf"))
	s.readPlaces("netconf", server.in("netconf", "listen"))
	s.readPlaces("gnmi", server.in("gnmi", "listen"))
	for name, c := range server.in("netconf", "call-home").entries("client") {
		s.clients[name] = readClient(name, c)
	}
	s.readSSH(server.in("ssh"))
	if err := s.checkOverlaps(); err != nil {
		return nil, err
	}
	return s, s.readTLS(server.in("tls"))
}

func (s *settings) readNETCONF(r reader) {
	config := r.in("config")
	s.rate = config.number("max-connection-rate")
	s.bounds.Sessions, s.bounds.UserSessions = config.number("max-sessions"), config.number("max-sessions-per-user")
	s.bounds.IdleTimeout = cmp.Or(seconds(config.number("idle-timeout")), -1)
}

func (s *settings) readPlaces(protocol string, listen reader) {
	for name, e := range listen.entries("endpoint") {
		config := e.in("config")
		p := spot{address: net.JoinHostPort(config.text("address"), strconv.Itoa(config.number("port")))}
		p.at = config.child(module, "port").path
		if protocol == "netconf" {
			p.transport = config.text("transport")
		}
		s.places[place{protocol, name}] = p
	}
}

var keyAlgorithms = map[string]netconf.HostKeyAlgorithm{
	"ED25519": netconf.Ed25519, "ECDSA_P256": netconf.ECDSAP256, "ECDSA_P384": netconf.ECDSAP384, "RSA_3072": netconf.RSA3072,
}

func (s *settings) readSSH(r reader) {
	config := r.in("config")
	s.tls.timing = timing{
		grace: seconds(config.number("login-grace-time")),
		every: cmp.Or(seconds(config.number("keepalive-interval")), -1),
		tries: config.number("keepalive-attempts"),
	}
	methods := config.all("authentication-method")
	s.ssh = &netconf.SSH{
		KeyExchanges: config.all("key-exchange"), Ciphers: config.all("cipher"), MACs: config.all("mac"),
		Signatures:       config.all("public-key-signature"),
		NoPasswords:      methods != nil && !slices.Contains(methods, "PASSWORD"),
		NoKeys:           methods != nil && !slices.Contains(methods, "PUBLIC_KEY"),
		AuthTries:        config.number("max-login-attempts"),
		HandshakeTimeout: s.tls.timing.grace, KeepaliveEvery: s.tls.timing.every, KeepaliveTries: s.tls.timing.tries,
	}
	for name, k := range r.in("host-keys").entries("host-key") {
		at := k.in("config").child(module, "algorithm").path
		s.keys = append(s.keys, hostKey{name, keyAlgorithms[k.in("config").text("algorithm")], at})
	}
}

var tlsVersions = map[string]uint16{"TLS_1_2": tls.VersionTLS12, "TLS_1_3": tls.VersionTLS13}

func (s *settings) readTLS(r reader) error {
	config := r.in("config")
	s.tls.certFile, s.tls.keyFile = config.text("certificate-file"), config.text("private-key-file")
	s.tls.at = config.child(module, "certificate-file").path
	s.tls.names = &access.CertMap{}
	// No authorities must not mean those of the system, as a nil pool does.
	s.tls.config = &tls.Config{
		MinVersion:   tlsVersions[config.text("minimum-version")],
		CipherSuites: cipherSuites(config.all("cipher-suite")),
		ClientCAs:    x509.NewCertPool(),
	}
	for _, a := range r.in("client-authorities").entries("client-authority") {
		der, err := base64.StdEncoding.DecodeString(a.in("config").text("certificate"))
		if err != nil {
			return a.in("config").wrong("certificate", "not base64: %v", err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return a.in("config").wrong("certificate", "not a certificate in DER form: %v; openssl x509 -outform der makes it from a PEM file", err)
		}
		s.tls.config.ClientCAs.AddCert(c)
		s.tls.names.Authorities = append(s.tls.names.Authorities, c)
	}
	return s.readIdentities(r.child(module, "client-identities"))
}

// readIdentities reads the list cert-to-name, which is ordered by its key.
func (s *settings) readIdentities(r reader) error {
	for _, e := range r.entries("cert-to-name") {
		fingerprint, err := access.ParseFingerprint(e.text("fingerprint"))
		if err != nil {
			return e.wrong("fingerprint", "%v", err)
		}
		_, kind, _ := strings.Cut(e.text("map-type"), ":")
		s.tls.names.Rules = append(s.tls.names.Rules, access.CertRule{Fingerprint: fingerprint, MapType: kind, Name: e.text("name")})
	}
	return nil
}

// allSuites are the cipher suites of TLS 1.2 in the order of the model.
var allSuites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
}

func cipherSuites(names []string) []uint16 {
	if names == nil {
		return allSuites
	}
	return slices.DeleteFunc(slices.Clone(allSuites), func(id uint16) bool { return !slices.Contains(names, tls.CipherSuiteName(id)) })
}

// keyFolder returns where the host keys are.
func (c *Config) keyFolder() string { return filepath.Join(c.Dir, "ssh") }

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
