package appliance

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRestart holds that what is configured is found again, and what flags do then.
func TestRestart(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	run := func(change func(*Config), f func(*Appliance)) {
		t.Helper()
		change(&c)
		a, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		stop := runUntil(t, a)
		f(a)
		stop()
	}
	moved, flagged := freePort(t), freePort(t)
	at := func(port int) func(*Appliance) {
		return func(a *Appliance) {
			t.Helper()
			if want := fmt.Sprintf("127.0.0.1:%d", port); a.NETCONFAddr().String() != want {
				t.Errorf("listens at %v, want %s", a.NETCONFAddr(), want)
			}
		}
	}
	nothing := func(*Config) {}
	run(nothing, func(a *Appliance) {
		dial(t, a).call(serverEdit("running", netconfAt("default", portConfig(moved))))
	})
	run(nothing, at(moved)) // the flag is what it was
	run(func(c *Config) { c.NETCONF = fmt.Sprintf("127.0.0.1:%d", flagged) }, at(flagged))
	run(func(c *Config) { c.NETCONF = "" }, func(a *Appliance) {
		at(flagged)(a)
		dial(t, a).call(serverEdit("running", `<netconf nc:operation="delete"/>`))
	})
	run(func(c *Config) { c.NETCONF = "127.0.0.1:0" }, func(a *Appliance) {
		if a.NETCONFAddr() == nil {
			t.Error("there is no way in")
		}
	})
}

// TestStartWhereThePortIsTaken holds that a start fails for a port that was taken
// meanwhile, says what to do, and works with that.
func TestStartWhereThePortIsTaken(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	c.NETCONF = fmt.Sprintf("127.0.0.1:%d", freePort(t))
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", c.NETCONF)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if a, err := New(c); err == nil {
		_ = a.Close()
		t.Fatal("started")
	} else if !strings.Contains(err.Error(), "stop what listens there") || !strings.Contains(err.Error(), "--netconf") {
		t.Errorf("error %v", err)
	}
	c.NETCONF = "127.0.0.1:0"
	if a, err = New(c); err != nil {
		t.Fatal(err)
	}
	defer runUntil(t, a)()
	if !reachable(a.NETCONFAddr().String()) {
		t.Error("cannot be reached")
	}
}

// TestStartWithoutAnAddress holds that an endpoint whose address is not there yet
// does not keep the daemon from starting, and listens when it can.
func TestStartWithoutAnAddress(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	stop, late := runUntil(t, a), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	_, port, _ := net.SplitHostPort(late)
	dial(t, a).call(serverEdit("running", netconfAt("late", `<address>127.0.0.1</address><port>`+port+`</port>`)))
	stop()
	taken, err := net.Listen("tcp", late)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if a, err = New(c); err != nil {
		t.Fatal(err)
	}
	defer runUntil(t, a)()
	s := dial(t, a)
	eventually(t, "the error is told", func() bool { return strings.Contains(s.serverState(), "address already in use") })
	taken.Close()
	eventually(t, "it listens", func() bool { return reachable(late) })
}

// TestStartWithoutItsCertificate holds that the loss of a certificate's key keeps
// the daemon neither from changing something else nor from starting, and that the
// certificate is shown again when the key is back.
func TestStartWithoutItsCertificate(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	stop, s := runUntil(t, a), dial(t, a)
	own := (*identity)(nil).issue(t, &x509.Certificate{Subject: named("node-7"), IsCA: true, BasicConstraintsValid: true})
	cert, key := own.files(t)
	s.call(serverEdit("running", `<tls><config><certificate-file>`+cert+`</certificate-file><private-key-file>`+key+`</private-key-file></config></tls>`))
	if err := os.Rename(key, key+".lost"); err != nil {
		t.Fatal(err)
	}
	s.call(serverEdit("running", `<netconf><config><idle-timeout>600</idle-timeout></config></netconf>`))
	stop()
	if a, err = New(c); err != nil {
		t.Fatal(err)
	}
	defer runUntil(t, a)()
	shown := func() string {
		conn, err := tls.Dial("tcp", a.GNMIAddr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if got := shown(); got == "node-7" {
		t.Errorf("shows %s without its key", got)
	}
	if err := os.Rename(key+".lost", key); err != nil {
		t.Fatal(err)
	}
	if got := shown(); got != "node-7" {
		t.Errorf("shows %s though its key is back", got)
	}
}

// TestFlagsDuringConfirmedCommit holds that the daemon starts with changed flags
// though a confirmed commit waits, which only a daemon lets confirm or cancel; and
// that the flags count at a later start.
func TestFlagsDuringConfirmedCommit(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	again := func(f func(*client)) (addr string) {
		t.Helper()
		a, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		defer runUntil(t, a)()
		conn, err := net.Dial("tcp", a.NETCONFAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		session, _ := overSSH(t, conn)
		f(session)
		return a.NETCONFAddr().String()
	}
	moved, flagged := freePort(t), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	again(func(s *client) {
		s.call(serverEdit("candidate", netconfAt("default", portConfig(moved))))
		s.call("<commit><confirmed/><confirm-timeout>600</confirm-timeout><persist>later</persist></commit>")
	})
	c.NETCONF = flagged
	if got := again(func(s *client) { s.call("<commit><persist-id>later</persist-id></commit>") }); got != fmt.Sprintf("127.0.0.1:%d", moved) {
		t.Errorf("with a confirmed commit, listens at %s", got)
	}
	if got := again(func(*client) {}); got != flagged {
		t.Errorf("after its confirmation, listens at %s, want %s", got, flagged)
	}
}

// TestNoWayIn holds that a controller which is not called is no way in: the
// default endpoints come back.
func TestNoWayIn(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	stop := runUntil(t, a)
	s := dial(t, a)
	s.call(serverEdit("running", `<netconf><listen nc:operation="delete"/><call-home><client><name>off</name>`+
		`<config><name>off</name><enabled>false</enabled></config><endpoints><endpoint><name>a</name>`+
		`<config><name>a</name><address>127.0.0.1</address></config></endpoint></endpoints></client></call-home></netconf>`))
	stop()
	if a, err = New(c); err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if a.NETCONFAddr() == nil {
		t.Error("nobody can get in any more")
	}
}

// TestFlagAuthorities holds that the authorities of a changed flag take the place
// of those before, all of them.
func TestFlagAuthorities(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	file := func(name string, all ...*identity) string {
		t.Helper()
		var text []byte
		for _, i := range all {
			text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.cert.Raw})...)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one, other, next := newAuthority(t, "One"), newAuthority(t, "Other"), newAuthority(t, "Next")
	for _, test := range []struct {
		file string
		want []*identity
	}{
		{file("both.pem", one, other), []*identity{one, other}},
		{file("next.pem", next), []*identity{next}},
	} {
		c.ClientCA = test.file
		a, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		pool := x509.NewCertPool()
		for _, i := range test.want {
			pool.AddCert(i.cert)
		}
		if !a.endpoints.TLS().ClientCAs.Equal(pool) {
			t.Errorf("%s: other authorities are trusted", filepath.Base(test.file))
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGreetsWithSSH holds that the address of NETCONF which is told is one of SSH.
func TestGreetsWithSSH(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, port := dial(t, a), freePort(t)
	c.call(serverEdit("running", `<netconf><listen>`+endpoint("zz", portConfig(port))+endpoint("default", "<transport>TLS</transport>")+`</listen></netconf>`))
	if want := fmt.Sprintf("127.0.0.1:%d", port); a.NETCONFAddr().String() != want {
		t.Errorf("tells %v, want %s", a.NETCONFAddr(), want)
	}
}
