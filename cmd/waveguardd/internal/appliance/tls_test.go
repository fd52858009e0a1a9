package appliance

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

// secure opens an endpoint for NETCONF over TLS that knows one authority, whose
// certificates stand for users by several kinds of names.
func secure(t testing.TB, a *Appliance, authority *identity) (address string) {
	t.Helper()
	dial(t, a).call(serverEdit("running", netconfAt("tls", portConfig(0)+"<transport>TLS</transport>")+
		`<tls>`+trust("operations", authority)+`<client-identities>`+rule(10, authority, "san-any", "")+rule(20, authority, "common-name", "")+`</client-identities></tls>`))
	return a.endpoints.Addrs("netconf")["tls"].String()
}

// roots are the authorities with which clients verify the appliance.
func (a *Appliance) roots(t testing.TB) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(a.cfg.Dir, "tls", "cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return pool
}

func dialTLS(t testing.TB, a *Appliance, address string, as *identity) *client {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: a.roots(t), ServerName: "localhost", Certificates: []tls.Certificate{as.pair()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return talk(t, conn, conn)
}

// TestNETCONFOverTLS holds RFC 7589: a session of the user that the certificate
// stands for, told as such, with that user's rights.
func TestNETCONFOverTLS(t *testing.T) {
	t.Parallel()
	a := start(t)
	authority := newAuthority(t, "Operations")
	address := secure(t, a, authority)
	dial(t, a).call(`<edit-config><target><running/></target><config><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><system><users>
		<user><name>op@example.net</name><config><name>op@example.net</name><role>OPERATOR</role></config></user>
		<user><name>viewer.example.net</name><config><name>viewer.example.net</name><role>VIEWER</role></config></user></users></system></mpk-security></config></edit-config>`)
	c := dialTLS(t, a, address, authority.issue(t, &x509.Certificate{Subject: named("admin")}))
	state := string(c.call(`<get><filter><netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><sessions/></netconf-state></filter></get>`))
	if !strings.Contains(state, "netconf-tls</transport><username>admin<") {
		t.Errorf("the session is not told: %s", state)
	}
	c.call(serverEdit("running", `<netconf><config><idle-timeout>600</idle-timeout></config></netconf>`))

	viewer := dialTLS(t, a, address, authority.issue(t, &x509.Certificate{Subject: named("admin"), DNSNames: []string{"Viewer.example.NET"}}))
	operator := dialTLS(t, a, address, authority.issue(t, &x509.Certificate{Subject: named("admin"), EmailAddresses: []string{"op@Example.net"}}))
	for _, user := range []*client{viewer, operator} { // how the appliance is reached is for administrators
		user.send(serverEdit("running", `<netconf><config><idle-timeout>1</idle-timeout></config></netconf>`))
		if reply := string(user.read()); !strings.Contains(reply, "access-denied") {
			t.Errorf("may edit: %s", reply)
		}
	}
	viewer.call("<close-session/>")
	if _, err := io.Copy(io.Discard, viewer.out); err != nil {
		t.Errorf("after close-session: %v", err)
	}
}

// TestTLSRefusals has openssl try what is refused.
func TestTLSRefusals(t *testing.T) {
	openssl := tool(t, "openssl")
	a := start(t)
	authority := newAuthority(t, "Operations")
	address := secure(t, a, authority)
	good := authority.issue(t, &x509.Certificate{Subject: named("admin")})
	for name, test := range map[string]struct {
		as    *identity
		flags []string
		want  string // among what openssl says
	}{
		"welcome":         {good, nil, "<hello"},
		"TLS 1.2":         {good, []string{"-tls1_2"}, "<hello"},
		"no certificate":  {nil, nil, "alert certificate required"},
		"nobody":          {authority.issue(t, &x509.Certificate{Subject: named("nobody")}), nil, "alert bad certificate"},
		"no name at all":  {authority.issue(t, &x509.Certificate{}), nil, "alert bad certificate"},
		"expired":         {authority.issue(t, &x509.Certificate{Subject: named("admin"), NotAfter: time.Now().Add(-time.Hour)}), nil, "alert certificate expired"},
		"wrong authority": {newAuthority(t, "Operations").issue(t, &x509.Certificate{Subject: named("admin")}), nil, "alert"},
		"its own word":    {newAuthority(t, "admin"), nil, "alert"},
		"TLS 1.1":         {good, []string{"-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"}, "alert protocol version"},
		"weak cipher":     {good, []string{"-tls1_2", "-cipher", "AES128-SHA"}, "alert handshake failure"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"s_client", "-connect", address, "-quiet", "-no_ign_eof"}, test.flags...)
			if test.as != nil {
				cert, key := test.as.files(t)
				args = append(args, "-cert", cert, "-key", key)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, openssl, args...)
			in, err := cmd.StdinPipe() // open, so that openssl waits for the server
			if err != nil {
				t.Fatal(err)
			}
			said := &untilSeen{want: test.want, seen: func() { in.Close() }}
			cmd.Stdout, cmd.Stderr = said, said
			_ = cmd.Run() // its status says less than what it says
			if !strings.Contains(said.text.String(), test.want) {
				t.Errorf("openssl says %s, want %q", said.text.String(), test.want)
			}
			if got := strings.Contains(said.text.String(), "<hello"); got != (test.want == "<hello") {
				t.Errorf("hello: %v", got)
			}
		})
	}
}

