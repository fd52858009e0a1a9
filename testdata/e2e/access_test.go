package e2e

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/access"
)

// keepOut is about who may do what.
func keepOut(t *testing.T, a *appliance) {
	t.Run("wrong-password", a.refuseWrongPassword)
	t.Run("client-certificate", a.checkClientCertificates)
	t.Run("viewer", a.checkViewer)
	t.Run("rules", a.checkRules)
	t.Run("side-by-side", a.workSideBySide)
}

func (a *appliance) refuseWrongPassword(t *testing.T) {
	if _, err := a.dialNcclient(t, admin, "wrong"); err == nil || !strings.Contains(err.Error(), "AuthenticationError") {
		t.Errorf("NETCONF with a wrong password: %v", err)
	} else {
		tell(t, "%v", err)
	}
	g := gnmi{m: a.machine, user: admin, password: "wrong"}
	g.refused(t, "Unauthenticated", "-capabilities")
}

// refused runs gnmi_cli, which must fail with a code.
func (g gnmi) refused(t *testing.T, code string, args ...string) {
	t.Helper()
	tell(t, "$ %s", g.shown(args...))
	out, status := g.try(t, args...)
	tell(t, "%s", out)
	if status == 0 || !strings.Contains(out, code) {
		t.Errorf("status %d; want a failure with %s; output:\n%s", status, code, out)
	}
}

func (a *appliance) checkClientCertificates(t *testing.T) {
	get := []string{"-get", "-proto", "encoding: PROTO path: {" + pathText("/mpk-security/system/state") + "}"}
	known := gnmi{m: a.machine, extra: a.authority.issue(t, admin)}
	if out := known.run(t, get...); !strings.Contains(out, "isolation-strength") {
		t.Errorf("get with a client certificate: %s", out)
	}
	a.refuseStranger(t, newAuthority(t).issue(t, admin))
	nobody := gnmi{m: a.machine, extra: a.authority.issue(t, "nobody")}
	nobody.refused(t, "Unauthenticated", get...)
	anonymous := gnmi{m: a.machine}
	anonymous.refused(t, "Unauthenticated", get...)
}

// refuseStranger shows a certificate of an authority that the appliance does
// not know. It is refused before there is a connection, which gnmi_cli would
// try again and again.
func (a *appliance) refuseStranger(t *testing.T, certificate []string) {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(certificate[1], certificate[3])
	if err != nil {
		t.Fatal(err)
	}
	dialer := tls.Dialer{
		NetDialer: &net.Dialer{Timeout: a.within(10 * time.Second)},
		// Whom the client trusts is not the matter here.
		Config: &tls.Config{Certificates: []tls.Certificate{pair}, InsecureSkipVerify: true, NextProtos: []string{"h2"}},
	}
	conn, err := dialer.DialContext(t.Context(), "tcp", a.reach.gnmi)
	if err == nil {
		// The server's verdict comes after the client's side of the handshake.
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(a.within(10 * time.Second))); err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, conn)
	}
	if err == nil || !strings.Contains(err.Error(), "unknown certificate authority") {
		t.Errorf("a certificate of a strange authority: %v", err)
	}
	tell(t, "with a certificate of an unknown authority: %v", err)
}

// checkViewer makes a user who may look and nothing else.
func (a *appliance) checkViewer(t *testing.T) {
	const viewer, password = "viewer", "only looking"
	hash, err := access.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	m := a.openNcclient(t, admin, a.password)
	m.commit(t, mpkSecurity(fmt.Sprintf(`<system><users><user><name>%s</name><config><name>%[1]s</name>`+
		`<role>VIEWER</role><password-hash>%s</password-hash></config></user></users></system>`, viewer, hash)))
	before := configs(t, m)

	v := a.openNcclient(t, viewer, password)
	if got := call[string](t, v, "get_config", args{"source": "running"}); !strings.Contains(got, "performance-monitoring") || strings.Contains(got, "argon2id") {
		t.Errorf("what a viewer sees of running: %s", got)
	}
	permit := transition("dashboard", "performance-monitoring", "PERMIT")
	for _, target := range []string{"candidate", "running"} {
		o := v.try(t, "edit_config", args{"target": target, "config": permit})
		if len(o.Errors) != 1 || o.Errors[0].Tag != "access-denied" {
			t.Errorf("a viewer's edit of %s: %+v", target, o)
			continue
		}
		tell(t, "%v", o.Errors[0])
	}
	if o := v.try(t, "commit", nil); len(o.Errors) != 1 || o.Errors[0].Tag != "access-denied" {
		t.Errorf("a viewer's commit: %+v", o)
	}
	g := gnmi{m: a.machine, user: viewer, password: password}
	g.get(t, "/mpk-security/system/state")
	g.refused(t, "PermissionDenied", "-set", "-proto", `update: {path: {`+
		pathText("/mpk-security/transitions/transition[source=dashboard][target=performance-monitoring]/config/action")+`} val: {string_val: "PERMIT"}}`)
	if after := configs(t, m); after != before {
		t.Error("a viewer changed the configuration")
	}
}
