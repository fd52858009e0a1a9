package gnmi

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// authority signs client certificates.
type authority struct {
	t    testing.TB
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t testing.TB) *authority {
	a := &authority{t: t, key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key))(t)
	a.cert = must(x509.ParseCertificate(der))(t)
	return a
}

func (a *authority) issue(commonName string) tls.Certificate {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(a.t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: commonName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der := must(x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key))(a.t)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestSignIn(t *testing.T) {
	ca := newAuthority(t)
	r := newRig(t, func(c *Config) {
		c.ClientCAs = x509.NewCertPool()
		c.ClientCAs.AddCert(ca.cert)
	})
	guest, stranger := ca.issue("guest"), ca.issue("stranger")
	for _, test := range []struct {
		name string
		cert []tls.Certificate
		md   []string
		want codes.Code
	}{
		{"nothing", nil, nil, codes.Unauthenticated},
		{"password", nil, []string{"username", "guest", "password", password}, codes.OK},
		{"wrong password", nil, []string{"username", "guest", "password", "x"}, codes.Unauthenticated},
		{"unknown user", nil, []string{"username", "stranger", "password", password}, codes.Unauthenticated},
		{"name alone", nil, []string{"username", "guest"}, codes.Unauthenticated},
		{"password alone", nil, []string{"password", password}, codes.Unauthenticated},
		{"certificate", []tls.Certificate{guest}, nil, codes.OK},
		{"certificate and its name", []tls.Certificate{guest}, []string{"username", "guest"}, codes.OK},
		{"certificate and another name", []tls.Certificate{guest}, []string{"username", "admin"}, codes.Unauthenticated},
		{"certificate and another's password", []tls.Certificate{guest}, []string{"username", "op", "password", password}, codes.OK},
		{"certificate and a wrong password", []tls.Certificate{guest}, []string{"username", "guest", "password", "x"}, codes.Unauthenticated},
		{"certificate of nobody", []tls.Certificate{stranger}, nil, codes.Unauthenticated},
	} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), test.md...)
		_, err := r.dial(test.cert...).Capabilities(ctx, &gpb.CapabilityRequest{})
		if status.Code(err) != test.want {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}

func TestForeignCertificate(t *testing.T) {
	r := newRig(t, func(c *Config) { c.ClientCAs = x509.NewCertPool() })
	if _, err := r.dial(newAuthority(t).issue("admin")).Capabilities(r.as("admin"), &gpb.CapabilityRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("a certificate that no authority signed: %v", err)
	}
}

func TestStreamNeedsSignIn(t *testing.T) {
	r := newRig(t, nil)
	rpc := must(r.dial().Subscribe(t.Context()))(t)
	if _, err := rpc.Recv(); status.Code(err) != codes.Unauthenticated {
		t.Errorf("got %v", err)
	}
}

// TestStrangersGetNoMemory holds that a call is refused before its message is
// read: one that is too large is told that it is not signed in.
func TestStrangersGetNoMemory(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.RequestBytes = 1 << 10 })
	big := &gpb.GetRequest{Path: []*gpb.Path{path("/" + strings.Repeat("x", 1<<12))}}
	if _, err := r.dial().Get(t.Context(), big); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a stranger: %v", err)
	}
	if _, err := r.dial().Get(r.as("admin"), big); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a user: %v", err)
	}
}

// TestStrangersKeepNobodyOut holds that connections on which nobody signs in are
// limited in number, and that users connect beside them.
func TestStrangersKeepNobodyOut(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.Strangers = 2 })
	user := r.dial()
	if _, err := user.Capabilities(r.as("guest"), &gpb.CapabilityRequest{}); err != nil {
		t.Fatal(err)
	}
	var strangers []*tls.Conn
	for range 4 {
		c := must(tls.Dial("tcp", r.addr, &tls.Config{RootCAs: r.roots(), ServerName: "localhost", NextProtos: []string{"h2"}}))(t)
		defer c.Close()
		c.SetDeadline(time.Now().Add(30 * time.Second))
		strangers = append(strangers, c)
	}
	for _, c := range strangers[:2] {
		if _, err := io.ReadAll(c); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("a stranger may stay: %v", err)
		}
	}
	for _, c := range []gpb.GNMIClient{user, r.dial()} {
		if _, err := c.Capabilities(r.as("guest"), &gpb.CapabilityRequest{}); err != nil {
			t.Error(err)
		}
	}
}

func TestPlaintextIsRefused(t *testing.T) {
	r := newRig(t, nil)
	conn := must(grpc.NewClient(r.addr, grpc.WithTransportCredentials(insecure.NewCredentials())))(t)
	defer conn.Close()
	ctx, cancel := context.WithTimeout(r.as("admin"), 10*time.Second)
	defer cancel()
	if _, err := gpb.NewGNMIClient(conn).Capabilities(ctx, &gpb.CapabilityRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v", err)
	}
}

func TestConnectionLimit(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.Connections = 1 })
	if _, err := r.dial().Capabilities(r.as("guest"), &gpb.CapabilityRequest{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(r.as("guest"), 200*time.Millisecond)
	defer cancel()
	if _, err := r.dial().Capabilities(ctx, &gpb.CapabilityRequest{}); err == nil {
		t.Error("a second connection was served")
	}
}

// TestLoadCertificateReadsFiles holds that nothing is read that has no end.
func TestLoadCertificateReadsFiles(t *testing.T) {
	dir := t.TempDir()
	key := must(EnsureCertificate(dir))(t).KeyFile
	long := filepath.Join(dir, "long")
	if err := errors.Join(os.WriteFile(long, nil, 0o600), os.Truncate(long, 1<<40)); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"/dev/zero", long, dir} {
		if _, err := LoadCertificate(file, key); err == nil || !strings.Contains(err.Error(), "is not a file") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestEnsureCertificate(t *testing.T) {
	dir := t.TempDir()
	c := must(EnsureCertificate(dir, "node-1.example", "192.0.2.7"))(t)
	leaf := must(x509.ParseCertificate(c.loaded.Certificate[0]))(t)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "node-1.example", "192.0.2.7"} {
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if info := must(os.Stat(c.KeyFile))(t); info.Mode().Perm() != 0o600 {
		t.Errorf("key file has mode %v", info.Mode())
	}
	again := must(EnsureCertificate(dir))(t)
	if string(again.loaded.Certificate[0]) != string(c.loaded.Certificate[0]) {
		t.Error("the second start made a new certificate")
	}
	if err := os.Chmod(c.KeyFile, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := EnsureCertificate(dir); err == nil || !strings.Contains(err.Error(), "chmod 0600") {
		t.Errorf("a key that others may read: %v", err)
	}
}

func TestCertificateReload(t *testing.T) {
	dir := t.TempDir()
	c := must(EnsureCertificate(dir))(t)
	first := must(c.Get())(t)
	if must(c.Get())(t) != first {
		t.Error("loaded again though nothing changed")
	}
	if err := os.WriteFile(c.CertFile, []byte("no certificate"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Get(); err == nil || got != first {
		t.Errorf("a bad file: %v, %v", got, err)
	}
	if err := c.generate(nil); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Get(); err != nil || got == first {
		t.Errorf("a new certificate: %v", err)
	}
}