// TestTLSTrustEnds holds that an authority which is removed vouches for nobody
// any more, and that sessions it vouched for live on.
func TestTLSTrustEnds(t *testing.T) {
	t.Parallel()
	a := start(t)
	authority := newAuthority(t, "Operations")
	address := secure(t, a, authority)
	as := authority.issue(t, &x509.Certificate{Subject: named("admin")})
	c := dialTLS(t, a, address, as)
	c.call(serverEdit("running", `<tls><client-authorities nc:operation="delete"/></tls>`))
	conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: a.roots(t), ServerName: "localhost", Certificates: []tls.Certificate{as.pair()}})
	if err == nil {
		_, err = io.ReadAll(conn)
	}
	if err == nil || !strings.Contains(err.Error(), "remote error: tls") {
		t.Errorf("the certificate is still trusted: %v", err)
	}
	c.call("<close-session/>")
}

// TestTLSEndpointTakesStrangers holds that connections which never finish their
// handshake end in time and keep nobody out.
func TestTLSEndpointTakesStrangers(t *testing.T) {
	t.Parallel()
	a := start(t)
	authority := newAuthority(t, "Operations")
	address := secure(t, a, authority)
	c := dialTLS(t, a, address, authority.issue(t, &x509.Certificate{Subject: named("admin")}))
	c.call(serverEdit("running", `<ssh><config><login-grace-time>1</login-grace-time></config></ssh>`))
	var strangers []net.Conn
	for i := range 40 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("\x16\x03\x01\x02\x00\x01"[:i%6])) // some of a ClientHello
		strangers = append(strangers, conn)
	}
	dialTLS(t, a, address, authority.issue(t, &x509.Certificate{Subject: named("admin")})).call("<close-session/>")
	for _, conn := range strangers {
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.ReadAll(conn); err != nil && os.IsTimeout(err) {
			t.Fatal("a stranger may stay")
		}
	}
}

