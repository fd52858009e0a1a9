package netconf

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/netconf/framing"
)

// selfSigned returns a certificate for whoever has a name.
func selfSigned(t testing.TB, name string) tls.Certificate {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der := must(x509.CreateCertificate(rand.Reader, c, c, key.Public(), key))(t)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: must(x509.ParseCertificate(der))(t)}
}

func poolOf(all ...tls.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, c := range all {
		pool.AddCert(c.Leaf)
	}
	return pool
}

// overTLS serves one connection and returns the client's end, and why it ended.
func (r *rig) overTLS(t testing.TB, server tls.Certificate, clients *x509.CertPool, as ...tls.Certificate) (*tls.Conn, <-chan error) {
	t.Helper()
	here, there := streamPair(t)
	transport := &TLS{
		Config: &tls.Config{Certificates: []tls.Certificate{server}, ClientCAs: clients},
		NameOf: func(chains [][]*x509.Certificate) (string, bool) {
			name := chains[0][0].Subject.CommonName
			return name, name != "nameless"
		},
	}
	done := make(chan error, 1)
	go func() { done <- r.Accept(context.Background(), &Link{Conn: there, Transport: transport}) }()
	return tls.Client(here, &tls.Config{
		RootCAs: poolOf(server), ServerName: "appliance",
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { // whatever the server asks for
			if len(as) == 0 {
				return new(tls.Certificate), nil
			}
			return &as[0], nil
		},
	}), done
}

func TestTLSSession(t *testing.T) {
	r := newRig(t, Limits{})
	server, admin := selfSigned(t, "appliance"), selfSigned(t, "admin")
	conn, done := r.overTLS(t, server, poolOf(admin), admin)
	c := &client{t: t, Framer: framing.New(conn, 64<<20)}
	c.receive()
	c.send(hello11)
	c.Upgrade()
	if reply := c.rpc(getDomains); !strings.Contains(reply, "key-store") {
		t.Errorf("reply %s", reply)
	}
	s := r.live()[0]
	if s.peer.Transport != "netconf-tls" || s.peer.User.Name != "admin" || s.peer.Source != "127.0.0.1" {
		t.Errorf("peer %+v", s.peer)
	}
	c.rpc("<close-session/>")
	if _, err := c.ReadMessage(); err != io.EOF {
		t.Errorf("after close-session: %v", err)
	}
	if err := <-done; err != errClosed {
		t.Errorf("ended with %v", err)
	}
}

func TestTLSRefusesStrangers(t *testing.T) {
	r := newRig(t, Limits{})
	var log bytes.Buffer
	r.log = slog.New(slog.NewTextHandler(&log, nil))
	server, nobody, nameless, admin := selfSigned(t, "appliance"), selfSigned(t, "nobody"), selfSigned(t, "nameless"), selfSigned(t, "admin")
	for name, test := range map[string]struct {
		trusted *x509.CertPool
		as      []tls.Certificate
		want    string
	}{
		"no certificate": {poolOf(admin), nil, "didn't provide a certificate"},
		"not trusted":    {poolOf(nobody), []tls.Certificate{admin}, "unknown authority"},
		"no authorities": {nil, []tls.Certificate{admin}, "unknown authority"},
		"no such user":   {poolOf(nobody), []tls.Certificate{nobody}, `stands for "nobody", which is no user`},
		"no rule":        {poolOf(nameless), []tls.Certificate{nameless}, "stands for no user"},
	} {
		conn, done := r.overTLS(t, server, test.trusted, test.as...)
		if _, err := io.ReadAll(conn); err == nil || !strings.Contains(err.Error(), "remote error: tls") {
			t.Errorf("%s: the client sees %v", name, err)
		}
		if err := <-done; err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: ended with %v, want %q", name, err, test.want)
		}
		told := log.String()
		log.Reset()
		if len(test.as) > 0 && (!strings.Contains(told, "login refused") || !strings.Contains(told, test.as[0].Leaf.Subject.String())) {
			t.Errorf("%s: the log does not say which certificate was refused: %s", name, told)
		}
	}
}

// TestTLSHandshakeMayNotLast holds that who sends a byte now and then is dropped.
func TestTLSHandshakeMayNotLast(t *testing.T) {
	r := newRig(t, Limits{HandshakeTimeout: 100 * time.Millisecond})
	_, there := streamPair(t)
	done := make(chan error, 1)
	go func() {
		done <- r.Accept(context.Background(), &Link{Conn: there, Transport: &TLS{Config: &tls.Config{Certificates: []tls.Certificate{selfSigned(t, "appliance")}}}})
	}()
	if err := <-done; err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("ended with %v", err)
	}
}

// TestAfterShutdown holds that a connection which comes too late is closed.
func TestAfterShutdown(t *testing.T) {
	r := newRig(t, Limits{})
	r.Shutdown(t.Context())
	here, there := streamPair(t)
	if err := r.Accept(t.Context(), &Link{Conn: there, Transport: &SSH{}}); err != errShutdown {
		t.Errorf("ended with %v", err)
	}
	if _, err := here.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is open")
	}
}

// TestLinkEndsWithItsContext holds that whoever serves a connection can end it.
func TestLinkEndsWithItsContext(t *testing.T) {
	r := newRig(t, Limits{})
	here, there := streamPair(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- r.Call(ctx, &Link{Conn: there, Transport: &SSH{HostKeys: must(EnsureHostKeys(t.TempDir()))(t)}})
	}()
	if _, err := here.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("no reason")
	}
}