// TestCertificateChanges holds that a certificate that is configured is shown by
// NETCONF and gNMI to those who connect after, and one that is of no use refused.
func TestCertificateChanges(t *testing.T) {
	t.Parallel()
	a := start(t)
	c := dial(t, a)
	own := (*identity)(nil).issue(t, &x509.Certificate{Subject: named("node-7\x01"), IsCA: true, BasicConstraintsValid: true, DNSNames: []string{"node-7.example.net"}})
	cert, key := own.files(t)
	c.call(serverEdit("running", `<tls><config><certificate-file>`+cert+`</certificate-file><private-key-file>`+key+`</private-key-file></config></tls>`))
	pool := x509.NewCertPool()
	pool.AddCert(own.cert)
	conn, err := tls.Dial("tcp", a.GNMIAddr().String(), &tls.Config{RootCAs: pool, ServerName: "node-7.example.net", NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	eventually(t, "the certificate is told", func() bool { return strings.Contains(c.serverState(), "CN=node-7?") })
	c.send(serverEdit("running", `<tls><config><private-key-file>`+cert+`</private-key-file></config></tls>`))
	if reply := string(c.read()); !strings.Contains(reply, "invalid-value") || !strings.Contains(reply, "mend the files") {
		t.Errorf("a certificate as key: %s", reply)
	}
	c.send(serverEdit("running", `<tls><config><private-key-file nc:operation="delete"/></config></tls>`))
	if reply := string(c.read()); !strings.Contains(reply, "belong together") {
		t.Errorf("a certificate without key: %s", reply)
	}
	c.send(serverEdit("running", `<tls><client-authorities><client-authority><name>x</name><config><name>x</name><certificate>AAAA</certificate></config></client-authority></client-authorities></tls>`))
	if reply := string(c.read()); !strings.Contains(reply, "not a certificate in DER form") {
		t.Errorf("an authority that is none: %s", reply)
	}
	c.send(serverEdit("running", `<tls><client-identities>`+strings.Replace(rule(1, own, "common-name", ""), "<fingerprint>04", "<fingerprint>02", 1)+`</client-identities></tls>`))
	if reply := string(c.read()); !strings.Contains(reply, "no hash that is safe") {
		t.Errorf("a fingerprint of SHA-1: %s", reply)
	}
}

// TestGNMICertificate holds that gNMI finds users as NETCONF does.
func TestGNMICertificate(t *testing.T) {
	t.Parallel()
	a := start(t)
	authority := newAuthority(t, "Operations")
	secure(t, a, authority)
	for name, want := range map[string]codes.Code{"admin": codes.OK, "nobody": codes.Unauthenticated} {
		as := authority.issue(t, &x509.Certificate{DNSNames: []string{name}})
		conn, err := grpc.NewClient(a.GNMIAddr().String(), grpc.WithTransportCredentials(credentials.NewTLS(
			&tls.Config{RootCAs: a.roots(t), ServerName: "localhost", Certificates: []tls.Certificate{as.pair()}})))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := gpb.NewGNMIClient(conn).Capabilities(t.Context(), &gpb.CapabilityRequest{}); status.Code(err) != want {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

// TestGNMIMoves holds that calls on a connection go on when gNMI listens elsewhere.
func TestGNMIMoves(t *testing.T) {
	t.Parallel()
	a := start(t)
	authority := newAuthority(t, "Operations")
	secure(t, a, authority)
	as := authority.issue(t, &x509.Certificate{Subject: named("admin")})
	conn, err := grpc.NewClient(a.GNMIAddr().String(), grpc.WithTransportCredentials(credentials.NewTLS(
		&tls.Config{RootCAs: a.roots(t), ServerName: "localhost", Certificates: []tls.Certificate{as.pair()}})))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client := gpb.NewGNMIClient(conn)
	stream, err := client.Subscribe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&gpb.SubscribeRequest{Request: &gpb.SubscribeRequest_Subscribe{Subscribe: &gpb.SubscriptionList{
		Mode: gpb.SubscriptionList_POLL, Subscription: []*gpb.Subscription{{Path: &gpb.Path{Elem: []*gpb.PathElem{{Name: "mpk-security"}, {Name: "system"}}}}},
	}}}); err != nil {
		t.Fatal(err)
	}
	next := func() {
		t.Helper()
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
	}
	next()
	before := a.GNMIAddr().String()
	dial(t, a).call(serverEdit("running", `<gnmi><listen>`+endpoint("default", portConfig(freePort(t)))+`</listen></gnmi>`))
	if conn, err := net.Dial("tcp", before); err == nil {
		conn.Close()
		t.Error("the old port is still listened at")
	}
	if err := stream.Send(&gpb.SubscribeRequest{Request: &gpb.SubscribeRequest_Poll{Poll: &gpb.Poll{}}}); err != nil {
		t.Fatal(err)
	}
	next()
	tlsConn, err := tls.Dial("tcp", a.GNMIAddr().String(), &tls.Config{RootCAs: a.roots(t), ServerName: "localhost", NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	tlsConn.Close()
}

// untilSeen collects what a program says until it says what is wanted.
type untilSeen struct {
	want string
	seen func()
	text strings.Builder
}

func (u *untilSeen) Write(p []byte) (int, error) {
	u.text.Write(p)
	if strings.Contains(u.text.String(), u.want) {
		u.seen()
	}
	return len(p), nil
}

// tool finds a program, or skips the test.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
	return ""
}
